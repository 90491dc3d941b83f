//! SRT against FFmpeg (libsrt in another process), called and calling.

use std::net::SocketAddr;
use std::time::Duration;

use stallcast_media::egress::{EgressError, SrtCaller, SrtSender, SrtSpec, wait_until_ended};
use stallcast_media::program::Track;

use crate::clip::{Player, SOON, clip, free_port, until};
use crate::peers::Ffmpeg;

/// From this silence on a sender takes no more than probes.
const HOLD: Duration = Duration::from_millis(300);

fn spec(caller: SrtCaller, port: u16, passphrase: Option<&str>) -> SrtSpec {
    SrtSpec {
        caller,
        address: SocketAddr::from(([127, 0, 0, 1], port)),
        latency: Duration::from_millis(120),
        stream_id: None,
        passphrase: passphrase.map(str::to_owned),
    }
}

/// Calls until somebody answers.
async fn call(spec: &SrtSpec) -> SrtSender {
    for _ in 0..20 {
        let mut sender = SrtSender::start(spec, &clip().config).unwrap();
        match sender.connected().await {
            Ok(()) => return sender,
            Err(_) => sender.end().await,
        }
    }
    panic!("nobody answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_called_ffmpeg_decodes_what_is_sent() {
    let port = free_port();
    let peer = Ffmpeg::receive(&format!("srt://127.0.0.1:{port}?mode=listener"));
    let mut sender = call(&spec(SrtCaller::Us, port, None)).await;
    let mut player = Player::new();
    let taken = |sender: &mut SrtSender| {
        let figures = sender.figures();
        // A receiver that was not let run for so long is held back from, by design.
        let is_silent = figures.silent_for.is_some_and(|silent| silent >= HOLD);
        assert!(figures.wants_more || is_silent, "{figures:?}");
        peer.frames() >= 60
    };
    player
        .send_until("60 pictures decoded", &mut sender, taken)
        .await;
    assert!(sender.figures().sent_bytes > 50_000);
    // A moment in which the machine let nobody run passes, and with it what was lost.
    let is_well = |sender: &mut SrtSender| {
        let figures = sender.figures();
        figures.wants_more && figures.loss.is_some_and(|loss| loss.lost < 0.05)
    };
    player
        .send_until("it takes more and loses little", &mut sender, is_well)
        .await;
    sender.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ffmpeg_that_calls_gets_the_stream_and_its_leaving_is_seen() {
    let port = free_port();
    let spec = spec(SrtCaller::Them, port, Some("correct horse"));
    let mut sender = SrtSender::start(&spec, &clip().config).unwrap();
    let waiting = tokio::time::timeout(Duration::from_millis(300), sender.connected()).await;
    assert!(waiting.is_err(), "nobody has called yet");
    let peer = Ffmpeg::receive(&format!(
        "srt://127.0.0.1:{port}?passphrase=correct horse&connect_timeout=60000"
    ));
    tokio::time::timeout(SOON, sender.connected())
        .await
        .expect("a call")
        .unwrap();
    let mut player = Player::new();
    let taken = |sender: &mut SrtSender| {
        let _ = sender.figures();
        peer.frames() >= 60
    };
    player
        .send_until("60 pictures decoded", &mut sender, taken)
        .await;
    drop(peer);
    // It is gone without a word: libsrt notices by itself within some seconds.
    let mut left = None;
    for _ in 0..3000 {
        player.send(&mut sender);
        let _ = sender.figures();
        let lost = tokio::time::timeout(Duration::from_millis(10), sender.lost()).await;
        if let Ok(error) = lost {
            left = Some(error);
            break;
        }
    }
    assert_eq!(left, Some(EgressError::PeerLeft));
    // The port is free again at once.
    sender.end().await;
    let again = SrtSender::start(&spec, &clip().config).unwrap();
    again.end().await;
}

/// Puts in only the packets of the tracks that are not silent, until the peer has decoded so many more.
async fn decodes_more(sender: &mut SrtSender, player: &mut Player, peer: &Ffmpeg, sounds: bool) {
    let before = peer.frames();
    until("60 pictures more", || {
        for packet in player.due() {
            if sounds || packet.track == Track::Video {
                sender.put(&packet);
            }
        }
        let _ = sender.figures();
        peer.frames() >= before + 60
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_go_on_without_sound() {
    // From the connection's first moment on, as when the mix has failed ...
    let port = free_port();
    let url = format!("srt://127.0.0.1:{port}?mode=listener");
    let peer = Ffmpeg::receive_tracks(&url, &["0:v"]);
    let mut sender = call(&spec(SrtCaller::Us, port, None)).await;
    let mut player = Player::new();
    decodes_more(&mut sender, &mut player, &peer, false).await;
    // ... and where it stops for a while and comes back.
    decodes_more(&mut sender, &mut player, &peer, true).await;
    decodes_more(&mut sender, &mut player, &peer, false).await;
    decodes_more(&mut sender, &mut player, &peer, true).await;
    sender.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_receiver_is_seen_and_nothing_piles_up_behind_it() {
    let port = free_port();
    let peer = Ffmpeg::receive(&format!("srt://127.0.0.1:{port}?mode=listener"));
    let mut sender = call(&spec(SrtCaller::Us, port, None)).await;
    let mut player = Player::new();
    let taken = |sender: &mut SrtSender| {
        let _ = sender.figures();
        peer.frames() >= 30
    };
    player
        .send_until("30 pictures decoded", &mut sender, taken)
        .await;
    peer.signal("STOP");
    let mut put_while_silent = 0;
    until("a second of silence", || {
        let due = player.due();
        let figures = sender.figures();
        if figures.silent_for.is_none() {
            put_while_silent = 0;
        }
        if figures.wants_more {
            due.iter().for_each(|packet| sender.put(packet));
            // One look in time brings one or two; one that is late brings all since the last one, allowed or not.
            put_while_silent += due.len().min(3);
        }
        figures
            .silent_for
            .is_some_and(|silent| silent >= Duration::from_secs(2))
    })
    .await;
    // Some 80 packets a second would have come.
    assert!(
        put_while_silent < 60,
        "{put_while_silent} packets into the silence"
    );
    peer.signal("CONT");
    let before = peer.frames();
    until("it goes on", || {
        let due = player.due();
        if sender.figures().wants_more {
            due.iter().for_each(|packet| sender.put(packet));
        }
        peer.frames() > before + 30
    })
    .await;
    sender.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_and_nobody_there_are_told() {
    let taken = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let refused = SrtSender::start(&spec(SrtCaller::Them, port, None), &clip().config);
    assert_eq!(refused.err(), Some(EgressError::PortInUse));
    let mut sender = SrtSender::start(&spec(SrtCaller::Us, port, None), &clip().config).unwrap();
    assert_eq!(sender.connected().await, Err(EgressError::Unreachable));
    // Dropped on its way, as when a show ends while a call is being made.
    drop(sender);
    wait_until_ended(Duration::from_secs(30));
}
