//! Owns the measurement of the start: from the launch of the engine to the first picture of the
//! preview at a page.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark whose world breaks has no result"
)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::json;
use stallcast_tests::bench::{Better, PreviewClient, percentile, report, rounded};
use stallcast_tests::world::{Engine, EngineOptions};

const ROUNDS: usize = 5;
const PATIENCE: Duration = Duration::from_secs(60);

/// Seconds from the launch until the API answered, and until the first picture.
#[derive(Debug, Clone, Copy)]
struct Start {
    answers: f64,
    picture: f64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let registry = folder.path().join("registry.bin");
    let env = BTreeMap::from([("GST_REGISTRY".to_owned(), registry.display().to_string())]);
    // GStreamer looks through all its plugins once in a machine's life, and then no more.
    let cold = start(&env, EngineOptions::default()).await;
    let mut fresh = Vec::new();
    let mut again = Vec::new();
    for round in 0..ROUNDS {
        // As a person's first start: the demo show is made.
        let data = folder.path().join(format!("data-{round}"));
        let options = EngineOptions {
            data: Some(data),
            ..EngineOptions::default()
        };
        fresh.push(start(&env, options.clone()).await);
        again.push(start(&env, options).await);
    }
    println!("cold registry: {cold:.3?}\nfresh data folder: {fresh:.3?}\nagain: {again:.3?}");
    let median = |starts: &[Start], of: fn(&Start) -> f64| {
        let mut values: Vec<f64> = starts.iter().map(of).collect();
        rounded(percentile(&mut values, 0.5))
    };
    let detail = json!({
        "rounds": ROUNDS,
        "api_answers": median(&again, |s| s.answers),
        "first_start_with_demo_show": median(&fresh, |s| s.picture),
        "all": again.iter().map(|s| rounded(s.picture)).collect::<Vec<_>>(),
        "cold_plugin_registry": rounded(cold.picture),
    });
    let value = median(&again, |s| s.picture);
    report("start", value, "s", 2.0, Better::Lower, &detail);
}

async fn start(env: &BTreeMap<String, String>, options: EngineOptions) -> Start {
    let launched = Instant::now();
    let mut engine = Engine::start(EngineOptions {
        env: env.clone(),
        ..options
    });
    let answers = launched.elapsed().as_secs_f64();
    let first = async {
        let mut page = PreviewClient::open(engine.port(), engine.token()).await;
        page.next().await
    };
    let jpeg = tokio::time::timeout(PATIENCE, first).await;
    let picture = launched.elapsed().as_secs_f64();
    assert!(
        jpeg.expect("a picture in time").is_some(),
        "the engine stayed"
    );
    assert!(engine.stop().success(), "{}", engine.log());
    Start { answers, picture }
}
