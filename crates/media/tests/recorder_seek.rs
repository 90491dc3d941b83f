//! A stopped recording in other people's players: chapters, and seeking to any place.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
mod recorded;

use std::path::Path;
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use recorded::{boxes, ffprobe};
use stallcast_media::program::{EventSink, Track};
use stallcast_media::recorder::{Chapter, Recorder, RecorderOptions};

const WAIT: Duration = Duration::from_secs(60);

/// Where GStreamer's first picture is after seeking to `ms`.
fn seek_in_gstreamer(path: &Path, ms: u64) -> u64 {
    gst::init().unwrap();
    let pipeline = gst::parse::launch(
        "filesrc name=file ! qtdemux name=d \
         d.video_0 ! queue ! h264parse ! avdec_h264 ! appsink name=pictures sync=false",
    );
    let pipeline = pipeline.unwrap().downcast::<gst::Pipeline>().unwrap();
    let file = pipeline.by_name("file").unwrap();
    file.set_property("location", path.to_str().unwrap());
    let sink: gst_app::AppSink = pipeline.by_name("pictures").unwrap().downcast().unwrap();
    pipeline.set_state(gst::State::Paused).unwrap();
    let limit = gst::ClockTime::from_seconds(30);
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
    let packets = rig.packets(WAIT, |packets| {
        packets.iter().filter(|p| p.track == Track::Video).count() > 130
    });
    let first = packets
        .iter()
        .position(|p| p.track == Track::Video && p.keyframe)
        .unwrap();
    let start_us = packets[first].pts_us;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("show.mp4");
    let (sender, _failed) = tokio::sync::mpsc::channel(8);
    let options = RecorderOptions::single(path.clone());
    let recorder = Recorder::start_with(options, &rig.config(), EventSink::new(sender)).unwrap();
    for (ms, title) in [(0, "Hello"), (1_250, "苹果 / Apples")] {
        let chapter = Chapter {
            at_us: start_us + ms * 1_000,
            title: title.to_owned(),
        };
        recorder.add_chapter(chapter).unwrap();
    }
    for packet in &packets[first..] {
        recorder.push(packet);
    }
    recorder.finish().unwrap();
    assert!(!boxes(&path).contains(&"moof".to_owned()), "a plain file");
    for ms in [0, 700, 1_900, 3_100] {
        let at = seek_in_gstreamer(&path, ms);
        // A busy machine leaves pictures out; then the next one is shown.
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
