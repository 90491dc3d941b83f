//! An SRT receiver: FFmpeg in a process of its own, called at a port of loopback, which decodes and counts.

use std::io::{BufRead, BufReader};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::process::{Group, free_port};

/// Takes one call, decodes picture and sound, and ends with this value.
#[derive(Debug)]
pub struct SrtReceiver {
    _process: Group,
    port: u16,
    frames: Arc<AtomicU64>,
}

impl SrtReceiver {
    /// On a free port.
    pub fn start(passphrase: &str) -> Self {
        Self::start_at(free_port(), passphrase)
    }

    /// At the port of one that has ended.
    pub fn start_at(port: u16, passphrase: &str) -> Self {
        let url = format!("srt://127.0.0.1:{port}?mode=listener&passphrase={passphrase}");
        let (reader, writer) = std::io::pipe().unwrap();
        let process = Group::start(
            Command::new("ffmpeg")
                .args(["-hide_banner", "-loglevel", "error", "-nostdin"])
                .args(["-progress", "pipe:1", "-probesize", "1000000", "-i", &url])
                .args(["-map", "0:v", "-map", "0:a", "-f", "null", "-"])
                .stdout(writer),
        );
        let frames = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&frames);
        let lines = BufReader::new(reader).lines();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Some(count) = line.strip_prefix("frame=") {
                    counted.store(count.trim().parse().unwrap_or(0), Ordering::Relaxed);
                }
            }
        });
        Self {
            _process: process,
            port,
            frames,
        }
    }

    /// Where to call.
    pub fn url(&self) -> String {
        format!("srt://127.0.0.1:{}?mode=caller&latency=200", self.port)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Pictures decoded so far.
    pub fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }
}
