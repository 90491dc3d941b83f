//! Owns the recorder's pipeline: `appsrc x2 ! mp4mux ! filesink`.

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gst::prelude::*;
use gstreamer as gst;
use gstreamer_app as gst_app;

use crate::error::MediaError;
use crate::program::{EncodedPacket, StreamConfig, Track};

/// Milliseconds of a fragment: what a kill can cost, besides the frames on their way.
const FRAGMENT_MS: u32 = 1000;

/// The running pipeline. Dropping it stops it where it is.
pub(super) struct Mux {
    pipeline: gst::Pipeline,
    video: gst_app::AppSrc,
    audio: gst_app::AppSrc,
    outcome: Arc<(Mutex<Outcome>, Condvar)>,
}

#[derive(Clone, PartialEq)]
enum Outcome {
    Running,
    Ended,
    Failed(MediaError),
}

impl Mux {
    /// `on_failure` is told the message and whether the disk is full, once.
    pub fn start(
        path: &Path,
        config: &StreamConfig,
        on_failure: impl Fn(String, bool) + Send + Sync + 'static,
    ) -> Result<Self, MediaError> {
        let make = |name: &'static str| {
            gst::ElementFactory::make(name)
                .build()
                .map_err(|_| MediaError::MissingElement(name.to_owned()))
        };
        let muxer = make("mp4mux")?;
        muxer.set_property("fragment-duration", FRAGMENT_MS);
        muxer.set_property_from_str("fragment-mode", "first-moov-then-finalise");
        let sink = make("filesink")?;
        sink.set_property("location", path);
        sink.set_property_from_str("buffer-mode", "unbuffered");
        sink.set_property("sync", false);
        sink.set_property("async", false);
        let video = source(&video_caps(config));
        let audio = source(&audio_caps(config));
        let pipeline = gst::Pipeline::new();
        pipeline.add_many([video.upcast_ref(), audio.upcast_ref(), &muxer, &sink])?;
        video.link_pads(Some("src"), &muxer, Some("video_%u"))?;
        audio.link_pads(Some("src"), &muxer, Some("audio_%u"))?;
        muxer.link(&sink)?;

        let outcome = Arc::new((Mutex::new(Outcome::Running), Condvar::new()));
        if let Some(bus) = pipeline.bus() {
            let outcome = outcome.clone();
            bus.set_sync_handler(move |_, message| {
                match message.view() {
                    gst::MessageView::Eos(_) => settle(&outcome, Outcome::Ended),
                    gst::MessageView::Error(error) => {
                        let full = error.error().matches(gst::ResourceError::NoSpaceLeft);
                        let failure = MediaError::from_message(error);
                        if settle(&outcome, Outcome::Failed(failure.clone())) {
                            on_failure(failure.to_string(), full);
                        }
                        true
                    }
                    _ => true,
                };
                gst::BusSyncReply::Drop
            });
        }
        let mux = Self {
            pipeline,
            video,
            audio,
            outcome,
        };
        mux.pipeline.set_state(gst::State::Playing)?;
        Ok(mux)
    }

    fn outcome(&self) -> MutexGuard<'_, Outcome> {
        self.outcome.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn has_failed(&self) -> bool {
        matches!(*self.outcome(), Outcome::Failed(_))
    }

    /// Bytes given but not yet taken by the muxer.
    pub fn waiting_bytes(&self) -> u64 {
        self.video.current_level_bytes() + self.audio.current_level_bytes()
    }

    /// `at_us` is the packet's place in the file.
    pub fn push(&self, packet: &EncodedPacket, at_us: u64) {
        let mut buffer = gst::Buffer::from_slice(packet.data.clone());
        if let Some(buffer) = buffer.get_mut() {
            let at = gst::ClockTime::from_useconds(at_us);
            buffer.set_pts(at);
            buffer.set_dts(at);
            if let Ok(duration) = u64::try_from(packet.duration_us) {
                buffer.set_duration(gst::ClockTime::from_useconds(duration));
            }
            if !packet.keyframe {
                buffer.set_flags(gst::BufferFlags::DELTA_UNIT);
            }
        }
        let source = match packet.track {
            Track::Video => &self.video,
            Track::Audio => &self.audio,
        };
        if let Err(error) = source.push_buffer(buffer) {
            // The bus has the reason.
            tracing::debug!(%error, "the recording takes no packet");
        }
    }

    /// Ends both tracks and waits for the index.
    pub fn finish(&self, limit: Duration) -> Result<(), MediaError> {
        for source in [&self.video, &self.audio] {
            if let Err(error) = source.end_of_stream() {
                tracing::debug!(%error, "the recording's source does not end");
            }
        }
        let (outcome, _) = self
            .outcome
            .1
            .wait_timeout_while(self.outcome(), limit, |outcome| {
                *outcome == Outcome::Running
            })
            .unwrap_or_else(PoisonError::into_inner);
        match &*outcome {
            Outcome::Ended => Ok(()),
            Outcome::Failed(error) => Err(error.clone()),
            Outcome::Running => Err(MediaError::Pipeline {
                element: "mp4mux".to_owned(),
                reason: "the file was not finished in time".to_owned(),
            }),
        }
    }
}

impl Drop for Mux {
    fn drop(&mut self) {
        if let Err(error) = self.pipeline.set_state(gst::State::Null) {
            tracing::warn!(%error, "the recording does not stop");
        }
    }
}

/// Keeps the first outcome; says whether this was it.
fn settle((state, changed): &(Mutex<Outcome>, Condvar), outcome: Outcome) -> bool {
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    let first = *state == Outcome::Running;
    if first {
        *state = outcome;
        changed.notify_all();
    }
    first
}

fn source(caps: &gst::Caps) -> gst_app::AppSrc {
    // Not live, and rebased to zero: the muxer shares no clock with the program.
    gst_app::AppSrc::builder()
        .caps(caps)
        .format(gst::Format::Time)
        .is_live(false)
        .block(false)
        .max_bytes(0)
        .build()
}

fn video_caps(config: &StreamConfig) -> gst::Caps {
    let video = &config.video;
    gst::Caps::builder("video/x-h264")
        .field("stream-format", "avc")
        .field("alignment", "au")
        .field("width", video.width as i32)
        .field("height", video.height as i32)
        .field("framerate", gst::Fraction::new(video.fps as i32, 1))
        .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
        .field("codec_data", gst::Buffer::from_slice(video.codec_data.clone()))
        .build()
}

fn audio_caps(config: &StreamConfig) -> gst::Caps {
    let audio = &config.audio;
    gst::Caps::builder("audio/mpeg")
        .field("mpegversion", 4_i32)
        .field("stream-format", "raw")
        .field("framed", true)
        .field("rate", audio.sample_rate as i32)
        .field("channels", audio.channels as i32)
        .field("codec_data", gst::Buffer::from_slice(audio.asc.clone()))
        .build()
}
