//! Room on the disk that is kept for what must work on a full one: a file beside the journal, given up bit by bit.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use stallcast_show::Event;

use crate::JournalError;

/// Bytes kept: some hundred presses, each with the log's pages that it rewrites.
pub(crate) const HELD: u64 = 2 << 20;
/// What must be free beside it before it is filled again, so that it does not take the last room from others.
const BESIDE: u64 = 1 << 20;
/// Given up first; doubled while that is not enough (some file systems free a file as a whole only).
const FIRST_STEP: u64 = 64 << 10;
/// Larger events (an import) wait for room; they are not what ends a show.
const LARGEST: usize = 32 << 10;

/// The file, and how much of it is left.
#[derive(Debug)]
pub(crate) struct Reserve {
    path: PathBuf,
    held: u64,
}

impl Reserve {
    /// Of this journal: what an earlier run left. Writes nothing.
    pub(crate) fn beside(journal: &Path) -> Self {
        let mut name = OsString::from(journal);
        name.push(".reserve");
        let path = PathBuf::from(name);
        let held = std::fs::metadata(&path).map_or(0, |file| file.len().min(HELD));
        Self { path, held }
    }

    /// Whether less is kept than there should be.
    pub(crate) fn is_short(&self) -> bool {
        self.held < HELD
    }

    /// Tries `write` until it has room, giving up the reserve bit by bit.
    pub(crate) fn spend_for<T>(
        &mut self,
        mut write: impl FnMut() -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        let mut step = FIRST_STEP;
        loop {
            match write() {
                Err(JournalError::DiskFull) if self.give(step) => step *= 2,
                written => return written,
            }
        }
    }

    /// Gives up some bytes; false when nothing is left.
    fn give(&mut self, step: u64) -> bool {
        if self.held == 0 {
            return false;
        }
        self.held = self.held.saturating_sub(step);
        let shorter = match self.held {
            0 => std::fs::remove_file(&self.path),
            held => OpenOptions::new()
                .write(true)
                .open(&self.path)
                .and_then(|file| file.set_len(held)),
        };
        if let Err(error) = shorter {
            tracing::warn!(%error, "the room kept for a full disk could not be given up in part");
            self.held = 0;
            return std::fs::remove_file(&self.path).is_ok();
        }
        tracing::warn!(
            left = self.held,
            "the disk is full; the room kept for that is used"
        );
        true
    }

    /// Fills it again when there is room for it and some more. What is there stays when there is not.
    pub(crate) fn refill(&mut self) -> io::Result<()> {
        if !self.is_short() {
            return Ok(());
        }
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)?;
        let from = file.metadata()?.len();
        let filled = fill(&mut file, (HELD + BESIDE).saturating_sub(from));
        self.held = if filled.is_ok() { HELD } else { from.min(HELD) };
        file.set_len(self.held)?;
        filled
    }
}

/// Really takes `bytes` of the disk: nothing that a file system could leave out or make smaller.
fn fill(file: &mut File, bytes: u64) -> io::Result<()> {
    let mut block = [0_u8; 4096];
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for _ in 0..bytes.div_ceil(block.len() as u64) {
        for word in block.chunks_exact_mut(8) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            word.copy_from_slice(&state.to_ne_bytes());
        }
        file.write_all(&block)?;
    }
    Ok(())
}

/// Whether events may use the reserve: what a person does may; chat, which comes by the thousand and is shown all the
/// same, and long lists wait for room.
pub(crate) fn may_spend(events: &[Event]) -> bool {
    let is_chat = |event: &Event| matches!(event, Event::ChatNoted { .. });
    let size = || -> usize {
        let written = events.iter().map(serde_json::to_string);
        written
            .map(|text| text.map_or(LARGEST, |text| text.len()))
            .sum()
    };
    !events.iter().any(is_chat) && size() < LARGEST
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(reserve: &Reserve) -> u64 {
        std::fs::metadata(&reserve.path).map_or(0, |file| file.len())
    }

    #[test]
    fn room_is_given_up_only_while_the_disk_is_full_and_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let journal = folder.path().join("journal");
        let mut reserve = Reserve::beside(&journal);
        reserve.refill().unwrap();
        assert_eq!((length(&reserve), reserve.is_short()), (HELD, false));

        let refused = reserve.spend_for(|| -> Result<(), _> { Err(JournalError::Diverged) });
        assert!(refused.is_err());
        assert_eq!(
            length(&reserve),
            HELD,
            "another fault is not mended by room"
        );

        // A disk that has room once 100 kB are free.
        let path = reserve.path.clone();
        let written = reserve.spend_for(|| {
            let left = std::fs::metadata(&path).map_or(0, |file| file.len());
            if HELD - left < 100_000 {
                return Err(JournalError::DiskFull);
            }
            Ok(left)
        });
        let left = written.unwrap();
        assert!(left > HELD / 2 && reserve.is_short(), "{left}");

        assert_eq!(Reserve::beside(&journal).held, left, "kept over restarts");
        reserve.refill().unwrap();
        assert_eq!(length(&reserve), HELD);
        let never = reserve.spend_for(|| -> Result<(), _> { Err(JournalError::DiskFull) });
        assert!(matches!(never, Err(JournalError::DiskFull)));
        assert_eq!(length(&reserve), 0, "all of it was tried");
    }

    #[test]
    fn a_press_may_use_the_reserve_and_chat_and_imports_may_not() {
        let part = |n: usize| Event::RecordingSet { on: n > 0 };
        assert!(may_spend(&[part(0), part(1)]));
        assert!(!may_spend(&[part(0), Event::ChatNoted { lines: vec![] }]));
        let many: Vec<_> = (0..2000).map(part).collect();
        assert!(!may_spend(&many));
    }
}
