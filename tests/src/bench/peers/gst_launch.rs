//! The show as a plain graph of GStreamer's command line puts it on.

use std::process::Command;

use super::super::plain::{KBPS, KEYFRAME_FRAMES, engine_x264};
use super::{FPS, Footage, Job};

/// Overlay, one encode with x264enc, tee to the server and into a file.
pub(super) fn command(job: &Job, url: &str) -> Command {
    let (x, y) = job.card.at;
    let (width, height) = job.size;
    let (picture, sound) = match &job.footage {
        Footage::Clip(file) => (
            format!(
                "filesrc location={} ! decodebin name=d d. ! video/x-raw ! clocksync",
                file.display()
            ),
            "d. ! audio/x-raw ! audioconvert ! audioresample ! audio/x-raw,rate=48000,channels=2 ! clocksync",
        ),
        Footage::Screen(display) => (
            format!(
                "ximagesrc display-name={display} use-damage=false show-pointer=false ! \
                 video/x-raw,framerate={FPS}/1 ! videoconvert ! \
                 video/x-raw,format=I420,width={width},height={height}"
            ),
            "audiotestsrc is-live=true wave=silence ! audio/x-raw,rate=48000,channels=2 ! audioconvert",
        ),
    };
    let settings = engine_x264(KBPS, KEYFRAME_FRAMES);
    let x264: Vec<String> = settings
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let graph = format!(
        "{picture} ! gdkpixbufoverlay location={card} offset-x={x} offset-y={y} ! \
         x264enc {x264} ! h264parse ! video/x-h264,stream-format=avc,alignment=au ! tee name=v \
         {sound} ! avenc_aac aac-coder=fast bitrate=128000 ! aacparse ! tee name=a \
         flvmux name=flv streamable=true ! rtmp2sink location={url} sync=false \
         matroskamux name=mkv ! filesink location={recording} sync=false async=false \
         v. ! queue ! flv.video v. ! queue ! mkv. a. ! queue ! flv.audio a. ! queue ! mkv.",
        card = job.card.file.display(),
        x264 = x264.join(" "),
        recording = job.recording().display(),
    );
    let mut command = Command::new("gst-launch-1.0");
    // Words are put together again by the program: none of ours has a space.
    command.arg("-q").args(graph.split_whitespace());
    command
}
