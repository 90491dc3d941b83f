//! What can go wrong with a clip, as codes a page can act on.

use std::path::PathBuf;

/// Why a clip could not be read, cut, joined or received.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClipError {
    /// The file cannot be opened or is not a media file this build understands.
    #[error("cannot open {path}: {cause}")]
    Open {
        /// The file.
        path: PathBuf,
        /// The system's own words, or FFmpeg's.
        cause: String,
    },
    /// The file has no picture, or none at the time asked for.
    #[error("{path} has no picture at {at_ms} ms")]
    NoPicture {
        /// The file.
        path: PathBuf,
        /// The time asked for, from the start of the file.
        at_ms: u64,
    },
    /// The span asked for is empty or lies outside the file.
    #[error("nothing to cut between {from_ms} and {to_ms} ms")]
    EmptySpan {
        /// Start of the span, from the start of the file.
        from_ms: u64,
        /// End of the span, from the start of the file.
        to_ms: u64,
    },
    /// There is nothing to join.
    #[error("no parts to join")]
    NoParts,
    /// A part was made with other codec settings than the first one.
    #[error("{path} differs from the first part in its {what}")]
    PartsDiffer {
        /// The part.
        path: PathBuf,
        /// Which property differs.
        what: &'static str,
    },
    /// Somebody asked to stop.
    #[error("stopped before the end")]
    Stopped,
    /// The output cannot be written.
    #[error("cannot write {path}: {cause}")]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's own words, or FFmpeg's.
        cause: String,
    },
    /// A copy is not like what it was made from.
    #[error("{path} differs from its source in its {what}")]
    Unlike {
        /// The copy.
        path: PathBuf,
        /// What differs.
        what: &'static str,
    },
    /// Decoding or converting failed.
    #[error("cannot decode: {cause}")]
    Decode {
        /// FFmpeg's own words.
        cause: String,
    },
    /// The receiver cannot begin.
    #[error("cannot receive: {cause}")]
    Receive {
        /// The cause, for the log.
        cause: String,
    },
}

impl From<ffmpeg_next::Error> for ClipError {
    fn from(error: ffmpeg_next::Error) -> Self {
        Self::Decode {
            cause: error.to_string(),
        }
    }
}
