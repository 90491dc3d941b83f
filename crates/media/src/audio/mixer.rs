//! Owns the sound that a program sees: inputs joined under their names, their faders, the meters.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use bytes::Bytes;
use gstreamer as gst;
use tokio::sync::watch;

use super::duck::Ducking;
use super::isolate::Isolation;
use super::keeper;
use super::loudness::{Loudness, LoudnessMeter};
use super::mix::Mix;
use super::outlet::{Given, Outlet};
use super::strip::Fader;
use super::tap::{AudioTap, TapInner};
use super::{EncodedAudio, Level, Meters};
use crate::clock::MediaClock;
use crate::error::{MediaError, Result};

/// Broken pipelines that wait to be replaced: there is one at work, and one before it.
const BROKEN_QUEUE: usize = 2;

/// AAC-LC, 48 kHz, stereo: what every encoder here produces, should its first frame be late.
const DEFAULT_CONFIG: &[u8] = &[0x11, 0x90];

/// The program's sound. Runs from creation to drop, whatever its inputs do; should its pipeline
/// break, a new one goes on where it ended.
#[derive(Clone, Debug)]
pub struct AudioMixer {
    pub(super) core: Arc<MixerCore>,
}

/// What is measured of the mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Metering {
    /// Levels and loudness.
    Full,
    /// Nothing: nobody looks at it.
    Off,
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
    pub(super) clock: MediaClock,
    taps: Mutex<Vec<Weak<TapInner>>>,
    faders: Mutex<HashMap<String, Fader>>,
    config: OnceLock<Bytes>,
    outlet: Outlet,
    failure: Mutex<Option<MediaError>>,
    /// Numbers of broken pipelines. When full, a new one is dropped: the thread wakes anyway.
    broken: SyncSender<u64>,
    tell: Tell,
    pub(super) ducking: Ducking,
    pub(super) isolation: Mutex<Isolation>,
    pub(super) metering: Metering,
    /// Of the whole show, whichever pipeline makes it.
    loudness: Mutex<LoudnessMeter>,
    meters: watch::Sender<Meters>,
}

impl MixShared {
    pub(super) fn taps(&self) -> MutexGuard<'_, Vec<Weak<TapInner>>> {
        self.taps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn faders(&self) -> MutexGuard<'_, HashMap<String, Fader>> {
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
        // Nobody is to take the levels of before for what is heard.
        self.publish_silence();
        (self.tell.0)(MixNews::Failed(error));
        true
    }

    /// Lets a frame of pipeline `number` out; false when another one has taken over.
    pub(super) fn give(&self, number: u64, frame: EncodedAudio) -> bool {
        let given = self.outlet.give(number, self.clock.running_time(), frame);
        if given == Given::First && self.failure().take().is_some() {
            tracing::info!("the audio mixer is heard again");
            (self.tell.0)(MixNews::HeardAgain);
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

    /// All taps that live. They may be the last to hold on to one: to be dropped with nothing locked.
    pub(super) fn live_taps(&self) -> Vec<Arc<TapInner>> {
        self.taps().iter().filter_map(Weak::upgrade).collect()
    }

    fn publish_silence(&self) {
        self.meters.send_replace(silence());
    }

    pub(super) fn publish_meters(&self, master: Level, limited_db: f32) {
        let taps = self.live_taps();
        let inputs = taps
            .iter()
            .map(|tap| (tap.id.clone(), tap.read_level()))
            .collect();
        let ducked_db = taps.iter().map(|tap| tap.ducked_db()).fold(0.0, f32::max);
        let loudness = self.loudness().read();
        self.meters.send_replace(Meters {
            inputs,
            master,
            loudness,
            ducked_db,
            limited_db,
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

    /// The same, telling `on_news` when the mix broke and is being replaced, and when it is heard again. Called from
    /// the thread that noticed: it must not block.
    ///
    /// # Errors
    /// As [`AudioMixer::start`].
    pub fn start_telling(
        clock: &MediaClock,
        on_audio: impl Fn(EncodedAudio) + Send + Sync + 'static,
        on_news: impl Fn(MixNews) + Send + Sync + 'static,
    ) -> Result<Self> {
        Self::start_metering(clock, on_audio, on_news, Metering::Full)
    }

    pub(super) fn start_metering(
        clock: &MediaClock,
        on_audio: impl Fn(EncodedAudio) + Send + Sync + 'static,
        on_news: impl Fn(MixNews) + Send + Sync + 'static,
        metering: Metering,
    ) -> Result<Self> {
        let (wake, broken) = sync_channel(BROKEN_QUEUE);
        let shared = Arc::new(MixShared {
            clock: clock.clone(),
            taps: Mutex::default(),
            faders: Mutex::default(),
            config: OnceLock::new(),
            outlet: Outlet::new(clock.running_time(), on_audio),
            failure: Mutex::default(),
            broken: wake,
            tell: Tell(Box::new(on_news)),
            ducking: Ducking::default(),
            isolation: Mutex::default(),
            metering,
            loudness: Mutex::new(LoudnessMeter::new()),
            meters: watch::Sender::new(silence()),
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

    /// A new branch for an input's sound; what was set earlier under this name applies.
    ///
    /// # Errors
    /// When the branch cannot be added.
    pub fn attach(&self, id: &str) -> Result<AudioTap> {
        let core = &self.core;
        // Held until the tap is listed: a new pipeline takes over those that are.
        let mix = core.mix();
        let branch = mix.as_ref().map(Mix::attach).transpose()?;
        let fader = core.shared.faders().get(id).copied().unwrap_or_default();
        let tap = AudioTap::new(id, branch, Arc::clone(core), fader);
        let mut taps = core.shared.taps();
        taps.retain(|tap| tap.strong_count() > 0);
        taps.push(tap.weak());
        drop(taps);
        // Once it is listed: who isolates meanwhile finds it there.
        self.copy_if_isolated(&tap);
        drop(mix);
        Ok(tap)
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
}

impl MixerCore {
    fn mix(&self) -> MutexGuard<'_, Option<Mix>> {
        self.mix.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn shared(&self) -> &Arc<MixShared> {
        &self.shared
    }

    /// Who speaks, and how far music goes down.
    pub(super) fn ducking(&self) -> &Ducking {
        &self.shared.ducking
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
        let taps = shared.live_taps();
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

/// What happens to a mix.
#[derive(Clone, Debug)]
pub enum MixNews {
    /// It broke, is silent and is being replaced.
    Failed(MediaError),
    /// Its replacement is heard.
    HeardAgain,
}

/// Who wants to know of it.
struct Tell(Box<dyn Fn(MixNews) + Send + Sync>);

impl std::fmt::Debug for Tell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tell")
    }
}

/// The meters of a mix that nobody hears.
fn silence() -> Meters {
    Meters {
        inputs: Vec::new(),
        master: Level::SILENT,
        loudness: Loudness::SILENT,
        ducked_db: 0.0,
        limited_db: 0.0,
    }
}

fn codec_data(caps: &gst::CapsRef) -> Option<Bytes> {
    let data = caps.structure(0)?.get::<gst::Buffer>("codec_data").ok()?;
    let map = data.map_readable().ok()?;
    Some(Bytes::copy_from_slice(map.as_slice()))
}
