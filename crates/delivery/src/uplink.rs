//! uplink owns what the figures of one connection say about its link: the rate it takes, and whether it is short. Pure:
//! the time comes in.

use std::collections::VecDeque;
use std::time::Duration;

/// Rate and standing backlog are judged over this: shorter sees every keyframe, longer reacts late.
const WINDOW: Duration = Duration::from_millis(650);
/// The backlog that is there at every moment of this long is a standing one; a keyframe's passes sooner.
const STANDING: Duration = Duration::from_millis(400);
/// The least time that bytes were on their way, of so long ago, is the round trip, and what that holds no congestion.
const BASE: Duration = Duration::from_secs(30);
/// Longest round trip believed, milliseconds: beyond it is a queue's.
const LONGEST_TRIP_MS: f64 = 300.0;
/// A slower stream tells no round trip, kbit/s.
const TELLING_KBPS: f64 = 50.0;
/// The window of a new connection still opens for so long: some six long round trips.
pub(crate) const OPENS: Duration = Duration::from_millis(1_500);
/// A standing backlog of so much stream is congestion: with [`STANDING`] and a look each 200 ms, a link that falls to
/// 60 % of the stream is noticed within a second and a round trip.
pub(crate) const STANDING_MS: f64 = 80.0;
/// A group of pictures of the usual two seconds and a little: a link that takes what it is asked is idle once in it.
const GROUP: Duration = Duration::from_millis(2_200);
/// The distance of keyframes.
const TWO_SECONDS: Duration = Duration::from_secs(2);
/// A backlog of so much stream that is there through a whole group grows; nobody's keyframe is that.
pub(crate) const STAYS_MS: f64 = 150.0;
/// The link is short when it takes less than this part of what the stream brings; a keyframe goes away at the link's
/// own rate, which is at least the stream's.
pub(crate) const SHORT_OF: f64 = 0.85;

/// How often [`LinkWatch::glance`] wants to be called: a keyframe of a slow stream is gone after some 50 ms.
pub(crate) const GLANCE: Duration = Duration::from_millis(25);
/// A burst that carried less says nothing about the link.
const TELLING_BYTES: u64 = 3_000;
/// A burst that is not over by then is no burst but a standing backlog; what it carried counts all the same.
const LONGEST_BURST: Duration = Duration::from_secs(1);
/// Bursts speak for so long: two keyframes of the usual two seconds.
const BURSTS: Duration = Duration::from_secs(5);
/// What waited less than this (and the way there and back) went at once: three glances.
const AT_ONCE: Duration = Duration::from_millis(75);
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
    /// Bytes that wait beyond what is always on its way.
    pub waiting_bytes: f64,
    /// The least of them in the last group of pictures.
    pub staying_bytes: f64,
    /// How long something has been waiting without a break: what arrives meanwhile is what the link takes, not what the
    /// stream brings.
    pub busy: Duration,
    /// How long bytes are on their way when nothing waits.
    pub trip: Duration,
    /// When this was seen, on the connection's clock, and the bytes that had arrived on the other side by then.
    pub seen: Duration,
    /// See `seen`.
    pub arrived_bytes: u64,
    /// Whether everything of the last keyframes, themselves included, went at once.
    pub is_free: bool,
    /// What the stream brought in the last two seconds, kbit/s, the protocol included; `None` until it is known.
    pub brought_kbps: Option<f64>,
}

impl LinkView {
    /// What goes over the link now at most, kbit/s: the stream, or what the link takes of it.
    pub(crate) fn least_kbps(&self, stream_kbps: u32) -> f64 {
        let stream = f64::from(stream_kbps);
        match self.is_congested {
            true => stream.min(self.taken_kbps),
            false => stream,
        }
    }
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
    /// Least time on the way of each second of [`BASE`], newest last: the second and the milliseconds.
    trips: VecDeque<(u64, f64)>,
    taken_kbps: f64,
    /// When the first bytes went.
    opened: Option<Duration>,
    last: Option<LinkSample>,
    burst: Option<Burst>,
    /// Since when something waits at every glance.
    busy_since: Option<Duration>,
    /// When something had been waiting for longer than a moment.
    waited: Option<Duration>,
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
        let base = self.base_bytes();
        // A picture and a half at 30 a second.
        let usual = USUAL_BYTES.max(u64::from(stream_kbps) * 50 / 8);
        let is_large = waiting(&sample) > base + usual;
        match (is_large, self.busy_since) {
            (true, None) => self.busy_since = Some(last.at),
            (false, Some(_)) => self.busy_since = None,
            _ => {}
        }
        if self.busy(sample.at) > AT_ONCE + self.trip() {
            self.waited = Some(sample.at);
        }
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

    fn busy(&self, at: Duration) -> Duration {
        self.busy_since
            .map_or(Duration::ZERO, |since| at.saturating_sub(since))
    }

    fn note_burst(&mut self, at: Duration, lasted: Duration, bytes: u64) {
        // The word of the last byte is a round trip late; but where something always waits, what looks like the trip is
        // mostly that.
        let lasted = lasted
            .saturating_sub(self.trip().min(lasted / 2))
            .max(GLANCE);
        if bytes >= TELLING_BYTES {
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
            .is_some_and(|next| sample.at.saturating_sub(next.at) >= GROUP)
        {
            self.samples.pop_front();
        }
        if sample.accepted_bytes > 0 {
            self.opened.get_or_insert(sample.at);
        }
        self.taken_kbps = self.taken();
        let waits = waiting(&sample);
        self.note_trip(&sample);
        let base = self.base_bytes();
        let beyond = |bytes: u64| bytes.saturating_sub(base) as f64;
        // Bytes to milliseconds at the stream's rate: kbit/s is bits a millisecond.
        let ms = |bytes: f64| bytes * 8.0 / f64::from(stream_kbps.max(1));
        let standing = beyond(self.least_of(STANDING).unwrap_or(0));
        let staying = beyond(self.least_of(GROUP).unwrap_or(0));
        let taken_kbps = self.taken_kbps;
        let brings_more = taken_kbps < f64::from(stream_kbps) * SHORT_OF;
        let opens = self
            .opened
            .is_none_or(|at| sample.at.saturating_sub(at) < OPENS);
        let since = self.opened.max(self.waited).unwrap_or(sample.at);
        LinkView {
            taken_kbps,
            standing_ms: if opens { 0.0 } else { ms(standing) },
            is_congested: !opens
                && ms(standing) >= STANDING_MS
                && (brings_more || ms(staying) >= STAYS_MS),
            burst_kbps: self.burst_kbps(),
            waiting_bytes: beyond(waits),
            staying_bytes: staying,
            busy: self.busy(sample.at),
            is_free: sample.at.saturating_sub(since) >= BURSTS,
            trip: self.trip(),
            seen: sample.at,
            arrived_bytes: arrived(&sample),
            brought_kbps: self.brought_kbps(),
        }
    }

    /// How long what the socket holds takes until it has arrived, milliseconds. While nothing arrives it is told by the
    /// stream's own rate: a link that stands still for a moment takes it all at once afterwards.
    pub fn ahead_ms(&self, sample: &LinkSample, stream_kbps: u32) -> u64 {
        let under_way = sample.kernel_bytes.unwrap_or(0) as f64 * 8.0;
        let kbps = match self.taken_kbps >= TELLING_KBPS {
            true => self.taken_kbps,
            false => f64::from(stream_kbps.max(1)),
        };
        (under_way / kbps) as u64
    }

    /// What waited at every moment of the last `length`; `None` when it is not known for so long.
    fn least_of(&self, length: Duration) -> Option<u64> {
        let newest = self.samples.back()?.at;
        let age = |s: &&LinkSample| newest.saturating_sub(s.at);
        let covered = self.samples.front().is_some_and(|s| age(&s) >= length);
        let inside = self.samples.iter().filter(|s| age(s) <= length);
        inside.map(waiting).min().filter(|_| covered)
    }

    /// Over two seconds, so that every keyframe counts once.
    fn brought_kbps(&self) -> Option<f64> {
        let newest = self.samples.back()?;
        let then = self
            .samples
            .iter()
            .rev()
            .find(|s| newest.at.saturating_sub(s.at) >= TWO_SECONDS)?;
        let brought = |s: &LinkSample| (s.accepted_bytes + s.queued_bytes) as f64;
        Some(
            (brought(newest) - brought(then)).max(0.0)
                / 125.0
                / (newest.at - then.at).as_secs_f64(),
        )
    }

    fn burst_kbps(&self) -> Option<f64> {
        let mut newest = self.bursts.iter().rev().map(|(_, kbps)| *kbps);
        Some(newest.next()?.min(newest.next()?))
    }

    /// kbit/s and milliseconds make bits.
    fn note_trip(&mut self, sample: &LinkSample) {
        let Some(under_way) = sample
            .kernel_bytes
            .filter(|_| self.taken_kbps >= TELLING_KBPS)
        else {
            return;
        };
        let (second, trip) = (
            sample.at.as_secs(),
            under_way as f64 * 8.0 / self.taken_kbps,
        );
        match self.trips.back_mut() {
            Some((last, least)) if *last == second => *least = least.min(trip),
            _ => self.trips.push_back((second, trip)),
        }
        while self
            .trips
            .front()
            .is_some_and(|(oldest, _)| oldest + BASE.as_secs() < second)
        {
            self.trips.pop_front();
        }
    }

    fn trip(&self) -> Duration {
        let trips = self.trips.iter().map(|(_, trip)| *trip);
        let least = trips.reduce(f64::min).unwrap_or(0.0);
        Duration::from_secs_f64(least.min(LONGEST_TRIP_MS) / 1000.0)
    }

    /// What is always on its way at the rate of now.
    fn base_bytes(&self) -> u64 {
        (self.trip().as_secs_f64() * self.taken_kbps * 125.0) as u64
    }

    fn taken(&self) -> f64 {
        let Some(last) = self.samples.back() else {
            return 0.0;
        };
        let before = self.samples.iter().rev();
        let first = before
            .take_while(|s| last.at.saturating_sub(s.at) <= WINDOW)
            .last();
        match first {
            Some(first) if last.at > first.at => {
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
