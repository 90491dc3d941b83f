//! Segments cut out of recordings, and their covers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod made;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use made::{CODEC, PICTURES, TONE, clip, ffmpeg};
use stallcast_clips::{ClipError, Cutter, Depth, Piece, cover, length, probe_with};

fn piece(path: &Path, from_ms: u64, to_ms: u64) -> Piece {
    Piece {
        path: path.to_owned(),
        from: Duration::from_millis(from_ms),
        to: Duration::from_millis(to_ms),
    }
}

fn near(value: Duration, expected_ms: u64, tolerance_ms: u64) -> bool {
    value.abs_diff(Duration::from_millis(expected_ms)) <= Duration::from_millis(tolerance_ms)
}

fn made(seconds: u32) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("recording.mp4");
    clip(seconds, &path);
    (dir, path)
}

/// Types of the outermost boxes.
fn boxes(path: &Path) -> Vec<String> {
    let bytes = std::fs::read(path).unwrap();
    let (mut found, mut at) = (vec![], 0);
    while let Some(head) = bytes.get(at..at + 8) {
        let size = u32::from_be_bytes(head[..4].try_into().unwrap());
        found.push(String::from_utf8_lossy(&head[4..8]).into_owned());
        at += (size as usize).max(8);
    }
    found
}

#[test]
fn segments_begin_at_their_keyframe_and_carry_their_index_in_front() {
    let (dir, path) = made(14);
    let mut cutter = Cutter::default();
    for (from, to, lead, frames) in [
        (5_300, 8_500, 1_300, 135),
        (0, 2_000, 0, 60),
        (10_100, 12_000, 100, 60),
        // One before: the file stays open and is read from an earlier place.
        (3_000, 4_000, 1_000, 60),
    ] {
        let out = dir.path().join(format!("{from}.mp4.making"));
        let cut = cutter
            .cut(&[piece(&path, from, to)], &out, &|| true)
            .unwrap();
        assert!(near(cut.lead, lead, 40), "{from}: {cut:?}");
        let facts = probe_with(&out, Depth::Everything).unwrap();
        assert!(facts.plays_to_end, "{from}: {facts:?}");
        assert_eq!(facts.video.as_ref().unwrap().frames, frames, "{from}");
        assert!(
            near(facts.duration, to - from + lead, 80),
            "{from}: {facts:?}"
        );
        assert!(near(cut.length, to - from + lead, 80), "{from}: {cut:?}");
        assert!(near(length(&out).unwrap(), to - from + lead, 80));
        assert_eq!(cut.bytes, std::fs::metadata(&out).unwrap().len());
        let boxes = boxes(&out);
        let place = |kind: &str| boxes.iter().position(|found| found == kind);
        assert!(place("moov") < place("mdat"), "{boxes:?}");
    }
}

#[test]
fn a_segment_with_b_frames_begins_no_later_than_asked() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("b.mp4");
    ffmpeg(
        &format!(
            "-f lavfi -i {PICTURES} -f lavfi -i {TONE} -t 10 -c:v libx264 -preset veryfast -bf 3 -g 60 \
             -pix_fmt yuv420p -c:a aac"
        ),
        &path,
    );
    // Exactly on a keyframe, whose decoding time is before that moment, and just behind one.
    for from in [4_000, 4_040, 5_000] {
        let out = dir.path().join("cut.mp4");
        let cut = Cutter::default()
            .cut(&[piece(&path, from, 9_000)], &out, &|| true)
            .unwrap();
        let facts = probe_with(&out, Depth::Everything).unwrap();
        assert!(facts.plays_to_end, "{facts:?}");
        assert!(cut.lead < Duration::from_millis(2_050), "{cut:?}");
        assert!(cut.length + Duration::from_millis(150) >= Duration::from_millis(9_000 - from));
    }
}

#[test]
fn a_segment_over_two_parts_is_one_clip_and_of_different_parts_none() {
    let (dir, first) = made(8);
    let second = dir.path().join("second.mp4");
    clip(6, &second);
    let out = dir.path().join("over.mp4");
    let pieces = [piece(&first, 6_500, 8_000), piece(&second, 0, 3_000)];
    let cut = Cutter::default().cut(&pieces, &out, &|| true).unwrap();
    assert!(near(cut.length, 5_000, 120), "{cut:?}");
    let facts = probe_with(&out, Depth::Everything).unwrap();
    let video = facts.video.unwrap();
    assert!(facts.plays_to_end, "{} broken", facts.broken_packets);
    assert_eq!(video.frames, 150);
    assert!(video.longest_gap < Duration::from_millis(90), "{video:?}");

    let other = dir.path().join("other.mp4");
    ffmpeg(
        &format!("-f lavfi -i testsrc2=size=160x90:rate=30 -f lavfi -i {TONE} -t 3 {CODEC}"),
        &other,
    );
    let pieces = [piece(&first, 6_500, 8_000), piece(&other, 0, 3_000)];
    match Cutter::default().cut(&pieces, &out, &|| true) {
        Err(ClipError::PartsDiffer { path, what }) => {
            assert_eq!((path, what), (other, "picture size"));
        }
        result => panic!("{result:?}"),
    }
}

#[test]
fn a_second_sound_stays_in_the_recording() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("two.mp4");
    ffmpeg(
        &format!(
            "-f lavfi -i {PICTURES} -f lavfi -i {TONE} -f lavfi -i {TONE} -map 0 -map 1 -map 2 -t 4 {CODEC}"
        ),
        &path,
    );
    let out = dir.path().join("cut.mp4");
    Cutter::default()
        .cut(&[piece(&path, 0, 3_000)], &out, &|| true)
        .unwrap();
    let streams = std::process::Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-show_entries",
            "stream=codec_type",
            "-of",
            "csv=p=0",
        ])
        .arg(&out)
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&streams.stdout)
            .split_whitespace()
            .collect::<Vec<_>>(),
        ["video", "audio"]
    );
}

#[test]
fn work_that_is_stopped_ends_and_what_is_not_there_is_said() {
    let (dir, path) = made(30);
    let out = dir.path().join("cut.mp4");
    let asked = AtomicU32::new(0);
    let stop = || asked.fetch_add(1, Ordering::Relaxed) < 1;
    let stopped = Cutter::default().cut(&[piece(&path, 0, 30_000)], &out, &stop);
    assert!(matches!(stopped, Err(ClipError::Stopped)), "{stopped:?}");
    let mut cutter = Cutter::default();
    let past = cutter.cut(&[piece(&path, 90_000, 95_000)], &out, &|| true);
    assert!(matches!(past, Err(ClipError::EmptySpan { .. })), "{past:?}");
    let gone = cutter.cut(
        &[piece(&dir.path().join("gone.mp4"), 0, 1_000)],
        &out,
        &|| true,
    );
    assert!(matches!(gone, Err(ClipError::Open { .. })), "{gone:?}");
    assert!(matches!(
        cutter.cut(&[], &out, &|| true),
        Err(ClipError::NoParts)
    ));
}

#[test]
fn a_cover_is_taken_where_there_is_something_to_see_and_not_before_its_time() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dark.mp4");
    // Black but for two seconds from the sixth on, which hold the keyframe at 6 s.
    ffmpeg(
        &format!(
            "-f lavfi -i testsrc2=size=320x180:rate=30,eq=brightness=-1:enable='not(between(t,5.9,7.9))' \
             -t 10 {CODEC}"
        ),
        &path,
    );
    let light = |from_s: u64| {
        let picture = cover(&path, Duration::from_secs(from_s), 160).unwrap();
        assert_eq!((picture.width, picture.height), (160, 90));
        picture.rgb.iter().map(|b| u64::from(*b)).sum::<u64>() / picture.rgb.len() as u64
    };
    assert!(light(0) > 90, "a mean of {}", light(0));
    // What is bright was before that; from the ninth second on there is no keyframe any more.
    assert!(light(7) < 70, "a mean of {}", light(7));
    assert!(light(9) < 70, "a mean of {}", light(9));
}
