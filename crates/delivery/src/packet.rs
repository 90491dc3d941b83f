//! packet owns the plain values that cross from the encoder to delivery.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// Which elementary stream a packet belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Track {
    /// H.264, or what [`VideoFormat::codec`] says.
    Video,
    /// AAC.
    Audio,
}

/// One encoded frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// The stream it belongs to.
    pub track: Track,
    /// Presentation time in microseconds on the encoder's clock; any epoch, shared by both tracks.
    pub pts_us: i64,
    /// Decoding time in microseconds on the same clock; does not decrease within a track.
    pub dts_us: i64,
    /// True for an IDR picture. Ignored for audio.
    pub keyframe: bool,
    /// Video: one access unit as length-prefixed NAL units (H.264 and HEVC, 4-byte lengths unless
    /// their configuration says otherwise), or one AV1 temporal unit without its delimiter. Audio:
    /// one raw AAC frame without ADTS header. Cheap to clone.
    pub data: Bytes,
}

impl Packet {
    /// True for a video packet at which decoding can start.
    pub fn starts_group(&self) -> bool {
        self.track == Track::Video && self.keyframe
    }
}

/// How pictures are encoded. All but H.264 need a server that takes Enhanced RTMP.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum VideoCodec {
    /// H.264, which every server takes.
    #[default]
    H264,
    /// HEVC (H.265).
    Hevc,
    /// AV1.
    Av1,
}

/// What the video track is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VideoFormat {
    /// How it is encoded.
    pub codec: VideoCodec,
    /// The codec's configuration record: avcC or hvcC (ISO/IEC 14496-15), or av1C (AV1 in ISOBMFF, 2.3.3).
    pub codec_config: Bytes,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Nominal pictures per second.
    pub fps: u32,
    /// Nominal bit rate in kbit/s.
    pub kbps: u32,
}

/// What the audio track is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioFormat {
    /// AudioSpecificConfig (ISO/IEC 14496-3).
    pub codec_config: Bytes,
    /// Samples per second.
    pub sample_rate: u32,
    /// Number of channels.
    pub channels: u32,
    /// Nominal bit rate in kbit/s.
    pub kbps: u32,
}

/// Both tracks of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamFormat {
    /// The video track.
    pub video: VideoFormat,
    /// The audio track.
    pub audio: AudioFormat,
}

impl StreamFormat {
    /// True when a decoder set up for `other` needs no new set-up for this: everything is the
    /// same but the nominal rates, which adaptive encoding moves all the time.
    pub fn decodes_like(&self, other: &Self) -> bool {
        let (v, w) = (&self.video, &other.video);
        let (a, b) = (&self.audio, &other.audio);
        (v.codec, &v.codec_config) == (w.codec, &w.codec_config)
            && (v.width, v.height) == (w.width, w.height)
            && a.codec_config == b.codec_config
            && (a.sample_rate, a.channels) == (b.sample_rate, b.channels)
    }
}
