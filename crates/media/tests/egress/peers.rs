//! peers owns receivers that are other programs: FFmpeg, which decodes and counts.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// An ffmpeg that receives over SRT and decodes everything; ends with this value.
pub struct Ffmpeg {
    child: Child,
    frames: Arc<AtomicU64>,
}

impl Ffmpeg {
    /// `url` with all options; `mode=listener` waits for us.
    pub fn receive(url: &str) -> Self {
        Self::receive_tracks(url, &["0:v", "0:a"])
    }

    /// One that takes these tracks only.
    pub fn receive_tracks(url: &str, tracks: &[&str]) -> Self {
        let mut child = Command::new("ffmpeg")
            .args([
                "-hide_banner",
                "-loglevel",
                "error",
                "-nostdin",
                "-progress",
                "pipe:1",
            ])
            .args([
                "-probesize",
                "500000",
                "-analyzeduration",
                "1000000",
                "-i",
                url,
            ])
            .args(tracks.iter().flat_map(|track| ["-map", *track]))
            .args(["-f", "null", "-"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("ffmpeg runs");
        let frames = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&frames);
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Some(count) = line.strip_prefix("frame=") {
                    counted.store(count.trim().parse().unwrap_or(0), Ordering::Relaxed);
                }
            }
        });
        Self { child, frames }
    }

    /// Pictures decoded so far.
    pub fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }

    pub fn signal(&self, name: &str) {
        let done = Command::new("kill")
            .args(["-s", name, &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(done.success(), "{name}");
    }
}

impl Drop for Ffmpeg {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
