//! Where what was encoded anew meets what is copied: reading up to it, and making sure that it decodes.

use std::path::Path;

use ffmpeg_next as ff;

use crate::ClipError;
use crate::decode::{seconds, video_decoder};
use crate::files::open;

/// Times in files are rounded to their ticks; half a millisecond is less than any picture lasts.
const ROUNDING_S: f64 = 0.0005;
/// Pictures behind a joint that are looked at: a second.
const GROUP_CHECKED: usize = 30;

/// Reads on until the first keyframe of stream `index` behind `wanted`, its time in ticks; `None` when none comes before
/// `until`. What is read is held.
pub(crate) fn read_group(
    input: &mut ff::format::context::Input,
    index: usize,
    base: ff::Rational,
    wanted: f64,
    until: f64,
    held: &mut Vec<ff::Packet>,
) -> Option<i64> {
    let next = |packet: &ff::Packet| {
        let ticks = packet.pts().filter(|_| packet.stream() == index)?;
        let at = seconds(ticks, base);
        (packet.is_key() && at > wanted + ROUNDING_S || at >= until).then_some((ticks, at))
    };
    let mut found = held.iter().find_map(next);
    while found.is_none() {
        let mut packet = ff::Packet::empty();
        match packet.read(input) {
            Ok(()) => {}
            Err(ff::Error::InvalidData) => continue,
            Err(_) => break,
        }
        found = next(&packet);
        held.push(packet);
    }
    found.filter(|(_, at)| *at < until).map(|(ticks, _)| ticks)
}

/// Whether a clip whose first `pictures` were encoded anew decodes over the joint without a fault: so many pictures and
/// a group behind them, each a little later than the one before.
pub(crate) fn joins(path: &Path, pictures: usize) -> Result<bool, ClipError> {
    let mut input = open(path)?;
    let Some(stream) = input.streams().best(ff::media::Type::Video) else {
        return Ok(false);
    };
    let index = stream.index();
    let mut decoder = video_decoder(&stream, 1)?;
    let (mut sent, mut shown, mut last) = (0, 0, None);
    let mut is_sound = true;
    let mut look = |decoder: &mut ff::decoder::Video| {
        let mut frame = ff::frame::Video::empty();
        while decoder.receive_frame(&mut frame).is_ok() {
            let at = frame.timestamp();
            is_sound &= !frame.is_corrupt() && !frame.has_decode_errors() && at > last;
            last = at;
            shown += 1;
        }
        is_sound
    };
    let wanted = pictures + GROUP_CHECKED;
    while sent < wanted {
        let mut packet = ff::Packet::empty();
        match packet.read(&mut input) {
            Ok(()) if packet.stream() == index => {
                if decoder.send_packet(&packet).is_err() {
                    return Ok(false);
                }
                sent += 1;
                look(&mut decoder);
            }
            Ok(()) => {}
            Err(_) => break,
        }
    }
    decoder.send_eof()?;
    let is_sound = look(&mut decoder);
    Ok(is_sound && shown == sent)
}
