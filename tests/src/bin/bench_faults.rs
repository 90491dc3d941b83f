//! Owns the measurement of isolation: eight destinations from one encode, six of them struck by a fault each while
//! two good ones and the recording go on. The value is the most pictures any of those three lost.
//!
//! Needs root: the server behind the cable lives in a network namespace.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark whose world breaks has no result"
)]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stallcast_show::Command;
use stallcast_tests::bench::{Better, natural_clip, recording_killed, report, rounded};
use stallcast_tests::probe::missing_frames;
use stallcast_tests::stage::{
    destination_flows, encoder, end_show, file, health, put_destination, put_full_screen, studio,
};
use stallcast_tests::world::{PATIENCE, RtmpServer, Session, Site, Uplink};
use stallcast_wire::DestinationHealth;

/// How long each fault lasts: longer than the three seconds after which a silent server is left.
const FAULT: Duration = Duration::from_secs(10);
/// The longest wait between two tries is 10 s; a cable that is back may need TCP's own second as well.
const RESUME_WITHIN: Duration = Duration::from_secs(30);
/// How long after it is back a stream's delay is read.
const SETTLED: Duration = Duration::from_secs(3);
const FPS: u32 = 30;
const GOOD: [&str; 2] = ["good-1", "good-2"];
/// 20 kbit/s: a trickle that is never silent.
const TRICKLE: u64 = 20_000;

/// Something that can happen to a destination.
struct Fault<'a> {
    name: &'static str,
    destination: &'static str,
    strike: Box<dyn FnMut() + 'a>,
    /// `None`: it never was good and stays bad.
    mend: Option<Box<dyn FnMut() + 'a>>,
}

/// What one fault did.
struct Outcome {
    name: &'static str,
    others_lost: u64,
    late: u64,
    resumed_s: Option<f64>,
    delay_after_ms: Option<u64>,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() {
    let good = [RtmpServer::start(), RtmpServer::start()];
    let silent = RtmpServer::start();
    let slow = RtmpServer::start();
    let trickle = Uplink::to(slow.port());
    let behind_reset = RtmpServer::start();
    let reset = Uplink::to(behind_reset.port());
    let far = RtmpServer::start_behind(Site::new());
    let killed = std::cell::RefCell::new(RtmpServer::start());
    let babbler = babbler();

    let engine = studio(Default::default());
    let mut session = engine.session().await;
    put_full_screen(&mut session, "clip", file(&natural_clip())).await;
    let through = |port: u16| format!("rtmp://127.0.0.1:{port}/live");
    let destinations = [
        (GOOD[0], good[0].url("live")),
        (GOOD[1], good[1].url("live")),
        ("silent", silent.url("live")),
        ("trickle", through(trickle.port())),
        ("reset", through(reset.port())),
        ("cable", far.url("live")),
        ("killed", killed.borrow().url("live")),
        ("babble", through(babbler)),
    ];
    for (id, url) in &destinations {
        put_destination(&mut session, id, url).await;
    }
    session.command(Command::GoLive).await.unwrap();
    for (id, _) in destinations.iter().filter(|(id, _)| *id != "babble") {
        destination_flows(&mut session, id, PATIENCE).await;
    }
    session.play(SETTLED).await;

    let site = far.site().unwrap();
    let mut faults = [
        fault(
            "accepts and never reads (SIGSTOP)",
            "silent",
            || silent.freeze(),
            || silent.thaw(),
        ),
        fault(
            "trickles at 20 kbit/s",
            "trickle",
            || trickle.limit(Some(TRICKLE)),
            || trickle.limit(None),
        ),
        fault(
            "resets and hangs up on every try",
            "reset",
            || reset.cut(),
            || reset.mend(),
        ),
        fault("cable pulled out", "cable", || site.pull(), || site.plug()),
        fault(
            "link of 300 kbit/s",
            "cable",
            || site.limit(Some(300)),
            || site.limit(None),
        ),
        fault(
            "killed, then refuses",
            "killed",
            || killed.borrow_mut().kill(),
            || killed.borrow_mut().restart(),
        ),
        Fault {
            name: "babbles instead of a handshake",
            destination: "babble",
            strike: Box::new(|| {}),
            mend: None,
        },
    ];
    let mut outcomes = Vec::new();
    for fault in &mut faults {
        outcomes.push(suffer(&mut session, fault).await);
    }
    // A name that leads nowhere takes the place of the babbler.
    put_destination(&mut session, "babble", "rtmp://no-such-host.invalid/live").await;
    let mut nameless = Fault {
        name: "name that does not exist",
        destination: "babble",
        strike: Box::new(|| {}),
        mend: None,
    };
    outcomes.push(suffer(&mut session, &mut nameless).await);
    drop(faults);

    let sent = own(&session, GOOD[0]).frames_sent;
    end_show(&mut session).await;
    // A picture that the busy machine never encoded was not lost by a destination.
    let skipped = encoder(&session).skipped_frames;
    drop(session);
    let mut engine = engine;
    assert!(engine.stop().success(), "{}", engine.log());

    println!(
        "{:<36} {:>12} {:>8} {:>10} {:>12}",
        "fault", "others lost", "late", "resumed", "delay after"
    );
    for outcome in &outcomes {
        let resumed = outcome
            .resumed_s
            .map_or("–".to_owned(), |s| format!("{s:.1} s"));
        let delay = outcome
            .delay_after_ms
            .map_or("–".to_owned(), |ms| format!("{ms} ms"));
        println!(
            "{:<36} {:>12} {:>8} {resumed:>10} {delay:>12}",
            outcome.name, outcome.others_lost, outcome.late
        );
    }
    // The figures above are the engine's own; these are of what arrived.
    let received = good.each_ref().map(|server| {
        let files = server.wait_for_recordings("live", 1, 1000);
        assert_eq!(files.len(), 1, "one connection for the whole show");
        missing_frames(&files[0], FPS)
    });
    let recordings = engine.recordings();
    let recorded = missing_frames(&recordings[0], FPS);
    assert_eq!(recordings.len(), 1, "one part for the whole show");
    println!(
        "pictures missing: {received:?} at the servers of {sent}, {recorded} in the recording"
    );
    let engine_killed = recording_killed().await;
    let told = outcomes.iter().map(|o| o.others_lost).max().unwrap_or(0);
    let missing = received.into_iter().chain([recorded]).max().unwrap_or(0);
    let most = told.max(missing.saturating_sub(skipped));
    let detail = json!({
        "faults": outcomes.iter().map(Outcome::as_json).collect::<Vec<_>>(),
        "frames": sent,
        "missing_at_servers": received,
        "missing_in_recording": recorded,
        "never_encoded": skipped,
        "engine_killed": engine_killed,
    });
    report("faults", most as f64, "frames", 0.0, Better::Lower, &detail);
}

fn fault<'a>(
    name: &'static str,
    destination: &'static str,
    strike: impl FnMut() + 'a,
    mend: impl FnMut() + 'a,
) -> Fault<'a> {
    Fault {
        name,
        destination,
        strike: Box::new(strike),
        mend: Some(Box::new(mend)),
    }
}

async fn suffer(session: &mut Session, fault: &mut Fault<'_>) -> Outcome {
    eprintln!("{}", fault.name);
    let dropped = |session: &Session| GOOD.map(|id| own(session, id).frames_dropped);
    let late = |session: &Session| encoder(session).late_frames;
    let (before, late_before) = (dropped(session), late(session));
    (fault.strike)();
    session.play(FAULT).await;
    let mut resumed_s = None;
    let mut delay_after_ms = None;
    if let Some(mend) = &mut fault.mend {
        let mended = Instant::now();
        mend();
        destination_flows(session, fault.destination, RESUME_WITHIN).await;
        resumed_s = Some(mended.elapsed().as_secs_f64());
        session.play(SETTLED).await;
        delay_after_ms = Some(own(session, fault.destination).backlog_ms);
    }
    let lost = dropped(session)
        .into_iter()
        .zip(before)
        .map(|(after, before)| after - before);
    Outcome {
        name: fault.name,
        others_lost: lost.max().unwrap_or(0),
        late: late(session) - late_before,
        resumed_s,
        delay_after_ms,
    }
}

impl Outcome {
    fn as_json(&self) -> Value {
        json!({
            "fault": self.name,
            "others_lost": self.others_lost,
            "late_frames": self.late,
            "resumed_s": self.resumed_s.map(rounded),
            "delay_after_ms": self.delay_after_ms,
        })
    }
}

fn own<'a>(session: &'a Session, id: &str) -> &'a DestinationHealth {
    health(session, id).expect("it is told of")
}

/// A server that answers every greeting with nonsense. Lives as long as this process.
fn babbler() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let Ok(mut client) = client else { continue };
            // A client that hangs up first is as good.
            let _ = client.write_all(&[0x42; 4096]);
            let _ = client.read(&mut [0; 64]);
        }
    });
    port
}
