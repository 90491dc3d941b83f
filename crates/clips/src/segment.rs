//! Cutting many segments out of a show's recordings without encoding them again: each recording is opened once, read
//! once for each segment, and the clip's index is written to its front in the same pass.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ffmpeg_next as ff;

use crate::ClipError;
use crate::decode::{duration, micros, open, seconds};
use crate::still::file_start;
use crate::writer::{Head, Shape, Tracks, Writer};

/// A stretch of one recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The recording.
    pub path: PathBuf,
    /// Where it begins, from the start of the file.
    pub from: Duration,
    /// Where it ends.
    pub to: Duration,
}

/// What a clip really holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentCut {
    /// How long it plays.
    pub length: Duration,
    /// How much of it lies before what was asked for: a clip begins with a keyframe.
    pub lead: Duration,
    /// Its size.
    pub bytes: u64,
}

/// Times in files are rounded to their ticks; half a millisecond is less than any picture lasts.
const ROUNDING_S: f64 = 0.0005;
/// How far a seek goes back first where it landed behind the time asked for (pictures with B-frames); doubled until it
/// does not. The studio's own groups last two seconds.
const FIRST_STEP_BACK_S: f64 = 2.0;
/// What an MP4's index takes for a packet at most: 8 bytes each for its length and its offset to its picture, 4 each
/// for its size and place, 12 for where the number of packets in a run changes.
const INDEX_BYTES_PER_PACKET: f64 = 36.0;
/// What an index holds besides: headers, names, codec settings.
const INDEX_BYTES: f64 = 64_000.0;
/// Packets a second of a stream that does not say how many it has: above any camera's and AAC's 47.
const USUAL_RATE: f64 = 120.0;
/// Packets between two looks whether to go on; some 50 ms of copying.
const LOOK_EVERY: u32 = 512;

/// Cuts segments, keeping the recording open that it cut last: opening a long one means reading its whole index.
#[derive(Default)]
pub struct Cutter {
    opened: Option<(PathBuf, ff::format::context::Input)>,
}

impl std::fmt::Debug for Cutter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path = self.opened.as_ref().map(|(path, _)| path);
        f.debug_struct("Cutter").field("opened", &path).finish()
    }
}

impl Cutter {
    /// Writes the pieces behind each other into the MP4 `out`: the picture and the first sound of each. The first piece
    /// begins with the last keyframe at or before its start, so the clip shows at least what was asked for; every other
    /// one with the first keyframe that is in it. `go_on` is asked every now and then; `false` ends the work.
    ///
    /// # Errors
    /// [`ClipError::NoParts`] without pieces, [`ClipError::PartsDiffer`] when pieces were made with different settings,
    /// [`ClipError::EmptySpan`] when there is nothing, [`ClipError::Stopped`], [`ClipError::Open`],
    /// [`ClipError::Write`]. What was written by then is left for the caller to remove.
    pub fn cut(
        &mut self,
        pieces: &[Piece],
        out: &Path,
        go_on: &dyn Fn() -> bool,
    ) -> Result<SegmentCut, ClipError> {
        match self.write(pieces, out, go_on, Index::Reserved) {
            // The room kept for the index was too small after all: a second pass makes it.
            Err(ClipError::Write { .. }) => self.write(pieces, out, go_on, Index::Moved),
            written => written,
        }
    }

    fn write(
        &mut self,
        pieces: &[Piece],
        out: &Path,
        go_on: &dyn Fn() -> bool,
        index: Index,
    ) -> Result<SegmentCut, ClipError> {
        let first = pieces.first().ok_or(ClipError::NoParts)?;
        let wanted = shapes(self.input(&first.path)?);
        for piece in &pieces[1..] {
            let found = shapes(self.input(&piece.path)?);
            if let Some(what) = Shape::difference(&wanted, &found) {
                let path = piece.path.clone();
                return Err(ClipError::PartsDiffer { path, what });
            }
        }
        let length: f64 = pieces
            .iter()
            .map(|piece| piece.to.saturating_sub(piece.from).as_secs_f64())
            .sum();
        let input = self.input(&first.path)?;
        let reserve = matches!(index, Index::Reserved).then(|| index_bytes(input, length));
        let head = Head {
            container: Some("mp4"),
            tracks: Tracks::PictureAndFirstSound,
            reserve_index_bytes: reserve,
            ..Head::default()
        };
        let mut writer = Writer::create(out, input, &head)?;
        let mut done = 0.0;
        let mut lead = 0.0;
        for (number, piece) in pieces.iter().enumerate() {
            let input = self.input(&piece.path)?;
            let (began, end) = copy(input, piece, done, &mut writer, go_on)?;
            if number == 0 {
                lead = began;
            }
            done = end;
        }
        if done <= 0.0 {
            return Err(empty(first));
        }
        writer.finish()?;
        let bytes = std::fs::metadata(out).map_or(0, |meta| meta.len());
        Ok(SegmentCut {
            length: duration(done),
            lead: duration(lead),
            bytes,
        })
    }

    fn input(&mut self, path: &Path) -> Result<&mut ff::format::context::Input, ClipError> {
        let opened = match self.opened.take() {
            Some((known, input)) if known == path => (known, input),
            _ => (path.to_owned(), open(path)?),
        };
        Ok(&mut self.opened.insert(opened).1)
    }
}

/// How a clip's index gets to its front, where players on the network want it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Index {
    /// Into room that is kept for it.
    Reserved,
    /// By writing everything once more.
    Moved,
}

/// How long a recording is by its own index; nothing of it is read.
///
/// # Errors
/// [`ClipError::Open`] when the file cannot be read.
pub fn length(path: &Path) -> Result<Duration, ClipError> {
    let input = open(path)?;
    let declared = duration(input.duration() as f64 / 1e6);
    if declared > Duration::ZERO {
        return Ok(declared);
    }
    drop(input);
    // A file that was never closed says nothing: then its packets do.
    Ok(crate::probe(path)?.duration)
}

fn empty(piece: &Piece) -> ClipError {
    let ms = |at: Duration| u64::try_from(at.as_millis()).unwrap_or(u64::MAX);
    ClipError::EmptySpan {
        from_ms: ms(piece.from),
        to_ms: ms(piece.to),
    }
}

fn shapes(input: &ff::format::context::Input) -> Vec<Shape> {
    let taken = input
        .streams()
        .filter(|stream| Tracks::PictureAndFirstSound.has(input, stream));
    taken.filter_map(|stream| Shape::of(&stream)).collect()
}

/// Room for the index of a clip of so many seconds.
fn index_bytes(input: &ff::format::context::Input, length_s: f64) -> u32 {
    let rates = input.streams().map(|stream| {
        let long = seconds(stream.duration().max(0), stream.time_base());
        if stream.frames() > 0 && long > 0.0 {
            stream.frames() as f64 / long
        } else {
            USUAL_RATE
        }
    });
    let packets = rates.sum::<f64>() * (length_s + 2.0 * FIRST_STEP_BACK_S);
    // A cast that is out of range ends at the largest.
    (packets * INDEX_BYTES_PER_PACKET + INDEX_BYTES) as u32
}

/// Copies a piece so that it begins at `offset` seconds of the clip. Gives how long before `piece.from` it begins, and
/// the clip's length after it (`offset` when the piece held nothing).
fn copy(
    input: &mut ff::format::context::Input,
    piece: &Piece,
    offset: f64,
    writer: &mut Writer,
    go_on: &dyn Fn() -> bool,
) -> Result<(f64, f64), ClipError> {
    if piece.to <= piece.from {
        return Err(empty(piece));
    }
    let origin = file_start(input);
    let wanted = origin + piece.from.as_secs_f64();
    let until = origin + piece.to.as_secs_f64();
    let lead = input.streams().best(ff::media::Type::Video);
    let lead = lead.map(|stream| (stream.index(), stream.time_base()));
    let sources = writer.sources_of(input);
    let place_of = |packet: &ff::Packet| {
        let found = sources.iter().position(|(at, _)| *at == packet.stream());
        found.map(|place| (place, sources[place].1))
    };
    let (start, held) = begin(input, lead, wanted)?;
    let Some(start) = start else {
        return Ok((0.0, offset));
    };
    let shift = offset - start;
    let mut end = offset;
    let mut take = |mut packet: ff::Packet| -> Result<bool, ClipError> {
        let Some((place, base)) = place_of(&packet) else {
            return Ok(true);
        };
        let Some(at) = packet.pts().or(packet.dts()).map(|t| seconds(t, base)) else {
            return Ok(true);
        };
        let decoded_at = packet.dts().map_or(at, |t| seconds(t, base));
        // Streams are interleaved within well under a second.
        if decoded_at > until + 1.0 {
            return Ok(false);
        }
        let is_lead = lead.is_some_and(|(lead, _)| lead == packet.stream());
        let is_over = if is_lead {
            decoded_at >= until
        } else {
            at >= until
        };
        if is_over || at < start - ROUNDING_S {
            return Ok(true);
        }
        end = end.max(at + shift + seconds(packet.duration(), base));
        writer.write_to(place, base, &mut packet, shift)?;
        Ok(true)
    };
    for packet in held {
        take(packet)?;
    }
    let mut read = 0_u32;
    loop {
        let mut packet = ff::Packet::empty();
        match packet.read(input) {
            Ok(()) => {}
            Err(ff::Error::InvalidData) => continue,
            // A part cut off by a crash ends here; what it holds is kept.
            Err(_) => break,
        }
        read += 1;
        if read.is_multiple_of(LOOK_EVERY) && !go_on() {
            return Err(ClipError::Stopped);
        }
        if !take(packet)? {
            break;
        }
    }
    Ok((wanted - start, end))
}

/// Goes to the last keyframe at or before `wanted`, or to the first one at all: its time, and the packets read so far
/// that lie behind it. `None` when there is none.
#[allow(
    clippy::type_complexity,
    reason = "a time and packets, read by one caller"
)]
fn begin(
    input: &mut ff::format::context::Input,
    lead: Option<(usize, ff::Rational)>,
    wanted: f64,
) -> Result<(Option<f64>, Vec<ff::Packet>), ClipError> {
    let Some((index, base)) = lead else {
        seek(input, wanted);
        return Ok((Some(wanted), Vec::new()));
    };
    let mut back = 0.0;
    loop {
        let target = wanted - back;
        seek(input, target);
        let mut start: Option<f64> = None;
        let mut seen_until = f64::NEG_INFINITY;
        let mut held: Vec<ff::Packet> = Vec::new();
        loop {
            let mut packet = ff::Packet::empty();
            match packet.read(input) {
                Ok(()) => {}
                Err(ff::Error::InvalidData) => continue,
                Err(_) => break,
            }
            let mut is_past = false;
            if packet.stream() == index {
                let at = packet.pts().or(packet.dts()).map(|t| seconds(t, base));
                let decoded_at = packet.dts().map(|t| seconds(t, base)).or(at);
                is_past = decoded_at.is_some_and(|at| at > wanted + ROUNDING_S);
                let long = seconds(packet.duration(), base);
                seen_until = at.map_or(seen_until, |at| seen_until.max(at + long));
                if let Some(at) = at.filter(|_| packet.is_key())
                    && (start.is_none() || at <= wanted + ROUNDING_S)
                {
                    start = Some(at);
                    // A group before it that began with an earlier key is not wanted after all; sound is judged by
                    // its own time later.
                    held.retain(|kept| kept.stream() != index);
                }
            }
            held.push(packet);
            if is_past && start.is_some() {
                break;
            }
        }
        if seen_until <= wanted {
            // The file ends before that.
            return Ok((None, Vec::new()));
        }
        let is_early = start.is_some_and(|at| at <= wanted + ROUNDING_S);
        if is_early || target <= 0.0 {
            return Ok((start, held));
        }
        back = if back == 0.0 {
            FIRST_STEP_BACK_S
        } else {
            back * 2.0
        };
    }
}

/// Goes to `at` seconds or earlier. A file without an index cannot: then to its start, which only costs time.
fn seek(input: &mut ff::format::context::Input, at: f64) {
    let target = micros(duration(at));
    if input.seek(target, ..target).is_err() && input.seek(0, ..).is_err() {
        tracing::debug!("no seek in this file, reading on from where it stands");
    }
}
