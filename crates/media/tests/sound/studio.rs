//! studio owns a program that records itself, and the sounds that are made for it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use stallcast_media::audio::{AudioMixer, Meters};
use stallcast_media::input::{InputKind, InputSpec};
use stallcast_media::program::{EncodedPacket, Track};
use stallcast_media::recorder::{Recorder, RecorderOptions};

use crate::common::{Rig, SOON, wait_for};
use crate::recorded::{quick, sink, wait_until_taken};

/// A sound file that FFmpeg makes from the description of a source, played round and round.
pub fn sound_file(folder: &Path, name: &str, source: &str) -> InputSpec {
    let path = folder.join(format!("{name}.wav"));
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", source])
        .args(["-c:a", "pcm_f32le"])
        .arg(&path)
        .status()
        .expect("ffmpeg runs");
    assert!(status.success(), "ffmpeg made no sound");
    InputSpec {
        id: name.to_owned(),
        kind: InputKind::File {
            path: path.display().to_string(),
            looping: true,
        },
    }
}

/// The same of an expression, for both channels.
pub fn sound(folder: &Path, name: &str, seconds: u32, expression: &str) -> InputSpec {
    let source = format!("aevalsrc='{expression}|{expression}':s=48000:d={seconds}");
    sound_file(folder, name, &source)
}

/// Records until what is heard is right. A machine that let nobody run for a moment leaves a dip in the sound that files
/// play: that passes, a fault stays.
pub fn until_right<T>(
    record: impl Fn() -> PathBuf,
    heard: impl Fn(&Path) -> Result<T, String>,
) -> T {
    let deadline = Instant::now() + 2 * SOON;
    loop {
        match heard(&record()) {
            Ok(found) => return found,
            Err(wrong) => {
                assert!(Instant::now() < deadline, "{wrong}");
                println!("{wrong}; once more");
            }
        }
    }
}

/// What is wrong, where it is not so.
pub fn ensure(is_so: bool, wrong: impl FnOnce() -> String) -> Result<(), String> {
    if is_so { Ok(()) } else { Err(wrong()) }
}

/// A program that records itself.
pub struct Studio {
    pub rig: Rig,
    pub folder: tempfile::TempDir,
    pub isolated: Arc<Mutex<Vec<EncodedPacket>>>,
}

impl Studio {
    pub fn new() -> Self {
        Self {
            rig: Rig::start(quick()),
            folder: tempfile::tempdir().unwrap(),
            isolated: Arc::default(),
        }
    }

    pub fn mixer(&self) -> &AudioMixer {
        self.rig.program.inputs().mixer()
    }

    pub fn wait_for_meters(&self, what: &str, found: impl Fn(&Meters) -> bool) {
        let mut meters = self.mixer().meters();
        wait_for(what, SOON, || {
            found(&meters.borrow_and_update()).then_some(())
        });
    }

    pub fn is_heard(meters: &Meters, id: &str) -> bool {
        let input = meters.inputs.iter().find(|(name, _)| name == id);
        input.is_some_and(|(_, level)| level.peak_db[0] > -60.0)
    }

    /// Records so many milliseconds from now on, all that belongs to them, in place of the recording before.
    pub fn record(&self, ms: i64) -> PathBuf {
        let path = self.folder.path().join("show.mp4");
        let _ = std::fs::remove_file(&path);
        let recorder = self.recorder(&path, ms);
        assert_eq!(recorder.finish().unwrap().dropped, 0);
        path
    }

    /// The same as a kill leaves it: what is on the disk before it is finished.
    pub fn record_and_kill(&self, ms: i64) -> PathBuf {
        let path = self.folder.path().join("goes-on.mp4");
        let _ = std::fs::remove_file(&path);
        let recorder = self.recorder(&path, ms);
        let killed = self.folder.path().join("killed.mp4");
        // All is written that was pushed, but for the last second.
        wait_until_taken(&recorder);
        std::fs::copy(recorder.path(), &killed).unwrap();
        killed
    }

    /// A recorder that has been given so many milliseconds.
    fn recorder(&self, path: &Path, ms: i64) -> Recorder {
        let from = self.rig.program.running_time().as_micros() as i64;
        let until = from + ms * 1_000;
        let packets = self.rig.packets(SOON, |packets| {
            [Track::Video, Track::Audio].into_iter().all(|track| {
                let last = packets.iter().rfind(|packet| packet.track == track);
                last.is_some_and(|packet| packet.pts_us > until)
            })
        });
        let isolated = wait_for("the isolated sound of it", SOON, || {
            let isolated = self.isolated.lock().unwrap();
            let is_whole = isolated.last().is_none_or(|last| last.pts_us > until);
            is_whole.then(|| isolated.clone())
        });
        let (events, _keep) = sink();
        let mut options = RecorderOptions::single(path.to_owned());
        options.isolated = (!isolated.is_empty()).then(|| "麦克风".to_owned());
        let recorder = Recorder::start_with(options, &self.rig.config(), events).unwrap();
        let mut all: Vec<_> = packets.into_iter().chain(isolated).collect();
        all.retain(|packet| (from..until).contains(&packet.pts_us));
        all.sort_by_key(|packet| packet.pts_us);
        for packet in &all {
            recorder.push(packet);
        }
        recorder
    }
}
