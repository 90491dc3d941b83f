//! Owns what counters of packets say about a link that repeats or loses them. Pure: the time comes in.

use std::collections::VecDeque;
use std::time::Duration;

/// Judged over this: a keyframe's burst that loses some packets is over by then.
const WINDOW: Duration = Duration::from_secs(2);
/// Least packets in the window that say something.
const TELLING_PACKETS: u64 = 50;

/// Counters at one moment; they only grow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LossSample {
    /// When, since any fixed moment.
    pub at: Duration,
    pub sent_packets: u64,
    pub sent_bytes: u64,
    /// Of them, reported as lost.
    pub lost_packets: u64,
    /// Given up because they would have come too late.
    pub dropped_packets: u64,
    pub rtt: Duration,
}

/// What they say about the last two seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LossView {
    /// What left, kbit/s, repetitions included.
    pub sent_kbps: f64,
    /// Part of it that was lost on the way, 0 to 1.
    pub lost: f64,
    /// Whether packets were given up.
    pub gives_up: bool,
    /// Round trip.
    pub rtt: Duration,
    /// By how much the round trip exceeds the shortest seen: what waits on the way.
    pub standing: Duration,
}

/// Follows one connection.
#[derive(Debug, Clone, Default)]
pub(super) struct LossWatch {
    samples: VecDeque<LossSample>,
    shortest: Option<Duration>,
}

impl LossWatch {
    /// Takes the counters of now; `None` while too little was sent to say anything.
    pub fn look(&mut self, sample: LossSample) -> Option<LossView> {
        if self.samples.back().is_none_or(|last| last.at < sample.at) {
            self.samples.push_back(sample);
        }
        while self
            .samples
            .get(1)
            .is_some_and(|next| sample.at.saturating_sub(next.at) >= WINDOW)
        {
            self.samples.pop_front();
        }
        if !sample.rtt.is_zero() {
            let shortest = self.shortest.get_or_insert(sample.rtt);
            *shortest = sample.rtt.min(*shortest);
        }
        let first = self.samples.front()?;
        let sent = sample.sent_packets.saturating_sub(first.sent_packets);
        if sent < TELLING_PACKETS {
            return None;
        }
        let lost = sample.lost_packets.saturating_sub(first.lost_packets);
        let bits = sample.sent_bytes.saturating_sub(first.sent_bytes) as f64 * 8.0;
        let seconds = sample.at.saturating_sub(first.at).as_secs_f64();
        Some(LossView {
            sent_kbps: bits / seconds.max(0.001) / 1000.0,
            lost: (lost as f64 / sent as f64).min(1.0),
            gives_up: sample.dropped_packets > first.dropped_packets,
            rtt: sample.rtt,
            standing: sample.rtt.saturating_sub(self.shortest.unwrap_or_default()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(ms: u64, sent: u64, lost: u64, dropped: u64, rtt_ms: u64) -> LossSample {
        LossSample {
            at: Duration::from_millis(ms),
            sent_packets: sent,
            sent_bytes: sent * 1316,
            lost_packets: lost,
            dropped_packets: dropped,
            rtt: Duration::from_millis(rtt_ms),
        }
    }

    #[test]
    fn losses_are_told_of_the_last_two_seconds_only() {
        let mut watch = LossWatch::default();
        assert_eq!(watch.look(sample(0, 0, 0, 0, 40)), None);
        let view = watch.look(sample(1000, 200, 50, 1, 90)).unwrap();
        assert!((view.lost - 0.25).abs() < 1e-9);
        assert!((view.sent_kbps - 2105.6).abs() < 1.0, "{}", view.sent_kbps);
        assert!(view.gives_up);
        assert_eq!(view.standing, Duration::from_millis(50));
        for n in 2..6 {
            watch.look(sample(n * 1000, n * 200, 50, 1, 40));
        }
        let view = watch.look(sample(6000, 1200, 50, 1, 40)).unwrap();
        assert_eq!((view.lost, view.gives_up), (0.0, false));
        assert_eq!(view.standing, Duration::ZERO);
    }
}
