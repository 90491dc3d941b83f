//! crowd owns whether those who are last to lose have their share at the least bitrate. A link that does not give way (SRT,
//! WebRTC) or brings more than is asked takes what a socket's link then lacks. Pure: the time comes in.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::plan::Member;
use crate::uplink::{LinkView, STANDING_MS, STAYS_MS};

/// What a link may cost of what is asked of it: a transport stream of a thin stream costs a third more.
const COSTS_MOST: f64 = 2.0;
/// How much of a newly seen cost is believed at each look.
const LEARNS: f64 = 0.1;
/// The most important must have been well for so long before somebody who made room for it comes back: five keyframes.
const WELL: Duration = Duration::from_secs(10);
/// A pause must have helped by then ...
const HELPS_WITHIN: Duration = Duration::from_secs(8);
/// ... to so many times what got through before; else the link is slow by itself.
const HELPS: f64 = 1.1;
/// For so long one that nobody's pause helps is not made room for again.
const OWN_TROUBLE: Duration = Duration::from_secs(300);

/// A pause for somebody's sake that has not been judged yet.
#[derive(Debug, Clone, PartialEq)]
struct Helping {
    whom: String,
    since: Duration,
    took_kbps: f64,
}

/// Follows the destinations of one budget.
#[derive(Debug, Clone, Default)]
pub(crate) struct Crowd {
    /// What each brings of what is asked, 1 at least.
    costs: BTreeMap<String, f64>,
    /// When the most important, which somebody paused for, was not well the last time.
    unwell: Option<Duration>,
    helping: Option<Helping>,
    /// Whose link is slow whatever the others do, and until when that is believed.
    own_trouble: Option<(String, Duration)>,
}

impl Crowd {
    /// Learns what really comes when so much is asked of each for long enough.
    pub fn learn<'a>(&mut self, sending: impl Iterator<Item = &'a Member>, asked_kbps: u32) {
        for member in sending {
            let Some(brought) = member.link.and_then(|link| link.brought_kbps) else {
                continue;
            };
            let now = (brought / f64::from(asked_kbps.max(1))).clamp(1.0, COSTS_MOST);
            let cost = self.costs.entry(member.id.clone()).or_insert(now);
            *cost += (now - *cost) * LEARNS;
        }
    }

    /// What a destination brings of what is asked.
    pub fn cost(&self, id: &str) -> f64 {
        self.costs.get(id).copied().unwrap_or(1.0)
    }

    /// Looks after the most important one; `asked_kbps`: what each is sent. True when the last pause for it helped
    /// nothing and is better taken back.
    pub fn look(&mut self, now: Duration, members: &[Member], asked_kbps: u32) -> bool {
        let Some(first) = first(members) else {
            return false;
        };
        self.own_trouble.take_if(|(_, until)| now >= *until);
        self.unwell.take_if(|at| now.saturating_sub(*at) >= WELL);
        if self.unwell.is_some() && !is_well(first.link.as_ref()) {
            self.unwell = Some(now);
        }
        let is_over = |h: &mut Helping| now.saturating_sub(h.since) >= HELPS_WITHIN;
        if let Some(helping) = self.helping.take_if(is_over)
            && let Some(link) = first.link.filter(|_| first.id == helping.whom)
            && stays_ms(&link, asked_kbps) >= STAYS_MS
            && link.taken_kbps < helping.took_kbps * HELPS
        {
            self.own_trouble = Some((helping.whom, now + OWN_TROUBLE));
            self.unwell = None;
            return true;
        }
        false
    }

    /// Whether the most important one falls behind while less important ones send.
    pub fn is_tight<'a>(
        &self,
        sending: impl Iterator<Item = &'a Member> + Clone,
        asked_kbps: u32,
    ) -> bool {
        let connected = sending.filter(|member| member.link.is_some());
        let first = connected.clone().min_by_key(|m| (m.priority, &m.id));
        let Some((first, link)) = first.and_then(|first| Some((first, first.link?))) else {
            return false;
        };
        let mut others = connected;
        others.any(|other| other.priority > first.priority)
            && !self.has_own_trouble(&first.id)
            && link.standing_ms >= STANDING_MS
            && stays_ms(&link, asked_kbps) >= STAYS_MS
    }

    /// Somebody paused for the most important one.
    pub fn made_room(&mut self, now: Duration, members: &[Member]) {
        self.unwell = Some(now);
        self.helping = first(members).and_then(|first| {
            Some(Helping {
                whom: first.id.clone(),
                since: now,
                took_kbps: first.link?.taken_kbps,
            })
        });
    }

    /// Whether somebody who paused may come back.
    pub fn may_return(&self, now: Duration) -> bool {
        self.unwell.is_none_or(|at| now.saturating_sub(at) >= WELL)
    }

    fn has_own_trouble(&self, id: &str) -> bool {
        self.own_trouble
            .as_ref()
            .is_some_and(|(whose, _)| whose == id)
    }
}

/// The most important one, where there is one.
fn first(members: &[Member]) -> Option<&Member> {
    let first = members.iter().min_by_key(|m| (m.priority, &m.id))?;
    let is_lone = members.iter().all(|m| m.priority == first.priority);
    (!is_lone).then_some(first)
}

fn is_well(link: Option<&LinkView>) -> bool {
    link.is_some_and(|link| link.standing_ms < STANDING_MS)
}

/// What waits through a whole group of pictures, milliseconds of stream.
fn stays_ms(link: &LinkView, asked_kbps: u32) -> f64 {
    link.staying_bytes * 8.0 / f64::from(asked_kbps.max(1))
}

#[cfg(test)]
#[path = "crowd_tests.rs"]
mod tests;
