//! What a media file really holds, measured from its packets and not from its header.

use std::path::Path;
use std::time::Duration;

use ffmpeg_next as ff;
use serde::Serialize;

use crate::ClipError;
use crate::decode::duration;
use crate::files::open;
use crate::scan::{AudioScan, VideoScan, kbps};

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
    loop {
        let mut packet = ff::Packet::empty();
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
