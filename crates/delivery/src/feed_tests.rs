use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::timeout;

use super::*;
use crate::packet::{AudioFormat, Packet, StreamFormat, VideoCodec, VideoFormat};

const LIMITS: QueueLimits = QueueLimits {
    max_bytes: 1 << 20,
    max_ms: 60_000,
};

fn hub(config: &'static [u8]) -> Hub {
    let hub = Hub::new();
    hub.set_format(StreamFormat {
        video: VideoFormat {
            codec: VideoCodec::H264,
            codec_config: Bytes::from_static(config),
            width: 1280,
            height: 720,
            fps: 30,
            kbps: 2500,
        },
        audio: AudioFormat {
            codec_config: Bytes::from_static(b"asc"),
            sample_rate: 48_000,
            channels: 2,
            kbps: 128,
        },
    });
    hub
}

fn picture(at_ms: i64, keyframe: bool) -> Packet {
    Packet {
        track: Track::Video,
        pts_us: at_ms * 1000,
        dts_us: at_ms * 1000,
        keyframe,
        data: Bytes::from_static(b"picture"),
    }
}

fn sound(at_ms: i64) -> Packet {
    Packet {
        track: Track::Audio,
        keyframe: true,
        ..picture(at_ms, true)
    }
}

fn feeding(hub: &Hub) -> Feeding {
    Feeding {
        hub: hub.clone(),
        kbps: 2628,
        paused: false,
        codec: VideoCodec::H264,
        soon: None,
    }
}

async fn times(feed: &mut Feed, count: usize) -> Vec<(Track, i64)> {
    let mut found = Vec::new();
    for _ in 0..count {
        let delivered = feed.next().await.unwrap();
        found.push((delivered.packet.track, delivered.packet.dts_us / 1000));
    }
    found
}

/// A feed that has begun with this hub's first picture.
async fn begun(hub: &Hub) -> (watch::Sender<Feeding>, Feed) {
    let (orders, wanted) = watch::channel(feeding(hub));
    let mut feed = Feed::new(wanted, LIMITS);
    hub.publish(picture(0, true));
    assert_eq!(times(&mut feed, 1).await, [(Track::Video, 0)]);
    (orders, feed)
}

#[tokio::test]
async fn the_other_hub_takes_over_with_its_keyframe_and_no_sound_is_heard_twice() {
    let (main, low) = (hub(b"main"), hub(b"low"));
    let (orders, wanted) = watch::channel(feeding(&main));
    let mut feed = Feed::new(wanted, LIMITS);
    for hub in [&main, &low] {
        hub.publish(picture(0, true));
    }
    main.publish(sound(0));
    assert_eq!(
        times(&mut feed, 2).await,
        [(Track::Video, 0), (Track::Audio, 0)]
    );

    orders.send_replace(feeding(&low));
    main.publish(picture(33, false));
    low.publish(picture(33, false));
    // The other hub begins on a keyframe: until it has one, the first goes on.
    assert_eq!(times(&mut feed, 1).await, [(Track::Video, 33)]);
    for hub in [&main, &low] {
        hub.publish(sound(21));
    }
    assert_eq!(times(&mut feed, 1).await, [(Track::Audio, 21)]);
    low.publish(picture(2000, true));
    low.publish(sound(21));
    low.publish(sound(2005));
    main.publish(picture(2000, true));
    let first = feed.next().await.unwrap();
    assert!(first.format_changed && first.packet.keyframe);
    assert_eq!(&first.format.video.codec_config[..], b"low");
    assert_eq!(times(&mut feed, 1).await, [(Track::Audio, 2005)]);
}

#[tokio::test]
async fn a_hub_that_ends_because_another_takes_its_place_is_no_end() {
    let (other, main) = (hub(b"other"), hub(b"main"));
    let (orders, mut feed) = begun(&other).await;
    // Nobody feeds it any more; until it is told of another, the destination stays.
    drop(other);
    let nothing = timeout(Duration::from_millis(50), feed.next()).await;
    assert!(nothing.is_err(), "{nothing:?}");
    orders.send_replace(feeding(&main));
    let nothing = timeout(Duration::from_millis(50), feed.next()).await;
    assert!(nothing.is_err(), "{nothing:?}");
    main.publish(picture(2000, true));
    assert_eq!(times(&mut feed, 1).await, [(Track::Video, 2000)]);
    main.close();
    assert!(feed.next().await.is_none());
}

#[tokio::test]
async fn what_waited_in_the_old_queue_is_counted_as_dropped() {
    let (main, low) = (hub(b"main"), hub(b"low"));
    let (orders, wanted) = watch::channel(feeding(&main));
    let mut feed = Feed::new(wanted, LIMITS);
    main.publish(picture(0, true));
    for n in 1..10 {
        main.publish(picture(33 * n, false));
    }
    orders.send_replace(feeding(&low));
    // Obeyed with the first look; the backlog of the congested link then waits no longer than the next keyframe.
    assert_eq!(times(&mut feed, 1).await, [(Track::Video, 0)]);
    low.publish(picture(400, true));
    assert_eq!(times(&mut feed, 1).await, [(Track::Video, 400)]);
    assert_eq!(feed.stats().drops.video_frames, 9);
}

#[tokio::test]
async fn a_paused_feed_gives_nothing_and_begins_again_on_a_keyframe() {
    let main = hub(b"main");
    let (orders, mut feed) = begun(&main).await;
    orders.send_modify(|feeding| feeding.paused = true);
    main.publish(picture(33, false));
    let nothing = timeout(Duration::from_millis(50), feed.next()).await;
    assert!(nothing.is_err(), "{nothing:?}");
    assert!(feed.is_paused());
    main.publish(picture(2000, true));
    orders.send_modify(|feeding| feeding.paused = false);
    let nothing = timeout(Duration::from_millis(50), feed.next()).await;
    assert!(nothing.is_err(), "it begins on a keyframe: {nothing:?}");
    main.publish(picture(4000, true));
    assert_eq!(times(&mut feed, 1).await, [(Track::Video, 4000)]);
}

#[tokio::test]
async fn switched_and_paused_at_once_it_begins_again_with_what_is_new() {
    let (main, low) = (hub(b"main"), hub(b"low"));
    let (orders, mut feed) = begun(&main).await;
    orders.send_replace(Feeding {
        paused: true,
        ..feeding(&low)
    });
    let nothing = timeout(Duration::from_millis(50), feed.next()).await;
    assert!(nothing.is_err(), "{nothing:?}");
    low.publish(picture(2000, true));
    orders.send_modify(|feeding| feeding.paused = false);
    let nothing = timeout(Duration::from_millis(50), feed.next()).await;
    assert!(
        nothing.is_err(),
        "what came in the pause is stale: {nothing:?}"
    );
    low.publish(picture(4000, true));
    assert_eq!(times(&mut feed, 1).await, [(Track::Video, 4000)]);
}

#[tokio::test]
async fn a_hub_that_ends_before_it_began_changes_nothing() {
    let (main, low) = (hub(b"main"), hub(b"low"));
    let (orders, wanted) = watch::channel(feeding(&main));
    let mut feed = Feed::new(wanted, LIMITS);
    low.close();
    orders.send_replace(feeding(&low));
    main.publish(picture(0, true));
    assert_eq!(times(&mut feed, 1).await, [(Track::Video, 0)]);
}
