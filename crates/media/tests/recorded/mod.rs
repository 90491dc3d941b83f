//! Looks at recordings with other people's programs: FFmpeg and GStreamer.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::process::Command;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use stallcast_media::program::{EncodedPacket, ProgramSpec};

/// What ffprobe says, one value a line.
pub fn probe(path: &Path, entries: &str) -> String {
    ffprobe(path, &["-show_entries", entries])
}

pub fn ffprobe(path: &Path, arguments: &[&str]) -> String {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-of", "default=nw=1:nk=1"])
        .args(arguments)
        .arg(path)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

pub fn duration_ms(path: &Path) -> u64 {
    let text = probe(path, "format=duration");
    (text.trim().parse::<f64>().unwrap() * 1000.0) as u64
}

pub fn decodes_without_error(path: &Path) {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(path)
        .args(["-f", "null", "-"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
}

/// Plays picture and sound to the end in GStreamer; the number of pictures.
pub fn plays_in_gstreamer(path: &Path) -> usize {
    gst::init().unwrap();
    let pipeline = gst::parse::launch(
        "filesrc name=file ! qtdemux name=d \
         d.video_0 ! queue ! h264parse ! avdec_h264 ! appsink name=pictures sync=false \
         d.audio_0 ! queue ! aacparse ! avdec_aac ! fakesink sync=false",
    )
    .unwrap()
    .downcast::<gst::Pipeline>()
    .unwrap();
    let file = pipeline.by_name("file").unwrap();
    file.set_property("location", path.to_str().unwrap());
    let sink: gst_app::AppSink = pipeline.by_name("pictures").unwrap().downcast().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let mut pictures = 0;
    while sink
        .try_pull_sample(gst::ClockTime::from_seconds(30))
        .is_some()
    {
        pictures += 1;
    }
    let bus = pipeline.bus().unwrap();
    let end = bus.timed_pop_filtered(
        gst::ClockTime::from_seconds(30),
        &[gst::MessageType::Eos, gst::MessageType::Error],
    );
    pipeline.set_state(gst::State::Null).unwrap();
    let end = end.expect("it does not come to its end");
    assert_eq!(end.type_(), gst::MessageType::Eos, "{end:?}");
    pictures
}

/// How long the file's pictures last, by their own times: a busy machine leaves pictures out.
pub fn pictures_ms(path: &Path) -> u64 {
    let arguments = [
        "-select_streams",
        "v",
        "-show_entries",
        "packet=pts_time,duration_time",
    ];
    let text = ffprobe(path, &arguments);
    let times: Vec<f64> = text.lines().map(|line| line.parse().unwrap()).collect();
    let from = times.chunks(2).map(|p| p[0]).fold(f64::MAX, f64::min);
    let to = times.chunks(2).map(|p| p[0] + p[1]).fold(0.0, f64::max);
    ((to - from).max(0.0) * 1_000.0) as u64
}

/// Names of the boxes at the top of the file, in order.
pub fn boxes(path: &Path) -> Vec<String> {
    let bytes = std::fs::read(path).unwrap();
    let mut names = Vec::new();
    let mut at = 0;
    while at + 8 <= bytes.len() {
        let size = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as u64;
        names.push(String::from_utf8_lossy(&bytes[at + 4..at + 8]).into_owned());
        let size = if size == 1 {
            u64::from_be_bytes(bytes[at + 8..at + 16].try_into().unwrap())
        } else {
            size
        };
        if size < 8 {
            break;
        }
        at += size as usize;
    }
    names
}

/// CRC-32 of every packet of the file's first video (`v`) or audio (`a`) stream, in its order.
pub fn checksums(path: &Path, stream: &str) -> Vec<u32> {
    let arguments = [
        "-select_streams",
        stream,
        "-show_entries",
        "packet=data_hash",
        "-show_data_hash",
        "CRC32",
    ];
    ffprobe(path, &arguments)
        .lines()
        .filter_map(|line| line.strip_prefix("CRC32:"))
        .map(|sum| u32::from_str_radix(sum, 16).unwrap())
        .collect()
}

/// CRC-32 as zlib's.
pub fn checksum(packet: &EncodedPacket) -> u32 {
    let mut crc = u32::MAX;
    for byte in packet.data.iter() {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = crc >> 1 ^ (0xedb8_8320 * (crc & 1));
        }
    }
    !crc
}

/// A small program whose keyframes come every half second.
pub fn quick() -> ProgramSpec {
    let mut spec = crate::common::small();
    spec.encode.keyframe_interval = std::time::Duration::from_millis(500);
    spec
}
