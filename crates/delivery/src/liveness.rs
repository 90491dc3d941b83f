//! liveness owns the decision whether a connection still carries the stream, and its rate. Pure:
//! the time comes in.

use std::collections::VecDeque;
use std::time::Duration;

use crate::carrier::Patience;

/// No byte arrived for this long while bytes wait: shown as stalled. On a healthy uplink something is acknowledged
/// every few milliseconds or every round trip; a second covers one TCP retransmission time-out and its first doubling on
/// common links.
pub const STALL_WARNING: Duration = Duration::from_secs(1);

/// No byte arrived for this long while bytes wait: the connection is given up. Waiting longer
/// costs viewers more than a reconnect does (about one second plus the wait for a keyframe).
pub const STALL_RECONNECT: Duration = Duration::from_secs(3);

/// Window of the reported rate.
const RATE_WINDOW: Duration = Duration::from_secs(2);

/// What the watchdog thinks of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Bytes move, or there are none to move.
    Flowing,
    /// Bytes wait and none moved for [`STALL_WARNING`].
    Stalled,
    /// Bytes wait and none moved for [`STALL_RECONNECT`].
    Dead,
}

/// Judges a connection. `waiting_for`: how long the bytes that wait have seen no progress;
/// `None` when nothing waits to be written, which says nothing against the connection.
pub fn judge(waiting_for: Option<Duration>) -> Verdict {
    let patience = Patience {
        warning: STALL_WARNING,
        reconnect: STALL_RECONNECT,
    };
    judge_by(waiting_for, patience)
}

/// The same with another patience: not every protocol tells of progress as often as TCP does.
pub fn judge_by(waiting_for: Option<Duration>, patience: Patience) -> Verdict {
    match waiting_for {
        Some(d) if d >= patience.reconnect => Verdict::Dead,
        Some(d) if d >= patience.warning => Verdict::Stalled,
        _ => Verdict::Flowing,
    }
}

/// Rate over the last two seconds, from samples of a counter that only grows.
#[derive(Debug, Clone, Default)]
pub struct RateMeter {
    samples: VecDeque<(Duration, u64)>,
}

impl RateMeter {
    /// Adds a sample: `at` since any fixed moment, `total_bytes` so far. Samples older than the
    /// window go, but one at or before its edge stays, so that the window is always covered.
    pub fn sample(&mut self, at: Duration, total_bytes: u64) {
        self.samples.push_back((at, total_bytes));
        while self
            .samples
            .get(1)
            .is_some_and(|(t, _)| at.saturating_sub(*t) >= RATE_WINDOW)
        {
            self.samples.pop_front();
        }
    }

    /// kbit/s (1000 bits) over the window; 0 until two samples exist.
    pub fn kbps(&self) -> f64 {
        match (self.samples.front(), self.samples.back()) {
            (Some((t0, b0)), Some((t1, b1))) if t1 > t0 => {
                let bits = b1.saturating_sub(*b0) as f64 * 8.0;
                bits / (*t1 - *t0).as_secs_f64() / 1000.0
            }
            _ => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_to_write_is_never_a_stall() {
        assert_eq!(judge(None), Verdict::Flowing);
    }

    #[test]
    fn a_stall_is_shown_after_one_second_and_ends_the_connection_after_three() {
        let ms = |n| judge(Some(Duration::from_millis(n)));
        assert_eq!([ms(0), ms(999)], [Verdict::Flowing; 2]);
        assert_eq!([ms(1000), ms(2999)], [Verdict::Stalled; 2]);
        assert_eq!([ms(3000), ms(60_000)], [Verdict::Dead; 2]);
    }

    #[test]
    fn the_rate_forgets_what_is_older_than_two_seconds() {
        let mut meter = RateMeter::default();
        for tick in 0..40u64 {
            // 1000 kbit/s for five seconds, then silence.
            let total = tick.min(20) * 31_250;
            meter.sample(Duration::from_millis(tick * 250), total);
            if tick == 20 {
                assert!((meter.kbps() - 1000.0).abs() < 0.1, "{}", meter.kbps());
            }
        }
        assert_eq!(meter.kbps(), 0.0);
    }

    proptest! {
        #[test]
        fn a_steady_rate_is_reported_whatever_the_tick(tick_ms in 10u64..1500, rate in 1u64..2000) {
            let mut meter = RateMeter::default();
            for n in 0..50 {
                meter.sample(Duration::from_millis(n * tick_ms), n * tick_ms * rate / 8);
            }
            prop_assert!((meter.kbps() - rate as f64).abs() <= rate as f64 * 0.02 + 10.0);
            prop_assert!(meter.samples.len() as u64 <= 2000 / tick_ms + 3);
        }
    }
}
