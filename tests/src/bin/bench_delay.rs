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
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use ffmpeg_next as ff;
use serde_json::json;
use stallcast_show::SourceKind;
use stallcast_tests::bench::{
    Better, PreviewClient, TimeWindow, percentile, report, rounded, stamp,
};
use stallcast_tests::stage::{
    encoder, end_show, go_live, put_destination, put_full_screen, studio,
};
use stallcast_tests::world::{Xvfb, free_port};

const WIDTH: u32 = 1280;
const HEIGHT: u32 = 720;
/// The server's first frames were waiting while it opened the stream.
const WARM_UP: Duration = Duration::from_secs(6);
const COUNTED: Duration = Duration::from_secs(30);

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
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
            Some(shown) => delays.push(stamp::since(shown, at)),
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
            let shown = stamp::read(frame.data(0), frame.stride(0));
            out.send(Decoded { at, shown }).expect("somebody counts");
        }
    }
}
