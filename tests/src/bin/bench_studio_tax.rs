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
use std::time::{Duration, Instant};

use serde_json::json;
use stallcast_show::Canvas;
use stallcast_tests::bench::{
    Better, CpuTime, ENCODE, ENCODE_SOUND, LiveShow, Run, WARM_UP, natural_clip, plain,
    prove_encoded_alike, report, rounded,
};
use stallcast_tests::stage::{file, studio};

/// Counted. Warm-up and this must fit into the clip, which the floor plays once.
const COUNTED: Duration = Duration::from_secs(40);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let clip = natural_clip();
    let before = floor(&clip).await;
    let show = Box::pin(show(&clip)).await;
    let after = floor(&clip).await;
    for (name, run) in [("floor", &before), ("show", &show), ("floor", &after)] {
        run.print(name);
    }
    let floor_frame = f64::midpoint(before.frame_ms(), after.frame_ms());
    // Frames left out in one run only would compare different work.
    let steady = [&before, &show, &after].iter().all(|run| run.is_steady());
    let detail = json!({
        "clip": "demo orchard, panned, grain, pink noise; 1280x720 at 30/s, H.264 CRF 21 + AAC",
        "show_ms_a_frame": rounded(show.frame_ms()),
        "floor_ms_a_frame": [rounded(before.frame_ms()), rounded(after.frame_ms())],
        "show_cpu_s": rounded(show.seconds),
        "floor_cpu_s": [rounded(before.seconds), rounded(after.seconds)],
        "counted_s": rounded(show.wall),
        "steady": steady,
        "frames": [before.frames, show.frames, after.frames],
        "show": show.counters,
        "threads_ms_per_s": show.threads,
        "floor_threads_ms_per_s": after.threads,
    });
    report(
        "studio-tax",
        show.frame_ms() / floor_frame,
        "x decode + encode",
        1.2,
        Better::Lower,
        &detail,
    );
}

async fn show(clip: &Path) -> Run {
    let mut show = LiveShow::start(studio(Default::default()), file(clip)).await;
    show.play(WARM_UP).await;
    let (before, pictures) = (show.encoder_of(Canvas::Landscape), show.preview_pictures());
    let pid = show.engine.pid();
    let earlier = (Instant::now(), CpuTime::of(pid));
    show.play(COUNTED).await;
    let after = show.encoder_of(Canvas::Landscape);
    let mut run = Run::between(&earlier, pid, after.frames - before.frames);
    run.counters = json!({
        "late": after.late_frames - before.late_frames,
        "skipped": after.skipped_frames - before.skipped_frames,
        "preview": show.preview_pictures() - pictures,
        "encoder": after.name,
        "kbps": after.kbps,
    });
    prove_encoded_alike(&after);
    show.prove_whole();
    show.end().await;
    run
}

/// Decoding and encoding alone.
async fn floor(clip: &Path) -> Run {
    plain(clip, ENCODE, ENCODE_SOUND, COUNTED).await
}
