//! A link that loses what it does not carry, through the watch and the budget, on a clock of the test's own.

use super::*;
use crate::budget::Budget;
use crate::plan::{BudgetLimits, Member};

const LOOK_MS: u64 = 200;
const LIMITS: BudgetLimits = BudgetLimits {
    nominal_kbps: 2_600,
    floor_kbps: 350,
};

/// One destination on such a link.
struct World {
    now_ms: u64,
    counts: LossyCounts,
    watch: LossyWatch,
    budget: Budget,
    /// Moments of changes and what was asked from then on.
    changes: Vec<(u64, u32)>,
}

impl World {
    fn new() -> Self {
        Self {
            now_ms: 0,
            counts: LossyCounts::default(),
            watch: LossyWatch::default(),
            budget: Budget::new(LIMITS),
            changes: Vec::new(),
        }
    }

    fn kbps(&self) -> u32 {
        self.budget.plan().kbps
    }

    /// Lets time pass on a link that takes so much and loses this part of it all the same; what was lost by chance is
    /// repeated when there is room.
    fn pass(&mut self, seconds: u64, kbps: f64, lost: f64) {
        let until = self.now_ms + seconds * 1000;
        while self.now_ms < until {
            self.now_ms += LOOK_MS;
            // A keyframe every two seconds.
            let part = match self.now_ms % 2_000 {
                0 => 1.9,
                _ => 0.9,
            };
            let bytes = |kbps: f64| kbps / 8.0 * LOOK_MS as f64;
            let brought = bytes(f64::from(self.kbps())) * part;
            let room = bytes(kbps) * (1.0 - lost);
            self.counts.brought_bytes += brought as u64;
            self.counts.arrived_bytes += brought.min(room) as u64;
            let longer = if brought > room { 60 } else { 0 };
            self.counts.longer = Duration::from_millis(longer);
            self.counts.trip = Duration::from_millis(40);
            let at = Duration::from_millis(self.now_ms);
            let link = self.watch.look(at, self.counts, self.kbps());
            let member = Member {
                id: "srt".to_owned(),
                priority: 0,
                link: Some(link),
            };
            let before = self.kbps();
            let after = self.budget.decide(at, &[member]).kbps;
            if before != after {
                self.changes.push((self.now_ms, after));
            }
        }
    }
}

#[test]
fn a_link_that_loses_some_and_repeats_it_is_left_alone() {
    let mut world = World::new();
    world.pass(120, 6_000.0, 0.1);
    assert_eq!(world.changes, []);
}

#[test]
fn a_link_that_falls_short_gets_a_stream_that_fits_within_a_second_and_no_flapping() {
    let mut world = World::new();
    world.pass(10, 6_000.0, 0.0);
    world.pass(60, 1_000.0, 0.0);
    let first = world.changes[0];
    assert!(first.0 <= 11_000, "{:?}", world.changes);
    assert!((500..=1_000).contains(&world.kbps()), "{:?}", world.changes);
    assert!(world.changes.len() < 6, "{:?}", world.changes);
    world.pass(300, 6_000.0, 0.0);
    assert_eq!(world.kbps(), 2_600, "{:?}", world.changes);
}

#[test]
fn what_is_missing_is_told_as_what_waits() {
    let mut watch = LossyWatch::default();
    let mut view = LinkView::default();
    for n in 0..=20_u64 {
        let counts = LossyCounts {
            // 2000 kbit/s of which 1500 arrive, 20 ms longer than the shortest way.
            brought_bytes: n * 50_000,
            arrived_bytes: n * 37_500,
            trip: Duration::from_millis(40),
            longer: Duration::from_millis(20),
        };
        view = watch.look(Duration::from_millis(n * 200), counts, 2_000);
    }
    assert!((view.taken_kbps - 1_500.0).abs() < 1.0, "{view:?}");
    assert_eq!(view.brought_kbps, Some(2_000.0));
    // A quarter of two seconds, and 20 ms at 1500 kbit/s.
    assert!((view.waiting_bytes - 128_750.0).abs() < 1.0, "{view:?}");
    assert!((view.standing_ms - 515.0).abs() < 1.0, "{view:?}");
    assert!(view.is_congested);
    assert!(view.busy >= Duration::from_secs(2), "{view:?}");
}
