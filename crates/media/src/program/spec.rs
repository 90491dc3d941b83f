//! Owns the plain values a caller describes a program with.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::MediaError;
use crate::input::Fit;

/// The picture that is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CanvasSpec {
    /// Name of the canvas (`"main"`), unique within the engine.
    pub id: String,
    /// Width in pixels: even, 16..=4096.
    pub width: u32,
    /// Height in pixels: even, 16..=4096.
    pub height: u32,
    /// Frames a second: 1..=120.
    pub fps: u32,
}

/// How the picture and the sound are encoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncodeSpec {
    /// Video bitrate in kbit/s: 100..=100000.
    pub video_kbps: u32,
    /// Audio bitrate in kbit/s: 32..=320.
    pub audio_kbps: u32,
    /// Distance of keyframes; 2 s is what the platforms ask for.
    pub keyframe_interval: Duration,
    /// A GStreamer encoder element to use whatever the probe says.
    pub encoder: Option<String>,
}

/// Everything a program is started with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramSpec {
    /// The picture.
    pub canvas: CanvasSpec,
    /// Its encoding.
    pub encode: EncodeSpec,
}

impl ProgramSpec {
    /// 1280x720 at 30 frames/s, 2500 + 128 kbit/s, a keyframe every 2 s.
    #[must_use]
    pub fn hd720() -> Self {
        Self {
            canvas: CanvasSpec {
                id: "main".to_owned(),
                width: 1280,
                height: 720,
                fps: 30,
            },
            encode: EncodeSpec {
                video_kbps: 2500,
                audio_kbps: 128,
                keyframe_interval: Duration::from_secs(2),
                encoder: None,
            },
        }
    }

    /// Frames from one keyframe to the next, at least 1.
    #[must_use]
    pub fn keyframe_frames(&self) -> u32 {
        let frames = self.encode.keyframe_interval.as_secs_f64() * f64::from(self.canvas.fps);
        (frames.round() as u32).max(1)
    }

    pub(crate) fn check(&self) -> Result<(), MediaError> {
        let side = |side: u32| side.is_multiple_of(2) && (16..=4096).contains(&side);
        if !side(self.canvas.width) {
            return Err(MediaError::OutOfRange("canvas width"));
        }
        if !side(self.canvas.height) {
            return Err(MediaError::OutOfRange("canvas height"));
        }
        if !(1..=120).contains(&self.canvas.fps) {
            return Err(MediaError::OutOfRange("canvas fps"));
        }
        if !(100..=100_000).contains(&self.encode.video_kbps) {
            return Err(MediaError::OutOfRange("video bitrate"));
        }
        if !(32..=320).contains(&self.encode.audio_kbps) {
            return Err(MediaError::OutOfRange("audio bitrate"));
        }
        Ok(())
    }
}

/// What is cut off a source before it is placed, as fractions of its width and height.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Crop {
    /// 0.0..1.0 of the width, from the left.
    pub left: f32,
    /// 0.0..1.0 of the height, from the top.
    pub top: f32,
    /// 0.0..1.0 of the width, from the right.
    pub right: f32,
    /// 0.0..1.0 of the height, from the bottom.
    pub bottom: f32,
}

impl Crop {
    /// (kept fraction of the width, kept fraction of the height), each at least 1/50.
    pub(crate) fn kept(&self) -> (f64, f64) {
        let kept = |a: f32, b: f32| {
            let cut = f64::from(a.clamp(0.0, 1.0)) + f64::from(b.clamp(0.0, 1.0));
            (1.0 - cut).max(0.02)
        };
        (kept(self.left, self.right), kept(self.top, self.bottom))
    }
}

/// One input's place on the canvas.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Placement {
    /// Id of the input.
    pub input: String,
    /// Left edge in canvas pixels; odd values are moved to the even pixel before.
    pub x: i32,
    /// Top edge in canvas pixels; odd values are moved to the even pixel before.
    pub y: i32,
    /// Width in canvas pixels.
    pub width: u32,
    /// Height in canvas pixels.
    pub height: u32,
    /// What is cut off first.
    #[serde(default)]
    pub crop: Crop,
    /// How the rest is fitted into the rectangle: `Inside` leaves what is below visible beside it,
    /// `Letterbox` fills that with black, `Cover` cuts what sticks out.
    #[serde(default)]
    pub fit: Fit,
}

impl Placement {
    /// The input over the whole canvas, cut where the proportions differ.
    #[must_use]
    pub fn full(input: &str, canvas: &CanvasSpec) -> Self {
        Self {
            input: input.to_owned(),
            x: 0,
            y: 0,
            width: canvas.width,
            height: canvas.height,
            crop: Crop::default(),
            fit: Fit::Cover,
        }
    }
}

/// A whole arrangement, bottom first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Scene {
    /// Name of the scene.
    pub id: String,
    /// Its pictures, bottom first.
    pub placements: Vec<Placement>,
}

/// How one scene becomes the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transition {
    /// At the next frame.
    Cut,
    /// A cross-fade of this length, at most 5 s.
    Fade(Duration),
}
