//! Cameras and microphones in a PipeWire session of their own. One test: its session is the
//! process's environment.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::time::{Duration, Instant};

use common::pipewire::PipeWireSession;
use common::{SOON, events, mixer, wait_for, wait_for_state};
use gstreamer as gst;
use stallcast_media::clock::MediaClock;
use stallcast_media::devices::{self, DeviceKind};
use stallcast_media::input::{Input, InputKind, InputSpec, InputState, VideoWant};

/// Rounds until one was in time: what else the machine does may delay one of them, not each.
fn until_one_is_quick(mut is_quick: impl FnMut() -> bool) {
    assert!((0..5).any(|_| is_quick()), "never in time");
}

#[test]
fn a_camera_that_is_pulled_out_and_plugged_in_again_is_live_within_three_seconds() {
    let session = PipeWireSession::start();
    for (name, value) in session.env() {
        // SAFETY: the only test of this process, and no other thread runs yet.
        unsafe { std::env::set_var(name, value) };
    }
    gst::init().unwrap();
    let mut camera = Some(session.plug_camera("stall-cam"));
    wait_for("the camera in the list", SOON, || {
        devices::list()
            .into_iter()
            .find(|device| device.id == "pipewire:stall-cam" && device.kind == DeviceKind::Camera)
    });
    let clock = MediaClock::new();
    let (mixer, _heard) = mixer(&clock);
    let (to, mut states) = events();
    let spec = InputSpec {
        id: "cam".to_owned(),
        kind: InputKind::Camera {
            device: Some("pipewire:stall-cam".to_owned()),
        },
    };
    let input = Input::start(spec, &clock, None, VideoWant::new(1280, 720), to);
    wait_for_state(&input, InputState::Live, SOON);
    let frame = wait_for("a frame of now", SOON, || {
        let now = clock.running_time();
        let frame = input.frames().pick(now)?;
        let age = now.saturating_sub(frame.running_time);
        (age < gst::ClockTime::from_mseconds(200)).then_some(frame)
    });
    assert_eq!((frame.info.width(), frame.info.height()), (1280, 720));

    // A second camera must not be taken in its place.
    let other = session.plug_camera("other-cam");
    wait_for("the other camera", SOON, || {
        devices::list()
            .into_iter()
            .find(|device| device.id == "pipewire:other-cam")
    });
    until_one_is_quick(|| {
        while states.try_recv().is_ok() {}
        let pulled = Instant::now();
        drop(camera.take());
        wait_for("the loss to be noticed", SOON, || {
            (input.state() != InputState::Live).then_some(())
        });
        let noticed = pulled.elapsed();
        println!("noticed after {noticed:?}");
        let mut retried = |least: u32| {
            wait_for("a retry", SOON, || match states.try_recv().ok()?.state {
                InputState::Retrying { attempt, .. } => (attempt >= least).then_some(()),
                _ => None,
            });
        };
        // The camera's own pipeline has ended by then.
        retried(1);
        let before = input.frames().pushed();
        retried(3);
        assert_eq!(input.frames().pushed(), before, "another camera's picture");

        camera = Some(session.plug_camera("stall-cam"));
        let listed = wait_for("the camera to be back", SOON, || {
            devices::list()
                .iter()
                .any(|device| device.id == "pipewire:stall-cam")
                .then(Instant::now)
        });
        wait_for_state(&input, InputState::Live, SOON);
        let live = listed.elapsed();
        println!("live {live:?} after it was listed");
        noticed < Duration::from_millis(1_500) && live < Duration::from_secs(3)
    });
    drop(other);
    drop(input);

    // A microphone that is pulled out is not replaced by another one.
    let mut microphone = Some(session.plug_microphone("stall-mic"));
    let _other = session.plug_microphone("other-mic");
    for name in ["stall-mic", "other-mic"] {
        wait_for("the microphones in the list", SOON, || {
            devices::list().into_iter().find(|device| {
                device.id == format!("pulse:{name}") && device.kind == DeviceKind::Microphone
            })
        });
    }
    let (to, _states) = events();
    let spec = InputSpec {
        id: "mic".to_owned(),
        kind: InputKind::Microphone {
            device: Some("pulse:stall-mic".to_owned()),
        },
    };
    let input = Input::start(spec, &clock, Some(&mixer), VideoWant::new(2, 2), to);
    wait_for_state(&input, InputState::Live, SOON);
    until_one_is_quick(|| {
        let pulled = Instant::now();
        drop(microphone.take());
        wait_for("the loss of the microphone", SOON, || {
            matches!(input.state(), InputState::Retrying { attempt: 2.., .. }).then_some(())
        });
        println!("microphone retried after {:?}", pulled.elapsed());
        let plugged = Instant::now();
        microphone = Some(session.plug_microphone("stall-mic"));
        wait_for_state(&input, InputState::Live, SOON);
        let live = plugged.elapsed();
        println!("microphone live {live:?} after plugging in");
        live < Duration::from_secs(5)
    });
    assert_eq!(mixer.failure(), None);
    drop(input);

    // What the computer plays, heard through the monitor of a sink.
    let sink = wait_for("a sink", SOON, || {
        devices::list()
            .into_iter()
            .find(|device| device.kind == DeviceKind::DesktopAudio)
    });
    let _player = session.play_tone("0.5", None);
    let (to, _states) = events();
    let spec = InputSpec {
        id: "desktop".to_owned(),
        kind: InputKind::DesktopAudio {
            device: Some(sink.id),
        },
    };
    let input = Input::start(spec, &clock, Some(&mixer), VideoWant::new(2, 2), to);
    wait_for_state(&input, InputState::Live, SOON);
    let mut meters = mixer.meters();
    wait_for("the desktop's sound", SOON, || {
        (meters.borrow_and_update().master.peak_db[0] > -20.0).then_some(())
    });
}
