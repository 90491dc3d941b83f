//! Owns the measurement of a press: frames from the moment at which the command that puts a product on air was accepted
//! to the first streamed picture that carries the new card, 95th percentile over both canvases.
//!
//! A whole show runs: a clip, landscape and portrait live to an RTMP server each, both recorded, both previews open. The
//! servers' copies are decoded; the recordings of the same pictures say when they were taken. A picture is made one frame
//! after the time that it bears, and only then could it carry anything: that frame is counted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark whose world breaks has no result"
)]

use std::time::Duration;

use serde_json::{Value, json};
use stallcast_show::Canvas;
use stallcast_tests::bench::{Better, LiveShow, WARM_UP, percentile, report, rounded};
use stallcast_tests::probe::{Late, Stream};
use stallcast_tests::stage::{assets, file, studio};

/// Presses, each on both canvases.
const PRESSES: usize = 60;
/// Not a whole number of frames, so that a press comes at every moment of a frame.
const APART: Duration = Duration::from_millis(1_537);
/// Products that take turns.
const TURNS: usize = 6;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let engine = studio(Default::default());
    let clip = file(&assets().join("demo/orchard.mp4"));
    let mut show = Box::pin(LiveShow::start_on(engine, clip, &Canvas::ALL)).await;
    show.play(WARM_UP).await;
    let before = Canvas::ALL.map(|canvas| show.encoder_of(canvas));
    let presses = show.press((0..PRESSES).map(|n| n % TURNS), APART).await;
    show.play(APART).await;
    let after = Canvas::ALL.map(|canvas| show.encoder_of(canvas));
    show.prove_whole();
    show.end().await;
    let mut recordings = show.engine.recordings();
    recordings.sort_by_key(|file| file.to_string_lossy().contains("portrait"));
    let received = show.received();
    let mut all = Vec::new();
    let mut detail = serde_json::Map::new();
    for (n, (canvas, size)) in [("landscape", (1280, 720)), ("portrait", (720, 1280))]
        .into_iter()
        .enumerate()
    {
        let stream = Stream::of(&received[n], &recordings[n], size);
        let late = stream.late(&presses);
        println!(
            "{canvas}: {:.2?}",
            late.iter().map(|l| l.first).collect::<Vec<_>>()
        );
        let mut of_canvas = summed_up(&late);
        of_canvas["pictures_late"] = (after[n].late_frames - before[n].late_frames).into();
        of_canvas["pictures_left_out"] =
            (after[n].skipped_frames - before[n].skipped_frames).into();
        detail.insert(canvas.to_owned(), of_canvas);
        all.extend(late.iter().map(|late| late.first));
    }
    detail.insert("presses".to_owned(), presses.len().into());
    let value = percentile(&mut all, 0.95);
    let detail = Value::Object(detail);
    report("one-press", value, "frames", 2.0, Better::Lower, &detail);
}

fn summed_up(late: &[Late]) -> Value {
    let mut first: Vec<f64> = late.iter().map(|late| late.first).collect();
    let mut whole: Vec<f64> = late.iter().map(|late| late.whole).collect();
    json!({
        "p50": rounded(percentile(&mut first, 0.5)),
        "p95": rounded(percentile(&mut first, 0.95)),
        "most": rounded(percentile(&mut first, 1.0)),
        "whole_p95": rounded(percentile(&mut whole, 0.95)),
    })
}
