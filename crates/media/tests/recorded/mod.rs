//! Looks at recordings with other people's programs: FFmpeg and GStreamer.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::process::Command;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use stallcast_media::program::{EncodedPacket, EventSink, MediaEvent, ProgramSpec, Track};
use stallcast_media::recorder::Recorder;
use tokio::sync::mpsc;

use crate::common::{Rig, SOON, wait_for};

/// What ffprobe says, one value a line.
pub fn probe(path: &Path, entries: &str) -> String {
    ffprobe(path, &["-show_entries", entries])
}

pub fn ffprobe(path: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("ffprobe");
    command.args(["-v", "error", "-of", "default=nw=1:nk=1"]);
    String::from_utf8(said(command.args(arguments).arg(path))).unwrap()
}

/// What a program that ends well has to say.
pub fn said(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
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
    let tracks = "d.video_0 ! queue ! h264parse ! avdec_h264 ! appsink name=counted sync=false \
                  d.audio_0 ! queue ! aacparse ! avdec_aac ! fakesink sync=false";
    played(path, tracks)
}

/// Plays the second audio track alone to its end in GStreamer; the number of its buffers.
pub fn second_sound_plays_in_gstreamer(path: &Path) -> usize {
    let track = "d.audio_1 ! queue ! aacparse ! avdec_aac ! appsink name=counted sync=false";
    played(path, track)
}

/// Plays tracks of the demultiplexer `d` to their end; how many buffers came to `counted`.
fn played(path: &Path, tracks: &str) -> usize {
    let (pipeline, sink) = player(path, tracks);
    let limit = gst::ClockTime::from_seconds(SOON.as_secs());
    pipeline.set_state(gst::State::Playing).unwrap();
    let mut count = 0;
    while sink.try_pull_sample(limit).is_some() {
        count += 1;
    }
    let bus = pipeline.bus().unwrap();
    let ends = [gst::MessageType::Eos, gst::MessageType::Error];
    let end = bus.timed_pop_filtered(limit, &ends);
    pipeline.set_state(gst::State::Null).unwrap();
    let end = end.expect("it does not come to its end");
    assert_eq!(end.type_(), gst::MessageType::Eos, "{end:?}");
    count
}

/// A pipeline for a file's tracks, of the demultiplexer `d`, with its sink `counted`.
pub fn player(path: &Path, tracks: &str) -> (gst::Pipeline, gst_app::AppSink) {
    gst::init().unwrap();
    let pipeline = gst::parse::launch(&format!("filesrc name=file ! qtdemux name=d {tracks}"));
    let pipeline = pipeline.unwrap().downcast::<gst::Pipeline>().unwrap();
    let file = pipeline.by_name("file").unwrap();
    file.set_property("location", path.to_str().unwrap());
    let sink = pipeline.by_name("counted").unwrap().downcast().unwrap();
    (pipeline, sink)
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

/// Where a recorder tells of what went wrong, to be looked at.
pub fn sink() -> (EventSink, mpsc::Receiver<MediaEvent>) {
    let (sender, receiver) = mpsc::channel(64);
    (EventSink::new(sender), receiver)
}

pub fn of(packets: &[EncodedPacket], track: Track) -> Vec<&EncodedPacket> {
    packets.iter().filter(|p| p.track == track).collect()
}

/// Waits for `count` pictures; packets from the first keyframe on.
pub fn pictures(rig: &Rig, count: usize) -> Vec<EncodedPacket> {
    let packets = rig.packets(SOON, |packets| of(packets, Track::Video).len() > count);
    let is_first = |p: &EncodedPacket| p.track == Track::Video && p.keyframe;
    let first = packets.iter().position(is_first).unwrap();
    packets[first..].to_vec()
}

/// Waits for `count` pictures in a row, from a keyframe on, of which a busy machine left none out; all packets of that time.
pub fn whole(rig: &Rig, count: usize) -> Vec<EncodedPacket> {
    let packets = rig.packets(2 * SOON, |packets| in_a_row(packets, count).is_some());
    let (from_us, to_us) = in_a_row(&packets, count).unwrap();
    let is_first = |p: &EncodedPacket| p.track == Track::Video && p.pts_us == from_us;
    let first = packets.iter().position(is_first).unwrap();
    let of_that_time = |p: &&EncodedPacket| (from_us..=to_us).contains(&p.pts_us);
    packets[first..]
        .iter()
        .filter(of_that_time)
        .cloned()
        .collect()
}

/// Times of the first and the last of so many pictures in a row.
fn in_a_row(packets: &[EncodedPacket], count: usize) -> Option<(i64, i64)> {
    // One and a half of a picture's time at 30 a second.
    const LEFT_OUT_US: i64 = 50_000;
    let mut row: Vec<i64> = Vec::new();
    for picture in of(packets, Track::Video) {
        if row
            .last()
            .is_some_and(|last| picture.pts_us - last >= LEFT_OUT_US)
        {
            row.clear();
        }
        if picture.keyframe || !row.is_empty() {
            row.push(picture.pts_us);
        }
        if row.len() == count {
            return Some((row[0], picture.pts_us));
        }
    }
    None
}

/// Waits until a recorder has nothing on its way to the disk: what a kill leaves now is all it would ever leave.
pub fn wait_until_taken(recorder: &Recorder) {
    wait_for("all that was pushed to be taken", SOON, || {
        (recorder.waiting_bytes() == 0).then_some(())
    });
}

/// A small program whose keyframes come every half second.
pub fn quick() -> ProgramSpec {
    let mut spec = crate::common::small();
    spec.encode.keyframe_interval = std::time::Duration::from_millis(500);
    spec
}
