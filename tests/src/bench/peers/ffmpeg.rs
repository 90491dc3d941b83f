//! The show as FFmpeg's command line puts it on.

use std::process::Command;

use super::super::plain::{KBPS, KEYFRAME_FRAMES};
use super::{FPS, Footage, Job, x264_options};

/// Overlay, one encode with x264, tee to the server and into a file.
pub(super) fn command(job: &Job, url: &str) -> Command {
    let mut command = Command::new("ffmpeg");
    command.args("-hide_banner -loglevel warning -nostdin -y".split(' '));
    let (width, height) = job.size;
    let sound = match &job.footage {
        Footage::Clip(file) => {
            // As many threads as the engine gives a decoder, and paced by the clock.
            command.args(["-threads", "2", "-re", "-i"]).arg(file);
            "0:a"
        }
        Footage::Screen(display) => {
            let size = format!("{width}x{height}");
            let (fps, grab) = (FPS.to_string(), "-f x11grab -draw_mouse 0 -framerate");
            command
                .args(grab.split(' '))
                .args([&fps, "-video_size", &size, "-i", display]);
            let silence = "-f lavfi -i anullsrc=r=48000:cl=stereo";
            command.args(silence.split(' '));
            "1:a"
        }
    };
    command.arg("-i").arg(&job.card.file);
    let card = if sound == "0:a" { "1:v" } else { "2:v" };
    let (x, y) = job.card.at;
    let overlay = format!("[0:v][{card}]overlay={x}:{y}:format=yuv420,format=yuv420p[v]");
    command.args(["-filter_complex", &overlay, "-map", "[v]", "-map", sound]);
    let rate = format!("{KBPS}k");
    let keys = KEYFRAME_FRAMES.to_string();
    command.args(["-c:v", "libx264", "-preset", "veryfast", "-b:v", &rate]);
    command.args(["-maxrate", &rate, "-bufsize", &rate, "-g", &keys]);
    command.args(["-keyint_min", &keys, "-x264-params", &x264_options(":")]);
    let sound = "-c:a aac -aac_coder fast -b:a 128k -ac 2 -ar 48000";
    let to = "-flags +global_header -f tee";
    command.args(sound.split(' ')).args(to.split(' '));
    command.arg(format!(
        "[f=flv:onfail=ignore]{url}|[f=matroska]{}",
        job.recording().display()
    ));
    command
}
