//! Owns the two sources of a sender's pipeline: packets on the connection's timeline become buffers.

use gstreamer as gst;
use gstreamer_app as gst_app;

use super::EgressError;
use crate::program::{EncodedPacket, StreamConfig, Track};

/// What a source holds at most: a keyframe at the highest rate several times over. Who puts packets in stops long before,
/// at [`super::EgressFigures::wants_more`]; what comes all the same is left out.
const HELD_MAX: u64 = 8 * 1024 * 1024;
/// Sound that is so far behind the picture is not waited for: more than any mix and encoder take, and less than what is
/// told as a stall.
const SILENT_AFTER_US: i64 = 500_000;

#[derive(Debug)]
pub(super) struct Intake {
    pub video: gst_app::AppSrc,
    pub audio: gst_app::AppSrc,
}

/// Which pictures go without sound. A mux waits for every track without end; told that a track has nothing until a
/// moment, it goes on.
#[derive(Debug, Default)]
pub(super) struct Silence {
    /// Until where there was sound; both tracks begin with 0.
    heard_us: i64,
}

impl Intake {
    pub fn new(config: &StreamConfig) -> Self {
        let source = |name: &str| {
            gst_app::AppSrc::builder()
                .name(name)
                .format(gst::Format::Time)
                .is_live(false)
                .block(false)
                .max_bytes(0)
                .build()
        };
        let intake = Self {
            video: source("video"),
            audio: source("audio"),
        };
        intake.set_config(config);
        intake
    }

    /// Applies to the packets put in from now on.
    pub fn set_config(&self, config: &StreamConfig) {
        self.video.set_caps(Some(&video_caps(config)));
        self.audio.set_caps(Some(&audio_caps(config)));
    }

    /// Puts a packet in whose times begin with 0 at the connection's first picture, `later` by so much.
    pub fn put(&self, packet: &EncodedPacket, later: gst::ClockTime) -> Result<(), EgressError> {
        let source = if packet.track == Track::Video {
            &self.video
        } else if packet.track == Track::Audio {
            &self.audio
        } else {
            return Ok(());
        };
        if source.current_level_bytes() > HELD_MAX {
            return Ok(());
        }
        let time = |us: i64| gst::ClockTime::from_useconds(u64::try_from(us).unwrap_or(0)) + later;
        let mut buffer = gst::Buffer::from_slice(packet.data.clone());
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(time(packet.pts_us));
            buffer.set_dts(time(packet.dts_us));
            if packet.track == Track::Video && !packet.keyframe {
                buffer.set_flags(gst::BufferFlags::DELTA_UNIT);
            }
        }
        // A pipeline that failed says so itself.
        let _ = source.push_buffer(buffer);
        Ok(())
    }

    /// Tells who waits for sound that there is none until then.
    pub fn put_gap(&self, at_us: i64) {
        let mut buffer = gst::Buffer::new();
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(gst::ClockTime::from_useconds(
                u64::try_from(at_us).unwrap_or(0),
            ));
            buffer.set_flags(gst::BufferFlags::GAP);
        }
        let _ = self.audio.push_buffer(buffer);
    }

    /// Nothing more comes.
    pub fn end(&self) {
        for source in [&self.video, &self.audio] {
            let _ = source.end_of_stream();
        }
    }

    /// Bytes that wait in it.
    pub fn level_bytes(&self) -> u64 {
        self.video.current_level_bytes() + self.audio.current_level_bytes()
    }
}

impl Silence {
    /// Takes a packet that is put in; says until when there is no sound, if there is none for too long.
    pub fn look(&mut self, packet: &EncodedPacket) -> Option<i64> {
        if packet.track == Track::Audio {
            self.heard_us = self.heard_us.max(packet.dts_us);
        }
        let is_silent = packet.dts_us.saturating_sub(self.heard_us) > SILENT_AFTER_US;
        (packet.track == Track::Video && is_silent).then_some(packet.dts_us)
    }
}

fn video_caps(config: &StreamConfig) -> gst::Caps {
    let video = &config.video;
    gst::Caps::builder("video/x-h264")
        .field("stream-format", "avc")
        .field("alignment", "au")
        .field("width", i32::try_from(video.width).unwrap_or(i32::MAX))
        .field("height", i32::try_from(video.height).unwrap_or(i32::MAX))
        .field(
            "framerate",
            gst::Fraction::new(i32::try_from(video.fps).unwrap_or(30), 1),
        )
        .field(
            "codec_data",
            gst::Buffer::from_slice(video.codec_data.clone()),
        )
        .build()
}

fn audio_caps(config: &StreamConfig) -> gst::Caps {
    let audio = &config.audio;
    gst::Caps::builder("audio/mpeg")
        .field("mpegversion", 4_i32)
        .field("stream-format", "raw")
        .field("framed", true)
        .field("rate", i32::try_from(audio.sample_rate).unwrap_or(48_000))
        .field("channels", i32::try_from(audio.channels).unwrap_or(2))
        .field("codec_data", gst::Buffer::from_slice(audio.asc.clone()))
        .build()
}
