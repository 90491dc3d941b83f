//! Owns the way of encoded packets into an input: a phone's stream, handed in by whoever received
//! it, decoded and put on the shared timeline here.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::playout::{Playout, Unwrapped};
use super::shared::Shared;
use super::sinks::{Pace, VideoFit, add_audio, add_video, make};
use crate::audio::AudioTap;
use crate::error::{MediaError, Result};

/// Encoded pictures that may wait for the decoder: two seconds at 16 Mbit/s. Over it everything up
/// to the next keyframe is left out.
const MAX_PICTURE_BYTES: u64 = 4 * 1024 * 1024;
/// Encoded sound that may wait: some ten seconds at 192 kbit/s. Over it the newest is left out.
const MAX_SOUND_BYTES: u64 = 256 * 1024;
/// Largest codec configuration taken, bytes; real ones have some hundred.
const MAX_RECORD: usize = 64 * 1024;

/// Codecs that can be fed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FedCodec {
    /// H.264, length-prefixed, configured by an avcC record.
    H264,
    /// H.265, length-prefixed, configured by an hvcC record.
    H265,
    /// Raw AAC frames, configured by an AudioSpecificConfig.
    Aac,
}

/// An encoded frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FedFrame {
    /// Which codec; one that was not configured is left out.
    pub codec: FedCodec,
    /// Decoding time on the sender's own clock, ms, 32 bits, wrapping.
    pub dts_ms: u32,
    /// Presentation minus decoding time, ms.
    pub composition_ms: i32,
    /// Whether decoding can begin here.
    pub keyframe: bool,
    /// The frame.
    pub data: Bytes,
}

/// The writing end of an input that is fed. Clones write to the same input; nothing here waits, and
/// what comes while the input is not running is forgotten.
#[derive(Clone, Default)]
pub struct Feed(Arc<Mutex<Inner>>);

impl PartialEq for Feed {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Feed {}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Feed")
    }
}

#[derive(Default)]
struct Inner {
    attached: Option<Attached>,
    /// Caps of the streams as they were last configured: a pipeline that is built anew begins with
    /// them.
    caps: [Option<gst::Caps>; 2],
    playout: Playout,
    time: Unwrapped,
}

/// The pipeline at work.
struct Attached {
    pipeline: gst::Pipeline,
    shared: Arc<Shared>,
    tap: Option<AudioTap>,
    fits: Arc<Mutex<Vec<VideoFit>>>,
    streams: [Option<Stream>; 2],
}

struct Stream {
    source: gst_app::AppSrc,
    caps: gst::Caps,
    waits_for_keyframe: bool,
}

/// A packet's place in time on the sender's clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) dts_ms: i64,
    pub(super) pts_ms: i64,
}

/// What would help a feed go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    Nothing,
    /// Pictures are left out until one comes.
    Keyframe,
}

/// Index of a kind of stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Picture = 0,
    Sound = 1,
}

impl Kind {
    fn of(codec: FedCodec) -> Self {
        match codec {
            FedCodec::H264 | FedCodec::H265 => Self::Picture,
            FedCodec::Aac => Self::Sound,
        }
    }
}

impl Feed {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another stream begins: its times have nothing to do with those of before.
    pub fn begin(&self) {
        let mut inner = self.lock();
        inner.playout = Playout::default();
        inner.time = Unwrapped::default();
        inner.wait_for_keyframe();
    }

    /// How the following frames of a codec are decoded.
    pub fn configure(&self, codec: FedCodec, record: &[u8]) {
        if record.is_empty() || record.len() > MAX_RECORD {
            return;
        }
        let record = gst::Buffer::from_slice(record.to_vec());
        let caps = match codec {
            FedCodec::H264 => gst::Caps::builder("video/x-h264")
                .field("stream-format", "avc")
                .field("alignment", "au"),
            FedCodec::H265 => gst::Caps::builder("video/x-h265")
                .field("stream-format", "hvc1")
                .field("alignment", "au"),
            FedCodec::Aac => gst::Caps::builder("audio/mpeg")
                .field("mpegversion", 4i32)
                .field("framed", true)
                .field("stream-format", "raw"),
        };
        self.set_caps(Kind::of(codec), caps.field("codec_data", record).build());
    }

    /// Hands in a frame. Never waits: what the decoder cannot take is left out, pictures up to the
    /// next keyframe.
    pub fn push(&self, frame: FedFrame) {
        let mut inner = self.lock();
        let dts_ms = inner.time.ms(frame.dts_ms);
        let times = Times {
            dts_ms,
            pts_ms: dts_ms + i64::from(frame.composition_ms),
        };
        let buffer = gst::Buffer::from_slice(frame.data);
        // Who sends over RTMP cannot be asked for anything.
        let _ = inner.push(Kind::of(frame.codec), times, frame.keyframe, buffer);
    }

    pub(super) fn set_caps(&self, kind: Kind, caps: gst::Caps) {
        let mut inner = self.lock();
        inner.caps[kind as usize] = Some(caps);
    }

    pub(super) fn push_at(
        &self,
        kind: Kind,
        times: Times,
        keyframe: bool,
        buffer: gst::Buffer,
    ) -> Wants {
        self.lock().push(kind, times, keyframe, buffer)
    }

    /// Leads into this pipeline from now on.
    pub(super) fn attach(
        &self,
        pipeline: &gst::Pipeline,
        shared: &Arc<Shared>,
        tap: Option<&AudioTap>,
    ) -> Arc<Mutex<Vec<VideoFit>>> {
        // Times are kept by ourselves; waiting for a slow decoder would come on top.
        pipeline.set_latency(gst::ClockTime::ZERO);
        let fits: Arc<Mutex<Vec<VideoFit>>> = Arc::default();
        self.lock().attached = Some(Attached {
            pipeline: pipeline.clone(),
            shared: Arc::clone(shared),
            tap: tap.cloned(),
            fits: Arc::clone(&fits),
            streams: [None, None],
        });
        fits
    }

    /// Leads nowhere any more; after this returns the pipeline is not touched.
    pub(super) fn detach(&self) {
        self.lock().attached = None;
    }
}

impl Inner {
    fn wait_for_keyframe(&mut self) {
        if let Some(Attached { streams, .. }) = &mut self.attached
            && let Some(stream) = &mut streams[Kind::Picture as usize]
        {
            stream.waits_for_keyframe = true;
        }
    }

    fn push(&mut self, kind: Kind, times: Times, keyframe: bool, mut buffer: gst::Buffer) -> Wants {
        let Some(caps) = self.caps[kind as usize].clone() else {
            return Wants::Nothing;
        };
        let Some(attached) = &mut self.attached else {
            return Wants::Nothing;
        };
        let now_ms = attached.shared.clock.running_time().mseconds();
        let now_ms = i64::try_from(now_ms).unwrap_or(i64::MAX);
        attached.shared.note_arrival();
        let offset_ms = self.playout.offset_ms(times.dts_ms, now_ms);
        let stream = match attached.stream(kind, &caps) {
            Ok(Some(stream)) => stream,
            Ok(None) => return Wants::Nothing,
            Err(error) => {
                let pipeline = &attached.pipeline;
                gst::element_error!(pipeline, gst::StreamError::Decode, ("{error}"));
                return Wants::Nothing;
            }
        };
        let most = match kind {
            Kind::Picture => MAX_PICTURE_BYTES,
            Kind::Sound => MAX_SOUND_BYTES,
        };
        let full = stream.source.current_level_bytes() + buffer.size() as u64 > most;
        if full && kind == Kind::Picture {
            stream.waits_for_keyframe = true;
        }
        if full || (stream.waits_for_keyframe && !keyframe) {
            return if stream.waits_for_keyframe {
                Wants::Keyframe
            } else {
                Wants::Nothing
            };
        }
        stream.waits_for_keyframe = false;
        let at = |ms: i64| {
            u64::try_from(ms + offset_ms)
                .ok()
                .map(gst::ClockTime::from_mseconds)
        };
        let own = buffer.make_mut();
        own.set_pts(at(times.pts_ms));
        own.set_dts(at(times.dts_ms));
        if kind == Kind::Picture && !keyframe {
            own.set_flags(gst::BufferFlags::DELTA_UNIT);
        }
        if let Err(error) = stream.source.push_buffer(buffer) {
            tracing::debug!(%error, ?kind, "a packet came too late for its pipeline");
        }
        Wants::Nothing
    }
}

impl Attached {
    /// The stream of a kind, made when its first packet comes; none for sound that nobody hears.
    fn stream(&mut self, kind: Kind, caps: &gst::Caps) -> Result<Option<&mut Stream>> {
        if kind == Kind::Sound && self.tap.is_none() {
            return Ok(None);
        }
        let place = kind as usize;
        let codec = |stream: &Stream| name_of(&stream.caps);
        let known = self.streams[place].as_ref().map(codec);
        match known {
            Some(codec) if codec != name_of(caps) => {
                return Err(MediaError::Build("another codec".to_owned()));
            }
            Some(_) => {}
            None => self.streams[place] = Some(self.open(kind, caps)?),
        }
        let Some(stream) = &mut self.streams[place] else {
            return Ok(None);
        };
        if stream.caps != *caps {
            stream.source.set_caps(Some(caps));
            stream.caps = caps.clone();
            stream.waits_for_keyframe = kind == Kind::Picture;
        }
        Ok(Some(stream))
    }

    fn open(&self, kind: Kind, caps: &gst::Caps) -> Result<Stream> {
        if !can_decode(caps) {
            return Err(MediaError::NoElementFor("this codec"));
        }
        let source = gst_app::AppSrc::builder()
            .caps(caps)
            .format(gst::Format::Time)
            .is_live(true)
            .max_bytes(0)
            .max_buffers(0)
            .max_time(gst::ClockTime::ZERO)
            .block(false)
            .build();
        let decode = make("decodebin")?;
        decode.set_property("expose-all-streams", false);
        // Its wait for the first frame is nobody else's business.
        decode.set_property("async-handling", true);
        self.pipeline
            .add_many([source.upcast_ref::<gst::Element>(), &decode])?;
        source.link(&decode)?;
        let (shared, tap) = (Arc::clone(&self.shared), self.tap.clone());
        let fits = Arc::clone(&self.fits);
        let weak = self.pipeline.downgrade();
        decode.connect_pad_added(move |_, new| {
            let Some(pipeline) = weak.upgrade() else {
                return;
            };
            let added = match (kind, &tap) {
                (Kind::Picture, _) => add_video(&pipeline, &shared, Pace::OnTime),
                (Kind::Sound, Some(tap)) => add_audio(&pipeline, &shared, tap, Pace::OnTime),
                (Kind::Sound, None) => return,
            };
            let linked = added.and_then(|branch| {
                branch.play_alone()?;
                if let (Some(fit), Ok(mut fits)) = (branch.fit(), fits.lock()) {
                    fits.push(fit);
                }
                new.link(&branch.head)
                    .map_err(|error| MediaError::Build(error.to_string()))?;
                Ok(())
            });
            if let Err(error) = linked {
                gst::element_error!(pipeline, gst::CoreError::Pad, ("{error}"));
            }
        });
        decode.set_state(gst::State::Playing)?;
        source.set_state(gst::State::Playing)?;
        Ok(Stream {
            source,
            caps: caps.clone(),
            waits_for_keyframe: kind == Kind::Picture,
        })
    }
}

fn name_of(caps: &gst::Caps) -> Option<String> {
    caps.structure(0).map(|caps| caps.name().to_string())
}

/// Whether a decoder for such a stream is installed.
fn can_decode(caps: &gst::Caps) -> bool {
    let Some(name) = name_of(caps) else {
        return false;
    };
    let wanted = if name == "audio/mpeg" {
        gst::Caps::builder("audio/mpeg")
            .field("mpegversion", 4i32)
            .build()
    } else {
        gst::Caps::new_empty_simple(name.as_str())
    };
    gst::ElementFactory::factories_with_type(gst::ElementFactoryType::DECODER, gst::Rank::MARGINAL)
        .iter()
        .any(|factory| factory.can_sink_any_caps(&wanted))
}
