//! Recorded and received media, looked at from outside: probing a file, cutting, joining and
//! mending recordings without encoding them again, still pictures, and the rehearsal [`Receiver`] that
//! decodes what the studio really publishes and says what viewers would get.
//!
//! The crate takes and returns its own plain types; FFmpeg's do not leave it.

mod avcc;
mod cover;
mod decode;
mod edge;
mod error;
mod facts;
mod files;
mod joint;
mod mend;
mod picture;
mod receiver;
mod scan;
mod segment;
mod still;
mod utc;
mod writer;

pub use cover::cover;
pub use error::ClipError;
pub use facts::{AudioFacts, Depth, MediaFacts, VideoFacts, probe, probe_with};
pub use mend::{Completeness, Mark, Mended, completeness, mend};
pub use picture::Picture;
pub use receiver::{
    AudioReport, Coming, Freezes, Receiver, ReceiverReport, ReceiverSpec, ReceiverState,
    ReportSink, SourceClock, VideoReport,
};
pub use segment::{Cutter, Edges, Piece, SegmentCut, length};
pub use still::{thumbnail, thumbnail_within};
pub use utc::Utc;
