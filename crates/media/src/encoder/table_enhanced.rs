//! Owns the rows of the encoders beyond H.264, like those of [`super::table`]. Which of them are good enough for a show
//! beside the H.264 encode, their trial decides.

use super::codec::VideoCodec;
use super::table::{BitrateUnit, Controls, EncoderKind, LiveBitrate, NVENC, VA, kilobit};

/// What AMF's elements are told; only the one for H.264 makes B-frames.
const AMF: &[(&str, &str)] = &[
    ("rate-control", "cbr"),
    ("usage", "low-latency"),
    ("preset", "balanced"),
];

/// HEVC, best first.
pub(super) const HEVC: &[EncoderKind] = &[
    EncoderKind {
        element: "nvh265enc",
        codec: VideoCodec::Hevc,
        hardware: true,
        controls: kilobit("gop-size"),
        live_bitrate: LiveBitrate::Reconfigures,
        settings: NVENC,
    },
    EncoderKind {
        element: "qsvh265enc",
        codec: VideoCodec::Hevc,
        hardware: true,
        controls: kilobit("gop-size"),
        live_bitrate: LiveBitrate::Reconfigures,
        settings: &[
            ("rate-control", "cbr"),
            ("b-frames", "0"),
            // Counted otherwise than for H.264: 1 makes every I-frame an IDR picture.
            ("idr-interval", "1"),
            ("low-latency", "true"),
        ],
    },
    EncoderKind {
        element: "amfh265enc",
        codec: VideoCodec::Hevc,
        hardware: true,
        controls: kilobit("gop-size"),
        live_bitrate: LiveBitrate::Reconfigures,
        settings: AMF,
    },
    EncoderKind {
        element: "vah265enc",
        codec: VideoCodec::Hevc,
        hardware: true,
        controls: kilobit("key-int-max"),
        live_bitrate: LiveBitrate::Reconfigures,
        settings: VA,
    },
    EncoderKind {
        element: "vtenc_h265_hw",
        codec: VideoCodec::Hevc,
        hardware: true,
        controls: kilobit("max-keyframe-interval"),
        live_bitrate: LiveBitrate::InPlace,
        settings: &[
            ("allow-frame-reordering", "false"),
            ("realtime", "true"),
            ("rate-control", "cbr"),
        ],
    },
    EncoderKind {
        element: "mfh265enc",
        codec: VideoCodec::Hevc,
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
        element: "x265enc",
        codec: VideoCodec::Hevc,
        hardware: false,
        controls: kilobit("key-int-max"),
        // The element ends its encoder and makes another.
        live_bitrate: LiveBitrate::Reconfigures,
        // `zerolatency` means no B-frames, no look-ahead and no frame threads. A rate buffer of a second, as for
        // H.264; without one a keyframe may have any size.
        settings: &[
            ("speed-preset", "ultrafast"),
            ("tune", "zerolatency"),
            (
                "option-string",
                "scenecut=0:open-gop=0:vbv-maxrate={kbps}:vbv-bufsize={kbps}",
            ),
        ],
    },
];

/// AV1, best first. Only encoders that give every picture as it comes: none that holds one back to show it later.
pub(super) const AV1: &[EncoderKind] = &[
    EncoderKind {
        element: "nvav1enc",
        codec: VideoCodec::Av1,
        hardware: true,
        controls: kilobit("gop-size"),
        live_bitrate: LiveBitrate::Reconfigures,
        settings: NVENC,
    },
    EncoderKind {
        element: "qsvav1enc",
        codec: VideoCodec::Av1,
        hardware: true,
        controls: kilobit("gop-size"),
        live_bitrate: LiveBitrate::Reconfigures,
        settings: &[("rate-control", "cbr"), ("low-latency", "true")],
    },
    EncoderKind {
        element: "amfav1enc",
        codec: VideoCodec::Av1,
        hardware: true,
        controls: kilobit("gop-size"),
        live_bitrate: LiveBitrate::Reconfigures,
        settings: AMF,
    },
    EncoderKind {
        element: "av1enc",
        codec: VideoCodec::Av1,
        hardware: false,
        controls: Controls::Properties {
            bitrate: ("target-bitrate", BitrateUnit::Kilobit),
            keyframe_distance: "keyframe-max-dist",
        },
        live_bitrate: LiveBitrate::InPlace,
        // libaom's real-time profile at its fastest. Two columns are two threads for a picture 720 high. Without a
        // greatest quantizer the element's own is 0, at which libaom ends the whole process.
        settings: &[
            ("usage-profile", "realtime"),
            ("end-usage", "cbr"),
            ("cpu-used", "10"),
            ("lag-in-frames", "0"),
            // 1.22 does not pass on that a keyframe is asked for: they come by its own count of pictures.
            ("keyframe-mode", "auto"),
            ("row-mt", "true"),
            ("tile-columns", "1"),
            ("min-quantizer", "2"),
            ("max-quantizer", "56"),
            ("buf-sz", "1000"),
            ("buf-initial-sz", "500"),
            ("buf-optimal-sz", "600"),
        ],
    },
];
