//! What is written down before anyone sees it: the journal of a show, and the catalogues it starts from.
//!
//! A show keeps its journal in one file ([`FILE_NAME`] in the show's folder). [`Journal::open`] replays it and
//! hands back the [`Show`](stallcast_show::Show) as it was; [`Journal::append`] returns only when the
//! events are on the disk. [`catalogue::import`] reads product lists from CSV and XLSX files. [`evidence`] is a show as a
//! folder that anybody can check.

pub mod catalogue;
mod chain;
mod entries;
mod error;
pub mod evidence;
mod journal;
mod lock;
mod reader;
mod reserve;
mod schema;
mod snapshot;

pub use chain::ChainHash;
pub use error::JournalError;
pub use journal::{Entry, FILE_NAME, Journal, Origin, Resumed, Seq, verify_file};
pub use reader::{Kinds, Reader};
