//! Puts a clip on air for some seconds and says what it cost:
//! `on_air CLIP SECONDS [overlay] [preview] [record=FILE]`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use stallcast_media::blend::Layer;
use stallcast_media::input::{InputKind, InputSpec};
use stallcast_media::program::{
    Encoded, EventSink, MediaEvent, OnAir, Placement, Program, ProgramSpec, Scene, Transition,
};
use stallcast_media::recorder::Recorder;

fn cpu_seconds() -> f64 {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: getrusage fills the struct; zeroed is a valid value anyway.
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr());
        usage.assume_init()
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut args = std::env::args().skip(1);
    let clip = args.next().expect("a clip");
    let seconds: u64 = args.next().expect("seconds").parse().unwrap();
    let options: Vec<String> = args.collect();
    let has = |name: &str| options.iter().any(|option| option == name);

    let spec = ProgramSpec::hd720();
    let bytes = Arc::new(AtomicU64::new(0));
    let recorder: Arc<Mutex<Option<Recorder>>> = Arc::default();
    let (sender, mut events) = tokio::sync::mpsc::channel(64);
    let sink = EventSink::new(sender.clone());
    let file = options
        .iter()
        .find_map(|option| option.strip_prefix("record="));
    let file = file.map(str::to_owned);
    let output = {
        let (bytes, recorder) = (bytes.clone(), recorder.clone());
        Arc::new(move |encoded| match encoded {
            Encoded::Config(config) => {
                if let Some(file) = &file {
                    let started = Recorder::start(file.into(), &config, sink.clone()).unwrap();
                    *recorder.lock().unwrap() = Some(started);
                }
            }
            Encoded::Packet(packet) => {
                bytes.fetch_add(packet.data.len() as u64, Ordering::Relaxed);
                if let Some(recorder) = &*recorder.lock().unwrap() {
                    recorder.push(&packet);
                }
            }
        })
    };
    let program = Program::start(spec.clone(), output, sender).unwrap();
    program.set_inputs(vec![InputSpec {
        id: "clip".to_owned(),
        kind: InputKind::File {
            path: clip,
            looping: true,
        },
    }]);
    program.set_scene(
        Scene {
            id: "full".to_owned(),
            placements: vec![Placement::full("clip", &spec.canvas)],
        },
        Transition::Cut,
    );
    if has("overlay") {
        let colour = [90_u8, 60, 20, 180];
        program.set_overlay(vec![Layer {
            id: "card".to_owned(),
            version: 1,
            x: 641,
            y: 391,
            width: 600,
            height: 300,
            rgba: Arc::from(colour.repeat(600 * 300)),
            opacity: 1.0,
            motion: None,
        }]);
    }
    if has("preview") {
        program.set_preview(true, 15, 960).unwrap();
    }
    while let Some(event) = events.recv().await {
        println!("{event:?}");
        if matches!(
            event,
            MediaEvent::OnAir {
                shows: OnAir::Scene,
                ..
            }
        ) {
            break;
        }
    }
    let (before, cpu, sent) = (
        program.stats(),
        cpu_seconds(),
        bytes.load(Ordering::Relaxed),
    );
    let started = Instant::now();
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let wall = started.elapsed().as_secs_f64();
    let used = cpu_seconds() - cpu;
    let rate = (bytes.load(Ordering::Relaxed) - sent) as f64 * 8.0 / wall / 1000.0;
    let stats = program.stats();
    let frames = stats.frames_produced - before.frames_produced;
    println!("{stats:?}");
    println!("{frames} frames in {wall:.2} s, {rate:.0} kbit/s");
    println!(
        "CPU {:.1} % of a core, {:.2} ms a frame",
        used / wall * 100.0,
        used / frames as f64 * 1e3
    );
    program.stop();
    if let Some(recorder) = recorder.lock().unwrap().take() {
        println!("{:?}", recorder.finish());
    }
}
