//! Owns the sound that a program sees: inputs joined under their names, their faders, the meters.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use bytes::Bytes;
use gstreamer as gst;
use gstreamer_app as gst_app;
use tokio::sync::watch;

use super::mix::Mix;
use super::tap::{AudioTap, TapInner};
use super::{AUDIO_CAPS, EncodedAudio, Level, Meters};
use crate::clock::MediaClock;
use crate::error::{MediaError, Result};

/// Sound of one input waiting for the mixer; when full, the oldest is dropped.
const INPUT_QUEUE: gst::ClockTime = gst::ClockTime::from_mseconds(500);

/// Allowed gain of an input, in dB.
pub const GAIN_RANGE_DB: std::ops::RangeInclusive<f32> = -60.0..=24.0;

/// AAC-LC, 48 kHz, stereo: what every encoder here produces, should its first frame be late.
const DEFAULT_CONFIG: &[u8] = &[0x11, 0x90];

/// The program's sound. Runs from creation to drop, whatever its inputs do.
#[derive(Clone, Debug)]
pub struct AudioMixer {
    core: Arc<MixerCore>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Fader {
    gain_db: f32,
    muted: bool,
    delay_ns: i64,
}

/// The pipeline and what its callbacks and taps share.
#[derive(Debug)]
pub(super) struct MixerCore {
    mix: Mix,
    shared: Arc<MixShared>,
}

/// What the pipeline's callbacks share with the handle.
#[derive(Debug)]
pub(super) struct MixShared {
    taps: Mutex<Vec<Weak<TapInner>>>,
    faders: Mutex<HashMap<String, Fader>>,
    config: OnceLock<Bytes>,
    failure: OnceLock<MediaError>,
    meters: watch::Sender<Meters>,
}

impl MixShared {
    fn taps(&self) -> MutexGuard<'_, Vec<Weak<TapInner>>> {
        self.taps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn faders(&self) -> MutexGuard<'_, HashMap<String, Fader>> {
        self.faders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the first failure: it is the cause, later ones follow from it.
    pub(super) fn failed(&self, error: MediaError) {
        let _ = self.failure.set(error);
    }

    /// Keeps the AudioSpecificConfig that `caps` bring, once.
    pub(super) fn learn_config(&self, caps: Option<&gst::CapsRef>) {
        if self.config.get().is_none()
            && let Some(config) = caps.and_then(codec_data)
        {
            let _ = self.config.set(config);
        }
    }

    pub(super) fn publish_meters(&self, master: Level) {
        let inputs = self
            .taps()
            .iter()
            .filter_map(Weak::upgrade)
            .map(|tap| (tap.id.clone(), tap.read_level()))
            .collect();
        self.meters.send_replace(Meters { inputs, master });
    }
}

impl AudioMixer {
    /// Starts the mix on the shared timeline; `on_audio` gets every AAC frame, in order and
    /// without gaps, from the mixer's thread: it must not block.
    ///
    /// # Errors
    /// When GStreamer lacks the mixer or every AAC encoder.
    pub fn start(
        clock: &MediaClock,
        on_audio: impl Fn(EncodedAudio) + Send + Sync + 'static,
    ) -> Result<Self> {
        let shared = Arc::new(MixShared {
            taps: Mutex::default(),
            faders: Mutex::default(),
            config: OnceLock::new(),
            failure: OnceLock::new(),
            meters: watch::Sender::new(Meters {
                inputs: Vec::new(),
                master: Level::SILENT,
            }),
        });
        let mix = Mix::start(clock, &shared, on_audio)?;
        let core = Arc::new(MixerCore { mix, shared });
        Ok(Self { core })
    }

    /// A new branch for an input's sound; gain, mute and delay set earlier under this name apply.
    ///
    /// # Errors
    /// When the branch cannot be added.
    pub fn attach(&self, id: &str) -> Result<AudioTap> {
        let source = gst_app::AppSrc::builder()
            .caps(&AUDIO_CAPS)
            .format(gst::Format::Time)
            .is_live(true)
            .block(false)
            .max_bytes(0)
            .max_time(INPUT_QUEUE)
            .leaky_type(gst_app::AppLeakyType::Downstream)
            .build();
        let core = &self.core;
        core.mix.attach(&source)?;
        let tap = AudioTap::new(id, source, Arc::clone(core));
        if let Some(inner) = tap.weak().upgrade() {
            let fader = core.shared.faders().get(id).copied().unwrap_or_default();
            inner.set_gain_db(fader.gain_db);
            inner.set_mute(fader.muted);
            inner.set_delay_ns(fader.delay_ns);
        }
        let mut taps = core.shared.taps();
        taps.retain(|tap| tap.strong_count() > 0);
        taps.push(tap.weak());
        drop(taps);
        Ok(tap)
    }

    /// Sets an input's gain (ramped over 10 ms). Remembered for inputs that are not there yet.
    ///
    /// # Errors
    /// Outside [`GAIN_RANGE_DB`].
    pub fn set_gain_db(&self, input: &str, gain_db: f32) -> Result<()> {
        if !GAIN_RANGE_DB.contains(&gain_db) {
            return Err(MediaError::OutOfRange("gain"));
        }
        self.change(input, |fader| fader.gain_db = gain_db);
        Ok(())
    }

    /// Mutes or unmutes an input (ramped over 10 ms). Remembered for inputs that are not there yet.
    pub fn set_mute(&self, input: &str, muted: bool) {
        self.change(input, |fader| fader.muted = muted);
    }

    /// Moves an input's sound in time, to match a camera that is late; -100..=1000 ms.
    ///
    /// # Errors
    /// Outside that range.
    pub fn set_delay_ms(&self, input: &str, delay_ms: i32) -> Result<()> {
        if !(-100..=1_000).contains(&delay_ms) {
            return Err(MediaError::OutOfRange("delay"));
        }
        self.change(input, |fader| {
            fader.delay_ns = i64::from(delay_ms) * 1_000_000;
        });
        Ok(())
    }

    /// Levels, about ten times a second; the newest wins.
    #[must_use]
    pub fn meters(&self) -> watch::Receiver<Meters> {
        self.core.shared.meters.subscribe()
    }

    /// The AudioSpecificConfig of the AAC stream.
    #[must_use]
    pub fn audio_config(&self) -> Bytes {
        self.core
            .shared
            .config
            .get()
            .cloned()
            .unwrap_or(Bytes::from_static(DEFAULT_CONFIG))
    }

    /// What broke the mix itself, should that ever happen: it has to be started anew then.
    #[must_use]
    pub fn failure(&self) -> Option<MediaError> {
        self.core.shared.failure.get().cloned()
    }

    fn change(&self, input: &str, change: impl Fn(&mut Fader)) {
        let fader = {
            let mut faders = self.core.shared.faders();
            let fader = faders.entry(input.to_owned()).or_default();
            change(fader);
            *fader
        };
        let taps: Vec<_> = self
            .core
            .shared
            .taps()
            .iter()
            .filter_map(Weak::upgrade)
            .collect();
        for tap in taps.iter().filter(|tap| tap.id == input) {
            tap.set_gain_db(fader.gain_db);
            tap.set_mute(fader.muted);
            tap.set_delay_ns(fader.delay_ns);
        }
    }
}

impl MixerCore {
    /// Takes a branch out; the mix goes on.
    pub(super) fn detach(&self, source: &gst_app::AppSrc) {
        self.mix.detach(source);
    }
}

fn codec_data(caps: &gst::CapsRef) -> Option<Bytes> {
    let data = caps.structure(0)?.get::<gst::Buffer>("codec_data").ok()?;
    let map = data.map_readable().ok()?;
    Some(Bytes::copy_from_slice(map.as_slice()))
}
