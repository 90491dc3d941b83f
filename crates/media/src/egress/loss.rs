//! Owns what counters of packets say about a link that repeats or loses them: how much of what was sent came through.
//! Pure: the time comes in.

use std::collections::VecDeque;
use std::time::Duration;

/// What is lost is judged over this: long enough for a report, short enough to answer within a second.
const WINDOW: Duration = Duration::from_secs(1);
/// Least packets in the window that say something.
const TELLING_PACKETS: u64 = 20;
/// The most that is believed to be lost. Where repetitions are lost as well, reports repeat themselves: a link that took
/// 90 packets a second of 600 was told to have lost 440 of the 210 new ones.
const LOST_MOST: f64 = 0.85;
/// With so much lost a link is flooded with repetitions, at worst many times the stream. It lets no more through than
/// this part of what is new: 90 packets of 210 in that measurement.
const FLOODED: f64 = 0.4;

/// Counters at one moment; they only grow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LossSample {
    /// When, since any fixed moment.
    pub at: Duration,
    /// Packets sent, repetitions included.
    pub sent_packets: u64,
    /// Of them, repetitions.
    pub repeated_packets: u64,
    pub sent_bytes: u64,
    /// Bytes of the stream that were given to be sent, as they are on the wire.
    pub brought_bytes: u64,
    /// Reported as lost.
    pub lost_packets: u64,
    pub rtt: Duration,
}

/// What a link lets through.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LossView {
    /// Part that was lost on the way lately, 0 to 1.
    pub lost: f64,
    /// Bytes of the stream that were given to be sent since the connection began, each once, as they are on the wire.
    pub brought_bytes: u64,
    /// Bytes that came to the receiver since then, repetitions included.
    pub arrived_bytes: u64,
    /// Shortest round trip.
    pub trip: Duration,
    /// By how much the round trip exceeds it: what waits on the way.
    pub longer: Duration,
}

/// Follows one connection.
#[derive(Debug, Clone, Default)]
pub(super) struct LossWatch {
    samples: VecDeque<LossSample>,
    shortest: Option<Duration>,
    sent_bytes: u64,
    sent_packets: u64,
    new_packets: u64,
    arrived_bytes: f64,
    lost: f64,
}

impl LossWatch {
    /// Takes the counters of now. Every transmission is as likely to be lost as a packet's first one.
    pub fn look(&mut self, sample: LossSample) -> LossView {
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
        if let Some(first) = self.samples.front() {
            let new = |of: &LossSample| of.sent_packets.saturating_sub(of.repeated_packets);
            let sent = new(&sample).saturating_sub(new(first));
            let lost = sample.lost_packets.saturating_sub(first.lost_packets);
            // A thin stream has few new ones a second.
            if sent.max(lost) >= TELLING_PACKETS {
                self.lost = (lost as f64 / sent.max(1) as f64).min(LOST_MOST);
            }
        }
        self.view(&sample, self.lost)
    }

    /// The same where the receiver itself tells which part was lost.
    pub fn told(&mut self, sample: LossSample, lost: f64) -> LossView {
        self.view(&sample, lost.clamp(0.0, 1.0))
    }

    fn view(&mut self, sample: &LossSample, lost: f64) -> LossView {
        if !sample.rtt.is_zero() {
            let shortest = self.shortest.get_or_insert(sample.rtt);
            *shortest = sample.rtt.min(*shortest);
        }
        let grown = |counter: &mut u64, now: u64| {
            let before = std::mem::replace(counter, now);
            now.saturating_sub(before) as f64
        };
        let bytes = grown(&mut self.sent_bytes, sample.sent_bytes);
        let packets = grown(&mut self.sent_packets, sample.sent_packets);
        let new = sample.sent_packets.saturating_sub(sample.repeated_packets);
        let new = bytes * grown(&mut self.new_packets, new) / packets.max(1.0);
        let came = bytes * (1.0 - lost);
        self.arrived_bytes += match lost >= LOST_MOST {
            true => came.min(new * FLOODED),
            false => came,
        };
        let trip = self.shortest.unwrap_or_default();
        LossView {
            lost,
            brought_bytes: sample.brought_bytes,
            arrived_bytes: self.arrived_bytes as u64,
            trip,
            longer: sample.rtt.saturating_sub(trip),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets a second: given, sent in all, lost as told; one sample each 100 ms.
    fn after(seconds: u64, given: u64, sent: u64, lost: u64, rtt_ms: u64) -> LossView {
        let mut watch = LossWatch::default();
        let mut view = None;
        for n in 0..=seconds * 10 {
            let part = |a_second: u64| a_second * n / 10;
            view = Some(watch.look(LossSample {
                at: Duration::from_millis(n * 100),
                sent_packets: part(sent),
                repeated_packets: part(sent - given),
                sent_bytes: part(sent) * 1_360,
                brought_bytes: part(given) * 1_360,
                lost_packets: part(lost),
                rtt: Duration::from_millis(if n == 0 { 20 } else { rtt_ms }),
            }));
        }
        view.unwrap()
    }

    fn packets(bytes: u64) -> u64 {
        bytes / 1_360
    }

    #[test]
    fn what_was_lost_by_chance_and_repeated_has_come() {
        let view = after(60, 200, 222, 20, 25);
        assert!((view.lost - 0.1).abs() < 0.001, "{view:?}");
        let (arrived, brought) = (packets(view.arrived_bytes), packets(view.brought_bytes));
        assert_eq!(brought, 12_000);
        assert!((11_900..=12_100).contains(&arrived), "{view:?}");
        assert_eq!(view.longer, Duration::from_millis(5));
    }

    #[test]
    fn a_link_that_is_flooded_is_told_by_what_comes_through() {
        // Measured with libsrt 1.5 on a token bucket of 1000 kbit/s, which lets 90 packets through: its queue 300 ms, and
        // 50 ms.
        for (given, sent, lost, rtt_ms) in [(236, 370, 183, 338), (236, 630, 580, 82)] {
            let view = after(10, given, sent, lost, rtt_ms);
            let arrived = packets(view.arrived_bytes) / 10;
            assert!(
                (70..=110).contains(&arrived),
                "{arrived} a second: {view:?}"
            );
            assert!(view.longer > Duration::from_millis(60));
        }
        // 150 kbit/s on a link of 38, repeated eighty times.
        let view = after(10, 14, 1_200, 900, 20);
        let arrived = packets(view.arrived_bytes) / 10;
        assert!((1..=7).contains(&arrived), "{arrived} a second: {view:?}");
    }

    #[test]
    fn a_receiver_that_counts_itself_is_believed() {
        let mut watch = LossWatch::default();
        let sample = |n: u64| LossSample {
            at: Duration::from_secs(n),
            sent_packets: n * 100,
            repeated_packets: 0,
            sent_bytes: n * 100_000,
            brought_bytes: n * 100_000,
            lost_packets: 0,
            rtt: Duration::from_millis(40),
        };
        assert_eq!(watch.told(sample(1), 0.0).arrived_bytes, 100_000);
        assert_eq!(watch.told(sample(2), 0.25).arrived_bytes, 175_000);
    }
}
