//! The recording from outside: finished, killed, and on a full disk.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
mod recorded;

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{SOON, show, showing, small};
use recorded::{boxes, decodes_without_error, pictures_ms, plays_in_gstreamer, probe, sink};
use stallcast_media::error::MediaError;
use stallcast_media::program::{Encoded, MediaEvent, Program, Scene, Track, Transition};
use stallcast_media::recorder::{Recorder, ReplayBuffer};

#[test]
fn a_finished_recording_is_a_plain_mp4_of_the_right_length() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("show.mp4");
    let rig = common::Rig::start(small());
    rig.program.set_scene(Scene::default(), Transition::Cut);
    let packets = rig.packets(SOON, |packets| {
        packets
            .iter()
            .filter(|packet| packet.track == Track::Video)
            .count()
            > 100
    });
    let (events, mut failed) = sink();
    let recorder = Recorder::start(path.clone(), &rig.config(), events).unwrap();
    for packet in &packets {
        recorder.push(packet);
    }
    let recording = recorder.finish().unwrap();
    assert!(failed.try_recv().is_err());
    assert_eq!(recording.dropped, 0);
    assert_eq!(recording.bytes, std::fs::metadata(&path).unwrap().len());
    let names = boxes(&path);
    assert!(names.contains(&"moov".to_owned()), "{names:?}");
    assert!(
        !names.contains(&"moof".to_owned()),
        "still fragmented: {names:?}"
    );
    decodes_without_error(&path);
    let seconds = |text: &str| text.trim().parse::<f64>().unwrap();
    let video: Vec<_> = packets
        .iter()
        .filter(|packet| packet.track == Track::Video)
        .collect();
    let length = recording.duration.as_secs_f64();
    let lengths = probe(&path, "stream=duration");
    let of_video = seconds(lengths.lines().next().unwrap());
    assert!(
        (of_video - length).abs() < 0.01,
        "{of_video} instead of {length}"
    );
    // Sound and picture begin together: the file keeps their places on the timeline.
    let starts = probe(&path, "stream=start_time");
    let starts: Vec<f64> = starts.lines().map(seconds).collect();
    let first_sound = packets
        .iter()
        .find(|packet| packet.track == Track::Audio && packet.pts_us >= video[0].pts_us)
        .unwrap();
    let offset = (first_sound.pts_us - video[0].pts_us) as f64 / 1e6;
    assert!(
        (starts[1] - starts[0] - offset).abs() < 0.002,
        "{starts:?}, expected {offset}"
    );
    assert_eq!(
        probe(&path, "stream=codec_name")
            .split_whitespace()
            .collect::<Vec<_>>(),
        ["h264", "aac"]
    );
}

const CHILD_FILE: &str = "STALLCAST_TEST_RECORD_TO";

/// Not a test: what the next one starts as a process of its own, to be killed.
#[test]
#[ignore = "started by the kill test"]
fn child_that_records_until_it_is_killed() {
    let path = std::env::var_os(CHILD_FILE).expect("only started by the kill test");
    let spec = small();
    let recorder: Arc<Mutex<Option<Recorder>>> = Arc::default();
    let (events, _keep) = sink();
    let (sender, _events) = tokio::sync::mpsc::channel(64);
    let slot = recorder.clone();
    let program = Program::start(
        spec.clone(),
        Arc::new(move |encoded| match encoded {
            Encoded::Config(config) => {
                *slot.lock().unwrap() =
                    Some(Recorder::start(path.clone().into(), &config, events.clone()).unwrap());
            }
            Encoded::Packet(packet) => {
                let slot = slot.lock().unwrap();
                let recorder = slot.as_ref().unwrap();
                // Only what the disk's thread has taken counts: a busy disk may keep it waiting for seconds.
                if recorder.waiting_bytes() == 0 {
                    let mut out = std::io::stderr().lock();
                    writeln!(out, "ms {}", recorder.duration().as_millis()).unwrap();
                }
                recorder.push(&packet);
            }
        }),
        sender,
    )
    .unwrap();
    show(&program, "ball", &spec.canvas);
    loop {
        std::thread::park();
    }
}

#[test]
fn a_recording_whose_process_is_killed_plays_and_lost_two_seconds_at_most() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("killed.mp4");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "child_that_records_until_it_is_killed",
            "--ignored",
            "--nocapture",
        ])
        .env(CHILD_FILE, &path)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut produced = 0_u64;
    let mut killed = false;
    for line in BufReader::new(child.stderr.take().unwrap()).lines() {
        let Ok(line) = line else { break };
        let Some(ms) = line.strip_prefix("ms ").and_then(|ms| ms.parse().ok()) else {
            continue;
        };
        produced = ms;
        if produced > 5_700 && !killed {
            child.kill().unwrap();
            killed = true;
        }
    }
    child.wait().unwrap();
    assert!(killed, "the child ended by itself at {produced} ms");
    decodes_without_error(&path);
    // Of the picture: sound may reach further.
    assert!(plays_in_gstreamer(&path) > 0);
    let kept = pictures_ms(&path);
    println!("kill -9: lost {} ms", produced.saturating_sub(kept));
    assert!(kept + 2_000 >= produced, "kept {kept} of {produced} ms");
}

#[test]
fn a_folder_that_is_not_there_is_an_error_with_the_path() {
    let folder = tempfile::tempdir().unwrap();
    let rig = common::Rig::start(small());
    rig.video_packets(SOON, 1);
    let (events, _keep) = sink();
    let path = folder.path().join("no/such/folder.mp4");
    let error = Recorder::start(path, &rig.config(), events).err().unwrap();
    let said = error.to_string().replace('\\', "/");
    assert!(said.contains("no/such/folder.mp4"), "{said}");
}

/// Only Unix limits how far a process's files may grow.
#[cfg(unix)]
const LIMITED_FILE: &str = "STALLCAST_TEST_RECORD_LIMITED";

/// Not a test: a process of its own, because the limit on the size of files holds for a process.
#[cfg(unix)]
#[test]
#[ignore = "started by the full-disk test"]
fn child_whose_file_may_not_grow_beyond_a_megabyte() {
    let path = std::env::var_os(LIMITED_FILE).expect("only started by the full-disk test");
    // SAFETY: plain system calls with valid arguments; no other thread writes files here.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
        let limit = libc::rlimit {
            rlim_cur: 1_000_000,
            rlim_max: 1_000_000,
        };
        assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &limit), 0);
    }
    let rig = showing("snow", small());
    rig.video_packets(SOON, 1);
    let (events, mut failed) = sink();
    let recorder = Recorder::start(path.into(), &rig.config(), events).unwrap();
    let mut pushed = 0;
    let told = loop {
        let packets = rig.packets(SOON, |packets| packets.len() > pushed);
        for packet in &packets[pushed..] {
            recorder.push(packet);
        }
        pushed = packets.len();
        assert!(pushed < 5_000, "no event");
        if let Ok(event) = failed.try_recv() {
            break event;
        }
    };
    assert!(
        matches!(
            told,
            MediaEvent::RecordingFailed {
                disk_full: true,
                ..
            }
        ),
        "{told:?}"
    );
    assert!(recorder.finish().is_err());
    rig.video_packets(SOON, 5);
}

#[cfg(unix)]
#[test]
fn a_disk_that_fills_up_is_an_event_the_program_goes_on_and_what_was_written_plays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("full.mp4");
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "child_whose_file_may_not_grow_beyond_a_megabyte",
            "--ignored",
        ])
        .env(LIMITED_FILE, &path)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    decodes_without_error(&path);
}

#[test]
fn an_existing_file_is_an_error_and_keeps_its_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("show.mp4");
    std::fs::write(&path, "yesterday's show").unwrap();
    let rig = common::Rig::start(small());
    rig.video_packets(SOON, 1);
    let (events, _keep) = sink();
    assert!(Recorder::start(path.clone(), &rig.config(), events.clone()).is_err());
    let replay = ReplayBuffer::new(Duration::from_secs(30), usize::MAX);
    replay.set_config(rig.config());
    for packet in &rig.packets(SOON, |packets| packets.len() > 10) {
        replay.push(packet);
    }
    assert!(replay.save(&path).is_err());
    assert_eq!(std::fs::read(&path).unwrap(), b"yesterday's show");
}

#[test]
fn a_recording_without_a_picture_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("show.mp4");
    let rig = common::Rig::start(small());
    rig.video_packets(SOON, 1);
    let (events, _keep) = sink();
    let recorder = Recorder::start(path.clone(), &rig.config(), events).unwrap();
    assert_eq!(recorder.first_pts_us(), None);
    assert_eq!(recorder.finish(), Err(MediaError::EndOfStream));
    assert!(!path.exists());
}

#[cfg(unix)]
const NO_ROOM_FILE: &str = "STALLCAST_TEST_RECORD_NO_ROOM";

/// Not a test: a process of its own, because the limit on the size of files holds for a process.
#[cfg(unix)]
#[test]
#[ignore = "started by the next test"]
fn child_that_cannot_write_a_file_s_head() {
    let path = std::env::var_os(NO_ROOM_FILE).expect("only started by the next test");
    let rig = common::Rig::start(small());
    rig.video_packets(SOON, 1);
    // SAFETY: plain system calls with valid arguments; no other thread writes files here.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
        let limit = libc::rlimit {
            rlim_cur: 100,
            rlim_max: 100,
        };
        assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &limit), 0);
    }
    let (events, _keep) = sink();
    assert!(Recorder::start(path.into(), &rig.config(), events).is_err());
}

#[cfg(unix)]
#[test]
fn a_file_whose_head_cannot_be_written_is_an_error_at_the_start_and_not_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.mp4");
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "child_that_cannot_write_a_file_s_head",
            "--ignored",
        ])
        .env(NO_ROOM_FILE, &path)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    assert!(!path.exists());
}
