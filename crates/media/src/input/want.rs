//! Owns the picture size that the program wants from an input.

use std::sync::{Mutex, PoisonError};

use gstreamer as gst;
use gstreamer_video as gst_video;
use serde::{Deserialize, Serialize};

/// How a picture is fitted to the wanted size. An input never enlarges: the program does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// The whole picture, inside the wanted size, in its own proportions.
    #[default]
    Inside,
    /// Covers the wanted size in its own proportions; the program cuts what sticks out.
    Cover,
    /// Exactly the wanted size, with black bars.
    Letterbox,
}

/// The picture that a program wants from an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VideoWant {
    /// Width in pixels, even.
    pub width: u32,
    /// Height in pixels, even.
    pub height: u32,
    /// How the input's picture is fitted to it.
    pub fit: Fit,
    /// Frames per second above which frames are dropped before they cost anything; 1..=120.
    pub max_fps: u32,
}

impl VideoWant {
    /// At most 30 frames/s, fitted inside `width` x `height`.
    #[must_use]
    pub fn new(width: u32, height: u32) -> Self {
        Self {
            width,
            height,
            fit: Fit::Inside,
            max_fps: 30,
        }
    }

    /// The same with another fit.
    #[must_use]
    pub fn with_fit(self, fit: Fit) -> Self {
        Self { fit, ..self }
    }

    /// Size of the frames that an input of `width` x `height` (square pixels) delivers.
    #[must_use]
    pub fn output_size(&self, width: u32, height: u32) -> (u32, u32) {
        if self.fit == Fit::Letterbox {
            return (even(self.width), even(self.height));
        }
        let (sx, sy) = (
            f64::from(self.width) / f64::from(width.max(1)),
            f64::from(self.height) / f64::from(height.max(1)),
        );
        let scale = match self.fit {
            Fit::Cover => sx.max(sy),
            _ => sx.min(sy),
        };
        if scale >= 1.0 {
            return (even(width), even(height));
        }
        // The rounding is to the nearest even number, so that I420's half planes are whole.
        let fitted = |side: u32| even_nearest(f64::from(side) * scale);
        (fitted(width), fitted(height))
    }
}

fn even(side: u32) -> u32 {
    (side & !1).max(2)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn even_nearest(side: f64) -> u32 {
    (((side / 2.0).round() as u32) * 2).max(2)
}

/// The want of a running input, shared with its pipeline.
#[derive(Debug)]
pub(crate) struct SharedWant(Mutex<VideoWant>);

impl SharedWant {
    pub(crate) fn new(want: VideoWant) -> Self {
        Self(Mutex::new(want))
    }

    pub(crate) fn get(&self) -> VideoWant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set(&self, want: VideoWant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = want;
    }
}

/// Caps of the frames that leave an input whose picture is `native`.
pub(crate) fn output_caps(want: VideoWant, native: &gst_video::VideoInfo) -> gst::Caps {
    let par = native.par();
    // Square pixels: a 720x576 picture with 64:45 pixels becomes 1024x576 before it is fitted.
    let (par_n, par_d) = (i64::from(par.numer().max(1)), i64::from(par.denom().max(1)));
    let wide = i64::from(native.width()) * par_n / par_d;
    let wide = u32::try_from(wide).unwrap_or(native.width()).max(1);
    let (width, height) = want.output_size(wide, native.height());
    gst::Caps::builder("video/x-raw")
        .field("format", "I420")
        .field("width", i32::try_from(width).unwrap_or(i32::MAX))
        .field("height", i32::try_from(height).unwrap_or(i32::MAX))
        .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_of_the_wanted_size_passes_through() {
        assert_eq!(
            VideoWant::new(1280, 720).output_size(1280, 720),
            (1280, 720)
        );
    }

    #[test]
    fn a_larger_picture_is_scaled_inside_or_covering() {
        let want = VideoWant::new(1280, 720);
        assert_eq!(want.output_size(1920, 1080), (1280, 720));
        assert_eq!(want.output_size(1080, 1920), (406, 720));
        assert_eq!(
            want.with_fit(Fit::Cover).output_size(1440, 1080),
            (1280, 960)
        );
        assert_eq!(
            want.with_fit(Fit::Letterbox).output_size(1080, 1920),
            (1280, 720)
        );
    }

    #[test]
    fn a_smaller_picture_is_not_enlarged_and_odd_sides_become_even() {
        assert_eq!(VideoWant::new(1280, 720).output_size(641, 361), (640, 360));
    }
}
