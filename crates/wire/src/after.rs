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

/// Where clips begin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ClipEdges {
    /// With a keyframe, at most two seconds early: nothing is encoded again.
    #[default]
    Keyframe,
    /// With the very picture: those up to the next keyframe are encoded again.
    Exact,
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
    /// How much earlier than its product it begins, in milliseconds; `None` before it is made by this engine.
    pub lead_ms: Option<u64>,
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
    /// Where they begin; clips of either kind have files of their own.
    pub edges: ClipEdges,
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

/// How far the evidence of a show is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceState {
    /// Not made.
    None,
    /// Being made.
    Working,
    /// There.
    Made,
    /// It could not be made.
    Failed,
}

/// Answer to [`Request::Evidence`] and [`Request::MakeEvidence`]: one folder with the recording, the journal's entries and
/// their chain, prices, corrections, overrides, and a list with the hash of each file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct EvidenceView {
    /// The show's number.
    pub show: u64,
    /// How far it is.
    pub state: EvidenceState,
    /// Its folder below the recordings folder, also before it is there.
    pub folder: String,
    /// Bytes taken in so far.
    pub done_bytes: u64,
    /// Bytes of everything in it.
    pub total_bytes: u64,
    /// Files in it; 0 before it is made.
    pub files: u32,
    /// Hash of its list, to be kept elsewhere; empty before it is made.
    pub fingerprint: String,
    /// When it was made.
    pub made_at: Option<At>,
    /// Files of the recording that were gone when it was made.
    pub gone: Vec<String>,
    /// Why it failed: `disk_full`, `unwritable`, `part_unreadable`, `still_written`, `went_live`, `chain_broken`; else empty.
    pub error: String,
}

/// What is kept of a show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct KeptShow {
    /// Its number.
    pub show: u64,
    /// Name.
    pub name: String,
    /// Whether people could watch.
    pub kind: ShowKind,
    /// When it began.
    pub began: At,
    /// Until when it is kept; `None` = for ever.
    pub due: Option<At>,
    /// Whether that time is over.
    pub is_due: bool,
    /// What removing its recordings and its evidence would free.
    pub bytes: u64,
}

/// Answer to [`Request::Keeping`], [`Request::SetKeeping`] and [`Request::RemoveKept`]: what is kept, for how long, and
/// what it takes. Nothing is ever removed by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct KeepingView {
    /// Years that recordings and evidence are kept; `None` = for ever.
    pub years: Option<u32>,
    /// Recordings of shows.
    pub recordings_bytes: u64,
    /// What evidence takes beside them.
    pub evidence_bytes: u64,
    /// Clips and saved recaps.
    pub clips_bytes: u64,
    /// What else lies in the recordings folder: replays, recordings made off air.
    pub other_bytes: u64,
    /// Free on that disk; `None` = not known.
    pub free_bytes: Option<u64>,
    /// Shows of which something is kept, in the order in which their time is over; the first two hundred.
    pub shows: Vec<KeptShow>,
}
