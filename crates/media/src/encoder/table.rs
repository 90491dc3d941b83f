//! Owns the table of encoders, with the rows of H.264: one row per GStreamer element, with the names its properties
//! really have. A new encoder is a new row, not new code. `tests/encoder_table.rs` holds every row against
//! GStreamer's own definitions.

use super::codec::VideoCodec;
use super::table_enhanced;

/// Unit an encoder counts its bitrate in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BitrateUnit {
    /// 1000 bits a second.
    Kilobit,
    /// Bits a second.
    Bit,
}

/// What a bitrate change does while the encoder runs (from each element's source).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveBitrate {
    /// Takes effect within the running stream.
    InPlace,
    /// Takes effect, but the encoder drains or resets and starts a new group of pictures.
    Reconfigures,
    /// Only read at the start.
    AtStartOnly,
}

/// How the bitrate and the distance of keyframes are told to an encoder.
#[derive(Debug, Clone, Copy)]
pub enum Controls {
    /// Plain GObject properties.
    Properties {
        /// Name and unit of the target bitrate.
        bitrate: (&'static str, BitrateUnit),
        /// Name of the greatest distance between keyframes, in frames.
        keyframe_distance: &'static str,
    },
    /// A `GstStructure` of V4L2 controls in the property `extra-controls`.
    V4l2,
}

/// One encoder element.
#[derive(Debug, Clone, Copy)]
pub struct EncoderKind {
    /// Name of the element's factory.
    pub element: &'static str,
    /// What it makes.
    pub codec: VideoCodec,
    /// Whether a chip other than the CPU does the work.
    pub hardware: bool,
    /// How bitrate and keyframes are set.
    pub controls: Controls,
    /// What a bitrate change does while playing.
    pub live_bitrate: LiveBitrate,
    /// Properties set as text where the installed version has them: constant bitrate, no
    /// B-frames, low latency, no keyframes of its own at scene changes. A property may be listed
    /// under the names of several versions. `{kbps}` stands for the bitrate it is begun with.
    pub settings: &'static [(&'static str, &'static str)],
}

pub(super) const fn kilobit(keyframe_distance: &'static str) -> Controls {
    Controls::Properties {
        bitrate: ("bitrate", BitrateUnit::Kilobit),
        keyframe_distance,
    }
}

/// What NVENC's elements are told for any codec. `tune` came with the rewrite of 1.26, which kept the other names.
pub(super) const NVENC: &[(&str, &str)] = &[
    ("rc-mode", "cbr"),
    ("bframes", "0"),
    ("zerolatency", "true"),
    ("tune", "low-latency"),
    ("rc-lookahead", "0"),
    ("strict-gop", "true"),
    ("i-adapt", "false"),
];
/// What VA's elements are told for a codec with B-frames.
pub(super) const VA: &[(&str, &str)] = &[
    ("rate-control", "cbr"),
    ("b-frames", "0"),
    ("target-usage", "4"),
];

/// Best first: hardware by how little it costs and how well it holds a bitrate, then software.
const TABLE: &[EncoderKind] = &[
    EncoderKind {
        element: "nvh264enc",
        codec: VideoCodec::H264,
        hardware: true,
        controls: kilobit("gop-size"),
        live_bitrate: LiveBitrate::Reconfigures,
        settings: NVENC,
    },
    EncoderKind {
        element: "qsvh264enc",
        codec: VideoCodec::H264,
        hardware: true,
        controls: kilobit("gop-size"),
        live_bitrate: LiveBitrate::Reconfigures,
        settings: &[
            ("rate-control", "cbr"),
            ("b-frames", "0"),
            ("idr-interval", "0"),
            ("low-latency", "true"),
        ],
    },
    EncoderKind {
        element: "amfh264enc",
        codec: VideoCodec::H264,
        hardware: true,
        controls: kilobit("gop-size"),
        live_bitrate: LiveBitrate::Reconfigures,
        settings: &[
            ("rate-control", "cbr"),
            // Only newer versions make any.
            ("b-frames", "0"),
            ("usage", "low-latency"),
            ("preset", "balanced"),
        ],
    },
    EncoderKind {
        element: "vah264enc",
        codec: VideoCodec::H264,
        hardware: true,
        controls: kilobit("key-int-max"),
        live_bitrate: LiveBitrate::Reconfigures,
        settings: VA,
    },
    // The older plugin for the same chips, up to 1.26.
    EncoderKind {
        element: "vaapih264enc",
        codec: VideoCodec::H264,
        hardware: true,
        controls: kilobit("keyframe-period"),
        live_bitrate: LiveBitrate::Reconfigures,
        settings: &[
            ("rate-control", "cbr"),
            ("max-bframes", "0"),
            ("quality-level", "4"),
        ],
    },
    EncoderKind {
        element: "vtenc_h264_hw",
        codec: VideoCodec::H264,
        hardware: true,
        controls: kilobit("max-keyframe-interval"),
        live_bitrate: LiveBitrate::InPlace,
        settings: &[
            ("allow-frame-reordering", "false"),
            ("realtime", "true"),
            // Since 1.26; where the chip cannot, the element limits the data rate instead.
            ("rate-control", "cbr"),
        ],
    },
    EncoderKind {
        element: "mfh264enc",
        codec: VideoCodec::H264,
        hardware: true,
        controls: kilobit("gop-size"),
        live_bitrate: LiveBitrate::Reconfigures,
        settings: &[
            ("rc-mode", "cbr"),
            ("bframes", "0"),
            ("low-latency", "true"),
        ],
    },
    EncoderKind {
        element: "v4l2h264enc",
        codec: VideoCodec::H264,
        hardware: true,
        controls: Controls::V4l2,
        // The device takes its control while it runs; what it makes of it is the driver's.
        live_bitrate: LiveBitrate::InPlace,
        settings: &[],
    },
    EncoderKind {
        element: "x264enc",
        codec: VideoCodec::H264,
        hardware: false,
        controls: kilobit("key-int-max"),
        live_bitrate: LiveBitrate::InPlace,
        // Five frames of look-ahead keep macroblock-tree rate control at a sixth of a second; ten
        // cost as much CPU and made 440 ms from picture to packet. The separate look-ahead thread
        // would add frames of latency on top. `cbr` with a VBV of a
        // second is what the platforms ask for; filler is not sent.
        settings: &[
            ("pass", "cbr"),
            ("speed-preset", "veryfast"),
            ("bframes", "0"),
            ("b-adapt", "false"),
            ("rc-lookahead", "5"),
            ("sync-lookahead", "0"),
            ("vbv-buf-capacity", "1000"),
            ("aud", "false"),
            ("option-string", "scenecut=0"),
        ],
    },
    EncoderKind {
        element: "openh264enc",
        codec: VideoCodec::H264,
        hardware: false,
        controls: Controls::Properties {
            bitrate: ("bitrate", BitrateUnit::Bit),
            keyframe_distance: "gop-size",
        },
        live_bitrate: LiveBitrate::InPlace,
        settings: &[
            ("rate-control", "bitrate"),
            ("complexity", "low"),
            ("scene-change-detection", "false"),
            ("enable-frame-skip", "false"),
            ("multi-thread", "0"),
        ],
    },
];

/// Every known encoder of a codec, best first.
#[must_use]
pub fn of(codec: VideoCodec) -> &'static [EncoderKind] {
    match codec {
        VideoCodec::H264 => TABLE,
        VideoCodec::Hevc => table_enhanced::HEVC,
        VideoCodec::Av1 => table_enhanced::AV1,
    }
}

/// Every known encoder, codec after codec.
pub fn all() -> impl Iterator<Item = &'static EncoderKind> {
    VideoCodec::ALL.into_iter().flat_map(of)
}

/// The systems an element is made for, as Rust names them; `None` where it may be on any.
pub(super) fn systems(element: &str) -> Option<&'static [&'static str]> {
    const OF: &[(&str, &[&str])] = &[
        ("vtenc_", &["macos"]),
        ("mf", &["windows"]),
        ("v4l2", &["linux"]),
        ("vaapi", &["linux"]),
        ("va", &["linux", "windows"]),
        ("nv", &["linux", "windows"]),
        ("qsv", &["linux", "windows"]),
        ("amf", &["linux", "windows"]),
    ];
    OF.iter()
        .find(|(prefix, _)| element.starts_with(prefix))
        .map(|(_, systems)| *systems)
}

/// Whether an element may be on this system at all.
#[must_use]
pub fn made_for(element: &str, os: &str) -> bool {
    systems(element).is_none_or(|systems| systems.contains(&os))
}

/// The row of an element of any codec, if it is known.
#[must_use]
pub(super) fn named(element: &str) -> Option<&'static EncoderKind> {
    find(element).or_else(|| all().find(|kind| kind.element == element))
}

/// The row of an element that makes H.264, if it is known.
#[must_use]
pub(super) fn find(element: &str) -> Option<&'static EncoderKind> {
    #[cfg(any(test, debug_assertions))]
    if let Some(kind) = super::faulty::find(element) {
        return Some(kind);
    }
    TABLE.iter().find(|kind| kind.element == element)
}
