//! under_way owns how late the packets are that a socket has taken and the other side has not got yet. They cannot be
//! taken back: when a link falls far, only a new connection skips them. Pure: the time comes in.

use std::collections::VecDeque;
use std::time::Duration;

/// Nobody is shown what is older: the three seconds that a viewer may be behind, less the time between two looks.
const TOO_LATE: Duration = Duration::from_millis(2_800);
/// While the oldest of them is less late than this, a slow moment may pass by itself.
const LATE: Duration = Duration::from_secs(2);
/// They must be expected too late at two looks: the rate of a moment is no measure.
const LOOKS: u32 = 2;

/// A packet that the socket was given.
#[derive(Debug, Clone, Copy)]
struct Given {
    /// Bytes given with it in all.
    ends: u64,
    at: Duration,
    /// How late it was then.
    late: Duration,
}

impl Given {
    fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(self.at) + self.late
    }
}

/// The packets of one connection on their way.
#[derive(Debug, Clone, Default)]
pub(crate) struct UnderWay {
    given: VecDeque<Given>,
    too_late_looks: u32,
}

impl UnderWay {
    /// A packet was given `now`, when it was so `late`; `ends`: bytes given with it in all.
    pub fn put(&mut self, ends: u64, now: Duration, late: Duration) {
        let at = now;
        self.given.push_back(Given { ends, at, late });
    }

    /// Whether what is under way comes too late: then the way is better begun anew. `arrived`: the other
    /// side has everything up to there; `ahead`: how long the rest needs. Called at every look.
    pub fn is_too_late(&mut self, now: Duration, arrived: u64, ahead: Duration) -> bool {
        while self.given.front().is_some_and(|one| one.ends <= arrived) {
            self.given.pop_front();
        }
        let ends = self.given.front().zip(self.given.back());
        let ages = ends.map(|(oldest, newest)| (oldest.age(now), newest.age(now)));
        let Some((oldest, newest)) = ages else {
            self.too_late_looks = 0;
            return false;
        };
        match oldest >= LATE && newest + ahead > TOO_LATE {
            true => self.too_late_looks += 1,
            false => self.too_late_looks = 0,
        }
        oldest > TOO_LATE || self.too_late_looks >= LOOKS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn what_a_link_that_fell_far_still_holds_is_skipped_before_it_is_three_seconds_late() {
        let mut way = UnderWay::default();
        for n in 0..10 {
            way.put((n + 1) * 1_000, ms(n * 33), ms(0));
        }
        // A tenth has arrived; the rest needs seconds.
        assert!(!way.is_too_late(ms(1_000), 1_000, ms(4_000)), "it may pass");
        assert!(!way.is_too_late(ms(2_100), 1_500, ms(3_000)), "one look");
        assert!(way.is_too_late(ms(2_300), 1_500, ms(3_000)));
        assert!(
            !way.is_too_late(ms(2_400), 1_500, ms(100)),
            "it goes on now"
        );
        assert!(way.is_too_late(ms(3_100), 1_500, ms(100)), "but too late");
        assert!(!way.is_too_late(ms(9_000), 10_000, ms(0)), "all arrived");
    }

    #[test]
    fn what_waited_in_the_queue_was_late_before_it_was_given() {
        let mut way = UnderWay::default();
        way.put(1_000, ms(100), ms(2_300));
        assert!(!way.is_too_late(ms(300), 0, ms(200)));
        assert!(way.is_too_late(ms(700), 0, ms(200)));
    }
}
