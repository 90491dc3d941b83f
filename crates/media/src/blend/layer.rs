//! Owns the overlay layer: what the caller hands over, before any conversion.

use std::sync::Arc;

use super::motion::Motion;

/// One picture drawn over the program, in canvas pixels.
///
/// `id` and `version` together name the pixels: a layer that comes back with both unchanged is not
/// converted again, whatever else is in the list.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Name of the layer, stable over its changes (`"price-card"`).
    pub id: String,
    /// Changes whenever `rgba` does.
    pub version: u64,
    /// Left edge on the canvas in pixels; may be negative or odd.
    pub x: i32,
    /// Top edge on the canvas in pixels; may be negative or odd.
    pub y: i32,
    /// Width of `rgba` in pixels.
    pub width: u32,
    /// Height of `rgba` in pixels.
    pub height: u32,
    /// Premultiplied RGBA, 8 bits each, rows without padding: `width * height * 4` bytes.
    pub rgba: Arc<[u8]>,
    /// 0.0 (invisible) to 1.0; values outside are clamped.
    pub opacity: f32,
    /// Its way in or out; `None` = it stands.
    pub motion: Option<Motion>,
}

impl Layer {
    /// Whether `rgba` has the size that `width` and `height` promise.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        (self.width as usize)
            .checked_mul(self.height as usize)
            .and_then(|pixels| pixels.checked_mul(4))
            .is_some_and(|bytes| bytes == self.rgba.len() && bytes > 0)
    }

    /// Opacity as 0..=255.
    pub(crate) fn opacity_255(&self) -> u32 {
        // NaN clamps to NaN and casts to 0: an unreadable opacity is invisible.
        (self.opacity.clamp(0.0, 1.0) * 255.0).round() as u32
    }
}
