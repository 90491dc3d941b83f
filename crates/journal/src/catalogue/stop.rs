//! The wish of whoever asked for an import that it end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Tells a running [`import_unless`](super::import_unless) to end: a clone stays with the asker. The import looks
/// at it between two cells.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks for the end; there is no way back.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the end was asked for.
    pub fn asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
