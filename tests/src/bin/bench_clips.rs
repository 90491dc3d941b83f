//! Owns the measurement of clips: 30 segments of a two-hour recording, against FFmpeg's own command line making the same
//! 30 files of the same form (first picture and sound, index in front).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark whose world breaks has no result"
)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;
use stallcast_clips::{Cutter, Piece, cover, probe};
use stallcast_tests::bench::{Better, percentile, report, rounded, steady_minute};
use stallcast_tests::world::run;

const SEGMENTS: u64 = 30;
const MINUTES: u64 = 120;
/// A segment begins every four minutes, not on a keyframe, and fills most of them.
const EVERY_MS: u64 = MINUTES * 60_000 / SEGMENTS;
const BEGIN_MS: u64 = 9_300;
const LENGTH_MS: u64 = 220_000;
/// Each way in turn, so that both meet the same disk.
const ROUNDS: usize = 3;
/// Pictures that two cuts of one segment may differ by: each begins with a keyframe, one every two seconds.
const GROUP: u64 = 60;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let recording = two_hours(folder.path());
    let size = std::fs::metadata(&recording).unwrap().len();
    println!("recording: {} MB", size / 1_000_000);
    let (mut ours, mut theirs, mut covers) = (vec![], vec![], vec![]);
    for round in 0..ROUNDS {
        let (own, other) = (folder.path().join("own"), folder.path().join("ffmpeg"));
        for place in [&own, &other] {
            std::fs::create_dir(place).unwrap();
        }
        theirs.push(timed(|| with_ffmpeg(&recording, &other)));
        ours.push(timed(|| with_cutter(&recording, &own)));
        covers.push(timed(|| make_covers(&own)));
        if round == 0 {
            prove_alike(&own, &other);
        }
        for place in [own, other] {
            std::fs::remove_dir_all(place).unwrap();
        }
    }
    println!("ours {ours:?}, FFmpeg {theirs:?}, covers {covers:?}, seconds");
    let mut ratios: Vec<f64> = ours.iter().zip(&theirs).map(|(a, b)| a / b).collect();
    let detail = json!({
        "seconds": rounded(percentile(&mut ours.clone(), 0.5)),
        "ffmpeg_seconds": rounded(percentile(&mut theirs.clone(), 0.5)),
        "covers_seconds": rounded(percentile(&mut covers.clone(), 0.5)),
        "slowest_with_covers_seconds": rounded(
            ours.iter().zip(&covers).map(|(a, b)| a + b).fold(0.0, f64::max)
        ),
        "ratios": ratios.iter().copied().map(rounded).collect::<Vec<f64>>(),
        "recording_bytes": size,
    });
    let value = percentile(&mut ratios, 0.5);
    report("clips", value, "x", 1.0, Better::Lower, &detail);
}

/// The minute, over and over, as one plain file.
fn two_hours(folder: &Path) -> PathBuf {
    let recording = folder.join("recording.mp4");
    let minute = steady_minute();
    let loops = (MINUTES - 1).to_string();
    let from = ["-v", "error", "-nostdin", "-y", "-stream_loop", &loops];
    let to = [
        "-i",
        minute.to_str().unwrap(),
        "-c",
        "copy",
        recording.to_str().unwrap(),
    ];
    run("ffmpeg", from.into_iter().chain(to));
    recording
}

fn timed(work: impl FnOnce()) -> f64 {
    let began = Instant::now();
    work();
    began.elapsed().as_secs_f64()
}

fn begin_ms(segment: u64) -> u64 {
    segment * EVERY_MS + BEGIN_MS
}

fn clip(folder: &Path, segment: u64) -> PathBuf {
    folder.join(format!("{segment:02}.mp4"))
}

fn with_cutter(recording: &Path, folder: &Path) {
    let mut cutter = Cutter::default();
    for segment in 0..SEGMENTS {
        let from = Duration::from_millis(begin_ms(segment));
        let piece = Piece {
            path: recording.to_owned(),
            from,
            to: from + Duration::from_millis(LENGTH_MS),
        };
        cutter
            .cut(&[piece], &clip(folder, segment), &|| true)
            .unwrap();
    }
}

fn with_ffmpeg(recording: &Path, folder: &Path) {
    for segment in 0..SEGMENTS {
        let seconds = |ms: u64| format!("{}.{:03}", ms / 1000, ms % 1000);
        let (from, long) = (seconds(begin_ms(segment)), seconds(LENGTH_MS));
        let out = clip(folder, segment);
        let words = ["-v", "error", "-nostdin", "-y", "-ss", &from, "-i"];
        let cut = ["-t", &long, "-map", "0:v:0", "-map", "0:a:0", "-c", "copy"];
        let form = ["-movflags", "+faststart"];
        let words = words.into_iter().chain([recording.to_str().unwrap()]);
        let words = words.chain(cut).chain(form).chain([out.to_str().unwrap()]);
        run("ffmpeg", words);
    }
}

fn make_covers(folder: &Path) {
    for segment in 0..SEGMENTS {
        let jpeg = cover(&clip(folder, segment), Duration::from_secs(2), 1920)
            .unwrap()
            .to_jpeg(88)
            .unwrap();
        std::fs::write(folder.join(format!("{segment:02}.jpg")), jpeg).unwrap();
    }
}

/// Panics unless both made the same clips.
fn prove_alike(own: &Path, other: &Path) {
    for segment in 0..SEGMENTS {
        let frames = |folder: &Path| {
            let facts = probe(&clip(folder, segment)).unwrap();
            assert!(facts.plays_to_end, "segment {segment}: {facts:?}");
            facts.video.unwrap().frames
        };
        let (own, other) = (frames(own), frames(other));
        assert!(
            own.abs_diff(other) <= GROUP + 2,
            "segment {segment}: {own} and {other} pictures"
        );
        assert!(
            own * 1000 >= LENGTH_MS * 30,
            "segment {segment} is too short: {own} pictures"
        );
    }
}
