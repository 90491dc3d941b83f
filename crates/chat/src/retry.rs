//! Owns how long a lost connection waits before its next attempt.

use std::time::Duration;

/// Waits in seconds: at once for a hiccup, then rising; never above 10 s, the studio's bound for any reconnect.
const WAITS_S: [u64; 6] = [0, 1, 2, 4, 8, 10];

/// A connection that lived this long counts as having worked. Without it a server that accepts and
/// hangs up at once would be hammered without a pause.
const PROVEN: Duration = Duration::from_secs(30);

/// Counts failed attempts.
#[derive(Debug, Default)]
pub(crate) struct Retry {
    failed: u32,
}

impl Retry {
    /// The number of this failure (from 1) and the wait after it, given how long the attempt lived.
    pub(crate) fn after(&mut self, lived: Duration) -> (u32, Duration) {
        if lived >= PROVEN {
            self.failed = 0;
        }
        let step = usize::try_from(self.failed).unwrap_or(usize::MAX);
        let wait_s = WAITS_S.get(step).or(WAITS_S.last()).copied().unwrap_or(10);
        self.failed = self.failed.saturating_add(1);
        (self.failed, Duration::from_secs(wait_s))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_rise_to_ten_seconds_and_start_over_after_a_proven_connection() {
        let mut retry = Retry::default();
        let waits: Vec<u64> = (0..8)
            .map(|_| retry.after(Duration::from_secs(1)).1.as_secs())
            .collect();
        assert_eq!(waits, [0, 1, 2, 4, 8, 10, 10, 10]);
        assert_eq!(
            retry.after(Duration::from_secs(31)),
            (1, Duration::from_secs(0))
        );
    }
}
