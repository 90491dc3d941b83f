//! How well sound and pictures match, measured on flashes and beeps.

use std::path::Path;

use ffmpeg_next as ff;

/// Silence before a beep, in seconds: shorter pauses are inside one beep.
const PAUSE: f64 = 0.2;
/// A beep begins where the sound rises over this part of the loudest sample.
const RISE: f32 = 0.25;
/// A flash and a beep further apart than this do not belong together: flashes are a second apart.
const APART: f64 = 0.5;

/// When flashes and beeps begin, in seconds on the file's clock.
#[derive(Debug, Clone, PartialEq)]
pub struct Onsets {
    /// First pictures of flashes.
    pub flashes: Vec<f64>,
    /// First loud samples after a pause.
    pub beeps: Vec<f64>,
}

/// Milliseconds by which beeps come after their flashes (negative: before): the median over a
/// recording of [`super::flash_clip`]'s programme. Pictures quantise it to their own distance.
/// `None` when no flash has a beep within half a second.
pub fn av_offset_ms(path: &Path) -> Option<f64> {
    let found = onsets(path);
    let mut offsets: Vec<f64> = found
        .flashes
        .iter()
        .filter_map(|flash| {
            let distances = found.beeps.iter().map(|beep| beep - flash);
            distances.min_by(|a, b| a.abs().total_cmp(&b.abs()))
        })
        .filter(|offset| offset.abs() < APART)
        .collect();
    offsets.sort_by(f64::total_cmp);
    offsets.get(offsets.len() / 2).map(|offset| offset * 1000.0)
}

/// Finds flashes and beeps in a recording.
pub fn onsets(path: &Path) -> Onsets {
    let (pictures, sound) = decode(path);
    Onsets {
        flashes: flashes(&pictures),
        beeps: beeps(&sound),
    }
}

/// Rises over the middle between the darkest and the brightest picture.
fn flashes(pictures: &[(f64, f64)]) -> Vec<f64> {
    let levels = pictures.iter().map(|(_, level)| *level);
    let darkest = levels.clone().fold(f64::INFINITY, f64::min);
    let brightest = levels.fold(f64::NEG_INFINITY, f64::max);
    // Less than a tenth of the range is noise, not a flash.
    if brightest - darkest < 25.0 {
        return Vec::new();
    }
    let middle = (darkest + brightest) / 2.0;
    let rises = pictures
        .windows(2)
        .filter(|pair| pair[0].1 < middle && pair[1].1 >= middle);
    rises.map(|pair| pair[1].0).collect()
}

fn beeps(sound: &[(f64, f32)]) -> Vec<f64> {
    let loudest = sound.iter().map(|(_, level)| *level).fold(0.0, f32::max);
    let mut found = Vec::new();
    let mut last_loud = f64::NEG_INFINITY;
    for (at, level) in sound {
        if *level >= loudest * RISE && loudest > 0.01 {
            if at - last_loud > PAUSE {
                found.push(*at);
            }
            last_loud = *at;
        }
    }
    found
}

/// Time and mean brightness of every picture; time and loudness of every sample.
type Decoded = (Vec<(f64, f64)>, Vec<(f64, f32)>);

fn decode(path: &Path) -> Decoded {
    ff::init().unwrap();
    let mut input = ff::format::input(path).unwrap();
    let video = input
        .streams()
        .best(ff::media::Type::Video)
        .expect("pictures");
    let audio = input.streams().best(ff::media::Type::Audio).expect("sound");
    let (video_index, video_base) = (video.index(), f64::from(video.time_base()));
    let (audio_index, audio_base) = (audio.index(), f64::from(audio.time_base()));
    let context = |stream: &ff::Stream<'_>| {
        let mut decoder = ff::codec::Context::from_parameters(stream.parameters())
            .unwrap()
            .decoder();
        decoder.set_packet_time_base(stream.time_base());
        decoder
    };
    let mut video_decoder = context(&video).video().unwrap();
    let mut audio_decoder = context(&audio).audio().unwrap();

    let mut pictures = Vec::new();
    let mut sound = Vec::new();
    let mut see = |decoder: &mut ff::decoder::Video| {
        let mut frame = ff::frame::Video::empty();
        while decoder.receive_frame(&mut frame).is_ok() {
            let at = frame.timestamp().expect("a picture has a time") as f64 * video_base;
            pictures.push((at, brightness(&frame)));
        }
    };
    let mut hear = |decoder: &mut ff::decoder::Audio| {
        let mut frame = ff::frame::Audio::empty();
        while decoder.receive_frame(&mut frame).is_ok() {
            let start = frame.timestamp().expect("sound has a time") as f64 * audio_base;
            let rate = f64::from(frame.rate());
            let levels = loudness(&frame).into_iter().enumerate();
            sound.extend(levels.map(|(n, level)| (start + n as f64 / rate, level)));
        }
    };
    loop {
        let mut packet = ff::Packet::empty();
        match packet.read(&mut input) {
            Ok(()) if packet.stream() == video_index => {
                // Damage is another probe's concern.
                let _ = video_decoder.send_packet(&packet);
                see(&mut video_decoder);
            }
            Ok(()) if packet.stream() == audio_index => {
                let _ = audio_decoder.send_packet(&packet);
                hear(&mut audio_decoder);
            }
            Ok(()) | Err(ff::Error::InvalidData) => {}
            Err(_) => break,
        }
    }
    let _ = video_decoder.send_eof();
    see(&mut video_decoder);
    let _ = audio_decoder.send_eof();
    hear(&mut audio_decoder);
    (pictures, sound)
}

/// Mean of the luma plane, every fourth pixel of every fourth row.
fn brightness(frame: &ff::frame::Video) -> f64 {
    let width = frame.width() as usize;
    let rows = frame
        .data(0)
        .chunks(frame.stride(0))
        .take(frame.height() as usize);
    let mut sum = 0_u64;
    let mut count = 0_u64;
    for row in rows.step_by(4) {
        for level in row[..width].iter().step_by(4) {
            sum += u64::from(*level);
            count += 1;
        }
    }
    sum as f64 / count.max(1) as f64
}

/// Loudness of every sample of the first channel.
fn loudness(frame: &ff::frame::Audio) -> Vec<f32> {
    use ff::format::sample::{Sample, Type};
    let step = if frame.is_packed() {
        usize::from(frame.channels())
    } else {
        1
    };
    let data = frame.data(0);
    match frame.format() {
        Sample::F32(Type::Planar | Type::Packed) => data
            .chunks_exact(4)
            .step_by(step)
            .take(frame.samples())
            .map(|bytes| f32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]).abs())
            .collect(),
        Sample::I16(Type::Planar | Type::Packed) => data
            .chunks_exact(2)
            .step_by(step)
            .take(frame.samples())
            .map(|bytes| f32::from(i16::from_ne_bytes([bytes[0], bytes[1]])).abs() / 32768.0)
            .collect(),
        other => panic!("sound decoded to {other:?}"),
    }
}
