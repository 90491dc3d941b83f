//! The uplink that fails in the benchmark (`tests/bench.sh uplink`), simulated.

use proptest::prelude::*;

use crate::simulated_show::{Luck, World};

/// kbit/s and seconds.
const TRACE: [(u32, u64); 5] = [(2_500, 50), (900, 50), (0, 20), (400, 50), (4_000, 90)];
/// So many shows of each link.
const SHOWS: u32 = 8;

/// What came of it.
#[derive(Debug)]
struct Outcome {
    /// Arrived over offered.
    goodput: f64,
    /// Of everything that arrived, the first destination's part.
    protected: f64,
    worst_delay_ms: i64,
    resets: usize,
    /// Most changes in any minute of a rate that has lasted 15 s.
    busiest_minute: usize,
    /// From each fall of the rate to the next change of the plan.
    answers_ms: Vec<u64>,
}

fn run(round_trip_ms: u64, queue_ms: u64, before_ms: u64, luck: Luck) -> Outcome {
    let mut world = World::new(round_trip_ms, queue_ms, luck);
    world.pass(before_ms, 50_000);
    let began = [0, 1].map(|n| world.ways[n].received);
    let (mut offered, mut busiest_minute, mut answers_ms) = (0.0, 0, Vec::new());
    let mut before_kbps = 50_000;
    for (kbps, seconds) in TRACE {
        let from = world.now_ms;
        world.pass(seconds * 1000, kbps);
        offered += f64::from(kbps) * seconds as f64 * 125.0;
        let changes = world.changes.iter().copied();
        let changes: Vec<u64> = changes.filter(|at| *at >= from).collect();
        let steady = || {
            changes
                .iter()
                .filter(|at| kbps > 0 && **at >= from + 15_000)
        };
        for at in steady() {
            let minute = steady().filter(|other| (*at..*at + 60_000).contains(*other));
            busiest_minute = busiest_minute.max(minute.count());
        }
        if std::mem::replace(&mut before_kbps, kbps) > kbps && kbps > 0 {
            answers_ms.push(changes.first().map_or(u64::MAX, |at| at - from));
        }
    }
    let got = [0, 1].map(|n| (world.ways[n].received - began[n]) as f64);
    Outcome {
        goodput: (got[0] + got[1]) / offered,
        protected: got[0] / (got[0] + got[1]),
        worst_delay_ms: world.ways.iter().map(|w| w.worst_delay_ms).max().unwrap(),
        busiest_minute,
        answers_ms,
        resets: world.ways.iter().map(|w| w.resets).sum(),
    }
}

#[test]
fn a_failing_uplink_is_used_within_three_seconds_of_now() {
    for (round_trip_ms, queue_ms) in [(1, 150), (1, 300), (20, 150), (20, 300), (60, 150)] {
        let outcome = run(round_trip_ms, queue_ms, 10_000, Luck::default());
        println!("{round_trip_ms} ms, queue {queue_ms} ms: {outcome:?}");
        assert!(outcome.goodput >= 0.85, "{outcome:?}");
        assert!(outcome.worst_delay_ms <= 3_000, "{outcome:?}");
        assert!(outcome.resets <= 1, "{outcome:?}");
        assert!(outcome.protected >= 0.5, "{outcome:?}");
        assert!(outcome.busiest_minute < 6, "{outcome:?}");
        assert!(
            outcome.answers_ms.iter().all(|ms| *ms <= 1_000),
            "{outcome:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_a_link_that_carries_one_destination_does_nobody_is_later_than_three_seconds(
        round_trip_ms in 1u64..60, queue_ms in 50u64..300,
        trace in prop::collection::vec((400u32..6_000, 2u64..20), 1..12),
    ) {
        let mut world = World::new(round_trip_ms, queue_ms, Luck::default());
        world.pass(10_000, 50_000);
        for (kbps, seconds) in trace {
            world.pass(seconds * 1000, kbps);
        }
        let worst = world.ways.iter().map(|way| way.worst_delay_ms).max();
        prop_assert!(worst.is_some_and(|ms| ms <= 3_000), "{worst:?}");
    }
}

#[test]
fn a_router_that_holds_a_second_or_a_far_server_costs_some_of_it() {
    for (round_trip_ms, queue_ms) in [(1, 1_000), (20, 50), (120, 150), (120, 300)] {
        let outcome = run(round_trip_ms, queue_ms, 10_000, Luck::default());
        println!("{round_trip_ms} ms, queue {queue_ms} ms: {outcome:?}");
        assert!(outcome.goodput >= 0.75, "{outcome:?}");
        assert!(outcome.worst_delay_ms <= 3_000, "{outcome:?}");
        assert!(outcome.resets <= 4, "{outcome:?}");
        assert!(outcome.busiest_minute < 6, "{outcome:?}");
    }
}

#[test]
fn a_loaded_machine_and_any_moment_of_return_cost_little_of_it() {
    for (round_trip_ms, queue_ms) in [(1, 150), (1, 300), (20, 150), (20, 300), (60, 150)] {
        let goodputs = (1..=SHOWS).map(|seed| {
            let back_after_ms = 200 + u64::from(seed) * 700;
            let luck = Luck {
                seed,
                back_after_ms: [back_after_ms, back_after_ms + 700],
                stands_still: seed.is_multiple_of(2),
            };
            let outcome = run(
                round_trip_ms,
                queue_ms,
                10_000 + u64::from(seed) * 103,
                luck,
            );
            assert!(outcome.goodput >= 0.82, "{luck:?}: {outcome:?}");
            assert!(outcome.worst_delay_ms <= 3_100, "{luck:?}: {outcome:?}");
            outcome.goodput
        });
        let mean = goodputs.sum::<f64>() / f64::from(SHOWS);
        println!("{round_trip_ms} ms, queue {queue_ms} ms: {mean:.3}");
        assert!(mean >= 0.85, "{mean}");
    }
}
