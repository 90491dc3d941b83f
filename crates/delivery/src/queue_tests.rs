//! What a queue promises, for any stream and any consumer.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::packet::{AudioFormat, VideoCodec, VideoFormat};

pub(crate) fn format(mark: &'static str) -> Arc<StreamFormat> {
    Arc::new(StreamFormat {
        video: VideoFormat {
            codec: VideoCodec::H264,
            codec_config: Bytes::from_static(mark.as_bytes()),
            width: 1280,
            height: 720,
            fps: 30,
            kbps: 2500,
        },
        audio: AudioFormat {
            codec_config: Bytes::from_static(b"\x11\x90"),
            sample_rate: 48_000,
            channels: 2,
            kbps: 128,
        },
    })
}

fn packet(track: Track, keyframe: bool, ms: i64, bytes: usize) -> Packet {
    Packet {
        track,
        pts_us: ms * 1000,
        dts_us: ms * 1000,
        keyframe,
        data: Bytes::from(vec![0; bytes]),
    }
}

fn queued(track: Track, keyframe: bool, ms: i64, bytes: usize) -> Queued {
    Queued {
        packet: packet(track, keyframe, ms, bytes),
        format: format("a"),
    }
}

fn key(ms: i64) -> Queued {
    queued(Track::Video, true, ms, 100)
}

fn delta(ms: i64) -> Queued {
    queued(Track::Video, false, ms, 10)
}

fn sound(ms: i64) -> Queued {
    queued(Track::Audio, false, ms, 5)
}

fn limits(max_bytes: usize, max_ms: u64) -> QueueLimits {
    QueueLimits { max_bytes, max_ms }
}

fn times(queue: &mut GroupQueue) -> Vec<i64> {
    std::iter::from_fn(|| queue.pop())
        .map(|q| q.packet.dts_us / 1000)
        .collect()
}

#[test]
fn a_queue_starts_on_a_keyframe_and_calls_nothing_before_it_lost() {
    let mut queue = GroupQueue::new(limits(1000, 1000));
    for item in [sound(0), delta(10), key(20), sound(25), delta(50)] {
        queue.push(item);
    }
    assert_eq!(times(&mut queue), [20, 25, 50]);
    assert_eq!(queue.drops(), DropCounts::default());
}

#[test]
fn over_its_cap_a_queue_drops_its_oldest_group_whole() {
    let mut queue = GroupQueue::new(limits(10_000, 150));
    for ms in (0..200).step_by(20) {
        queue.push(if ms % 100 == 0 { key(ms) } else { delta(ms) });
    }
    assert_eq!(times(&mut queue), [100, 120, 140, 160, 180]);
    let drops = queue.drops();
    assert_eq!((drops.video_frames, drops.groups), (5, 1));
}

#[test]
fn a_group_longer_than_the_cap_is_cut_and_sound_goes_on_until_the_next_keyframe() {
    let mut queue = GroupQueue::new(limits(10_000, 50));
    queue.push(key(0));
    for ms in [20, 40, 60, 80] {
        queue.push(delta(ms));
        queue.push(sound(ms + 5));
    }
    assert_eq!(times(&mut queue), [65, 85]);
    queue.push(delta(100));
    queue.push(key(120));
    queue.push(delta(140));
    assert_eq!(times(&mut queue), [120, 140]);
    let drops = queue.drops();
    assert_eq!((drops.video_frames, drops.groups), (6, 1));
}

#[test]
fn what_has_not_arrived_yet_counts_for_the_cap_and_leaves_a_reserve() {
    let mut queue = GroupQueue::new(limits(10_000, 3_000));
    for ms in (0..=2_600).step_by(100) {
        queue.push(if ms % 1_000 == 0 { key(ms) } else { delta(ms) });
    }
    assert_eq!(queue.span_ms(), 2_600);
    queue.set_ahead_ms(500);
    assert_eq!(queue.span_ms(), 1_600, "a group of a second less");
    queue.set_ahead_ms(60_000);
    assert_eq!(queue.span_ms(), 600, "but not everything");
    queue.set_ahead_ms(0);
    for ms in (2_700..=4_900).step_by(100) {
        queue.push(if ms % 1_000 == 0 { key(ms) } else { delta(ms) });
    }
    assert_eq!(queue.span_ms(), 2_900);
}

#[test]
fn a_suspended_queue_keeps_nothing_counts_everything_and_begins_anew() {
    let mut queue = GroupQueue::new(limits(1000, 1000));
    queue.push(key(0));
    queue.push(delta(20));
    queue.suspend();
    for item in [delta(40), sound(50), key(60), delta(80)] {
        queue.push(item);
    }
    assert_eq!((queue.packets(), queue.bytes()), (0, 0));
    queue.resume();
    queue.push(delta(100));
    queue.push(key(120));
    assert_eq!(times(&mut queue), [120]);
    let drops = queue.drops();
    assert_eq!(
        (drops.video_frames, drops.audio_frames, drops.groups),
        (6, 1, 2)
    );
}

#[test]
fn a_delta_of_a_new_format_waits_for_that_formats_keyframe_and_a_new_rate_does_not() {
    let mut queue = GroupQueue::new(limits(1000, 1000));
    queue.push(key(0));
    queue.pop();
    let mut slower = (*format("a")).clone();
    slower.video.kbps = 800;
    let with = |item: Queued, format: &Arc<StreamFormat>| Queued {
        format: Arc::clone(format),
        ..item
    };
    queue.push(with(delta(10), &Arc::new(slower)));
    queue.push(with(delta(20), &format("b")));
    queue.push(with(delta(40), &format("b")));
    queue.push(with(key(60), &format("b")));
    assert_eq!(times(&mut queue), [10, 60]);
}

#[derive(Debug, Clone)]
enum Step {
    Push {
        track: Track,
        key: bool,
        bytes: usize,
    },
    Pop(usize),
    Suspend,
    Resume,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        12 => (prop::bool::weighted(0.15), 1usize..400).prop_map(|(key, bytes)| Step::Push { track: Track::Video, key, bytes }),
        8 => (1usize..40).prop_map(|bytes| Step::Push { track: Track::Audio, key: false, bytes }),
        6 => (1usize..6).prop_map(Step::Pop),
        1 => Just(Step::Suspend),
        1 => Just(Step::Resume),
    ];
    prop::collection::vec(step, 1..400)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Each video frame carries the number of its group and its place in it. What comes out is
    /// checked against what a decoder needs.
    #[test]
    fn whatever_happens_the_stream_stays_decodable_ordered_and_bounded(
        steps in steps(), max_bytes in 1usize..3000, max_ms in 0u64..1500,
    ) {
        let mut queue = GroupQueue::new(limits(max_bytes, max_ms));
        let (mut clock, mut group, mut place) = (0i64, 0i64, 0i64);
        let (mut pushed, mut popped, mut ignored) = (0u64, 0u64, 0u64);
        let mut decoder: Option<(i64, i64)> = None;
        let mut last_out = -1i64;
        let mut suspended = false;
        let mut fresh = true;
        let mut check = |item: Queued| -> Result<(), TestCaseError> {
            let (at, p) = (item.packet.dts_us, &item.packet);
            prop_assert!(at > last_out, "order");
            last_out = at;
            if p.track == Track::Video {
                let here = (p.pts_us / 1_000_000, p.pts_us % 1_000_000);
                if !p.keyframe {
                    let (g, n) = decoder.expect("a delta before any keyframe");
                    prop_assert_eq!(here, (g, n + 1), "a delta without its reference");
                }
                decoder = Some(here);
            }
            Ok(())
        };
        for step in steps {
            match step {
                Step::Push { track, key, bytes } => {
                    clock += 20;
                    let mut p = packet(track, key, clock, bytes);
                    if track == Track::Video {
                        (group, place) = if key { (group + 1, 0) } else { (group, place + 1) };
                        p.pts_us = group * 1_000_000 + place;
                    }
                    if fresh && !suspended && !p.starts_group() {
                        ignored += u64::from(track == Track::Video);
                    } else if !suspended {
                        fresh = false;
                    }
                    pushed += u64::from(track == Track::Video);
                    queue.push(Queued { packet: p, format: format("a") });
                }
                Step::Pop(count) => for _ in 0..count {
                    if let Some(item) = queue.pop() {
                        popped += u64::from(item.packet.track == Track::Video);
                        check(item)?;
                    }
                },
                Step::Suspend => { queue.suspend(); suspended = true; }
                Step::Resume => { queue.resume(); suspended = false; }
            }
            prop_assert!(queue.bytes() <= max_bytes, "bytes");
            prop_assert!(queue.span_ms() <= max_ms, "time");
            let real: usize = queue.items.iter().map(|i| i.packet.data.len()).sum();
            prop_assert_eq!(queue.bytes(), real);
        }
        while let Some(item) = queue.pop() {
            popped += u64::from(item.packet.track == Track::Video);
            check(item)?;
        }
        // Nothing vanishes: each frame came out, was counted as dropped, or came before the first keyframe of all.
        prop_assert_eq!(pushed, popped + queue.drops().video_frames + ignored);
        prop_assert!(queue.drops().groups <= queue.drops().video_frames);
    }
}

#[test]
fn a_hurried_queue_that_is_late_begins_again_at_the_next_keyframe() {
    let fill = |pace| {
        let mut queue = GroupQueue::new(limits(1_000_000, 4_000));
        queue.set_pace(pace);
        queue.push(key(0));
        for ms in (33..2_000).step_by(33) {
            queue.push(delta(ms));
        }
        queue.push(key(2_000));
        queue.push(delta(2_033));
        queue
    };
    let mut hurried = fill(Pace::Hurried);
    assert!(hurried.drops().video_frames > 50);
    assert_eq!(times(&mut hurried), [2_000, 2_033]);
    // Only the uplink's own shortage is answered so.
    assert_eq!(fill(Pace::Patient).drops().video_frames, 0);
    // A little behind is no reason.
    let mut behind = GroupQueue::new(limits(1_000_000, 4_000));
    behind.set_pace(Pace::Hurried);
    for item in [key(0), delta(500), key(1_000)] {
        behind.push(item);
    }
    assert_eq!(times(&mut behind), [0, 500, 1_000]);
}
