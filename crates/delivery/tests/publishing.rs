//! Publishing to a real RTMP server: what arrives is what was sent.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::process::{Child, Command};

use stallcast_delivery::{
    DeliveryErrorCode, DestinationStatus, Secret, State, TlsRoots, reach_rtmp,
};
use support::clip::{Encoder, GOP, number_of};
use support::hostile::{Manner, Peer};
use support::nginx::{Nginx, free_port};
use support::{SOON, destination, flv, wait_live, wait_status, wait_until};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// The server heard the end of the stream, and so all that came before it: it may be behind us, who wait for it for a
/// second only.
async fn ended_on(nginx: &Nginx) {
    wait_until(SOON, "end of the stream on the server", || async {
        nginx.log().contains("deleteStream")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_records_every_frame_from_a_keyframe_at_zero() {
    let nginx = Nginx::start().await;
    let encoder = Encoder::start(0);
    let target = destination("whole", &nginx.url(), &encoder.hub);
    wait_live(&target, SOON).await;
    encoder.play_more(4 * GOP as u64).await;
    let status = wait_status(&target, SOON, "100 frames at their rate", |s| {
        s.frames_sent >= 100 && s.kbps > 300.0
    })
    .await;
    assert_eq!((status.frames_dropped, status.reconnects), (0, 0));
    target.stop().await;
    ended_on(&nginx).await;

    let recordings = nginx.recordings_of("whole");
    assert_eq!(recordings.len(), 1, "{}", nginx.log());
    let frames = flv::video_frames(&recordings[0]);
    assert!(frames.len() >= 100, "{}", frames.len());
    assert!(frames[0].is_keyframe());
    assert_eq!(frames[0].timestamp, 0);
    let numbers: Vec<u64> = frames.iter().map(|t| number_of(t.frame())).collect();
    let expected: Vec<u64> = (numbers[0]..).take(numbers.len()).collect();
    assert_eq!(numbers, expected);
    for (n, frame) in frames.iter().enumerate() {
        let ideal = n as f64 * 1000.0 / 30.0;
        assert!(
            (f64::from(frame.timestamp) - ideal).abs() <= 2.0,
            "{n}: {}",
            frame.timestamp
        );
    }
    let audio: Vec<u32> = recordings[0]
        .iter()
        .filter(|t| t.is_audio_frame())
        .map(|t| t.timestamp)
        .collect();
    assert!(audio[0] < 40, "{}", audio[0]);
    assert!(audio.is_sorted() && audio.len() > 140, "{}", audio.len());

    // ffprobe, which shares no code with us, agrees.
    let file = nginx.files("whole").remove(0);
    let probe = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-count_frames",
            "-select_streams",
            "v:0",
            "-show_entries",
        ])
        .args([
            "stream=codec_name,width,height,nb_read_frames,start_time",
            "-of",
            "csv=p=0",
        ])
        .arg(file)
        .output()
        .unwrap();
    let line = String::from_utf8(probe.stdout).unwrap();
    assert_eq!(String::from_utf8_lossy(&probe.stderr), "");
    let fields: Vec<&str> = line.trim().split(',').collect();
    assert_eq!(fields[..3], ["h264", "320", "180"]);
    assert!(fields[3].parse::<f64>().unwrap() < 0.1, "{line}");
    assert_eq!(fields[4].parse::<usize>().unwrap(), frames.len());
}

/// Ends with this value.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// FFmpeg listens itself, without our RTMP or nginx's.
#[tokio::test(flavor = "multi_thread")]
async fn ffmpeg_s_own_server_decodes_what_is_sent() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("received.flv");
    let url = format!("rtmp://127.0.0.1:{}/live", free_port());
    let server = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-listen", "1", "-i"])
        .arg(format!("{url}/ffmpeg"))
        .args(["-map", "0", "-f", "null", "-", "-map", "0", "-c", "copy"])
        .arg(&file)
        .spawn();
    let mut server = Server(server.unwrap());
    let encoder = Encoder::start(0);
    let target = destination("ffmpeg", &url, &encoder.hub);
    let sent = wait_status(&target, SOON, "90 frames", |s| s.frames_sent >= 90).await;
    assert_eq!(sent.frames_dropped, 0);
    target.stop().await;
    let mut ended = None;
    wait_until(SOON, "FFmpeg's end", || {
        ended = server.0.try_wait().unwrap();
        std::future::ready(ended.is_some())
    })
    .await;
    assert!(ended.is_some_and(|status| status.success()), "{ended:?}");
    let tags = flv::read(&file);
    let frames = flv::video_frames(&tags);
    assert!(frames.len() >= 90, "{}", frames.len());
    let numbers: Vec<u64> = frames.iter().map(|t| number_of(t.frame())).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_ends_the_stream_on_the_server_at_once() {
    let nginx = Nginx::start().await;
    let encoder = Encoder::start(0);
    for _ in 0..2 {
        // The same key at once again: refused as a second publisher if the first were left over.
        let target = destination("again", &nginx.url(), &encoder.hub);
        let status = wait_live(&target, SOON).await;
        assert_eq!(status.last_error, None);
        encoder.play_more(GOP as u64).await;
        target.stop().await;
    }
    ended_on(&nginx).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_use_is_tried_again_until_it_is_free() {
    let nginx = Nginx::start().await;
    let encoder = Encoder::start(0);
    let first = destination("key", &nginx.url(), &encoder.hub);
    wait_live(&first, SOON).await;
    let second = destination("key", &nginx.url(), &encoder.hub);
    let refused = wait_status(&second, SOON, "a refusal", |s| {
        matches!(s.state, State::Retrying { attempt: 2.., .. })
    })
    .await;
    let words = "NetStream.Publish.BadName: Already publishing".to_owned();
    assert_eq!(
        refused.last_error,
        Some(DeliveryErrorCode::PublishRejected(words))
    );
    assert_eq!(refused.frames_dropped, 0);
    first.stop().await;
    second.network_changed();
    let live = wait_live(&second, SOON).await;
    assert_eq!(live.reconnects, 0);
    second.stop().await;
}

/// Everything a destination showed until it was refused twice.
async fn shown_until_refused(nginx: &Nginx) -> Vec<DestinationStatus> {
    let encoder = Encoder::start(0);
    let target = destination("key", &nginx.url(), &encoder.hub);
    let mut shown = Vec::new();
    wait_status(&target, SOON, "two refusals", |s| {
        shown.push(s.clone());
        matches!(s.state, State::Retrying { attempt: 3.., .. })
    })
    .await;
    target.stop().await;
    shown
}

fn assert_never_live(shown: &[DestinationStatus]) {
    let last = shown.last().unwrap();
    let words = DeliveryErrorCode::HUNG_UP.to_owned();
    assert_eq!(
        last.last_error,
        Some(DeliveryErrorCode::PublishRejected(words))
    );
    for status in shown {
        assert!(
            !matches!(status.state, State::Live | State::Stalled),
            "{status:?}"
        );
        assert_eq!((status.reconnects, status.connected_since_ms), (0, None));
    }
    assert_eq!((last.frames_sent, last.frames_dropped), (0, 0));
}

/// nginx answers `NetStream.Publish.Start` here, and closes at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_denies_publishing_is_never_shown_as_live() {
    let nginx = Nginx::start_with("deny publish all;").await;
    assert_never_live(&shown_until_refused(&nginx).await);
}

/// nginx asks somebody else, who says no, and closes without an answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_the_servers_own_judge_forbids_is_refused() {
    let judge = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = judge.local_addr().unwrap().port();
    let judging = tokio::spawn(async move {
        loop {
            let (mut asked, _) = judge.accept().await.unwrap();
            let mut question = [0; 4096];
            let _ = asked.read(&mut question).await;
            let no = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            let _ = asked.write_all(no).await;
        }
    });
    let nginx = Nginx::start_with(&format!("on_publish http://127.0.0.1:{port}/judge;")).await;
    assert_never_live(&shown_until_refused(&nginx).await);
    judging.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_would_deny_publishing_answers_all_the_same_and_nobody_goes_on_air() {
    let key = Secret::new("key");
    let roots = TlsRoots::default();
    let nginx = Nginx::start_with("deny publish all;").await;
    assert_eq!(reach_rtmp(&nginx.url(), &key, &roots).await, Ok(()));
    let log = nginx.log();
    assert!(
        !log.contains("connect:") && !log.contains("publish"),
        "{log}"
    );

    let silent = Peer::start(Manner::Mute).await;
    let answer = reach_rtmp(&silent.url(), &key, &roots).await;
    assert_eq!(answer, Err(DeliveryErrorCode::HandshakeFailed));
    let nobody = format!("rtmp://127.0.0.1:{}/live", free_port());
    let answer = reach_rtmp(&nobody, &key, &roots).await;
    assert_eq!(answer, Err(DeliveryErrorCode::Refused));
}
