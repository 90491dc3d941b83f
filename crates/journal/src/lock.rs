//! One writer per journal: an advisory lock on a file beside it, which the kernel frees with the process.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use crate::JournalError;

/// Held for as long as the journal is open. The file stays: removing it would let a third process lock
/// a new file of the same name while the second still waits on the old one.
#[derive(Debug)]
pub(crate) struct WriterLock {
    _file: File,
}

impl WriterLock {
    pub(crate) fn take(journal: &Path) -> Result<Self, JournalError> {
        let path = lock_path(journal);
        let access = |source| JournalError::Access {
            path: path.clone(),
            source,
        };
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(access)?;
        match file.try_lock() {
            Ok(()) => Ok(WriterLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(JournalError::InUse {
                path: journal.to_owned(),
            }),
            Err(TryLockError::Error(source)) => Err(access(source)),
        }
    }
}

fn lock_path(journal: &Path) -> PathBuf {
    let mut name = OsString::from(journal);
    name.push(".lock");
    PathBuf::from(name)
}
