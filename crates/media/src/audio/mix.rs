//! Owns the pipeline of the mix: silence + inputs ! audiomixer ! AAC ! callback.

use std::sync::Arc;

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::master::watch_master;
use super::mixer::MixShared;
use super::{AUDIO_CAPS, EncodedAudio, FRAME_SAMPLES, SAMPLE_RATE, codec};
use crate::clock::MediaClock;
use crate::error::{MediaError, Result};

/// How long the mix waits for inputs that are behind the shared time. Covers a capture buffer
/// (20 ms), a sound server under load, and the moment in which a looping clip starts again.
const MIX_LATENCY: gst::ClockTime = gst::ClockTime::from_mseconds(180);
/// Latency that inputs may announce without the mix being reconfigured (which would be heard).
const INPUT_LATENCY: gst::ClockTime = gst::ClockTime::from_mseconds(40);
/// A running mix. Dropping it stops it.
#[derive(Debug)]
pub(super) struct Mix {
    pipeline: gst::Pipeline,
    mixer: gst::Element,
}

impl Mix {
    /// Builds and starts the pipeline; every AAC frame goes to `on_audio`.
    pub(super) fn start(
        clock: &MediaClock,
        shared: &Arc<MixShared>,
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

        watch_master(&mixer, shared);
        watch_bus(&pipeline, shared);
        deliver(&sink, shared, now, samples_to_time(priming), on_audio);
        let mix = Self { pipeline, mixer };
        mix.pipeline.set_state(gst::State::Playing)?;
        Ok(mix)
    }

    /// Puts a branch in.
    pub(super) fn attach(&self, source: &gst_app::AppSrc) -> Result<()> {
        self.pipeline.add(source)?;
        if let Err(error) = source.link(&self.mixer) {
            self.detach(source);
            return Err(error.into());
        }
        source.sync_state_with_parent()?;
        Ok(())
    }

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

impl Drop for Mix {
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
                shared.failed(error);
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
                if let Some(shared) = shared.upgrade() {
                    shared.learn_config(sample.caps());
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
