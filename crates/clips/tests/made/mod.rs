//! Clips made by the ffmpeg program, whose contents the tests know.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, dead_code)]

use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Moving test pictures with a tone: 320x180 at 30 a second, a keyframe every two seconds.
pub const PICTURES: &str = "testsrc2=size=320x180:rate=30";
/// A tone of 440 Hz, an eighth of full scale.
pub const TONE: &str = "sine=frequency=440:sample_rate=48000";
/// Encoder settings of all made clips.
pub const CODEC: &str = "-c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p \
     -g 60 -keyint_min 60 -sc_threshold 0 -c:a aac -b:a 96k -ar 48000 -ac 2";

/// Runs ffmpeg to its end.
pub fn ffmpeg(arguments: &str, out: &Path) {
    let status = Command::new("ffmpeg")
        .args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y"])
        .args(arguments.split_whitespace())
        .arg(out)
        .status()
        .expect("ffmpeg is installed");
    assert!(status.success(), "ffmpeg {arguments}");
}

/// A clip of `seconds` with pictures and sound.
pub fn clip(seconds: u32, out: &Path) {
    ffmpeg(
        &format!("-f lavfi -i {PICTURES} -f lavfi -i {TONE} -t {seconds} {CODEC}"),
        out,
    );
}

/// An ffmpeg that publishes until it is dropped.
pub struct Publisher(Child);

impl Publisher {
    /// Publishes the inputs given by `arguments` to `url` at their own speed.
    pub fn start(arguments: &str, url: &str) -> Self {
        let child = Command::new("ffmpeg")
            .args(["-hide_banner", "-loglevel", "error", "-nostdin"])
            .args(arguments.split_whitespace())
            .args(["-f", "flv", url])
            .stdin(Stdio::null())
            .spawn()
            .expect("ffmpeg is installed");
        Self(child)
    }

    /// The process, for signals.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Whether it gave up by itself.
    pub fn ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
