//! The second rendition from outside: the same moments as the program's, at a bitrate of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use common::{Rig, SOON, wait_for};
use stallcast_media::program::{Encoded, EncodedPacket, EncodedSink, MediaEvent, OnAir, Track};

fn snow_on_air() -> Rig {
    let mut spec = common::small();
    spec.encode.video_kbps = 1_600;
    let mut rig = common::showing("snow", spec);
    let shown = |event: &MediaEvent| {
        matches!(
            event,
            MediaEvent::OnAir {
                shows: OnAir::Scene,
                ..
            }
        )
    };
    rig.event(SOON, shown);
    rig
}

fn listener() -> (EncodedSink, Receiver<Encoded>) {
    let (sender, receiver) = sync_channel(16_384);
    let sink = move |encoded| {
        // After the test has looked nobody listens.
        let _ = sender.try_send(encoded);
    };
    (Arc::new(sink), receiver)
}

/// The next `count` video packets; the sound that came between them is counted.
fn video(heard: &Receiver<Encoded>, count: usize) -> (Vec<EncodedPacket>, usize) {
    let (mut packets, mut sound) = (Vec::new(), 0);
    while packets.len() < count {
        match heard.recv_timeout(SOON).expect("the rendition goes on") {
            Encoded::Packet(packet) if packet.track == Track::Video => packets.push(packet),
            Encoded::Packet(_) => sound += 1,
            Encoded::Config(_) => {}
        }
    }
    (packets, sound)
}

/// By the packets' own times: a busy machine leaves pictures out.
fn kbps(packets: &[EncodedPacket]) -> usize {
    let (last, others) = packets.split_last().unwrap();
    let bytes: usize = others.iter().map(|packet| packet.data.len()).sum();
    let us = usize::try_from(last.pts_us - packets[0].pts_us).unwrap();
    bytes * 8_000 / us
}

/// Two pictures' time.
const NEAR_US: u64 = 70_000;

#[test]
fn a_second_rendition_has_the_same_keyframes_at_its_own_bitrate_and_the_first_is_untouched() {
    let rig = snow_on_air();
    rig.video_packets(SOON, 10);
    let (sink, heard) = listener();
    assert!(rig.program.rendition().is_none());
    rig.program.start_rendition(500, sink).unwrap();
    let (packets, sound) = video(&heard, 190);
    assert!(packets[0].keyframe, "it can be decoded from its beginning");
    assert!(sound > 100, "{sound} frames of sound");
    let end_us = packets.last().unwrap().pts_us;
    let main = rig.packets(SOON, |main| {
        let mut pictures = main.iter().filter(|packet| packet.track == Track::Video);
        pictures.any(|packet| packet.pts_us > end_us)
    });
    let main: Vec<EncodedPacket> = main
        .into_iter()
        .filter(|packet| packet.track == Track::Video)
        .collect();

    let keyframes = |packets: &[EncodedPacket]| -> Vec<i64> {
        let found = packets.iter().filter(|packet| packet.keyframe);
        found.map(|packet| packet.pts_us).collect()
    };
    let of_main = keyframes(&main);
    let shared = &keyframes(&packets)[1..];
    assert!(shared.len() >= 2, "{shared:?}");
    for at in shared {
        // Where pictures were left out the next is the keyframe.
        let is_first_since = |of_main: i64| {
            let between = |p: &EncodedPacket| (of_main..*at).contains(&p.pts_us);
            of_main <= *at && !packets.iter().any(between)
        };
        let is_shared = |of_main: &i64| of_main.abs_diff(*at) < NEAR_US || is_first_since(*of_main);
        assert!(
            of_main.iter().any(is_shared),
            "{at} is no keyframe in {of_main:?}"
        );
    }
    let (own, first) = (kbps(&packets[60..]), kbps(&main[main.len() - 120..]));
    assert!((250..800).contains(&own), "{own} kbit/s");
    assert!((900..2_300).contains(&first), "{first} kbit/s");

    let two_seconds_later = rig.program.running_time() + Duration::from_secs(2);
    rig.program.set_rendition_kbps(250).unwrap();
    // Of what is made then: more may be waiting to be heard.
    while i128::from(video(&heard, 1).0[0].pts_us) < two_seconds_later.as_micros() as i128 {}
    let slower = kbps(&video(&heard, 60).0);
    assert!((100..450).contains(&slower), "{slower} kbit/s");
    let stats = rig.program.rendition().unwrap();
    assert_eq!(stats.failure, None);
    // As many as were received: a busy machine makes fewer in the two seconds.
    assert!(stats.frames_taken >= 250, "{stats:?}");
    assert!(rig.program.set_rendition_kbps(5).is_err());

    rig.program.stop_rendition();
    wait_for("the end of the rendition", SOON, || {
        rig.program.rendition().is_none().then_some(())
    });
    wait_for("its last packet", SOON, || {
        let next = heard.recv_timeout(Duration::from_secs(2));
        next.is_err().then_some(())
    });
    rig.video_packets(SOON, 10);
}
