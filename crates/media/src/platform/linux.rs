//! Owns the capture table of Linux.

use super::{CaptureKind, CaptureRow, PlatformTable, Setting, VirtualCameraRow};

const fn set(property: &'static str, value: &'static str) -> Setting {
    Setting { property, value }
}

pub(super) const TABLE: PlatformTable = PlatformTable {
    os: "linux",
    virtual_camera: VirtualCameraRow {
        factory: Some("pipewiresink"),
        note: "A Video/Source node of PipeWire: browsers and programs that read PipeWire see it; those that \
               read V4L2 only need v4l2loopback, a kernel module that is not ours to load.",
    },
    portal_when_env: Some("WAYLAND_DISPLAY"),
    captures: &[
        CaptureRow {
            kind: CaptureKind::Camera,
            factory: "v4l2src",
            id_prefix: "v4l2",
            device_property: Some("device"),
            listed_as: &["v4l2src"],
            name_from: &["device.path", "api.v4l2.path"],
            name_suffix: "",
            settings: &[],
            note: "Posts RESOURCE/READ when unplugged. The kernel may give another /dev/videoN \
                   after a replug; PipeWire's node names are steadier.",
        },
        CaptureRow {
            kind: CaptureKind::Camera,
            factory: "pipewiresrc",
            id_prefix: "pipewire",
            device_property: Some("target-object"),
            listed_as: &["pipewiresrc"],
            name_from: &["node.name"],
            name_suffix: "",
            // Without dont-reconnect the session manager moves us to another camera when ours is
            // unplugged, and the audience sees the wrong picture.
            settings: &[
                set("do-timestamp", "true"),
                set("client-name", "stallcast"),
                set("stream-properties", "props,node.dont-reconnect=true"),
            ],
            note: "Virtual and network cameras, and cameras shared with other programs.",
        },
        CaptureRow {
            kind: CaptureKind::Screen,
            factory: "ximagesrc",
            id_prefix: "x11",
            device_property: Some("display-name"),
            listed_as: &[],
            name_from: &[],
            name_suffix: "",
            // Damage tracking copies twice and costs more than it saves on a screen that moves.
            settings: &[
                set("use-damage", "false"),
                set("show-pointer", "true"),
                set("do-timestamp", "true"),
            ],
            note: "X11 only; on Wayland the portal is asked.",
        },
        CaptureRow {
            kind: CaptureKind::Window,
            factory: "ximagesrc",
            id_prefix: "x11",
            device_property: Some("display-name"),
            listed_as: &[],
            name_from: &[],
            name_suffix: "",
            settings: &[
                set("use-damage", "false"),
                set("show-pointer", "true"),
                set("do-timestamp", "true"),
            ],
            note: "X11 only, by xid; on Wayland the portal offers windows too.",
        },
        CaptureRow {
            kind: CaptureKind::Microphone,
            factory: "pulsesrc",
            id_prefix: "pulse",
            device_property: Some("device"),
            listed_as: &["pulsesrc", "pipewiresrc"],
            name_from: &["node.name", "device.name", "device.string"],
            name_suffix: "",
            settings: &[
                set("do-timestamp", "true"),
                set("provide-clock", "false"),
                set("client-name", "stallcast"),
                set("buffer-time", "120000"),
                set("latency-time", "20000"),
            ],
            note: "PulseAudio and PipeWire's pulse server. The server moves the stream to another \
                   microphone when this one is unplugged: the supervision watches the list.",
        },
        CaptureRow {
            kind: CaptureKind::Microphone,
            factory: "alsasrc",
            id_prefix: "alsa",
            device_property: Some("device"),
            listed_as: &["alsasrc"],
            name_from: &["device.string"],
            name_suffix: "",
            settings: &[set("do-timestamp", "true"), set("provide-clock", "false")],
            note: "Where no sound server runs.",
        },
        CaptureRow {
            kind: CaptureKind::DesktopAudio,
            factory: "pulsesrc",
            id_prefix: "pulse",
            device_property: Some("device"),
            listed_as: &["pulsesink", "pipewiresink"],
            name_from: &["node.name", "device.name", "device.string"],
            name_suffix: ".monitor",
            settings: &[
                set("do-timestamp", "true"),
                set("provide-clock", "false"),
                set("client-name", "stallcast"),
                set("buffer-time", "120000"),
                set("latency-time", "20000"),
            ],
            note: "The monitor of a sink; @DEFAULT_MONITOR@ follows the default sink.",
        },
    ],
};
