//! Cutting and joining recordings without encoding them again.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ffmpeg_next as ff;

use crate::ClipError;
use crate::decode::{duration, micros, open, seconds};
use crate::still::file_start;
use crate::writer::{Head, Shape, Writer};

/// What a cut really holds, on the clock of the file it was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CutSpan {
    /// The keyframe it starts with: at or before the time asked for.
    pub from: Duration,
    /// Where it ends.
    pub to: Duration,
}

/// How far the search for a keyframe goes back first; doubled until one is found. The studio's
/// own groups last two seconds, other programs' up to ten.
const FIRST_STEP_BACK: Duration = Duration::from_secs(10);

/// Copies `from..to` (from the start of the file) into `out`, whose extension names the
/// container. The cut starts with the last keyframe at or before `from`, so that nothing is
/// encoded again and the clip shows at least what was asked for.
///
/// # Errors
/// [`ClipError::EmptySpan`] when the span holds nothing, [`ClipError::Write`] when `out` cannot
/// be written.
pub fn cut(path: &Path, from: Duration, to: Duration, out: &Path) -> Result<CutSpan, ClipError> {
    let empty = || ClipError::EmptySpan {
        from_ms: u64::try_from(from.as_millis()).unwrap_or(u64::MAX),
        to_ms: u64::try_from(to.as_millis()).unwrap_or(u64::MAX),
    };
    if to <= from {
        return Err(empty());
    }
    let mut input = open(path)?;
    let origin = file_start(&input);
    let wanted = origin + from.as_secs_f64();
    let until = origin + to.as_secs_f64();
    let lead = input.streams().best(ff::media::Type::Video);
    let lead = lead.map(|stream| (stream.index(), stream.time_base()));
    let start = match lead {
        Some((index, base)) => {
            keyframe_before(&mut input, index, base, wanted).ok_or_else(empty)?
        }
        None => wanted,
    };

    // Sound of the same moment may lie a little before the keyframe in the file.
    seek(&mut input, start - 1.0);
    let mut writer = Writer::create(out, &input, &Head::default())?;
    let mut end = start;
    let mut lead_runs = lead.is_none();
    loop {
        let mut packet = ff::Packet::empty();
        match packet.read(&mut input) {
            Ok(()) => {}
            Err(ff::Error::InvalidData) => continue,
            Err(_) => break,
        }
        let index = packet.stream();
        let Some(base) = writer.source_base(index) else {
            continue;
        };
        let Some(at) = packet.pts().or(packet.dts()).map(|t| seconds(t, base)) else {
            continue;
        };
        let decoded_at = packet.dts().map_or(at, |t| seconds(t, base));
        // Streams are interleaved within well under a second.
        if decoded_at > until + 1.0 {
            break;
        }
        let is_lead = lead.is_some_and(|(lead, _)| lead == index);
        if is_lead && !lead_runs {
            lead_runs = packet.is_key() && at >= start - 0.0005;
        }
        let before = if is_lead {
            !lead_runs
        } else {
            at < start - 0.0005
        };
        let after = if is_lead {
            decoded_at >= until
        } else {
            at >= until
        };
        if before || after {
            continue;
        }
        end = end.max(at + seconds(packet.duration(), base));
        writer.write(&mut packet, -start)?;
    }
    if end <= start {
        return Err(empty());
    }
    writer.finish()?;
    Ok(CutSpan {
        from: duration(start - origin),
        to: duration(end - origin),
    })
}

/// The time of the last keyframe of stream `index` at or before `wanted` (seconds on the file's
/// clock); the first keyframe at all when none is that early.
fn keyframe_before(
    input: &mut ff::format::context::Input,
    index: usize,
    base: ff::Rational,
    wanted: f64,
) -> Option<f64> {
    let mut back = FIRST_STEP_BACK;
    loop {
        let from = wanted - back.as_secs_f64();
        seek(input, from);
        let mut first = None;
        let mut last = None;
        loop {
            let mut packet = ff::Packet::empty();
            match packet.read(input) {
                Ok(()) => {}
                Err(ff::Error::InvalidData) => continue,
                Err(_) => break,
            }
            if packet.stream() != index {
                continue;
            }
            let Some(at) = packet.pts().map(|t| seconds(t, base)) else {
                continue;
            };
            let decoded_at = packet.dts().map_or(at, |t| seconds(t, base));
            if decoded_at > wanted + 0.0005 && (first.is_some() || from > 0.0) {
                break;
            }
            if packet.is_key() {
                first = first.or(Some(at));
                if at <= wanted + 0.0005 {
                    last = Some(at);
                }
            }
        }
        if last.is_some() || from <= 0.0 {
            return last.or(first);
        }
        back *= 2;
    }
}

/// Goes to `at` seconds or earlier. A file without an index cannot: then to its start, which
/// only costs time, since callers skip what is too early.
fn seek(input: &mut ff::format::context::Input, at: f64) {
    let target = micros(duration(at));
    if input.seek(target, ..target).is_err() && input.seek(0, ..).is_err() {
        tracing::debug!("no seek in this file, reading on from where it stands");
    }
}

/// Puts parts of one show behind each other in `out`, without encoding them again. Each part
/// starts where the one before it ends; all must have been made with the same settings.
///
/// # Errors
/// [`ClipError::PartsDiffer`] names the part whose settings differ, [`ClipError::NoParts`] when
/// there is none.
pub fn join(parts: &[PathBuf], out: &Path) -> Result<Duration, ClipError> {
    let first = parts.first().ok_or(ClipError::NoParts)?;
    let lead = open(first)?;
    let wanted: Vec<Shape> = lead.streams().filter_map(|s| Shape::of(&s)).collect();
    // Everything is looked at before anything is written: half a file helps nobody.
    for path in &parts[1..] {
        let part = open(path)?;
        let found: Vec<Shape> = part.streams().filter_map(|s| Shape::of(&s)).collect();
        if let Some(what) = Shape::difference(&wanted, &found) {
            return Err(ClipError::PartsDiffer {
                path: path.clone(),
                what,
            });
        }
    }

    let mut writer = Writer::create(out, &lead, &Head::default())?;
    drop(lead);
    let mut offset = 0.0_f64;
    for path in parts {
        let mut input = open(path)?;
        let origin = file_start(&input);
        let sources: Vec<(usize, ff::Rational)> = input
            .streams()
            .filter(|stream| Shape::of(stream).is_some())
            .map(|stream| (stream.index(), stream.time_base()))
            .collect();
        let mut end = offset;
        loop {
            let mut packet = ff::Packet::empty();
            match packet.read(&mut input) {
                Ok(()) => {}
                Err(ff::Error::InvalidData) => continue,
                // A part cut off by a crash ends here; what it holds is kept.
                Err(_) => break,
            }
            let place = sources
                .iter()
                .position(|(index, _)| *index == packet.stream());
            let Some(place) = place else { continue };
            let base = sources[place].1;
            let Some(at) = packet.pts().or(packet.dts()).map(|t| seconds(t, base)) else {
                continue;
            };
            end = end.max(at - origin + offset + seconds(packet.duration(), base));
            writer.write_to(place, base, &mut packet, offset - origin)?;
        }
        offset = end;
    }
    writer.finish()?;
    Ok(duration(offset))
}
