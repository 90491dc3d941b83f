//! budget owns how the uplink is shared: the bitrate proposed to the one encoder, and which destinations pause so that
//! the others keep a watchable one. Pure: the time comes in. A single slow destination among several is its own
//! trouble and changes nothing here; the uplink is short when most of them are.

use std::time::Duration;

use crate::uplink::LinkView;

/// What is asked for of what the link took: the rest drains the backlog.
const OF_TAKEN: f64 = 0.85;
/// A bitrate needs this long to show in the backlog; then it is judged.
const SETTLES: Duration = Duration::from_secs(2);
/// Time between two steps up in the dark: three a minute, and with the two steps down that a sudden shortage may take
/// that stays below six changes.
const STEP_EVERY: Duration = Duration::from_secs(20);
/// Time between two steps up where keyframes went away so fast that the link must take more: two keyframes.
const RAMP_EVERY: Duration = Duration::from_secs(5);
/// The most that such a step multiplies: a burst may have found an empty buffer in the way.
const RAMP_MOST: f64 = 2.0;
/// The least for which it is worth a change.
const RAMP_LEAST: f64 = 1.2;
/// A bitrate that was too much is tried before its time when bursts went at so many times of it.
const CLEARLY_MORE: f64 = 1.6;
/// A step up, of the nominal bitrate.
const STEP: f64 = 0.1;
/// A backlog of less is believed to pass while the link takes more than it is asked, milliseconds of each link.
const PASSING_MS: f64 = 500.0;
/// First wait before a bitrate that was too much (or a paused destination) is tried again; it doubles with each failure.
const TRY_AGAIN: Duration = Duration::from_secs(60);
/// Longest such wait.
const TRY_AGAIN_MOST: Duration = Duration::from_secs(600);
/// A try that meets no congestion for so long has worked.
const PROVEN: Duration = Duration::from_secs(15);

/// What the encoder may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetLimits {
    /// What the user chose, kbit/s.
    pub nominal_kbps: u32,
    /// Below this nobody wants to watch, kbit/s; destinations pause before it is undercut.
    pub floor_kbps: u32,
}

/// A destination as the budget sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The caller's name for it.
    pub id: String,
    /// 0 is the last to pause.
    pub priority: u32,
    /// Its link; `None` while it is not connected or paused.
    pub link: Option<LinkView>,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Bitrate for the encoder, kbit/s, from the floor to the nominal one.
    pub kbps: u32,
    /// Destinations that pause, least important first.
    pub paused: Vec<String>,
}

/// A step up that is not proven yet.
#[derive(Debug, Clone, Copy)]
struct Try {
    began: Duration,
    why: Why,
}

/// What a step up was taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// Keyframes went away fast.
    Bursts,
    /// Nothing was short for long enough.
    Time,
}

/// Decides about five times a second. Its plan changes rarely on a link that does not.
#[derive(Debug, Clone)]
pub struct Budget {
    limits: BudgetLimits,
    plan: Plan,
    /// When the plan last changed, and how much stood in the links then.
    changed: Option<Duration>,
    stood_ms: f64,
    /// The least bitrate that was too much, and when it may be tried again.
    too_much: Option<(f64, Duration)>,
    trying: Option<Try>,
    wait: Duration,
    /// Bursts promised more than the link held: until when they are not believed.
    doubted_until: Option<Duration>,
}

impl Budget {
    /// Begins at the nominal bitrate with nobody paused. A floor above the nominal bitrate counts as that.
    pub fn new(limits: BudgetLimits) -> Self {
        let limits = BudgetLimits {
            floor_kbps: limits.floor_kbps.min(limits.nominal_kbps),
            ..limits
        };
        Self {
            limits,
            plan: Plan {
                kbps: limits.nominal_kbps,
                paused: Vec::new(),
            },
            changed: None,
            stood_ms: 0.0,
            too_much: None,
            trying: None,
            wait: TRY_AGAIN,
            doubted_until: None,
        }
    }

    /// What was decided last.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The plan for now.
    pub fn decide(&mut self, now: Duration, members: &[Member]) -> &Plan {
        self.plan
            .paused
            .retain(|id| members.iter().any(|member| &member.id == id));
        let links: Vec<LinkView> = self.sending(members).filter_map(|m| m.link).collect();
        let congested = links.iter().filter(|link| link.is_congested).count();
        let standing: f64 = links.iter().map(|link| link.standing_ms).sum();
        if congested * 2 > links.len() {
            self.shortage(now, members, &links, standing);
        } else if links.is_empty() {
            self.nobody_sends(now, members);
        } else if congested == 0 {
            self.plenty(now, members, &links);
        }
        &self.plan
    }

    /// Who paused made room for somebody who has lost the connection: the uplink is free.
    fn nobody_sends(&mut self, now: Duration, members: &[Member]) {
        if self
            .changed
            .is_some_and(|at| now.saturating_sub(at) >= SETTLES)
        {
            self.bring_back(now, members, f64::from(self.plan.kbps), Why::Time);
        }
    }

    fn sending<'a>(&self, members: &'a [Member]) -> impl Iterator<Item = &'a Member> {
        let paused = self.plan.paused.clone();
        members.iter().filter(move |m| !paused.contains(&m.id))
    }

    fn shortage(&mut self, now: Duration, members: &[Member], links: &[LinkView], standing: f64) {
        if self
            .changed
            .is_some_and(|at| now.saturating_sub(at) < SETTLES)
        {
            return;
        }
        // It drains already: wait on.
        if self.changed.is_some() && standing < self.stood_ms {
            self.stood_ms = standing;
            self.changed = Some(now);
            return;
        }
        let taken: f64 = links.iter().map(|link| link.taken_kbps).sum();
        let usable = taken * OF_TAKEN;
        // The link takes more than is asked of it: a large keyframe is on its way, or an old backlog.
        if usable / links.len().max(1) as f64 >= f64::from(self.plan.kbps)
            && standing < PASSING_MS * links.len() as f64
        {
            return;
        }
        if let Some(failed) = self.trying.take() {
            self.wait = (self.wait * 2).min(TRY_AGAIN_MOST);
            if failed.why == Why::Bursts {
                self.doubted_until = Some(now + self.wait);
            }
        }
        self.too_much = Some((f64::from(self.plan.kbps), now + self.wait));
        let floor = f64::from(self.limits.floor_kbps);
        // One that is not connected takes nothing and needs nobody's room.
        let connected = self.sending(members).filter(|m| m.link.is_some());
        let mut sending: Vec<&Member> = connected.collect();
        // Most important first; names decide between equals, so that the choice stays.
        sending.sort_by(|a, b| (a.priority, &a.id).cmp(&(b.priority, &b.id)));
        let mut left = sending.len();
        while left > 1 && usable / (left as f64) < floor {
            left -= 1;
            self.plan.paused.push(sending[left].id.clone());
        }
        let share = usable / left.max(1) as f64;
        let kbps = share.min(f64::from(self.plan.kbps) * OF_TAKEN).max(floor);
        self.set(now, kbps, standing);
    }

    /// Goes up at once where the bursts say that the link takes more; true when it did.
    fn ramp(&mut self, now: Duration, members: &[Member], links: &[LinkView]) -> bool {
        let is_new = self
            .changed
            .is_none_or(|at| now.saturating_sub(at) < RAMP_EVERY);
        if is_new || self.doubted_until.is_some_and(|until| now < until) {
            return false;
        }
        let Some(taken) = links
            .iter()
            .map(|link| link.burst_kbps)
            .sum::<Option<f64>>()
        else {
            return false;
        };
        let usable = taken * OF_TAKEN;
        let (kbps, floor, nominal) = (
            f64::from(self.plan.kbps),
            f64::from(self.limits.floor_kbps),
            f64::from(self.limits.nominal_kbps),
        );
        let with_one_more = usable / (links.len() + 1) as f64;
        if !self.plan.paused.is_empty() && with_one_more >= floor * CLEARLY_MORE {
            let share = with_one_more.clamp(floor, kbps.max(floor));
            self.bring_back(now, members, share, Why::Bursts);
            return true;
        }
        let mut next = (usable / links.len() as f64)
            .min(kbps * RAMP_MOST)
            .min(nominal);
        if let Some((limit, until)) = self.too_much
            && now < until
            && usable / (links.len() as f64) < limit * CLEARLY_MORE
        {
            next = next.min(limit * OF_TAKEN);
        }
        if next < kbps * RAMP_LEAST && next < nominal || next <= kbps {
            return false;
        }
        self.go_up(now, next, Why::Bursts);
        true
    }

    /// Lets the most important of the paused send again.
    fn bring_back(&mut self, now: Duration, members: &[Member], kbps: f64, why: Why) {
        let paused = &mut self.plan.paused;
        let waiting = members.iter().filter(|m| paused.contains(&m.id));
        if let Some(first) = waiting.min_by_key(|m| (m.priority, &m.id)) {
            paused.retain(|id| *id != first.id);
            self.go_up(now, kbps, why);
        }
    }

    fn plenty(&mut self, now: Duration, members: &[Member], links: &[LinkView]) {
        if let Some(Try { began, .. }) = self.trying
            && now.saturating_sub(began) >= PROVEN
        {
            (self.trying, self.wait) = (None, TRY_AGAIN);
            if self
                .too_much
                .is_some_and(|(kbps, _)| f64::from(self.plan.kbps) >= kbps)
            {
                self.too_much = None;
            }
        }
        let Some(changed) = self.changed else { return };
        if self.ramp(now, members, links) || now.saturating_sub(changed) < STEP_EVERY {
            return;
        }
        let (kbps, nominal) = (
            f64::from(self.plan.kbps),
            f64::from(self.limits.nominal_kbps),
        );
        let next = (kbps + nominal * STEP).min(nominal);
        let barred = |wanted: f64| {
            self.too_much
                .is_some_and(|(limit, until)| wanted >= limit * OF_TAKEN && now < until)
        };
        if kbps < nominal {
            if !barred(next) {
                let is_known = self
                    .too_much
                    .is_none_or(|(limit, _)| next < limit * OF_TAKEN);
                match is_known {
                    true => self.set(now, next, 0.0),
                    false => self.go_up(now, next, Why::Time),
                }
            }
            return;
        }
        // With the full bitrate back, the most important of the paused is tried.
        if self.too_much.is_some_and(|(_, until)| now < until) {
            return;
        }
        self.bring_back(now, members, nominal, Why::Time);
    }

    fn go_up(&mut self, now: Duration, kbps: f64, why: Why) {
        self.trying = Some(Try { began: now, why });
        self.set(now, kbps, 0.0);
    }

    fn set(&mut self, now: Duration, kbps: f64, standing: f64) {
        // Between floor and nominal, so it fits.
        self.plan.kbps = kbps.round() as u32;
        self.changed = Some(now);
        self.stood_ms = standing;
    }
}

#[cfg(test)]
#[path = "budget_tests.rs"]
mod tests;
