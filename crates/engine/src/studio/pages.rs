//! The pages that are connected: counted, so that an engine nobody needs is known.

use std::sync::atomic::Ordering;

use stallcast_show::Phase;

use super::Studio;

impl Studio {
    /// Counts a page that is connected, until dropped.
    pub fn page(&self) -> Page {
        self.inner.pages.fetch_add(1, Ordering::SeqCst);
        Page {
            studio: self.clone(),
        }
    }

    /// Whether nobody looks, nothing is on air and nothing is recorded.
    pub fn is_idle(&self) -> bool {
        let show = self.inner.desk.show();
        let busy = show.recording || matches!(show.phase, Phase::Live { .. });
        self.inner.pages.load(Ordering::SeqCst) == 0 && !busy
    }
}

/// A connected page.
pub struct Page {
    studio: Studio,
}

impl Drop for Page {
    fn drop(&mut self) {
        self.studio.inner.pages.fetch_sub(1, Ordering::SeqCst);
    }
}
