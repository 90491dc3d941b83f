//! budget owns how the uplink is shared: the bitrate proposed to the one encoder, and which destinations pause so that
//! the others keep a watchable one. Pure: the time comes in. A single slow destination among several is its own
//! trouble and changes nothing here; the uplink is short when most of them are.

use std::time::Duration;

use crate::capacity::{Capacity, Short, sum};
use crate::crowd::Crowd;
use crate::plan::{BudgetLimits, Member, Plan};
use crate::uplink::LinkView;

/// What is asked for of a measured uplink: the rest is for what an encoder strays.
const FILL: f64 = 0.97;
/// What is asked for of what the uplink took when it fell short: the rest drains the backlog.
const DRAINS: f64 = 0.85;
/// The same where it is only slightly short.
const DRAINS_SLOWLY: f64 = 0.92;
/// What is believed of the rate at which single keyframes went: a bucket in the way may have been full.
const OF_BURSTS: f64 = 0.85;
/// What is taken off after a measured rate was too much all the same, and the least that remains.
const LESS_FILL: f64 = 0.02;
const LEAST_FILL: f64 = 0.8;
/// A bitrate needs this long to show in the backlog; then it is judged.
const SETTLES: Duration = Duration::from_secs(2);
/// An encoder and the next keyframe need so long until a stream is what was asked.
const FOLLOWS: Duration = Duration::from_millis(3_500);
/// Time between two steps up in the dark.
const STEP_EVERY: Duration = Duration::from_secs(20);
/// Time between two steps up where keyframes went away so fast that the uplink must take more: one keyframe.
const RAMP_EVERY: Duration = Duration::from_millis(2_400);
/// The most that such a step multiplies: a burst may have found an empty buffer in the way.
const RAMP_MOST: f64 = 2.5;
/// The least for which it is worth a change.
const RAMP_LEAST: f64 = 1.1;
/// A measured uplink is followed for so much more ...
const WORTH: f64 = 1.04;
/// ... but small steps no faster than this: with a step down between them, fewer than six changes a minute.
const SMALL_EVERY: Duration = Duration::from_secs(20);
/// A larger step is taken as soon as the uplink is measured.
const LARGE: f64 = 1.25;
/// A bitrate that was too much is tried before its time when the uplink takes so many times of it.
const CLEARLY_MORE: f64 = 1.3;
/// The same where the uplink was measured a moment ago, or bursts promised too much before.
const FAR_MORE: f64 = 1.8;
/// What is asked of a bitrate that was too much.
const BELOW_FAILED: f64 = 0.96;
/// Somebody who paused comes back when there is so many times the least for everybody.
const ROOM_FOR_ONE: f64 = 1.1;
/// The same where only bursts say so.
const ROOM_BY_BURSTS: f64 = 1.5;
/// A bitrate below so many times the least has nothing to give for anybody.
const NEARLY_LEAST: f64 = 1.1;
/// A step up, of the nominal bitrate.
const STEP: f64 = 0.1;
/// The most of a step up, of the bitrate before.
const STEP_MOST: f64 = 0.25;
/// First wait before a bitrate that was too much (or a paused destination) is tried again; it doubles with each failure.
const TRY_AGAIN: Duration = Duration::from_secs(30);
/// Longest such wait.
const TRY_AGAIN_MOST: Duration = Duration::from_secs(600);
/// A bitrate of which everything, keyframes included, has gone at once for so long is far from what the link takes.
const FREE_FOR: Duration = Duration::from_secs(5);
/// A try that meets no congestion for so long has worked.
const PROVEN: Duration = Duration::from_secs(15);

/// A step up that is not proven yet.
#[derive(Debug, Clone, Copy)]
struct Try {
    began: Duration,
    why: Why,
}

/// What a step up was taken for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Why {
    /// The uplink was measured while it was backlogged.
    Measured,
    /// Keyframes went away so fast, kbit/s together.
    Bursts(f64),
    /// Nothing was short for long enough.
    Time,
}

/// Decides about five times a second. Its plan changes rarely on a link that does not.
#[derive(Debug, Clone)]
pub struct Budget {
    limits: BudgetLimits,
    plan: Plan,
    capacity: Capacity,
    crowd: Crowd,
    /// When the plan last changed.
    changed: Option<Duration>,
    /// Whether that was only roughly right: what drains a backlog, or what bursts let guess.
    is_rough: bool,
    /// Until when a shortage is not judged anew, and how much stood in the links then.
    judged: Option<Duration>,
    stood_bytes: f64,
    /// The least bitrate that was too much, and when it may be tried again.
    too_much: Option<(f64, Duration)>,
    trying: Option<Try>,
    wait: Duration,
    /// Bursts promised so many kbit/s and the uplink did not hold it: until when they are not believed unless they
    /// promise clearly more.
    doubted: Option<(f64, Duration)>,
    /// What is asked for of a measured uplink.
    fill: f64,
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
            capacity: Capacity::default(),
            crowd: Crowd::default(),
            changed: None,
            is_rough: false,
            judged: None,
            stood_bytes: 0.0,
            too_much: None,
            trying: None,
            wait: TRY_AGAIN,
            doubted: None,
            fill: FILL,
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
        if links.is_empty() {
            self.nobody_sends(now, members);
            return &self.plan;
        }
        self.capacity.look(now, &links, self.plan.kbps);
        if self.has_settled(now, FOLLOWS) {
            self.capacity.learn(&links, self.plan.kbps);
            let sending: Vec<Member> = self.sending(members).cloned().collect();
            self.crowd.learn(sending.iter(), self.plan.kbps);
        }
        if self.crowd.look(now, members, self.plan.kbps) {
            self.bring_back(now, members, self.kbps(), Why::Time);
        }
        match self.capacity.shortage(&links, self.plan.kbps) {
            Some(short) => self.shortage(now, members, &links, short),
            None if self.is_tight(now, members) => self.make_room(now, members),
            None => self.plenty(now, members, &links),
        }
        &self.plan
    }

    /// Whether the most important one lacks its share of an uplink that is not short as a whole.
    fn is_tight(&self, now: Duration, members: &[Member]) -> bool {
        let is_least = self.kbps() <= self.floor() * NEARLY_LEAST;
        let sending: Vec<&Member> = self.sending(members).collect();
        is_least
            && self.has_settled(now, FOLLOWS)
            && self.crowd.is_tight(sending.iter().copied(), self.plan.kbps)
    }

    /// The least important pauses for the most important.
    fn make_room(&mut self, now: Duration, members: &[Member]) {
        let connected = self.sending(members).filter(|m| m.link.is_some());
        let last = connected.max_by_key(|m| (m.priority, &m.id));
        let Some(last) = last.map(|last| last.id.clone()) else {
            return;
        };
        if self.trying.take().is_some() {
            self.wait = (self.wait * 2).min(TRY_AGAIN_MOST);
        }
        self.too_much = Some((self.kbps(), now + self.wait));
        self.plan.paused.push(last);
        self.crowd.made_room(now, members);
        self.set(now, self.kbps());
        self.is_rough = true;
    }

    /// What these bring at the least, kbit/s.
    fn least_of<'a>(&self, members: impl Iterator<Item = &'a Member>) -> f64 {
        let costs = members.map(|member| self.crowd.cost(&member.id));
        costs.sum::<f64>() * self.floor()
    }

    /// Whether so much is enough for those who send and the next who paused, with `room` of it to spare.
    fn has_room(&self, now: Duration, members: &[Member], kbps: f64, room: f64) -> bool {
        let paused = members.iter().filter(|m| self.plan.paused.contains(&m.id));
        let next = paused.min_by_key(|m| (m.priority, &m.id));
        let all = self.sending(members).filter(|m| m.link.is_some());
        self.crowd.may_return(now) && kbps >= self.least_of(all.chain(next)) * room
    }

    /// Who paused made room for somebody who has lost the connection: the uplink is free. What was known of it is of
    /// before.
    fn nobody_sends(&mut self, now: Duration, members: &[Member]) {
        if self.changed.is_some() && self.has_settled(now, SETTLES) {
            self.capacity.forget();
            (self.too_much, self.trying, self.doubted) = (None, None, None);
            self.wait = TRY_AGAIN;
            self.bring_back(now, members, self.kbps(), Why::Time);
        }
    }

    fn sending<'a>(&self, members: &'a [Member]) -> impl Iterator<Item = &'a Member> {
        let paused = self.plan.paused.clone();
        members.iter().filter(move |m| !paused.contains(&m.id))
    }

    fn kbps(&self) -> f64 {
        f64::from(self.plan.kbps)
    }

    fn floor(&self) -> f64 {
        f64::from(self.limits.floor_kbps)
    }

    fn nominal(&self) -> f64 {
        f64::from(self.limits.nominal_kbps)
    }

    fn has_settled(&self, now: Duration, length: Duration) -> bool {
        self.changed
            .is_none_or(|at| now.saturating_sub(at) >= length)
    }

    fn shortage(&mut self, now: Duration, members: &[Member], links: &[LinkView], short: Short) {
        let count = links.len() as f64;
        let waits = sum(links, |l| l.waiting_bytes);
        let is_judged = self
            .judged
            .is_some_and(|at| now.saturating_sub(at) < FOLLOWS);
        let measured = self.capacity.takes_now_kbps(now);
        let brings = self.capacity.brings();
        let fits = |taken: f64| self.kbps() * count * brings <= taken * FILL;
        if is_judged {
            // What it takes is told exactly a moment after it fell.
            if measured.is_none_or(fits) {
                return;
            }
        } else {
            let drains = self.judged.is_some() && waits < self.stood_bytes;
            let was_quiet = self
                .judged
                .is_none_or(|at| now.saturating_sub(at) > FOLLOWS * 2);
            if drains || was_quiet && measured.is_some_and(fits) {
                self.stood_bytes = waits;
                self.judged = Some(now);
                return;
            }
        }
        let taken = match short {
            Short::Fell if !is_judged => {
                self.capacity.forget();
                sum(links, |l| l.taken_kbps)
            }
            _ => measured.unwrap_or_else(|| sum(links, |l| l.taken_kbps)),
        };
        if let Some(failed) = self.trying.take() {
            self.wait = (self.wait * 2).min(TRY_AGAIN_MOST);
            match failed.why {
                Why::Bursts(promised) => self.doubted = Some((promised, now + self.wait)),
                Why::Measured => self.fill = (self.fill - LESS_FILL).max(LEAST_FILL),
                Why::Time => {}
            }
        }
        self.too_much = Some((self.kbps(), now + self.wait));
        let floor = self.floor();
        // One that is not connected takes nothing and needs nobody's room.
        let connected = self.sending(members).filter(|m| m.link.is_some());
        let mut sending: Vec<&Member> = connected.collect();
        // Most important first; names decide between equals, so that the choice stays.
        sending.sort_by(|a, b| (a.priority, &a.id).cmp(&(b.priority, &b.id)));
        let mut left = sending.len();
        // At the least there is nothing left to give but somebody's place.
        let room = match self.kbps() <= floor {
            true => ROOM_FOR_ONE,
            false => 1.0,
        };
        while left > 1 && taken * FILL < self.least_of(sending[..left].iter().copied()) * room {
            left -= 1;
            self.plan.paused.push(sending[left].id.clone());
        }
        let drains = match short {
            Short::Fell => DRAINS,
            Short::Slightly => DRAINS_SLOWLY,
        };
        let share = taken * drains / left.max(1) as f64 / brings;
        let kbps = share.min(self.kbps() * BELOW_FAILED).max(floor);
        self.judged = Some(now);
        self.stood_bytes = waits;
        self.set(now, kbps);
        self.is_rough = true;
    }

    fn plenty(&mut self, now: Duration, members: &[Member], links: &[LinkView]) {
        if let Some(Try { began, .. }) = self.trying
            && now.saturating_sub(began) >= PROVEN
        {
            (self.trying, self.wait) = (None, TRY_AGAIN);
            self.fill = FILL.min(self.fill + LESS_FILL / 4.0);
            if self.too_much.is_some_and(|(kbps, _)| self.kbps() >= kbps) {
                self.too_much = None;
            }
        }
        // What was too much, was for a link that is gone.
        if links.iter().all(|link| link.is_free) && self.has_settled(now, FREE_FOR) {
            (self.too_much, self.doubted) = (None, None);
        }
        let Some(changed) = self.changed else { return };
        let measured = self.capacity.measured_kbps();
        if self.ramp(now, members, links, measured) {
            return;
        }
        if let Some(measured) = measured {
            self.follow_measured(now, members, links, measured);
        } else if now.saturating_sub(changed) >= STEP_EVERY {
            self.step_in_the_dark(now, members);
        }
    }

    /// What may be asked for of `wanted`, given what was too much before.
    fn allowed(&self, now: Duration, wanted: f64) -> f64 {
        match self.too_much {
            Some((limit, until)) if now < until && wanted < limit * CLEARLY_MORE => {
                wanted.min(limit * BELOW_FAILED)
            }
            _ => wanted,
        }
        .clamp(self.floor(), self.nominal())
    }

    /// Asks for what the uplink was measured to take.
    fn follow_measured(
        &mut self,
        now: Duration,
        members: &[Member],
        links: &[LinkView],
        measured: f64,
    ) {
        let usable = measured * self.fill / self.capacity.brings();
        let count = links.len() as f64;
        if !self.has_settled(now, RAMP_EVERY) {
            return;
        }
        let with_one_more = usable / (count + 1.0);
        let may_try = self.too_much.is_none_or(|(_, until)| now >= until)
            || usable >= self.kbps() * count * CLEARLY_MORE;
        let has_room = with_one_more >= self.floor() * ROOM_FOR_ONE
            && self.has_room(now, members, measured * self.fill, ROOM_FOR_ONE);
        if !self.plan.paused.is_empty() && has_room && may_try {
            let share = with_one_more.min(self.nominal());
            self.bring_back(now, members, share, Why::Measured);
            return;
        }
        let next = (usable / count).clamp(self.floor(), self.nominal());
        let may_be_small =
            self.has_settled(now, SMALL_EVERY) || self.is_rough && self.has_settled(now, FOLLOWS);
        let is_worth = next >= self.kbps() * LARGE || may_be_small && next >= self.kbps() * WORTH;
        if is_worth {
            self.go_up(now, next, Why::Measured);
        }
    }

    /// Goes up at once where the bursts say that the link takes more; true when it did.
    fn ramp(
        &mut self,
        now: Duration,
        members: &[Member],
        links: &[LinkView],
        measured: Option<f64>,
    ) -> bool {
        if !self.has_settled(now, RAMP_EVERY) {
            return false;
        }
        // One that has just come back has had no keyframe yet: it shares the others' way.
        let bursts: Vec<f64> = links.iter().filter_map(|link| link.burst_kbps).collect();
        if bursts.len() * 2 < links.len() {
            return false;
        }
        let each = bursts.iter().sum::<f64>() / bursts.len() as f64;
        let usable = each * links.len() as f64 * OF_BURSTS;
        let is_doubted =
            |(promised, until): (f64, Duration)| now < until && usable < promised * FAR_MORE;
        if self.doubted.is_some_and(is_doubted) {
            return false;
        }
        // What was measured is better than what bursts let guess, until they say clearly more.
        let more = match self.capacity.is_fresh(now) {
            true => FAR_MORE,
            false => CLEARLY_MORE,
        };
        if measured.is_some_and(|measured| usable < measured * more) {
            return false;
        }
        let count = links.len() as f64;
        let with_one_more = usable / (count + 1.0);
        let has_room = with_one_more >= self.floor() * ROOM_BY_BURSTS
            && self.has_room(now, members, usable, ROOM_BY_BURSTS);
        if !self.plan.paused.is_empty() && has_room {
            let share = with_one_more
                .min(self.kbps() * RAMP_MOST)
                .clamp(self.floor(), self.nominal());
            self.bring_back(now, members, share, Why::Bursts(usable));
            return true;
        }
        let next = self.allowed(now, (usable / count).min(self.kbps() * RAMP_MOST));
        let reaches = next >= self.nominal() && next > self.kbps();
        if next < self.kbps() * RAMP_LEAST && !reaches {
            return false;
        }
        self.go_up(now, next, Why::Bursts(usable));
        self.capacity.forget();
        self.is_rough = true;
        true
    }

    /// Nothing is known of the link but that it was not short for long.
    fn step_in_the_dark(&mut self, now: Duration, members: &[Member]) {
        let (kbps, nominal) = (self.kbps(), self.nominal());
        let is_barred = self.too_much.is_some_and(|(_, until)| now < until);
        if kbps < nominal {
            let next = (kbps + (nominal * STEP).min(kbps * STEP_MOST)).min(nominal);
            if self.allowed(now, next) >= next {
                self.go_up(now, next, Why::Time);
            }
        } else if !is_barred && self.crowd.may_return(now) {
            // With the full bitrate back, the most important of the paused is tried.
            self.bring_back(now, members, nominal, Why::Time);
        }
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

    fn go_up(&mut self, now: Duration, kbps: f64, why: Why) {
        self.trying = Some(Try { began: now, why });
        self.stood_bytes = 0.0;
        self.set(now, kbps);
    }

    fn set(&mut self, now: Duration, kbps: f64) {
        // Between floor and nominal, so it fits.
        self.plan.kbps = kbps.round() as u32;
        self.changed = Some(now);
        self.is_rough = false;
    }
}

#[cfg(test)]
#[path = "budget_tests.rs"]
mod tests;
