//! Cutting and joining recordings without encoding them again.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ffmpeg_next as ff;

use crate::ClipError;
use crate::decode::{check_path, duration, init, micros, open, seconds, ticks};
use crate::still::file_start;

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
    let mut writer = Writer::create(out, &input)?;
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

    let mut writer = Writer::create(out, &lead)?;
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

/// What must be equal for two streams to share one track.
#[derive(PartialEq)]
struct Shape {
    codec: ff::codec::Id,
    size: (i32, i32),
    sound: (i32, i32),
    header: Vec<u8>,
}

impl Shape {
    /// `None` for anything but pictures and sound.
    fn of(stream: &ff::Stream<'_>) -> Option<Self> {
        let parameters = stream.parameters();
        if !matches!(
            parameters.medium(),
            ff::media::Type::Video | ff::media::Type::Audio
        ) {
            return None;
        }
        let sound = ff::codec::Context::from_parameters(parameters.clone())
            .and_then(|context| context.decoder().audio())
            .map_or((0, 0), |audio| {
                (audio.rate() as i32, i32::from(audio.channels()))
            });
        // SAFETY: the pointer is valid while `parameters` lives; the header is `extradata_size`
        // bytes long, or absent.
        let (size, header) = unsafe {
            let raw = &*parameters.as_ptr();
            let header = if raw.extradata.is_null() || raw.extradata_size <= 0 {
                Vec::new()
            } else {
                std::slice::from_raw_parts(raw.extradata, raw.extradata_size as usize).to_vec()
            };
            ((raw.width, raw.height), header)
        };
        Some(Self {
            codec: parameters.id(),
            size,
            sound,
            header,
        })
    }

    fn difference(wanted: &[Self], found: &[Self]) -> Option<&'static str> {
        if wanted.len() != found.len() {
            return Some("number of streams");
        }
        wanted.iter().zip(found).find_map(|(a, b)| {
            if a.codec != b.codec {
                Some("codec")
            } else if a.size != b.size {
                Some("picture size")
            } else if a.sound != b.sound {
                Some("sound format")
            } else if a.header != b.header {
                Some("codec settings")
            } else {
                None
            }
        })
    }
}

/// An output file with the pictures and sound of one input.
struct Writer {
    path: PathBuf,
    output: ff::format::context::Output,
    /// Source stream index and time base of each output stream.
    sources: Vec<(usize, ff::Rational)>,
    /// Last decoding time written to each output stream, in its own ticks.
    last: Vec<i64>,
}

impl Writer {
    fn create(path: &Path, input: &ff::format::context::Input) -> Result<Self, ClipError> {
        init();
        check_path(path)?;
        let failed = |error: ff::Error| ClipError::Write {
            path: path.to_owned(),
            cause: error.to_string(),
        };
        let mut output = ff::format::output(path).map_err(failed)?;
        let mut sources = Vec::new();
        for stream in input.streams().filter(|s| Shape::of(s).is_some()) {
            let mut added = output
                .add_stream(ff::encoder::find(ff::codec::Id::None))
                .map_err(failed)?;
            added.set_parameters(stream.parameters());
            added.set_time_base(stream.time_base());
            // SAFETY: the stream was just added and lives as long as `output`. The tag belongs to
            // the source's container; zero lets the new one choose its own.
            unsafe {
                (*added.parameters().as_mut_ptr()).codec_tag = 0;
            }
            sources.push((stream.index(), stream.time_base()));
        }
        let mut options = ff::Dictionary::new();
        if output.format().name().contains("mp4") {
            options.set("movflags", "+faststart");
        }
        output.write_header_with(options).map_err(failed)?;
        Ok(Self {
            path: path.to_owned(),
            last: vec![i64::MIN; sources.len()],
            output,
            sources,
        })
    }

    fn source_base(&self, index: usize) -> Option<ff::Rational> {
        self.sources
            .iter()
            .find(|(source, _)| *source == index)
            .map(|(_, base)| *base)
    }

    fn write(&mut self, packet: &mut ff::Packet, shift: f64) -> Result<(), ClipError> {
        let place = self
            .sources
            .iter()
            .position(|(source, _)| *source == packet.stream());
        match place {
            Some(place) => {
                let base = self.sources[place].1;
                self.write_to(place, base, packet, shift)
            }
            None => Ok(()),
        }
    }

    /// Writes a packet whose times are in `base` to output stream `place`, moved by `shift`
    /// seconds.
    fn write_to(
        &mut self,
        place: usize,
        base: ff::Rational,
        packet: &mut ff::Packet,
        shift: f64,
    ) -> Result<(), ClipError> {
        let failed = |path: &Path, error: ff::Error| ClipError::Write {
            path: path.to_owned(),
            cause: error.to_string(),
        };
        let target = self
            .output
            .stream(place)
            .ok_or_else(|| failed(&self.path, ff::Error::StreamNotFound))?
            .time_base();
        packet.rescale_ts(base, target);
        let shift = if shift < 0.0 {
            -ticks(duration(-shift), target)
        } else {
            ticks(duration(shift), target)
        };
        let dts = packet.dts().map(|t| t + shift);
        // Rounding may put two parts' packets on one tick, which a muxer refuses.
        let dts = dts.map(|t| t.max(self.last[place].saturating_add(1)));
        let pts = packet.pts().map(|t| t + shift);
        let pts = pts.zip(dts).map(|(pts, dts)| pts.max(dts)).or(pts);
        self.last[place] = dts.unwrap_or(self.last[place]);
        packet.set_dts(dts);
        packet.set_pts(pts);
        packet.set_position(-1);
        packet.set_stream(place);
        packet
            .write_interleaved(&mut self.output)
            .map_err(|error| failed(&self.path, error))
    }

    fn finish(mut self) -> Result<(), ClipError> {
        self.output
            .write_trailer()
            .map_err(|error| ClipError::Write {
                path: self.path.clone(),
                cause: error.to_string(),
            })
    }
}
