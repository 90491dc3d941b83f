//! Owns the measurement of a failing uplink: two destinations behind one link whose rate follows a trace (good, poor,
//! dead, very poor, good again). The value is what arrived at the servers over what the link offered.
//!
//! Needs root: the servers live in a network namespace behind the kernel's token bucket.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark whose world breaks has no result"
)]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::json;
use stallcast_show::{Destination, Priority};
use stallcast_tests::bench::{Better, Plot, natural_clip, report, rounded};
use stallcast_tests::probe::FlvTail;
use stallcast_tests::stage::{
    destination, end_show, file, go_live, health, put_destination_like, put_full_screen,
    studio_with,
};
use stallcast_tests::world::{RtmpServer, Session, Site};

/// What the link offers, kbit/s, and for how long.
const TRACE: [(u32, Duration); 5] = [
    (2_500, Duration::from_secs(50)),
    (900, Duration::from_secs(50)),
    (0, Duration::from_secs(20)),
    (400, Duration::from_secs(50)),
    (4_000, Duration::from_secs(90)),
];
/// A link counts as steady so long after it changed.
const STEADY_AFTER: Duration = Duration::from_secs(15);
/// What each destination would like, kbit/s: two of them are more than the link ever offers.
const KBPS: &str = "2500";
/// The first is the one that sells; the second makes room for it.
const DESTINATIONS: [(&str, &str); 2] = [("shop", "live"), ("other", "second")];
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// One look at everything.
struct Look {
    at_s: f64,
    offered_kbps: u32,
    steady: bool,
    /// Bytes arrived so far, by destination.
    arrived: [u64; 2],
    /// How late the newest picture at each server was, when one came since the last look.
    delay_ms: [Option<f64>; 2],
    /// Bitrate each destination is sent at; 0 while it is paused.
    target_kbps: [u32; 2],
}

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() {
    let server = RtmpServer::start_behind(Site::new());
    let site = server.site().unwrap();
    let mut engine = studio_with(Default::default(), &["--kbps", KBPS]);
    let mut session = engine.session().await;
    put_full_screen(&mut session, "clip", file(&natural_clip())).await;
    for (id, app) in DESTINATIONS {
        let priority = match id {
            "shop" => Priority::Protected,
            _ => Priority::Normal,
        };
        let destination = Destination {
            priority,
            ..destination(id, &server.url(app))
        };
        put_destination_like(&mut session, destination).await;
    }
    go_live(&mut session, &DESTINATIONS.map(|(id, _)| id)).await;

    let mut tails = DESTINATIONS.map(|(_, app)| FlvTail::of(&server, app));
    let began = Instant::now();
    let mut looks = Vec::new();
    for (kbps, length) in TRACE {
        eprintln!("{kbps} kbit/s for {} s", length.as_secs());
        match kbps {
            0 => site.pull(),
            kbps => {
                site.plug();
                site.limit(Some(kbps));
            }
        }
        let phase = Instant::now();
        while phase.elapsed() < length {
            session.play(LOOK_EVERY).await;
            looks.push(Look {
                at_s: began.elapsed().as_secs_f64(),
                offered_kbps: kbps,
                steady: kbps > 0 && phase.elapsed() > STEADY_AFTER,
                arrived: tails.each_mut().map(FlvTail::arrived),
                delay_ms: tails.each_mut().map(FlvTail::delay_ms),
                target_kbps: DESTINATIONS.map(|(id, _)| target(&session, id)),
            });
        }
    }
    let status = session.status.clone().unwrap();
    end_show(&mut session).await;
    drop(session);
    assert!(engine.stop().success(), "{}", engine.log());

    let first = looks[0].arrived;
    let last = looks[looks.len() - 1].arrived;
    let got = [last[0] - first[0], last[1] - first[1]];
    let offered: f64 = TRACE
        .iter()
        .map(|(kbps, length)| f64::from(*kbps) * length.as_secs_f64() * 125.0)
        .sum();
    let goodput = (got[0] + got[1]) as f64 / offered;
    let delays = [0, 1].map(|n| {
        let late = looks.iter().filter_map(|look| look.delay_ms[n]);
        late.fold(0.0, f64::max)
    });
    let changes = changes_a_minute(&looks);
    let picture = draw(&looks);
    println!("the picture of it: {}", picture.display());
    let mut phases = Vec::new();
    let mut from = 0.0;
    for (kbps, length) in TRACE {
        let until = from + length.as_secs_f64();
        let inside: Vec<&Look> = looks
            .iter()
            .filter(|l| l.at_s >= from && l.at_s < until)
            .collect();
        let (start, end) = (inside[0], inside[inside.len() - 1]);
        let kbps_of =
            |n: usize| (end.arrived[n] - start.arrived[n]) as f64 / 125.0 / (end.at_s - start.at_s);
        println!(
            "{kbps:>5} kbit/s offered: shop {:>6.0}, other {:>6.0}",
            kbps_of(0),
            kbps_of(1)
        );
        phases.push(
            json!({"offered": kbps, "shop": kbps_of(0).round(), "other": kbps_of(1).round()}),
        );
        from = until;
    }
    let detail = json!({
        "phases": phases,
        "delay_most_ms": delays.map(f64::round),
        "changes_a_minute_when_steady": rounded(changes),
        "protected_share": rounded(got[0] as f64 / (got[0] + got[1]) as f64),
        "recording_dropped": status.recording().is_none(),
        "skipped_frames": status.encoder().unwrap().skipped_frames,
    });
    report(
        "uplink",
        goodput,
        "of what the link offered",
        0.85,
        Better::Higher,
        &detail,
    );
}

fn target(session: &Session, id: &str) -> u32 {
    health(session, id).unwrap().target_kbps
}

/// Changes of either destination's bitrate while the link was steady, by the minute.
fn changes_a_minute(looks: &[Look]) -> f64 {
    let pairs = looks
        .windows(2)
        .filter(|pair| pair[0].steady && pair[1].steady);
    let (mut changes, mut seconds) = (0, 0.0);
    for pair in pairs {
        let most = (0..2)
            .filter(|n| pair[0].target_kbps[*n] != pair[1].target_kbps[*n])
            .count();
        changes += usize::from(most > 0);
        seconds += pair[1].at_s - pair[0].at_s;
    }
    changes as f64 / (seconds / 60.0_f64)
}

/// Draws offered and arrived rates, asked bitrates and delays over time.
fn draw(looks: &[Look]) -> PathBuf {
    let line =
        |of: &dyn Fn(&Look) -> f64| looks.iter().map(|l| (l.at_s, of(l))).collect::<Vec<_>>();
    // A second's worth of looks: single groups of pictures would hide the trend.
    let rate = |n: usize| {
        let pairs = looks.iter().zip(looks.iter().skip(4));
        let rates = pairs.map(|(a, b)| {
            let kbps = (b.arrived[n] - a.arrived[n]) as f64 / 125.0 / (b.at_s - a.at_s);
            (b.at_s, kbps)
        });
        rates.collect::<Vec<_>>()
    };
    let delay = |n: usize| {
        let seen = looks.iter().filter_map(|l| Some((l.at_s, l.delay_ms[n]?)));
        seen.collect::<Vec<_>>()
    };
    let plot = Plot::new("Two destinations on one failing uplink")
        .panel("kbit/s")
        .line("link", "#888888", line(&|l| f64::from(l.offered_kbps)))
        .line("shop arrived", "#0b7a3b", rate(0))
        .line("other arrived", "#b35c00", rate(1))
        .panel("asked, kbit/s")
        .line("shop", "#0b7a3b", line(&|l| f64::from(l.target_kbps[0])))
        .line("other", "#b35c00", line(&|l| f64::from(l.target_kbps[1])))
        .panel("delay, ms")
        .line("shop", "#0b7a3b", delay(0))
        .line("other", "#b35c00", delay(1));
    plot.save("uplink.svg")
}
