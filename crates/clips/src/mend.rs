//! Mending recordings that a kill or a power cut left without their end: a plain MP4 with chapters from what can
//! be read, without encoding it again.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;

use ffmpeg_next as ff;

use crate::ClipError;
use crate::decode::{duration, seconds};
use crate::facts::probe;
use crate::files::open;
use crate::writer::{Head, Shape, Span, Writer};

/// Boxes looked at before a file is taken for what it is not: a recording has two a second.
const MOST_BOXES: usize = 1_000_000;
/// How much shorter the copy may be: the last picture's length is a guess where nothing follows it.
const SHORTER: Duration = Duration::from_millis(200);

/// How a recording was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// It was finished: one index for the whole file.
    Whole,
    /// It grew in fragments and was never finished; what is there plays.
    CutOff,
    /// It has a head and nothing that could be played.
    Empty,
}

/// The beginning of a chapter; it lasts until the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// From the start of the file.
    pub at: Duration,
    /// What a player shows.
    pub title: String,
}

/// What was saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mended {
    /// From the first picture or sound to the end of the last.
    pub duration: Duration,
    /// Of all tracks.
    pub packets: u64,
    /// Size of the new file.
    pub bytes: u64,
}

/// Looks at the boxes of an MP4, not at what is in them.
///
/// # Errors
/// [`ClipError::Open`] when the file cannot be read or is no MP4 of this kind.
pub fn completeness(path: &Path) -> Result<Completeness, ClipError> {
    let failed = |cause: String| ClipError::Open {
        path: path.to_owned(),
        cause,
    };
    let mut file = File::open(path).map_err(|error| failed(error.to_string()))?;
    let end = file
        .seek(SeekFrom::End(0))
        .map_err(|error| failed(error.to_string()))?;
    let (mut at, mut has_head, mut fragments) = (0_u64, false, 0_u32);
    let mut has_media = false;
    for _ in 0..MOST_BOXES {
        let mut head = [0; 16];
        file.seek(SeekFrom::Start(at))
            .map_err(|error| failed(error.to_string()))?;
        // The end is cut off, or reached.
        if end.saturating_sub(at) < 8 || file.read_exact(&mut head[..8]).is_err() {
            break;
        }
        let [size, name] = [&head[..4], &head[4..8]].map(|part| part.to_vec());
        let mut size = size.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        if at == 0 && name != b"ftyp" {
            return Err(failed("it is no MP4".to_owned()));
        }
        if size == 1 {
            if file.read_exact(&mut head[8..]).is_err() {
                break;
            }
            size = head[8..]
                .iter()
                .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        }
        let is_whole = at.saturating_add(size) <= end;
        match &name[..] {
            b"moov" => has_head = is_whole,
            b"moof" if is_whole => fragments += 1,
            b"mdat" => has_media = true,
            _ => {}
        }
        if size < 8 {
            break;
        }
        at = at.saturating_add(size);
    }
    Ok(match (has_head, fragments > 0) {
        // The index comes last: media without one is what another program left.
        (true, false) if has_media => Completeness::Whole,
        (true, true) if has_media => Completeness::CutOff,
        (_, _) if has_media && !has_head => {
            return Err(failed("its index is missing".to_owned()));
        }
        _ => Completeness::Empty,
    })
}

/// What can be read of one track.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Readable {
    packets: u64,
    bytes: u64,
}

/// Copies what can be read of `path` into a plain MP4 at `out`, with the chapters of `marks` and the moment of its
/// first picture, and makes sure that every packet is there and that it plays to its end. `pause` is called with the
/// bytes of each packet and may take its time. The new file is on the disk when this returns.
///
/// # Errors
/// [`ClipError::Open`] when nothing can be read, [`ClipError::Write`] when `out` cannot be written,
/// [`ClipError::Unlike`] when the copy is not like its source: then it is worth nothing.
pub fn mend(
    path: &Path,
    out: &Path,
    marks: &[Mark],
    began_unix_us: Option<i64>,
    pause: &mut dyn FnMut(u64),
) -> Result<Mended, ClipError> {
    let (length, wanted) = measure(path)?;
    let mut input = open(path)?;
    let head = Head {
        chapters: spans(marks, length),
        began_unix_us,
        ..Head::default()
    };
    let mut writer = Writer::create(out, &input, &head)?;
    let mut copied = vec![Readable::default(); wanted.len()];
    each_packet(&mut input, |packet| {
        let size = packet.size() as u64;
        count(&mut copied, packet);
        writer.write(packet, 0.0)?;
        pause(size);
        Ok(())
    })?;
    writer.finish()?;
    // Windows syncs only what may be written.
    File::options()
        .write(true)
        .open(out)
        .and_then(|file| file.sync_all())
        .map_err(|error| ClipError::Write {
            path: out.to_owned(),
            cause: error.to_string(),
        })?;

    let unlike = |what| ClipError::Unlike {
        path: out.to_owned(),
        what,
    };
    let is_media = |readable: &&Readable| readable.packets > 0;
    let (copy_length, found) = measure(out)?;
    let wanted: Vec<&Readable> = wanted.iter().filter(is_media).collect();
    // The copy may have one track more, of the chapters' titles.
    let found: Vec<&Readable> = found.iter().filter(is_media).collect();
    if !found.starts_with(&wanted) {
        return Err(unlike("packets"));
    }
    if copy_length + SHORTER < length {
        return Err(unlike("length"));
    }
    if completeness(out)? != Completeness::Whole || !probe(out)?.plays_to_end {
        return Err(unlike("end"));
    }
    Ok(Mended {
        duration: length,
        packets: wanted.iter().map(|readable| readable.packets).sum(),
        bytes: std::fs::metadata(out).map_or(0, |meta| meta.len()),
    })
}

/// Length of the file and what every stream holds that can be read.
fn measure(path: &Path) -> Result<(Duration, Vec<Readable>), ClipError> {
    let mut input = open(path)?;
    let bases: Vec<Option<ff::Rational>> = input
        .streams()
        .map(|stream| Shape::of(&stream).map(|_| stream.time_base()))
        .collect();
    let mut readable = vec![Readable::default(); bases.len()];
    let (mut first, mut end) = (f64::INFINITY, 0.0_f64);
    each_packet(&mut input, |packet| {
        if let Some(base) = bases.get(packet.stream()).copied().flatten() {
            count(&mut readable, packet);
            if let Some(at) = packet.pts().map(|pts| seconds(pts, base)) {
                first = first.min(at);
                end = end.max(at + seconds(packet.duration(), base));
            }
        }
        Ok(())
    })?;
    if !first.is_finite() {
        return Err(ClipError::Open {
            path: path.to_owned(),
            cause: "nothing can be read".to_owned(),
        });
    }
    Ok((duration(end - first), readable))
}

fn count(readable: &mut [Readable], packet: &ff::Packet) {
    if let Some(track) = readable.get_mut(packet.stream()) {
        track.packets += 1;
        track.bytes += packet.size() as u64;
    }
}

/// Every packet that is whole. What was cut off in the middle of being written ends the file.
fn each_packet(
    input: &mut ff::format::context::Input,
    mut take: impl FnMut(&mut ff::Packet) -> Result<(), ClipError>,
) -> Result<(), ClipError> {
    loop {
        let mut packet = ff::Packet::empty();
        match packet.read(input) {
            Ok(()) if packet.is_corrupt() => {}
            Ok(()) => take(&mut packet)?,
            Err(ff::Error::InvalidData) => {}
            Err(_) => return Ok(()),
        }
    }
}

fn spans(marks: &[Mark], length: Duration) -> Vec<Span> {
    let mut marks: Vec<&Mark> = marks.iter().filter(|mark| mark.at < length).collect();
    marks.sort_by_key(|mark| mark.at);
    let ends: Vec<Duration> = marks.iter().skip(1).map(|mark| mark.at).collect();
    let ends = ends.into_iter().chain([length]);
    let spans = marks.iter().zip(ends).map(|(mark, to)| Span {
        from: mark.at,
        to,
        title: mark.title.clone(),
    });
    spans.collect()
}
