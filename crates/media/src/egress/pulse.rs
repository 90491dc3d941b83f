//! Owns the watch over a receiver's signs of life: a counter that grows while it gets what is sent. Pure: the time comes in.

use std::time::Duration;

/// Follows one connection. `now` is the time since any fixed moment.
#[derive(Debug, Clone, Default)]
pub(super) struct Pulse {
    count: Option<u64>,
    /// When something was first put in that no sign has followed yet.
    unanswered_since: Option<Duration>,
    last_put: Option<Duration>,
}

impl Pulse {
    /// Something was sent.
    pub fn put(&mut self, now: Duration) {
        self.unanswered_since.get_or_insert(now);
        self.last_put = Some(now);
    }

    /// The counter of now; `None` while the receiver has none.
    pub fn heard(&mut self, count: Option<u64>) {
        if count.is_some() && count != self.count {
            self.count = count;
            self.unanswered_since = None;
        }
    }

    /// Whether the receiver ever gave a sign.
    pub fn is_known(&self) -> bool {
        self.count.is_some()
    }

    /// How long what was sent has had no sign; `None` when all had one.
    pub fn silent_for(&self, now: Duration) -> Option<Duration> {
        self.unanswered_since.map(|since| now.saturating_sub(since))
    }

    /// How long nothing was sent.
    pub fn idle_for(&self, now: Duration) -> Option<Duration> {
        self.last_put.map(|last| now.saturating_sub(last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn silence_counts_from_the_first_thing_without_an_answer() {
        let mut pulse = Pulse::default();
        assert_eq!(pulse.silent_for(ms(500)), None);
        pulse.put(ms(1000));
        pulse.put(ms(1200));
        assert_eq!(pulse.silent_for(ms(1300)), Some(ms(300)));
        pulse.heard(Some(7));
        assert_eq!(pulse.silent_for(ms(1300)), None);
        pulse.heard(Some(7));
        pulse.put(ms(2000));
        pulse.heard(Some(7));
        assert_eq!(pulse.silent_for(ms(2600)), Some(ms(600)));
        assert_eq!(pulse.idle_for(ms(2600)), Some(ms(600)));
        pulse.heard(Some(8));
        assert_eq!(pulse.silent_for(ms(9000)), None);
    }

    #[test]
    fn a_receiver_without_a_counter_is_not_known() {
        let mut pulse = Pulse::default();
        pulse.put(ms(0));
        pulse.heard(None);
        assert!(!pulse.is_known());
        pulse.heard(Some(0));
        assert!(pulse.is_known());
    }
}
