//! Measures what inputs and the mix cost: `input_cost SECONDS FILE [tone]`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::{Duration, Instant};

use stallcast_media::audio::AudioMixer;
use stallcast_media::clock::MediaClock;
use stallcast_media::input::{Input, InputKind, InputSpec, VideoWant};

fn cpu_seconds() -> f64 {
    // SAFETY: getrusage fills the struct it is given.
    unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &raw mut usage);
        let time = |t: libc::timeval| t.tv_sec as f64 + t.tv_usec as f64 / 1e6;
        time(usage.ru_utime) + time(usage.ru_stime)
    }
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let seconds: u64 = args[1].parse().expect("seconds");
    gstreamer::init().expect("GStreamer");
    let clock = MediaClock::new();
    let mixer = (args[2] != "none" || args.len() > 3)
        .then(|| AudioMixer::start(&clock, |_| {}).expect("mixer"));
    let (events, mut states) = tokio::sync::mpsc::channel(64);
    let kind = match args[2].as_str() {
        "mixer" => None,
        "image" => Some(InputKind::Image {
            path: args[3].clone(),
        }),
        "tone" => Some(InputKind::TestTone),
        "ball" => Some(InputKind::TestPicture {
            pattern: "ball".into(),
        }),
        path => Some(InputKind::File {
            path: path.to_owned(),
            looping: true,
        }),
    };
    let input = kind.map(|kind| {
        Input::start(
            InputSpec {
                id: "a".into(),
                kind,
            },
            &clock,
            mixer.as_ref(),
            VideoWant::new(1280, 720),
            events,
        )
    });
    let pause = |time: Duration| {
        let until = Instant::now() + time;
        while Instant::now() < until {
            std::thread::park_timeout(until - Instant::now());
        }
    };
    pause(Duration::from_secs(2));
    let (from, began) = (cpu_seconds(), Instant::now());
    pause(Duration::from_secs(seconds));
    let used = (cpu_seconds() - from) / began.elapsed().as_secs_f64();
    let frames = input.as_ref().map_or(0, |input| input.frames().pushed());
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let rss = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .unwrap_or("");
    while let Ok(event) = states.try_recv() {
        println!("{:?} {}", event.state, event.detail.unwrap_or_default());
    }
    println!("{:.1} % of a core, {frames} frames, {rss}", used * 100.0);
}
