//! The world of the whole-system tests is itself what it claims to be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use stallcast_tests::probe::{
    Region, av_offset_ms, flash_clip, frame_at, mean_colour, onsets, prove_playable,
};
use stallcast_tests::world::{
    Ircd, PipeWireSession, Publisher, RtmpServer, Uplink, Xvfb, eventually,
};

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn the_ingest_server_records_what_is_published_and_survives_its_own_death() {
    let mut server = RtmpServer::start();
    let publisher = Publisher::start(&format!("{}/key", server.url("live")), 320, 180, 30);
    let first = server.wait_for_recordings("live", 1, 100_000);
    server.kill();
    let mut publisher = publisher;
    eventually(PATIENCE, "the publisher notices", || publisher.process().ended());
    server.restart();
    let _publisher = Publisher::start(&format!("{}/key", server.url("live")), 320, 180, 30);
    let both = server.wait_for_recordings("live", 2, 100_000);
    assert_eq!(both[0], first[0], "what was recorded before stays");
    assert_eq!(server.recordings().len(), 2);
    assert!(server.recordings_of("second").is_empty());
}

#[test]
fn a_recording_of_the_ingest_server_is_playable_with_a_keyframe_every_two_seconds() {
    let server = RtmpServer::start();
    let publisher = Publisher::start(&format!("{}/key", server.url("second")), 320, 180, 30);
    let path = server.wait_for_recordings("second", 1, 250_000).remove(0);
    drop(publisher);
    eventually(PATIENCE, "the stream is closed", || {
        server.log().contains("disconnect").then_some(())
    });
    let facts = prove_playable(&path);
    let video = facts.video.unwrap();
    assert_eq!((video.width, video.height), (320, 180));
    assert!((video.fps_average - 30.0).abs() < 0.3, "{}", video.fps_average);
    let interval = video.keyframe_interval_average;
    assert!(interval.abs_diff(Duration::from_secs(2)) < Duration::from_millis(40), "{interval:?}");
}

#[test]
fn the_closed_application_refuses_publishers() {
    let server = RtmpServer::start();
    let mut publisher = Publisher::start(&format!("{}/key", server.closed_url()), 160, 90, 30);
    let status = eventually(PATIENCE, "the publisher gives up", || publisher.process().ended());
    assert!(!status.success());
}

#[test]
fn a_frozen_ingest_server_takes_nothing_until_it_is_thawed() {
    let server = RtmpServer::start();
    let _publisher = Publisher::start(&format!("{}/key", server.url("live")), 320, 180, 30);
    let path = server.wait_for_recordings("live", 1, 50_000).remove(0);
    server.freeze();
    let size = || std::fs::metadata(&path).unwrap().len();
    let frozen = size();
    let since = Instant::now();
    eventually(PATIENCE, "a second passes", || {
        (since.elapsed() > Duration::from_secs(1)).then_some(())
    });
    assert_eq!(size(), frozen);
    server.thaw();
    eventually(PATIENCE, "it records on", || (size() > frozen + 20_000).then_some(()));
}

#[test]
fn the_uplink_lets_through_what_it_is_told_to() {
    let server = RtmpServer::start();
    let uplink = Uplink::to(server.port());
    let url = format!("rtmp://127.0.0.1:{}/live/key", uplink.port());
    let _publisher = Publisher::start(&url, 640, 360, 30);
    server.wait_for_recordings("live", 1, 50_000);
    uplink.freeze();
    let held = eventually(PATIENCE, "nothing passes", || {
        let before = uplink.passed();
        let since = Instant::now();
        eventually(PATIENCE, "half a second passes", || {
            (since.elapsed() > Duration::from_millis(500)).then_some(())
        });
        (uplink.passed() == before).then_some(before)
    });
    uplink.limit(Some(200_000));
    uplink.thaw();
    let since = Instant::now();
    eventually(PATIENCE, "75 kB pass", || (uplink.passed() > held + 75_000).then_some(()));
    // 75 kB at 200 kbit/s are three seconds.
    let took = since.elapsed();
    assert!((Duration::from_millis(2_500)..Duration::from_secs(5)).contains(&took), "{took:?}");
}

#[test]
fn a_camera_is_seen_delivers_and_is_gone_when_unplugged() {
    let session = PipeWireSession::start();
    let camera = session.camera_of("orchard", "red", 640, 360, 30);
    let status = session
        .command("gst-launch-1.0")
        .args(["-q", "pipewiresrc", "target-object=orchard", "num-buffers=10", "!"])
        .args(["video/x-raw,width=640,height=360", "!", "fakesink"])
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "ten pictures of the camera");
    assert_eq!(camera.name(), "orchard");
    drop(camera);
    eventually(PATIENCE, "the camera is gone", || {
        (!session.nodes().contains(&"orchard".to_owned())).then_some(())
    });
}

#[test]
fn what_is_played_to_a_sink_comes_out_of_its_monitor() {
    let session = PipeWireSession::start();
    let sink = session.sink("stage");
    let _tone = session.tone(&sink, 1_000, 0.5);
    let heard = eventually(PATIENCE, "the tone", || {
        let output = session
            .command("gst-launch-1.0")
            .args(["-m", "pulsesrc", "num-buffers=100"])
            .arg(format!("device={}", sink.monitor()))
            .args(["!", "audioconvert", "!", "level", "!", "fakesink"])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let peaks = said.lines().filter_map(|line| line.split_once("peak=(GValueArray)<"));
        let levels = peaks.filter_map(|(_, rest)| rest.split([',', '>']).next()?.trim().parse().ok());
        let loudest = levels.fold(f64::NEG_INFINITY, f64::max);
        (loudest > -60.0).then_some(loudest)
    });
    // Half of full scale is -6 dBFS.
    assert!((-9.0..-4.0).contains(&heard), "{heard} dBFS");
}

#[test]
fn two_sessions_do_not_see_each_others_cameras() {
    let one = PipeWireSession::start();
    let other = PipeWireSession::start();
    let _camera = one.camera_of("mine", "ball", 320, 180, 15);
    assert!(!other.nodes().contains(&"mine".to_owned()));
}

fn screenshot(screen: &Xvfb, dir: &std::path::Path) -> image::RgbImage {
    let path = dir.join("screen.png");
    let status = Command::new("import")
        .args(["-display", screen.display(), "-window", "root"])
        .arg(&path)
        .status()
        .unwrap();
    assert!(status.success());
    image::open(&path).unwrap().to_rgb8()
}

#[test]
fn the_screen_shows_what_was_drawn() {
    let dir = tempfile::tempdir().unwrap();
    let screen = Xvfb::start(640, 360);
    let black = screenshot(&screen, dir.path());
    assert_eq!(black.dimensions(), (640, 360));
    screen.draw("#20c040");
    let green = screenshot(&screen, dir.path());
    assert_eq!(mean_colour(&green, Region::all(&green)), [32.0, 192.0, 64.0]);
    screen.write("12:34");
    let text = screenshot(&screen, dir.path());
    let [level, ..] = mean_colour(&text, Region::all(&text));
    assert!((60.0..250.0).contains(&level), "black on white: {level}");
}

#[test]
fn the_chat_server_carries_words_in_clear_and_over_tls() {
    let mut server = Ircd::start();
    let mut buyer = server.speaker("buyer", "#orchard");
    let mut anchor = server.speaker("anchor", "#orchard");
    buyer.say("how much are the peaches? 多少钱");
    let line = anchor.until("PRIVMSG");
    assert!(line.ends_with("PRIVMSG #orchard :how much are the peaches? 多少钱"), "{line}");

    let output = Command::new("openssl")
        .args(["s_client", "-quiet", "-verify_return_error", "-connect"])
        .arg(format!("127.0.0.1:{}", server.tls_port()))
        .arg("-CAfile")
        .arg(server.certificate())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    server.restart();
    server.speaker("back", "#orchard");
}

#[test]
fn the_offset_of_sound_and_pictures_is_found_within_ten_milliseconds() {
    let dir = tempfile::tempdir().unwrap();
    for (name, late_ms) in [("a.mp4", 0), ("b.mp4", 120), ("c.flv", 80), ("d.mkv", 200)] {
        let path = dir.path().join(name);
        flash_clip(&path, Duration::from_secs(6), Duration::from_millis(late_ms));
        let found = onsets(&path);
        assert_eq!(found.flashes.len(), 6, "{name}: {found:?}");
        let offset = av_offset_ms(&path).unwrap();
        assert!((offset - late_ms as f64).abs() < 10.0, "{name}: {offset} for {late_ms}");
    }
    let flash = frame_at(&dir.path().join("a.mp4"), Duration::from_millis(1_550));
    let dark = frame_at(&dir.path().join("a.mp4"), Duration::from_millis(1_200));
    assert!(mean_colour(&flash, Region::all(&flash))[0] > 245.0);
    assert!(mean_colour(&dark, Region::all(&dark))[0] < 10.0);
}
