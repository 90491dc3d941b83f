//! Counting the packets of one stream of a file, and decoding as many as asked for.

use ffmpeg_next as ff;

use crate::decode::{audio_decoder, duration, seconds, video_decoder};
use crate::{AudioFacts, ClipError, Depth, VideoFacts};

/// Bytes over seconds in kbit/s; 0 over no time.
pub(crate) fn kbps(bytes: u64, seconds: f64) -> u32 {
    if seconds > 0.0 {
        (bytes as f64 * 8.0 / 1000.0 / seconds).round() as u32
    } else {
        0
    }
}

/// What both kinds of streams have.
pub(crate) struct Track {
    pub(crate) index: usize,
    base: ff::Rational,
    codec: String,
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
    /// Where the container says that it starts. What lies before (an encoder's priming, the cut
    /// part of an edit list) is decoded and not shown.
    start: Option<f64>,
    pub(crate) first: f64,
    pub(crate) end: f64,
}

impl Track {
    fn new(stream: &ff::Stream<'_>) -> Self {
        Self {
            index: stream.index(),
            base: stream.time_base(),
            codec: stream.parameters().id().name().to_owned(),
            packets: 0,
            bytes: 0,
            start: (stream.start_time() != ff::ffi::AV_NOPTS_VALUE)
                .then(|| seconds(stream.start_time(), stream.time_base())),
            first: f64::INFINITY,
            end: f64::NEG_INFINITY,
        }
    }

    /// Counts a packet; its presentation time in seconds, when it has one.
    fn take(&mut self, packet: &ff::Packet, usual_length: f64) -> Option<f64> {
        self.packets += 1;
        self.bytes += packet.size() as u64;
        let at = seconds(packet.pts().or(packet.dts())?, self.base);
        let length = seconds(packet.duration(), self.base);
        let length = if length > 0.0 { length } else { usual_length };
        self.first = self.first.min(at.max(self.start.unwrap_or(at)));
        self.end = self.end.max(at + length);
        Some(at)
    }

    fn length(&self) -> f64 {
        if self.packets > 0 && self.first.is_finite() {
            self.end - self.first
        } else {
            0.0
        }
    }

    fn first_pts_ms(&self) -> i64 {
        if self.first.is_finite() {
            (self.first * 1000.0).round() as i64
        } else {
            0
        }
    }
}

pub(crate) struct VideoScan {
    pub(crate) track: Track,
    decoder: ff::decoder::Video,
    declared_fps: f64,
    /// Presentation times in seconds, in file order.
    times: Vec<f64>,
    keyframes: Vec<f64>,
    /// The packets since the last keyframe, for [`Depth::LastGroup`].
    group: Vec<ff::Packet>,
}

/// A group longer than this is decoded only in its last part, which then decodes with errors
/// that say nothing about the file: such a group is not checked at all. 600 pictures are 20 s.
const LONGEST_CHECKED_GROUP: usize = 600;

impl VideoScan {
    pub(crate) fn new(stream: &ff::Stream<'_>) -> Result<Self, ClipError> {
        let rate = [stream.avg_frame_rate(), stream.rate()]
            .into_iter()
            .find(|rate| rate.numerator() > 0 && rate.denominator() > 0)
            .map_or(0.0, f64::from);
        Ok(Self {
            track: Track::new(stream),
            decoder: video_decoder(stream, 2)?,
            declared_fps: rate,
            times: Vec::new(),
            keyframes: Vec::new(),
            group: Vec::new(),
        })
    }

    pub(crate) fn take(&mut self, packet: &ff::Packet, depth: Depth) -> u64 {
        let usual = if self.declared_fps > 0.0 {
            1.0 / self.declared_fps
        } else {
            0.0
        };
        if let Some(at) = self.track.take(packet, usual) {
            self.times.push(at);
            if packet.is_key() {
                self.keyframes.push(at);
            }
        }
        match depth {
            Depth::Everything => self.decode(packet),
            Depth::LastGroup => {
                if packet.is_key() {
                    self.group.clear();
                }
                if self.group.len() <= LONGEST_CHECKED_GROUP {
                    self.group.push(packet.clone());
                }
                0
            }
        }
    }

    pub(crate) fn finish(&mut self, depth: Depth) -> u64 {
        let mut broken = 0;
        if depth == Depth::LastGroup && self.group.len() <= LONGEST_CHECKED_GROUP {
            for packet in std::mem::take(&mut self.group) {
                broken += self.decode(&packet);
            }
        }
        if self.decoder.send_eof().is_ok() {
            broken += self.drain();
        }
        broken
    }

    fn decode(&mut self, packet: &ff::Packet) -> u64 {
        let refused = u64::from(self.decoder.send_packet(packet).is_err());
        refused + self.drain()
    }

    fn drain(&mut self) -> u64 {
        let mut frame = ff::frame::Video::empty();
        let mut broken = 0;
        while self.decoder.receive_frame(&mut frame).is_ok() {
            // Concealed damage decodes "successfully": only the flags tell.
            if frame.is_corrupt() || frame.has_decode_errors() {
                broken += 1;
            }
        }
        broken
    }

    pub(crate) fn facts(self) -> VideoFacts {
        let mut times = self.times;
        times.sort_by(f64::total_cmp);
        let longest = |times: &[f64]| {
            times
                .windows(2)
                .map(|pair| pair[1] - pair[0])
                .fold(0.0, f64::max)
        };
        let span = times
            .last()
            .zip(times.first())
            .map_or(0.0, |(last, first)| last - first);
        let intervals = self.keyframes.len().saturating_sub(1);
        let key_span = self
            .keyframes
            .last()
            .zip(self.keyframes.first())
            .map_or(0.0, |(last, first)| last - first);
        let tail = self
            .keyframes
            .last()
            .map_or(0.0, |last| self.track.end - last);
        VideoFacts {
            width: self.decoder.width(),
            height: self.decoder.height(),
            fps_average: if span > 0.0 {
                (times.len() - 1) as f64 / span
            } else {
                0.0
            },
            fps_declared: self.declared_fps,
            frames: self.track.packets,
            keyframes: self.keyframes.len() as u64,
            keyframe_interval_max: duration(longest(&self.keyframes).max(tail)),
            keyframe_interval_average: duration(key_span / intervals.max(1) as f64),
            longest_gap: duration(longest(&times)),
            bitrate_kbps: kbps(self.track.bytes, self.track.length()),
            first_pts_ms: self.track.first_pts_ms(),
            duration: duration(self.track.length()),
            codec: self.track.codec,
        }
    }
}

pub(crate) struct AudioScan {
    pub(crate) track: Track,
    decoder: ff::decoder::Audio,
}

impl AudioScan {
    pub(crate) fn new(stream: &ff::Stream<'_>) -> Result<Self, ClipError> {
        Ok(Self {
            track: Track::new(stream),
            decoder: audio_decoder(stream)?,
        })
    }

    pub(crate) fn take(&mut self, packet: &ff::Packet, depth: Depth) -> u64 {
        self.track.take(packet, 0.0);
        if depth != Depth::Everything {
            return 0;
        }
        let broken = u64::from(self.decoder.send_packet(packet).is_err());
        let mut frame = ff::frame::Audio::empty();
        while self.decoder.receive_frame(&mut frame).is_ok() {}
        broken
    }

    pub(crate) fn facts(self) -> AudioFacts {
        AudioFacts {
            sample_rate: self.decoder.rate(),
            channels: self.decoder.channels(),
            bitrate_kbps: kbps(self.track.bytes, self.track.length()),
            first_pts_ms: self.track.first_pts_ms(),
            duration: duration(self.track.length()),
            codec: self.track.codec,
        }
    }
}
