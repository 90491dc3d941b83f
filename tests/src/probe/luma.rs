//! Owns the brightness of decoded pictures: a whole stream read once, and two copies of a stream brought to one time.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use ffmpeg_next as ff;
use stallcast_overlay::Layer;

/// Least share of a stream's pictures that must be found in its other copy.
const SAME: f64 = 0.9;

/// Brightness of a picture, 16 to 235 (ITU-R BT.709, limited range).
#[derive(Debug, Clone, PartialEq)]
pub struct Luma {
    /// Width in pixels.
    pub width: usize,
    /// Row by row.
    pub levels: Vec<u8>,
}

impl Luma {
    /// Brightness of a pixel; `None` outside of the picture.
    pub fn at(&self, x: i32, y: i32) -> Option<f64> {
        let (x, y) = (usize::try_from(x).ok()?, usize::try_from(y).ok()?);
        let row = self.levels.chunks_exact(self.width).nth(y)?;
        row.get(x).map(|level| f64::from(*level))
    }
}

/// Brightness of a layer's pixel as it is encoded; `None` where something shines through, or outside of it.
pub fn level_of(layer: &Layer, x: i32, y: i32) -> Option<f64> {
    let (x, y) = (x - layer.x, y - layer.y);
    if x < 0 || y < 0 || x >= layer.width as i32 || y >= layer.height as i32 {
        return None;
    }
    let at = (y as usize * layer.width as usize + x as usize) * 4;
    let pixel = layer.rgba.get(at..at + 4)?;
    let part = |place: usize, weight: f64| f64::from(pixel[place]) * weight;
    let bright = part(0, 0.2126) + part(1, 0.7152) + part(2, 0.0722);
    (pixel[3] >= 250).then_some(16.0 + bright * 219.0 / 255.0)
}

/// Decodes a stream once from end to end and hands over every picture that is `wanted` at its time, seconds.
pub fn each_luma(path: &Path, wanted: impl Fn(f64) -> bool, mut found: impl FnMut(f64, &Luma)) {
    ff::init().unwrap();
    let mut input = ff::format::input(path).unwrap();
    let stream = input.streams().best(ff::media::Type::Video).unwrap();
    let (index, base) = (stream.index(), f64::from(stream.time_base()));
    let context = ff::codec::Context::from_parameters(stream.parameters()).unwrap();
    let mut decoder = context.decoder().video().unwrap();
    decoder.set_packet_time_base(stream.time_base());
    let mut drain = |decoder: &mut ff::decoder::Video| {
        let mut frame = ff::frame::Video::empty();
        while decoder.receive_frame(&mut frame).is_ok() {
            let at = frame.timestamp().unwrap() as f64 * base;
            if wanted(at) {
                found(at, &luma(&frame));
            }
        }
    };
    let mut packet = ff::Packet::empty();
    loop {
        match packet.read(&mut input) {
            Ok(()) if packet.stream() == index => {
                // A damaged packet costs its own picture.
                if decoder.send_packet(&packet).is_ok() {
                    drain(&mut decoder);
                }
            }
            Ok(()) | Err(ff::Error::InvalidData) => {}
            Err(_) => break,
        }
    }
    decoder.send_eof().unwrap();
    drain(&mut decoder);
}

fn luma(frame: &ff::frame::Video) -> Luma {
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    let rows = frame.data(0).chunks(frame.stride(0)).take(height);
    Luma {
        width,
        levels: rows.flat_map(|row| row[..width].iter().copied()).collect(),
    }
}

/// How many seconds `one`'s times are ahead of `other`'s: both hold the same coded pictures, each with times of its own.
pub fn stream_ahead_s(one: &Path, other: &Path) -> f64 {
    let known: HashMap<u64, f64> = coded(other).into_iter().collect();
    let pictures = coded(one);
    let ahead = pictures
        .iter()
        .filter_map(|(print, at)| Some(at - known.get(print)?));
    let mut ahead: Vec<f64> = ahead.collect();
    assert!(
        ahead.len() as f64 >= pictures.len() as f64 * SAME,
        "{} of {} pictures of {} are in {}",
        ahead.len(),
        pictures.len(),
        one.display(),
        other.display()
    );
    ahead.sort_by(f64::total_cmp);
    ahead[ahead.len() / 2]
}

/// Print and time, seconds, of every coded picture but the keyframes, before which a container may put more.
fn coded(path: &Path) -> Vec<(u64, f64)> {
    ff::init().unwrap();
    let mut input = ff::format::input(path).unwrap();
    let stream = input.streams().best(ff::media::Type::Video).unwrap();
    let (index, base) = (stream.index(), f64::from(stream.time_base()));
    let mut pictures = Vec::new();
    let mut packet = ff::Packet::empty();
    loop {
        match packet.read(&mut input) {
            Ok(()) => {}
            Err(ff::Error::InvalidData) => continue,
            Err(_) => return pictures,
        }
        let at = packet.pts().filter(|_| packet.stream() == index);
        if let (Some(at), Some(data), false) = (at, packet.data(), packet.is_key()) {
            let mut print = DefaultHasher::new();
            data.hash(&mut print);
            pictures.push((print.finish(), at as f64 * base));
        }
    }
}
