//! Owns the measurement of the engine's memory: the most that is resident while a whole show is
//! on air, and what is left when it has ended.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark whose world breaks has no result"
)]

use std::time::Duration;

use serde_json::json;
use stallcast_tests::bench::{Better, LiveShow, Memory, natural_clip, report, rounded};
use stallcast_tests::stage::{file, studio};

const SAMPLES: u32 = 30;
const BETWEEN: Duration = Duration::from_secs(1);
/// After the show: connections closed, pipelines torn down.
const SETTLED: Duration = Duration::from_secs(5);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let engine = studio(Default::default());
    let started = Memory::of(engine.pid());
    let mut show = LiveShow::start(engine, file(&natural_clip())).await;
    let mut samples = Vec::new();
    for _ in 0..SAMPLES {
        show.play(BETWEEN).await;
        samples.push(Memory::of(show.engine.pid()));
    }
    show.prove_whole();
    show.end().await;
    show.play(SETTLED).await;
    let after = Memory::of(show.engine.pid());
    let most = samples
        .iter()
        .copied()
        .max_by(|a, b| a.resident.total_cmp(&b.resident))
        .unwrap();
    let residents: Vec<f64> = samples.iter().map(|s| rounded(s.resident)).collect();
    println!("resident, MiB, once a second: {residents:?}");
    let detail = json!({
        "just_started": started.as_json(),
        "on_air": most.as_json(),
        "after_the_show": after.as_json(),
        "first_sample": residents[0],
        "last_sample": residents[residents.len() - 1],
    });
    report(
        "memory",
        most.resident,
        "MiB",
        250.0,
        Better::Lower,
        &detail,
    );
}
