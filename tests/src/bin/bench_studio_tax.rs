//! Owns the measurement of the studio tax: CPU time of a whole show over that of decoding and
//! encoding the same clip alone.
//!
//! The floor is a plain GStreamer program, paced by the clock as the show is, with the same
//! decoder, the same x264 settings (from the engine's own table) and AAC. It is measured before
//! and after the show, because a machine's speed drifts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark whose world breaks has no result"
)]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use serde_json::json;
use stallcast_media::encoder::{self, BitrateUnit, Controls};
use stallcast_show::SourceKind;
use stallcast_tests::bench::{Better, CpuTime, LiveShow, natural_clip, report, rounded, studio};
use stallcast_tests::world::Group;

/// Not counted: connecting, filling queues, the encoder's first groups.
const WARM_UP: Duration = Duration::from_secs(8);
/// Counted. Warm-up and this must fit into the clip, which the floor plays once.
const COUNTED: Duration = Duration::from_secs(40);
/// The engine's bitrate at 720 lines and its keyframe distance (two seconds).
const KBPS: u32 = 2500;
const KEYFRAME_FRAMES: u32 = 60;
/// As many threads as the engine gives a decoder.
const DECODER_THREADS: i32 = 2;
/// The engine's sound.
const AAC_BITS: i32 = 128_000;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, mode, clip] = arguments.as_slice()
        && mode == "--floor"
    {
        return play_floor(Path::new(clip));
    }
    let clip = natural_clip();
    let before = floor(&clip).await;
    let show = show(&clip).await;
    let after = floor(&clip).await;
    let floor_seconds = f64::midpoint(before.seconds, after.seconds);
    for (name, run) in [("floor", &before), ("show", &show), ("floor", &after)] {
        println!(
            "{name}: {:.2} CPU s in {:.0} s; by thread, ms/s:",
            run.seconds, run.wall
        );
        for (thread, cost) in run.threads.as_object().unwrap() {
            println!("  {thread:24} {cost}");
        }
    }
    let detail = json!({
        "clip": "demo orchard, panned, grain, pink noise; 1280x720 at 30/s, H.264 CRF 21 + AAC",
        "counted_s": rounded(show.wall),
        "show_cpu_s": rounded(show.seconds),
        "floor_cpu_s": [rounded(before.seconds), rounded(after.seconds)],
        "show_cores": rounded(show.seconds / show.wall),
        "counters": show.counters,
        "threads_ms_per_s": show.threads,
        "floor_threads_ms_per_s": after.threads,
    });
    report(
        "studio-tax",
        show.seconds / floor_seconds * (before.wall + after.wall) / 2.0 / show.wall,
        "x decode + encode",
        1.2,
        Better::Lower,
        &detail,
    );
}

/// One run's cost.
struct Run {
    seconds: f64,
    wall: f64,
    threads: serde_json::Value,
    counters: serde_json::Value,
}

impl Run {
    fn between(earlier: &(Instant, CpuTime), pid: u32, counters: serde_json::Value) -> Self {
        let now = CpuTime::of(pid);
        let wall = earlier.0.elapsed().as_secs_f64();
        Self {
            seconds: now.since(&earlier.1),
            wall,
            threads: json!(now.threads_since(&earlier.1, wall)),
            counters,
        }
    }
}

async fn show(clip: &Path) -> Run {
    let path = clip.to_string_lossy().into_owned();
    let mut show = LiveShow::start(studio(Default::default()), SourceKind::File { path }).await;
    show.play(WARM_UP).await;
    let (before, pictures) = (show.encoder(), show.preview_pictures());
    let pid = show.engine.pid();
    let earlier = (Instant::now(), CpuTime::of(pid));
    show.play(COUNTED).await;
    let after = show.encoder();
    let counters = json!({
        "frames": after.frames - before.frames,
        "late": after.late_frames - before.late_frames,
        "skipped": after.skipped_frames - before.skipped_frames,
        "preview": show.preview_pictures() - pictures,
        "encoder": after.name,
        "kbps": after.kbps,
    });
    let run = Run::between(&earlier, pid, counters);
    assert_eq!(
        (after.name.as_str(), after.kbps),
        ("x264enc", KBPS),
        "the floor's encoder"
    );
    show.prove_whole();
    show.end().await;
    run
}

async fn floor(clip: &Path) -> Run {
    let mut process = Group::start(
        Command::new(std::env::current_exe().unwrap())
            .arg("--floor")
            .arg(clip),
    );
    tokio::time::sleep(WARM_UP).await;
    let earlier = (Instant::now(), CpuTime::of(process.id()));
    tokio::time::sleep(COUNTED).await;
    let run = Run::between(&earlier, process.id(), json!(null));
    assert!(
        process.ended().is_none(),
        "the floor played to the end of the count"
    );
    run
}

/// The floor's process: plays the clip once through decoder and encoder.
fn play_floor(clip: &Path) {
    gst::init().unwrap();
    let description = format!(
        "filesrc location={} ! decodebin name=d \
         d. ! video/x-raw ! clocksync ! x264enc name=x264 ! h264parse ! \
         video/x-h264,stream-format=avc,alignment=au ! fakesink name=out async=false sync=false \
         d. ! audio/x-raw ! audioconvert ! audioresample ! audio/x-raw,rate=48000,channels=2 ! \
         clocksync ! avenc_aac aac-coder=fast bitrate={AAC_BITS} ! fakesink async=false sync=false",
        clip.display()
    );
    let pipeline = gst::parse::launch(&description).unwrap();
    let pipeline = pipeline.downcast::<gst::Pipeline>().unwrap();
    pipeline.connect_deep_element_added(|_, _, element| {
        if element.type_().name().starts_with("avdec_h264") {
            element.set_property("max-threads", DECODER_THREADS);
        }
    });
    set_like_the_engine(&pipeline.by_name("x264").unwrap());
    let packets = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&packets);
    let out = pipeline.by_name("out").unwrap().static_pad("sink").unwrap();
    out.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
        counted.fetch_add(1, Ordering::Relaxed);
        gst::PadProbeReturn::Ok
    });
    pipeline.set_state(gst::State::Playing).unwrap();
    let end = pipeline.bus().unwrap().timed_pop_filtered(
        gst::ClockTime::NONE,
        &[gst::MessageType::Eos, gst::MessageType::Error],
    );
    println!("{end:?} after {} packets", packets.load(Ordering::Relaxed));
}

/// Gives an x264enc the engine's settings, from the engine's own table.
fn set_like_the_engine(x264: &gst::Element) {
    let kind = encoder::all().iter().find(|kind| kind.element == "x264enc");
    let kind = kind.expect("the table knows x264enc");
    for (name, value) in kind.settings {
        x264.set_property_from_str(name, value);
    }
    let Controls::Properties {
        bitrate: (bitrate, BitrateUnit::Kilobit),
        keyframe_distance,
    } = kind.controls
    else {
        panic!("x264enc takes its bitrate in another way now");
    };
    x264.set_property_from_str(bitrate, &KBPS.to_string());
    x264.set_property_from_str(keyframe_distance, &KEYFRAME_FRAMES.to_string());
}
