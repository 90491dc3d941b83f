//! The recording from outside: finished, killed, and on a full disk.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use stallcast_media::input::{InputKind, InputSpec};
use stallcast_media::program::{
    CanvasSpec, Encoded, EventSink, MediaEvent, Placement, Program, ProgramSpec, Scene, Track,
    Transition,
};
use stallcast_media::recorder::Recorder;

const WAIT: Duration = Duration::from_secs(30);

fn small() -> ProgramSpec {
    let mut spec = ProgramSpec::hd720();
    spec.canvas = CanvasSpec {
        id: "main".to_owned(),
        width: 320,
        height: 180,
        fps: 30,
    };
    spec
}

fn sink() -> (EventSink, tokio::sync::mpsc::Receiver<MediaEvent>) {
    let (sender, receiver) = tokio::sync::mpsc::channel(64);
    (EventSink::new(sender), receiver)
}

fn probe(path: &Path, entries: &str) -> String {
    let output = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-of",
            "default=nw=1:nk=1",
            "-show_entries",
            entries,
        ])
        .arg(path)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn duration_ms(path: &Path) -> u64 {
    let text = probe(path, "format=duration");
    (text.trim().parse::<f64>().unwrap() * 1000.0) as u64
}

fn decodes_without_error(path: &Path) {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(path)
        .args(["-f", "null", "-"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
}

/// Names of the boxes at the top of the file, in order.
fn boxes(path: &Path) -> Vec<String> {
    let bytes = std::fs::read(path).unwrap();
    let mut names = Vec::new();
    let mut at = 0;
    while at + 8 <= bytes.len() {
        let size = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as u64;
        names.push(String::from_utf8_lossy(&bytes[at + 4..at + 8]).into_owned());
        let size = if size == 1 {
            u64::from_be_bytes(bytes[at + 8..at + 16].try_into().unwrap())
        } else {
            size
        };
        if size < 8 {
            break;
        }
        at += size as usize;
    }
    names
}

#[test]
fn a_finished_recording_is_a_plain_mp4_of_the_right_length() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("show.mp4");
    let rig = common::Rig::start(small());
    rig.program.set_scene(Scene::default(), Transition::Cut);
    let packets = rig.packets(WAIT, |packets| {
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
    let length = recording.duration.as_millis() as u64;
    assert!(duration_ms(&path).abs_diff(length) < 100);
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
    let first = Mutex::new(None);
    let program = Program::start(
        spec.clone(),
        Arc::new(move |encoded| match encoded {
            Encoded::Config(config) => {
                *slot.lock().unwrap() =
                    Some(Recorder::start(path.clone().into(), &config, events.clone()).unwrap());
            }
            Encoded::Packet(packet) => {
                slot.lock().unwrap().as_ref().unwrap().push(&packet);
                if packet.track == Track::Video {
                    let start = *first.lock().unwrap().get_or_insert(packet.pts_us);
                    let mut out = std::io::stderr().lock();
                    writeln!(out, "ms {}", (packet.pts_us - start) / 1000).unwrap();
                }
            }
        }),
        sender,
    )
    .unwrap();
    program.set_inputs(vec![InputSpec {
        id: "cam".to_owned(),
        kind: InputKind::TestPicture {
            pattern: "ball".to_owned(),
        },
    }]);
    program.set_scene(
        Scene {
            id: "full".to_owned(),
            placements: vec![Placement::full("cam", &spec.canvas)],
        },
        Transition::Cut,
    );
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
    let kept = duration_ms(&path);
    assert!(kept + 2_000 >= produced, "kept {kept} of {produced} ms");
}

#[test]
fn a_folder_that_is_not_there_is_an_error_with_the_path() {
    let folder = tempfile::tempdir().unwrap();
    let rig = common::Rig::start(small());
    rig.video_packets(WAIT, 1);
    let (events, _keep) = sink();
    let path = folder.path().join("no/such/folder.mp4");
    let error = Recorder::start(path, &rig.config(), events).err().unwrap();
    assert!(error.to_string().contains("no/such/folder.mp4"), "{error}");
}

#[test]
fn a_full_disk_is_an_event_and_the_packets_go_on() {
    let rig = common::Rig::start(small());
    rig.video_packets(WAIT, 1);
    let (events, mut failed) = sink();
    let recorder = Recorder::start("/dev/full".into(), &rig.config(), events).unwrap();
    let mut told = None;
    let mut pushed = 0;
    while told.is_none() {
        let packets = rig.packets(WAIT, |packets| packets.len() > pushed);
        for packet in &packets[pushed..] {
            recorder.push(packet);
        }
        pushed = packets.len();
        assert!(pushed < 2_000, "no event");
        told = failed.try_recv().ok();
    }
    match told.unwrap() {
        MediaEvent::RecordingFailed { disk_full, .. } => assert!(disk_full),
        other => panic!("{other:?}"),
    }
    assert!(recorder.finish().is_err());
    rig.video_packets(WAIT, 5);
}
