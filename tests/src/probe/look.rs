//! Pictures out of recordings, and whether they show what they should.

use std::path::Path;
use std::time::Duration;

use image::RgbImage;
use stallcast_clips::thumbnail;

/// A part of a picture in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Width, at least 1.
    pub width: u32,
    /// Height, at least 1.
    pub height: u32,
}

impl Region {
    /// The whole picture.
    pub fn all(image: &RgbImage) -> Self {
        Self {
            x: 0,
            y: 0,
            width: image.width(),
            height: image.height(),
        }
    }

    /// A part of a picture of `width` x `height`, given in fractions (0 to 1) of it.
    pub fn of(width: u32, height: u32, left: f64, top: f64, right: f64, bottom: f64) -> Self {
        let at = |fraction: f64, size: u32| (fraction * f64::from(size)).round() as u32;
        let (x, y) = (at(left, width), at(top, height));
        Self {
            x,
            y,
            width: at(right, width).saturating_sub(x).max(1),
            height: at(bottom, height).saturating_sub(y).max(1),
        }
    }

    fn pixels(self, image: &RgbImage) -> impl Iterator<Item = [u8; 3]> + '_ {
        assert!(
            self.x + self.width <= image.width() && self.y + self.height <= image.height(),
            "{self:?} is outside a picture of {}x{}",
            image.width(),
            image.height()
        );
        (self.y..self.y + self.height)
            .flat_map(move |y| (self.x..self.x + self.width).map(move |x| image.get_pixel(x, y).0))
    }
}

/// The picture a recording shows at `at`.
pub fn frame_at(path: &Path, at: Duration) -> RgbImage {
    let picture = thumbnail(path, at).unwrap();
    RgbImage::from_raw(picture.width, picture.height, picture.rgb).unwrap()
}

/// Mean of red, green and blue (0 to 255) over a region.
pub fn mean_colour(image: &RgbImage, region: Region) -> [f64; 3] {
    let mut sums = [0_u64; 3];
    let mut count = 0_u64;
    for pixel in region.pixels(image) {
        for (sum, level) in sums.iter_mut().zip(pixel) {
            *sum += u64::from(level);
        }
        count += 1;
    }
    sums.map(|sum| sum as f64 / count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_those_of_the_region_alone() {
        let mut image = RgbImage::from_pixel(100, 50, image::Rgb([10, 20, 30]));
        for x in 50..100 {
            for y in 0..50 {
                image.put_pixel(x, y, image::Rgb([0, 0, 0]));
            }
        }
        let left = Region::of(100, 50, 0.0, 0.0, 0.5, 1.0);
        assert_eq!(mean_colour(&image, left), [10.0, 20.0, 30.0]);
        let right = Region::of(100, 50, 0.5, 0.0, 1.0, 1.0);
        assert_eq!(mean_colour(&image, right), [0.0, 0.0, 0.0]);
        assert_eq!(mean_colour(&image, Region::all(&image)), [5.0, 10.0, 15.0]);
    }
}
