//! Recordings on disks that fill up and on a disk that loses its power. Needs root: it mounts file
//! systems of its own, in a mount namespace that vanishes with the test. Started by tests/run.sh where that works.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
mod recorded;

use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use common::SOON;
use recorded::{
    boxes, checksum, checksums, decodes_without_error, pictures_ms, plays_in_gstreamer,
};
use stallcast_media::program::{EncodedPacket, EventSink, MediaEvent, Track};
use stallcast_media::recorder::{DiskPolicy, Recorder, RecorderNote, RecorderOptions};

const MB: u64 = 1 << 20;

fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "{program} {arguments:?} (needs root): {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Mounts made by this thread, and by those it starts, are seen by nobody else and end with them.
fn mount_for_us_alone() {
    // SAFETY: a plain system call.
    let unshared = unsafe { libc::unshare(libc::CLONE_NEWNS) };
    assert_eq!(unshared, 0, "a mount namespace needs root");
    run("mount", &["--make-rprivate", "/"]);
}

fn path_str(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A program with noise, which fills a disk.
fn rig() -> common::Rig {
    let rig = common::showing("snow", recorded::quick());
    rig.video_packets(SOON, 1);
    rig
}

/// A live recording: gives it what the program makes.
struct Live {
    rig: common::Rig,
    recorder: Recorder,
    /// Packets of the program so far.
    seen: usize,
    first_us: Option<i64>,
    pushed: Vec<EncodedPacket>,
}

impl Live {
    fn new(options: RecorderOptions) -> (Self, tokio::sync::mpsc::Receiver<MediaEvent>) {
        let (sender, failed) = tokio::sync::mpsc::channel(64);
        let rig = rig();
        let events = EventSink::new(sender);
        let recorder = Recorder::start_with(options, &rig.config(), events).unwrap();
        let live = Self {
            rig,
            recorder,
            seen: 0,
            first_us: None,
            pushed: Vec::new(),
        };
        (live, failed)
    }

    /// Pushes the next packets; how long the recording should be now.
    fn step(&mut self) -> Duration {
        let seen = self.seen;
        let packets = self.rig.packets(SOON, |packets| packets.len() > seen);
        for packet in &packets[seen..] {
            self.recorder.push(packet);
            if packet.track == Track::Video {
                if packet.keyframe {
                    self.first_us.get_or_insert(packet.pts_us);
                }
                if self.first_us.is_some() {
                    self.pushed.push(packet.clone());
                }
            }
        }
        self.seen = packets.len();
        let end = self.pushed.last().map(|p| p.pts_us + p.duration_us);
        let length = end.zip(self.first_us).map_or(0, |(end, first)| end - first);
        Duration::from_micros(u64::try_from(length).unwrap())
    }
}

fn free(folder: &Path) -> u64 {
    let output = Command::new("stat")
        .args(["-f", "-c", "%a %S", path_str(folder)])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let numbers: Vec<u64> = text
        .split_whitespace()
        .map(|n| n.parse().unwrap())
        .collect();
    numbers[0] * numbers[1]
}

/// Takes all of the folder's disk but `left`.
fn fill(folder: &Path, name: &str, left: u64) {
    let room = free(folder).saturating_sub(left) as usize;
    fs::write(folder.join(name), vec![1; room]).unwrap();
}

#[test]
#[ignore = "mounts file systems of its own: needs root, and a / that is a mount"]
fn a_filling_disk_is_told_of_and_the_recording_ends_whole_before_it_is_full() {
    mount_for_us_alone();
    let folder = tempfile::tempdir().unwrap();
    run(
        "mount",
        &[
            "-t",
            "tmpfs",
            "-o",
            "size=64m",
            "tmpfs",
            path_str(folder.path()),
        ],
    );
    let path = folder.path().join("show.mp4");
    let policy = DiskPolicy {
        warn_ahead: Duration::from_secs(30),
        keep_free_bytes: 2 * MB,
    };
    let (notes, mut told) = tokio::sync::mpsc::channel(64);
    let mut options = RecorderOptions::single(path.clone());
    options.disk = policy;
    options.notes = Some(notes);
    let (mut live, mut failed) = Live::new(options);
    while live.recorder.duration() < Duration::from_secs(2) {
        live.step();
    }
    assert!(matches!(
        told.try_recv(),
        Ok(RecorderNote::PartBegan { .. })
    ));
    assert!(told.try_recv().is_err(), "64 MB are enough");

    fill(folder.path(), "somebody else's", 10 * MB);
    let (free_bytes, left) = loop {
        live.step();
        match told.try_recv() {
            Ok(RecorderNote::DiskLow { free_bytes, left }) => break (free_bytes, left),
            Ok(other) => panic!("{other:?}"),
            Err(_) => {}
        }
    };
    assert!(free_bytes <= 10 * MB && left < policy.warn_ahead && !left.is_zero());
    assert!(!live.recorder.has_ended());

    fill(folder.path(), "still more", 2 * MB + MB / 2);
    while !live.recorder.has_ended() {
        live.step();
    }
    let before = live.pushed.len();
    let parts = live.recorder.finish_all(Vec::new()).unwrap();
    assert!(free(folder.path()) >= policy.keep_free_bytes);
    assert!(matches!(
        told.try_recv(),
        Ok(RecorderNote::DiskLimit { .. })
    ));
    assert!(matches!(
        told.try_recv(),
        Ok(RecorderNote::PartFinished(part)) if part == parts[0]
    ));
    assert!(matches!(
        failed.try_recv(),
        Ok(MediaEvent::RecordingFailed {
            disk_full: true,
            ..
        })
    ));
    assert!(!boxes(&path).contains(&"moof".to_owned()), "not finished");
    decodes_without_error(&path);
    let kept = checksums(&path, "v");
    assert_eq!(plays_in_gstreamer(&path), kept.len());
    let sums: Vec<u32> = live.pushed.iter().map(checksum).collect();
    assert!(sums.starts_with(&kept) && kept.len() > 30, "{}", kept.len());
    println!("disk limit: {} of {before} pictures kept", kept.len());
    // The program goes on, and the next recording is refused while there is no room.
    live.rig.video_packets(SOON, 5);
    let mut options = RecorderOptions::single(folder.path().join("next.mp4"));
    options.disk = policy;
    let (sender, _keep) = tokio::sync::mpsc::channel(64);
    let next = Recorder::start_with(options, &live.rig.config(), EventSink::new(sender));
    assert!(next.is_err());
    assert!(!folder.path().join("next.mp4").exists());
}

/// An ext4 in a file, mounted by a loop device.
struct Disk {
    _folder: tempfile::TempDir,
    image: PathBuf,
    mounted: PathBuf,
}

impl Disk {
    fn new() -> Self {
        mount_for_us_alone();
        let folder = tempfile::tempdir().unwrap();
        let image = folder.path().join("disk.img");
        let mounted = folder.path().join("mounted");
        fs::create_dir(&mounted).unwrap();
        File::create(&image).unwrap().set_len(64 * MB).unwrap();
        run("mkfs.ext4", &["-q", "-F", path_str(&image)]);
        let disk = Self {
            _folder: folder,
            image,
            mounted,
        };
        disk.mount();
        disk
    }

    fn mount(&self) {
        run(
            "mount",
            &["-o", "loop", path_str(&self.image), path_str(&self.mounted)],
        );
    }

    /// From now on nothing reaches the disk, not even what the file system has in its memory and
    /// its journal's tail: `EXT4_IOC_SHUTDOWN` without flushing the log. (What a disk forgets that
    /// it has not been told to flush is the matter of the writer's own power tests.)
    fn cut_the_power(&self) {
        const SHUTDOWN: libc::c_ulong = 0x8004_587d;
        const WITHOUT_FLUSHING_THE_LOG: u32 = 2;
        let root = File::open(&self.mounted).unwrap();
        // SAFETY: the file is open and the argument a valid u32, as this call wants.
        let cut = unsafe { libc::ioctl(root.as_raw_fd(), SHUTDOWN, &WITHOUT_FLUSHING_THE_LOG) };
        assert_eq!(cut, 0, "{}", std::io::Error::last_os_error());
    }

    /// The machine starts again: the journal is replayed.
    fn start_again(&self) {
        run("umount", &[path_str(&self.mounted)]);
        self.mount();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Otherwise the loop device would keep the image until the test's process ends.
        let _unmounted = Command::new("umount").arg(&self.mounted).output();
    }
}

fn options(path: PathBuf) -> RecorderOptions {
    let mut options = RecorderOptions::single(path);
    options.disk.keep_free_bytes = MB;
    options
}

#[test]
#[ignore = "mounts file systems of its own: needs root, and a / that is a mount"]
fn a_power_cut_costs_two_seconds_at_most() {
    let disk = Disk::new();
    let path = disk.mounted.join("show.mp4");
    let (mut live, mut failed) = Live::new(options(path.clone()));
    // Between two flushes, which come with every full second: close to the worst moment.
    let moment = Duration::from_millis(5_950);
    let (mut produced, mut at_once) = (Duration::ZERO, Duration::ZERO);
    while produced < moment {
        let now = live.step();
        (at_once, produced) = (now - produced, now);
    }
    disk.cut_the_power();
    while !live.recorder.has_ended() {
        live.step();
    }
    assert!(matches!(
        failed.try_recv(),
        Ok(MediaEvent::RecordingFailed { .. })
    ));
    let Live { recorder, rig, .. } = live;
    assert!(recorder.finish().is_err());
    drop(rig);
    disk.start_again();
    decodes_without_error(&path);
    let kept = checksums(&path, "v").len();
    assert_eq!(plays_in_gstreamer(&path), kept);
    // Of the picture: sound may reach further.
    let kept_ms = pictures_ms(&path);
    let lost_ms = (produced.as_millis() as u64).saturating_sub(kept_ms);
    println!(
        "power cut: kept {kept_ms} of {} ms, lost {lost_ms} ms",
        produced.as_millis()
    );
    // What this test itself held back on a busy machine is not the recorder's loss.
    let held_back_ms = at_once.as_millis() as u64;
    assert!(lost_ms <= 2_000 + held_back_ms, "lost {lost_ms} ms");
    assert!(kept_ms > 0);
}

#[test]
#[ignore = "mounts file systems of its own: needs root, and a / that is a mount"]
fn a_finished_recording_survives_a_power_cut_whole() {
    let disk = Disk::new();
    let path = disk.mounted.join("show.mp4");
    let (mut live, _failed) = Live::new(options(path.clone()));
    while live.step() < Duration::from_millis(1_500) {}
    let Live {
        recorder, pushed, ..
    } = live;
    recorder.finish().unwrap();
    disk.cut_the_power();
    disk.start_again();
    let sums: Vec<u32> = pushed.iter().map(checksum).collect();
    assert!(checksums(&path, "v") == sums);
    assert!(!boxes(&path).contains(&"moof".to_owned()));
    decodes_without_error(&path);
}
