//! The program as a camera, read back by another process in a PipeWire session of its own. One test:
//! its session is the process's environment.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use common::pipewire::PipeWireSession;
use common::{Rig, SOON, show, small, wait_for};
use stallcast_media::devices;
use stallcast_media::virtual_camera::{SERVE, VirtualCameraFault, VirtualCameraState, served_by};

/// Bytes of a picture as it is read.
const PICTURE: usize = 320 * 180 * 3 / 2;

/// Reads `count` pictures of the node, as I420, into a file.
fn read(session: &PipeWireSession, count: u32, into: &Path) -> Child {
    session
        .command("gst-launch-1.0")
        .args(["-q", "pipewiresrc", "target-object=stallcast_program"])
        .arg(format!("num-buffers={count}"))
        .args(["!", "videoconvert", "!"])
        .arg("video/x-raw,format=I420,width=320,height=180")
        .args(["!", "filesink"])
        .arg(format!("location={}", into.display()))
        .stdin(Stdio::null())
        .spawn()
        .expect("gst-launch-1.0 starts")
}

/// A reader that has got more than a picture. One that ends, or stays without a camera, came when the process that serves
/// it had just fallen over another one: the next is tried.
fn reading(session: &PipeWireSession, into: &Path) -> Child {
    let start = || (read(session, 100_000, into), Instant::now());
    let (mut reader, mut began) = start();
    wait_for("a reader that gets pictures", 2 * SOON, || {
        let ended = reader.try_wait().unwrap();
        let size = std::fs::metadata(into).map_or(0, |file| file.len());
        if ended.is_none() && size > PICTURE as u64 {
            return Some(());
        }
        if ended.is_some() || began.elapsed() > Duration::from_secs(15) {
            println!("a reader without pictures: {ended:?}");
            let _ = reader.kill();
            let _ = reader.wait();
            let _ = std::fs::remove_file(into);
            (reader, began) = start();
        }
        None
    });
    reader
}

fn node_is_listed(session: &PipeWireSession) -> bool {
    let listed = session
        .command("pw-cli")
        .args(["ls", "Node"])
        .stderr(Stdio::null())
        .stdout(Stdio::piped())
        .output()
        .expect("pw-cli runs");
    String::from_utf8_lossy(&listed.stdout).contains("stallcast_program")
}

/// The process that serves the camera now.
fn server() -> i32 {
    let own = std::process::id().to_string();
    wait_for("the process that serves the camera", SOON, || {
        let of_us = std::process::Command::new("pgrep")
            .args(["-P", &own, "-f", SERVE])
            .output()
            .unwrap();
        String::from_utf8_lossy(&of_us.stdout).trim().parse().ok()
    })
}

fn signal(child: &Child, signal: i32) {
    let pid = i32::try_from(child.id()).unwrap();
    // SAFETY: a signal to a child of our own that was not waited for yet.
    assert_eq!(unsafe { libc::kill(pid, signal) }, 0);
}

#[test]
fn other_programs_see_the_program_as_a_camera_and_one_that_is_stuck_costs_it_nothing() {
    served_by(Path::new(env!("CARGO_BIN_EXE_stallcast-camera-for-tests")));
    // Nobody to offer it to.
    let nowhere = tempfile::tempdir().unwrap();
    let session = PipeWireSession::start();
    // SAFETY: the only test of this process, and no other thread runs yet.
    unsafe { std::env::set_var("XDG_RUNTIME_DIR", nowhere.path()) };
    let mut spec = small();
    spec.encode.video_kbps = 800;
    let rig = Rig::start(spec.clone());
    assert_eq!(rig.program.virtual_camera(), VirtualCameraState::Off);
    rig.program.set_virtual_camera(true);
    wait_for("the lack of a service to be told", SOON, || {
        let told = VirtualCameraState::Retrying(VirtualCameraFault::NoService);
        (rig.program.virtual_camera() == told).then_some(())
    });
    rig.program.set_virtual_camera(false);
    assert_eq!(rig.program.virtual_camera(), VirtualCameraState::Off);

    for (name, value) in session.env() {
        // SAFETY: threads of GStreamer run by now, but none reads these variables until a pipeline
        // is opened below.
        unsafe { std::env::set_var(name, value) };
    }
    // A colour that survives any conversion, without bars that scaling could blur.
    show(&rig.program, "red", &spec.canvas);
    rig.program.set_virtual_camera(true);
    wait_for("the virtual camera", SOON, || {
        (rig.program.virtual_camera() == VirtualCameraState::Live).then_some(())
    });
    wait_for("the node", SOON, || node_is_listed(&session).then_some(()));
    assert!(
        devices::list()
            .iter()
            .all(|device| !device.id.contains("stallcast_program")),
        "it is offered to itself"
    );

    let folder = tempfile::tempdir().unwrap();
    let seen = wait_for("pictures read back", SOON, || {
        let file = folder.path().join("read.i420");
        let mut reader = read(&session, 30, &file);
        let began = Instant::now();
        while reader.try_wait().unwrap().is_none() {
            if began.elapsed() > Duration::from_secs(15) {
                let _ = reader.kill();
            }
            std::thread::park_timeout(Duration::from_millis(20));
        }
        let bytes = std::fs::read(&file).ok()?;
        let last = bytes.chunks_exact(PICTURE).next_back()?;
        // Red in BT.601: Y 81, U 90, V 240. The slate was on air when the scene was set.
        let at = |index: usize| i32::from(last[index]);
        let (luma, u, v) = (
            at(90 * 320 + 160),
            at(320 * 180 + 45 * 160 + 80),
            at(320 * 180 * 5 / 4 + 45 * 160 + 80),
        );
        let near = |a: i32, b: i32| (a - b).abs() <= 24;
        println!("Y {luma} U {u} V {v}");
        (near(u, 90) && near(v, 240)).then_some((luma, bytes.len() / PICTURE))
    });
    assert!((40..=110).contains(&seen.0), "luma {}", seen.0);
    println!("{} pictures", seen.1);

    // Readers that come and are gone again, in the middle of a picture.
    for round in 0..12 {
        let file = folder.path().join(format!("gone{round}.i420"));
        let mut reader = reading(&session, &file);
        let _ = reader.kill();
        let _ = reader.wait();
        std::fs::remove_file(&file).unwrap();
    }
    // Should its process have fallen over one of them, it is there again.
    wait_for("the camera after the readers", SOON, || {
        let live = rig.program.virtual_camera() == VirtualCameraState::Live;
        (live && node_is_listed(&session)).then_some(())
    });

    // A reader that stops reading, with everything it holds.
    let mut stuck = reading(&session, &folder.path().join("stuck.i420"));
    signal(&stuck, libc::SIGSTOP);
    let before = rig.program.stats().frames_produced;
    wait_for("the program to go on", SOON, || {
        (rig.program.stats().frames_produced >= before + 90).then_some(())
    });
    signal(&stuck, libc::SIGCONT);
    let _ = stuck.kill();
    let _ = stuck.wait();

    // Its process falls over, as the system's own parts have made it do.
    // That may have happened by itself a moment ago: then to the next one.
    let fell = wait_for("a process that falls over", SOON, || {
        let server = server();
        // SAFETY: a signal to a process that ours started and waits for.
        (unsafe { libc::kill(server, libc::SIGABRT) } == 0).then_some(server)
    });
    wait_for("the camera after its process fell", SOON, || {
        let live = rig.program.virtual_camera() == VirtualCameraState::Live;
        (live && server() != fell && node_is_listed(&session)).then_some(())
    });

    rig.program.set_virtual_camera(false);
    wait_for("the node to go", SOON, || {
        (!node_is_listed(&session)).then_some(())
    });

    // The service ends while others could see the camera.
    rig.program.set_virtual_camera(true);
    wait_for("the camera again", SOON, || {
        node_is_listed(&session).then_some(())
    });
    drop(session);
    wait_for("the end of the service to be told", SOON, || {
        let told = VirtualCameraState::Retrying(VirtualCameraFault::NoService);
        (rig.program.virtual_camera() == told).then_some(())
    });
    rig.program.set_virtual_camera(false);
}
