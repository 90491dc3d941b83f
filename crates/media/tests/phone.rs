//! Phones as inputs: packets handed in as an RTMP server would, and FFmpeg calling over SRT.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use bytes::Bytes;
use common::{
    SOON, assert_in_step, events, flash_clip, mixer, onsets, wait_for, wait_for_state, watch,
};
use gstreamer as gst;
use stallcast_media::audio::AudioMixer;
use stallcast_media::clock::MediaClock;
use stallcast_media::input::{
    FedCodec, FedFrame, Feed, Input, InputEvent, InputKind, InputSpec, InputState, PLAYOUT_DELAY,
    SrtListen, VideoWant,
};
use tokio::sync::mpsc;

/// The bodies of an FLV file's tags: kind (8 = sound, 9 = picture), time in ms, body.
fn tags(path: &Path) -> Vec<(u8, u32, Vec<u8>)> {
    let file = std::fs::read(path).unwrap();
    let mut rest = &file[13..];
    let mut tags = Vec::new();
    while rest.len() > 15 {
        let number = |b: &[u8]| u32::from_be_bytes([0, b[0], b[1], b[2]]);
        let length = number(&rest[1..4]) as usize;
        let time = number(&rest[4..7]) | u32::from(rest[7]) << 24;
        tags.push((rest[0], time, rest[11..11 + length].to_vec()));
        rest = &rest[11 + length + 4..];
    }
    tags
}

/// Of a clip of two seconds with its flashes and beeps.
fn two_seconds() -> Vec<(u8, u32, Vec<u8>)> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("flash.flv");
    flash_clip(&path, 2);
    tags(&path)
}

/// Plays a clip into a feed in its own time, again and again, until dropped.
struct Player {
    /// Running time at which it gave the first packet.
    began: gst::ClockTime,
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Player {
    fn start(
        feed: &Feed,
        clock: &MediaClock,
        clip: Vec<(u8, u32, Vec<u8>)>,
        length_ms: u32,
        from_ms: u32,
    ) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (own, feed, clock) = (Arc::clone(&stop), feed.clone(), clock.clone());
        let (tell, told) = sync_channel(1);
        let thread = std::thread::spawn(move || {
            feed.begin();
            let began = Instant::now();
            tell.send(clock.running_time()).unwrap();
            for round in 0u32.. {
                for (kind, time, body) in &clip {
                    let at = round * length_ms + time;
                    let due = Duration::from_millis(u64::from(at));
                    while began.elapsed() < due {
                        if own.load(Ordering::SeqCst) {
                            return;
                        }
                        std::thread::park_timeout(Duration::from_millis(3));
                    }
                    give(&feed, *kind, from_ms.wrapping_add(at), body);
                }
            }
        });
        Self {
            began: told.recv().unwrap(),
            stop,
            thread: Some(thread),
        }
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.take().unwrap().join().unwrap();
    }
}

fn give(feed: &Feed, kind: u8, dts_ms: u32, body: &[u8]) {
    let (codec, head) = match kind {
        9 => (FedCodec::H264, 5),
        8 => (FedCodec::Aac, 2),
        _ => return,
    };
    if body[1] == 0 {
        feed.configure(codec, &body[head..]);
        return;
    }
    let composition_ms = if kind == 9 {
        i32::from_be_bytes([body[2], body[3], body[4], 0]) >> 8
    } else {
        0
    };
    feed.push(FedFrame {
        codec,
        dts_ms,
        composition_ms,
        keyframe: kind == 8 || body[0] >> 4 == 1,
        data: Bytes::copy_from_slice(&body[head..]),
    });
}

/// Waits for a phone's picture, 640x360.
fn phone(
    kind: InputKind,
    clock: &MediaClock,
    mixer: Option<&AudioMixer>,
) -> (Input, mpsc::Receiver<InputEvent>) {
    let spec = InputSpec {
        id: "phone".to_owned(),
        kind,
    };
    let (to, states) = events();
    let input = Input::start(spec, clock, mixer, VideoWant::new(640, 360), to);
    wait_for_state(&input, InputState::Waiting, SOON);
    (input, states)
}

#[test]
fn packets_that_are_handed_in_are_shown_in_time_and_a_phone_that_comes_back_is_live_again() {
    gst::init().unwrap();
    let clip = two_seconds();
    let clock = MediaClock::new();
    let (mixer, heard) = mixer(&clock);
    let feed = Feed::default();
    let kind = InputKind::Fed { feed: feed.clone() };
    let (input, mut states) = phone(kind, &clock, Some(&mixer));
    assert_eq!(input.sight(), None);

    // Just before the phone's 32 bits of milliseconds run over.
    let player = Player::start(&feed, &clock, clip.clone(), 2_000, u32::MAX - 3_000);
    wait_for_state(&input, InputState::Live, SOON);
    let seen = watch(input.frames(), &clock, SOON, |seen| {
        onsets(seen, 128.0).len() >= 6
    });
    let flashes = onsets(&seen, 128.0);
    for pair in flashes.windows(2) {
        let apart = pair[1] - pair[0];
        assert!((apart - 1_000.0).abs() < 80.0, "flashes {apart} ms apart");
    }
    // The clip flashes 0.4 s after each second: that much and the buffer after its packets came.
    let delay = (flashes[0] - player.began.nseconds() as f64 / 1e6).rem_euclid(1_000.0);
    let expected = 400.0 + PLAYOUT_DELAY.as_millis() as f64;
    // Its first packets may have been late by themselves.
    let off = (delay - expected + 500.0).rem_euclid(1_000.0) - 500.0;
    assert!(off.abs() < 400.0, "{delay} ms");
    let sight = wait_for("30 pictures a second", SOON, || {
        let sight = input.sight()?;
        ((sight.fps - 30.0).abs() < 6.0).then_some(sight)
    });
    assert_eq!((sight.width, sight.height), (640, 360));
    assert_in_step(&flashes, &heard, &mixer, 50.0);

    drop(player);
    let gone = Instant::now();
    wait_for("the loss to be noticed", SOON, || {
        (input.state() == InputState::Stalled).then_some(())
    });
    println!("noticed after {:?}", gone.elapsed());
    wait_for_state(&input, InputState::Left, SOON);
    let pushed = input.frames().pushed();
    let _player = Player::start(&feed, &clock, clip, 2_000, 77);
    wait_for_state(&input, InputState::Live, SOON);
    wait_for("pictures again", SOON, || {
        (input.frames().pushed() > pushed + 30).then_some(())
    });
    let mut failed = Vec::new();
    while let Ok(event) = states.try_recv() {
        if matches!(event.state, InputState::Retrying { .. }) {
            failed.push(event);
        }
    }
    assert!(failed.is_empty(), "{failed:?}");
}

#[test]
fn nonsense_that_is_handed_in_neither_stops_the_input_nor_what_comes_after() {
    gst::init().unwrap();
    let clip = two_seconds();
    let clock = MediaClock::new();
    let feed = Feed::default();
    let kind = InputKind::Fed { feed: feed.clone() };
    let (input, _states) = phone(kind, &clock, None);
    feed.configure(FedCodec::H264, &[0xFF; 40]);
    for n in 0..60 {
        feed.push(FedFrame {
            codec: FedCodec::H264,
            dts_ms: n * 977,
            composition_ms: i32::MIN,
            keyframe: true,
            data: Bytes::from(vec![n as u8; 3_000]),
        });
    }
    let _player = Player::start(&feed, &clock, clip, 2_000, 0);
    wait_for("pictures after the nonsense", SOON, || {
        (input.frames().pushed() > 30).then_some(())
    });
}

struct Caller(Child);

impl Caller {
    fn start(path: &Path, address: &str) -> Self {
        let child = Command::new("ffmpeg")
            .args(["-v", "error", "-re", "-stream_loop", "-1", "-i"])
            .arg(path)
            .args(["-c", "copy", "-f", "mpegts"])
            .arg(address)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("ffmpeg is needed");
        Self(child)
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_phone_calls_over_srt_with_the_right_words_only_and_may_come_back() {
    gst::init().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("flash.mp4");
    flash_clip(&path, 10);
    let port = UdpSocket::bind(("127.0.0.1", 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let clock = MediaClock::new();
    let (mixer, heard) = mixer(&clock);
    let listen = SrtListen {
        port,
        stream_id: "live".to_owned(),
        passphrase: "peach-orchard-91".to_owned(),
    };
    assert!(!format!("{listen:?}").contains("peach"));
    let (input, _states) = phone(InputKind::Srt { listen }, &clock, Some(&mixer));

    let address = |id: &str, words: &str| {
        format!("srt://127.0.0.1:{port}?mode=caller&streamid={id}&passphrase={words}&pbkeylen=16")
    };
    for (id, words) in [("live", "plum-orchard-92"), ("other", "peach-orchard-91")] {
        let mut stranger = Caller::start(&path, &address(id, words));
        wait_for("the stranger to give up", SOON, || {
            stranger.0.try_wait().unwrap()
        });
        assert_eq!(input.frames().pushed(), 0, "{id} {words}");
    }

    let caller = Caller::start(&path, &address("live", "peach-orchard-91"));
    wait_for_state(&input, InputState::Live, SOON);
    let seen = watch(input.frames(), &clock, SOON, |seen| {
        onsets(seen, 128.0).len() >= 4
    });
    let flashes = onsets(&seen, 128.0);
    assert_in_step(&flashes, &heard, &mixer, 60.0);

    drop(caller);
    wait_for_state(&input, InputState::Left, SOON);
    let pushed = input.frames().pushed();
    let _again = wait_for("a phone that comes back", SOON, || {
        let mut caller = Caller::start(&path, &address("live", "peach-orchard-91"));
        let shown = Instant::now();
        while shown.elapsed() < Duration::from_secs(10) {
            if input.frames().pushed() > pushed + 10 {
                return Some(caller);
            }
            if caller.0.try_wait().unwrap().is_some() {
                return None;
            }
            std::thread::park_timeout(Duration::from_millis(20));
        }
        None
    });
    wait_for_state(&input, InputState::Live, SOON);
}
