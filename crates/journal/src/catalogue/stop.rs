//! Between a running import and whoever asked for it: the wish that it end, and how far it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

/// Tells a running [`import_unless`](super::import_unless) to end, and is told by it how far it is: a clone stays with
/// the asker. The import looks at it between two cells.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    asked: AtomicBool,
    rows: AtomicU32,
    done: AtomicU64,
    whole: AtomicU64,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Rows read so far.
    pub rows: u32,
    /// How much of the file that is, 0 to 1000; 0 where the file does not say how long it is.
    pub permille: u32,
}

impl Stop {
    /// Asks for the end; there is no way back.
    pub fn ask(&self) {
        self.0.asked.store(true, Ordering::Relaxed);
    }

    /// Whether the end was asked for.
    pub fn asked(&self) -> bool {
        self.0.asked.load(Ordering::Relaxed)
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        let whole = self.0.whole.load(Ordering::Relaxed).max(1);
        let done = self.0.done.load(Ordering::Relaxed).min(whole);
        Progress {
            rows: self.0.rows.load(Ordering::Relaxed),
            permille: u32::try_from(done.saturating_mul(1000) / whole).unwrap_or(1000),
        }
    }

    /// Notes that a row was read, and how far into the sheet it stands; `whole` 0 = nobody knows.
    pub(super) fn read_row(&self, done: u64, whole: u64) {
        self.0.rows.fetch_add(1, Ordering::Relaxed);
        let done = if whole == 0 { 0 } else { done };
        self.0.done.store(done, Ordering::Relaxed);
        self.0.whole.store(whole, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{ImportOptions, import_unless};

    #[test]
    fn an_import_tells_how_far_it_is() {
        let rows = "桃,1\n".repeat(9);
        let stop = Stop::default();
        assert_eq!(stop.progress(), Progress::default());
        let list = format!("标题,价格\n{rows}");
        import_unless(list.as_bytes(), &ImportOptions::default(), &stop).unwrap();
        let end = Progress {
            rows: 10,
            permille: 1000,
        };
        assert_eq!(stop.progress(), end);
        stop.read_row(5, 20);
        assert_eq!(stop.progress().permille, 250);
        // A workbook that does not say how long it is.
        stop.read_row(5, 0);
        assert_eq!((stop.progress().rows, stop.progress().permille), (12, 0));
        let workbook = include_bytes!("../../tests/data/orchard.xlsx");
        let stop = Stop::default();
        import_unless(workbook, &ImportOptions::default(), &stop).unwrap();
        assert!(stop.progress().rows > 3);
    }
}
