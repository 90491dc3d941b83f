//! Inputs from start to end: test sources, clips, still pictures.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use common::{
    SOON, assert_in_step, brightness, events, flash_clip, mixer, onsets, test_picture, wait_for,
    wait_for_state, watch,
};
use gstreamer as gst;
use stallcast_media::clock::MediaClock;
use stallcast_media::input::{Fit, Input, InputKind, InputSpec, InputState, VideoWant};

fn spec(id: &str, kind: InputKind) -> InputSpec {
    InputSpec {
        id: id.to_owned(),
        kind,
    }
}

fn clip(path: &std::path::Path, looping: bool) -> InputKind {
    InputKind::File {
        path: path.display().to_string(),
        looping,
    }
}

#[test]
fn a_looping_clip_never_steps_back_and_its_sound_stays_with_the_picture() {
    gst::init().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("flash.mp4");
    flash_clip(&path, 2);
    let clock = MediaClock::new();
    let (mixer, heard) = mixer(&clock);
    let (events, _states) = events();
    let input = Input::start(
        spec("clip", clip(&path, true)),
        &clock,
        Some(&mixer),
        VideoWant::new(640, 360),
        events,
    );
    wait_for_state(&input, InputState::Live, SOON);
    let seen = watch(input.frames(), &clock, SOON, |seen| {
        onsets(seen, 128.0).len() >= 7
    });
    let flashes = onsets(&seen, 128.0);
    for pair in seen.windows(2) {
        let step = pair[1].0 - pair[0].0;
        assert!(step > 0.0, "time stepped back by {step} ms");
        assert!(step < 110.0, "a hole of {step} ms");
    }
    // Two seconds, again and again: the seam is where a flash would come early or late.
    for pair in flashes.windows(2) {
        let apart = pair[1] - pair[0];
        assert!((apart - 1_000.0).abs() < 60.0, "flashes {apart} ms apart");
    }
    assert_in_step(&flashes, &heard, &mixer, 40.0);
}

#[test]
fn a_clip_whose_container_cannot_loop_seamlessly_is_rewound_without_stepping_back() {
    gst::init().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("flash.flv");
    flash_clip(&path, 1);
    let clock = MediaClock::new();
    let (mixer, _heard) = mixer(&clock);
    let (events, mut states) = events();
    let input = Input::start(
        spec("flv", clip(&path, true)),
        &clock,
        Some(&mixer),
        VideoWant::new(640, 360),
        events,
    );
    let seen = watch(input.frames(), &clock, SOON, |seen| {
        onsets(seen, 128.0).len() >= 3
    });
    for pair in seen.windows(2) {
        let step = pair[1].0 - pair[0].0;
        assert!((0.0..400.0).contains(&step), "a step of {step} ms");
    }
    while let Ok(event) = states.try_recv() {
        assert!(
            // Stalled: the machine let it not run for a while.
            matches!(
                event.state,
                InputState::Starting | InputState::Live | InputState::Stalled
            ),
            "{event:?}"
        );
    }
}

#[test]
fn a_clip_that_does_not_loop_ends_in_stopped() {
    gst::init().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("once.mp4");
    flash_clip(&path, 2);
    let clock = MediaClock::new();
    let (events, mut states) = events();
    let input = Input::start(
        spec("once", clip(&path, false)),
        &clock,
        None,
        VideoWant::new(640, 360),
        events,
    );
    // The state is there a moment before its event.
    let mut said = Vec::new();
    wait_for("the end to be said", SOON, || {
        said.extend(std::iter::from_fn(|| states.try_recv().ok()).map(|event| event.state));
        (said.last() == Some(&InputState::Stopped)).then_some(())
    });
    assert_eq!(input.state(), InputState::Stopped);
    // A machine that let it not run for a while is no matter here.
    said.retain(|state| *state != InputState::Stalled);
    said.dedup();
    assert_eq!(
        said,
        [InputState::Starting, InputState::Live, InputState::Stopped]
    );
    assert!(
        (55..=61).contains(&input.frames().pushed()),
        "{}",
        input.frames().pushed()
    );
}

#[test]
fn a_clip_that_appears_later_is_taken_when_it_is_there() {
    gst::init().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("later.mp4");
    let clock = MediaClock::new();
    let (events, mut states) = events();
    let input = Input::start(
        spec("later", clip(&path, true)),
        &clock,
        None,
        VideoWant::new(640, 360),
        events,
    );
    let first = wait_for("a retry", SOON, || {
        states
            .try_recv()
            .ok()
            .filter(|event| matches!(event.state, InputState::Retrying { .. }))
    });
    assert_eq!(first.code.as_deref(), Some("file_unreadable"));
    let made = dir.path().join("made.mp4");
    flash_clip(&made, 1);
    std::fs::rename(made, &path).unwrap();
    wait_for_state(&input, InputState::Live, SOON);
}

#[test]
fn a_still_picture_is_there_for_ever_and_follows_a_new_size() {
    gst::init().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("white.png");
    let made = std::process::Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "color=white:s=1600x900",
            "-frames:v",
            "1",
        ])
        .arg(&path)
        .status()
        .unwrap();
    assert!(made.success());
    let clock = MediaClock::new();
    let (events, _states) = events();
    let input = Input::start(
        spec(
            "still",
            InputKind::Image {
                path: path.display().to_string(),
            },
        ),
        &clock,
        None,
        VideoWant::new(1280, 720),
        events,
    );
    wait_for_state(&input, InputState::Live, SOON);
    let later = clock.running_time() + gst::ClockTime::from_seconds(3_600);
    let frame = input.frames().pick(later).unwrap();
    assert_eq!((frame.info.width(), frame.info.height()), (1280, 720));
    assert!(brightness(&frame) > 220.0);
    input.set_want(VideoWant::new(640, 640).with_fit(Fit::Letterbox));
    wait_for("the new size", SOON, || {
        let frame = input.frames().pick(later)?;
        (frame.info.width() == 640 && frame.info.height() == 640).then_some(())
    });
    // Longer than the watchdog's patience.
    let began = Instant::now();
    wait_for("the watchdog's time", SOON, || {
        assert_ne!(input.state(), InputState::Stalled);
        (began.elapsed() > Duration::from_millis(1_200)).then_some(())
    });
    assert_eq!(input.frames().pushed(), 2);
}

#[test]
fn a_test_picture_is_live_at_once_and_takes_a_new_size_without_a_gap() {
    gst::init().unwrap();
    let clock = MediaClock::new();
    // As in a show that has been on for a while.
    wait_for("some time", SOON, || {
        (clock.running_time() > gst::ClockTime::from_mseconds(500)).then_some(())
    });
    let (events, _states) = events();
    let input = Input::start(
        test_picture("bars", "ball"),
        &clock,
        None,
        VideoWant::new(640, 360),
        events,
    );
    wait_for_state(&input, InputState::Live, SOON);
    // Stamped with the show's time: one that began with its own zero would stay half a second old.
    wait_for("a picture of now", SOON, || {
        let now = clock.running_time();
        let age = now.saturating_sub(input.frames().pick(now)?.running_time);
        (age < gst::ClockTime::from_mseconds(150)).then_some(())
    });
    input.set_want(VideoWant::new(320, 180));
    wait_for("the new size", SOON, || {
        let frame = input.frames().pick(clock.running_time())?;
        (frame.info.width() == 320).then_some(())
    });
    input.set_want(VideoWant::new(1280, 720));
    wait_for("a larger size", SOON, || {
        let frame = input.frames().pick(clock.running_time())?;
        (frame.info.width() == 1280).then_some(())
    });
    wait_for_state(&input, InputState::Live, SOON);
    let began = Instant::now();
    input.stop();
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[test]
fn pictures_over_the_wanted_rate_are_left_out_without_a_word_from_gstreamer() {
    static CRITICAL: AtomicUsize = AtomicUsize::new(0);
    gst::init().unwrap();
    let levels = gst::glib::LogLevels::LEVEL_CRITICAL;
    gst::glib::log_set_handler(Some("GStreamer"), levels, false, false, |_, _, words| {
        eprintln!("{words}");
        CRITICAL.fetch_add(1, Ordering::Relaxed);
    });
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("flash.mp4");
    flash_clip(&path, 2);
    let clock = MediaClock::new();
    let (events, _states) = events();
    let mut want = VideoWant::new(640, 360);
    want.max_fps = 5;
    let spec = spec("clip", clip(&path, true));
    let input = Input::start(spec, &clock, None, want, events);
    wait_for_state(&input, InputState::Live, SOON);
    let seen = watch(input.frames(), &clock, SOON, |seen| seen.len() >= 12);
    let apart = seen.windows(2).map(|pair| pair[1].0 - pair[0].0);
    assert!(
        apart.filter(|ms| *ms > 150.0).count() >= 8,
        "most are left out: {seen:?}"
    );
    assert_eq!(CRITICAL.load(Ordering::Relaxed), 0);
}
