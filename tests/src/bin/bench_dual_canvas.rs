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

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;
use stallcast_show::Canvas;
use stallcast_tests::bench::{
    Better, CpuTime, ENCODE, ENCODE_SOUND, LiveShow, Run, WARM_UP, natural_clip, plain,
    prove_encoded_alike, report, rounded, upright_clip,
};
use stallcast_tests::stage::{file, studio};

/// Counted. Warm-up and this must fit into the clip, which the floor plays once.
const COUNTED: Duration = Duration::from_secs(30);

#[tokio::main(flavor = "current_thread")]
async fn main() {
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
        run.print(name);
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
        Self {
            both: plain(wide, ENCODE, ENCODE_SOUND, COUNTED).await,
            tall: plain(tall, ENCODE, "", COUNTED).await,
            decoded: plain(tall, "identity", "", COUNTED).await,
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

async fn show(clip: &Path) -> Run {
    let engine = studio(Default::default());
    let mut show = Box::pin(LiveShow::start_on(engine, file(clip), &Canvas::ALL)).await;
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
    after.iter().for_each(prove_encoded_alike);
    show.prove_whole();
    show.end().await;
    run
}
