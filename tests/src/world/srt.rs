//! An SRT receiver: FFmpeg in a process of its own, called at a port of loopback, which decodes and counts.

use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::network::Site;
use super::process::{Group, free_port};

/// Takes one call, decodes picture and sound, and ends with this value.
#[derive(Debug)]
pub struct SrtReceiver {
    _process: Group,
    port: u16,
    frames: Arc<AtomicU64>,
    site: Option<Arc<Site>>,
}

impl SrtReceiver {
    /// On a free port.
    pub fn start(passphrase: &str) -> Self {
        Self::start_at(free_port(), passphrase)
    }

    /// At the port of one that has ended.
    pub fn start_at(port: u16, passphrase: &str) -> Self {
        Self::listen(port, passphrase, None)
    }

    /// Behind a link, its own or one that others are behind too.
    pub fn start_behind(site: impl Into<Arc<Site>>, passphrase: &str) -> Self {
        Self::listen(free_port(), passphrase, Some(site.into()))
    }

    fn listen(port: u16, passphrase: &str, site: Option<Arc<Site>>) -> Self {
        let url = format!("srt://0.0.0.0:{port}?mode=listener&passphrase={passphrase}");
        let (reader, writer) = std::io::pipe().unwrap();
        let mut ffmpeg = match &site {
            Some(site) => site.command("ffmpeg"),
            None => Command::new("ffmpeg"),
        };
        let process = Group::start(
            ffmpeg
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
            site,
        }
    }

    /// Where to call.
    pub fn url(&self) -> String {
        let host = self
            .site
            .as_deref()
            .map_or(Ipv4Addr::LOCALHOST, Site::address);
        format!("srt://{host}:{}?mode=caller&latency=200", self.port)
    }

    /// The link it is behind.
    pub fn site(&self) -> Option<&Site> {
        self.site.as_deref()
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
