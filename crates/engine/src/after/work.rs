//! Making clips: one after the other, in a thread that may wait for the disk. One that fails costs the others nothing.

use std::path::{Path, PathBuf};
use std::time::Duration;

use stallcast_clips::{ClipError, Cutter, Edges, Piece, SegmentCut, cover};
use stallcast_media::recorder::DiskPolicy;
use stallcast_wire::{ClipState, ClipView};

use super::plan::{Planned, Stretch, Wanted};

/// What a file is called until it is whole.
const IN_WORK: &str = "making";
/// Widest cover, pixels: the picture as it was recorded at 1080 lines.
const COVER_WIDTH: u32 = 1920;
/// What a card takes to come in on the picture at most; before that a cover would show the one that goes.
const ENTRANCE: Duration = Duration::from_millis(400);
/// Quality of covers: no block is seen, at some 200 kB.
const COVER_QUALITY: u8 = 88;

/// Where things are.
#[derive(Debug, Clone)]
pub struct Places {
    /// The recordings folder.
    pub recordings: PathBuf,
    /// The clips' folder below it, as it is told to the page: with `/` between its parts.
    pub clips: String,
}

impl Places {
    /// Path of something below the recordings folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.recordings.join(name)
    }

    fn name(&self, stem: &str, ending: &str) -> String {
        format!("{}/{stem}.{ending}", self.clips)
    }
}

/// What is known of a clip without making it: from its plan, and from what lies in the folder.
pub fn look(planned: &Planned, places: &Places) -> ClipView {
    let mut view = ClipView {
        segment: u32::try_from(planned.segment).unwrap_or(u32::MAX),
        product: planned.product.clone(),
        canvas: planned.canvas,
        state: ClipState::Waiting,
        files: Vec::new(),
        cover: None,
        length_ms: ms(planned.length),
        lead_ms: None,
        missing_ms: ms(planned.missing),
        bytes: 0,
        error: String::new(),
    };
    let stretches = match &planned.wanted {
        Wanted::Cut(stretches) => stretches.len(),
        Wanted::NotRecorded => {
            view.state = ClipState::NotRecorded;
            return view;
        }
        Wanted::TooShort => {
            view.state = ClipState::TooShort;
            return view;
        }
    };
    let whole = places.name(&planned.stem, "mp4");
    let apart: Vec<String> = (1..=stretches)
        .map(|number| places.name(&format!("{}-{number}", planned.stem), "mp4"))
        .collect();
    let size = |file: &String| std::fs::metadata(places.path(file)).ok().map(|m| m.len());
    if let Some(bytes) = size(&whole) {
        (view.files, view.bytes) = (vec![whole], bytes);
    } else if stretches > 1
        && let Some(sizes) = apart.iter().map(size).collect::<Option<Vec<u64>>>()
    {
        (view.files, view.bytes) = (apart, sizes.iter().sum());
    }
    if !view.files.is_empty() {
        view.state = ClipState::Made;
        let cover = places.name(&planned.stem, "jpg");
        view.cover = places.path(&cover).is_file().then_some(cover);
    }
    view
}

/// Makes a clip with its cover and its text. `None` when `go_on` said to stop: nothing half is left.
pub fn make(
    planned: &Planned,
    places: &Places,
    edges: Edges,
    cutter: &mut Cutter,
    go_on: &dyn Fn() -> bool,
) -> Option<ClipView> {
    let mut view = look(planned, places);
    let Wanted::Cut(stretches) = &planned.wanted else {
        return Some(view);
    };
    let made = if has_room(planned, places) {
        cut(planned, stretches, places, edges, cutter, go_on)
    } else {
        Err("disk_full")
    };
    match made {
        Ok(None) => return None,
        Ok(Some(Made {
            files,
            lead,
            length_ms,
            bytes,
        })) => {
            view.cover = make_cover(planned, places, &files[0], lead + ENTRANCE);
            (view.files, view.length_ms, view.bytes) = (files, length_ms, bytes);
            view.state = ClipState::Made;
            view.lead_ms = Some(ms(lead));
            let text = places.path(&format!("{}/{}", places.clips, planned.text_file));
            if let Err(error) = std::fs::write(text, &planned.text) {
                tracing::warn!(%error, "a clip's text could not be written");
            }
        }
        Err(code) => {
            view.state = ClipState::Failed;
            code.clone_into(&mut view.error);
        }
    }
    Some(view)
}

struct Made {
    files: Vec<String>,
    /// How long the first begins before the segment.
    lead: Duration,
    length_ms: u64,
    bytes: u64,
}

/// One file; where the parts cannot share one, one for each. `Ok(None)` when it was stopped.
fn cut(
    planned: &Planned,
    stretches: &[Stretch],
    places: &Places,
    edges: Edges,
    cutter: &mut Cutter,
    go_on: &dyn Fn() -> bool,
) -> Result<Option<Made>, &'static str> {
    let pieces: Vec<Piece> = stretches
        .iter()
        .map(|stretch| Piece {
            path: places.path(&stretch.file),
            from: stretch.from,
            to: stretch.to,
        })
        .collect();
    let mut made = Made {
        files: Vec::new(),
        lead: Duration::ZERO,
        length_ms: 0,
        bytes: 0,
    };
    let mut one = |stem: &str, pieces: &[Piece]| {
        let name = places.name(stem, "mp4");
        let cut = cut_into(&places.path(&name), pieces, edges, cutter, go_on)?;
        if made.files.is_empty() {
            made.lead = cut.lead;
        }
        made.files.push(name);
        made.length_ms += ms(cut.length);
        made.bytes += cut.bytes;
        Ok(())
    };
    let mut outcome = one(&planned.stem, &pieces);
    if matches!(outcome, Err(ClipError::PartsDiffer { .. })) {
        let mut apart = pieces.iter().enumerate();
        outcome = apart.try_for_each(|(n, piece)| {
            let stem = format!("{}-{}", planned.stem, n + 1);
            one(&stem, std::slice::from_ref(piece))
        });
    }
    match outcome {
        Ok(()) => Ok(Some(made)),
        Err(ClipError::Stopped) => Ok(None),
        Err(error) => {
            tracing::error!(%error, clip = planned.stem, "a clip could not be made");
            Err(match error {
                ClipError::Write { .. } if !has_room(planned, places) => "disk_full",
                ClipError::Write { .. } => "unwritable",
                ClipError::EmptySpan { .. } => "nothing_there",
                _ => "part_unreadable",
            })
        }
    }
}

/// What is not whole has another name, and goes.
fn cut_into(
    path: &Path,
    pieces: &[Piece],
    edges: Edges,
    cutter: &mut Cutter,
    go_on: &dyn Fn() -> bool,
) -> Result<SegmentCut, ClipError> {
    let mut work = path.as_os_str().to_owned();
    work.push(format!(".{IN_WORK}"));
    let work = PathBuf::from(work);
    let cut = cutter
        .cut_with(pieces, &work, edges, go_on)
        .and_then(|cut| {
            std::fs::rename(&work, path).map_err(|error| ClipError::Write {
                path: path.to_owned(),
                cause: error.to_string(),
            })?;
            Ok(cut)
        });
    if cut.is_err() && work.exists() {
        let _ = std::fs::remove_file(&work);
    }
    cut
}

/// A clip without a cover is a clip all the same.
fn make_cover(planned: &Planned, places: &Places, clip: &str, from: Duration) -> Option<String> {
    let name = places.name(&planned.stem, "jpg");
    let jpeg = cover(&places.path(clip), from, COVER_WIDTH).and_then(|p| p.to_jpeg(COVER_QUALITY));
    let written = jpeg.map_err(|error| error.to_string()).and_then(|jpeg| {
        std::fs::write(places.path(&name), jpeg).map_err(|error| error.to_string())
    });
    match written {
        Ok(()) => Some(name),
        Err(cause) => {
            tracing::warn!(cause, clip, "no cover could be made");
            None
        }
    }
}

/// Whether a clip of this length at the recording's own rate fits beside what the studio keeps free.
fn has_room(planned: &Planned, places: &Places) -> bool {
    let Wanted::Cut(stretches) = &planned.wanted else {
        return true;
    };
    let bytes = stretches.iter().map(|stretch| {
        let whole = std::fs::metadata(places.path(&stretch.file)).map_or(0, |meta| meta.len());
        // At most the whole file, which is more than any part of it.
        let long = stallcast_clips::length(&places.path(&stretch.file)).unwrap_or_default();
        let part = (stretch.to - stretch.from).as_secs_f64() / long.as_secs_f64().max(1.0);
        (whole as f64 * part.min(1.0)) as u64
    });
    // It asks for a minute of room.
    DiskPolicy::default().has_room(&places.recordings, bytes.sum::<u64>() / 60)
}

fn ms(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}
