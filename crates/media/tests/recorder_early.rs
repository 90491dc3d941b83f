//! Recordings that end right after they began: by a kill, at several moments of their first second.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
mod recorded;

use std::time::Duration;

use recorded::{
    checksum, checksums, decodes_without_error, pictures_ms, plays_in_gstreamer, sink,
    wait_until_taken, whole,
};
use stallcast_media::program::Track;
use stallcast_media::recorder::{Recorder, RecorderNote, RecorderOptions, Split};

#[test]
fn a_recording_killed_in_its_first_second_plays_and_is_not_named_before_it_does() {
    let rig = common::Rig::start(recorded::quick());
    let packets = whole(&rig, 60);
    let start_us = packets[0].pts_us;
    let folder = tempfile::tempdir().unwrap();
    for until_ms in [100, 260, 420, 700, 950, 1_150, 1_900] {
        let path = folder.path().join(format!("{until_ms}.mp4"));
        let killed = folder.path().join(format!("{until_ms}-killed.mp4"));
        let (events, _failed) = sink();
        let (notes, mut told) = tokio::sync::mpsc::channel(8);
        let mut options = RecorderOptions::single(path.clone());
        options.notes = Some(notes);
        let recorder = Recorder::start_with(options, &rig.config(), events).unwrap();
        let before: Vec<_> = packets
            .iter()
            .filter(|p| p.pts_us < start_us + until_ms * 1_000)
            .collect();
        for packet in &before {
            recorder.push(packet);
        }
        // The disk has all whole fragments but one when nothing is on its way any more.
        wait_until_taken(&recorder);
        // What a kill leaves: nothing is written after it.
        std::fs::copy(&path, &killed).unwrap();
        let named = matches!(told.try_recv(), Ok(RecorderNote::PartBegan { .. }));
        drop(recorder);
        if until_ms == 100 {
            assert!(!named, "it is named before it can be played");
            continue;
        }
        assert!(named, "{until_ms} ms");
        decodes_without_error(&killed);
        let kept = checksums(&killed, "v");
        assert_eq!(plays_in_gstreamer(&killed), kept.len());
        let sums: Vec<u32> = before
            .iter()
            .filter(|p| p.track == Track::Video)
            .map(|p| checksum(p))
            .collect();
        assert!(sums.starts_with(&kept) && !kept.is_empty());
        let lost_ms = until_ms as u64 - pictures_ms(&killed).min(until_ms as u64);
        println!("killed after {until_ms} ms: {lost_ms} ms lost");
        // A fragment of a fifth of a second and a picture; later one of a second.
        let most_ms = if until_ms <= 1_200 { 400 } else { 1_100 };
        assert!(lost_ms <= most_ms, "{lost_ms} ms of {until_ms} lost");
    }
}

#[test]
fn another_split_holds_for_the_recording_that_runs_and_no_picture_is_lost() {
    let rig = common::Rig::start(recorded::quick());
    let packets = whole(&rig, 120);
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().to_owned();
    let (events, _failed) = sink();
    let mut options = RecorderOptions::single("unused".into());
    options.names = Box::new(move |part| own.join(format!("{part}.mp4")));
    let recorder = Recorder::start_with(options, &rig.config(), events).unwrap();
    let (unsplit, split) = packets.split_at(packets.len() / 2);
    for packet in unsplit {
        recorder.push(packet);
    }
    // Taken from the queue, so that the limit meets what comes now.
    wait_until_taken(&recorder);
    recorder.set_split(Split {
        max_duration: Some(Duration::from_millis(600)),
        max_bytes: None,
    });
    for packet in split {
        recorder.push(packet);
    }
    let parts = recorder.finish_all(Vec::new()).unwrap();
    assert!(parts.len() >= 3, "{parts:?}");
    assert!(
        parts[0].duration > Duration::from_millis(1_500),
        "{parts:?}"
    );
    let later = &parts[1..parts.len() - 1];
    assert!(
        later
            .iter()
            .all(|p| p.duration < Duration::from_millis(1_200))
    );
    let joined: Vec<u32> = parts.iter().flat_map(|p| checksums(&p.path, "v")).collect();
    let sums: Vec<u32> = packets
        .iter()
        .filter(|p| p.track == Track::Video)
        .map(checksum)
        .collect();
    assert!(joined == sums, "{} of {}", joined.len(), sums.len());
}
