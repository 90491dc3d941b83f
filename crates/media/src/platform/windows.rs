//! Owns the capture table of Windows.

use super::{CaptureKind, CaptureRow, PlatformTable, Setting, VirtualCameraRow};

const fn set(property: &'static str, value: &'static str) -> Setting {
    Setting { property, value }
}

pub(super) const TABLE: PlatformTable = PlatformTable {
    os: "windows",
    virtual_camera: VirtualCameraRow {
        factory: None,
        note: "Needs a media source registered with MFCreateVirtualCamera (Windows 11) or a DirectShow \
               filter; GStreamer has neither.",
    },
    portal_when_env: None,
    captures: &[
        CaptureRow {
            kind: CaptureKind::Camera,
            factory: "mfvideosrc",
            id_prefix: "mf",
            device_property: Some("device-path"),
            listed_as: &["mfvideosrc"],
            name_from: &["device.path", "device.api.path"],
            name_suffix: "",
            settings: &[set("do-timestamp", "true")],
            note: "Media Foundation; the symbolic link is the same after a replug into the same \
                   port.",
        },
        CaptureRow {
            kind: CaptureKind::Screen,
            factory: "d3d11screencapturesrc",
            id_prefix: "d3d11",
            device_property: Some("monitor-index"),
            listed_as: &[],
            name_from: &[],
            name_suffix: "",
            settings: &[set("show-cursor", "true"), set("do-timestamp", "true")],
            note: "Desktop Duplication; d3d11download follows it.",
        },
        CaptureRow {
            kind: CaptureKind::Window,
            factory: "d3d11screencapturesrc",
            id_prefix: "d3d11",
            device_property: None,
            listed_as: &[],
            name_from: &[],
            name_suffix: "",
            settings: &[
                set("capture-api", "wgc"),
                set("show-cursor", "true"),
                set("do-timestamp", "true"),
            ],
            note: "Windows Graphics Capture by window-handle.",
        },
        CaptureRow {
            kind: CaptureKind::Microphone,
            factory: "wasapi2src",
            id_prefix: "wasapi2",
            device_property: Some("device"),
            listed_as: &["wasapi2src"],
            name_from: &["device.id", "device.strid"],
            name_suffix: "",
            settings: &[
                set("low-latency", "true"),
                set("do-timestamp", "true"),
                set("provide-clock", "false"),
            ],
            note: "Reworked in 1.28 (device switching): prefer that version.",
        },
        CaptureRow {
            kind: CaptureKind::DesktopAudio,
            factory: "wasapi2src",
            id_prefix: "wasapi2",
            device_property: Some("device"),
            listed_as: &["wasapi2sink", "wasapi2src"],
            name_from: &["device.id", "device.strid"],
            name_suffix: "",
            settings: &[
                set("loopback", "true"),
                set("do-timestamp", "true"),
                set("provide-clock", "false"),
            ],
            note: "Loopback of a render device.",
        },
    ],
};
