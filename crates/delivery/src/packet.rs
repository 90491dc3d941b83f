//! packet owns the plain values that cross from the encoder to delivery.

use bytes::Bytes;

/// Which elementary stream a packet belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Track {
    /// H.264.
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
    /// Video: one access unit as length-prefixed NAL units (AVC, 4-byte lengths unless the
    /// avcC says otherwise). Audio: one raw AAC frame without ADTS header. Cheap to clone.
    pub data: Bytes,
}

impl Packet {
    /// True for a video packet at which decoding can start.
    pub fn starts_group(&self) -> bool {
        self.track == Track::Video && self.keyframe
    }
}

/// What the video track is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VideoFormat {
    /// AVCDecoderConfigurationRecord (avcC, ISO/IEC 14496-15).
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
        v.codec_config == w.codec_config
            && (v.width, v.height) == (w.width, w.height)
            && a.codec_config == b.codec_config
            && (a.sample_rate, a.channels) == (b.sample_rate, b.channels)
    }
}
