//! uplink owns what the figures of one connection say about its link: the rate it takes, and whether it is short. Pure:
//! the time comes in.

use std::collections::VecDeque;
use std::time::Duration;

/// Rate and standing backlog are judged over this: shorter sees every keyframe, longer reacts late.
const WINDOW: Duration = Duration::from_millis(600);
/// The backlog that is there at every moment of this long is a standing one; a keyframe's passes sooner.
const STANDING: Duration = Duration::from_millis(400);
/// The least backlog of this long ago is what is always on its way (rate times round trip), not congestion.
const BASE: Duration = Duration::from_secs(10);
/// A standing backlog of so much stream is congestion: with [`STANDING`] and a look each 200 ms, a link that falls to
/// 60 % of the stream is noticed within a second and a round trip.
const CONGESTED_MS: f64 = 80.0;

/// How often [`LinkWatch::glance`] wants to be called: a keyframe of a slow stream is gone after some 50 ms.
pub(crate) const GLANCE: Duration = Duration::from_millis(25);
/// A burst that carried less says nothing about the link.
const TELLING_BYTES: u64 = 6_000;
/// A burst that is not over by then is no burst but a standing backlog; what it carried counts all the same.
const LONGEST_BURST: Duration = Duration::from_secs(1);
/// Bursts speak for so long: two keyframes of the usual two seconds.
const BURSTS: Duration = Duration::from_secs(5);
/// Two packets: a link that is short has more than that under way at every moment.
const NEXT_TO_NOTHING: u64 = 3_000;
/// A keyframe is so many times what comes in the same time otherwise.
const KEYFRAME_OVER_USUAL: f64 = 3.0;
/// Least of what is always under way, bytes: a packet of sound and a small picture.
const USUAL_BYTES: u64 = 4_000;

/// Figures of a connection at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkSample {
    /// When, since any fixed moment.
    pub at: Duration,
    /// Bytes the socket accepted so far.
    pub accepted_bytes: u64,
    /// Bytes of them that the other side has not acknowledged (SIOCOUTQ); `None` where the system does not tell.
    pub kernel_bytes: Option<u64>,
    /// Bytes that wait in our own queue.
    pub queued_bytes: u64,
}

/// What they say.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LinkView {
    /// What arrived on the other side lately, kbit/s.
    pub taken_kbps: f64,
    /// How much stream waits all the time beyond what is on its way, milliseconds at the stream's rate.
    pub standing_ms: f64,
    /// Whether the link takes less than the stream brings.
    pub is_congested: bool,
    /// The least rate at which the last keyframes went away, kbit/s: the link takes at least that, the wait for the
    /// other side's word included. `None` until two went.
    pub burst_kbps: Option<f64>,
}

/// Something larger than usual on its way.
#[derive(Debug, Clone, Copy)]
struct Burst {
    began: Duration,
    /// Bytes that had arrived then.
    arrived: u64,
}

/// Follows one connection; a new connection needs a new one.
#[derive(Debug, Clone, Default)]
pub struct LinkWatch {
    samples: VecDeque<LinkSample>,
    /// Least backlog of each second of [`BASE`], newest last: the second and the bytes.
    floors: VecDeque<(u64, u64)>,
    last: Option<LinkSample>,
    burst: Option<Burst>,
    /// When bursts were over, and their rates in kbit/s.
    bursts: VecDeque<(Duration, f64)>,
}

impl LinkWatch {
    /// Follows the bursts; wants to be called every [`GLANCE`].
    pub fn glance(&mut self, sample: LinkSample, stream_kbps: u32) {
        // What the kernel merely swallowed says nothing about the link.
        let (Some(last), Some(_)) = (self.last.replace(sample), sample.kernel_bytes) else {
            return;
        };
        let base = self.floors.iter().map(|(_, least)| *least).min();
        // A picture and a half at 30 a second.
        let usual = USUAL_BYTES.max(u64::from(stream_kbps) * 50 / 8);
        let is_large = waiting(&sample) > base.unwrap_or(0) + usual;
        match self.burst {
            // It came after the glance before.
            None if is_large => {
                self.burst = Some(Burst {
                    began: last.at,
                    arrived: arrived(&last),
                });
            }
            Some(burst) => {
                let lasted = sample.at.saturating_sub(burst.began);
                if is_large && lasted < LONGEST_BURST {
                    return;
                }
                self.burst = None;
                self.note_burst(
                    sample.at,
                    lasted,
                    arrived(&sample).saturating_sub(burst.arrived),
                );
            }
            // One that came and went between two glances.
            None => {
                let lasted = sample.at.saturating_sub(last.at);
                let bytes = arrived(&sample).saturating_sub(arrived(&last));
                let steady = f64::from(stream_kbps) * 125.0 * lasted.as_secs_f64();
                if bytes as f64 > steady * KEYFRAME_OVER_USUAL {
                    self.note_burst(sample.at, lasted, bytes);
                }
            }
        }
        while self
            .bursts
            .front()
            .is_some_and(|(at, _)| sample.at.saturating_sub(*at) > BURSTS)
        {
            self.bursts.pop_front();
        }
    }

    fn note_burst(&mut self, at: Duration, lasted: Duration, bytes: u64) {
        if bytes >= TELLING_BYTES && !lasted.is_zero() {
            let kbps = bytes as f64 * 8.0 / lasted.as_secs_f64() / 1000.0;
            self.bursts.push_back((at, kbps));
        }
    }

    /// Takes the figures of now; `stream_kbps` is what the stream brings. Samples come some five to ten times a second.
    pub fn look(&mut self, sample: LinkSample, stream_kbps: u32) -> LinkView {
        self.samples.push_back(sample);
        while self
            .samples
            .get(1)
            .is_some_and(|next| sample.at.saturating_sub(next.at) >= WINDOW)
        {
            self.samples.pop_front();
        }
        let (second, waits) = (sample.at.as_secs(), waiting(&sample));
        match self.floors.back_mut() {
            Some((last, least)) if *last == second => *least = (*least).min(waits),
            _ => self.floors.push_back((second, waits)),
        }
        while self
            .floors
            .front()
            .is_some_and(|(oldest, _)| oldest + BASE.as_secs() < second)
        {
            self.floors.pop_front();
        }
        let base = self.floors.iter().map(|(_, least)| *least).min();
        let lately = self
            .samples
            .iter()
            .filter(|s| sample.at.saturating_sub(s.at) <= STANDING);
        let standing = lately.map(waiting).min().unwrap_or(0);
        let beyond = standing.saturating_sub(base.unwrap_or(0)) as f64;
        // Bytes to milliseconds at the stream's rate: kbit/s is bits a millisecond.
        let standing_ms = beyond * 8.0 / f64::from(stream_kbps.max(1));
        let covered = self
            .samples
            .front()
            .is_some_and(|first| sample.at.saturating_sub(first.at) >= STANDING);
        LinkView {
            taken_kbps: self.taken_kbps(),
            standing_ms,
            is_congested: covered && standing_ms >= CONGESTED_MS,
            burst_kbps: self.burst_kbps(),
        }
    }

    fn burst_kbps(&self) -> Option<f64> {
        let rates = self.bursts.iter().map(|(_, kbps)| *kbps);
        (self.bursts.len() >= 2).then(|| rates.fold(f64::INFINITY, f64::min))
    }

    fn taken_kbps(&self) -> f64 {
        match (self.samples.front(), self.samples.back()) {
            (Some(first), Some(last)) if last.at > first.at => {
                let bits = arrived(last).saturating_sub(arrived(first)) as f64 * 8.0;
                bits / (last.at - first.at).as_secs_f64() / 1000.0
            }
            _ => 0.0,
        }
    }
}

fn arrived(sample: &LinkSample) -> u64 {
    sample
        .accepted_bytes
        .saturating_sub(sample.kernel_bytes.unwrap_or(0))
}

/// What waits for the link. While the kernel has next to nothing under way, what waits in our queue waits for this
/// machine, not for the link.
fn waiting(sample: &LinkSample) -> u64 {
    match sample.kernel_bytes {
        Some(under_way) if under_way < NEXT_TO_NOTHING => 0,
        under_way => under_way.unwrap_or(0).saturating_add(sample.queued_bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(watch: &mut LinkWatch, at_ms: u64, kernel_bytes: u64, queued_bytes: u64) -> LinkView {
        let sample = LinkSample {
            at: Duration::from_millis(at_ms),
            accepted_bytes: at_ms * 100,
            kernel_bytes: Some(kernel_bytes),
            queued_bytes,
        };
        watch.look(sample, 2_500)
    }

    #[test]
    fn a_machine_that_is_too_busy_to_send_is_no_short_link() {
        let (mut busy, mut short) = (LinkWatch::default(), LinkWatch::default());
        look(&mut busy, 0, 0, 0);
        look(&mut short, 0, 0, 0);
        for at_ms in (200..2_000).step_by(200) {
            assert!(!look(&mut busy, at_ms, 0, 400_000).is_congested);
            look(&mut short, at_ms, 60_000, 340_000);
        }
        assert!(look(&mut short, 2_000, 60_000, 340_000).is_congested);
    }
}
