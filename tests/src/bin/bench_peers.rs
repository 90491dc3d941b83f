//! Owns the comparison with what people use else: the same clip with the same card, encoded with the same settings, sent to
//! the same server and recorded, by Stallcast and by what is installed of FFmpeg, GStreamer's command line and OBS Studio.
//! One line of JSON for each, and one for decoding and encoding alone; the value is CPU time for a second of show.
//!
//! Each runs alone, in turns. What came is read off the server's own recording by the numbers in the clip's pictures. The
//! delay is of a second run with a screen that shows the time as its source, because a clip begins when it likes.
//! `STALLCAST_PEERS_SECONDS` and `STALLCAST_PEERS_ROUNDS` shorten it, `STALLCAST_PEERS_LINES` makes the picture smaller,
//! `STALLCAST_PEERS` names those that are measured, with commas.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark whose world breaks has no result"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stallcast_show::Show;
use stallcast_tests::bench::peers::{Card, FPS, Footage, Job, OnAir, System};
use stallcast_tests::bench::{
    Arrivals, Arrived, ENCODE, ENCODE_SOUND, KBPS, KEYFRAME_FRAMES, MachineTime, NUMBERED_S, Shown,
    TimeWindow, Tree, WARM_UP, numbered_clip, percentile, plain, rounded, stamp,
};
use stallcast_tests::stage::{import_orchard, show_of, studio};
use stallcast_tests::world::{RtmpServer, Xvfb};

const SECONDS: u32 = 30;
const ROUNDS: u32 = 3;
const LINES: u32 = 1080;
/// Counted of the run that measures the delay, at most.
const DELAY_S: u32 = 20;
/// What a start may take of the clip, seconds.
const START_S: u32 = 15;

/// What all have in common.
struct Bench {
    clip: PathBuf,
    card: Card,
    size: (u32, u32),
    seconds: u32,
}

/// Figures of one run by name.
type Figures = BTreeMap<&'static str, f64>;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let asked = |name: &str, usual| std::env::var(name).map_or(usual, |n| n.parse().unwrap());
    let (seconds, rounds) = (
        asked("STALLCAST_PEERS_SECONDS", SECONDS),
        asked("STALLCAST_PEERS_ROUNDS", ROUNDS),
    );
    let warm_up = u32::try_from(WARM_UP.as_secs()).unwrap();
    assert!(
        START_S + warm_up + seconds <= NUMBERED_S,
        "the clip is too short for {seconds} s"
    );
    let lines = asked("STALLCAST_PEERS_LINES", LINES);
    let folder = tempfile::tempdir().unwrap();
    let size = (lines * 16 / 9, lines);
    let bench = Bench {
        clip: numbered_clip(lines),
        card: Card::of(orchard().await, size, folder.path()),
        size,
        seconds,
    };
    let systems: Vec<(System, String)> = wanted()
        .filter_map(|system| Some((system, system.version()?)))
        .collect();

    let mut floor = Vec::new();
    let mut runs: BTreeMap<System, Vec<Figures>> = BTreeMap::new();
    for round in 1..=rounds {
        let alone = bench.floor().await;
        println!("{round}: decoding and encoding alone: {alone:.2?}");
        floor.push(alone);
        for (system, _) in &systems {
            let figures = Box::pin(bench.cost(*system)).await;
            println!("{round}: {}: {figures:.2?}", system.name());
            runs.entry(*system).or_default().push(figures);
        }
    }
    let mut delays = BTreeMap::new();
    for (system, _) in &systems {
        let delay = Box::pin(bench.delay(*system)).await;
        println!("delay: {}: {delay}", system.name());
        delays.insert(*system, delay);
    }

    let settings = json!({
        "picture": format!("{}x{} at {FPS}/s", size.0, size.1),
        "video": format!("x264 veryfast, {KBPS} kbit/s, a keyframe every {KEYFRAME_FRAMES} pictures"),
        "sound": "AAC, 128 kbit/s",
        "card": format!("{}x{} pixels", bench.card.size.0, bench.card.size.1),
        "counted_s": seconds,
        "rounds": rounds,
    });
    tell(
        "floor",
        "decoding and encoding alone",
        &floor,
        &Value::Null,
        &settings,
    );
    for system in wanted() {
        let found = systems.iter().find(|(known, _)| *known == system);
        match found {
            Some((_, version)) => tell(
                system.name(),
                version,
                &runs[&system],
                &delays[&system],
                &settings,
            ),
            None => println!(
                "{}",
                json!({ "bench": "peers", "system": system.name(), "skipped": "it is not installed" })
            ),
        }
    }
}

/// Who is to be measured.
fn wanted() -> impl Iterator<Item = System> {
    let named = std::env::var("STALLCAST_PEERS").ok();
    System::ALL.into_iter().filter(move |system| {
        named
            .as_ref()
            .is_none_or(|named| named.split(',').any(|name| name == system.name()))
    })
}

/// Prints one result.
fn tell(system: &str, version: &str, runs: &[Figures], delay: &Value, settings: &Value) {
    let names = runs[0].keys().copied();
    let figures: BTreeMap<&str, Value> = names.map(|name| (name, spread(runs, name))).collect();
    let line = json!({
        "bench": "peers", "system": system, "value": figures["cpu"]["median"],
        "unit": "CPU s per s of show", "aim": null, "better": "lower",
        "detail": { "version": version, "figures": figures, "delay_ms": delay, "settings": settings },
    });
    println!("{line}");
}

/// Median, least and most of what some runs gave.
fn spread(runs: &[Figures], name: &str) -> Value {
    let mut values: Vec<f64> = runs.iter().map(|figures| figures[name]).collect();
    let mut part = |part| rounded(percentile(&mut values, part));
    json!({ "median": part(0.5), "min": part(0.0), "max": part(1.0) })
}

/// The products that the card is of.
async fn orchard() -> Show {
    let mut engine = studio(Default::default());
    let mut session = engine.session().await;
    import_orchard(&engine, &mut session).await;
    let show = show_of(&session);
    drop(session);
    assert!(engine.stop().success(), "{}", engine.log());
    show
}

impl Bench {
    /// Decoding and encoding alone, in this process.
    async fn floor(&self) -> Figures {
        let counted = Duration::from_secs(self.seconds.into());
        let run = plain(&self.clip, ENCODE, ENCODE_SOUND, counted).await;
        let due = run.wall * f64::from(FPS);
        Figures::from([
            ("cpu", run.seconds / run.wall),
            (
                "lost_percent",
                (1.0 - run.frames as f64 / due).max(0.0) * 100.0,
            ),
        ])
    }

    /// What a system costs and what comes of the clip.
    async fn cost(&self, system: System) -> Figures {
        let job = self.job(Footage::Clip(self.clip.clone()));
        let server = RtmpServer::start();
        let arrivals = Arrivals::of(&server);
        let mut on_air = OnAir::start(system, &job, &server).await;
        let launched = on_air.launched;
        on_air.play(WARM_UP).await;
        let (pid, own) = (on_air.pid(), std::process::id());
        let look = || {
            (
                Instant::now(),
                Tree::of(pid),
                Tree::of(own),
                MachineTime::now(),
            )
        };
        let before = look();
        let (mut resident, mut proportional) = (0.0_f64, 0.0_f64);
        for second in 1..=self.seconds {
            let next = Duration::from_secs(second.into());
            on_air.play(next.saturating_sub(before.0.elapsed())).await;
            let tree = Tree::of(pid);
            resident = resident.max(tree.resident);
            proportional = proportional.max(tree.proportional);
        }
        let after = look();
        on_air.end(&job).await;
        let pictures = arrivals.decoded();

        let wall = (after.0 - before.0).as_secs_f64();
        let used = after.1.seconds - before.1.seconds;
        let shown = Shown::of(&pictures, before.0, after.0, f64::from(FPS));
        assert!(shown.shown > 1, "{}: {shown:?}", system.name());
        // A peer is a child of this process, so that its own time holds the peer's as well as server and screen.
        let machine = after.3.since(&before.3);
        let bench = after.2.seconds - before.2.seconds;
        Figures::from([
            ("cpu", used / wall),
            ("cpu_ms_a_picture", used * 1000.0 / shown.shown as f64),
            ("resident_mib", resident),
            ("proportional_mib", proportional),
            ("start_s", (pictures[0].at - launched).as_secs_f64()),
            ("lost_percent", shown.lost_percent()),
            ("lost", (shown.due - shown.shown) as f64),
            ("repeated", shown.repeated as f64),
            ("unreadable", shown.unreadable as f64),
            ("missing_by_time", shown.missing_by_time as f64),
            ("longest_ms", shown.longest_ms),
            ("behind_s", shown.behind_s),
            ("helpers_cpu", (bench - used) / wall),
            ("others_cpu", (machine.busy - bench) / wall),
            ("stolen_cpu", machine.stolen / wall),
        ])
    }

    /// Milliseconds from a time on a screen to the picture with it at the server.
    async fn delay(&self, system: System) -> Value {
        let begin = Instant::now();
        let screen = Xvfb::start(self.size.0, self.size.1);
        // Something that moves over the whole picture, so that pictures have a size as of a camera.
        let motion = screen.motion();
        let clock = TimeWindow::show(&screen, begin);
        let job = self.job(Footage::Screen(screen.display().to_owned()));
        let server = RtmpServer::start();
        let arrivals = Arrivals::of(&server);
        let mut on_air = OnAir::start(system, &job, &server).await;
        on_air.play(WARM_UP).await;
        let from = Instant::now();
        let counted = Duration::from_secs(self.seconds.min(DELAY_S).into());
        on_air.play(counted).await;
        let until = Instant::now();
        on_air.end(&job).await;
        clock.stop();
        drop(motion);
        let pictures = arrivals.decoded();
        let within = |picture: &&Arrived| (from..until).contains(&picture.at);
        let came = pictures.iter().filter(within);
        let mut delays: Vec<f64> = came
            .filter_map(|picture| Some(stamp::since(picture.number?, picture.at - begin)))
            .collect();
        if delays.is_empty() {
            return json!({ "why_not": "no picture with a time that could be read" });
        }
        json!({
            "median": rounded(percentile(&mut delays, 0.5)),
            "min": rounded(percentile(&mut delays, 0.0)),
            "max": rounded(percentile(&mut delays, 1.0)),
            "p95": rounded(percentile(&mut delays, 0.95)),
            "pictures": delays.len(),
        })
    }

    fn job(&self, footage: Footage) -> Job {
        Job::new(footage, self.card.clone(), self.size)
    }
}
