//! capacity owns what several links together say of the uplink they share: what it takes, how sure that is, and whether
//! it is short. Pure: the time comes in.

use std::collections::VecDeque;
use std::time::Duration;

use crate::uplink::{LinkView, SHORT_OF, STANDING_MS};

/// Measured times speak for so long: three keyframes of the usual two seconds ...
const SPEAKS: Duration = Duration::from_secs(6);
/// ... and while there is nothing newer, for so long.
const REMEMBERED: Duration = Duration::from_secs(60);
/// Measured for less in all is not believed: an acknowledgement that waited for a lost packet brings many at once.
const ENOUGH: Duration = Duration::from_millis(500);
/// The rate right after an idle moment is the bucket's in the way, not the uplink's.
const BUCKET: Duration = Duration::from_millis(100);
/// A longer one is measured over its end.
const LONGEST: Duration = Duration::from_secs(3);
/// The largest backlog of so long ago is a keyframe's, and usual.
const USUAL: u64 = 10;
/// A backlog above the usual one by this part and ...
const UNUSUAL: f64 = 1.3;
/// ... by so much stream is no keyframe's, milliseconds.
const UNUSUAL_MS: f64 = 150.0;
/// Less than so much stream waiting is no shortage, whatever the rates say: a look apart from the glances.
const LITTLE_MS: f64 = 150.0;
/// A backlog of so much stream, there through a whole group of pictures, is one that grows.
const STAYS_MS: f64 = 120.0;
/// How much of a newly brought rate is believed at each look, and its bounds: a scene that needs fewer bits than asked
/// is followed by one that needs them all.
const LEARNS: f64 = 0.1;
const BRINGS_LEAST: f64 = 0.94;
const BRINGS_MOST: f64 = 1.1;

/// How the uplink is short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Short {
    /// It takes clearly less than is asked of it.
    Fell,
    /// It takes nearly what is asked, and never gets to the end of it.
    Slightly,
}

/// A time in which the uplink had all it could take.
#[derive(Debug, Clone, Copy)]
struct Span {
    ended: Duration,
    lasted: Duration,
    kbps: f64,
}

/// Where one link stood.
#[derive(Debug, Clone, Copy)]
struct Mark {
    seen: Duration,
    arrived_bytes: u64,
}

/// Follows the links that are sent one stream each.
#[derive(Debug, Clone)]
pub(crate) struct Capacity {
    spans: VecDeque<Span>,
    /// The looks of the last [`LONGEST`], newest last: where every link stood.
    marks: VecDeque<Vec<Mark>>,
    /// Largest backlog of each second, milliseconds of stream.
    peaks: VecDeque<(u64, f64)>,
    /// What comes of what is asked of the encoder.
    brings: f64,
}

impl Default for Capacity {
    fn default() -> Self {
        Self {
            spans: VecDeque::new(),
            marks: VecDeque::new(),
            peaks: VecDeque::new(),
            brings: 1.0,
        }
    }
}

impl Capacity {
    /// Takes the links of now, in an order that stays. `asked_kbps`: what each is sent.
    pub fn look(&mut self, now: Duration, links: &[LinkView], asked_kbps: u32) {
        let marks = links.iter().map(|link| Mark {
            seen: link.seen,
            arrived_bytes: link.arrived_bytes,
        });
        let marks: Vec<Mark> = marks.collect();
        // Another number of links, or a link that began anew: what was seen before does not compare.
        let goes_on = self.marks.back().is_none_or(|before| {
            let pairs = before.iter().zip(&marks);
            before.len() == marks.len() && { pairs }
                .all(|(a, b)| a.seen <= b.seen && a.arrived_bytes <= b.arrived_bytes)
        });
        if !goes_on {
            self.marks.clear();
        }
        let busy = links
            .iter()
            .map(|link| link.busy.saturating_sub(BUCKET + link.trip));
        self.note(now, &marks, busy.max().unwrap_or_default());
        self.marks.push_back(marks);
        while self
            .marks
            .front()
            .zip(self.marks.back())
            .is_some_and(|(first, last)| {
                let ages = first
                    .iter()
                    .zip(last)
                    .map(|(a, b)| b.seen.saturating_sub(a.seen));
                ages.max().unwrap_or_default() > LONGEST
            })
        {
            self.marks.pop_front();
        }
        while let Some(oldest) = self.spans.front() {
            let age = now.saturating_sub(oldest.ended);
            let others: Duration = self.spans.iter().skip(1).map(|s| s.lasted).sum();
            if age <= SPEAKS || age <= REMEMBERED && others < ENOUGH {
                break;
            }
            self.spans.pop_front();
        }
        let (second, waits) = (now.as_secs(), waiting_ms(links, asked_kbps));
        match self.peaks.back_mut() {
            Some((last, most)) if *last == second => *most = most.max(waits),
            _ => self.peaks.push_back((second, waits)),
        }
        while self
            .peaks
            .front()
            .is_some_and(|(oldest, _)| oldest + USUAL < second)
        {
            self.peaks.pop_front();
        }
    }

    /// Learns what really comes when so much is asked of each for long enough.
    pub fn learn(&mut self, links: &[LinkView], asked_kbps: u32) {
        let brought: Option<f64> = links.iter().map(|link| link.brought_kbps).sum();
        let asked = f64::from(asked_kbps) * links.len() as f64;
        if let Some(brought) = brought.filter(|_| asked > 0.0) {
            self.brings += (brought / asked - self.brings) * LEARNS;
            self.brings = self.brings.clamp(BRINGS_LEAST, BRINGS_MOST);
        }
    }

    /// What comes of what is asked of the encoder.
    pub fn brings(&self) -> f64 {
        self.brings
    }

    /// Measures the uplink over the last `busy`.
    fn note(&mut self, now: Duration, marks: &[Mark], busy: Duration) {
        let age = |then: &Vec<Mark>| {
            let ages = then
                .iter()
                .zip(marks)
                .map(|(a, b)| b.seen.saturating_sub(a.seen));
            ages.max().unwrap_or_default()
        };
        let inside = self.marks.iter().find(|then| age(then) <= busy);
        let Some((then, lasted)) = inside.map(|then| (then, age(then))) else {
            return;
        };
        let kbps = then.iter().zip(marks).map(|(a, b)| {
            let seconds = b.seen.saturating_sub(a.seen).as_secs_f64();
            (b.arrived_bytes - a.arrived_bytes) as f64 / 125.0 / seconds.max(0.001)
        });
        let span = Span {
            ended: now,
            lasted,
            kbps: kbps.sum(),
        };
        // It goes on: the longer one takes its place.
        let began = now.saturating_sub(lasted);
        while self
            .spans
            .back()
            .is_some_and(|before| before.ended >= began)
        {
            self.spans.pop_back();
        }
        self.spans.push_back(span);
    }

    /// What the uplink takes, kbit/s; `None` while nothing was backlogged for long enough.
    pub fn measured_kbps(&self) -> Option<f64> {
        let seconds: f64 = self.spans.iter().map(|s| s.lasted.as_secs_f64()).sum();
        let kbit: f64 = self
            .spans
            .iter()
            .map(|s| s.kbps * s.lasted.as_secs_f64())
            .sum();
        (seconds >= ENOUGH.as_secs_f64()).then(|| kbit / seconds)
    }

    /// What was measured until now was only the way to it.
    pub fn keep_newest(&mut self) {
        let spans = self.spans.len();
        self.spans.drain(..spans.saturating_sub(1));
    }

    /// Whether it was measured within the last keyframes.
    pub fn is_fresh(&self, now: Duration) -> bool {
        let last = self.spans.back();
        last.is_some_and(|span| now.saturating_sub(span.ended) <= SPEAKS)
    }

    /// What it takes at this moment, when it has enough to do.
    pub fn takes_now_kbps(&self, now: Duration) -> Option<f64> {
        let last = self.spans.back()?;
        (last.ended == now && last.lasted >= ENOUGH).then_some(last.kbps)
    }

    /// What was measured before says nothing of now.
    pub fn forget(&mut self) {
        self.spans.clear();
        self.marks.clear();
        self.peaks.clear();
    }

    /// Whether the uplink is short. A single slow link among several is its own trouble.
    pub fn shortage(&self, links: &[LinkView], asked_kbps: u32) -> Option<Short> {
        let standing = links.iter().filter(|l| l.standing_ms >= STANDING_MS);
        if standing.count() * 2 <= links.len() {
            return None;
        }
        let asked = f64::from(asked_kbps) * links.len() as f64;
        let waits = waiting_ms(links, asked_kbps);
        if sum(links, |l| l.taken_kbps) < asked * SHORT_OF && waits >= LITTLE_MS {
            return Some(Short::Fell);
        }
        let stays = sum(links, |l| l.staying_bytes) * 8.0 / asked.max(1.0);
        // Without the last second, which may be the beginning of it.
        let before = self.peaks.iter().rev().skip(2);
        let usual = before.map(|(_, most)| *most).reduce(f64::max);
        let is_unusual = usual.is_some_and(|most| waits > most * UNUSUAL + UNUSUAL_MS);
        (stays >= STAYS_MS || is_unusual).then_some(Short::Slightly)
    }
}

/// Backlog of all of them, milliseconds of what they are sent.
pub(crate) fn waiting_ms(links: &[LinkView], asked_kbps: u32) -> f64 {
    let asked = f64::from(asked_kbps) * links.len() as f64;
    sum(links, |l| l.waiting_bytes) * 8.0 / asked.max(1.0)
}

pub(crate) fn sum(links: &[LinkView], of: impl Fn(&LinkView) -> f64) -> f64 {
    links.iter().map(of).sum()
}
