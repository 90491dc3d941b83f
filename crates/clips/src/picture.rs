//! A still picture as plain bytes, and its conversion from a decoded frame.

use ffmpeg_next as ff;

use crate::ClipError;

/// A still picture: 8-bit RGB, rows from top to bottom without padding.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// `width * height * 3` bytes, red first.
    pub rgb: Vec<u8>,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({}x{})", self.width, self.height)
    }
}

impl Picture {
    /// The colour at column `x`, row `y`, or `None` outside the picture.
    #[must_use]
    pub fn pixel(&self, x: u32, y: u32) -> Option<[u8; 3]> {
        if x >= self.width || y >= self.height {
            return None;
        }
        let at = (y as usize * self.width as usize + x as usize) * 3;
        let pixel = self.rgb.get(at..at + 3)?;
        Some([pixel[0], pixel[1], pixel[2]])
    }
}

/// Where a picture's width should end up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    /// As it was recorded.
    Original,
    /// At most this wide, same shape.
    Within(u32),
}

/// Converts a decoded frame to RGB.
pub(crate) fn to_rgb(frame: &ff::frame::Video, fit: Fit) -> Result<Picture, ClipError> {
    let (width, height) = fitted(frame.width(), frame.height(), fit);
    let mut scaler = ff::software::scaling::Context::get(
        frame.format(),
        frame.width(),
        frame.height(),
        ff::format::Pixel::RGB24,
        width,
        height,
        ff::software::scaling::Flags::AREA | ff::software::scaling::Flags::ACCURATE_RND,
    )?;
    use_colours_of(frame, &mut scaler);
    let mut rgb = ff::frame::Video::empty();
    scaler.run(frame, &mut rgb)?;

    let row = width as usize * 3;
    let mut bytes = Vec::with_capacity(row * height as usize);
    for line in rgb.data(0).chunks(rgb.stride(0)).take(height as usize) {
        bytes.extend_from_slice(&line[..row]);
    }
    Ok(Picture {
        width,
        height,
        rgb: bytes,
    })
}

fn fitted(width: u32, height: u32, fit: Fit) -> (u32, u32) {
    match fit {
        Fit::Within(max) if max < width => {
            let max = max.max(2);
            let scaled = u64::from(height) * u64::from(max) / u64::from(width.max(1));
            (max, u32::try_from(scaled).unwrap_or(height).max(1))
        }
        _ => (width, height),
    }
}

/// swscale assumes BT.601 whatever the frame says. A frame that names its matrix is believed;
/// one that does not is taken as players take it: BT.709 from 720 lines on (either way up, for
/// portrait), BT.601 below.
fn use_colours_of(frame: &ff::frame::Video, scaler: &mut ff::software::scaling::Context) {
    use ff::color::{Range, Space};
    let hd = frame.width().min(frame.height()) >= 720;
    let matrix = match frame.color_space() {
        Space::BT709 => ff::ffi::SWS_CS_ITU709,
        Space::BT470BG | Space::SMPTE170M => ff::ffi::SWS_CS_ITU601,
        _ if hd => ff::ffi::SWS_CS_ITU709,
        _ => ff::ffi::SWS_CS_ITU601,
    };
    let full_range = i32::from(frame.color_range() == Range::JPEG);
    // SAFETY: the context is valid for the life of `scaler`; the coefficient tables are static in
    // libswscale and only read; neutral values leave brightness, contrast and saturation alone.
    unsafe {
        let source = ff::ffi::sws_getCoefficients(matrix);
        let target = ff::ffi::sws_getCoefficients(ff::ffi::SWS_CS_DEFAULT);
        ff::ffi::sws_setColorspaceDetails(
            scaler.as_mut_ptr(),
            source,
            full_range,
            target,
            1,
            0,
            1 << 16,
            1 << 16,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_keeps_its_shape_when_it_is_made_smaller() {
        assert_eq!(fitted(1920, 1080, Fit::Within(320)), (320, 180));
        assert_eq!(fitted(720, 1280, Fit::Within(360)), (360, 640));
        assert_eq!(fitted(320, 180, Fit::Within(640)), (320, 180));
        assert_eq!(fitted(320, 180, Fit::Original), (320, 180));
    }
}
