//! A socket's link and one that does not give way on one simulated uplink, with the real budget, on a clock of the test's
//! own.

use std::collections::VecDeque;
use std::time::Duration;

use crate::budget::Budget;
use crate::plan::{BudgetLimits, Member};
use crate::uplink::LinkView;

/// 2500 and 220 kbit/s of video with sound and the protocol.
const LIMITS: BudgetLimits = BudgetLimits {
    nominal_kbps: 2_680,
    floor_kbps: 355,
};
const LOOK_MS: u64 = 200;
/// A transport stream of 355 kbit/s with repetitions, as measured.
const SRT_COSTS: f64 = 1.31;
/// What a socket's queue holds at most, bytes.
const QUEUE: f64 = 130_000.0;

struct World {
    now_ms: u64,
    budget: Budget,
    waiting: VecDeque<f64>,
    arrived: [f64; 2],
    busy_ms: u64,
    /// What the shop's own server takes at most, kbit/s.
    shop_takes: f64,
}

impl World {
    fn new(shop_takes: f64) -> Self {
        Self {
            now_ms: 0,
            budget: Budget::new(LIMITS),
            waiting: VecDeque::from([0.0]),
            arrived: [0.0; 2],
            busy_ms: 0,
            shop_takes,
        }
    }

    fn is_paused(&self) -> bool {
        self.budget.plan().paused == ["srt"]
    }

    /// Lets time pass; says for how long of it the other one paused, milliseconds.
    fn pass(&mut self, ms: u64, uplink_kbps: f64) -> u64 {
        let until = self.now_ms + ms;
        let mut paused_ms = 0;
        while self.now_ms < until {
            self.now_ms += LOOK_MS;
            self.look(uplink_kbps);
            paused_ms += u64::from(self.is_paused()) * LOOK_MS;
        }
        paused_ms
    }

    fn look(&mut self, uplink_kbps: f64) {
        let (kbps, paused) = (f64::from(self.budget.plan().kbps), self.is_paused());
        let bytes = |kbps: f64| kbps * 0.125 * LOOK_MS as f64;
        // What does not give way comes first.
        let srt = if paused {
            0.0
        } else {
            (kbps * SRT_COSTS).min(uplink_kbps * 0.7)
        };
        let before = self.waiting.back().copied().unwrap_or(0.0);
        let offered = before + bytes(kbps);
        let sent = offered.min(bytes((uplink_kbps - srt).min(self.shop_takes)));
        let waits = (offered - sent).min(QUEUE);
        self.waiting.push_back(waits);
        self.waiting.drain(..self.waiting.len().saturating_sub(12));
        self.arrived[0] += sent;
        self.arrived[1] += bytes(srt);
        let ms = |bytes: f64| bytes * 8.0 / kbps;
        self.busy_ms = if ms(waits) > 50.0 {
            self.busy_ms + LOOK_MS
        } else {
            0
        };
        let least = |of: usize| {
            let last = self.waiting.iter().rev().take(of);
            last.copied().reduce(f64::min).unwrap_or(0.0)
        };
        let now = Duration::from_millis(self.now_ms);
        let shop = LinkView {
            taken_kbps: sent * 8.0 / LOOK_MS as f64,
            standing_ms: ms(least(3)),
            waiting_bytes: waits,
            staying_bytes: least(12),
            busy: Duration::from_millis(self.busy_ms),
            seen: now,
            arrived_bytes: self.arrived[0] as u64,
            brought_kbps: Some(kbps),
            ..LinkView::default()
        };
        // What is missing of two seconds.
        let missing = match paused {
            true => 0.0,
            false => (kbps * SRT_COSTS - srt) * 250.0,
        };
        let other = LinkView {
            taken_kbps: srt,
            standing_ms: ms(missing),
            waiting_bytes: missing,
            staying_bytes: missing,
            seen: now,
            arrived_bytes: self.arrived[1] as u64,
            brought_kbps: Some(kbps * SRT_COSTS),
            ..LinkView::default()
        };
        let member = |id: &str, priority, link| Member {
            id: id.to_owned(),
            priority,
            link,
        };
        let members = [
            member("shop", 0, Some(shop)),
            member("srt", 1, (!paused).then_some(other)),
        ];
        self.budget.decide(now, &members);
    }

    fn waits_ms(&self) -> f64 {
        let waits = self.waiting.back().copied().unwrap_or(0.0);
        waits * 8.0 / f64::from(self.budget.plan().kbps)
    }
}

#[test]
fn who_sells_is_made_room_for_and_keeps_it() {
    let mut world = World::new(f64::MAX);
    // Together they bring 355 and 465 at the least.
    world.pass(30_000, 800.0);
    assert!(world.is_paused(), "{:?}", world.budget.plan());
    let before = world.arrived[0];
    let paused_ms = world.pass(120_000, 800.0);
    assert!(paused_ms >= 110_000, "paused for {paused_ms} ms of 120");
    let got_kbps = (world.arrived[0] - before) / 125.0 / 120.0;
    assert!(got_kbps >= 600.0, "{got_kbps}");
    assert!(world.waits_ms() < 500.0, "{}", world.waits_ms());
}

#[test]
fn who_made_room_comes_back_when_there_is_enough_for_both() {
    let mut world = World::new(f64::MAX);
    world.pass(30_000, 800.0);
    assert!(world.is_paused(), "{:?}", world.budget.plan());
    world.pass(300_000, 8_000.0);
    assert!(!world.is_paused(), "{:?}", world.budget.plan());
    assert!(world.waits_ms() < 150.0, "{}", world.waits_ms());
}

#[test]
fn nobody_pauses_for_long_for_one_whose_own_server_is_slow() {
    let mut world = World::new(300.0);
    let paused_ms = world.pass(30_000, 900.0);
    assert!(paused_ms > 0, "it was tried");
    let paused_ms = world.pass(240_000, 900.0);
    assert!(paused_ms < 30_000, "paused for {paused_ms} ms of 240");
}
