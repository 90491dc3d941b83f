//! Somebody else's studio: an ffmpeg that publishes a made-up programme.

use std::process::Command;

use super::process::Group;

/// An ffmpeg publishing test pictures and a tone until it is dropped.
#[derive(Debug)]
pub struct Publisher(Group);

impl Publisher {
    /// Publishes `width` x `height` at `fps` with a keyframe every two seconds to `url` (stream
    /// key included).
    pub fn start(url: &str, width: u32, height: u32, fps: u32) -> Self {
        let pictures = format!("testsrc2=size={width}x{height}:rate={fps}");
        let group = fps * 2;
        let codec = format!(
            "-c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p -g {group} \
             -keyint_min {group} -sc_threshold 0 -c:a aac -b:a 96k -ar 48000 -ac 2 -f flv"
        );
        Self(Group::start(
            Command::new("ffmpeg")
                .args(["-hide_banner", "-loglevel", "error", "-nostdin"])
                .args(["-re", "-f", "lavfi", "-i", &pictures])
                .args([
                    "-re",
                    "-f",
                    "lavfi",
                    "-i",
                    "sine=frequency=440:sample_rate=48000",
                ])
                .args(codec.split_whitespace())
                .arg(url),
        ))
    }

    /// The process.
    pub fn process(&mut self) -> &mut Group {
        &mut self.0
    }
}
