//! Screen capture shows what is on the screen.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::xvfb::Xvfb;
use common::{SOON, colour, events, wait_for, wait_for_state};
use gstreamer as gst;
use gstreamer::prelude::*;
use stallcast_media::clock::MediaClock;
use stallcast_media::devices::{self, DeviceKind};
use stallcast_media::input::{Input, InputKind, InputSpec, InputState, VideoWant};

#[test]
fn a_captured_screen_shows_what_was_drawn_and_a_dead_one_is_retried() {
    gst::init().unwrap();
    let screen = Xvfb::start("640x360");
    let paint = gst::parse::launch(&format!(
        "videotestsrc is-live=true pattern=red ! video/x-raw,width=640,height=360 ! \
         videoconvert ! ximagesink display={} sync=false",
        screen.display
    ))
    .unwrap();
    paint.set_state(gst::State::Playing).unwrap();

    let id = format!("x11:{}", screen.display);
    assert!(
        devices::list()
            .iter()
            .any(|device| device.id == id && device.kind == DeviceKind::Screen)
    );
    let clock = MediaClock::new();
    let (events, mut states) = events();
    let spec = InputSpec {
        id: "screen".to_owned(),
        kind: InputKind::Screen { display: Some(id) },
    };
    let input = Input::start(spec, &clock, None, VideoWant::new(320, 180), events);
    wait_for_state(&input, InputState::Live, SOON);
    wait_for("red on the screen", SOON, || {
        let frame = input.frames().pick(clock.running_time())?;
        assert_eq!((frame.info.width(), frame.info.height()), (320, 180));
        let (y, u, v) = colour(&frame, 0.25, 0.25);
        ((60.0..110.0).contains(&y) && u < 115.0 && v > 200.0).then_some(())
    });
    paint.set_state(gst::State::Null).unwrap();
    drop(paint);
    drop(screen);
    wait_for("a retry", SOON, || {
        states
            .try_recv()
            .ok()
            .filter(|event| matches!(event.state, InputState::Retrying { .. }))
    });
}

#[test]
fn a_captured_window_that_is_closed_is_retried_and_the_screen_behind_it_is_never_shown() {
    gst::init().unwrap();
    let screen = Xvfb::start("640x360");
    let paint = gst::parse::launch(&format!(
        "videotestsrc is-live=true pattern=red ! video/x-raw,width=320,height=240 ! \
         videoconvert ! ximagesink display={} sync=false",
        screen.display
    ))
    .unwrap();
    paint.set_state(gst::State::Playing).unwrap();
    let xid: u64 = wait_for("the window", SOON, || {
        let found = std::process::Command::new("xdotool")
            .args(["search", "--onlyvisible", "--name", "."])
            .env("DISPLAY", &screen.display)
            .output()
            .expect("xdotool runs");
        String::from_utf8_lossy(&found.stdout)
            .lines()
            .next()?
            .parse()
            .ok()
    });
    let clock = MediaClock::new();
    let (events, mut states) = events();
    let spec = InputSpec {
        id: "window".to_owned(),
        kind: InputKind::Window {
            display: Some(screen.display.clone()),
            xid,
        },
    };
    let input = Input::start(spec, &clock, None, VideoWant::new(640, 360), events);
    wait_for_state(&input, InputState::Live, SOON);
    let frame = wait_for("red in the window", SOON, || {
        let frame = input.frames().pick(clock.running_time())?;
        let (y, _, v) = colour(&frame, 0.5, 0.5);
        ((60.0..110.0).contains(&y) && v > 200.0).then_some(frame)
    });
    assert_eq!((frame.info.width(), frame.info.height()), (320, 240));
    paint.set_state(gst::State::Null).unwrap();
    wait_for("retries", SOON, || {
        if let Some(frame) = input.frames().pick(clock.running_time()) {
            assert_eq!(frame.info.width(), 320, "the screen instead of the window");
        }
        let event = states.try_recv().ok()?;
        matches!(event.state, InputState::Retrying { attempt: 2.., .. }).then_some(())
    });
}
