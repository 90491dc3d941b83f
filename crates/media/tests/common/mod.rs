//! What the media tests share: clips made on the spot, waiting for conditions, a look into AAC.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    dead_code,
    missing_docs,
    unused_imports
)]

// Sockets, signals and displays of Linux.
#[cfg(unix)]
pub mod pipewire;
pub mod rig;
pub mod spec;
#[cfg(unix)]
pub mod xvfb;

pub use rig::{Decoder, Rig, card, luma_at};
pub use spec::{full, show, showing, small, test_picture};

use std::collections::VecDeque;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use stallcast_media::audio::{AudioMixer, EncodedAudio};
use stallcast_media::clock::MediaClock;
use stallcast_media::frame::{FrameQueue, VideoFrame};
use stallcast_media::input::{Input, InputEvent, InputState};
use tokio::sync::mpsc;

/// Longer than anything these tests wait for takes on a loaded machine.
pub const SOON: Duration = Duration::from_secs(60);

/// Looks for `found` every few milliseconds; panics with `what` when the time is over.
pub fn wait_for<T>(what: &str, within: Duration, mut found: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + within;
    loop {
        if let Some(value) = found() {
            return value;
        }
        assert!(Instant::now() < deadline, "{what}: not within {within:?}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

pub fn wait_for_state(input: &Input, state: InputState, within: Duration) {
    wait_for(&format!("{} {state:?}", input.id()), within, || {
        (input.state() == state).then_some(())
    });
}

pub fn events() -> (mpsc::Sender<InputEvent>, mpsc::Receiver<InputEvent>) {
    mpsc::channel(256)
}

/// A clip of H.264 and AAC: every second a white flash and a 1 kHz beep of 80 ms at the same time.
pub fn flash_clip(path: &Path, seconds: u32) {
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i"])
        .arg(format!(
            "color=black:s=640x360:r=30:d={seconds},drawbox=c=white:t=fill:enable='between(mod(t,1),0.399,0.47)'"
        ))
        .args(["-f", "lavfi", "-i"])
        .arg(format!(
            "aevalsrc='if(between(mod(t,1),0.4,0.48),0.5*sin(2*PI*1000*t),0)':s=48000:d={seconds}"
        ))
        .args(["-c:v", "libx264", "-preset", "ultrafast", "-g", "30"])
        .args(["-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "128k"])
        .arg(path)
        .status()
        .expect("ffmpeg runs");
    assert!(status.success(), "ffmpeg made no clip");
}

/// Every AAC frame the mixer gave.
pub type Heard = Arc<Mutex<Vec<EncodedAudio>>>;

pub fn mixer(clock: &MediaClock) -> (AudioMixer, Heard) {
    let heard: Heard = Arc::default();
    let own = Arc::clone(&heard);
    let mixer = AudioMixer::start(clock, move |audio| own.lock().unwrap().push(audio)).unwrap();
    (mixer, heard)
}

/// Decodes AAC frames; pairs of running time in ms and the loudest sample of each 5 ms.
pub fn loudness(frames: &[EncodedAudio], config: &[u8]) -> Vec<(f64, f32)> {
    let pipeline = gst::Pipeline::new();
    let caps = gst::Caps::builder("audio/mpeg")
        .field("mpegversion", 4i32)
        .field("stream-format", "raw")
        .field("rate", 48_000i32)
        .field("channels", 2i32)
        .field("codec_data", gst::Buffer::from_slice(config.to_vec()))
        .build();
    let source = gst_app::AppSrc::builder()
        .caps(&caps)
        .format(gst::Format::Time)
        .build();
    let decode = gst::ElementFactory::make("avdec_aac").build().unwrap();
    let convert = gst::ElementFactory::make("audioconvert").build().unwrap();
    let sink = gst_app::AppSink::builder()
        .caps(
            &gst::Caps::builder("audio/x-raw")
                .field("format", "F32LE")
                .field("layout", "interleaved")
                .field("channels", 1i32)
                .build(),
        )
        .sync(false)
        .build();
    pipeline
        .add_many([source.upcast_ref(), &decode, &convert, sink.upcast_ref()])
        .unwrap();
    gst::Element::link_many([source.upcast_ref(), &decode, &convert, sink.upcast_ref()]).unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    for frame in frames {
        let mut buffer = gst::Buffer::from_slice(frame.data.clone());
        let own = buffer.get_mut().unwrap();
        own.set_pts(frame.pts);
        own.set_duration(frame.duration);
        source.push_buffer(buffer).unwrap();
    }
    source.end_of_stream().unwrap();
    let mut found = Vec::new();
    while let Ok(sample) = sink.pull_sample() {
        let buffer = sample.buffer().unwrap();
        let start = buffer.pts().unwrap().nseconds() as f64 / 1e6;
        let map = buffer.map_readable().unwrap();
        let samples: Vec<f32> = map
            .as_slice()
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        for (index, chunk) in samples.chunks(240).enumerate() {
            let peak = chunk.iter().fold(0.0f32, |max, s| max.max(s.abs()));
            found.push((start + index as f64 * 5.0, peak));
        }
    }
    pipeline.set_state(gst::State::Null).unwrap();
    found
}

/// Onsets: times in ms at which the value goes over the limit.
pub fn onsets(values: &[(f64, f32)], limit: f32) -> Vec<f64> {
    let mut loud = true;
    let mut found = Vec::new();
    for (at, value) in values {
        if *value > limit && !loud {
            found.push(*at);
        }
        loud = *value > limit;
    }
    found
}

/// Sound and picture of a [`flash_clip`] belong together: each flash after the first, in front of which the mix may
/// have begun, has its beep.
pub fn assert_in_step(flashes: &[f64], heard: &Heard, mixer: &AudioMixer, within_ms: f64) {
    let offsets = beep_offsets(&flashes[1..], heard, mixer);
    assert!(
        offsets.iter().all(|offset| offset.abs() < within_ms),
        "the sound is off by {offsets:?} ms"
    );
}

/// How many ms after each flash of a [`flash_clip`] its beep is heard.
pub fn beep_offsets(flashes: &[f64], heard: &Heard, mixer: &AudioMixer) -> Vec<f64> {
    let last = flashes.last().copied().unwrap();
    wait_for("the sound of the last flash", SOON, || {
        let heard = heard.lock().unwrap();
        (heard.last()?.pts.mseconds() as f64 > last + 100.0).then_some(())
    });
    let frames = heard.lock().unwrap().clone();
    let beeps = onsets(&loudness(&frames, &mixer.audio_config()), 0.2);
    let offset = |flash: &f64| {
        let offset = beeps
            .iter()
            .map(|beep| beep - flash)
            .min_by(|a, b| a.abs().total_cmp(&b.abs()))
            .expect("a beep");
        println!("flash {flash:.1} ms, sound {offset:+.1} ms");
        offset
    };
    flashes.iter().map(offset).collect()
}

/// Mean brightness of the middle of a frame, 0..=255.
pub fn brightness(frame: &VideoFrame) -> f32 {
    let (y, _, _) = colour(frame, 0.5, 0.5);
    y
}

/// Y, U and V at a relative position.
pub fn colour(frame: &VideoFrame, x: f32, y: f32) -> (f32, f32, f32) {
    let map = frame.buffer.map_readable().unwrap();
    let info = &frame.info;
    let at = |plane: usize, div: u32| {
        let (w, h) = (info.width() / div, info.height() / div);
        let (px, py) = ((w as f32 * x) as usize, (h as f32 * y) as usize);
        f32::from(map[info.offset()[plane] + py * info.stride()[plane] as usize + px])
    };
    (at(0, 1), at(1, 2), at(2, 2))
}

/// The frames of the queue after the one of `last`, in their order; none where some of them are gone already, because this
/// thread was not let look for longer than the queue is. A step back is given as such.
fn since(
    queue: &FrameQueue,
    last: Option<gst::ClockTime>,
    now: gst::ClockTime,
) -> Option<VecDeque<VideoFrame>> {
    let newest = queue.pick(now);
    let mut found: VecDeque<_> = newest
        .filter(|frame| Some(frame.running_time) != last)
        .into_iter()
        .collect();
    while let (Some(last), Some(frame)) = (last, found.front()) {
        let at = frame.running_time;
        if at < last {
            break;
        }
        // The oldest of the queue is given for the time before it as well, if it is near.
        let before = queue.pick(at.saturating_sub(gst::ClockTime::from_nseconds(1)));
        let before = before.filter(|frame| frame.running_time < at)?;
        if before.running_time <= last {
            break;
        }
        found.push_front(before);
    }
    Some(found)
}

/// Collects every frame that comes, until `enough`. Begins anew where some were missed, and may take twice as long so.
pub fn watch(
    queue: &FrameQueue,
    clock: &MediaClock,
    within: Duration,
    mut enough: impl FnMut(&[(f64, f32)]) -> bool,
) -> Vec<(f64, f32)> {
    let mut seen: Vec<(f64, f32)> = Vec::new();
    let mut last = None;
    wait_for("frames", 2 * within, || {
        let Some(new) = since(queue, last, clock.running_time()) else {
            println!("looked too late after {} frames", seen.len());
            (last, seen) = (None, Vec::new());
            return None;
        };
        for frame in new {
            last = Some(frame.running_time);
            seen.push((
                frame.running_time.nseconds() as f64 / 1e6,
                brightness(&frame),
            ));
        }
        enough(&seen).then_some(())
    });
    seen
}
