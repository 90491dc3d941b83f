//! Owns the place where one picture waits for the preview: a newer one replaces it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use gstreamer as gst;

/// One picture, and how large it is wanted.
pub(super) struct Slot {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

struct Waiting {
    picture: Option<gst::Buffer>,
    size: (u32, u32),
    ended: bool,
}

impl Slot {
    pub fn new(size: (u32, u32)) -> Self {
        Self {
            waiting: Mutex::new(Waiting {
                picture: None,
                size,
                ended: false,
            }),
            changed: Condvar::new(),
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Size from the next picture on, in pixels.
    pub fn resize(&self, size: (u32, u32)) {
        self.waiting().size = size;
    }

    /// Puts a picture; the one that was still waiting is gone.
    pub fn put(&self, picture: gst::Buffer) {
        self.waiting().picture = Some(picture);
        self.changed.notify_one();
    }

    /// Waits for a picture; `None` once it has ended.
    pub fn take(&self) -> Option<(gst::Buffer, (u32, u32))> {
        let idle = |waiting: &mut Waiting| waiting.picture.is_none() && !waiting.ended;
        let mut waiting = self
            .changed
            .wait_while(self.waiting(), idle)
            .unwrap_or_else(PoisonError::into_inner);
        if waiting.ended {
            return None;
        }
        let size = waiting.size;
        waiting.picture.take().map(|picture| (picture, size))
    }

    pub fn end(&self) {
        self.waiting().ended = true;
        self.changed.notify_one();
    }
}
