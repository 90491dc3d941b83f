//! Owns the capture table of macOS.

use super::{CaptureKind, CaptureRow, PlatformTable, Setting, VirtualCameraRow};

const fn set(property: &'static str, value: &'static str) -> Setting {
    Setting { property, value }
}

pub(super) const TABLE: PlatformTable = PlatformTable {
    os: "macos",
    virtual_camera: VirtualCameraRow {
        factory: None,
        note: "Needs a camera extension (CoreMediaIO), signed and installed as part of an application.",
    },
    portal_when_env: None,
    captures: &[
        CaptureRow {
            kind: CaptureKind::Camera,
            factory: "avfvideosrc",
            id_prefix: "avf",
            device_property: Some("device-unique-id"),
            listed_as: &["avfvideosrc"],
            name_from: &["avf.unique_id", "device.unique_id"],
            name_suffix: "",
            settings: &[set("do-timestamp", "true")],
            note: "Reports no unplugging: only the frame watchdog notices. Needs the camera \
                   permission.",
        },
        CaptureRow {
            kind: CaptureKind::Screen,
            factory: "avfvideosrc",
            id_prefix: "avf-screen",
            device_property: Some("screen-crop-index"),
            listed_as: &[],
            name_from: &[],
            name_suffix: "",
            settings: &[
                set("capture-screen", "true"),
                set("capture-screen-cursor", "true"),
                set("do-timestamp", "true"),
            ],
            note: "AVCaptureScreenInput; needs the screen recording permission. No capture of a \
                   single window and none of what the computer plays.",
        },
        CaptureRow {
            kind: CaptureKind::Microphone,
            factory: "osxaudiosrc",
            id_prefix: "coreaudio",
            device_property: Some("unique-id"),
            listed_as: &["osxaudiosrc"],
            name_from: &["unique-id", "device.unique_id"],
            name_suffix: "",
            settings: &[set("do-timestamp", "true"), set("provide-clock", "false")],
            note: "unique-id since 1.26; before that only the default device.",
        },
    ],
};
