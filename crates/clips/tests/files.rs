//! Probing, cutting and still pictures, on clips whose contents are known.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod made;

use std::fs;
use std::path::Path;
use std::time::Duration;

use made::{CODEC, TONE, clip, ffmpeg};
use stallcast_clips::{
    ClipError, Cutter, Depth, Picture, Piece, SegmentCut, probe, probe_with, thumbnail,
    thumbnail_within,
};

fn near(value: Duration, expected_ms: u64, tolerance_ms: u64) -> bool {
    value.abs_diff(Duration::from_millis(expected_ms)) <= Duration::from_millis(tolerance_ms)
}

fn cut(path: &Path, from_ms: u64, to_ms: u64, out: &Path) -> Result<SegmentCut, ClipError> {
    let piece = Piece {
        path: path.to_owned(),
        from: Duration::from_millis(from_ms),
        to: Duration::from_millis(to_ms),
    };
    Cutter::default().cut(&[piece], out, &|| true)
}

/// Picture number `n` of a clip at 30 a second. Containers start pictures and sound up to an AAC
/// frame apart, so the time is counted from the first picture, and taken in the middle of one.
fn picture(path: &Path, n: u64) -> Picture {
    let facts = probe(path).unwrap();
    let first = facts.video.unwrap().first_pts_ms;
    let start = facts
        .audio
        .map_or(first, |audio| audio.first_pts_ms.min(first));
    let lead = Duration::from_millis(u64::try_from(first - start).unwrap());
    thumbnail(path, lead + Duration::from_millis(n * 1_000 / 30 + 16)).unwrap()
}

#[test]
fn a_probe_says_what_the_clip_was_made_with() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["clip.mp4", "clip.flv", "clip.mkv"] {
        let path = dir.path().join(name);
        clip(7, &path);
        let facts = probe_with(&path, Depth::Everything).unwrap();
        let video = facts.video.unwrap();
        let audio = facts.audio.unwrap();
        assert!(facts.plays_to_end, "{name}");
        assert!(
            near(facts.duration, 7_000, 60),
            "{name}: {:?}",
            facts.duration
        );
        assert_eq!(
            (video.codec.as_str(), video.width, video.height),
            ("h264", 320, 180)
        );
        assert_eq!((video.frames, video.keyframes), (210, 4), "{name}");
        assert!(
            (video.fps_average - 30.0).abs() < 0.1,
            "{name}: {}",
            video.fps_average
        );
        assert!(
            (video.fps_declared - 30.0).abs() < 0.1,
            "{name}: {}",
            video.fps_declared
        );
        assert!(near(video.keyframe_interval_max, 2_000, 2), "{name}");
        assert!(near(video.keyframe_interval_average, 2_000, 2), "{name}");
        assert!(
            near(video.longest_gap, 33, 2),
            "{name}: {:?}",
            video.longest_gap
        );
        assert_eq!(
            (audio.codec.as_str(), audio.sample_rate, audio.channels),
            ("aac", 48_000, 2)
        );
        assert!(
            video.first_pts_ms.abs() < 60 && audio.first_pts_ms.abs() < 60,
            "{name}"
        );
        assert!(
            video.bitrate_kbps > 100 && audio.bitrate_kbps > 20,
            "{name}"
        );
    }
}

#[test]
fn a_clip_without_sound_and_a_sound_without_pictures_are_probed_too() {
    let dir = tempfile::tempdir().unwrap();
    let silent = dir.path().join("silent.mp4");
    ffmpeg(
        "-f lavfi -i testsrc2=size=160x90:rate=25 -t 2 -pix_fmt yuv420p",
        &silent,
    );
    let facts = probe(&silent).unwrap();
    assert!(facts.audio.is_none() && facts.plays_to_end);
    assert!((facts.video.unwrap().fps_average - 25.0).abs() < 0.1);
    let blind = dir.path().join("blind.m4a");
    ffmpeg(&format!("-f lavfi -i {TONE} -t 2 -c:a aac"), &blind);
    let facts = probe(&blind).unwrap();
    assert!(facts.video.is_none() && facts.plays_to_end);
    assert!(matches!(
        thumbnail(&blind, Duration::ZERO),
        Err(ClipError::NoPicture { .. })
    ));
}

#[test]
fn a_file_that_was_cut_short_does_not_play_to_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let whole = dir.path().join("whole.mp4");
    ffmpeg(
        &format!(
            "-f lavfi -i {} -f lavfi -i {TONE} -t 6 {CODEC} -movflags +faststart",
            made::PICTURES
        ),
        &whole,
    );
    let bytes = fs::read(&whole).unwrap();
    let short = dir.path().join("short.mp4");
    fs::write(&short, &bytes[..bytes.len() / 2]).unwrap();
    let facts = probe(&short).unwrap();
    assert!(!facts.plays_to_end);
    assert!(facts.duration < Duration::from_secs(5));
    fs::write(&short, b"this is no clip").unwrap();
    assert!(matches!(probe(&short), Err(ClipError::Open { .. })));
}

#[test]
fn damage_in_the_middle_is_found_when_everything_is_decoded() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("clip.flv");
    clip(6, &path);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    for byte in &mut bytes[middle..middle + 600] {
        *byte = !*byte;
    }
    fs::write(&path, &bytes).unwrap();
    let facts = probe_with(&path, Depth::Everything).unwrap();
    assert!(!facts.plays_to_end && facts.broken_packets > 0);
}

#[test]
fn a_recording_that_was_never_closed_is_probed_cut_and_shown() {
    // As after a kill -9: fragments without an index at the end.
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("crashed.mp4");
    ffmpeg(
        &format!(
            "-f lavfi -i {} -f lavfi -i {TONE} -t 9 {CODEC} \
             -movflags +frag_keyframe+empty_moov -frag_duration 1000000",
            made::PICTURES
        ),
        &path,
    );
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() * 4 / 5]).unwrap();
    let facts = probe(&path).unwrap();
    assert!(
        facts.duration > Duration::from_secs(5),
        "{:?}",
        facts.duration
    );
    let out = dir.path().join("cut.mp4");
    let made = cut(&path, 3_000, 5_000, &out).unwrap();
    assert!(near(made.lead, 1_000, 40), "{made:?}");
    let facts = probe_with(&out, Depth::Everything).unwrap();
    assert!(facts.plays_to_end);
    assert!(near(facts.duration, 3_000, 80), "{:?}", facts.duration);
}

#[test]
fn a_cut_starts_on_the_keyframe_before_and_plays_from_its_first_picture() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["clip.mp4", "clip.flv", "clip.mkv"] {
        let path = dir.path().join(name);
        clip(12, &path);
        let out = dir.path().join(format!("cut-of-{name}.mp4"));
        let made = cut(&path, 5_300, 8_500, &out).unwrap();
        assert!(near(made.lead, 1_300, 40), "{name}: {made:?}");
        assert!(near(made.length, 4_500, 60), "{name}: {made:?}");
        let facts = probe_with(&out, Depth::Everything).unwrap();
        let video = facts.video.unwrap();
        assert!(facts.plays_to_end, "{name}");
        assert!(
            near(facts.duration, 4_500, 80),
            "{name}: {:?}",
            facts.duration
        );
        assert_eq!(video.frames, 135, "{name}");
        let apart = (video.first_pts_ms - facts.audio.unwrap().first_pts_ms).abs();
        assert!(
            apart < 40,
            "{name}: sound and pictures start {apart} ms apart"
        );

        // The cut begins with picture 120 of the clip.
        assert_eq!(
            picture(&path, 180),
            picture(&out, 60),
            "{name}: not encoded again"
        );
    }
}

#[test]
fn an_empty_span_is_refused_and_so_is_one_past_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("clip.mp4");
    clip(3, &path);
    let out = dir.path().join("out.mp4");
    for (from, to) in [(2_000, 2_000), (9_000, 12_000)] {
        assert!(matches!(
            cut(&path, from, to, &out),
            Err(ClipError::EmptySpan { .. })
        ));
    }
    let nowhere = dir.path().join("missing/out.mp4");
    assert!(matches!(
        cut(&path, 0, 2_000, &nowhere),
        Err(ClipError::Write { .. })
    ));
}

/// Whatever a disk gives is the system's own sentence, not a number of FFmpeg's.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said_and_what_is_no_name_in_unicode_is_opened() {
    use std::os::unix::ffi::OsStrExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("clip.mp4");
    clip(3, &path);
    match cut(&path, 0, 3_000, Path::new("/dev/full")) {
        Err(ClipError::Write { cause, .. }) => assert!(cause.contains("No space left"), "{cause}"),
        other => panic!("{other:?}"),
    }
    let odd = dir
        .path()
        .join(std::ffi::OsStr::from_bytes(b"\xffclip.mp4"));
    fs::rename(&path, &odd).unwrap();
    assert!(probe(&odd).unwrap().plays_to_end);
    let out = dir.path().join(std::ffi::OsStr::from_bytes(b"\xfecut.mp4"));
    cut(&odd, 0, 2_000, &out).unwrap();
    assert!(probe(&out).unwrap().plays_to_end);
}

#[test]
fn a_still_shows_the_moment_asked_for_in_its_colours() {
    let dir = tempfile::tempdir().unwrap();
    // One second red, one green, one blue; full HD lines to try the HD colours too.
    for size in ["320x180", "1280x720"] {
        let path = dir.path().join(format!("{size}.mp4"));
        let colours: String = ["red", "lime", "blue"]
            .iter()
            .map(|colour| format!("-f lavfi -i color={colour}:size={size}:rate=10:duration=1 "))
            .collect();
        let matrix = if size == "320x180" { "bt601" } else { "bt709" };
        ffmpeg(
            &format!(
                "{colours} -filter_complex concat=n=3,scale=out_color_matrix={matrix} \
                 -c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 10"
            ),
            &path,
        );
        let expected = [
            (500, [255, 0, 0]),
            (1_000, [0, 255, 0]),
            (2_999, [0, 0, 255]),
        ];
        for (at_ms, colour) in expected {
            let picture = thumbnail(&path, Duration::from_millis(at_ms)).unwrap();
            let pixel = picture
                .pixel(picture.width / 2, picture.height / 2)
                .unwrap();
            let off = pixel
                .iter()
                .zip(colour)
                .map(|(a, b)| a.abs_diff(b))
                .max()
                .unwrap();
            assert!(off <= 6, "{size} at {at_ms} ms: {pixel:?} for {colour:?}");
        }
        let past_the_end = thumbnail(&path, Duration::from_secs(60)).unwrap();
        assert!(past_the_end.pixel(9, 9).unwrap()[2] > 245);
        let small = thumbnail_within(&path, Duration::ZERO, 160).unwrap();
        assert_eq!((small.width, small.height), (160, 90));
    }
}
