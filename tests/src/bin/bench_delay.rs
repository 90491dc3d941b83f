//! Owns the measurement of the delay: from a moment shown by a source to the frame that holds it,
//! decoded at the ingest server.
//!
//! A window on a screen of our own shows the machine's monotonic clock as a pattern of squares.
//! The engine captures that screen and publishes it; FFmpeg, as an RTMP server, decodes every
//! frame, and the time in it is taken from the time it is. The screen's own refresh (60 a second)
//! and its capture are within the figure.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark whose world breaks has no result"
)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use ffmpeg_next as ff;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use serde_json::json;
use stallcast_show::SourceKind;
use stallcast_tests::bench::{Better, PreviewClient, percentile, report, rounded};
use stallcast_tests::stage::{
    encoder, end_show, go_live, put_destination, put_full_screen, studio,
};
use stallcast_tests::world::{PATIENCE, Xvfb, eventually, free_port};

/// Bits of the time in ms: it comes round after 17 minutes.
const BITS: usize = 20;
/// Side of a square, pixels: many macroblocks, so that no compression hides it.
const SQUARE: usize = 32;
/// The time in one row, its opposite in the next: a frame that is neither is not counted.
const ROWS: usize = 2;
/// Times shown a second.
const SHOWN_FPS: u64 = 60;
const WIDTH: u32 = 1280;
const HEIGHT: u32 = 720;
/// The server's first frames were waiting while it opened the stream.
const WARM_UP: Duration = Duration::from_secs(6);
const COUNTED: Duration = Duration::from_secs(30);

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    gst::init().unwrap();
    ff::init().unwrap();
    ff::util::log::set_level(ff::util::log::Level::Error);
    let screen = Xvfb::start(WIDTH, HEIGHT);
    // Something that moves over the whole picture, so that frames have a size as of a camera.
    let _motion = screen.motion();
    let begin = Instant::now();
    let clock = TimeWindow::show(&screen, begin);
    // With a display and no bus of its own, D-Bus would start one there, and a keychain on it.
    let env = BTreeMap::from([
        ("DISPLAY", screen.display()),
        ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere"),
    ]);
    let env = env
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut engine = studio(env.collect());
    let mut session = engine.session().await;
    let kind = SourceKind::Screen {
        display: Some(screen.display().to_owned()),
    };
    put_full_screen(&mut session, "screen", kind).await;

    let port = free_port();
    let stop = Arc::new(AtomicBool::new(false));
    let (sender, decoded) = mpsc::sync_channel(64 * 1024);
    let stopped = Arc::clone(&stop);
    let server = std::thread::spawn(move || serve(port, begin, &sender, &stopped));
    let url = format!("rtmp://127.0.0.1:{port}/live");
    put_destination(&mut session, "server", &url).await;
    go_live(&mut session, &["server"]).await;
    let page = PreviewClient::open(engine.port(), engine.token()).await;
    let looking = page.look_on(Arc::default());

    session.play(WARM_UP + COUNTED).await;
    let encoder = encoder(&session);
    stop.store(true, Ordering::Release);
    looking.abort();
    end_show(&mut session).await;
    drop(session);
    assert!(engine.stop().success(), "{}", engine.log());
    server.join().unwrap();
    clock.stop();

    let counted_from = Duration::from_secs_f64(decoded_at_start(&decoded));
    let mut unreadable = 0_u64;
    let mut delays = Vec::new();
    while let Ok(frame) = decoded.try_recv() {
        let Decoded { at, shown } = frame;
        if at < counted_from {
            continue;
        }
        match shown {
            Some(shown) => delays.push(since(shown, at)),
            None => unreadable += 1,
        }
    }
    assert!(
        delays.len() > 300,
        "{} frames were read, {unreadable} were not",
        delays.len()
    );
    let mean = delays.iter().sum::<f64>() / delays.len() as f64;
    let detail = json!({
        "frames": delays.len(),
        "unreadable": unreadable,
        "mean": rounded(mean),
        "p50": percentile(&mut delays, 0.5),
        "p99": percentile(&mut delays, 0.99),
        "max": percentile(&mut delays, 1.0),
        "min": percentile(&mut delays, 0.0),
        "late_frames": encoder.late_frames,
        "skipped_frames": encoder.skipped_frames,
        "server": "FFmpeg rtmp listen + h264 decoder",
    });
    let value = percentile(&mut delays, 0.95);
    report("delay", value, "ms", 600.0, Better::Lower, &detail);
}

/// When counting begins, on the time window's clock: the warm-up after the first frame.
fn decoded_at_start(decoded: &mpsc::Receiver<Decoded>) -> f64 {
    let first = decoded.try_recv().expect("the server decoded something");
    (first.at + WARM_UP).as_secs_f64()
}

/// Milliseconds from the time shown until `at`; times come round after 2^BITS ms.
fn since(shown: u64, at: Duration) -> f64 {
    let round = 1_u64 << BITS;
    let at_ms = at.as_secs_f64() * 1000.0;
    (at_ms - shown as f64).rem_euclid(round as f64)
}

/// A window that shows the time.
struct TimeWindow {
    pipeline: gst::Pipeline,
    shown: Arc<AtomicU64>,
}

impl TimeWindow {
    fn show(screen: &Xvfb, begin: Instant) -> Self {
        let description = format!(
            "appsrc name=in is-live=true format=time max-buffers=1 leaky-type=downstream \
             caps=video/x-raw,format=BGRx,width={},height={},framerate={SHOWN_FPS}/1,\
             pixel-aspect-ratio=1/1 ! \
             ximagesink display={} sync=false",
            BITS * SQUARE,
            ROWS * SQUARE,
            screen.display()
        );
        let pipeline = gst::parse::launch(&description).unwrap();
        let pipeline = pipeline.downcast::<gst::Pipeline>().unwrap();
        let source = pipeline.by_name("in").unwrap();
        let source = source.downcast::<gst_app::AppSrc>().unwrap();
        pipeline.set_state(gst::State::Playing).unwrap();
        let shown = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&shown);
        std::thread::spawn(move || {
            for number in 0_u64.. {
                let due = Duration::from_nanos(number * 1_000_000_000 / SHOWN_FPS);
                pause(due.saturating_sub(begin.elapsed()));
                let picture =
                    gst::Buffer::from_mut_slice(drawn(begin.elapsed().as_millis() as u64));
                if source.push_buffer(picture).is_err() {
                    return;
                }
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
        let window = Self { pipeline, shown };
        eventually(PATIENCE, "the time is shown", || {
            (window.shown.load(Ordering::Relaxed) > 10).then_some(())
        });
        window
    }

    fn stop(self) {
        self.pipeline.set_state(gst::State::Null).unwrap();
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "the window's own thread keeps its beat"
)]
fn pause(length: Duration) {
    std::thread::sleep(length);
}

/// The squares of a time as BGRx. The time is in Gray code: of two times next to each other that
/// were mixed into one picture, one or the other is read.
fn drawn(ms: u64) -> Vec<u8> {
    let (width, height) = (BITS * SQUARE, ROWS * SQUARE);
    let code = (ms ^ (ms >> 1)) & ((1 << BITS) - 1);
    let mut picture = vec![0_u8; width * height * 4];
    for (place, pixel) in picture.chunks_exact_mut(4).enumerate() {
        let (x, y) = (place % width, place / width);
        let bit = code >> (x / SQUARE) & 1 == 1;
        if bit == (y < SQUARE) {
            pixel.fill(255);
        }
    }
    picture
}

/// The time that a luma plane holds, if its two rows agree.
fn read(plane: &[u8], stride: usize) -> Option<u64> {
    let level = |bit: usize, row: usize| {
        let (x, y) = (bit * SQUARE + SQUARE / 2, row * SQUARE + SQUARE / 2);
        let around = (y - 4..y + 4).flat_map(|y| &plane[y * stride + x - 4..y * stride + x + 4]);
        around.map(|level| u32::from(*level)).sum::<u32>() / 64
    };
    let mut code = 0_u64;
    for bit in 0..BITS {
        let (own, opposite) = (level(bit, 0) > 128, level(bit, 1) > 128);
        if own == opposite {
            return None;
        }
        code |= u64::from(own) << bit;
    }
    // The first bit of a Gray code is that of the number; each next one tells whether it changes.
    let mut ms = code;
    for shift in [1, 2, 4, 8, 16] {
        ms ^= ms >> shift;
    }
    Some(ms)
}

/// A frame at the server.
struct Decoded {
    /// When it was decoded, since the time window's beginning.
    at: Duration,
    /// The time in it.
    shown: Option<u64>,
}

/// Takes one publisher and decodes its pictures until told to stop.
fn serve(port: u16, begin: Instant, out: &mpsc::SyncSender<Decoded>, stop: &AtomicBool) {
    let mut options = ff::Dictionary::new();
    options.set("listen", "1");
    options.set("timeout", "30");
    options.set("fflags", "nobuffer");
    // Both tracks come within the first packets; FFmpeg's usual 5 MB would keep it waiting.
    options.set("probesize", "200000");
    options.set("analyzeduration", "1000000");
    let address = format!("rtmp://127.0.0.1:{port}/live/key-of-server");
    let mut input = ff::format::input_with_dictionary(&address, options).expect("a publisher");
    let video = input
        .streams()
        .best(ff::media::Type::Video)
        .expect("pictures");
    let index = video.index();
    let mut context = ff::codec::Context::from_parameters(video.parameters()).unwrap();
    // Frame threads would hold back a frame each.
    context.set_threading(ff::codec::threading::Config {
        kind: ff::codec::threading::Type::None,
        count: 1,
        ..Default::default()
    });
    context.set_flags(ff::codec::Flags::LOW_DELAY);
    let mut decoder = context.decoder().video().unwrap();
    let mut frame = ff::frame::Video::empty();
    let mut packet = ff::Packet::empty();
    while !stop.load(Ordering::Acquire) && packet.read(&mut input).is_ok() {
        if packet.stream() != index || decoder.send_packet(&packet).is_err() {
            continue;
        }
        while decoder.receive_frame(&mut frame).is_ok() {
            let at = begin.elapsed();
            let shown = read(frame.data(0), frame.stride(0));
            out.send(Decoded { at, shown }).expect("somebody counts");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_that_is_drawn_is_read_and_a_torn_one_is_not() {
        let width = BITS * SQUARE;
        let luma = |ms| {
            drawn(ms)
                .chunks_exact(4)
                .map(|pixel| pixel[0])
                .collect::<Vec<_>>()
        };
        for ms in [0, 1, 77, 123_456, (1 << BITS) - 1] {
            assert_eq!(read(&luma(ms), width), Some(ms));
        }
        let mut torn = luma(1000);
        torn[width * SQUARE..].copy_from_slice(&luma(5000)[width * SQUARE..]);
        assert_eq!(read(&torn, width), None);
        assert_eq!(
            since((1 << BITS) - 100, Duration::from_millis((1 << BITS) + 200)),
            300.0
        );
    }
}
