//! A stopped recording in other people's players: chapters, and seeking to any place.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
mod recorded;

use std::path::Path;

use common::SOON;
use gstreamer as gst;
use gstreamer::prelude::*;
use recorded::{boxes, ffprobe, player, sink, whole};
use stallcast_media::recorder::{Chapter, Recorder, RecorderOptions};

/// Where GStreamer's first picture is after seeking to `ms`.
fn seek_in_gstreamer(path: &Path, ms: u64) -> u64 {
    let track = "d.video_0 ! queue ! h264parse ! avdec_h264 ! appsink name=counted sync=false";
    let (pipeline, sink) = player(path, track);
    pipeline.set_state(gst::State::Paused).unwrap();
    let limit = gst::ClockTime::from_seconds(SOON.as_secs());
    pipeline.state(limit).0.unwrap();
    let flags = gst::SeekFlags::FLUSH | gst::SeekFlags::ACCURATE;
    pipeline
        .seek_simple(flags, gst::ClockTime::from_mseconds(ms))
        .unwrap();
    pipeline.state(limit).0.unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let sample = sink.try_pull_sample(limit).expect("a picture");
    let at = sample.buffer().unwrap().pts().unwrap().mseconds();
    pipeline.set_state(gst::State::Null).unwrap();
    at
}

#[test]
fn a_stopped_recording_has_its_chapters_and_is_sought_in_ffmpeg_and_gstreamer() {
    let rig = common::showing("ball", recorded::quick());
    let packets = whole(&rig, 100);
    let start_us = packets[0].pts_us;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("show.mp4");
    let (events, _failed) = sink();
    let options = RecorderOptions::single(path.clone());
    let recorder = Recorder::start_with(options, &rig.config(), events).unwrap();
    for (ms, title) in [(0, "Hello"), (1_250, "苹果 / Apples")] {
        let chapter = Chapter {
            at_us: start_us + ms * 1_000,
            title: title.to_owned(),
        };
        recorder.add_chapter(chapter).unwrap();
    }
    for packet in &packets {
        recorder.push(packet);
    }
    recorder.finish().unwrap();
    assert!(!boxes(&path).contains(&"moof".to_owned()), "a plain file");
    for ms in [0, 700, 1_900, 3_100] {
        let at = seek_in_gstreamer(&path, ms);
        assert!(at + 34 >= ms && at <= ms + 500, "{at} instead of {ms} ms");
        let from = format!("{}%+#1", ms as f64 / 1_000.0);
        let arguments = ["-select_streams", "v", "-show_entries", "packet=pts_time"];
        let found = ffprobe(
            &path,
            &[&arguments[..], &["-read_intervals", &from]].concat(),
        );
        let found_ms = found.lines().next().unwrap().parse::<f64>().unwrap() * 1_000.0;
        // FFmpeg begins at the keyframe before, half a second back at most.
        let back = ms as f64 - found_ms;
        assert!((-34.0..=1_100.0).contains(&back), "{found_ms} for {ms} ms");
    }
    let titles = ffprobe(&path, &["-show_entries", "chapter_tags=title"]);
    assert_eq!(titles, "Hello\n苹果 / Apples\n");
}
