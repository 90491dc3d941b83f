//! Owns the mixer pipeline: silence + inputs ! audiomixer ! AAC ! callback.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use tokio::sync::watch;

use super::meter::Meter;
use super::tap::{AudioTap, TapInner, samples, samples_mut};
use super::{AUDIO_CAPS, EncodedAudio, FRAME_SAMPLES, Level, Meters, SAMPLE_RATE, codec};
use crate::clock::MediaClock;
use crate::error::{MediaError, Result};

/// How long the mix waits for inputs that are behind the shared time. Covers a capture buffer
/// (20 ms), a sound server under load, and the moment in which a looping clip starts again.
const MIX_LATENCY: gst::ClockTime = gst::ClockTime::from_mseconds(180);
/// Latency that inputs may announce without the mix being reconfigured (which would be heard).
const INPUT_LATENCY: gst::ClockTime = gst::ClockTime::from_mseconds(40);
/// Sound of one input waiting for the mixer; when full, the oldest is dropped.
const INPUT_QUEUE: gst::ClockTime = gst::ClockTime::from_mseconds(500);
/// Samples between two meter readings: five blocks, 106 ms.
const METER_FRAMES: u32 = 4_608;
/// Louder samples are bent instead of clipped: -1 dBFS.
const LIMIT_FROM: f32 = 0.891;

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
    pipeline: gst::Pipeline,
    mixer: gst::Element,
    shared: Arc<MixShared>,
}

#[derive(Debug)]
struct MixShared {
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

    fn publish_meters(&self, master: Level) {
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
        let pipeline = gst::Pipeline::with_name("audio-mixer");
        clock.apply(&pipeline);
        let now = clock.running_time();

        // The bed keeps the mix alive and live: it never stops, whatever happens to the inputs.
        let bed = make("audiotestsrc")?;
        bed.set_property("is-live", true);
        bed.set_property_from_str("wave", "silence");
        bed.set_property(
            "samplesperbuffer",
            i32::try_from(FRAME_SAMPLES).unwrap_or(1024),
        );
        bed.set_property(
            "timestamp-offset",
            i64::try_from(now.nseconds()).unwrap_or(0),
        );
        let bed_caps = caps_filter()?;
        let mixer = make("audiomixer")?;
        mixer.set_property("latency", MIX_LATENCY.nseconds());
        mixer.set_property("min-upstream-latency", INPUT_LATENCY.nseconds());
        // Not ignore-inactive-pads: when the bed's first block is late, 1.22 finds only inactive
        // pads and ends the stream. Pads without data are waited for as long as the latency.
        mixer.set_property_from_str("start-time-selection", "set");
        mixer.set_property("start-time", now.nseconds());
        // One block is one AAC frame.
        mixer.set_property(
            "output-buffer-duration-fraction",
            gst::Fraction::new(
                i32::try_from(FRAME_SAMPLES).unwrap_or(1024),
                i32::try_from(SAMPLE_RATE).unwrap_or(48_000),
            ),
        );
        // A captured sound may drift by this much before it is put back to its time.
        mixer.set_property("alignment-threshold", 20_000_000u64);
        mixer.set_property("discont-wait", 200_000_000u64);
        let mixed = caps_filter()?;
        let convert = make("audioconvert")?;
        let (encoder, priming) = codec::encoder()?;
        let sink = gst_app::AppSink::builder()
            .caps(
                &gst::Caps::builder("audio/mpeg")
                    .field("mpegversion", 4i32)
                    .field("stream-format", "raw")
                    .build(),
            )
            .sync(false)
            .max_buffers(1)
            .enable_last_sample(false)
            .build();
        pipeline.add_many([&bed, &bed_caps, &mixer, &mixed, &convert, &encoder])?;
        pipeline.add(&sink)?;
        gst::Element::link_many([&bed, &bed_caps, &mixer])?;
        gst::Element::link_many([&mixer, &mixed, &convert, &encoder, sink.upcast_ref()])?;

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
        watch_master(&mixer, &shared);
        watch_bus(&pipeline, &shared);
        deliver(&sink, &shared, now, samples_to_time(priming), on_audio);

        let core = Arc::new(MixerCore {
            pipeline,
            mixer,
            shared,
        });
        core.pipeline.set_state(gst::State::Playing)?;
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
        core.pipeline.add(&source)?;
        if let Err(error) = source.link(&core.mixer) {
            core.detach(&source);
            return Err(error.into());
        }
        source.sync_state_with_parent()?;
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
        let peer = source.static_pad("src").and_then(|pad| pad.peer());
        if let Some(peer) = peer {
            // Released first: it wakes the branch should it wait for the mixer.
            self.mixer.release_request_pad(&peer);
        }
        if source.set_state(gst::State::Null).is_err() {
            tracing::debug!("a sound branch did not close");
        }
        if let Err(error) = self.pipeline.remove(source) {
            tracing::debug!(%error, "a sound branch was not there");
        }
    }
}

impl Drop for MixerCore {
    fn drop(&mut self) {
        if self.pipeline.set_state(gst::State::Null).is_err() {
            tracing::debug!("the mixer did not close");
        }
    }
}

fn make(factory: &'static str) -> Result<gst::Element> {
    gst::ElementFactory::make(factory)
        .build()
        .map_err(|_| MediaError::MissingElement(factory.to_owned()))
}

fn caps_filter() -> Result<gst::Element> {
    let filter = make("capsfilter")?;
    filter.set_property("caps", AUDIO_CAPS.clone());
    Ok(filter)
}

fn samples_to_time(samples: u64) -> gst::ClockTime {
    gst::ClockTime::from_nseconds(samples * 1_000_000_000 / u64::from(SAMPLE_RATE))
}

/// Limits and meters the mix in place.
fn watch_master(mixer: &gst::Element, shared: &Arc<MixShared>) {
    let Some(pad) = mixer.static_pad("src") else {
        return;
    };
    let meter = Mutex::new(Meter::default());
    let shared = Arc::downgrade(shared);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let Some(buffer) = info.buffer_mut() else {
            return gst::PadProbeReturn::Ok;
        };
        let loud = buffer
            .map_readable()
            .ok()
            .and_then(|map| samples(map.as_slice()).map(|s| s.iter().any(|s| s.abs() > LIMIT_FROM)))
            .unwrap_or(false);
        if loud
            && let Ok(mut map) = buffer.make_mut().map_writable()
            && let Some(samples) = samples_mut(map.as_mut_slice())
        {
            limit(samples);
        }
        if let Ok(map) = buffer.map_readable()
            && let Some(samples) = samples(map.as_slice())
        {
            let mut meter = meter.lock().unwrap_or_else(PoisonError::into_inner);
            meter.add(samples);
            if meter.frames() >= METER_FRAMES
                && let Some(shared) = shared.upgrade()
            {
                shared.publish_meters(meter.read());
            }
        }
        gst::PadProbeReturn::Ok
    });
}

/// Bends what is above the limit towards full scale, which it never reaches.
fn limit(samples: &mut [f32]) {
    let room = 1.0 - LIMIT_FROM;
    for sample in samples {
        let over = sample.abs() - LIMIT_FROM;
        if over > 0.0 {
            *sample = sample.signum() * (LIMIT_FROM + room * over / (over + room));
        }
    }
}

fn watch_bus(pipeline: &gst::Pipeline, shared: &Arc<MixShared>) {
    let Some(bus) = pipeline.bus() else { return };
    let shared = Arc::downgrade(shared);
    bus.set_sync_handler(move |_, message| {
        let failure = match message.view() {
            gst::MessageView::Error(error) => {
                let from_branch = message.src().is_some_and(|src| src.is::<gst_app::AppSrc>());
                let error = MediaError::from_message(error);
                if from_branch {
                    tracing::debug!(%error, "a sound branch ended");
                    None
                } else {
                    Some(error)
                }
            }
            gst::MessageView::Eos(_) => Some(MediaError::EndOfStream),
            _ => None,
        };
        if let Some(error) = failure {
            tracing::error!(%error, "the audio mixer failed");
            if let Some(shared) = shared.upgrade() {
                // The first failure is the cause; later ones follow from it.
                let _ = shared.failure.set(error);
            }
        }
        gst::BusSyncReply::Drop
    });
}

/// Hands on what lies after `start`: when the bed's first block is late, 1.22's mixer times out
/// without a start time, begins at zero and makes up for it with silence nobody should receive.
fn deliver(
    sink: &gst_app::AppSink,
    shared: &Arc<MixShared>,
    start: gst::ClockTime,
    priming: gst::ClockTime,
    on_audio: impl Fn(EncodedAudio) + Send + Sync + 'static,
) {
    let shared = Arc::downgrade(shared);
    sink.set_callbacks(
        gst_app::AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                let Some(buffer) = sample.buffer() else {
                    return Ok(gst::FlowSuccess::Ok);
                };
                if let Some(shared) = shared.upgrade()
                    && shared.config.get().is_none()
                    && let Some(config) = codec_data(&sample)
                {
                    let _ = shared.config.set(config);
                }
                let pts = buffer.pts().and_then(|pts| {
                    sample
                        .segment()
                        .and_then(|segment| segment.downcast_ref::<gst::ClockTime>())
                        .and_then(|segment| segment.to_running_time(pts))
                });
                let pts = pts
                    .filter(|pts| *pts >= start)
                    .and_then(|pts| pts.checked_sub(priming));
                let (Some(pts), Ok(map)) = (pts, buffer.map_readable()) else {
                    return Ok(gst::FlowSuccess::Ok);
                };
                on_audio(EncodedAudio {
                    pts,
                    duration: buffer
                        .duration()
                        .unwrap_or_else(|| samples_to_time(FRAME_SAMPLES)),
                    data: Bytes::copy_from_slice(map.as_slice()),
                });
                Ok(gst::FlowSuccess::Ok)
            })
            .build(),
    );
}

fn codec_data(sample: &gst::Sample) -> Option<Bytes> {
    let data = sample
        .caps()?
        .structure(0)?
        .get::<gst::Buffer>("codec_data")
        .ok()?;
    let map = data.map_readable().ok()?;
    Some(Bytes::copy_from_slice(map.as_slice()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limiter_keeps_quiet_sound_and_never_passes_full_scale() {
        let mut sound = [0.5, -0.8, 1.5, -30.0];
        limit(&mut sound);
        assert_eq!(sound[..2], [0.5, -0.8]);
        assert!(sound[2] > LIMIT_FROM && sound[2] < 1.0);
        assert!(sound[3] > -1.0 && sound[3] < -0.99);
    }
}
