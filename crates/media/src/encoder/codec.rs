//! Owns the codecs that pictures are encoded in, and what GStreamer calls them.

use gstreamer as gst;

/// How pictures are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VideoCodec {
    /// H.264: what everybody takes, and what is recorded.
    H264,
    /// HEVC (H.265).
    Hevc,
    /// AV1.
    Av1,
}

impl VideoCodec {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::H264, Self::Hevc, Self::Av1];

    /// The element that makes whole pictures of what an encoder gives.
    pub(super) fn parser(self) -> &'static str {
        match self {
            Self::H264 => "h264parse",
            Self::Hevc => "h265parse",
            Self::Av1 => "av1parse",
        }
    }

    /// Pictures as MP4 and FLV carry them: parameter sets and delimiters apart.
    pub(super) fn caps(self) -> gst::Caps {
        let (name, stream_format, alignment) = match self {
            Self::H264 => ("video/x-h264", "avc", "au"),
            Self::Hevc => ("video/x-h265", "hvc1", "au"),
            Self::Av1 => ("video/x-av1", "obu-stream", "tu"),
        };
        gst::Caps::builder(name)
            .field("stream-format", stream_format)
            .field("alignment", alignment)
            .build()
    }

    /// Its name for people who read logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::H264 => "H.264",
            Self::Hevc => "HEVC",
            Self::Av1 => "AV1",
        }
    }
}
