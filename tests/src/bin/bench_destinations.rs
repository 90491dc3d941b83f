//! Owns the measurement of what each further destination costs: one encode at 2.5 Mbit/s, one to eight
//! destinations, the engine's CPU time at each; the value is the slope of a straight line through them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark whose world breaks has no result"
)]

use std::time::{Duration, Instant};

use serde_json::json;
use stallcast_show::Command;
use stallcast_tests::bench::{Better, CpuTime, natural_clip, report, rounded};
use stallcast_tests::stage::{end_show, file, put_destination, put_full_screen, studio_with};
use stallcast_tests::world::{PATIENCE, RtmpServer, Session};
use stallcast_wire::RunState;

/// Up and down again, so that a drift of the machine does not look like a price.
const STEPS: [usize; 7] = [1, 2, 4, 8, 4, 2, 1];
const COUNTED: Duration = Duration::from_secs(12);
/// What a new connection's start costs is not what a destination costs.
const SETTLED: Duration = Duration::from_secs(3);
const KBPS: &str = "2500";

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() {
    let server = RtmpServer::start();
    let engine = studio_with(Default::default(), &["--kbps", KBPS]);
    let mut session = engine.session().await;
    put_full_screen(&mut session, "clip", file(&natural_clip())).await;
    let ids: Vec<String> = (1..=8).map(|number| format!("d{number}")).collect();
    for id in &ids {
        put_destination(&mut session, id, &server.url("live")).await;
        enable(&mut session, id, false).await;
    }
    enable(&mut session, &ids[0], true).await;
    session.command(Command::GoLive).await.unwrap();

    let mut points = Vec::new();
    for step in STEPS {
        for (number, id) in ids.iter().enumerate() {
            enable(&mut session, id, number < step).await;
        }
        session
            .until(PATIENCE, "the destinations are live", |s| {
                let all = &s.status.as_ref()?.destinations;
                let live = all.iter().filter(|d| d.run == RunState::Live).count();
                (live == step).then_some(())
            })
            .await;
        session.play(SETTLED).await;
        let (began, before) = (Instant::now(), CpuTime::of(engine.pid()));
        session.play(COUNTED).await;
        let wall = began.elapsed().as_secs_f64();
        let used = CpuTime::of(engine.pid()).since(&before);
        let percent = used / wall * 100.0;
        println!("{step} destinations: {percent:.1} % of a core");
        points.push((step as f64, percent));
    }
    let status = session.status.clone().unwrap();
    let kbps = status
        .destinations
        .iter()
        .map(|d| d.kbps)
        .fold(0.0, f64::max);
    end_show(&mut session).await;
    drop(session);
    let mut engine = engine;
    assert!(engine.stop().success(), "{}", engine.log());
    let detail = json!({
        "points": points.iter().map(|(n, percent)| json!([n, rounded(*percent)])).collect::<Vec<_>>(),
        "sent_kbps": rounded(kbps),
    });
    let value = slope(&points);
    report(
        "destinations",
        value,
        "% of a core",
        2.0,
        Better::Lower,
        &detail,
    );
}

/// Turns a destination on or off, leaving the rest as it is.
async fn enable(session: &mut Session, id: &str, enabled: bool) {
    let known = session
        .until(PATIENCE, "the destination is known", |s| {
            let all = &s.show.as_ref()?.destinations;
            all.values().find(|d| d.id.as_str() == id).cloned()
        })
        .await;
    let destination = stallcast_show::Destination { enabled, ..known };
    session
        .command(Command::PutDestination { destination })
        .await
        .unwrap();
}

/// Of the straight line with the least squares.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let over: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    over / points.iter().map(|p| (p.0 - x).powi(2)).sum::<f64>()
}
