//! retry owns the schedule of reconnecting. Pure.

use std::time::Duration;

/// Longest wait between two tries. Platforms close a room after minutes without a stream (ten on
/// Huya), and the usual exponential schedules are at 77 s by then; 10 s costs the ingest nothing.
pub const RETRY_CAP: Duration = Duration::from_secs(10);

/// A connection that carried the stream this long ends the row of failures. Shorter ones count
/// as further failures, so that a server which accepts and drops us at once is not hammered.
pub const STABLE_AFTER: Duration = Duration::from_secs(5);

/// Wait before try `attempt` (1 = the first after a loss): 0, 1, 2, 4, 8, 10, 10 … seconds.
pub fn retry_delay(attempt: u32) -> Duration {
    match attempt {
        0 | 1 => Duration::ZERO,
        n => Duration::from_secs(1 << (n - 2).min(10)).min(RETRY_CAP),
    }
}

/// Counts tries and says when the next one is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RetrySchedule {
    attempt: u32,
}

impl RetrySchedule {
    /// The number of the next try and the wait before it. `live_for`: how long the last
    /// connection carried the stream, `None` when it never did.
    pub fn next(&mut self, live_for: Option<Duration>) -> (u32, Duration) {
        if live_for.is_some_and(|d| d >= STABLE_AFTER) {
            self.attempt = 0;
        }
        self.attempt = self.attempt.saturating_add(1);
        (self.attempt, retry_delay(self.attempt))
    }

    /// The network changed: the next failure starts the schedule from its beginning.
    pub fn reset(&mut self) {
        self.attempt = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(schedule: &mut RetrySchedule, live_for: Option<Duration>) -> u64 {
        schedule.next(live_for).1.as_secs()
    }

    #[test]
    fn waits_double_up_to_ten_seconds_for_ever() {
        let mut schedule = RetrySchedule::default();
        let first = seconds(&mut schedule, Some(Duration::from_secs(60)));
        let rest: Vec<u64> = (0..8).map(|_| seconds(&mut schedule, None)).collect();
        assert_eq!((first, rest), (0, vec![1, 2, 4, 8, 10, 10, 10, 10]));
        assert_eq!(retry_delay(u32::MAX), RETRY_CAP);
    }

    #[test]
    fn a_stable_connection_ends_the_row_and_a_flapping_one_does_not() {
        let mut schedule = RetrySchedule::default();
        for _ in 0..4 {
            schedule.next(None);
        }
        assert_eq!(seconds(&mut schedule, Some(Duration::from_secs(1))), 8);
        assert_eq!(seconds(&mut schedule, Some(STABLE_AFTER)), 0);
        schedule.next(None);
        schedule.reset();
        assert_eq!(schedule.next(None), (1, Duration::ZERO));
    }
}
