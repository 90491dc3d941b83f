//! What the hub promises its publisher and its consumers.

use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::packet::{AudioFormat, Track, VideoCodec, VideoFormat};

const WIDE: QueueLimits = QueueLimits {
    max_bytes: 1 << 20,
    max_ms: 10_000,
};

fn format(mark: &'static str, kbps: u32) -> StreamFormat {
    StreamFormat {
        video: VideoFormat {
            codec: VideoCodec::H264,
            codec_config: Bytes::from_static(mark.as_bytes()),
            width: 16,
            height: 16,
            fps: 30,
            kbps,
        },
        audio: AudioFormat {
            codec_config: Bytes::new(),
            sample_rate: 48_000,
            channels: 2,
            kbps: 96,
        },
    }
}

fn video(ms: i64, keyframe: bool) -> Packet {
    Packet {
        track: Track::Video,
        pts_us: ms * 1000,
        dts_us: ms * 1000,
        keyframe,
        data: Bytes::from_static(b"0123456789"),
    }
}

#[tokio::test]
async fn every_consumer_gets_every_packet_and_the_end() {
    let hub = Hub::new();
    hub.publish(video(0, true));
    hub.set_format(format("a", 1));
    let mut one = hub.subscribe(WIDE);
    hub.publish(video(10, true));
    let mut two = hub.subscribe(WIDE);
    hub.publish(video(20, false));
    hub.publish(video(30, true));
    hub.close();
    hub.publish(video(40, true));
    let mut seen = Vec::new();
    while let Some(d) = one.next().await {
        seen.push((d.packet.dts_us / 1000, d.format_changed));
    }
    assert_eq!(seen, [(10, true), (20, false), (30, false)]);
    assert_eq!(two.next().await.unwrap().packet.dts_us, 30_000);
    assert!(two.next().await.is_none());
    assert!(two.try_next().is_none() && two.is_ended());
    assert!(hub.subscribe(WIDE).next().await.is_none());
}

#[tokio::test]
async fn a_consumer_that_waits_is_woken_and_the_last_hub_ends_it() {
    let hub = Hub::new();
    hub.set_format(format("a", 1));
    let mut subscription = hub.subscribe(WIDE);
    let waiter = tokio::spawn(async move {
        let first = subscription.next().await.map(|d| d.packet.dts_us);
        (first, subscription.next().await.is_none())
    });
    tokio::task::yield_now().await;
    hub.publish(video(5, true));
    tokio::task::yield_now().await;
    drop(hub);
    assert_eq!(waiter.await.unwrap(), (Some(5000), true));
}

#[test]
fn a_consumer_that_never_reads_costs_others_nothing_and_stays_within_its_cap() {
    let hub = Hub::new();
    hub.set_format(format("a", 1));
    let sleeper = hub.subscribe(QueueLimits {
        max_bytes: 100,
        max_ms: 10_000,
    });
    let mut reader = hub.subscribe(WIDE);
    for n in 0..1000 {
        hub.publish(video(n * 33, n % 30 == 0));
        assert_eq!(reader.try_next().unwrap().packet.dts_us, n * 33_000);
    }
    let stats = sleeper.stats();
    assert!(stats.queued_bytes <= 100);
    assert_eq!(stats.drops.video_frames + stats.queued_packets as u64, 1000);
    assert_eq!(reader.stats().drops, DropCounts::default());
}

#[test]
fn a_new_format_is_told_with_its_first_packet_and_a_new_rate_is_not() {
    let hub = Hub::new();
    let mut reader = hub.subscribe(WIDE);
    let mut told = |format_now, packet| {
        hub.set_format(format_now);
        hub.publish(packet);
        reader
            .try_next()
            .map(|d| (d.format_changed, d.format.video.kbps))
    };
    assert_eq!(told(format("a", 1), video(0, true)), Some((true, 1)));
    assert_eq!(told(format("a", 2), video(1, false)), Some((false, 2)));
    assert_eq!(told(format("b", 2), video(2, false)), None);
    assert_eq!(told(format("b", 2), video(3, true)), Some((true, 2)));
}

#[test]
fn a_dropped_subscription_is_forgotten() {
    let hub = Hub::new();
    hub.set_format(format("a", 1));
    drop(hub.subscribe(WIDE));
    hub.publish(video(0, true));
    assert!(lock(&hub.shared.inner).consumers.is_empty());
}

#[test]
fn publishing_from_another_thread_while_a_consumer_reads_loses_nothing() {
    let hub = Hub::new();
    hub.set_format(format("a", 1));
    let mut reader = hub.subscribe(WIDE);
    let publisher = hub.clone();
    let thread = std::thread::spawn(move || {
        for n in 0..5000 {
            publisher.publish(video(n, n == 0));
        }
        publisher.close();
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let count = runtime.block_on(async {
        let mut count = 0;
        while tokio::time::timeout(Duration::from_secs(60), reader.next())
            .await
            .expect("woken")
            .is_some()
        {
            count += 1;
        }
        count
    });
    thread.join().unwrap();
    assert_eq!(count, 5000);
}
