//! ear owns what is heard in a recorded file: its samples, and how much of a tone is in them.

use std::path::Path;
use std::process::Command;

use crate::recorded::said;

/// One audio track of a file, left channel.
pub fn decoded(path: &Path, track: usize) -> Vec<f32> {
    let mut command = Command::new("ffmpeg");
    command
        .args(["-v", "error", "-i"])
        .arg(path)
        .args([
            "-map",
            &format!("0:a:{track}"),
            "-af",
            "aresample=async=1:first_pts=0",
        ])
        .args(["-ac", "2", "-f", "f32le", "-"]);
    let samples = said(&mut command);
    let (frames, _) = samples.as_chunks::<8>();
    let left = frames
        .iter()
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    left.collect()
}

/// How much of a tone there is in a piece of sound, as its amplitude.
pub fn tone(sound: &[f32], hz: f64) -> f64 {
    let (mut sine, mut cosine) = (0.0, 0.0);
    for (n, sample) in sound.iter().enumerate() {
        let at = std::f64::consts::TAU * hz * n as f64 / 48_000.0;
        sine += f64::from(*sample) * at.sin();
        cosine += f64::from(*sample) * at.cos();
    }
    2.0 * sine.hypot(cosine) / sound.len() as f64
}

pub fn db(amplitude: f64) -> f64 {
    20.0 * amplitude.max(1e-6).log10()
}
