//! Playing a recording with other people's programs, as whoever gets the file will.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::stream::{first_frame_unix_ms, prove_playable};
use crate::world::run;

/// Plays picture and sound to the end in GStreamer; panics when it cannot.
pub fn plays_in_gstreamer(path: &Path) {
    let location = format!("location={}", path.display());
    let branches = "! qtdemux name=d \
                    d.video_0 ! queue ! h264parse ! avdec_h264 ! fakesink sync=false \
                    d.audio_0 ! queue ! aacparse ! avdec_aac ! fakesink sync=false";
    let words = ["-q", "filesrc", &location].into_iter();
    run("gst-launch-1.0", words.chain(branches.split(' ')));
}

/// Of a recording that was cut off at `cut`: its length, and how much of what was taken by then is missing at its
/// end, in ms. It plays in FFmpeg and in GStreamer, or this panics.
pub fn kept_and_lost_ms(path: &Path, cut: SystemTime) -> (f64, f64) {
    let facts = prove_playable(path);
    plays_in_gstreamer(path);
    let kept_ms = facts.duration.as_secs_f64() * 1_000.0;
    let began_ms = first_frame_unix_ms(path).expect("it says when it began");
    let cut_ms = cut.duration_since(UNIX_EPOCH).unwrap().as_secs_f64() * 1_000.0;
    (kept_ms, cut_ms - began_ms - kept_ms)
}
