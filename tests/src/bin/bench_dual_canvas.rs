//! Owns the measurement of two canvases: CPU time of both live over that of decoding their clip once and encoding both
//! shapes of it alone.
//!
//! The floor is A + B - C of three plain GStreamer programs, paced by the clock as the show is, with the same decoder,
//! the same x264 settings (from the engine's own table) and AAC: A decodes and encodes the wide clip with its sound, B
//! decodes and encodes the upright one, C only decodes the upright one. So the show pays for scaling, cards, two
//! previews, two recordings and two destinations. The floor is measured before and after, because a machine's speed
//! drifts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark whose world breaks has no result"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use serde_json::json;
use stallcast_media::encoder::{self, BitrateUnit, Controls};
use stallcast_show::{Canvas, SourceKind};
use stallcast_tests::bench::{
    Better, CpuTime, LiveShow, natural_clip, report, rounded, studio, upright_clip,
};

/// Not counted: connecting, filling queues, the encoder's first groups.
const WARM_UP: Duration = Duration::from_secs(8);
/// Counted. Warm-up and this must fit into the clip, which the floor plays once.
const COUNTED: Duration = Duration::from_secs(30);
/// The engine's bitrate at 720 lines and its keyframe distance (two seconds).
const KBPS: u32 = 2500;
const KEYFRAME_FRAMES: u32 = 60;
/// As many threads as the engine gives a decoder.
const DECODER_THREADS: i32 = 2;
/// The engine's sound.
const AAC_BITS: i32 = 128_000;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    gst::init().unwrap();
    let (wide, tall) = (natural_clip(), upright_clip());
    let before = Floor::measure(&wide, &tall).await;
    let show = Box::pin(show(&wide)).await;
    let after = Floor::measure(&wide, &tall).await;
    for (name, run) in [
        ("A", &before.both),
        ("B", &before.tall),
        ("C", &before.decoded),
        ("show", &show),
        ("A", &after.both),
        ("B", &after.tall),
        ("C", &after.decoded),
    ] {
        println!(
            "{name}: {:.2} CPU s for {} frames in {:.0} s; by thread, ms/s: {:#?}",
            run.seconds, run.frames, run.wall, run.threads
        );
    }
    let floor_frame = f64::midpoint(before.frame_ms(), after.frame_ms());
    // Frames left out in one run only would compare different work.
    let steady = before.is_steady() && show.is_steady() && after.is_steady();
    let detail = json!({
        "clip": "demo orchard, panned, grain, pink noise; 1280x720 at 30/s, and its middle at 720x1280",
        "show_ms_a_frame": rounded(show.frame_ms()),
        "floor_ms_a_frame": [rounded(before.frame_ms()), rounded(after.frame_ms())],
        "show_cpu_s": rounded(show.seconds),
        "counted_s": rounded(show.wall),
        "steady": steady,
        "show": show.counters,
        "threads_ms_per_s": show.threads,
    });
    report(
        "dual-canvas",
        show.frame_ms() / floor_frame,
        "x decode once + encode both",
        1.2,
        Better::Lower,
        &detail,
    );
}

/// What is not to be had cheaper: decoding once and encoding both shapes.
struct Floor {
    both: Run,
    tall: Run,
    decoded: Run,
}

impl Floor {
    async fn measure(wide: &Path, tall: &Path) -> Self {
        let encode = "x264enc name=x264 ! h264parse ! \
                      video/x-h264,stream-format=avc,alignment=au";
        let sound = format!(
            "d. ! audio/x-raw ! audioconvert ! audioresample ! audio/x-raw,rate=48000,channels=2 ! \
             clocksync ! avenc_aac aac-coder=fast bitrate={AAC_BITS} ! fakesink async=false sync=false"
        );
        Self {
            both: plain(wide, encode, &sound).await,
            tall: plain(tall, encode, "").await,
            decoded: plain(tall, "identity", "").await,
        }
    }

    fn frame_ms(&self) -> f64 {
        self.both.frame_ms() + self.tall.frame_ms() - self.decoded.frame_ms()
    }

    fn is_steady(&self) -> bool {
        [&self.both, &self.tall, &self.decoded]
            .iter()
            .all(|run| run.is_steady())
    }
}

/// One run's cost.
struct Run {
    seconds: f64,
    wall: f64,
    frames: u64,
    threads: BTreeMap<String, f64>,
    counters: serde_json::Value,
}

impl Run {
    fn between(earlier: &(Instant, CpuTime), pid: u32, frames: u64) -> Self {
        let now = CpuTime::of(pid);
        let wall = earlier.0.elapsed().as_secs_f64();
        Self {
            seconds: now.since(&earlier.1),
            wall,
            frames,
            threads: now.threads_since(&earlier.1, wall),
            counters: serde_json::Value::Null,
        }
    }

    /// CPU time of one encoded frame with everything around it.
    fn frame_ms(&self) -> f64 {
        self.seconds * 1000.0 / self.frames as f64
    }

    fn is_steady(&self) -> bool {
        let due = self.wall * 30.0;
        (self.frames as f64 - due).abs() <= due * 0.01
    }
}

async fn show(clip: &Path) -> Run {
    let path = clip.to_string_lossy().into_owned();
    let kind = SourceKind::File { path };
    let engine = studio(Default::default());
    let mut show = Box::pin(LiveShow::start_on(engine, kind, &Canvas::ALL)).await;
    show.play(WARM_UP).await;
    let encoders = |show: &LiveShow| Canvas::ALL.map(|canvas| show.encoder_of(canvas));
    let (before, pictures) = (encoders(&show), show.preview_pictures());
    let pid = show.engine.pid();
    let earlier = (Instant::now(), CpuTime::of(pid));
    show.play(COUNTED).await;
    let after = encoders(&show);
    let frames: Vec<u64> = (0..2).map(|i| after[i].frames - before[i].frames).collect();
    // The canvas with fewer frames counts: the other's are no excuse.
    let mut run = Run::between(&earlier, pid, frames[0].min(frames[1]));
    run.counters = json!({
        "frames": frames,
        "late": (0..2).map(|i| after[i].late_frames - before[i].late_frames).collect::<Vec<_>>(),
        "skipped": (0..2).map(|i| after[i].skipped_frames - before[i].skipped_frames).collect::<Vec<_>>(),
        "preview": show.preview_pictures() - pictures,
        "encoder": after[0].name,
    });
    for encoder in &after {
        assert_eq!(
            (encoder.name.as_str(), encoder.kbps),
            ("x264enc", KBPS),
            "the floor's encoder"
        );
    }
    show.prove_whole();
    show.end().await;
    run
}

/// Plays a clip through `work` in this process, which has nothing else to do.
async fn plain(clip: &Path, work: &str, sound: &str) -> Run {
    let description = format!(
        "filesrc location={} ! decodebin name=d \
         d. ! video/x-raw ! clocksync ! {work} ! fakesink name=out async=false sync=false {sound}",
        clip.display()
    );
    let pipeline = gst::parse::launch(&description).unwrap();
    let pipeline = pipeline.downcast::<gst::Pipeline>().unwrap();
    pipeline.connect_deep_element_added(|_, _, element| {
        if element.type_().name().starts_with("avdec_h264") {
            element.set_property("max-threads", DECODER_THREADS);
        }
    });
    if let Some(x264) = pipeline.by_name("x264") {
        set_like_the_engine(&x264);
    }
    let packets = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&packets);
    let out = pipeline.by_name("out").unwrap().static_pad("sink").unwrap();
    out.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
        counter.fetch_add(1, Ordering::Relaxed);
        gst::PadProbeReturn::Ok
    });
    pipeline.set_state(gst::State::Playing).unwrap();
    tokio::time::sleep(WARM_UP).await;
    let own = std::process::id();
    let before = packets.load(Ordering::Relaxed);
    let earlier = (Instant::now(), CpuTime::of(own));
    tokio::time::sleep(COUNTED).await;
    let run = Run::between(&earlier, own, packets.load(Ordering::Relaxed) - before);
    let ended = pipeline
        .bus()
        .unwrap()
        .pop_filtered(&[gst::MessageType::Eos, gst::MessageType::Error]);
    assert!(
        ended.is_none(),
        "the floor plays to the end of the count: {ended:?}"
    );
    pipeline.set_state(gst::State::Null).unwrap();
    run
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
