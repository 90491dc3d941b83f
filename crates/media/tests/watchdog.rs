//! Cameras that hang or freeze, in a PipeWire session of their own. One test: its session is the
//! process's environment.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::cell::Cell;
use std::time::Instant;

use common::pipewire::PipeWireSession;
use common::{Rig, SOON, full, small, wait_for};
use gstreamer as gst;
use stallcast_media::devices;
use stallcast_media::input::{Fault, InputKind, InputSpec, InputState};
use stallcast_media::program::{MediaEvent, OnAir, Transition};

fn listed(id: &str) {
    wait_for(id, SOON, || {
        devices::list().into_iter().find(|device| device.id == id)
    });
}

fn gone(id: &str) {
    wait_for(&format!("{id} gone"), SOON, || {
        let left = devices::list().into_iter().any(|device| device.id == id);
        (!left).then_some(())
    });
}

fn shows(event: &MediaEvent, what: OnAir) -> bool {
    matches!(event, MediaEvent::OnAir { shows, .. } if *shows == what)
}

/// Whether it is about the camera, and such.
fn input(event: &MediaEvent, is: impl Fn(InputState, Option<&str>) -> bool) -> bool {
    println!("{event:?}");
    matches!(event, MediaEvent::Input(event)
        if event.input == "cam" && is(event.state, event.code.as_deref()))
}

/// Waits for the slate and for a state with this code, in any order.
fn slate_because_of(rig: &mut Rig, is: impl Fn(InputState, Option<&str>) -> bool) {
    let (slate, said) = (Cell::new(false), Cell::new(false));
    rig.event(SOON, |event| {
        slate.set(slate.get() || shows(event, OnAir::Slate));
        said.set(said.get() || input(event, &is));
        slate.get() && said.get()
    });
}

fn state_of(rig: &Rig, id: &str) -> InputState {
    let states = rig.program.input_states().into_iter();
    let mut states = states.filter(|(name, _)| name == id);
    states.next().expect("an input of this name").1
}

#[test]
fn a_camera_that_freezes_or_hangs_gives_way_to_the_slate_says_why_and_comes_back() {
    let session = PipeWireSession::start();
    for (name, value) in session.env() {
        // SAFETY: the only test of this process, and no other thread runs yet.
        unsafe { std::env::set_var(name, value) };
    }
    gst::init().unwrap();
    // The same picture again and again: no sensor does that.
    let stuck = session.plug_camera_showing("stall-cam", "checkers-8");
    listed("pipewire:stall-cam");
    // A microphone that delivers zeros all the time.
    let _microphone = session.plug_microphone("stall-mic");
    listed("pulse:stall-mic");
    let spec = small();
    let mut rig = Rig::start(spec.clone());
    rig.program.set_inputs(vec![
        InputSpec {
            id: "cam".to_owned(),
            kind: InputKind::Camera {
                device: Some("pipewire:stall-cam".to_owned()),
            },
        },
        InputSpec {
            id: "mic".to_owned(),
            kind: InputKind::Microphone {
                device: Some("pulse:stall-mic".to_owned()),
            },
        },
    ]);
    rig.program
        .set_scene(full("cam", &spec.canvas), Transition::Cut);
    rig.event(SOON, |event| shows(event, OnAir::Scene));
    let first = Instant::now();
    slate_because_of(&mut rig, |state, code| {
        let frozen = InputState::Faulty {
            fault: Fault::Frozen,
        };
        state == frozen && code == Some("frozen")
    });
    println!(
        "frozen: slate {:?} after the first picture",
        first.elapsed()
    );
    rig.event(SOON, |event| {
        input(event, |state, code| {
            matches!(state, InputState::Retrying { .. }) && code == Some("frozen")
        })
    });
    println!(
        "frozen: reset {:?} after the first picture",
        first.elapsed()
    );
    // The reset did not help: it is still frozen, and still not on air.
    rig.event(SOON, |event| {
        assert!(!shows(event, OnAir::Scene), "a frozen picture on air");
        input(event, |state, _| matches!(state, InputState::Faulty { .. }))
    });

    drop(stuck);
    gone("pipewire:stall-cam");
    let camera = session.plug_camera("stall-cam");
    listed("pipewire:stall-cam");
    rig.event(SOON, |event| {
        input(event, |_, _| false) || shows(event, OnAir::Scene)
    });
    wait_for("the camera live", SOON, || {
        (state_of(&rig, "cam") == InputState::Live).then_some(())
    });

    // It hangs: nothing comes at all.
    camera.hang();
    let hung = Instant::now();
    slate_because_of(&mut rig, |state, _| state == InputState::Stalled);
    println!("hung: slate after {:?}", hung.elapsed());
    rig.event(SOON, |event| {
        input(event, |state, _| {
            matches!(state, InputState::Retrying { .. })
        })
    });
    camera.go_on();
    rig.event(SOON, |event| shows(event, OnAir::Scene));
    wait_for("the camera live again", SOON, || {
        (state_of(&rig, "cam") == InputState::Live).then_some(())
    });

    // Covered: black pictures, which is what the page is to call them.
    drop(camera);
    gone("pipewire:stall-cam");
    let _covered = session.plug_camera_showing("stall-cam", "black");
    listed("pipewire:stall-cam");
    slate_because_of(&mut rig, |state, code| {
        let black = InputState::Faulty {
            fault: Fault::Black,
        };
        state == black && code == Some("black")
    });
    let silent = InputState::Faulty {
        fault: Fault::Silent,
    };
    wait_for("the microphone to be called silent", SOON, || {
        (state_of(&rig, "mic") == silent).then_some(())
    });
}
