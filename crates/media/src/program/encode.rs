//! Owns the pipeline from canvas pictures to encoded packets:
//! `appsrc ! stallcastoverlay ! queue ! encoder ! parser ! appsink`.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gst::prelude::*;
use gstreamer as gst;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

use super::apart::{discard, discard_within};
use super::packet::{EncodedPacket, OutputGate, Track, VideoConfig};
use super::rate::Rate;
use super::reading::{Read, Reading};
use super::rendition::RenditionSlot;
use super::stats::Counters;
use crate::blend::StallcastOverlay;
use crate::clock::MediaClock;
use crate::encoder::{EncoderBranch, EncoderKind, LiveBitrate};
use crate::error::MediaError;
use crate::preview::Preview;
use crate::virtual_camera::VirtualCamera;

/// Pictures that may wait before the overlay is drawn. Two, so that a changed overlay is on air
/// two frames later at most; when full the frame clock leaves its frame out.
const WAITING_PICTURES: u64 = 2;
/// Drawn pictures that may wait for the encoder: covers the jitter of its look-ahead.
const WAITING_FOR_ENCODER: u32 = 3;

/// What an encode pipeline is made with.
#[derive(Clone)]
pub(crate) struct EncodeSetup {
    pub kind: &'static EncoderKind,
    pub info: gst_video::VideoInfo,
    pub kbps: u32,
    pub keyframe_frames: u32,
    pub fps: u32,
    pub clock: MediaClock,
    pub gate: Arc<OutputGate>,
    /// Its number at the gate.
    pub maker: u64,
    pub counters: Arc<Counters>,
    /// Who else gets the finished pictures.
    pub lookers: Lookers,
    /// Where the keyframe grid of another encode goes on; 0 begins one.
    pub keyframe_from: u64,
}

/// Who looks at finished pictures besides the encoder. Neither may hold it up.
#[derive(Clone, Default)]
pub(crate) struct Lookers {
    pub preview: Option<Arc<Preview>>,
    pub virtual_camera: Option<Arc<VirtualCamera>>,
    pub renditions: Vec<Arc<RenditionSlot>>,
}

/// A running encode pipeline. Dropping it stops it, in a thread of its own.
pub(crate) struct EncodePipeline {
    pipeline: gst::Pipeline,
    source: gst_app::AppSrc,
    overlay: StallcastOverlay,
    rate: Arc<Rate>,
    state: Arc<State>,
}

/// What streaming threads share with the pipeline's owner.
#[derive(Default)]
struct State {
    failed: AtomicBool,
    failure: Mutex<Option<String>>,
    packets: AtomicU64,
    kbps: AtomicU64,
    /// Running time in ns of the next picture that is to be a keyframe.
    next_keyframe: AtomicU64,
    /// Whether a picture came: the first is a keyframe unasked.
    begun: AtomicBool,
}

impl State {
    fn fail(&self, message: String) {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.get_or_insert(message);
        self.failed.store(true, Ordering::Release);
    }
}

impl EncodePipeline {
    pub fn start(setup: &EncodeSetup) -> Result<Self, MediaError> {
        let state = Arc::new(State::default());
        state.kbps.store(u64::from(setup.kbps), Ordering::Relaxed);
        state
            .next_keyframe
            .store(setup.keyframe_from, Ordering::Relaxed);
        let source = gst_app::AppSrc::builder()
            .name("canvas")
            .caps(&setup.info.to_caps()?)
            .format(gst::Format::Time)
            .is_live(true)
            .max_buffers(WAITING_PICTURES)
            .max_bytes(0)
            .block(false)
            .build();
        let overlay = StallcastOverlay::make()?;
        let queue = gst::ElementFactory::make("queue")
            .property("max-size-buffers", WAITING_FOR_ENCODER)
            .property("max-size-bytes", 0_u32)
            .property("max-size-time", 0_u64)
            .build()?;
        let branch = EncoderBranch::make(setup.kind, setup.kbps, setup.keyframe_frames)?;
        let sink = gst_app::AppSink::builder()
            .sync(false)
            .async_(false)
            .enable_last_sample(false)
            .build();
        let pipeline = gst::Pipeline::new();
        setup.clock.apply(&pipeline);
        let mut chain: Vec<gst::Element> =
            vec![source.clone().upcast(), overlay.clone().upcast(), queue];
        chain.extend(branch.elements().iter().cloned());
        chain.push(sink.clone().upcast());
        pipeline.add_many(&chain)?;
        gst::Element::link_many(&chain)?;

        watch_bus(&pipeline, &state);
        mark_keyframes_and_preview(&overlay, setup, &state)?;
        sink.set_callbacks(
            gst_app::AppSinkCallbacks::builder()
                .new_sample(packet_callback(setup, &state))
                .build(),
        );
        let encode = Self {
            pipeline,
            source,
            overlay,
            rate: Arc::new(Rate::new(branch)),
            state,
        };
        encode.pipeline.set_state(gst::State::Playing)?;
        Ok(encode)
    }

    /// Gives a picture to the encoder; `false` when it is too slow and the picture was left out.
    pub fn push(&self, picture: gst::Buffer) -> bool {
        if self.source.current_level_buffers() >= WAITING_PICTURES {
            return false;
        }
        match self.source.push_buffer(picture) {
            Ok(_) => true,
            Err(error) => {
                self.state
                    .fail(format!("the encoder's pipeline stopped: {error}"));
                false
            }
        }
    }

    pub fn overlay(&self) -> &StallcastOverlay {
        &self.overlay
    }

    /// Running time in ns of the next picture on the keyframe grid; 0 before the first.
    pub fn next_keyframe(&self) -> u64 {
        self.state.next_keyframe.load(Ordering::Relaxed)
    }

    /// Returns at once, whatever the driver does; says what the change does to the stream.
    pub fn set_bitrate_kbps(&self, kbps: u32) -> LiveBitrate {
        self.state.kbps.store(u64::from(kbps), Ordering::Relaxed);
        self.rate.want(kbps)
    }

    /// Why it no longer works, if so.
    pub fn failure(&self) -> Option<String> {
        if !self.state.failed.load(Ordering::Acquire) {
            return None;
        }
        let failure = self.state.failure.lock();
        failure.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Fails as a driver would, for tests.
    #[cfg(test)]
    pub fn break_down(&self, message: &str) {
        gst::element_error!(self.overlay, gst::ResourceError::Failed, ("{}", message));
    }

    /// Hangs as a driver would, for tests: until the sender is dropped no picture passes, and it does not stop.
    #[cfg(test)]
    pub fn hang(&self, until: std::sync::mpsc::Receiver<()>) {
        let until = Mutex::new(until);
        let pad = self.overlay.static_pad("src").unwrap();
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
            let _over = until.lock().unwrap().recv();
            gst::PadProbeReturn::Ok
        });
    }

    /// Stops it, and waits for that at most so long.
    pub fn stop(&self, within: Duration) {
        discard_within(Stops(self.pipeline.clone()), within);
    }

    /// Packets that came out so far.
    pub fn packets(&self) -> u64 {
        self.state.packets.load(Ordering::Relaxed)
    }
}

impl Drop for EncodePipeline {
    fn drop(&mut self) {
        // Whoever happens to let go of it last, the frame clock too, must not wait for a driver that hangs.
        discard(Stops(self.pipeline.clone()));
    }
}

/// Stops when dropped.
struct Stops(gst::Pipeline);

impl Drop for Stops {
    fn drop(&mut self) {
        if let Err(error) = self.0.set_state(gst::State::Null) {
            tracing::warn!(%error, "the encoder's pipeline does not stop");
        }
    }
}

fn watch_bus(pipeline: &gst::Pipeline, state: &Arc<State>) {
    let Some(bus) = pipeline.bus() else { return };
    let state = state.clone();
    bus.set_sync_handler(move |_, message| {
        match message.view() {
            gst::MessageView::Error(error) => {
                state.fail(MediaError::from_message(error).to_string());
            }
            gst::MessageView::Warning(warning) => {
                tracing::warn!(error = %warning.error(), "encoder");
            }
            _ => {}
        }
        gst::BusSyncReply::Drop
    });
}

/// After the overlay, every finished picture passes here: the preview may have it, and where the
/// keyframe grid says so the encoder is told. The encoder's own count of frames would leave the
/// grid as soon as a picture is left out.
fn mark_keyframes_and_preview(
    overlay: &StallcastOverlay,
    setup: &EncodeSetup,
    state: &Arc<State>,
) -> Result<(), MediaError> {
    let pad = overlay
        .static_pad("src")
        .ok_or_else(|| MediaError::Build("the overlay has no src pad".to_owned()))?;
    let state = state.clone();
    let Lookers {
        preview,
        virtual_camera,
        renditions,
    } = setup.lookers.clone();
    let frame_ns = 1_000_000_000 / u64::from(setup.fps.max(1));
    let frames = u64::from(setup.keyframe_frames);
    let fps = u64::from(setup.fps.max(1));
    pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        let Some(buffer) = info.buffer() else {
            return gst::PadProbeReturn::Ok;
        };
        if let Some(pts) = buffer.pts() {
            // Half a frame of tolerance: the grid's times are rounded to nanoseconds.
            let now = pts.nseconds() + frame_ns / 2;
            let due = state.next_keyframe.load(Ordering::Relaxed);
            let first = !state.begun.swap(true, Ordering::Relaxed);
            if now >= due {
                let frame = now * fps / 1_000_000_000;
                let grid = if due == 0 {
                    frame
                } else {
                    // Stay on the grid of the first keyframe even if that one was left out.
                    let first = due * fps / 1_000_000_000;
                    frame - (frame - first.min(frame)) % frames
                };
                let next = ((grid + frames) * 1_000_000_000).div_ceil(fps);
                state.next_keyframe.store(next, Ordering::Relaxed);
                // The first picture is one anyway; and asked for it there, the encoder base class of
                // GStreamer 1.22 notes x264enc's shifted time (1000 hours) as the last request and
                // refuses all later ones.
                if !first {
                    pad.push_event(
                        gst_video::DownstreamForceKeyUnitEvent::builder()
                            .running_time(pts)
                            .all_headers(false)
                            .build(),
                    );
                }
            }
            if let Some(preview) = &preview {
                preview.offer(buffer, pts);
            }
            if let Some(virtual_camera) = &virtual_camera {
                virtual_camera.offer(buffer);
            }
            for rendition in &renditions {
                rendition.offer(buffer);
            }
        }
        gst::PadProbeReturn::Ok
    });
    Ok(())
}

fn packet_callback(
    setup: &EncodeSetup,
    state: &Arc<State>,
) -> impl FnMut(&gst_app::AppSink) -> Result<gst::FlowSuccess, gst::FlowError> + Send + 'static {
    let (state, gate, clock) = (state.clone(), setup.gate.clone(), setup.clock.clone());
    let (counters, maker) = (setup.counters.clone(), setup.maker);
    let (width, height, fps) = (setup.info.width(), setup.info.height(), setup.fps);
    let frame_us = 1_000_000 / i64::from(fps.max(1));
    let codec = setup.kind.codec;
    let mut reading = Reading::of(codec);
    move |sink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        let (Some(buffer), Some(segment)) = (sample.buffer(), sample.segment()) else {
            return Ok(gst::FlowSuccess::Ok);
        };
        // x264enc shifts its segment by 1000 hours to leave room for negative decoding times, so
        // only running times mean anything.
        let Some(segment) = segment.downcast_ref::<gst::ClockTime>() else {
            return Ok(gst::FlowSuccess::Ok);
        };
        let running = |time: Option<gst::ClockTime>| {
            let signed = segment.to_running_time_full(time?)?;
            Some(match signed {
                gst::Signed::Positive(time) => time.useconds() as i64,
                gst::Signed::Negative(time) => -(time.useconds() as i64),
            })
        };
        let Some(pts_us) = running(buffer.pts()) else {
            return Ok(gst::FlowSuccess::Ok);
        };
        let map = buffer.map_readable().map_err(|_| gst::FlowError::Error)?;
        let keyframe = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        let Read { config, data } = reading.read(sample.caps_owned(), &map, keyframe);
        if let Some(codec_data) = config {
            let config = VideoConfig {
                codec,
                codec_data,
                width,
                height,
                fps,
                kbps: state.kbps.load(Ordering::Relaxed) as u32,
            };
            gate.video_config(maker, config);
        }
        let Some(data) = data else {
            state.fail(format!("what it gives is no {} picture", codec.name()));
            return Ok(gst::FlowSuccess::Ok);
        };
        let packet = EncodedPacket {
            track: Track::Video,
            pts_us,
            dts_us: running(buffer.dts()).map_or(pts_us, |dts| dts.min(pts_us)),
            duration_us: buffer.duration().map_or(frame_us, |d| d.useconds() as i64),
            keyframe,
            data,
        };
        let now_us = clock.running_time().useconds() as i64;
        counters.encoded(now_us - pts_us);
        state.packets.fetch_add(1, Ordering::Relaxed);
        gate.picture(maker, packet);
        Ok(gst::FlowSuccess::Ok)
    }
}
