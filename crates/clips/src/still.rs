//! Still pictures out of recordings.

use std::path::Path;
use std::time::Duration;

use ffmpeg_next as ff;

use crate::decode::{duration, micros, seconds, video_decoder};
use crate::files::open;
use crate::picture::{Fit, to_rgb};
use crate::{ClipError, Picture};

/// The picture shown at `at` (from the start of the file), at its recorded size. Past the end it
/// is the last picture.
///
/// # Errors
/// [`ClipError::Open`] when the file cannot be read, [`ClipError::NoPicture`] when it holds none.
pub fn thumbnail(path: &Path, at: Duration) -> Result<Picture, ClipError> {
    still(path, at, Fit::Original)
}

/// As [`thumbnail`], at most `max_width` pixels wide and in the same shape.
///
/// # Errors
/// As [`thumbnail`].
pub fn thumbnail_within(path: &Path, at: Duration, max_width: u32) -> Result<Picture, ClipError> {
    still(path, at, Fit::Within(max_width))
}

fn still(path: &Path, at: Duration, fit: Fit) -> Result<Picture, ClipError> {
    let none = || ClipError::NoPicture {
        path: path.to_owned(),
        at_ms: u64::try_from(at.as_millis()).unwrap_or(u64::MAX),
    };
    let mut input = open(path)?;
    let origin = file_start(&input);
    let wanted = origin + at.as_secs_f64();
    if at > Duration::ZERO {
        let target = micros(duration(wanted));
        // A file without an index, or a time past its end: read on from where it stands.
        if let Err(error) = input.seek(target, ..target) {
            tracing::debug!(%error, "no seek in this file, reading from its start");
        }
    }
    let stream = input
        .streams()
        .best(ff::media::Type::Video)
        .ok_or_else(none)?;
    let (index, base) = (stream.index(), stream.time_base());
    let mut decoder = video_decoder(&stream, 1)?;

    let mut best: Option<ff::frame::Video> = None;
    let mut drain = |decoder: &mut ff::decoder::Video| -> bool {
        loop {
            let mut frame = ff::frame::Video::empty();
            if decoder.receive_frame(&mut frame).is_err() {
                return false;
            }
            let shown_at = frame.timestamp().map_or(0.0, |ticks| seconds(ticks, base));
            // Half a millisecond: time bases round, and a frame due exactly at `at` is wanted.
            if shown_at > wanted + 0.0005 && best.is_some() {
                return true;
            }
            best = Some(frame);
        }
    };
    let mut found = false;
    while !found {
        let mut packet = ff::Packet::empty();
        match packet.read(&mut input) {
            Ok(()) if packet.stream() == index => {
                // A damaged packet costs its own picture, not the still.
                if decoder.send_packet(&packet).is_ok() {
                    found = drain(&mut decoder);
                }
            }
            Ok(()) | Err(ff::Error::InvalidData) => {}
            Err(_) => break,
        }
    }
    if !found {
        decoder.send_eof()?;
        drain(&mut decoder);
    }
    to_rgb(&best.ok_or_else(none)?, fit)
}

/// When the file's own clock starts, in seconds: the earliest start of its streams.
pub(crate) fn file_start(input: &ff::format::context::Input) -> f64 {
    let start = input
        .streams()
        .filter(|stream| stream.start_time() != ff::ffi::AV_NOPTS_VALUE)
        .map(|stream| seconds(stream.start_time(), stream.time_base()))
        .fold(f64::INFINITY, f64::min);
    if start.is_finite() { start } else { 0.0 }
}
