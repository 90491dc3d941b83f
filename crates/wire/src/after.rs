//! What is asked and told after a show: its recap, its recordings and its clips.

use serde::{Deserialize, Serialize};
use stallcast_show::{At, Canvas, ProductId, Recap, RecapTotals, ShowKind};
use ts_rs::TS;

#[cfg(doc)]
use crate::Request;

/// A show that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PastShow {
    /// Its number: that of the journal's entry with which it began.
    pub show: u64,
    /// Name.
    pub name: String,
    /// Whether people could watch.
    pub kind: ShowKind,
    /// When it began.
    pub began: At,
    /// When it ended; for one that was interrupted and ended later, the last moment that is known of it.
    pub ended: At,
    /// Files of its recording.
    pub parts: u32,
}

/// Answer to [`Request::PastShows`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PastShows {
    /// Newest first; the last fifty.
    pub shows: Vec<PastShow>,
}

/// A file of a recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RecordingView {
    /// Its name below the recordings folder.
    pub file: String,
    /// Of which canvas.
    pub canvas: Canvas,
    /// When its first frame was taken.
    pub at: At,
    /// How long it is, in milliseconds; `None` = it is gone or cannot be read.
    pub length_ms: Option<u64>,
    /// Its size; `None` = it is gone.
    pub bytes: Option<u64>,
}

/// Answer to [`Request::Recap`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RecapView {
    /// The show's number.
    pub show: u64,
    /// What it was.
    pub recap: Recap,
    /// Its figures.
    pub totals: RecapTotals,
    /// The figures of the live show before it; `None` = there was none.
    pub before: Option<RecapTotals>,
    /// Files of its recording.
    pub recordings: Vec<RecordingView>,
    /// The recordings folder on the engine's machine.
    pub folder: String,
}

/// How far a clip is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ClipState {
    /// Not made yet.
    Waiting,
    /// Being made.
    Working,
    /// There.
    Made,
    /// It could not be made; the others are.
    Failed,
    /// The recording has nothing of it.
    NotRecorded,
    /// The product was on the picture for a moment only, by mistake as a rule.
    TooShort,
}

/// One product's clip on one canvas.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ClipView {
    /// The place of its segment in the recap, from 0.
    pub segment: u32,
    /// The product.
    pub product: ProductId,
    /// Which canvas.
    pub canvas: Canvas,
    /// How far it is.
    pub state: ClipState,
    /// Its files below the recordings folder: one; several where the recording's parts cannot be joined.
    pub files: Vec<String>,
    /// Its cover below the recordings folder.
    pub cover: Option<String>,
    /// How long it is, or will be, in milliseconds.
    pub length_ms: u64,
    /// How much of the segment the recording lacks, in milliseconds.
    pub missing_ms: u64,
    /// Size of its files; 0 before they are made.
    pub bytes: u64,
    /// Why it failed: `part_unreadable`, `disk_full`, `unwritable`, `nothing_there`; else empty.
    pub error: String,
}

/// Answer to [`Request::Clips`] and [`Request::MakeClips`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ClipsView {
    /// The show's number.
    pub show: u64,
    /// Their folder below the recordings folder.
    pub folder: String,
    /// Whether clips are being made.
    pub running: bool,
    /// The clips, by segment and canvas.
    pub clips: Vec<ClipView>,
}

/// A form of the recap to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RecapFormat {
    /// One page that needs nothing else.
    Html,
    /// A table.
    Csv,
}

/// Answer to [`Request::SaveRecap`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SavedFile {
    /// Its name below the recordings folder.
    pub file: String,
}
