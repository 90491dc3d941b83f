//! Whether a member's page is still there: it is asked now and then, and gone when it says nothing for long after that.

use tokio::time::{Duration, Instant};

/// How often a member's page is asked whether it is there, and how long its silence after that is borne: with both it is gone
/// within half a minute. Browsers answer by themselves.
pub(super) const ASK_EVERY: Duration = Duration::from_secs(5);
const SILENCE: Duration = Duration::from_secs(17);
/// How long a page is listened to for the last time: its answer may lie there unread, behind all that it is sent.
pub(super) const LAST_LOOK: Duration = Duration::from_secs(1);

/// When a page was asked that has said nothing since; the first time.
#[derive(Default)]
pub(super) struct Asked(Option<Instant>);

impl Asked {
    /// It was asked.
    pub(super) fn note(&mut self, now: Instant) {
        self.0.get_or_insert(now);
    }

    /// It said something.
    pub(super) fn hear(&mut self) {
        self.0 = None;
    }

    /// Whether it was asked so long ago that it should have answered.
    pub(super) fn is_overdue(&self, now: Instant) -> bool {
        self.0
            .is_some_and(|asked| now.saturating_duration_since(asked) >= SILENCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_was_asked_and_is_silent_since_is_overdue() {
        let began = Instant::now();
        let mut asked = Asked::default();
        // However long nothing was asked, as while much was sent.
        assert!(!asked.is_overdue(began + 10 * SILENCE));
        asked.note(began);
        asked.note(began + ASK_EVERY);
        assert!(!asked.is_overdue(began + SILENCE - Duration::from_millis(1)));
        assert!(asked.is_overdue(began + SILENCE), "since the first time");
        asked.hear();
        assert!(!asked.is_overdue(began + 10 * SILENCE));
        asked.note(began + SILENCE);
        assert!(!asked.is_overdue(began + SILENCE + ASK_EVERY));
        assert!(asked.is_overdue(began + 2 * SILENCE));
    }
}
