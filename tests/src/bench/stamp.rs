//! Numbers in pictures: squares that survive every encoder, written on one side and read on the other.

use std::time::Duration;

/// Bits of a number: a time in ms comes round after 17 minutes.
const BITS: usize = 20;
/// Side of a square, pixels: many macroblocks, so that no compression hides it.
const SQUARE: usize = 32;
/// The number in one row, its opposite in the next: a picture that holds neither is not counted.
const ROWS: usize = 2;
/// Width and height of a stamp, pixels. It is read in the left upper corner of a picture.
pub const STAMP: (usize, usize) = (BITS * SQUARE, ROWS * SQUARE);

/// The squares of a number as BGRx. It is in Gray code: of two numbers next to each other that were mixed into one
/// picture, one or the other is read.
pub fn drawn(number: u64) -> Vec<u8> {
    let (width, height) = STAMP;
    let code = (number ^ (number >> 1)) & ((1 << BITS) - 1);
    let mut picture = vec![0_u8; width * height * 4];
    for (place, pixel) in picture.chunks_exact_mut(4).enumerate() {
        let (x, y) = (place % width, place / width);
        let bit = code >> (x / SQUARE) & 1 == 1;
        if bit == (y < SQUARE) {
            pixel.fill(255);
        }
    }
    picture
}

/// A source of FFmpeg's (lavfi) whose pictures are the squares of their own number, 0 first.
pub fn counting(fps: u32) -> String {
    let (width, height) = STAMP;
    // FFmpeg's expressions have no exclusive or: a + b - 2 (a and b).
    let code = "N+floor(N/2)-2*bitand(N,floor(N/2))";
    let bit = format!("mod(floor(({code})/pow(2,floor(X/{SQUARE}))),2)");
    format!(
        "color=black:size={width}x{height}:rate={fps},format=gray,geq=lum='255*eq({bit},lt(Y,{SQUARE}))'"
    )
}

/// The number that a luma plane holds, if its two rows agree.
pub fn read(plane: &[u8], stride: usize) -> Option<u64> {
    let level = |bit: usize, row: usize| {
        let (x, y) = (bit * SQUARE + SQUARE / 2, row * SQUARE + SQUARE / 2);
        let around = (y - 4..y + 4).flat_map(|y| &plane[y * stride + x - 4..y * stride + x + 4]);
        around.map(|level| u32::from(*level)).sum::<u32>() / 64
    };
    let mut code = 0_u64;
    for bit in 0..BITS {
        let (own, opposite) = (level(bit, 0) > 128, level(bit, 1) > 128);
        if own == opposite {
            return None;
        }
        code |= u64::from(own) << bit;
    }
    // The first bit of a Gray code is that of the number; each next one tells whether it changes.
    let mut number = code;
    for shift in [1, 2, 4, 8, 16] {
        number ^= number >> shift;
    }
    Some(number)
}

/// Milliseconds from the time shown (ms, which comes round) until `at`.
pub fn since(shown: u64, at: Duration) -> f64 {
    let round = 1_u64 << BITS;
    let at_ms = at.as_secs_f64() * 1000.0;
    (at_ms - shown as f64).rem_euclid(round as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::run;

    fn luma(number: u64) -> Vec<u8> {
        let picture = drawn(number);
        picture.chunks_exact(4).map(|pixel| pixel[0]).collect()
    }

    #[test]
    fn the_time_that_is_drawn_is_read_and_a_torn_one_is_not() {
        let (width, _) = STAMP;
        for ms in [0, 1, 77, 123_456, (1 << BITS) - 1] {
            assert_eq!(read(&luma(ms), width), Some(ms));
        }
        let mut torn = luma(1000);
        torn[width * SQUARE..].copy_from_slice(&luma(5000)[width * SQUARE..]);
        assert_eq!(read(&torn, width), None);
        assert_eq!(
            since((1 << BITS) - 100, Duration::from_millis((1 << BITS) + 200)),
            300.0
        );
    }

    #[test]
    fn ffmpeg_counts_its_pictures_in_the_same_squares() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let (counting, path) = (counting(30), file.path().display().to_string());
        let quiet = "-hide_banner -loglevel error -nostdin -y -f lavfi -i".split(' ');
        let to = "-frames:v 70 -f rawvideo -pix_fmt gray".split(' ');
        run(
            "ffmpeg",
            quiet.chain([&*counting]).chain(to).chain([&*path]),
        );
        let (width, height) = STAMP;
        let pictures = std::fs::read(file.path()).unwrap();
        let pictures: Vec<&[u8]> = pictures.chunks_exact(width * height).collect();
        assert_eq!(pictures.len(), 70);
        for (number, picture) in (0_u64..).zip(pictures) {
            assert_eq!(read(picture, width), Some(number));
        }
    }
}
