//! One destination's trouble is its own: nobody else loses a frame, and it comes back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::time::{Duration, Instant};

use stallcast_delivery::{
    DeliveryErrorCode, Destination, DestinationStatus, QueueLimits, STALL_RECONNECT, State, Track,
};
use support::clip::{Encoder, GOP, number_of};
use support::flv::{Tag, video_frames};
use support::hostile::{Manner, Narrow, Peer};
use support::nginx::{Nginx, free_port};
use support::{SOON, destination, wait_live, wait_status, wait_until};

/// Filler per picture that makes the clip some 4.5 Mbit/s.
const PAD: usize = 12_000;

fn numbers(tags: &[Tag]) -> Vec<u64> {
    video_frames(tags)
        .iter()
        .map(|t| number_of(t.frame()))
        .collect()
}

fn assert_gapless(numbers: &[u64], at_least: usize) {
    assert!(numbers.len() >= at_least, "{} frames", numbers.len());
    for pair in numbers.windows(2) {
        assert_eq!(pair[1], pair[0] + 1, "a gap in {numbers:?}");
    }
}

/// The only recording of a stream that was live when `published` pictures had been published: every picture from the
/// next keyframe to the last one of the encoder, which was stopped.
async fn assert_nothing_is_missing(nginx: &Nginx, name: &str, encoder: &Encoder, published: u64) {
    let recorded = || {
        let files = nginx.recordings_of(name);
        assert_eq!(files.len(), 1, "{}", nginx.log());
        numbers(&files[0])
    };
    wait_until(SOON, "last picture in the file", || async {
        recorded().last() == Some(&(encoder.frames() - 1))
    })
    .await;
    let recorded = recorded();
    assert_gapless(&recorded, 1);
    assert!(recorded[0] <= published + GOP as u64, "{}", recorded[0]);
}

/// The recordings of a stream once there are so many, and a whole group in the newest: the server is behind us.
async fn newest_whole(nginx: &Nginx, name: &str, files: usize) -> Vec<Vec<Tag>> {
    wait_until(SOON, "group in the newest recording", || async {
        let all = nginx.recordings_of(name);
        all.len() >= files && all.last().is_some_and(|tags| numbers(tags).len() >= GOP)
    })
    .await;
    nginx.recordings_of(name)
}

/// How often a recording skips pictures.
fn gaps(tags: &[Tag]) -> usize {
    let numbers = numbers(tags);
    numbers.windows(2).filter(|n| n[1] != n[0] + 1).count()
}

fn assert_begins_on_a_keyframe_at_zero(tags: &[Tag]) {
    let first = video_frames(tags)[0];
    assert!(first.is_keyframe());
    assert_eq!(first.timestamp, 0);
}

/// Remembers every status a destination goes through.
fn history(destination: &Destination) -> tokio::task::JoinHandle<Vec<DestinationStatus>> {
    let mut status = destination.status();
    tokio::spawn(async move {
        let mut seen = vec![status.borrow_and_update().clone()];
        while status.changed().await.is_ok() {
            seen.push(status.borrow_and_update().clone());
        }
        seen
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_destination_costs_the_others_nothing() {
    let (frozen, healthy) = (Nginx::start().await, Nginx::start().await);
    let encoder = Encoder::start(PAD);
    let victim = destination("victim", &frozen.url(), &encoder.hub);
    let other = destination("other", &healthy.url(), &encoder.hub);
    let mut recorder = encoder.hub.subscribe(QueueLimits {
        max_bytes: 64 << 20,
        max_ms: 60_000,
    });
    let recorder_began = encoder.frames();
    let recorded = tokio::spawn(async move {
        let mut seen = Vec::new();
        while let Some(d) = recorder.next().await {
            if d.packet.track == Track::Video {
                seen.push(number_of(&d.packet.data));
            }
        }
        (seen, recorder.stats().drops)
    });
    let seen = history(&victim);
    wait_live(&victim, SOON).await;
    wait_live(&other, SOON).await;
    let other_was_live = encoder.frames();
    encoder.play_more(2 * GOP as u64).await;

    frozen.freeze();
    let frozen_at = Instant::now();
    wait_status(&victim, SOON, "Stalled", |s| s.state == State::Stalled).await;
    let stalled_after = frozen_at.elapsed();
    wait_status(&victim, SOON, "Retrying", |s| {
        matches!(s.state, State::Retrying { .. })
            && s.last_error == Some(DeliveryErrorCode::Stalled)
    })
    .await;
    let given_up_after = frozen_at.elapsed();
    assert!(given_up_after < Duration::from_secs(20));
    encoder.play_more(5 * GOP as u64).await;
    frozen.thaw();
    let thawed_at = Instant::now();
    let back = wait_live(&victim, SOON).await;
    let back_after = thawed_at.elapsed();
    assert_eq!(back.reconnects, 1);
    encoder.play_more(3 * GOP as u64).await;
    println!("stalled {stalled_after:?} given up {given_up_after:?} back {back_after:?}");

    let status = wait_live(&other, SOON).await;
    assert_eq!((status.frames_dropped, status.reconnects), (0, 0));
    assert_eq!(status.last_error, None);
    let slowest = *encoder.slowest_publish.lock().unwrap();
    println!("slowest publish {slowest:?}");
    // Measured 4 ms on two busy cores; waiting for the frozen server would be as long as it takes to give it up.
    assert!(slowest < STALL_RECONNECT, "{slowest:?}");
    encoder.stop();
    assert_nothing_is_missing(&healthy, "other", &encoder, other_was_live).await;
    victim.stop().await;
    other.stop().await;
    encoder.hub.close();

    let (recorder_saw, drops) = recorded.await.unwrap();
    assert_gapless(&recorder_saw, 1);
    assert!(recorder_saw[0] <= recorder_began + GOP as u64);
    assert_eq!(recorder_saw.last(), Some(&(encoder.frames() - 1)));
    assert_eq!(drops.video_frames, 0);
    let files = newest_whole(&frozen, "victim", 2).await;
    let last = files.last().unwrap();
    assert_begins_on_a_keyframe_at_zero(last);
    assert_gapless(&numbers(last), GOP);
    let history = seen.await.unwrap();
    assert!(history.iter().all(|s| s.backlog_ms <= 2600));
    assert!(history.last().unwrap().frames_dropped > 5 * GOP as u64);
}

/// The server is back, and the destination still waits for its turn: its status and that wait. On a machine that takes
/// as long as that to start a server its turn comes first; then the server dies again.
async fn restarted_long_before_its_turn(
    nginx: &mut Nginx,
    target: &Destination,
) -> (DestinationStatus, Duration) {
    for _ in 0..5 {
        nginx.restart().await;
        let mut status = target.status();
        status.borrow_and_update();
        status.changed().await.unwrap();
        let fresh = status.borrow().clone();
        if let State::Retrying {
            next_in_ms: left @ 4_000..,
            ..
        } = fresh.state
        {
            return (fresh, Duration::from_millis(left));
        }
        nginx.kill();
        wait_status(target, SOON, "a long wait", |s| {
            matches!(
                s.state,
                State::Retrying {
                    next_in_ms: 7_000..,
                    ..
                }
            )
        })
        .await;
    }
    panic!("its turn came first each time");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_and_comes_back_is_live_again_on_a_keyframe() {
    let mut nginx = Nginx::start().await;
    let encoder = Encoder::start(0);
    let mut spec = support::spec("phoenix", &nginx.url());
    spec.closing_deadline = Some(Duration::from_secs(600));
    let target = Destination::spawn(spec, encoder.hub.clone());
    wait_live(&target, SOON).await;
    encoder.play_more(2 * GOP as u64).await;
    let killed_at = Instant::now();
    nginx.kill();
    // Its turn is then seconds away.
    let lost = wait_status(&target, SOON, "some tries", |s| {
        matches!(
            s.state,
            State::Retrying {
                attempt: 5..,
                next_in_ms: 7_000..
            }
        )
    })
    .await;
    assert_eq!(lost.last_error, Some(DeliveryErrorCode::Refused));
    let left = lost.room_closes_in_ms.unwrap();
    // Since the last byte, which was taken a moment before the end.
    let away_ms = u128::from(600_000 - left);
    let most = killed_at.elapsed() + Duration::from_secs(1);
    assert!((1..=most.as_millis()).contains(&away_ms), "{left}");
    let (before, left) = restarted_long_before_its_turn(&mut nginx, &target).await;
    // Told of a new network, it does not wait for its turn.
    let told_at = Instant::now();
    target.network_changed();
    wait_status(&target, SOON, "a try", |s| {
        !matches!(
            s.state,
            State::Retrying {
                next_in_ms: 1..,
                ..
            }
        )
    })
    .await;
    assert!(told_at.elapsed() < left, "{:?}", told_at.elapsed());
    let back = wait_live(&target, SOON).await;
    let reconnects = before.reconnects + 1;
    assert_eq!(
        (back.reconnects, back.room_closes_in_ms),
        (reconnects, None)
    );
    assert!(back.connected_since_ms.is_some());
    encoder.play_more(3 * GOP as u64).await;
    target.stop().await;
    let files = newest_whole(&nginx, "phoenix", 2).await;
    let newest = files.last().unwrap();
    assert_begins_on_a_keyframe_at_zero(newest);
    assert_gapless(&numbers(newest), GOP);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_bad_peer_gets_its_name_and_harms_nobody() {
    let healthy = Nginx::start().await;
    let encoder = Encoder::start(PAD);
    let good = destination("good", &healthy.url(), &encoder.hub);
    wait_live(&good, SOON).await;
    let good_was_live = encoder.frames();
    let cases = [
        (Manner::Mute, DeliveryErrorCode::HandshakeFailed),
        (Manner::Garbage, DeliveryErrorCode::HandshakeFailed),
        (Manner::Reset, DeliveryErrorCode::HandshakeFailed),
        (Manner::ResetLater, DeliveryErrorCode::ClosedByServer),
        (Manner::StopReading, DeliveryErrorCode::Stalled),
        (Manner::NonsenseLater, DeliveryErrorCode::ProtocolViolated),
        (
            Manner::Reject,
            DeliveryErrorCode::PublishRejected("NetStream.Publish.BadName: in use".into()),
        ),
    ];
    let mut bad = Vec::new();
    for (manner, error) in cases {
        let peer = Peer::start(manner).await;
        let target = destination(&format!("{manner:?}"), &peer.url(), &encoder.hub);
        bad.push((Some(peer), target, error));
    }
    let closed_port = format!("rtmp://127.0.0.1:{}/live", free_port());
    let nobody = destination("nobody", &closed_port, &encoder.hub);
    bad.push((None, nobody, DeliveryErrorCode::Refused));
    let no_name = "rtmp://no-such-host.invalid/live";
    let nowhere = destination("nowhere", no_name, &encoder.hub);
    bad.push((None, nowhere, DeliveryErrorCode::DnsFailed));
    for (_, target, error) in &bad {
        let what = error.to_string();
        wait_status(target, SOON, &what, |s| {
            s.last_error.as_ref() == Some(error)
        })
        .await;
    }
    // Retries go on; each ends when told to, whatever it is doing.
    for (_, target, _) in bad {
        let began = Instant::now();
        target.stop().await;
        assert!(began.elapsed() < Duration::from_secs(10));
    }
    let status = good.status().borrow().clone();
    assert_eq!((status.frames_dropped, status.reconnects), (0, 0));
    encoder.stop();
    assert_nothing_is_missing(&healthy, "good", &encoder, good_was_live).await;
    good.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_none_stops_with_its_reason() {
    let encoder = Encoder::start(0);
    let target = destination("typo", "htp://example.com", &encoder.hub);
    let status = wait_status(&target, SOON, "Stopped", |s| s.state == State::Stopped).await;
    assert_eq!(status.last_error, Some(DeliveryErrorCode::BadUrl));
    target.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuilt_encoder_continues_the_same_connection() {
    let nginx = Nginx::start().await;
    let encoder = Encoder::start(0);
    let target = destination("rebuilt", &nginx.url(), &encoder.hub);
    wait_live(&target, SOON).await;
    encoder.play_more(2 * GOP as u64).await;
    encoder.stop();
    // Another clock, another configuration record (an SPS/PPS of the same clip in new bytes).
    let mut format = support::clip::clip().format.clone();
    format.video.width = 322;
    encoder.hub.set_format(format);
    let second = Encoder::on(encoder.hub.clone(), 0, 0);
    second.play_more(2 * GOP as u64).await;
    let is_header = |t: &Tag| t.kind == 9 && t.body[1] == 0;
    wait_until(SOON, "group of the second in the file", || async {
        nginx.recordings_of("rebuilt").first().is_some_and(|tags| {
            let parts: Vec<&[Tag]> = tags.split(is_header).collect();
            parts.len() > 2 && parts.last().is_some_and(|s| video_frames(s).len() >= GOP)
        })
    })
    .await;
    second.stop();
    target.stop().await;
    let files = nginx.recordings_of("rebuilt");
    assert_eq!(files.len(), 1, "one connection");
    assert_eq!(files[0].iter().filter(|t| is_header(t)).count(), 2);
    let times: Vec<u32> = video_frames(&files[0])
        .iter()
        .map(|t| t.timestamp)
        .collect();
    assert!(times.is_sorted());
    assert!(times.windows(2).all(|w| w[1] - w[0] < 200), "{times:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_narrow_uplink_loses_whole_groups_and_stays_live_and_near_now() {
    let nginx = Nginx::start().await;
    // Some 2 Mbit/s for a stream of 4.5.
    let narrow = Narrow::start(nginx.port, 250_000).await;
    let encoder = Encoder::start(PAD);
    let target = destination("narrow", &narrow.url(), &encoder.hub);
    let seen = history(&target);
    wait_live(&target, SOON).await;
    encoder.play_more(14 * GOP as u64).await;
    let status = wait_status(&target, SOON, "lost groups", |s| {
        s.frames_dropped > 2 * GOP as u64
    })
    .await;
    assert_eq!((status.reconnects, status.last_error), (0, None));
    wait_until(SOON, "lost groups in the file", || async {
        let files = nginx.recordings_of("narrow");
        files.first().is_some_and(|tags| gaps(tags) >= 2)
    })
    .await;
    target.stop().await;
    let history = seen.await.unwrap();
    assert!(history.iter().all(|s| s.backlog_ms <= 2600));
    let files = nginx.recordings_of("narrow");
    assert_eq!(files.len(), 1);
    // Most of the time: a busy machine may hold a moment's bytes back, and they come after it.
    let mut rates: Vec<f64> = history
        .iter()
        .map(|s| s.kbps)
        .filter(|k| *k > 0.0)
        .collect();
    rates.sort_by(f64::total_cmp);
    let kbps = rates[rates.len() / 2];
    assert!((1200.0..3000.0).contains(&kbps), "{kbps}");
    let mut last: Option<(u64, u32)> = None;
    for frame in video_frames(&files[0]) {
        let number = number_of(frame.frame());
        if let Some((before, at)) = last
            && number != before + 1
        {
            assert!(frame.is_keyframe(), "{number} refers to a lost picture");
            // Time stays true across the gap: sound and picture do not drift apart.
            let ideal = (number - before) as f64 * 1000.0 / 30.0;
            assert!((f64::from(frame.timestamp - at) - ideal).abs() < 3.0);
        }
        last = Some((number, frame.timestamp));
    }
    let sound: Vec<u32> = files[0]
        .iter()
        .filter(|t| t.is_audio_frame())
        .map(|t| t.timestamp)
        .collect();
    assert!(sound.is_sorted());
}
