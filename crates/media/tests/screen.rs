//! Screen capture shows what is on the screen.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use stallcast_media::clock::MediaClock;
use stallcast_media::devices::{self, DeviceKind};
use stallcast_media::input::{Input, InputKind, InputSpec, InputState, VideoWant};
use support::xvfb::Xvfb;
use support::{colour, events, wait_for, wait_for_state};

const SOON: Duration = Duration::from_secs(15);

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
