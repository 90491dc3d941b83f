//! Clips that begin with the very picture that was asked for: nothing broken at the joint, sound in its place.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod made;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use made::ffmpeg;
use stallcast_clips::{Cutter, Depth, Edges, Piece, SegmentCut, probe_with, thumbnail};

/// A picture of 30 a second.
const PICTURE_MS: u64 = 34;

/// Keyframes every two seconds; every packet of the sound is another one.
fn recording(size: &str, more: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("recording.mp4");
    ffmpeg(
        &format!(
            "-f lavfi -i testsrc2=size={size}:rate=30 -f lavfi -i anoisesrc=r=48000:seed=7 -t 14 -c:v libx264 \
             -preset veryfast -g 60 -keyint_min 60 -sc_threshold 0 -pix_fmt yuv420p -c:a aac -b:a 96k {more}"
        ),
        &path,
    );
    (dir, path)
}

fn exact(path: &Path, from_ms: u64, to_ms: u64, out: &Path) -> SegmentCut {
    let piece = Piece {
        path: path.to_owned(),
        from: Duration::from_millis(from_ms),
        to: Duration::from_millis(to_ms),
    };
    Cutter::default()
        .cut_with(&[piece], out, Edges::Exact, &|| true)
        .unwrap()
}

/// Time in seconds and hash of each packet of a stream, in the file's order; the hash without the container's part.
fn packets(path: &Path, stream: &str) -> Vec<(f64, String)> {
    let listed = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-select_streams",
            stream,
            "-show_data_hash",
            "md5",
        ])
        .args([
            "-show_entries",
            "packet=pts_time,data_hash",
            "-of",
            "csv=p=0",
        ])
        .arg(path)
        .output()
        .unwrap();
    let text = String::from_utf8(listed.stdout).unwrap();
    let line = |line: &str| {
        let mut cells = line.split(',').filter(|cell| !cell.is_empty());
        let at = cells.next()?.parse().ok()?;
        Some((at, cells.find(|cell| cell.starts_with("MD5:"))?.to_owned()))
    };
    text.lines().filter_map(line).collect()
}

/// Seconds by which the packets of `stream` that stand in both files are earlier in the clip, least and most; how many.
fn moved(recording: &Path, clip: &Path, stream: &str) -> (f64, f64, usize) {
    let known: BTreeMap<String, f64> = packets(recording, stream)
        .into_iter()
        .map(|(at, hash)| (hash, at))
        .collect();
    let by: Vec<f64> = packets(clip, stream)
        .iter()
        .filter_map(|(at, hash)| Some(known.get(hash)? - at))
        .collect();
    let least = by.iter().copied().fold(f64::INFINITY, f64::min);
    let most = by.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (least, most, by.len())
}

/// Mean difference of two pictures, 0 to 255.
fn differ(a: (&Path, u64), b: (&Path, u64)) -> f64 {
    let at = |(path, ms): (&Path, u64)| thumbnail(path, Duration::from_millis(ms)).unwrap();
    let (a, b) = (at(a), at(b));
    assert_eq!((a.width, a.height), (b.width, b.height));
    let sum: u64 = a
        .rgb
        .iter()
        .zip(&b.rgb)
        .map(|(a, b)| u64::from(a.abs_diff(*b)))
        .sum();
    sum as f64 / a.rgb.len() as f64
}

fn check(size: &str, from_ms: u64, to_ms: u64, copied: usize) {
    let (dir, path) = recording(size, "-bf 0");
    let out = dir.path().join("clip.mp4");
    let cut = exact(&path, from_ms, to_ms, &out);
    assert_eq!(cut.lead, Duration::ZERO, "{cut:?}");
    // Every picture decodes, there are as many as asked for, and none is missing.
    let facts = probe_with(&out, Depth::Everything).unwrap();
    assert!(facts.plays_to_end, "{facts:?}");
    let video = facts.video.unwrap();
    let wanted = (to_ms - from_ms) * 30 / 1000;
    assert!(
        video.frames.abs_diff(wanted) <= 1,
        "{} of {wanted}",
        video.frames
    );
    assert!(
        video.longest_gap < Duration::from_millis(PICTURE_MS),
        "{video:?}"
    );
    assert!(video.first_pts_ms.abs() <= 1, "{video:?}");
    let times: Vec<f64> = packets(&out, "v:0").iter().map(|(at, _)| *at).collect();
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
    // They are the pictures of those moments: before the joint, at it and behind it.
    for n in (0..wanted - 1)
        .step_by(7)
        .chain(wanted.saturating_sub(3)..wanted - 1)
    {
        // In the middle of a picture, so that rounding does not choose another.
        let at = n * 1000 / 30 + 17;
        let same = differ((&out, at), (&path, from_ms + at));
        let next = differ((&out, at), (&path, from_ms + at + PICTURE_MS));
        assert!(same < 4.0, "picture {n}: {same}");
        assert!(same < next, "picture {n}: {same}, the one behind it {next}");
    }
    // What is copied is copied as it is, and sound and picture moved by the same time.
    let (picture, picture_most, pictures) = moved(&path, &out, "v:0");
    let (sound, sound_most, sounds) = moved(&path, &out, "a:0");
    assert_eq!(pictures, copied, "{from_ms} to {to_ms}");
    assert!(
        sounds as u64 >= (to_ms - from_ms) * 48 / 1024 - 2,
        "{sounds}"
    );
    assert!(sound_most - sound < 0.001, "{sound} to {sound_most}");
    let asked = from_ms as f64 / 1000.0;
    assert!((sound - asked).abs() < f64::from(u32::try_from(PICTURE_MS).unwrap()) / 1000.0);
    if copied > 0 {
        assert!(
            picture_most - picture < 0.001,
            "{picture} to {picture_most}"
        );
        assert!(
            (sound - picture).abs() < 0.001,
            "sound {sound}, picture {picture}"
        );
    }
}

#[test]
fn a_landscape_clip_begins_with_the_picture_asked_for_and_the_rest_is_copied() {
    // 5.3 to 6 s are encoded anew, the keyframe at 6 s and what follows is copied.
    check("320x180", 5_300, 9_500, 105);
}

#[test]
fn a_portrait_clip_begins_with_the_picture_asked_for_and_the_rest_is_copied() {
    check("180x320", 3_900, 6_500, 75);
}

#[test]
fn a_clip_between_two_keyframes_is_encoded_anew_as_a_whole() {
    check("320x180", 4_200, 5_400, 0);
}

#[test]
fn a_clip_that_begins_at_a_keyframe_is_copied_as_a_whole() {
    check("320x180", 6_000, 8_500, 75);
}

#[test]
fn many_clips_of_one_recording_are_all_whole() {
    let (dir, path) = recording("320x180", "-bf 0");
    let out = dir.path().join("clip.mp4");
    for from in (100..11_000).step_by(730) {
        let cut = exact(&path, from, from + 2_500, &out);
        assert_eq!(cut.lead, Duration::ZERO, "{from}");
        let facts = probe_with(&out, Depth::Everything).unwrap();
        assert!(facts.plays_to_end, "{from}: {facts:?}");
        assert!(facts.video.unwrap().frames.abs_diff(75) <= 1, "{from}");
    }
}

#[test]
fn pictures_out_of_order_are_cut_at_their_keyframe_and_the_lead_is_said() {
    let (dir, path) = recording("320x180", "-bf 3");
    let out = dir.path().join("clip.mp4");
    let cut = exact(&path, 5_300, 9_500, &out);
    assert!(cut.lead > Duration::from_millis(1_200), "{cut:?}");
    assert!(probe_with(&out, Depth::Everything).unwrap().plays_to_end);
}
