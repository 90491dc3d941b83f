//! What a media file really holds, measured from its packets and not from its header.

use std::path::Path;
use std::time::Duration;

use ffmpeg_next as ff;
use serde::Serialize;

use crate::ClipError;
use crate::decode::{audio_decoder, duration, open, seconds, video_decoder};

/// How much of the file [`probe_with`] decodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Every packet is read, and the pictures of the last group decoded: reading speed.
    LastGroup,
    /// Every picture and every sound is decoded: some seven times faster than real time for
    /// 720p30 on one core.
    Everything,
}

/// What a media file holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MediaFacts {
    /// FFmpeg's name of the container, for example `flv` or `mov,mp4,m4a,3gp,3g2,mj2`.
    pub container: String,
    /// From the first picture or sound to the end of the last one.
    pub duration: Duration,
    /// What the container claims, where it claims something.
    pub declared_duration: Option<Duration>,
    /// All packets of all streams over the duration, in kbit/s.
    pub bitrate_kbps: u32,
    /// The first video stream.
    pub video: Option<VideoFacts>,
    /// The first audio stream.
    pub audio: Option<AudioFacts>,
    /// The file reads to its end, what was decoded decoded without an error, and no more than a
    /// second of what the container declares is missing.
    pub plays_to_end: bool,
    /// Packets that could not be read or decoded.
    pub broken_packets: u64,
}

/// The first video stream of a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VideoFacts {
    /// FFmpeg's name of the codec, for example `h264`.
    pub codec: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Pictures over the time they cover.
    pub fps_average: f64,
    /// The rate the container or codec declares; 0 when neither does.
    pub fps_declared: f64,
    /// Number of pictures (packets of the stream).
    pub frames: u64,
    /// Number of keyframes.
    pub keyframes: u64,
    /// Longest time between two keyframes, or from the last to the end when that is longer.
    pub keyframe_interval_max: Duration,
    /// Mean time between two keyframes; zero with fewer than two.
    pub keyframe_interval_average: Duration,
    /// Longest time between two consecutive pictures.
    pub longest_gap: Duration,
    /// In kbit/s.
    pub bitrate_kbps: u32,
    /// Presentation time of the first picture on the file's clock, in milliseconds.
    pub first_pts_ms: i64,
    /// From the first picture to the end of the last.
    pub duration: Duration,
}

/// The first audio stream of a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AudioFacts {
    /// FFmpeg's name of the codec, for example `aac`.
    pub codec: String,
    /// In Hz.
    pub sample_rate: u32,
    /// Number of channels.
    pub channels: u16,
    /// In kbit/s.
    pub bitrate_kbps: u32,
    /// Presentation time of the first sound on the file's clock, in milliseconds.
    pub first_pts_ms: i64,
    /// From the first sound to the end of the last.
    pub duration: Duration,
}

/// Reads the whole file and says what it holds, decoding only its last group of pictures.
///
/// # Errors
/// [`ClipError::Open`] when it is no media file.
pub fn probe(path: &Path) -> Result<MediaFacts, ClipError> {
    probe_with(path, Depth::LastGroup)
}

/// As [`probe`], with a say in how much is decoded.
///
/// # Errors
/// As [`probe`].
pub fn probe_with(path: &Path, depth: Depth) -> Result<MediaFacts, ClipError> {
    let mut input = open(path)?;
    let container = input.format().name().to_owned();
    let declared = (input.duration() > 0).then(|| duration(input.duration() as f64 / 1e6));
    let mut video = match input.streams().best(ff::media::Type::Video) {
        Some(stream) => Some(VideoScan::new(&stream)?),
        None => None,
    };
    let mut audio = match input.streams().best(ff::media::Type::Audio) {
        Some(stream) => Some(AudioScan::new(&stream)?),
        None => None,
    };

    let mut broken = 0_u64;
    let mut reached_end = false;
    let mut packet = ff::Packet::empty();
    loop {
        match packet.read(&mut input) {
            Ok(()) => {}
            Err(ff::Error::Eof) => {
                reached_end = true;
                break;
            }
            Err(ff::Error::InvalidData) => {
                broken += 1;
                continue;
            }
            Err(error) => {
                tracing::debug!(%error, "the file cannot be read to its end");
                break;
            }
        }
        if packet.is_corrupt() {
            broken += 1;
        }
        if let Some(scan) = video.as_mut().filter(|s| s.track.index == packet.stream()) {
            broken += scan.take(&packet, depth);
        } else if let Some(scan) = audio.as_mut().filter(|s| s.track.index == packet.stream()) {
            broken += scan.take(&packet, depth);
        }
    }
    if let Some(scan) = video.as_mut() {
        broken += scan.finish(depth);
    }

    let tracks = || {
        let video = video.as_ref().map(|scan| &scan.track);
        let audio = audio.as_ref().map(|scan| &scan.track);
        video
            .into_iter()
            .chain(audio)
            .filter(|track| track.packets > 0)
    };
    let first = tracks()
        .map(|track| track.first)
        .fold(f64::INFINITY, f64::min);
    let end = tracks().map(|track| track.end).fold(first, f64::max);
    let length = if first.is_finite() { end - first } else { 0.0 };
    let bytes = tracks().map(|track| track.bytes).sum();
    // A second: containers round, and a stream's last packet may lack a duration.
    let complete = declared.is_none_or(|declared| declared.as_secs_f64() - length < 1.0);
    Ok(MediaFacts {
        container,
        duration: duration(length),
        declared_duration: declared,
        bitrate_kbps: kbps(bytes, length),
        plays_to_end: reached_end && broken == 0 && complete && length > 0.0,
        broken_packets: broken,
        video: video.map(VideoScan::facts),
        audio: audio.map(AudioScan::facts),
    })
}

fn kbps(bytes: u64, seconds: f64) -> u32 {
    if seconds > 0.0 {
        (bytes as f64 * 8.0 / 1000.0 / seconds).round() as u32
    } else {
        0
    }
}

/// What both kinds of streams have.
struct Track {
    index: usize,
    base: ff::Rational,
    codec: String,
    packets: u64,
    bytes: u64,
    /// Where the container says that it starts. What lies before (an encoder's priming, the cut
    /// part of an edit list) is decoded and not shown.
    start: Option<f64>,
    first: f64,
    end: f64,
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

struct VideoScan {
    track: Track,
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
    fn new(stream: &ff::Stream<'_>) -> Result<Self, ClipError> {
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

    fn take(&mut self, packet: &ff::Packet, depth: Depth) -> u64 {
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

    fn finish(&mut self, depth: Depth) -> u64 {
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

    fn facts(self) -> VideoFacts {
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

struct AudioScan {
    track: Track,
    decoder: ff::decoder::Audio,
}

impl AudioScan {
    fn new(stream: &ff::Stream<'_>) -> Result<Self, ClipError> {
        Ok(Self {
            track: Track::new(stream),
            decoder: audio_decoder(stream)?,
        })
    }

    fn take(&mut self, packet: &ff::Packet, depth: Depth) -> u64 {
        self.track.take(packet, 0.0);
        if depth != Depth::Everything {
            return 0;
        }
        let broken = u64::from(self.decoder.send_packet(packet).is_err());
        let mut frame = ff::frame::Audio::empty();
        while self.decoder.receive_frame(&mut frame).is_ok() {}
        broken
    }

    fn facts(self) -> AudioFacts {
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
