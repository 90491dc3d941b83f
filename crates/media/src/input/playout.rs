//! Owns when a packet that came over a network is shown: late enough to hide the network's jitter,
//! early enough to be live, picture and sound together.
//!
//! Pure: it is told the sender's time and the moment of arrival, and answers with the distance
//! between the sender's clock and ours.

use std::collections::VecDeque;
use std::time::Duration;

/// Distance between arrival and showing. Wi-Fi holds packets back for 100 to 200 ms when a phone
/// scans for networks; more is felt in a conversation.
pub const PLAYOUT_DELAY: Duration = Duration::from_millis(300);
/// A packet that has less than this left is late: decoding takes some of it.
const LEAST_LEAD_MS: i64 = 40;
/// Lateness that lasts this long is no hiccup: a slower network, a clock that runs slow, a sender
/// that began anew. A hiccup ends in a burst that catches up.
const LATE_FOR_MS: i64 = 700;
/// Packets this much too early cannot be of the same timeline.
const EARLY_MS: i64 = 3_000;
/// When the earliest packets of [`WINDOW_MS`] all have this much more than [`PLAYOUT_DELAY`], the
/// delay has grown (a clock that runs fast) and is taken back at once.
const SPARE_MS: i64 = 120;
/// How long the spare must last.
const WINDOW_MS: i64 = 10_000;
/// The window is looked at in pieces of this length.
const PIECE_MS: i64 = 1_000;

/// Follows one sender's clock.
#[derive(Debug, Default)]
pub(super) struct Playout {
    /// What is added to the sender's time, ms.
    offset_ms: Option<i64>,
    late_since_ms: Option<i64>,
    /// Least lead of each of the last pieces, and when the piece began.
    pieces: VecDeque<(i64, i64)>,
}

impl Playout {
    /// A packet that the sender marked with `sent_ms` (its decoding time) came at `now_ms` of our
    /// clock: what is to be added to the sender's times to get ours.
    pub(super) fn offset_ms(&mut self, sent_ms: i64, now_ms: i64) -> i64 {
        let delay = i64::try_from(PLAYOUT_DELAY.as_millis()).unwrap_or(300);
        let fresh = now_ms + delay - sent_ms;
        let Some(offset) = self.offset_ms else {
            return self.anchor(fresh);
        };
        let lead = sent_ms + offset - now_ms;
        if lead > delay + EARLY_MS {
            return self.anchor(fresh);
        }
        if lead < LEAST_LEAD_MS {
            self.pieces.clear();
            let since = *self.late_since_ms.get_or_insert(now_ms);
            if now_ms - since >= LATE_FOR_MS {
                return self.anchor(fresh);
            }
            return offset;
        }
        self.late_since_ms = None;
        match self.pieces.back_mut() {
            Some((began, least)) if now_ms - *began < PIECE_MS => *least = lead.min(*least),
            _ => self.pieces.push_back((now_ms, lead)),
        }
        let full = self
            .pieces
            .front()
            .is_some_and(|(began, _)| now_ms - began >= WINDOW_MS);
        if full {
            let least = self.pieces.iter().map(|(_, least)| *least).min();
            let spare = least.unwrap_or(delay) - delay;
            if spare >= SPARE_MS {
                return self.anchor(offset - spare);
            }
            self.pieces.pop_front();
        }
        offset
    }

    fn anchor(&mut self, offset_ms: i64) -> i64 {
        *self = Self {
            offset_ms: Some(offset_ms),
            ..Self::default()
        };
        offset_ms
    }
}

/// Makes a 32-bit time that wraps into one that does not.
#[derive(Debug, Default)]
pub(super) struct Unwrapped {
    last: Option<(u32, i64)>,
}

impl Unwrapped {
    /// The time next to the last one that has these 32 bits.
    pub(super) fn ms(&mut self, wrapped: u32) -> i64 {
        let whole = match self.last {
            None => i64::from(wrapped),
            Some((last, whole)) => whole + i64::from(wrapped.wrapping_sub(last).cast_signed()),
        };
        self.last = Some((wrapped, whole));
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Shows a packet every 33 ms of the sender's clock; `arrives` gives our clock for each.
    fn leads(arrives: impl Fn(i64) -> i64, packets: i64) -> Vec<i64> {
        let mut playout = Playout::default();
        (0..packets)
            .map(|n| {
                let (sent, now) = (n * 33, arrives(n * 33));
                sent + playout.offset_ms(sent, now) - now
            })
            .collect()
    }

    #[test]
    fn a_steady_sender_is_shown_the_same_while_later() {
        assert!(leads(|sent| sent + 5_000, 1_000).iter().all(|l| *l == 300));
    }

    #[test]
    fn jitter_moves_nothing() {
        let jitter = |sent: i64| sent + 5_000 + (sent * 7_919 % 150);
        let leads = leads(jitter, 3_000);
        assert!(leads.iter().all(|lead| (140..=460).contains(lead)));
    }

    #[test]
    fn after_a_second_without_packets_the_delay_is_as_before() {
        // Everything between 3 and 4 s arrives at 4 s in one burst.
        let held = |sent: i64| {
            if (3_000..4_000).contains(&sent) {
                4_000
            } else {
                sent
            }
        };
        let leads = leads(held, 600);
        assert_eq!(leads.last(), Some(&300));
        assert!(leads.iter().any(|lead| *lead < 0));
    }

    #[test]
    fn a_network_that_became_slower_for_good_is_followed_within_a_second() {
        let slower = |sent: i64| if sent < 3_000 { sent } else { sent + 900 };
        let leads = leads(slower, 300);
        assert_eq!(leads.last(), Some(&300));
        let late = leads.iter().filter(|lead| **lead < LEAST_LEAD_MS).count();
        assert!(late <= 25, "{late}");
    }

    #[test]
    fn a_clock_that_runs_fast_or_slow_neither_piles_up_delay_nor_starves() {
        // A thousandth is far more than a phone's clock is off; two hours of it.
        for drift in [1, -1] {
            let leads = leads(|sent| sent + sent * drift / 1_000, 218_000);
            let most = leads.iter().max();
            assert!(most.is_some_and(|most| *most < 300 + 200), "{most:?}");
            let late = leads.iter().filter(|lead| **lead < LEAST_LEAD_MS).count();
            assert!(late < 1_000, "{late}");
        }
    }

    #[test]
    fn a_sender_that_begins_anew_is_followed() {
        let mut playout = Playout::default();
        assert_eq!(playout.offset_ms(1_000_000, 50), -999_650);
        // Back to zero: late at first, and after 0.7 s the new truth.
        for n in 0..30 {
            playout.offset_ms(n * 33, 100 + n * 33);
        }
        assert_eq!(playout.offset_ms(990, 1_090), 400);
        // Far ahead: at once.
        assert_eq!(playout.offset_ms(500_000, 1_200), -498_500);
    }

    #[test]
    fn a_time_that_wraps_goes_on_and_may_step_back() {
        let mut time = Unwrapped::default();
        assert_eq!(time.ms(u32::MAX - 10), i64::from(u32::MAX) - 10);
        assert_eq!(time.ms(29), i64::from(u32::MAX) + 30);
        assert_eq!(time.ms(u32::MAX - 3), i64::from(u32::MAX) - 3);
    }

    proptest! {
        /// Whatever a sender claims, what comes out is near now once it has claimed it for a while.
        #[test]
        fn wild_claims_never_put_a_steady_sender_far_away(
            claims in prop::collection::vec((-10_000_000i64..10_000_000, 0i64..500), 0..50),
        ) {
            let mut playout = Playout::default();
            let mut now = 0;
            for (sent, step) in claims {
                now += step;
                playout.offset_ms(sent, now);
            }
            let mut lead = 0;
            for n in 0..100 {
                now += 33;
                lead = n * 33 + playout.offset_ms(n * 33, now) - now;
            }
            prop_assert!((LEAST_LEAD_MS..=300 + EARLY_MS).contains(&lead), "{}", lead);
        }
    }
}
