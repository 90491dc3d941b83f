//! Recordings in several parts, their chapters and clocks, and the replay buffer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
mod recorded;

use std::path::Path;
use std::time::Duration;

use recorded::{
    boxes, checksum, checksums, decodes_without_error, duration_ms, ffprobe, of, pictures,
    plays_in_gstreamer, probe, sink, whole,
};
use stallcast_media::program::{EncodedPacket, MediaEvent, Track};
use stallcast_media::recorder::{
    Chapter, Recorder, RecorderNote, RecorderOptions, Recording, ReplayBuffer, Split,
};

/// A program with a moving picture.
fn rig() -> common::Rig {
    common::showing("ball", recorded::quick())
}

fn numbered(folder: &Path) -> RecorderOptions {
    let folder = folder.to_owned();
    let mut options = RecorderOptions::single("unused".into());
    options.names = Box::new(move |part| folder.join(format!("part-{part}.mp4")));
    options
}

/// Every packet of the parts, in their order.
fn held(parts: &[Recording], stream: &str) -> Vec<u32> {
    parts
        .iter()
        .flat_map(|part| checksums(&part.path, stream))
        .collect()
}

#[test]
fn the_parts_of_a_recording_hold_every_frame_once_and_each_plays() {
    let rig = rig();
    let packets = whole(&rig, 160);
    // Sound as it comes, late and early: none may fall between two parts.
    for shift_us in [0, 300_000, -300_000] {
        let mut packets = packets.clone();
        packets.sort_by_key(|p| match p.track {
            Track::Video => p.pts_us,
            Track::Audio | Track::Isolated => p.pts_us + shift_us,
        });
        let first = packets
            .iter()
            .position(|p| p.track == Track::Video)
            .unwrap();
        packets.drain(..first);
        let folder = tempfile::tempdir().unwrap();
        let (notes, mut told) = tokio::sync::mpsc::channel(64);
        let (events, mut failed) = sink();
        let mut options = numbered(folder.path());
        options.split = Split {
            max_duration: Some(Duration::from_millis(1_500)),
            max_bytes: None,
        };
        options.notes = Some(notes);
        let recorder = Recorder::start_with(options, &rig.config(), events).unwrap();
        for packet in &packets {
            recorder.push(packet);
        }
        let parts = recorder.finish_all(Vec::new()).unwrap();
        assert!(failed.try_recv().is_err());
        assert!(parts.len() >= 4, "{parts:?}");

        let video = of(&packets, Track::Video);
        let sums: Vec<u32> = video.iter().map(|p| checksum(p)).collect();
        assert!(held(&parts, "v") == sums, "pictures differ at {shift_us}");
        let start_us = video[0].pts_us;
        let sums: Vec<u32> = of(&packets, Track::Audio)
            .iter()
            .filter(|p| p.pts_us >= start_us)
            .map(|p| checksum(p))
            .collect();
        assert!(held(&parts, "a") == sums, "sounds differ at {shift_us}");

        let mut next_us = start_us;
        for part in &parts {
            assert_eq!(part.first_pts_us, next_us);
            // With the next keyframe, half a second away at most.
            assert!(part.duration <= Duration::from_millis(2_100), "{part:?}");
            next_us += part.duration.as_micros() as i64;
            // Frames are a third of a microsecond off their nominal length.
            let next = |p: &&&EncodedPacket| p.pts_us > next_us - 100;
            next_us = video.iter().find(next).map_or(next_us, |p| p.pts_us);
            assert!(!boxes(&part.path).contains(&"moof".to_owned()));
            decodes_without_error(&part.path);
            let frames = checksums(&part.path, "v").len();
            assert_eq!(plays_in_gstreamer(&part.path), frames);
            assert_eq!(part.bytes, std::fs::metadata(&part.path).unwrap().len());
        }
        let mut began = Vec::new();
        let mut finished = Vec::new();
        while let Ok(note) = told.try_recv() {
            match note {
                RecorderNote::PartBegan { first_pts_us, .. } => began.push(first_pts_us),
                RecorderNote::PartFinished(part) => finished.push(part),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(finished, parts);
        let starts: Vec<i64> = parts.iter().map(|part| part.first_pts_us).collect();
        assert_eq!(began, starts);
    }
}

#[test]
fn parts_by_size_stay_below_it() {
    let rig = rig();
    // Groups with all their pictures: none is much larger than those before it.
    let packets = whole(&rig, 150);
    let bytes: usize = packets.iter().map(|p| p.data.len()).sum();
    let max = bytes as u64 / 3;
    let folder = tempfile::tempdir().unwrap();
    let (events, _keep) = sink();
    let mut options = numbered(folder.path());
    options.split.max_bytes = Some(max);
    let recorder = Recorder::start_with(options, &rig.config(), events).unwrap();
    for packet in &packets {
        recorder.push(packet);
    }
    let parts = recorder.finish_all(Vec::new()).unwrap();
    assert!(parts.len() >= 3, "{parts:?}");
    assert!(parts.iter().all(|part| part.bytes <= max), "{parts:?}");
    assert_eq!(held(&parts, "v").len(), of(&packets, Track::Video).len());
}

#[test]
fn a_part_whose_name_is_taken_ends_the_recording_and_keeps_what_was_recorded() {
    let rig = rig();
    let packets = whole(&rig, 60);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("part-2.mp4"), "another show").unwrap();
    let (events, mut failed) = sink();
    let mut options = numbered(folder.path());
    options.split.max_duration = Some(Duration::from_millis(1_000));
    let recorder = Recorder::start_with(options, &rig.config(), events).unwrap();
    for packet in &packets {
        recorder.push(packet);
    }
    assert!(recorder.finish().is_err());
    assert!(matches!(
        failed.try_recv(),
        Ok(MediaEvent::RecordingFailed { path, .. }) if path.ends_with("part-2.mp4")
    ));
    let kept = std::fs::read(folder.path().join("part-2.mp4")).unwrap();
    assert_eq!(kept, b"another show");
    let first = folder.path().join("part-1.mp4");
    decodes_without_error(&first);
    // To the split.
    assert!(duration_ms(&first) >= 900, "{}", duration_ms(&first));
}

#[test]
fn chapters_are_in_the_part_that_shows_them() {
    let rig = rig();
    let packets = whole(&rig, 100);
    let start_us = of(&packets, Track::Video)[0].pts_us;
    let chapter = |ms: i64, title: &str| Chapter {
        at_us: start_us + ms * 1_000,
        title: title.to_owned(),
    };
    let folder = tempfile::tempdir().unwrap();
    let (events, _keep) = sink();
    let mut options = numbered(folder.path());
    options.split.max_duration = Some(Duration::from_millis(2_000));
    let recorder = Recorder::start_with(options, &rig.config(), events).unwrap();
    recorder.add_chapter(chapter(0, "Welcome")).unwrap();
    recorder.add_chapter(chapter(1_250, "苹果 5 kg")).unwrap();
    for packet in &packets {
        recorder.push(packet);
    }
    let parts = recorder
        .finish_all(vec![chapter(2_500, "Pears"), chapter(90_000, "Never")])
        .unwrap();
    assert!(parts.len() >= 2, "{parts:?}");
    let chapters = |path: &Path| {
        let text = ffprobe(
            path,
            &["-show_entries", "chapter=start_time:chapter_tags=title"],
        );
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines
            .chunks(2)
            .map(|c| ((c[0].parse::<f64>().unwrap() * 1e3) as u64, c[1].clone()))
            .collect::<Vec<_>>()
    };
    let expected = [(0, "Welcome".to_owned()), (1_250, "苹果 5 kg".to_owned())];
    assert_eq!(chapters(&parts[0].path), expected);
    // In the part's own time.
    let second_ms = (parts[1].first_pts_us - start_us) / 1_000;
    let found = chapters(&parts[1].path);
    let titles: Vec<&str> = found.iter().map(|(_, title)| title.as_str()).collect();
    assert_eq!(titles, ["苹果 5 kg", "Pears"]);
    assert!(found[0].0 == 0 && found[1].0.abs_diff((2_500 - second_ms) as u64) <= 1);
    decodes_without_error(&parts[0].path);
    assert!(plays_in_gstreamer(&parts[1].path) > 0);
}

/// (NTP time as µs since 1970, media time) of every `prft` in the bytes.
fn clocks(bytes: &[u8]) -> Vec<(u64, u64)> {
    let number = |at: usize, length: usize| {
        let field = &bytes[at..at + length];
        field.iter().fold(0, |n, byte| n << 8 | u64::from(*byte))
    };
    (8..bytes.len())
        .filter(|at| bytes[*at..].starts_with(b"prft\x01\0\0\0\0\0\0\x01"))
        .map(|at| {
            let seconds = number(at + 12, 4) - 2_208_988_800;
            let us = (number(at + 16, 4) * 1_000_000 + (1 << 31)) >> 32;
            (seconds * 1_000_000 + us, number(at + 20, 8))
        })
        .collect()
}

#[test]
fn a_moment_of_the_show_is_found_in_the_file_to_the_frame() {
    let rig = rig();
    let packets = pictures(&rig, 100);
    let folder = tempfile::tempdir().unwrap();
    let (events, _keep) = sink();
    let mut options = numbered(folder.path());
    // 22 November 2026, 00:00:00.123456 UTC.
    let zero = 1_795_305_600_123_456;
    options.unix_us_at_zero = Some(zero);
    let recorder = Recorder::start_with(options, &rig.config(), events).unwrap();
    for packet in &packets {
        recorder.push(packet);
    }
    let video = of(&packets, Track::Video);
    assert_eq!(recorder.first_pts_us(), Some(video[0].pts_us));
    let recording = recorder.finish().unwrap();
    assert_eq!(recording.first_pts_us, video[0].pts_us);
    let bytes = std::fs::read(&recording.path).unwrap();
    let found = clocks(&bytes);
    assert!(found.len() >= 4, "{found:?}");
    for (unix_us, ticks) in &found {
        // The picture at that place of the file is the one that was taken then.
        let at_us = video[0].pts_us + (*ticks * 1_000_000 / 90_000) as i64;
        let picture = video
            .iter()
            .find(|p| (p.pts_us - at_us).abs() < 20)
            .unwrap();
        let taken_us = zero + picture.pts_us;
        assert!(
            (*unix_us as i64 - taken_us).abs() < 50,
            "{unix_us} {taken_us}"
        );
    }
    // The finished file's own clock stands outside of what it wrapped up.
    let tail: Vec<String> = boxes(&recording.path).into_iter().rev().take(2).collect();
    assert_eq!(tail, ["moov", "prft"]);
    let created = probe(&recording.path, "format_tags=creation_time");
    assert!(created.starts_with("2026-11-22T00:00:"), "{created}");
    assert!(plays_in_gstreamer(&recording.path) > 0);
}

#[test]
fn the_last_seconds_are_saved_while_the_recording_goes_on() {
    let rig = rig();
    let folder = tempfile::tempdir().unwrap();
    let (events, mut failed) = sink();
    let packets = pictures(&rig, 30);
    let whole = folder.path().join("show.mp4");
    let recorder = Recorder::start(whole.clone(), &rig.config(), events).unwrap();
    let replay = ReplayBuffer::new(Duration::from_secs(3), 8 << 20);
    replay.set_config(rig.config());
    let mut pushed = Vec::new();
    let mut push_all = |packets: Vec<EncodedPacket>| {
        for packet in packets.into_iter().skip(pushed.len()) {
            recorder.push(&packet);
            replay.push(&packet);
            pushed.push(packet);
        }
        pushed.clone()
    };
    push_all(packets);
    let so_far = push_all(pictures(&rig, 180));
    let clip = folder.path().join("replay.mp4");
    let saved = replay.save(&clip).unwrap();
    // Again at once, into another file: nothing was used up.
    let again = replay.save(&folder.path().join("again.mp4")).unwrap();
    assert_eq!((saved.bytes, saved.duration), (again.bytes, again.duration));
    let all = push_all(pictures(&rig, 220));
    let recording = recorder.finish().unwrap();
    assert!(failed.try_recv().is_err());

    decodes_without_error(&clip);
    let shown = plays_in_gstreamer(&clip);
    // From the last keyframe that lies three seconds back or more, however many pictures a busy machine left out.
    let newest_us = so_far.iter().map(|p| p.pts_us).max().unwrap();
    let is_entry = |p: &EncodedPacket| {
        p.track == Track::Video && p.keyframe && newest_us - p.pts_us >= 3_000_000
    };
    let expected = &so_far[so_far.iter().rposition(is_entry).unwrap()..];
    let shows = of(expected, Track::Video);
    let (first, last) = (shows[0], shows[shows.len() - 1]);
    let length_us = last.pts_us + last.duration_us - first.pts_us;
    assert_eq!(saved.duration.as_micros(), length_us as u128);
    let long_ms = duration_ms(&clip);
    assert!(
        long_ms + 50 >= saved.duration.as_millis() as u64,
        "{long_ms} ms"
    );
    let sums = |packets: &[EncodedPacket]| -> Vec<u32> {
        of(packets, Track::Video)
            .iter()
            .map(|p| checksum(p))
            .collect()
    };
    let in_clip = checksums(&clip, "v");
    assert_eq!(shown, in_clip.len());
    assert!(sums(expected) == in_clip, "not the last pictures");
    assert!(checksums(&recording.path, "v") == sums(&all));
}
