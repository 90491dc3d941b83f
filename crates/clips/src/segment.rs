//! Cutting many segments out of a show's recordings without encoding them again: each recording is opened once, read
//! once for each segment, and the clip's index is written to its front in the same pass.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ffmpeg_next as ff;

use crate::ClipError;
use crate::decode::{duration, micros, seconds};
use crate::edge::Edge;
use crate::files::open;
use crate::joint::{joins, read_group};
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

/// Where a clip begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edges {
    /// With the last keyframe at or before the time asked for: nothing is encoded again.
    Keyframe,
    /// With the picture asked for: those up to the next keyframe are encoded again, the rest is copied. Where that
    /// cannot be done (no H.264, pictures out of order, no encoder here) as with [`Edges::Keyframe`];
    /// [`SegmentCut::lead`] tells.
    Exact,
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
/// How much more room a second try keeps: for a recording that holds more packets than its head says.
const ROOMIER: u32 = 8;
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
    /// As [`Cutter::cut_with`] at a keyframe.
    ///
    /// # Errors
    /// Those of [`Cutter::cut_with`].
    pub fn cut(
        &mut self,
        pieces: &[Piece],
        out: &Path,
        go_on: &dyn Fn() -> bool,
    ) -> Result<SegmentCut, ClipError> {
        self.cut_with(pieces, out, Edges::Keyframe, go_on)
    }

    /// Writes the pieces behind each other into the MP4 `out`: the picture and the first sound of each. `edges` says
    /// where the first piece begins; every other one begins with the first keyframe that is in it. All end with the last
    /// picture asked for. `go_on` is asked every now and then; `false` ends the work.
    ///
    /// # Errors
    /// [`ClipError::NoParts`] without pieces, [`ClipError::PartsDiffer`] when pieces were made with different settings,
    /// [`ClipError::EmptySpan`] when there is nothing, [`ClipError::Stopped`], [`ClipError::Open`],
    /// [`ClipError::Write`]. What was written by then is left for the caller to remove.
    pub fn cut_with(
        &mut self,
        pieces: &[Piece],
        out: &Path,
        edges: Edges,
        go_on: &dyn Fn() -> bool,
    ) -> Result<SegmentCut, ClipError> {
        let made = match self.write(pieces, out, edges, go_on, 1) {
            // The room kept for the index may have been too small after all.
            Err(ClipError::Write { .. }) => self.write(pieces, out, edges, go_on, ROOMIER),
            written => written,
        };
        if edges == Edges::Keyframe {
            return Ok(made?.0);
        }
        match made {
            Ok((cut, 0)) => return Ok(cut),
            // What was joined is looked at before it is called a clip.
            Ok((cut, pictures)) if joins(out, pictures).unwrap_or(false) => return Ok(cut),
            Ok(_) => {
                tracing::warn!(out = %out.display(), "an edge does not join; cut at its keyframe")
            }
            Err(ClipError::Decode { cause }) => {
                tracing::warn!(cause, "an edge could not be encoded; cut at its keyframe");
            }
            Err(error) => return Err(error),
        }
        self.cut(pieces, out, go_on)
    }

    fn write(
        &mut self,
        pieces: &[Piece],
        out: &Path,
        edges: Edges,
        go_on: &dyn Fn() -> bool,
        roomier: u32,
    ) -> Result<(SegmentCut, usize), ClipError> {
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
        let reserve = index_bytes(input, length).saturating_mul(roomier);
        let lead_stream = input.streams().best(ff::media::Type::Video);
        let mut edge = lead_stream
            .filter(|_| edges == Edges::Exact)
            .and_then(|stream| Edge::prepare(&stream));
        let head = Head {
            tracks: Tracks::PictureAndFirstSound,
            reserve_index_bytes: Some(reserve),
            picture_header: edge.as_ref().and_then(Edge::head),
            ..Head::default()
        };
        let mut writer = Writer::create(out, input, &head)?;
        let mut done = 0.0;
        let mut lead = 0.0;
        let mut joined = 0;
        for (number, piece) in pieces.iter().enumerate() {
            let input = self.input(&piece.path)?;
            let copied = copy(input, piece, done, edge.take(), &mut writer, go_on)?;
            if number == 0 {
                (lead, joined) = (copied.lead, copied.encoded);
            }
            done = copied.end;
        }
        if done <= 0.0 {
            return Err(empty(first));
        }
        writer.finish()?;
        let bytes = std::fs::metadata(out).map_or(0, |meta| meta.len());
        let cut = SegmentCut {
            length: duration(done),
            lead: duration(lead),
            bytes,
        };
        Ok((cut, joined))
    }

    fn input(&mut self, path: &Path) -> Result<&mut ff::format::context::Input, ClipError> {
        let opened = match self.opened.take() {
            Some((known, input)) if known == path => (known, input),
            _ => (path.to_owned(), open(path)?),
        };
        Ok(&mut self.opened.insert(opened).1)
    }
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

/// What became of a piece.
struct Copied {
    /// Seconds before `piece.from` with which it begins.
    lead: f64,
    /// The clip's length after it, in seconds.
    end: f64,
    /// Pictures that were encoded anew.
    encoded: usize,
}

/// Copies a piece so that it begins at `offset` seconds of the clip, its first pictures by `edge` where there is one.
fn copy(
    input: &mut ff::format::context::Input,
    piece: &Piece,
    offset: f64,
    edge: Option<Edge>,
    writer: &mut Writer,
    go_on: &dyn Fn() -> bool,
) -> Result<Copied, ClipError> {
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
    let (start, mut held) = begin(input, lead, wanted)?;
    let nothing = Copied {
        lead: 0.0,
        end: offset,
        encoded: 0,
    };
    let Some(mut start) = start else {
        return Ok(nothing);
    };
    let mut encoded = None;
    if let (Some(edge), Some((index, base))) = (edge, lead)
        && start < wanted - ROUNDING_S
    {
        let next = read_group(input, index, base, wanted, until, &mut held);
        let group: Vec<ff::Packet> = held
            .iter()
            .filter(|packet| packet.stream() == index)
            .filter(|packet| next.is_none_or(|next| packet.pts() < Some(next)))
            .cloned()
            .collect();
        let before = next.map_or(until, |next| seconds(next, base).min(until));
        let stream = input.stream(index);
        let stream = stream.ok_or(ff::Error::StreamNotFound)?;
        encoded = edge.encode(&stream, &group, wanted, before)?;
        if encoded.is_some() {
            let is_copied = |packet: &ff::Packet| {
                packet.stream() != index || next.is_some_and(|next| packet.pts() >= Some(next))
            };
            held.retain(is_copied);
        }
    }
    let pictures = encoded.as_ref().map_or(0, |edge| edge.packets.len());
    if let Some(edge) = &encoded {
        start = edge.begin;
    }
    let shift = offset - start;
    let mut end = encoded.as_ref().map_or(offset, |edge| edge.end + shift);
    if let (Some(edge), Some((index, base))) = (encoded, lead)
        && let Some(place) = sources.iter().position(|(at, _)| *at == index)
    {
        for mut packet in edge.packets {
            writer.write_to(place, base, &mut packet, shift)?;
        }
    }
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
    Ok(Copied {
        lead: wanted - start,
        end,
        encoded: pictures,
    })
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
