//! Owns the colours of preview pictures: video says BT.709 or BT.601 in limited range, JPEG knows full-range BT.601 only.
//! Unconverted, black is grey and apples are the wrong red.

use gstreamer as gst;
use gstreamer_video as gst_video;

use crate::blend::planes::{PlaneMut, with_planes_mut};

/// Share of red and of blue in luma (ITU-R BT.601-7 and BT.709-6, section 2.5.1 and 3.2).
#[derive(Clone, Copy)]
struct Luma {
    red: f64,
    blue: f64,
}

const BT601: Luma = Luma {
    red: 0.299,
    blue: 0.114,
};
const BT709: Luma = Luma {
    red: 0.2126,
    blue: 0.0722,
};
/// Fixed point of the factors below.
const ONE: f64 = 128.0;
const SHIFT: u32 = 7;
const HALF: i16 = 64;
/// Steps of limited-range luma and chroma, to be spread over 255.
const LUMA_STEPS: f64 = 219.0;
const CHROMA_STEPS: f64 = 224.0;

/// From limited-range video to JPEG, as factors of the differences to black and to grey.
#[derive(Debug, Clone, Copy)]
pub(super) struct ToJpeg {
    luma: u16,
    /// What blue and red differences add to luma.
    luma_of: [i16; 2],
    /// What they make of the blue difference.
    blue_of: [i16; 2],
    /// And of the red one.
    red_of: [i16; 2],
}

impl ToJpeg {
    /// For pictures that say they are `info`.
    pub fn of(info: &gst_video::VideoInfo) -> Self {
        if info.colorimetry().matrix() == gst_video::VideoColorMatrix::Bt709 {
            Self::from_luma(BT709)
        } else {
            Self::from_luma(BT601)
        }
    }

    fn from_luma(from: Luma) -> Self {
        let green = |luma: Luma| 1.0 - luma.red - luma.blue;
        // Red is luma plus this times the red difference, and so for blue.
        let (red, blue) = (2.0 * (1.0 - from.red), 2.0 * (1.0 - from.blue));
        let to_green = green(BT601) / green(from);
        let from_blue = blue * (BT601.blue - to_green * from.blue);
        let from_red = red * (BT601.red - to_green * from.red);
        let (to_red, to_blue) = (2.0 * (1.0 - BT601.red), 2.0 * (1.0 - BT601.blue));
        let chroma = |value: f64| (value * 255.0 / CHROMA_STEPS * ONE).round() as i16;
        Self {
            luma: (255.0 / LUMA_STEPS * ONE).round() as u16,
            luma_of: [chroma(from_blue), chroma(from_red)],
            blue_of: [
                chroma((blue - from_blue) / to_blue),
                chroma(-from_red / to_blue),
            ],
            red_of: [
                chroma(-from_blue / to_red),
                chroma((red - from_red) / to_red),
            ],
        }
    }

    /// Converts an I420 picture in place.
    pub fn convert(&self, frame: &mut gst_video::VideoFrameRef<&mut gst::BufferRef>) {
        with_planes_mut(frame, |[mut luma, mut blue, mut red]| {
            let mut lift = vec![0_i16; blue.width];
            for y in 0..blue.height {
                if let (Some(blue), Some(red)) = (blue.row(y), red.row(y)) {
                    self.chroma_row(blue, red, &mut lift);
                }
                self.luma_rows(&mut luma, y * 2, &lift);
            }
        });
    }

    fn luma_rows(&self, luma: &mut PlaneMut<'_>, first: usize, lift: &[i16]) {
        for y in [first, first + 1] {
            if let Some(row) = luma.row(y) {
                self.luma_row(row, lift);
            }
        }
    }

    fn chroma_row(&self, blue: &mut [u8], red: &mut [u8], lift: &mut [i16]) {
        let mix = |[of_blue, of_red]: [i16; 2], b: i16, r: i16| {
            (of_blue * b + of_red * r + HALF) >> SHIFT
        };
        for ((blue, red), lift) in blue.iter_mut().zip(red).zip(lift) {
            let (b, r) = (i16::from(*blue) - 128, i16::from(*red) - 128);
            *lift = mix(self.luma_of, b, r);
            *blue = (mix(self.blue_of, b, r) + 128).clamp(0, 255) as u8;
            *red = (mix(self.red_of, b, r) + 128).clamp(0, 255) as u8;
        }
    }

    fn luma_row(&self, row: &mut [u8], lift: &[i16]) {
        for (pair, lift) in row.chunks_mut(2).zip(lift) {
            for luma in pair {
                // At most 239 * 149, which 16 bits hold.
                let spread = u16::from(luma.saturating_sub(16)) * self.luma;
                let level = ((spread + HALF as u16) >> SHIFT) as i16 + lift;
                *luma = level.clamp(0, 255) as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Limited-range code of a colour (each 0 to 1).
    fn video([r, g, b]: [f64; 3], luma: Luma) -> [u8; 3] {
        let y = luma.red * r + (1.0 - luma.red - luma.blue) * g + luma.blue * b;
        let blue = (b - y) / (2.0 * (1.0 - luma.blue));
        let red = (r - y) / (2.0 * (1.0 - luma.red));
        [
            (16.0 + LUMA_STEPS * y).round() as u8,
            (128.0 + CHROMA_STEPS * blue).round() as u8,
            (128.0 + CHROMA_STEPS * red).round() as u8,
        ]
    }

    /// What a JPEG reader makes of it (ITU-T T.871).
    fn seen([y, blue, red]: [u8; 3]) -> [f64; 3] {
        let (y, blue, red) = (
            f64::from(y),
            f64::from(blue) - 128.0,
            f64::from(red) - 128.0,
        );
        let rgb = [
            y + 1.402 * red,
            y - 0.344_14 * blue - 0.714_14 * red,
            y + 1.772 * blue,
        ];
        rgb.map(|level| level.clamp(0.0, 255.0) / 255.0)
    }

    #[test]
    fn a_page_sees_the_colours_that_viewers_see() {
        for luma in [BT601, BT709] {
            let to_jpeg = ToJpeg::from_luma(luma);
            let steps = [0.0, 0.25, 0.5, 0.75, 1.0];
            for rgb in steps
                .into_iter()
                .flat_map(|r| steps.map(|g| (r, g)))
                .flat_map(|(r, g)| steps.map(|b| [r, g, b]))
            {
                let [y, blue, red] = video(rgb, luma);
                let (mut luma_row, mut blue, mut red, mut lift) = ([y; 2], [blue], [red], [0]);
                to_jpeg.chroma_row(&mut blue, &mut red, &mut lift);
                to_jpeg.luma_row(&mut luma_row, &lift);
                let seen = seen([luma_row[0], blue[0], red[0]]);
                for (seen, meant) in seen.into_iter().zip(rgb) {
                    let off = (seen - meant).abs() * 255.0;
                    assert!(off < 5.0, "{rgb:?} is seen as {seen:.3}, off by {off:.1}");
                }
            }
        }
    }

    #[test]
    fn no_code_overflows() {
        let to_jpeg = ToJpeg::from_luma(BT709);
        for blue in 0..=255 {
            for red in 0..=255 {
                let (mut b, mut r, mut lift) = ([blue], [red], [0]);
                to_jpeg.chroma_row(&mut b, &mut r, &mut lift);
                for luma in [0, 16, 128, 235, 255] {
                    to_jpeg.luma_row(&mut [luma; 2], &lift);
                }
            }
        }
    }
}
