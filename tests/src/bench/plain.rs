//! What a stretch of work costs a process, and the floor that a show is held against: a clip played by plain GStreamer
//! elements, paced by the clock as the show is, with the decoder's threads, the x264 settings (from the engine's own
//! table) and the AAC of the engine.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use stallcast_media::encoder::{self, BitrateUnit, Controls};
use stallcast_wire::EncoderStatus;

use super::CpuTime;

/// Not counted: connecting, filling queues, the encoder's first groups.
pub const WARM_UP: Duration = Duration::from_secs(8);
/// What [`plain`] makes of decoded pictures to encode them as the engine does.
pub const ENCODE: &str =
    "x264enc name=x264 ! h264parse ! video/x-h264,stream-format=avc,alignment=au";
/// What [`plain`] makes of the sound to encode it as the engine does (128 kbit/s).
pub const ENCODE_SOUND: &str = "d. ! audio/x-raw ! audioconvert ! audioresample ! \
     audio/x-raw,rate=48000,channels=2 ! clocksync ! \
     avenc_aac aac-coder=fast bitrate=128000 ! fakesink async=false sync=false";

/// The engine's bitrate at 720 lines, kbit/s.
pub const KBPS: u32 = 2500;
/// Pictures from one of the engine's keyframes to the next.
pub const KEYFRAME_FRAMES: u32 = 60;
/// As many threads as the engine gives a decoder.
const DECODER_THREADS: i32 = 2;
/// Pictures a second of every clip and canvas.
const FPS: f64 = 30.0;

/// One run's cost.
#[derive(Debug)]
pub struct Run {
    /// CPU time, seconds.
    pub seconds: f64,
    /// Time on the clock, seconds.
    pub wall: f64,
    /// Pictures that came out.
    pub frames: u64,
    /// CPU time by thread, ms a second.
    pub threads: BTreeMap<String, f64>,
    /// What else a result tells of it.
    pub counters: serde_json::Value,
}

impl Run {
    /// From `earlier` until now, in which process `pid` gave `frames` pictures.
    pub fn between(earlier: &(Instant, CpuTime), pid: u32, frames: u64) -> Self {
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

    /// CPU time of one encoded frame with everything around it, ms.
    pub fn frame_ms(&self) -> f64 {
        self.seconds * 1000.0 / self.frames as f64
    }

    /// Whether hardly a picture was left out: runs that left some out did other work than the rest.
    pub fn is_steady(&self) -> bool {
        let due = self.wall * FPS;
        (self.frames as f64 - due).abs() <= due * 0.01
    }

    /// Prints it for whoever looks into a result.
    pub fn print(&self, name: &str) {
        println!(
            "{name}: {:.2} CPU s for {} frames in {:.0} s; by thread, ms/s: {:#?}",
            self.seconds, self.frames, self.wall, self.threads
        );
    }
}

/// Panics unless a show was encoded as the floor is.
pub fn prove_encoded_alike(encoder: &EncoderStatus) {
    assert_eq!(
        (encoder.name.as_str(), encoder.kbps),
        ("x264enc", KBPS),
        "the floor's encoder"
    );
}

/// Plays a clip through `work` (for example [`ENCODE`]) in this process, which has nothing else to do, with `sound`
/// ([`ENCODE_SOUND`] or nothing) beside it. Warm-up and what is `counted` must fit into the clip, which is played once.
pub async fn plain(clip: &Path, work: &str, sound: &str, counted: Duration) -> Run {
    gst::init().unwrap();
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
    tokio::time::sleep(counted).await;
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

/// Gives an x264enc the engine's settings.
fn set_like_the_engine(x264: &gst::Element) {
    for (name, value) in engine_x264(KBPS, KEYFRAME_FRAMES) {
        x264.set_property_from_str(name, &value);
    }
}

/// The properties of an x264enc that encodes as the engine does, from the engine's own table.
pub(super) fn engine_x264(kbps: u32, keyframe_frames: u32) -> Vec<(&'static str, String)> {
    let kind = encoder::all().find(|kind| kind.element == "x264enc");
    let kind = kind.expect("the table knows x264enc");
    let Controls::Properties {
        bitrate: (bitrate, BitrateUnit::Kilobit),
        keyframe_distance,
    } = kind.controls
    else {
        panic!("x264enc takes its bitrate in another way now");
    };
    let settings = kind.settings.iter();
    let fixed = settings.map(|(name, value)| (*name, (*value).to_owned()));
    let of_show = [
        (bitrate, kbps.to_string()),
        (keyframe_distance, keyframe_frames.to_string()),
    ];
    fixed.chain(of_show).collect()
}
