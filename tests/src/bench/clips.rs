//! The clips that are measured with. Made once, then kept in the folder for temporary files.

use std::path::{Path, PathBuf};

use super::stamp::counting;
use crate::stage::assets;
use crate::world::run;

/// A minute of 1280x720 at 30 pictures a second with AAC: the demo orchard, slowly panned over (as a hand-held phone
/// would) under the grain of a small camera sensor, with pink noise at the level of a voice.
pub fn natural_clip() -> PathBuf {
    kept("stallcast-bench-clip-1.mp4", || {
        let orchard = assets().join("demo/orchard.mp4").display().to_string();
        let picture = "[0:v]scale=1408:792,crop=1280:720:x='64+60*sin(t*0.7)':y='36+32*cos(t*0.5)',\
                       noise=alls=5:allf=t,fps=30,format=yuv420p[v];[1:a]volume=0.3[a]";
        let noise = "anoisesrc=color=pink:sample_rate=48000:seed=7";
        let from = ["-stream_loop", "-1", "-i", &orchard];
        let and = ["-f", "lavfi", "-i", noise, "-filter_complex", picture];
        let to = "-map [v] -map [a] -t 60 -c:v libx264 -preset veryfast -crf 21 -g 60 -c:a aac -b:a 128k -ac 2";
        let words = from.into_iter().chain(and).chain(to.split(' '));
        words.map(str::to_owned).collect()
    })
}

/// Length of [`numbered_clip`], seconds.
pub const NUMBERED_S: u32 = 90;

/// A minute and a half like [`natural_clip`], of so many lines, whose pictures carry their number from 0 as a
/// [stamp](super::stamp).
pub fn numbered_clip(lines: u32) -> PathBuf {
    kept(&format!("stallcast-bench-clip-2-{lines}.mp4"), || {
        let orchard = assets().join("demo/orchard.mp4").display().to_string();
        let width = lines * 16 / 9;
        let (wide, high, x, y) = (width * 11 / 10, lines * 11 / 10, width / 20, lines / 20);
        let picture = format!(
            "[0:v]scale={wide}:{high},crop={width}:{lines}:x='{x}*(1+sin(t*0.7))':y='{y}*(1+cos(t*0.5))',\
             noise=alls=5:allf=t,fps=30[p];[p][2:v]overlay=0:0,format=yuv420p[v];[1:a]volume=0.3[a]"
        );
        let noise = "anoisesrc=color=pink:sample_rate=48000:seed=7";
        let (numbers, length) = (counting(30), NUMBERED_S.to_string());
        let from = [
            "-stream_loop",
            "-1",
            "-i",
            &orchard,
            "-f",
            "lavfi",
            "-i",
            noise,
        ];
        let and = ["-f", "lavfi", "-i", &numbers, "-filter_complex", &picture];
        let until = ["-map", "[v]", "-map", "[a]", "-t", &length];
        let to = "-c:v libx264 -preset veryfast -crf 21 -g 60 -c:a aac -b:a 128k -ac 2";
        let words = from.into_iter().chain(and).chain(until);
        words.chain(to.split(' ')).map(str::to_owned).collect()
    })
}

/// The minute of [`natural_clip`] upright and without sound: the middle of [`natural_clip`] as the engine shows it on a portrait
/// canvas, 720x1280.
pub fn upright_clip() -> PathBuf {
    kept("stallcast-bench-clip-1-upright.mp4", || {
        let wide = natural_clip().display().to_string();
        let middle = "crop=404:720,scale=720:1280:flags=bilinear";
        let to = "-c:v libx264 -preset veryfast -crf 21 -g 60";
        let from = ["-i", &wide, "-an", "-vf", middle];
        let words = from.into_iter().chain(to.split(' '));
        words.map(str::to_owned).collect()
    })
}

/// The minute of [`natural_clip`] as the engine encodes it: 2.5 Mbit/s, a keyframe every two seconds.
pub fn steady_minute() -> PathBuf {
    kept("stallcast-bench-clip-1-steady.mp4", || {
        let natural = natural_clip().display().to_string();
        let rate = "-c:v libx264 -preset veryfast -b:v 2500k -maxrate 2500k -bufsize 2500k -bf 0";
        let keys = "-g 60 -keyint_min 60 -sc_threshold 0 -c:a copy";
        let from = ["-i", &natural];
        let words = from
            .into_iter()
            .chain(rate.split(' '))
            .chain(keys.split(' '));
        words.map(str::to_owned).collect()
    })
}

/// The clip of this name; FFmpeg makes it as these words say when it is not there.
fn kept(name: &str, words: impl FnOnce() -> Vec<String>) -> PathBuf {
    let clip = std::env::temp_dir().join(name);
    if clip.is_file() {
        return clip;
    }
    let words = words();
    eprintln!("Making the clip {} (once)", clip.display());
    // FFmpeg is told the format: the name says nothing until the file is whole.
    let making: &Path = &clip.with_extension("making");
    let quiet = "-hide_banner -loglevel error -nostdin -y".split(' ');
    let to = [
        "-f".to_owned(),
        "mp4".to_owned(),
        making.display().to_string(),
    ];
    run("ffmpeg", quiet.map(str::to_owned).chain(words).chain(to));
    std::fs::rename(making, &clip).unwrap();
    clip
}
