//! What a person should hear of: notices for whoever looks now, and standing ones for whoever comes next.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use stallcast_wire::{Notice, NoticeLevel};
use tokio::sync::broadcast;

use crate::clock::now;

/// Notices a page may lag behind before it loses the oldest.
const WAITING: usize = 64;

/// Stands after a broadcast or a recording was interrupted too long ago to go on, until one goes live again.
pub const INTERRUPTED: &str = "notice.interrupted";

/// The notices of one engine. Cheap to clone.
#[derive(Clone)]
pub struct Notices {
    told: broadcast::Sender<Notice>,
    standing: Arc<Mutex<Vec<Notice>>>,
}

impl Notices {
    /// None yet.
    pub fn new() -> Self {
        Self {
            told: broadcast::Sender::new(WAITING),
            standing: Arc::default(),
        }
    }

    /// Tells whoever looks now; nobody is fine.
    pub fn tell(&self, level: NoticeLevel, key: &str, params: &[(&str, String)]) {
        let _ = self.told.send(notice(level, key, params));
    }

    /// Tells whoever looks now and every page that comes later, until withdrawn. Only the start of the engine does
    /// this, for a handful of keys, so the list needs no bound of its own.
    pub fn stand(&self, level: NoticeLevel, key: &str, params: &[(&str, String)]) {
        let notice = notice(level, key, params);
        let mut standing = self.standing();
        standing.push(notice.clone());
        // Under the lock, so that a page that comes now gets it once.
        let _ = self.told.send(notice);
    }

    /// Tells no later page of `key` any more.
    pub fn withdraw(&self, key: &str) {
        self.standing().retain(|notice| notice.key != key);
    }

    /// The standing ones, and every one after them.
    pub fn follow(&self) -> (Vec<Notice>, broadcast::Receiver<Notice>) {
        let standing = self.standing();
        (standing.clone(), self.told.subscribe())
    }

    fn standing(&self) -> MutexGuard<'_, Vec<Notice>> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn notice(level: NoticeLevel, key: &str, params: &[(&str, String)]) -> Notice {
    let params = params.iter();
    Notice {
        level,
        key: key.to_owned(),
        params: params
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect(),
        at: now().0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_comes_later_hears_what_still_stands() {
        let notices = Notices::new();
        notices.stand(NoticeLevel::Warn, INTERRUPTED, &[]);
        notices.tell(NoticeLevel::Info, "notice.scene_back", &[]);
        let (standing, mut told) = notices.follow();
        assert_eq!(standing.len(), 1);
        assert!(told.try_recv().is_err(), "each is told once");
        notices.withdraw(INTERRUPTED);
        assert!(notices.follow().0.is_empty());
    }
}
