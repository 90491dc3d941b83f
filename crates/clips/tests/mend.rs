//! Recordings that were cut off, mended: a plain file with chapters, as long as what could be read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use stallcast_clips::{ClipError, Completeness, Cutter, Mark, Piece, completeness, mend, probe};

/// A recording as it grows: fragments of half a second after an index without pictures.
fn growing(path: &Path) {
    let status = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-y",
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=320x180:r=30:d=6",
        ])
        .args([
            "-f",
            "lavfi",
            "-i",
            "sine=frequency=440:sample_rate=48000:duration=6",
        ])
        .args([
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-g",
            "30",
            "-bf",
            "0",
        ])
        .args(["-pix_fmt", "yuv420p", "-c:a", "aac", "-f", "mp4"])
        .args([
            "-movflags",
            "+empty_moov+default_base_moof",
            "-frag_duration",
            "500000",
        ])
        .arg(path)
        .status()
        .expect("ffmpeg runs");
    assert!(status.success());
}

fn ffprobe(path: &Path, entries: &[&str]) -> String {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-of", "default=nw=1:nk=1"])
        .args(entries)
        .arg(path)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn mark(ms: u64, title: &str) -> Mark {
    Mark {
        at: Duration::from_millis(ms),
        title: title.to_owned(),
    }
}

#[test]
fn wherever_a_recording_was_cut_off_what_can_be_read_becomes_a_plain_file() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.mp4");
    growing(&whole);
    assert_eq!(completeness(&whole).unwrap(), Completeness::CutOff);
    let bytes = std::fs::read(&whole).unwrap();
    let cut = folder.path().join("cut.mp4");
    let out = folder.path().join("cut.mp4.mending");
    let marks = [
        mark(2_500, "苹果 / Apples"),
        mark(0, "Hello"),
        mark(90_000, "Never"),
    ];
    let mut mended = 0;
    // Every seventh of the file and some bytes more, so that the cut falls into all kinds of boxes.
    for part in 1..=21 {
        let end = bytes.len() * part / 21;
        std::fs::write(&cut, &bytes[..end - (part * 37) % 500]).unwrap();
        if completeness(&cut).unwrap() == Completeness::Empty {
            continue;
        }
        let mut copied = 0;
        let result = mend(&cut, &out, &marks, Some(1_795_305_600_250_000), &mut |n| {
            copied += n
        });
        let result = result.unwrap_or_else(|error| panic!("{part}: {error}"));
        assert_eq!(completeness(&out).unwrap(), Completeness::Whole);
        let facts = probe(&out).unwrap();
        assert!(facts.plays_to_end, "{part}: {facts:?}");
        assert_eq!(result.bytes, std::fs::metadata(&out).unwrap().len());
        assert!(copied > 0 && copied < result.bytes);
        let chapters = ffprobe(
            &out,
            &["-show_entries", "chapter=start_time:chapter_tags=title"],
        );
        let expected = if facts.duration > Duration::from_millis(2_500) {
            "0.000000\nHello\n2.500000\n苹果 / Apples\n"
        } else {
            "0.000000\nHello\n"
        };
        assert_eq!(chapters, expected, "{part}");
        let began = ffprobe(&out, &["-show_entries", "format_tags=creation_time"]);
        assert!(began.starts_with("2026-11-22T00:00:00"), "{began}");
        mended += 1;
    }
    assert!(mended >= 15, "{mended}");
    // The last one lacks less than half a second.
    assert!(probe(&out).unwrap().duration > Duration::from_secs(5));
    // Seeking finds the place.
    let at = Duration::from_millis(3_300);
    let piece = folder.path().join("piece.mp4");
    let wanted = Piece {
        path: out,
        from: at,
        to: at + Duration::from_secs(1),
    };
    let cut = Cutter::default().cut(&[wanted], &piece, &|| true).unwrap();
    // The keyframe at 3 s; the sound's first frame lies a little before the picture.
    let lead_ms = cut.lead.as_millis();
    assert!((250..=300).contains(&lead_ms), "{lead_ms}");
}

#[test]
fn a_head_without_pictures_is_empty_and_what_is_no_recording_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.mp4");
    growing(&whole);
    let bytes = std::fs::read(&whole).unwrap();
    let first = bytes.windows(4).position(|name| name == b"moof").unwrap() - 4;
    let head = folder.path().join("head.mp4");
    let out = folder.path().join("out.mp4");
    for length in [first, first + 3, first + 60, 20, 0] {
        std::fs::write(&head, &bytes[..length]).unwrap();
        assert_eq!(
            completeness(&head).unwrap(),
            Completeness::Empty,
            "{length}"
        );
        assert!(mend(&head, &out, &[], None, &mut |_| {}).is_err());
    }
    let plain = folder.path().join("plain.mp4");
    mend(&whole, &plain, &[], None, &mut |_| {}).unwrap();
    assert_eq!(completeness(&plain).unwrap(), Completeness::Whole);
    let letter = folder.path().join("letter.mp4");
    std::fs::write(&letter, "Dear Sir or Madam,").unwrap();
    assert!(matches!(completeness(&letter), Err(ClipError::Open { .. })));
}
