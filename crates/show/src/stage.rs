//! What the picture and the sound are made of: sources, scenes, mixer strips, ticker, pinned question.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{At, CanvasId, MessageId, SceneId, SourceId, Text};

/// Where a source's picture or sound comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum SourceKind {
    /// A moving test picture with a clock.
    TestPicture,
    /// A quiet test tone.
    TestTone,
    /// A media file, played in a loop.
    File {
        /// Path on the machine that runs the engine.
        path: String,
    },
    /// A still image.
    Image {
        /// Path on the machine that runs the engine.
        path: String,
    },
    /// A camera; `None` = the best one found.
    Camera {
        /// Device id as listed by the engine.
        device: Option<String>,
    },
    /// A whole screen; `None` = the first.
    Screen {
        /// Display or monitor id as listed by the engine.
        display: Option<String>,
    },
    /// One window.
    Window {
        /// Window id as listed by the engine.
        window: String,
    },
    /// A microphone; `None` = the default.
    Microphone {
        /// Device id as listed by the engine.
        device: Option<String>,
    },
    /// What the computer plays; `None` = the default output.
    DesktopAudio {
        /// Device id as listed by the engine.
        device: Option<String>,
    },
    /// A phone that sends its camera and microphone over the local network.
    Phone {
        /// How it sends.
        over: PhoneLink,
    },
}

/// How a phone sends. Which one an app can do is said on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum PhoneLink {
    /// RTMP: every broadcasting app can do it; unencrypted.
    Rtmp,
    /// SRT: encrypted, better on a Wi-Fi that loses packets.
    Srt,
    /// WHIP (WebRTC): the least delay; the picture is encrypted.
    Whip,
}

/// One input of the show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Source {
    /// Id, unique in the show.
    pub id: SourceId,
    /// Name a person gave it.
    pub name: String,
    /// Where it comes from.
    pub kind: SourceKind,
}

/// A rectangle of a canvas or of a source in ten-thousandths of its width and height, so that a layout
/// means the same at 720 and at 1080 lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Area {
    /// Left edge; may be negative.
    pub x: i32,
    /// Upper edge; may be negative.
    pub y: i32,
    /// Width, 1 to 20 000.
    pub width: i32,
    /// Height, 1 to 20 000.
    pub height: i32,
}

impl Area {
    /// The whole canvas or source.
    pub const FULL: Area = Area {
        x: 0,
        y: 0,
        width: 10_000,
        height: 10_000,
    };
}

/// A source on a canvas.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Placement {
    /// Which source.
    pub source: SourceId,
    /// Where it stands on the canvas.
    pub area: Area,
    /// Which part of the source is shown; inside the source.
    pub crop: Area,
}

/// An arrangement of sources, one layout for each canvas, bottom first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Scene {
    /// Id, unique in the show.
    pub id: SceneId,
    /// Name shown on the scene button.
    pub name: Text,
    /// Placements of each canvas, bottom first.
    pub layouts: BTreeMap<CanvasId, Vec<Placement>>,
}

/// How one scene follows another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Transition {
    /// At once.
    Cut,
    /// A cross-fade.
    Fade {
        /// Length in milliseconds, 1 to 5 000.
        ms: u32,
    },
}

/// One strip of the audio mixer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Strip {
    /// Gain in hundredths of a decibel, -6000 to +2000.
    pub gain_cdb: i32,
    /// Muted by a person.
    pub muted: bool,
}

/// A question that stands on the picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PinnedQuestion {
    /// The message it was.
    pub message: MessageId,
    /// Who asked.
    pub author: String,
    /// The words asked, at most 200 characters.
    pub text: String,
    /// The answer below it, at most 160 characters; empty = none yet.
    #[serde(default)]
    pub answer: String,
    /// Since when it is shown.
    pub since: At,
}
