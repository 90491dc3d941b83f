//! Owns the list of elements that the studio uses and where each is to be had.

use gstreamer as gst;

/// What cannot be done without an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NeedFor {
    /// Any show.
    Show,
    /// Encoding where no chip does it.
    SoftwareEncoder,
    /// Showing media files.
    Files,
    /// Cameras.
    Cameras,
    /// Microphones and what the computer plays.
    Sound,
    /// Showing the screen.
    Screen,
    /// Destinations and phones over SRT.
    Srt,
    /// Destinations and phones over WebRTC.
    WebRtc,
    /// The program as a camera of other programs, and screens on Wayland.
    PipeWire,
}

impl NeedFor {
    /// A stable name in snake_case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Show => "for_show",
            Self::SoftwareEncoder => "for_software_encoder",
            Self::Files => "for_files",
            Self::Cameras => "for_cameras",
            Self::Sound => "for_sound",
            Self::Screen => "for_screen",
            Self::Srt => "for_srt",
            Self::WebRtc => "for_webrtc",
            Self::PipeWire => "for_pipewire",
        }
    }
}

/// What is installed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PluginSet {
    /// GStreamer itself.
    Core,
    /// The base plugins.
    Base,
    /// The good plugins.
    Good,
    /// The bad plugins.
    Bad,
    /// The ugly plugins.
    Ugly,
    /// FFmpeg's codecs.
    Libav,
    /// PipeWire's plugin.
    PipeWire,
    /// PulseAudio's plugin.
    Pulse,
    /// ICE for WebRTC.
    Nice,
}

impl PluginSet {
    /// Its packages on Debian and Ubuntu, Fedora (with RPM Fusion for x264 and FFmpeg's codecs), Arch.
    #[must_use]
    pub fn packages(self) -> [&'static str; 3] {
        match self {
            Self::Core => ["libgstreamer1.0-0", "gstreamer1", "gstreamer"],
            Self::Base => [
                "gstreamer1.0-plugins-base",
                "gstreamer1-plugins-base",
                "gst-plugins-base",
            ],
            Self::Good => [
                "gstreamer1.0-plugins-good",
                "gstreamer1-plugins-good",
                "gst-plugins-good",
            ],
            Self::Bad => [
                "gstreamer1.0-plugins-bad",
                "gstreamer1-plugins-bad-free",
                "gst-plugins-bad",
            ],
            Self::Ugly => [
                "gstreamer1.0-plugins-ugly",
                "gstreamer1-plugins-ugly",
                "gst-plugins-ugly",
            ],
            Self::Libav => ["gstreamer1.0-libav", "gstreamer1-plugin-libav", "gst-libav"],
            Self::PipeWire => [
                "gstreamer1.0-pipewire",
                "pipewire-gstreamer",
                "gst-plugin-pipewire",
            ],
            Self::Pulse => [
                "gstreamer1.0-pulseaudio",
                "gstreamer1-plugins-good",
                "gst-plugins-good",
            ],
            Self::Nice => ["gstreamer1.0-nice", "libnice-gstreamer1", "libnice"],
        }
    }
}

/// Elements of which one must be there.
#[derive(Debug, Clone, Copy)]
pub struct Need {
    /// Any of them does.
    pub any_of: &'static [&'static str],
    /// What for.
    pub what_for: NeedFor,
    /// Where the first is to be had on Linux.
    pub set: PluginSet,
    /// The systems that need it, as Rust names them; none named = all.
    pub systems: &'static [&'static str],
}

const fn need(element: &'static [&'static str], what_for: NeedFor, set: PluginSet) -> Need {
    Need {
        any_of: element,
        what_for,
        set,
        systems: &[],
    }
}

const fn only(
    system: &'static [&'static str],
    element: &'static [&'static str],
    what_for: NeedFor,
    set: PluginSet,
) -> Need {
    Need {
        any_of: element,
        what_for,
        set,
        systems: system,
    }
}

/// All of them. `tests/diagnosis.rs` holds it against what this crate makes.
pub const NEEDS: &[Need] = &[
    need(&["capsfilter"], NeedFor::Show, PluginSet::Core),
    need(&["queue"], NeedFor::Show, PluginSet::Core),
    need(&["fakesink"], NeedFor::Show, PluginSet::Core),
    need(&["filesrc"], NeedFor::Files, PluginSet::Core),
    need(&["appsrc"], NeedFor::Show, PluginSet::Base),
    need(&["appsink"], NeedFor::Show, PluginSet::Base),
    need(&["videotestsrc"], NeedFor::Show, PluginSet::Base),
    need(&["audiotestsrc"], NeedFor::Show, PluginSet::Base),
    need(&["videoconvert"], NeedFor::Show, PluginSet::Base),
    need(&["videoconvertscale"], NeedFor::Show, PluginSet::Base),
    need(&["audioconvert"], NeedFor::Show, PluginSet::Base),
    need(&["audioresample"], NeedFor::Show, PluginSet::Base),
    need(&["audiomixer"], NeedFor::Show, PluginSet::Base),
    need(&["decodebin"], NeedFor::Files, PluginSet::Base),
    need(&["jpegenc"], NeedFor::Show, PluginSet::Good),
    need(&["jpegdec"], NeedFor::Cameras, PluginSet::Good),
    need(&["aacparse"], NeedFor::Show, PluginSet::Good),
    need(&["h264parse"], NeedFor::Show, PluginSet::Bad),
    need(&["h265parse"], NeedFor::Files, PluginSet::Bad),
    need(
        &["avenc_aac", "atenc", "mfaacenc", "voaacenc"],
        NeedFor::Show,
        PluginSet::Libav,
    ),
    need(
        &["x264enc", "openh264enc"],
        NeedFor::SoftwareEncoder,
        PluginSet::Ugly,
    ),
    need(
        &[
            "avdec_h264",
            "vtdec",
            "d3d11h264dec",
            "vah264dec",
            "openh264dec",
        ],
        NeedFor::Files,
        PluginSet::Libav,
    ),
    need(&["mpegtsmux"], NeedFor::Srt, PluginSet::Bad),
    need(&["tsdemux"], NeedFor::Srt, PluginSet::Bad),
    need(&["srtsink"], NeedFor::Srt, PluginSet::Bad),
    need(&["srtsrc"], NeedFor::Srt, PluginSet::Bad),
    need(&["webrtcbin"], NeedFor::WebRtc, PluginSet::Bad),
    need(&["nicesink"], NeedFor::WebRtc, PluginSet::Nice),
    need(&["opusenc"], NeedFor::WebRtc, PluginSet::Base),
    need(&["rtph264pay"], NeedFor::WebRtc, PluginSet::Good),
    need(&["rtpopuspay"], NeedFor::WebRtc, PluginSet::Good),
    only(&["linux"], &["v4l2src"], NeedFor::Cameras, PluginSet::Good),
    only(&["linux"], &["ximagesrc"], NeedFor::Screen, PluginSet::Good),
    only(
        &["linux"],
        &["pipewiresrc"],
        NeedFor::PipeWire,
        PluginSet::PipeWire,
    ),
    only(&["linux"], &["pulsesrc"], NeedFor::Sound, PluginSet::Pulse),
    only(
        &["macos"],
        &["avfvideosrc"],
        NeedFor::Cameras,
        PluginSet::Bad,
    ),
    only(
        &["macos"],
        &["osxaudiosrc"],
        NeedFor::Sound,
        PluginSet::Good,
    ),
    only(
        &["windows"],
        &["mfvideosrc"],
        NeedFor::Cameras,
        PluginSet::Bad,
    ),
    only(
        &["windows"],
        &["d3d11screencapturesrc"],
        NeedFor::Screen,
        PluginSet::Bad,
    ),
    only(
        &["windows"],
        &["wasapi2src"],
        NeedFor::Sound,
        PluginSet::Bad,
    ),
];

/// Whether a need is met here: one of its elements can be made, or this system has no such need. GStreamer must have
/// been started.
#[must_use]
pub fn is_there(need: &Need) -> bool {
    if !need.systems.is_empty() && !need.systems.contains(&std::env::consts::OS) {
        return true;
    }
    let mut any = need.any_of.iter();
    // Made, not only listed: a plugin whose library is gone is listed still.
    any.any(|element| gst::ElementFactory::make(element).build().is_ok())
}
