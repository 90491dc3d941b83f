//! Owns the cheap look at a picture or a block of sound that the watchdog judges by.

use std::hash::Hasher;

use gstreamer as gst;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;

use super::watchdog::{Glance, Light, Noise};
use crate::frame::VideoFrame;

/// Every eighth row is looked at: some 100 KB of a 720p picture, a few times a second. Whole rows,
/// so that a small thing that moves is not missed between two points.
const ROW_STEP: usize = 8;
/// Luma below this is black: video black is 16, and a covered sensor's noise adds a little.
const BLACK_BELOW: u8 = 24;
/// One brighter pixel in this many is a hot one, and no picture yet.
const HOT_ONE_IN: usize = 2_000;

/// Looks at the luma of an I420 picture; none when it cannot be read.
pub(super) fn picture(frame: &VideoFrame) -> Option<Glance> {
    let mapped =
        gst_video::VideoFrameRef::from_buffer_ref_readable(&frame.buffer, &frame.info).ok()?;
    let stride = usize::try_from(*mapped.plane_stride().first()?).ok()?;
    let (width, height) = (mapped.width() as usize, mapped.height() as usize);
    let luma = mapped.plane_data(0).ok()?;
    let mut hasher = std::hash::DefaultHasher::new();
    let (mut bright, mut seen) = (0, 0);
    for row in luma.chunks(stride.max(1)).take(height).step_by(ROW_STEP) {
        let row = row.get(..width)?;
        hasher.write(row);
        bright += row.iter().filter(|luma| **luma >= BLACK_BELOW).count();
        seen += row.len();
    }
    Some(Glance {
        fingerprint: hasher.finish(),
        light: if bright * HOT_ONE_IN > seen {
            Light::Some
        } else {
            Light::Black
        },
    })
}

/// Listens to a block of samples.
pub(super) fn sound(buffer: &gst::BufferRef) -> Noise {
    match buffer.map_readable() {
        // Zero as a float is zero in every byte.
        Ok(map) if map.iter().all(|byte| *byte == 0) => Noise::DigitalSilence,
        _ => Noise::Some,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture whose luma is `shade(x, y)`.
    fn shaded(shade: impl Fn(usize, usize) -> u8) -> VideoFrame {
        gst::init().unwrap();
        let (width, height) = (320, 180);
        let info = gst_video::VideoInfo::builder(
            gst_video::VideoFormat::I420,
            width as u32,
            height as u32,
        )
        .build()
        .unwrap();
        let mut pixels = vec![128; info.size()];
        let stride = info.stride()[0] as usize;
        for y in 0..height {
            for x in 0..width {
                pixels[y * stride + x] = shade(x, y);
            }
        }
        VideoFrame {
            buffer: gst::Buffer::from_slice(pixels),
            info,
            running_time: gst::ClockTime::ZERO,
        }
    }

    #[test]
    fn equal_pictures_look_equal_and_a_small_thing_that_moves_is_seen() {
        let ball = |at: usize| {
            shaded(move |x, y| {
                if x.abs_diff(at) < 8 && y.abs_diff(90) < 8 {
                    235
                } else {
                    16
                }
            })
        };
        let (here, still_here, there) = (ball(100), ball(100), ball(103));
        assert_eq!(picture(&here), picture(&still_here));
        assert_ne!(picture(&here), picture(&there));
        assert_eq!(picture(&here).unwrap().light, Light::Some);
    }

    #[test]
    fn a_covered_sensor_with_noise_and_a_hot_pixel_is_black_and_a_dark_room_is_not() {
        let covered = shaded(|x, y| match (x, y) {
            (40, 80) => 200,
            _ => 16 + ((x * 7 + y * 13) % 7) as u8,
        });
        assert_eq!(picture(&covered).unwrap().light, Light::Black);
        let dark = shaded(|x, _| if x % 40 == 0 { 60 } else { 20 });
        assert_eq!(picture(&dark).unwrap().light, Light::Some);
    }

    #[test]
    fn only_zeros_are_digital_silence() {
        gst::init().unwrap();
        let of = |samples: [f32; 4]| {
            let bytes: Vec<u8> = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
            sound(&gst::Buffer::from_slice(bytes))
        };
        assert_eq!(of([0.0; 4]), Noise::DigitalSilence);
        assert_eq!(of([0.0, 0.0, 1e-5, 0.0]), Noise::Some);
    }
}
