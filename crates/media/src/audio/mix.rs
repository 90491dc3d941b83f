//! Owns the pipeline of the mix: silence + inputs ! audiomixer ! AAC ! callback.

use std::sync::Arc;

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::master::watch_master;
use super::mixer::MixShared;
use super::{AUDIO_CAPS, EncodedAudio, FRAME_SAMPLES, SAMPLE_RATE, codec, limiter};
use crate::clock::MediaClock;
use crate::error::{MediaError, Result};

/// How long the mix waits for inputs that are behind the shared time. Covers a capture buffer
/// (20 ms), a sound server under load, and the moment in which a looping clip starts again.
const MIX_LATENCY: gst::ClockTime = gst::ClockTime::from_mseconds(180);
/// Latency that inputs may announce without the mix being reconfigured (which would be heard).
const INPUT_LATENCY: gst::ClockTime = gst::ClockTime::from_mseconds(40);
/// Sound of one input waiting for the mixer; when full, the oldest is dropped.
const INPUT_QUEUE: gst::ClockTime = gst::ClockTime::from_mseconds(500);
/// A gap that a new pipeline fills with silence at most; after a longer one the sound goes on at
/// the present, or receivers would have to take all the silence at once.
const FILL_AT_MOST: gst::ClockTime = gst::ClockTime::from_seconds(2);

/// A running mix. Dropping it stops it.
///
/// Its own running time begins with zero: when the bed's first block is late, 1.22's mixer begins
/// at zero whatever start time it was told, and would make up for hours with silence.
#[derive(Debug)]
pub(super) struct Mix {
    pipeline: gst::Pipeline,
    mixer: gst::Element,
    /// Its zero on the shared timeline.
    zero: gst::ClockTime,
}

/// Where a pipeline's frames go.
struct Way {
    number: u64,
    zero: gst::ClockTime,
    priming: gst::ClockTime,
}

/// The way of one input into a mix.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    source: gst_app::AppSrc,
    /// Where the mixer takes it.
    pad: gst::Pad,
    zero: gst::ClockTime,
}

impl Mix {
    /// Builds and starts pipeline `number`, which goes on where the frames before it ended, if any.
    pub(super) fn start(
        clock: &MediaClock,
        shared: &Arc<MixShared>,
        number: u64,
        until: Option<gst::ClockTime>,
    ) -> Result<Self> {
        let (encoder, priming) = codec::encoder()?;
        // The limiter's delay and the encoder's are one: both are taken off the frames' times.
        let priming = samples_to_time(priming + limiter::DELAY_FRAMES as u64);
        let pipeline = gst::Pipeline::with_name("audio-mixer");
        let zero = begin(clock.running_time(), until, priming);
        clock.apply_from(&pipeline, zero);

        // The bed keeps the mix alive and live: it never stops, whatever happens to the inputs.
        let bed = make("audiotestsrc")?;
        bed.set_property("is-live", true);
        bed.set_property_from_str("wave", "silence");
        bed.set_property(
            "samplesperbuffer",
            i32::try_from(FRAME_SAMPLES).unwrap_or(1024),
        );
        let bed_caps = caps_filter()?;
        let mixer = make("audiomixer")?;
        mixer.set_property("latency", MIX_LATENCY.nseconds());
        mixer.set_property("min-upstream-latency", INPUT_LATENCY.nseconds());
        // Not ignore-inactive-pads: when the bed's first block is late, 1.22 finds only inactive
        // pads and ends the stream. Pads without data are waited for as long as the latency.
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
        watch_bus(&pipeline, shared, number);
        let way = Way {
            number,
            zero,
            priming,
        };
        deliver(&sink, shared, way);
        let mix = Self {
            pipeline,
            mixer,
            zero,
        };
        mix.pipeline.set_state(gst::State::Playing)?;
        Ok(mix)
    }

    /// A new branch for an input.
    pub(super) fn attach(&self) -> Result<Branch> {
        let source = gst_app::AppSrc::builder()
            .caps(&AUDIO_CAPS)
            .format(gst::Format::Time)
            .is_live(true)
            .block(false)
            .max_bytes(0)
            .max_time(INPUT_QUEUE)
            .leaky_type(gst_app::AppLeakyType::Downstream)
            // What the queue holds. Unless told, 1.22's appsrc claims that it can hold nothing; the mixer then knows
            // no latency and waits without end for whichever input has nothing to say.
            .min_latency(0)
            .max_latency(i64::try_from(INPUT_QUEUE.nseconds()).unwrap_or(i64::MAX))
            .build();
        // A pad of its own: linking two elements takes any pad that is free, even one that is just leaving.
        let pad = self.mixer.request_pad_simple("sink_%u");
        let branch = Branch {
            source,
            pad: pad.ok_or_else(|| MediaError::Build("audiomixer gives no pad".to_owned()))?,
            zero: self.zero,
        };
        let added = self.add(&branch);
        if added.is_err() {
            branch.detach();
        }
        added.map(|()| branch)
    }

    fn add(&self, branch: &Branch) -> Result<()> {
        self.pipeline.add(&branch.source)?;
        let out = branch.source.static_pad("src");
        out.ok_or_else(|| MediaError::Build("appsrc has no pad".to_owned()))?
            .link(&branch.pad)
            .map_err(|error| MediaError::Build(error.to_string()))?;
        branch.source.sync_state_with_parent()?;
        Ok(())
    }

    /// Fails as an encoder would, for tests.
    #[cfg(test)]
    pub(super) fn break_down(&self, how: &super::tests::Break) {
        use super::tests::Break;
        match how {
            Break::Error => gst::element_error!(self.mixer, gst::StreamError::Encode, ("test")),
            Break::EndOfStream => {
                self.pipeline.send_event(gst::event::Eos::new());
            }
            Break::Silently => {
                if let Some(pad) = self.mixer.static_pad("src") {
                    pad.add_probe(gst::PadProbeType::BLOCK_DOWNSTREAM, |_, _| {
                        gst::PadProbeReturn::Ok
                    });
                }
            }
        }
    }
}

impl Branch {
    /// Hands in sound whose first sample belongs to `at` of the shared timeline. Never waits.
    pub(super) fn push(&self, mut buffer: gst::Buffer, at: gst::ClockTime) {
        // What belongs before the pipeline's begin was filled with silence.
        let Some(at) = at.checked_sub(self.zero) else {
            return;
        };
        buffer.make_mut().set_pts(at);
        if let Err(error) = self.source.push_buffer(buffer) {
            tracing::debug!(?error, "the mixer did not take sound");
        }
    }

    /// Takes it out; the mix goes on.
    pub(super) fn detach(&self) {
        if let Some(mixer) = self.pad.parent_element() {
            // Released first: it wakes the branch should it wait for the mixer.
            mixer.release_request_pad(&self.pad);
        }
        // A pipeline that begins sets all that is in it to playing, at any moment: nothing of that may come in between.
        self.source.set_locked_state(true);
        if self.source.set_state(gst::State::Null).is_err() {
            tracing::debug!("a sound branch did not close");
        }
        if let Some(pipeline) = self
            .source
            .parent()
            .and_then(|parent| parent.downcast::<gst::Bin>().ok())
            && let Err(error) = pipeline.remove(&self.source)
        {
            tracing::debug!(%error, "a sound branch was not there");
        }
    }
}

/// Zero of a pipeline that starts `now`, when the frames before it ended at `until`: its first
/// frame leaves with `priming` taken off.
fn begin(
    now: gst::ClockTime,
    until: Option<gst::ClockTime>,
    priming: gst::ClockTime,
) -> gst::ClockTime {
    match until {
        None => now,
        Some(until) if now.saturating_sub(until) <= FILL_AT_MOST => until + priming,
        Some(until) => now.max(until + priming),
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

fn watch_bus(pipeline: &gst::Pipeline, shared: &Arc<MixShared>, number: u64) {
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
        if let (Some(error), Some(shared)) = (failure, shared.upgrade()) {
            shared.broke(number, error);
        }
        gst::BusSyncReply::Drop
    });
}

fn deliver(sink: &gst_app::AppSink, shared: &Arc<MixShared>, way: Way) {
    let shared = Arc::downgrade(shared);
    sink.set_callbacks(
        gst_app::AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                let shared = shared.upgrade().ok_or(gst::FlowError::Eos)?;
                let Some(buffer) = sample.buffer() else {
                    return Ok(gst::FlowSuccess::Ok);
                };
                shared.learn_config(sample.caps());
                let pts = buffer
                    .pts()
                    .and_then(|pts| {
                        sample
                            .segment()
                            .and_then(|segment| segment.downcast_ref::<gst::ClockTime>())
                            .and_then(|segment| segment.to_running_time(pts))
                    })
                    .and_then(|pts| (pts + way.zero).checked_sub(way.priming));
                let (Some(pts), Ok(map)) = (pts, buffer.map_readable()) else {
                    return Ok(gst::FlowSuccess::Ok);
                };
                let frame = EncodedAudio {
                    pts,
                    // Not the buffer's: that of the last before an end covers what was filled.
                    duration: samples_to_time(FRAME_SAMPLES),
                    data: Bytes::copy_from_slice(map.as_slice()),
                };
                if shared.give(way.number, frame) {
                    Ok(gst::FlowSuccess::Ok)
                } else {
                    Err(gst::FlowError::Eos)
                }
            })
            .build(),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_pipeline_goes_on_where_the_old_one_ended_unless_that_is_long_ago() {
        let ms = gst::ClockTime::from_mseconds;
        assert_eq!(begin(ms(500), None, ms(20)), ms(500));
        assert_eq!(begin(ms(5_500), Some(ms(5_200)), ms(20)), ms(5_220));
        assert_eq!(begin(ms(9_000), Some(ms(5_200)), ms(20)), ms(9_000));
        assert_eq!(begin(ms(0), Some(ms(5_200)), ms(20)), ms(5_220));
    }
}
