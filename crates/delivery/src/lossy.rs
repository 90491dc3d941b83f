//! lossy owns what the counts of a connection say that loses what its link does not carry (SRT, WebRTC), in the words
//! used for sockets of our own. Nothing waits on such a link for long: what is missing on the other side stands for
//! what would wait. Pure: the time comes in.

use std::collections::VecDeque;
use std::time::Duration;

use crate::uplink::{LinkView, OPENS, SHORT_OF, STANDING_MS, STAYS_MS};

/// What is missing of so long ago counts: a group of pictures, so that every keyframe counts once.
const MISSING: Duration = Duration::from_secs(2);
/// The rate is judged over this.
const WINDOW: Duration = Duration::from_millis(650);
/// What is missing at every moment of this long stands.
const STANDING: Duration = Duration::from_millis(400);
/// What is missing through a group of pictures and a little is no keyframe's.
const GROUP: Duration = Duration::from_millis(2_200);

/// Counts of a connection since it began; they only grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LossyCounts {
    /// Bytes of the stream that were sent, each once, as they are on the wire.
    pub brought_bytes: u64,
    /// Bytes of them, repetitions included, that came to the other side.
    pub arrived_bytes: u64,
    /// How long bytes are on their way when nothing waits.
    pub trip: Duration,
    /// How much longer they are now.
    pub longer: Duration,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    at: Duration,
    counts: LossyCounts,
    /// Bytes that wait on the way or are missing.
    waiting: f64,
}

/// Follows one connection; a new connection needs a new one.
#[derive(Debug, Clone, Default)]
pub struct LossyWatch {
    /// Of the last [`GROUP`], newest last.
    seen: VecDeque<Seen>,
    /// When the first bytes went.
    opened: Option<Duration>,
    /// Since when more is missing than stands on a link that carries everything.
    busy_since: Option<Duration>,
}

impl LossyWatch {
    /// Takes the counts of now, since any fixed moment; `stream_kbps` is what the stream brings. Wants to be called some
    /// five times a second.
    pub fn look(&mut self, at: Duration, counts: LossyCounts, stream_kbps: u32) -> LinkView {
        let stream_kbps = f64::from(stream_kbps.max(1));
        if counts.brought_bytes > 0 {
            self.opened.get_or_insert(at);
        }
        self.seen.push_back(Seen {
            at,
            counts,
            waiting: 0.0,
        });
        while self
            .seen
            .get(1)
            .is_some_and(|next| at.saturating_sub(next.at) >= GROUP)
        {
            self.seen.pop_front();
        }
        let taken_kbps = self.rate(WINDOW, |counts| counts.arrived_bytes);
        // kbit/s and seconds.
        let longer = counts.longer.as_secs_f64() * taken_kbps * 125.0;
        let waiting = self.missing() + longer;
        if let Some(newest) = self.seen.back_mut() {
            newest.waiting = waiting;
        }
        // Bytes to milliseconds at the stream's rate.
        let ms = |bytes: f64| bytes * 8.0 / stream_kbps;
        match (ms(waiting) >= STANDING_MS, self.busy_since) {
            (true, None) => self.busy_since = Some(at),
            (false, Some(_)) => self.busy_since = None,
            _ => {}
        }
        let (standing, staying) = (self.least_of(STANDING), self.least_of(GROUP));
        let opens = self
            .opened
            .is_none_or(|opened| at.saturating_sub(opened) < OPENS);
        let brings_more = taken_kbps < stream_kbps * SHORT_OF;
        let busy = self.busy_since.map(|since| at.saturating_sub(since));
        LinkView {
            taken_kbps,
            standing_ms: if opens { 0.0 } else { ms(standing) },
            is_congested: !opens
                && ms(standing) >= STANDING_MS
                && (brings_more || ms(staying) >= STAYS_MS),
            burst_kbps: None,
            waiting_bytes: waiting,
            staying_bytes: staying,
            busy: busy.unwrap_or_default(),
            is_free: false,
            trip: counts.trip,
            seen: at,
            arrived_bytes: counts.arrived_bytes,
            brought_kbps: self
                .covers(MISSING)
                .then(|| self.rate(MISSING, |counts| counts.brought_bytes)),
        }
    }

    /// What did not come of what was brought in the last [`MISSING`].
    fn missing(&self) -> f64 {
        let Some((first, last)) = self.span(MISSING) else {
            return 0.0;
        };
        let brought = last
            .counts
            .brought_bytes
            .saturating_sub(first.counts.brought_bytes);
        let arrived = last
            .counts
            .arrived_bytes
            .saturating_sub(first.counts.arrived_bytes);
        brought.saturating_sub(arrived) as f64
    }

    /// Grown in the last `length`, kbit/s.
    fn rate(&self, length: Duration, of: impl Fn(&LossyCounts) -> u64) -> f64 {
        match self.span(length) {
            Some((first, last)) if last.at > first.at => {
                let bytes = of(&last.counts).saturating_sub(of(&first.counts)) as f64;
                bytes / 125.0 / (last.at - first.at).as_secs_f64()
            }
            _ => 0.0,
        }
    }

    /// Oldest and newest of the last `length`.
    fn span(&self, length: Duration) -> Option<(&Seen, &Seen)> {
        let last = self.seen.back()?;
        let inside = |seen: &&Seen| last.at.saturating_sub(seen.at) <= length;
        Some((self.seen.iter().find(inside)?, last))
    }

    fn covers(&self, length: Duration) -> bool {
        let ends = self.seen.front().zip(self.seen.back());
        ends.is_some_and(|(first, last)| last.at.saturating_sub(first.at) >= length)
    }

    /// What waited at every moment of the last `length`; nothing while it is not known for so long.
    fn least_of(&self, length: Duration) -> f64 {
        let Some(last) = self.seen.back().filter(|_| self.covers(length)) else {
            return 0.0;
        };
        let inside = self.seen.iter().rev();
        let inside = inside.take_while(|seen| last.at.saturating_sub(seen.at) <= length);
        inside
            .map(|seen| seen.waiting)
            .reduce(f64::min)
            .unwrap_or(0.0)
    }
}

#[cfg(test)]
#[path = "lossy_tests.rs"]
mod tests;
