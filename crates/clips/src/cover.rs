//! Cover pictures: a good moment of a clip, and pictures as JPEG.

use std::path::Path;
use std::time::Duration;

use ffmpeg_next as ff;

use crate::decode::{duration, micros, seconds, video_decoder};
use crate::files::open;
use crate::picture::{Fit, to_rgb};
use crate::still::{file_start, thumbnail_within};
use crate::{ClipError, Picture};

/// Moments that are looked at, as parts of the clip's length: neither while the card comes in nor at the goodbye.
const MOMENTS: [f64; 5] = [0.15, 0.3, 0.45, 0.6, 0.75];
/// Packets looked through for a keyframe at most: ten seconds of picture and sound.
const PACKETS_MAX: usize = 1_000;
/// Luma steps between neighbours that are compared; rows and columns between are left out.
const STRIDE: usize = 4;

/// The sharpest and best lit of a few keyframes of a clip from `from` on (before it a clip still shows what was there
/// before), at most `max_width` pixels wide. Only those are decoded; where there is no keyframe from then on, the picture
/// in the middle of what is left.
///
/// # Errors
/// [`ClipError::Open`] when the file cannot be read, [`ClipError::NoPicture`] when it holds no picture.
pub fn cover(path: &Path, from: Duration, max_width: u32) -> Result<Picture, ClipError> {
    let mut input = open(path)?;
    let origin = file_start(&input);
    let begin = origin + from.as_secs_f64();
    let left = (input.duration().max(0) as f64 / 1e6 - from.as_secs_f64()).max(0.0);
    let stream = input.streams().best(ff::media::Type::Video);
    let (index, base) = stream
        .map(|stream| (stream.index(), stream.time_base()))
        .ok_or_else(|| ClipError::NoPicture {
            path: path.to_owned(),
            at_ms: 0,
        })?;
    let mut best: Option<(f64, ff::frame::Video)> = None;
    for moment in MOMENTS {
        let target = micros(duration(begin + left * moment));
        // A file without an index is read on from where it stands.
        let _ = input.seek(target, ..target);
        let Some(key) = keyframe(&mut input, index, base, begin) else {
            continue;
        };
        let Some(frame) = decode(&input, index, &key)? else {
            continue;
        };
        let score = appeal(&frame);
        if best.as_ref().is_none_or(|(known, _)| score > *known) {
            best = Some((score, frame));
        }
    }
    match best {
        Some((_, frame)) => to_rgb(&frame, Fit::Within(max_width)),
        None => thumbnail_within(path, from + duration(left / 2.0), max_width),
    }
}

/// The next keyframe that is shown at `from` seconds or later.
fn keyframe(
    input: &mut ff::format::context::Input,
    index: usize,
    base: ff::Rational,
    from: f64,
) -> Option<ff::Packet> {
    for _ in 0..PACKETS_MAX {
        let mut packet = ff::Packet::empty();
        match packet.read(input) {
            Ok(()) if packet.stream() == index && packet.is_key() => {
                let at = packet.pts().or(packet.dts()).map(|t| seconds(t, base));
                if at.is_some_and(|at| at >= from) {
                    return Some(packet);
                }
            }
            Ok(()) | Err(ff::Error::InvalidData) => {}
            Err(_) => return None,
        }
    }
    None
}

/// One keyframe alone: a decoder of its own, told at once that nothing follows.
fn decode(
    input: &ff::format::context::Input,
    index: usize,
    key: &ff::Packet,
) -> Result<Option<ff::frame::Video>, ClipError> {
    let Some(stream) = input.stream(index) else {
        return Ok(None);
    };
    let mut decoder = video_decoder(&stream, 1)?;
    if decoder.send_packet(key).is_err() {
        return Ok(None);
    }
    decoder.send_eof()?;
    let mut frame = ff::frame::Video::empty();
    Ok(decoder.receive_frame(&mut frame).is_ok().then_some(frame))
}

/// How much a viewer sees: steps between neighbouring points, less for a picture that is nearly black or white.
fn appeal(frame: &ff::frame::Video) -> f64 {
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    let (luma, row) = (frame.data(0), frame.stride(0));
    let (mut steps, mut light, mut count) = (0_u64, 0_u64, 0_u64);
    for y in (0..height.saturating_sub(1)).step_by(STRIDE) {
        for x in (0..width.saturating_sub(1)).step_by(STRIDE) {
            let at = y * row + x;
            let Some((here, (right, below))) =
                luma.get(at).zip(luma.get(at + 1).zip(luma.get(at + row)))
            else {
                continue;
            };
            steps += u64::from(here.abs_diff(*right)) + u64::from(here.abs_diff(*below));
            light += u64::from(*here);
            count += 1;
        }
    }
    let count = count.max(1) as f64;
    let light = light as f64 / count;
    // Middle grey is 126 in the studio's range of 16 to 235.
    let exposure = 1.0 - ((light - 126.0).abs() / 126.0).min(0.9);
    steps as f64 / count * exposure
}

impl Picture {
    /// The picture as a JPEG file of a quality from 1 to 100.
    ///
    /// # Errors
    /// [`ClipError::Decode`] when the picture's bytes do not fit its size.
    pub fn to_jpeg(&self, quality: u8) -> Result<Vec<u8>, ClipError> {
        let mut bytes = Vec::new();
        let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality);
        let colour = image::ExtendedColorType::Rgb8;
        image::ImageEncoder::write_image(encoder, &self.rgb, self.width, self.height, colour)
            .map_err(|error| ClipError::Decode {
                cause: error.to_string(),
            })?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(light: u8, step: u8) -> ff::frame::Video {
        crate::decode::init();
        let mut frame = ff::frame::Video::new(ff::format::Pixel::YUV420P, 64, 64);
        let row = frame.stride(0);
        for (n, byte) in frame.data_mut(0).iter_mut().enumerate() {
            *byte = if (n % row).is_multiple_of(2) {
                light
            } else {
                light.saturating_add(step)
            };
        }
        frame
    }

    #[test]
    fn a_sharp_and_well_lit_picture_is_preferred() {
        assert!(appeal(&grey(120, 40)) > appeal(&grey(120, 5)));
        assert!(appeal(&grey(120, 20)) > appeal(&grey(16, 20)));
        let flat = appeal(&grey(120, 0));
        assert!(flat.abs() < f64::EPSILON);
    }

    #[test]
    fn a_picture_becomes_a_jpeg_of_its_size() {
        let picture = Picture {
            width: 8,
            height: 6,
            rgb: vec![128; 8 * 6 * 3],
        };
        let bytes = picture.to_jpeg(85).unwrap();
        let read = image::load_from_memory(&bytes).unwrap();
        assert_eq!((read.width(), read.height()), (8, 6));
    }
}
