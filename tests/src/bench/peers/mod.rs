//! The same show put on by Stallcast and by what people use else: one source, a card over it, one encode, to a server and
//! into a file.

mod card;
mod ffmpeg;
mod gst_launch;
mod obs;
mod stallcast;

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub use card::Card;

use crate::world::{Group, PATIENCE, RtmpServer, Xvfb, eventually};
use stallcast::Studio;

/// Pictures a second of every show.
pub const FPS: u32 = 30;
/// The stream key of all.
const KEY: &str = "key-of-server";
/// So much has come when a show is taken to be on air, bytes.
const ON_AIR: u64 = 30_000;

/// What x264 is told beside rate, preset and keyframes, as its own options: the engine's settings.
const X264: &[(&str, &str)] = &[
    ("bframes", "0"),
    ("b-adapt", "0"),
    ("rc-lookahead", "5"),
    ("sync-lookahead", "0"),
    ("scenecut", "0"),
];

/// [`X264`] as x264's own tools take it, with this between two of them.
fn x264_options(between: &str) -> String {
    let options = X264.iter().map(|(name, value)| format!("{name}={value}"));
    options.collect::<Vec<_>>().join(between)
}

/// Who puts the show on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum System {
    /// The engine of this repository.
    Stallcast,
    /// FFmpeg's command line: overlay, x264, tee.
    Ffmpeg,
    /// A plain graph of GStreamer's command line.
    GstLaunch,
    /// OBS Studio on a screen of its own, drawn in software.
    Obs,
}

impl System {
    /// All of them, in the order of a report.
    pub const ALL: [Self; 4] = [Self::Stallcast, Self::Ffmpeg, Self::GstLaunch, Self::Obs];

    /// Its name in results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stallcast => "stallcast",
            Self::Ffmpeg => "ffmpeg",
            Self::GstLaunch => "gst-launch",
            Self::Obs => "obs",
        }
    }

    /// Its program and the words to ask for its version.
    fn program(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Stallcast => None,
            Self::Ffmpeg => Some(("ffmpeg", "-version")),
            Self::GstLaunch => Some(("gst-launch-1.0", "--version")),
            Self::Obs => Some(("obs", "--version")),
        }
    }

    /// First line of what it says of its version; `None` when it is not installed.
    pub fn version(self) -> Option<String> {
        let Some((program, word)) = self.program() else {
            return Some(format!("Stallcast {}", env!("CARGO_PKG_VERSION")));
        };
        let output = Command::new(program).arg(word).output().ok()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = said.lines().next()?;
        // FFmpeg goes on with its authors.
        let line = line.split(" Copyright").next().unwrap_or(line);
        Some(line.trim().to_owned())
    }
}

/// What is shown.
#[derive(Debug, Clone)]
pub enum Footage {
    /// A file, once.
    Clip(PathBuf),
    /// An X11 screen, for example `:99`, with silence.
    Screen(String),
}

/// A show to put on.
#[derive(Debug)]
pub struct Job {
    /// The one source.
    pub footage: Footage,
    /// Width and height of the source and of the stream, pixels.
    pub size: (u32, u32),
    /// What lies over it.
    pub card: Card,
    folder: TempDir,
}

impl Job {
    /// With a folder of its own for the recording and settings.
    pub fn new(footage: Footage, card: Card, size: (u32, u32)) -> Self {
        Self {
            footage,
            size,
            card,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Where FFmpeg and GStreamer record to.
    fn recording(&self) -> PathBuf {
        self.folder.path().join("recording.mkv")
    }

    /// Bytes of what was recorded; OBS names its file after the time.
    fn recorded(&self) -> u64 {
        let files = std::fs::read_dir(self.folder.path()).unwrap().flatten();
        let recordings = files.filter(|file| file.path().extension().is_some_and(|e| e == "mkv"));
        recordings.map(|file| file.metadata().unwrap().len()).sum()
    }
}

/// A show on air.
#[derive(Debug)]
pub struct OnAir {
    /// When its program was started.
    pub launched: Instant,
    runs: Runs,
}

#[derive(Debug)]
enum Runs {
    Studio(Box<Studio>),
    Peer {
        group: Group,
        // Goes after the program that is on it.
        _screen: Option<Xvfb>,
    },
}

impl OnAir {
    /// Puts `job` on with `system`, to application `live` of `server`; pictures have come there when this returns.
    pub async fn start(system: System, job: &Job, server: &RtmpServer) -> Self {
        let app = server.url("live");
        let url = format!("{app}/{KEY}");
        let mut screen = None;
        let mut command = match system {
            System::Stallcast => {
                let studio = Box::pin(Studio::start(job, &app)).await;
                let launched = studio.launched;
                return Self {
                    launched,
                    runs: Runs::Studio(Box::new(studio)),
                };
            }
            System::Ffmpeg => ffmpeg::command(job, &url),
            System::GstLaunch => gst_launch::command(job, &url),
            System::Obs => {
                let screen = screen.insert(Xvfb::start(1280, 720));
                obs::command(job, &app, KEY, screen)
            }
        };
        let log = job.folder.path().join("log");
        let launched = Instant::now();
        let mut group = Group::start_logged(&mut command, &log);
        eventually(PATIENCE, "pictures at the server", || {
            if let Some(status) = group.ended() {
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                panic!("{}: {status}\n{said}", system.name());
            }
            let mut files = server.recordings_of("live").into_iter();
            files.find(|file| std::fs::metadata(file).is_ok_and(|meta| meta.len() > ON_AIR))
        });
        Self {
            launched,
            runs: Runs::Peer {
                group,
                _screen: screen,
            },
        }
    }

    /// Id of its first process.
    pub fn pid(&self) -> u32 {
        match &self.runs {
            Runs::Studio(studio) => studio.pid(),
            Runs::Peer { group, .. } => group.id(),
        }
    }

    /// Lets it go on for `length`.
    pub async fn play(&mut self, length: Duration) {
        match &mut self.runs {
            Runs::Studio(studio) => studio.play(length).await,
            Runs::Peer { .. } => tokio::time::sleep(length).await,
        }
    }

    /// Proves that it recorded, and ends it.
    pub async fn end(self, job: &Job) {
        match self.runs {
            Runs::Studio(studio) => studio.end().await,
            Runs::Peer { .. } => {
                let recorded = job.recorded();
                assert!(recorded > ON_AIR, "{recorded} bytes were recorded");
            }
        }
    }
}
