//! The estimator and the budget on a simulated uplink and a clock of the test's own.

use proptest::prelude::*;

use super::*;
use crate::uplink::{LinkSample, LinkWatch};

/// One look at the figures, milliseconds; the delivery's own status tick.
const TICK_MS: u64 = 200;
/// One glance at the bursts, milliseconds: the pump's, rounded to a step.
const GLANCE_MS: u64 = 30;
/// Steps of the simulation inside a tick.
const STEP_MS: u64 = 10;
/// What a destination's queue holds, milliseconds of stream; beyond, it is emptied (a group is dropped).
const QUEUE_MS: f64 = 4000.0;

/// One destination's way: own queue, the kernel's buffer, bytes on their way back and forth.
struct Way {
    priority: u32,
    own_limit_kbps: Option<f64>,
    queued: f64,
    kernel: f64,
    accepted: f64,
    /// Sent and not acknowledged yet: bytes by the step in which they are.
    flying: std::collections::VecDeque<f64>,
    flying_bytes: f64,
    watch: LinkWatch,
}

impl Way {
    fn sample(&self, at: Duration) -> LinkSample {
        LinkSample {
            at,
            accepted_bytes: self.accepted as u64,
            kernel_bytes: Some((self.kernel + self.flying_bytes.max(0.0)) as u64),
            queued_bytes: self.queued as u64,
        }
    }
}

struct World {
    now_ms: u64,
    ways: Vec<Way>,
    budget: Budget,
    /// Moments and bitrates, one for each change of the plan.
    changes: Vec<(u64, Plan)>,
}

impl World {
    fn new(limits: BudgetLimits, destinations: usize, round_trip_ms: u64) -> Self {
        let flight = (round_trip_ms / STEP_MS).max(1) as usize;
        let ways = (0..destinations).map(|n| Way {
            priority: n as u32,
            own_limit_kbps: None,
            queued: 0.0,
            kernel: 0.0,
            accepted: 0.0,
            flying: std::iter::repeat_n(0.0, flight).collect(),
            flying_bytes: 0.0,
            watch: LinkWatch::default(),
        });
        Self {
            now_ms: 0,
            ways: ways.collect(),
            budget: Budget::new(limits),
            changes: Vec::new(),
        }
    }

    fn plan(&self) -> Plan {
        self.budget.plan.clone()
    }

    /// Lets `ms` pass on an uplink of so many kbit/s.
    fn pass(&mut self, ms: u64, uplink_kbps: f64) {
        let until = self.now_ms + ms;
        while self.now_ms < until {
            self.step(uplink_kbps);
            self.now_ms += STEP_MS;
            if self.now_ms.is_multiple_of(GLANCE_MS) {
                self.glance();
            }
            if self.now_ms.is_multiple_of(TICK_MS) {
                self.look();
            }
        }
    }

    fn step(&mut self, uplink_kbps: f64) {
        let plan = &self.budget.plan;
        // A tenth of the rate comes as a keyframe every two seconds.
        let bytes_per_ms = f64::from(plan.kbps) / 8.0;
        let frame = bytes_per_ms * STEP_MS as f64 * 0.9;
        let keyframe = if self.now_ms.is_multiple_of(2000) {
            bytes_per_ms * 200.0
        } else {
            0.0
        };
        for (n, way) in self.ways.iter_mut().enumerate() {
            if !plan.paused.is_empty() && plan.paused.contains(&n.to_string()) {
                (way.queued, way.kernel) = (0.0, 0.0);
                way.watch = LinkWatch::default();
                continue;
            }
            way.queued += frame + keyframe;
            if way.queued > bytes_per_ms * QUEUE_MS {
                way.queued = 0.0;
            }
            let room = (bytes_per_ms * 300.0).max(65_536.0) - way.kernel - way.flying_bytes;
            let moved = way.queued.min(room.max(0.0));
            way.queued -= moved;
            way.kernel += moved;
            way.accepted += moved;
        }
        // Processor sharing: what one does not need goes to the others.
        let mut left = uplink_kbps / 8.0 * STEP_MS as f64;
        let mut order: Vec<usize> = (0..self.ways.len()).collect();
        let need = |way: &Way| {
            let own = way
                .own_limit_kbps
                .map_or(f64::MAX, |k| k / 8.0 * STEP_MS as f64);
            way.kernel.min(own)
        };
        order.sort_by(|a, b| need(&self.ways[*a]).total_cmp(&need(&self.ways[*b])));
        for (done, n) in order.iter().enumerate() {
            let fair = left / (order.len() - done) as f64;
            let way = &mut self.ways[*n];
            let sent = need(way).min(fair);
            way.kernel -= sent;
            left -= sent;
            way.flying.push_back(sent);
            way.flying_bytes += sent - way.flying.pop_front().unwrap();
        }
    }

    fn glance(&mut self) {
        let at = Duration::from_millis(self.now_ms);
        let kbps = self.budget.plan.kbps;
        for way in &mut self.ways {
            let sample = way.sample(at);
            way.watch.glance(sample, kbps);
        }
    }

    fn look(&mut self) {
        let at = Duration::from_millis(self.now_ms);
        let before = self.plan();
        let members: Vec<Member> = self
            .ways
            .iter_mut()
            .enumerate()
            .map(|(n, way)| {
                let id = n.to_string();
                let sample = way.sample(at);
                let link =
                    (!before.paused.contains(&id)).then(|| way.watch.look(sample, before.kbps));
                let priority = way.priority;
                Member { id, priority, link }
            })
            .collect();
        let plan = self.budget.decide(at, &members).clone();
        if plan != before {
            self.changes.push((self.now_ms, plan));
        }
    }

    /// Most changes in any minute from `since_ms` on.
    fn busiest_minute(&self, since_ms: u64) -> usize {
        let times = self
            .changes
            .iter()
            .map(|(at, _)| *at)
            .filter(|at| *at >= since_ms);
        let times: Vec<u64> = times.collect();
        let within = |from: u64| {
            times
                .iter()
                .filter(|at| (from..from + 60_000).contains(*at))
                .count()
        };
        times.iter().map(|from| within(*from)).max().unwrap_or(0)
    }
}

const LIMITS: BudgetLimits = BudgetLimits {
    nominal_kbps: 4000,
    floor_kbps: 800,
};

#[test]
fn a_link_with_room_is_left_alone() {
    let mut world = World::new(LIMITS, 3, 80);
    world.pass(600_000, 20_000.0);
    assert_eq!(world.changes, []);
}

#[test]
fn a_slow_destination_among_others_lowers_nobodys_picture() {
    let mut world = World::new(LIMITS, 3, 40);
    world.ways[2].own_limit_kbps = Some(1000.0);
    world.pass(300_000, 20_000.0);
    assert_eq!(world.changes, []);
}

#[test]
fn the_least_important_pause_before_the_floor_is_undercut_and_come_back_in_order() {
    let mut world = World::new(LIMITS, 3, 40);
    world.pass(10_000, 16_000.0);
    world.pass(60_000, 1500.0);
    let plan = world.plan();
    assert_eq!(plan.paused, ["2", "1"]);
    assert!((800..=1500).contains(&plan.kbps), "{plan:?}");
    world.pass(1_200_000, 16_000.0);
    let plan = world.plan();
    assert_eq!(
        (plan.kbps, plan.paused.len()),
        (4000, 0),
        "{:?}",
        world.changes
    );
    let returned = world
        .changes
        .iter()
        .rev()
        .find(|(_, plan)| plan.paused.len() == 1);
    assert_eq!(returned.unwrap().1.paused, ["2"]);
}

fn member(id: &str, priority: u32, link: Option<LinkView>) -> Member {
    Member {
        id: id.to_owned(),
        priority,
        link,
    }
}

#[test]
fn who_is_not_connected_takes_no_share_and_pauses_nobody() {
    let short = LinkView {
        taken_kbps: 1_000.0,
        standing_ms: 300.0,
        is_congested: true,
        waiting_bytes: 200_000.0,
        ..LinkView::default()
    };
    let mut budget = Budget::new(LIMITS);
    let members = [member("away", 0, None), member("here", 1, Some(short))];
    let plan = budget.decide(Duration::from_secs(10), &members);
    assert_eq!((plan.kbps, plan.paused.len()), (850, 0));
}

#[test]
fn a_paused_destination_sends_again_when_the_one_it_made_room_for_is_gone() {
    let short = LinkView {
        taken_kbps: 500.0,
        standing_ms: 300.0,
        is_congested: true,
        waiting_bytes: 200_000.0,
        ..LinkView::default()
    };
    let mut budget = Budget::new(LIMITS);
    let both = [
        member("shop", 0, Some(short)),
        member("other", 1, Some(short)),
    ];
    assert_eq!(
        budget.decide(Duration::from_secs(10), &both).paused,
        ["other"]
    );
    let gone = [member("shop", 0, None), member("other", 1, None)];
    let plan = budget.decide(Duration::from_secs(13), &gone);
    assert!(plan.paused.is_empty(), "{plan:?}");
}

#[test]
fn a_link_that_is_good_again_is_used_within_half_a_minute() {
    let mut world = World::new(LIMITS, 2, 20);
    world.pass(10_000, 10_000.0);
    world.pass(50_000, 1_000.0);
    assert_eq!(world.plan().paused, ["1"], "{:?}", world.changes);
    world.pass(30_000, 9_000.0);
    let plan = world.plan();
    assert!(
        plan.paused.is_empty() && plan.kbps >= 3_000,
        "{:?}",
        world.changes
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(700))]

    #[test]
    fn a_link_that_suddenly_falls_short_is_answered_within_a_second(
        destinations in 1usize..5, round_trip_ms in 10u64..250, part in 0.15f64..0.6,
        begin_ms in 8_000u64..16_000,
    ) {
        let mut world = World::new(LIMITS, destinations, round_trip_ms);
        let wide = 4000.0 * destinations as f64 * 1.6;
        world.pass(begin_ms / STEP_MS * STEP_MS, wide);
        prop_assert!(world.changes.is_empty(), "{:?}", world.changes);
        let fell = world.now_ms;
        world.pass(5_000, 4000.0 * destinations as f64 * part);
        let first = world.changes.first().map(|(at, _)| at - fell);
        // Congestion is felt one round trip late, and looked at five times a second.
        prop_assert!(first.is_some_and(|ms| ms <= 1000 + round_trip_ms), "{first:?}");
    }

    #[test]
    fn a_steady_link_sees_fewer_than_six_changes_a_minute_and_is_used(
        destinations in 1usize..5, round_trip_ms in 10u64..250, each_kbps in 900.0f64..8000.0,
    ) {
        let mut world = World::new(LIMITS, destinations, round_trip_ms);
        world.pass(180_000, each_kbps * destinations as f64);
        let busiest = world.busiest_minute(0);
        prop_assert!(busiest < 6, "{busiest}: {:?}", world.changes);
        let plan = world.plan();
        prop_assert!(plan.paused.is_empty() || each_kbps < 1300.0, "{plan:?}");
        let possible = each_kbps.min(4000.0);
        prop_assert!(f64::from(plan.kbps) >= possible * 0.45, "{plan:?} of {possible}");
    }

    #[test]
    fn whatever_the_link_does_the_plan_keeps_its_bounds_and_the_first_destination(
        destinations in 1usize..5, round_trip_ms in 10u64..250,
        trace in prop::collection::vec((200u64..8000, 0.0f64..20_000.0), 1..40),
    ) {
        let mut world = World::new(LIMITS, destinations, round_trip_ms);
        for (ms, kbps) in trace {
            world.pass(ms / STEP_MS * STEP_MS, kbps);
        }
        for (_, plan) in &world.changes {
            prop_assert!((LIMITS.floor_kbps..=LIMITS.nominal_kbps).contains(&plan.kbps));
            prop_assert!(!plan.paused.contains(&"0".to_owned()), "{plan:?}");
            // Nobody pauses while one of less importance sends.
            let mut sorted = plan.paused.clone();
            sorted.sort();
            let tail: Vec<String> = (destinations - sorted.len()..destinations).map(|n| n.to_string()).collect();
            prop_assert_eq!(sorted, tail);
        }
    }
}
