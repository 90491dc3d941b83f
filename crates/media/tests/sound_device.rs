//! A sound device changed on air, in a PipeWire session of its own. One test: its session is the
//! process's environment.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::process::Stdio;

use common::pipewire::{PipeWireSession, Plugged};
use common::{SOON, loudness, wait_for};
use gstreamer as gst;
use stallcast_media::audio::EncodedAudio;
use stallcast_media::devices::{self, DeviceKind};
use stallcast_media::input::{InputKind, InputSpec, InputState};
use stallcast_media::program::{EncodedPacket, Track};

/// An output that plays a tone, whose monitor can be heard.
fn output(session: &PipeWireSession, name: &str, volume: &str) -> [Plugged; 2] {
    let node = session.plug_output(name);
    wait_for("the output in the list", SOON, || {
        devices::list().into_iter().find(|device| {
            device.id == format!("pulse:{name}") && device.kind == DeviceKind::DesktopAudio
        })
    });
    [node, session.play_tone(volume, Some(name))]
}

fn spec(id: &str, kind: InputKind) -> InputSpec {
    InputSpec {
        id: id.to_owned(),
        kind,
    }
}

fn heard(output: &str) -> Vec<InputSpec> {
    let device = Some(format!("pulse:{output}"));
    vec![spec("desk", InputKind::DesktopAudio { device })]
}

fn sound_of(packets: &[EncodedPacket]) -> Vec<EncodedAudio> {
    let sound = packets.iter().filter(|packet| packet.track == Track::Audio);
    sound
        .map(|packet| EncodedAudio {
            pts: gst::ClockTime::from_useconds(packet.pts_us as u64),
            duration: gst::ClockTime::from_useconds(packet.duration_us as u64),
            data: packet.data.clone(),
        })
        .collect()
}

#[test]
fn another_device_on_air_costs_less_than_a_second_of_its_sound_and_nothing_of_the_stream() {
    let session = PipeWireSession::start();
    for (name, value) in session.env() {
        // SAFETY: the only test of this process, and no other thread runs yet.
        unsafe { std::env::set_var(name, value) };
    }
    gst::init().unwrap();
    let _quiet = output(&session, "quiet", "0.05");
    let _loud = output(&session, "loud", "0.4");
    let mut spec_of_program = stallcast_media::program::ProgramSpec::hd720();
    spec_of_program.canvas.width = 320;
    spec_of_program.canvas.height = 180;
    let rig = common::Rig::start(spec_of_program);
    let mut meters = rig.program.meters();
    let mut level = |what: &str, range: std::ops::Range<f32>| {
        wait_for(what, SOON, || {
            range
                .contains(&meters.borrow_and_update().master.peak_db[0])
                .then_some(())
        });
    };
    let heard_until = |us: i64| {
        rig.packets(SOON, |packets| {
            packets
                .iter()
                .any(|packet| packet.track == Track::Audio && packet.pts_us > us)
        })
    };
    let now_us = || rig.program.running_time().as_micros() as i64;
    // What else the machine does may delay one change, not each.
    let mut gaps = Vec::new();
    while gaps.last().is_none_or(|gap| *gap >= 1_000.0) {
        assert!(gaps.len() < 5, "{gaps:?} ms of silence");
        rig.program.set_inputs(heard("quiet"));
        level("the quiet one", -32.0..-20.0);
        heard_until(now_us() + 500_000);
        let changed_ms = now_us() as f64 / 1e3;
        rig.program.set_inputs(heard("loud"));
        level("the loud one", -12.0..-5.0);
        let frames = sound_of(&heard_until(now_us() + 100_000));
        for pair in frames.windows(2) {
            let step = pair[1].pts.nseconds() as f64 - pair[0].pts.nseconds() as f64;
            assert!((21.3e6..21.4e6).contains(&step), "a step of {step} ns");
        }
        let levels = loudness(&frames, &rig.config().audio.asc);
        let of = |range: std::ops::Range<f32>| {
            let there = levels.iter().filter(move |(_, peak)| range.contains(peak));
            there.map(|(at, _)| *at).collect::<Vec<f64>>()
        };
        let (quiet, loud) = (of(0.02..0.1), of(0.25..1.0));
        let ends = (levels.first(), levels.last());
        let loud = loud.iter().find(|at| **at > changed_ms - 300.0);
        let (Some(quiet), Some(loud)) = (quiet.last(), loud) else {
            panic!("changed at {changed_ms}, levels {ends:?}, quiet {quiet:?}, loud {loud:?}");
        };
        let gap = loud - quiet;
        println!("{gap} ms of silence");
        gaps.push(gap);
    }

    // The default microphone is the system's: the input follows it to another one.
    let _first = session.plug_microphone("first-mic");
    let _second = session.plug_microphone("second-mic");
    let set_default = |name: &str| {
        let status = session
            .command("pw-metadata")
            .args(["0", "default.configured.audio.source"])
            .arg(format!("{{ \"name\": \"{name}\" }}"))
            .args(["Spa:String:JSON"])
            .status()
            .unwrap();
        assert!(status.success());
    };
    for name in ["first-mic", "second-mic"] {
        wait_for("the microphones in the list", SOON, || {
            devices::list().into_iter().find(|device| {
                device.id == format!("pulse:{name}") && device.kind == DeviceKind::Microphone
            })
        });
    }
    set_default("first-mic");
    rig.program
        .set_inputs(vec![spec("mic", InputKind::Microphone { device: None })]);
    let linked_to = |name: &str| {
        wait_for(&format!("a link to {name}"), SOON, || {
            let output = session
                .command("pw-link")
                .arg("-l")
                .stdout(Stdio::piped())
                .output()
                .unwrap();
            let links = String::from_utf8_lossy(&output.stdout).into_owned();
            let mut source = "";
            for line in links.lines() {
                if !line.starts_with(' ') {
                    source = line;
                } else if source.starts_with(name) && line.contains("stallcast") {
                    return Some(());
                }
            }
            None
        });
    };
    linked_to("first-mic");
    set_default("second-mic");
    linked_to("second-mic");
    wait_for("the microphone to be live", SOON, || {
        let states = rig.program.input_states();
        states
            .contains(&("mic".to_owned(), InputState::Live))
            .then_some(())
    });
}
