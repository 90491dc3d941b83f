//! What can go wrong with a journal, as typed errors with stable codes.

use std::path::PathBuf;

use rusqlite::ErrorCode;

use crate::Seq;

/// `SQLITE_IOERR_SHMSIZE`, from <https://www.sqlite.org/rescode.html>.
const IOERR_SHMSIZE: i32 = 4874;

/// Why a journal could not be opened, written or trusted.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another engine has this journal open. The system frees it when that process ends, however it ends.
    #[error("the journal is in use by another program: {path}")]
    InUse {
        /// The journal's file.
        path: PathBuf,
    },
    /// The file is no journal of this program; it was not touched.
    #[error("not a journal: {path}")]
    NotAJournal {
        /// The file.
        path: PathBuf,
    },
    /// A newer version of the program wrote it; it was not touched.
    #[error("the journal has schema {found}, this program knows up to {known}")]
    NewerSchema {
        /// Schema of the file.
        found: i64,
        /// Newest schema this program knows.
        known: i64,
    },
    /// The file is torn: SQLite cannot read parts of it.
    #[error("the journal is damaged")]
    Damaged(#[source] rusqlite::Error),
    /// No room left on the disk; nothing of the append was kept.
    #[error("the disk is full")]
    DiskFull,
    /// The entry, or the place where it should be, is not what was written.
    #[error("the chain is broken at entry {}", seq.0)]
    BrokenAt {
        /// First entry that cannot be trusted.
        seq: Seq,
    },
    /// The entry is what was written, but this version cannot read it.
    #[error("entry {} cannot be read", seq.0)]
    Unreadable {
        /// Which entry.
        seq: Seq,
        /// What the reader said.
        #[source]
        source: serde_json::Error,
    },
    /// An event could not be turned into text.
    #[error("an event cannot be written")]
    Unwritable(#[source] serde_json::Error),
    /// After a failed append the file holds something else than this program believes: open it again.
    #[error("the journal's file has moved on; it must be opened again")]
    Diverged,
    /// A folder or lock file could not be made or opened.
    #[error("no access to {path}")]
    Access {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Anything else SQLite refused.
    #[error("the journal's database refused")]
    Database(#[source] rusqlite::Error),
}

impl JournalError {
    /// Stable snake_case code; the key of the sentence a person reads.
    pub fn code(&self) -> &'static str {
        match self {
            JournalError::InUse { .. } => "journal_in_use",
            JournalError::NotAJournal { .. } => "not_a_journal",
            JournalError::NewerSchema { .. } => "journal_newer_schema",
            JournalError::Damaged(_) => "journal_damaged",
            JournalError::DiskFull => "disk_full",
            JournalError::BrokenAt { .. } => "journal_broken",
            JournalError::Unreadable { .. } => "journal_unreadable",
            JournalError::Unwritable(_) => "journal_unwritable",
            JournalError::Diverged => "journal_diverged",
            JournalError::Access { .. } => "journal_no_access",
            JournalError::Database(_) => "journal_database",
        }
    }
}

impl From<rusqlite::Error> for JournalError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                JournalError::Damaged(error)
            }
            Some(ErrorCode::DiskFull) => JournalError::DiskFull,
            // The index of the log finds no room; SQLite calls that an input-output error.
            Some(_) if error.sqlite_error().map(|e| e.extended_code) == Some(IOERR_SHMSIZE) => {
                JournalError::DiskFull
            }
            _ => JournalError::Database(error),
        }
    }
}
