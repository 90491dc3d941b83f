//! Owns what a caller says about a recording, and what it hears of it besides failures.

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::mpsc;

use super::disk::DiskPolicy;
use super::split::Split;

/// Gives the file of a part, counted from 1. Called from the recorder's thread.
pub type PartNames = Box<dyn FnMut(u32) -> PathBuf + Send>;

/// How a recording is made.
pub struct RecorderOptions {
    /// Names the parts. None may exist: an existing file is an error and is not touched.
    pub names: PartNames,
    /// When a part ends and the next begins.
    pub split: Split,
    /// What happens when the disk fills up.
    pub disk: DiskPolicy,
    /// The wall clock's time at running time 0 of the program, in µs since 1970. With it every
    /// second of the file, and its index, say when they were taken (`prft`, and the movie's
    /// creation time).
    pub unix_us_at_zero: Option<i64>,
    /// Name of the isolated sound, when the recording has it as a second audio track: packets of
    /// [`crate::program::Track::Isolated`]. Players play the mix unless somebody chooses the other.
    pub isolated: Option<String>,
    /// Where notes go. Policy when full: the newest is dropped and logged.
    pub notes: Option<mpsc::Sender<RecorderNote>>,
}

impl RecorderOptions {
    /// One file, the usual care for the disk.
    #[must_use]
    pub fn single(path: PathBuf) -> Self {
        Self {
            names: Box::new(move |_| path.clone()),
            split: Split::default(),
            disk: DiskPolicy::default(),
            unix_us_at_zero: None,
            isolated: None,
            notes: None,
        }
    }
}

/// What happens to a recording that goes on, or that ended as it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecorderNote {
    /// A part began, and what the disk has of it plays.
    PartBegan {
        /// Its file.
        path: PathBuf,
        /// Counted from 1.
        part: u32,
        /// Of the first picture, on the program's timeline.
        first_pts_us: i64,
    },
    /// A part is a plain MP4 now.
    PartFinished(Recording),
    /// The disk has room for less than the policy's `warn_ahead`. Once, until there was room again.
    DiskLow {
        /// Free now.
        free_bytes: u64,
        /// How much more can be recorded at the rate of the last seconds.
        left: Duration,
    },
    /// The recording ended with a finished file, because the disk's reserve was reached.
    DiskLimit {
        /// Free at that moment.
        free_bytes: u64,
    },
}

/// A finished recording, or a finished part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// The file.
    pub path: PathBuf,
    /// Counted from 1.
    pub part: u32,
    /// Its size.
    pub bytes: u64,
    /// Of the first picture, on the program's timeline.
    pub first_pts_us: i64,
    /// From the first picture to the end of the last.
    pub duration: Duration,
    /// Packets left out because the disk was too slow, since the recording began.
    pub dropped: u64,
}
