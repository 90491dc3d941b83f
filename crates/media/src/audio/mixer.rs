//! Owns the sound that a program sees: inputs joined under their names, their faders, the meters.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use bytes::Bytes;
use gstreamer as gst;
use tokio::sync::watch;

use super::keeper;
use super::loudness::{Loudness, LoudnessMeter};
use super::mix::Mix;
use super::outlet::{Given, Outlet};
use super::tap::{AudioTap, TapInner};
use super::{EncodedAudio, Level, Meters};
use crate::clock::MediaClock;
use crate::error::{MediaError, Result};

/// Broken pipelines that wait to be replaced: there is one at work, and one before it.
const BROKEN_QUEUE: usize = 2;
/// Allowed gain of an input, in dB.
pub const GAIN_RANGE_DB: std::ops::RangeInclusive<f32> = -60.0..=24.0;

/// AAC-LC, 48 kHz, stereo: what every encoder here produces, should its first frame be late.
const DEFAULT_CONFIG: &[u8] = &[0x11, 0x90];

/// The program's sound. Runs from creation to drop, whatever its inputs do; should its pipeline
/// break, a new one goes on where it ended.
#[derive(Clone, Debug)]
pub struct AudioMixer {
    pub(super) core: Arc<MixerCore>,
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
    /// None between two pipelines.
    mix: Mutex<Option<Mix>>,
    rebuilds: AtomicU64,
    shared: Arc<MixShared>,
}

/// What the pipeline's callbacks share with the handle.
#[derive(Debug)]
pub(super) struct MixShared {
    clock: MediaClock,
    taps: Mutex<Vec<Weak<TapInner>>>,
    faders: Mutex<HashMap<String, Fader>>,
    config: OnceLock<Bytes>,
    outlet: Outlet,
    failure: Mutex<Option<MediaError>>,
    /// Numbers of broken pipelines. When full, a new one is dropped: the thread wakes anyway.
    broken: SyncSender<u64>,
    on_broken: OnBroken,
    /// Of the whole show, whichever pipeline makes it.
    loudness: Mutex<LoudnessMeter>,
    meters: watch::Sender<Meters>,
}

impl MixShared {
    fn taps(&self) -> MutexGuard<'_, Vec<Weak<TapInner>>> {
        self.taps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn faders(&self) -> MutexGuard<'_, HashMap<String, Fader>> {
        self.faders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The meter of the whole mix.
    pub(super) fn loudness(&self) -> MutexGuard<'_, LoudnessMeter> {
        self.loudness.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failure(&self) -> MutexGuard<'_, Option<MediaError>> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Pipeline `number` is of no use any more. The first failure is the cause, later ones follow
    /// from it; those of a pipeline that was replaced mean nothing.
    pub(super) fn broke(&self, number: u64, error: MediaError) {
        if number != self.outlet.number() {
            return;
        }
        if self.keep_failure(error) {
            // Full: the thread is about to hear of it already.
            let _ = self.broken.try_send(number);
        }
    }

    /// Whether it was the first.
    fn keep_failure(&self, error: MediaError) -> bool {
        let mut failure = self.failure();
        if failure.is_some() {
            return false;
        }
        tracing::error!(%error, "the audio mixer failed");
        *failure = Some(error.clone());
        drop(failure);
        (self.on_broken.0)(&error);
        true
    }

    /// Lets a frame of pipeline `number` out; false when another one has taken over.
    pub(super) fn give(&self, number: u64, frame: EncodedAudio) -> bool {
        let given = self.outlet.give(number, self.clock.running_time(), frame);
        if given == Given::First && self.failure().take().is_some() {
            tracing::info!("the audio mixer is heard again");
        }
        given != Given::Closed
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
        let loudness = self.loudness().read();
        self.meters.send_replace(Meters {
            inputs,
            master,
            loudness,
        });
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
        Self::start_telling(clock, on_audio, |_| {})
    }

    /// The same, telling `on_broken` whenever the mix broke and is being replaced. Called from the
    /// thread that noticed: it must not block.
    ///
    /// # Errors
    /// As [`AudioMixer::start`].
    pub fn start_telling(
        clock: &MediaClock,
        on_audio: impl Fn(EncodedAudio) + Send + Sync + 'static,
        on_broken: impl Fn(&MediaError) + Send + Sync + 'static,
    ) -> Result<Self> {
        let (tell, broken) = sync_channel(BROKEN_QUEUE);
        let shared = Arc::new(MixShared {
            clock: clock.clone(),
            taps: Mutex::default(),
            faders: Mutex::default(),
            config: OnceLock::new(),
            outlet: Outlet::new(clock.running_time(), on_audio),
            failure: Mutex::default(),
            broken: tell,
            on_broken: OnBroken(Box::new(on_broken)),
            loudness: Mutex::new(LoudnessMeter::new()?),
            meters: watch::Sender::new(Meters {
                inputs: Vec::new(),
                master: Level::SILENT,
                loudness: Loudness::SILENT,
            }),
        });
        let mix = Mix::start(clock, &shared, 0, None)?;
        let core = Arc::new(MixerCore {
            mix: Mutex::new(Some(mix)),
            rebuilds: AtomicU64::new(0),
            shared,
        });
        keeper::start(&core, broken)?;
        Ok(Self { core })
    }

    /// A new branch for an input's sound; gain, mute and delay set earlier under this name apply.
    ///
    /// # Errors
    /// When the branch cannot be added.
    pub fn attach(&self, id: &str) -> Result<AudioTap> {
        let core = &self.core;
        // Held until the tap is listed: a new pipeline takes over those that are.
        let mix = core.mix();
        let branch = mix.as_ref().map(Mix::attach).transpose()?;
        let tap = AudioTap::new(id, branch, Arc::clone(core));
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
        drop(mix);
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

    /// What broke the mix, from then until its replacement is heard.
    #[must_use]
    pub fn failure(&self) -> Option<MediaError> {
        self.core.shared.failure().clone()
    }

    /// How often the mix broke and was replaced.
    #[must_use]
    pub fn rebuilds(&self) -> u64 {
        self.core.rebuilds.load(Ordering::Relaxed)
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
    fn mix(&self) -> MutexGuard<'_, Option<Mix>> {
        self.mix.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Number of the pipeline at work, from 0.
    pub(super) fn number(&self) -> u64 {
        self.shared.outlet.number()
    }

    /// For how long no sound has come out.
    pub(super) fn idle(&self) -> gst::ClockTime {
        self.shared.outlet.idle(self.shared.clock.running_time())
    }

    /// The mix is of no use, whatever its pipeline says.
    pub(super) fn fail(&self, error: MediaError) {
        self.shared.keep_failure(error);
    }

    /// Takes the pipeline at work away. Its end is not waited for: what broke it may hang.
    pub(super) fn close(&self) {
        self.shared
            .outlet
            .change_over(self.shared.clock.running_time());
        let Some(old) = self.mix().take() else { return };
        let closing = std::thread::Builder::new()
            .name("audio-mixer close".to_owned())
            .spawn(move || drop(old));
        if let Err(error) = closing {
            tracing::warn!(%error, "no thread: the old mix was waited for");
        }
    }

    /// Puts a new pipeline in place, with every tap that still lives.
    ///
    /// # Errors
    /// When it cannot be built; it may be tried again.
    pub(super) fn reopen(&self) -> Result<()> {
        let shared = &self.shared;
        let mut slot = self.mix();
        let (number, until) = shared.outlet.change_over(shared.clock.running_time());
        let mix = Mix::start(&shared.clock, shared, number, until)?;
        let taps: Vec<_> = shared.taps().iter().filter_map(Weak::upgrade).collect();
        for tap in &taps {
            let branch = mix.attach();
            if let Err(error) = &branch {
                tracing::error!(input = %tap.id, %error, "no sound from this input");
            }
            tap.set_branch(branch.ok());
        }
        *slot = Some(mix);
        self.rebuilds.fetch_add(1, Ordering::Relaxed);
        drop(slot);
        // Last, and with nothing locked: a tap may end with this.
        drop(taps);
        Ok(())
    }

    /// Breaks the pipeline at work, for tests.
    #[cfg(test)]
    pub(super) fn break_down(&self, how: &super::tests::Break) {
        if let Some(mix) = &*self.mix() {
            mix.break_down(how);
        }
    }
}

/// Who wants to know of a broken mix.
struct OnBroken(Box<dyn Fn(&MediaError) + Send + Sync>);

impl std::fmt::Debug for OnBroken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OnBroken")
    }
}

fn codec_data(caps: &gst::CapsRef) -> Option<Bytes> {
    let data = caps.structure(0)?.get::<gst::Buffer>("codec_data").ok()?;
    let map = data.map_readable().ok()?;
    Some(Bytes::copy_from_slice(map.as_slice()))
}
