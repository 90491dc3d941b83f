//! The recording with a hub, a desk and a journal of its own.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use stallcast_delivery::{AudioFormat, Hub, Packet, StreamFormat, Track, VideoCodec, VideoFormat};
use stallcast_journal::{Journal, Seq};
use stallcast_media::program::EventSink;
use stallcast_show::{Canvas, Event, Text};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::part_name::part_name;
use super::recording::{Plan, Recording, names};
use super::recording_orders::chapter_title;
use crate::clock::now;
use crate::desk::Desk;
use crate::threads::Threads;

/// A debug build on a busy machine takes its time.
const PATIENCE: Duration = Duration::from_secs(60);

fn format(encoder: u8) -> StreamFormat {
    StreamFormat {
        video: VideoFormat {
            codec: VideoCodec::H264,
            codec_config: Bytes::from(vec![encoder; 40]),
            width: 320,
            height: 180,
            fps: 30,
            kbps: 500,
        },
        audio: AudioFormat {
            codec_config: Bytes::from_static(&[0x11, 0x90]),
            sample_rate: 48_000,
            channels: 2,
            kbps: 128,
        },
    }
}

fn hub() -> Hub {
    let hub = Hub::new();
    hub.set_format(format(1));
    hub
}

/// Pictures from `from` on, ten a second, a keyframe every second.
fn publish(hub: &Hub, from: i64, count: i64) {
    for frame in from..from + count {
        hub.publish(Packet {
            track: Track::Video,
            pts_us: frame * 100_000,
            dts_us: frame * 100_000,
            keyframe: frame % 10 == 0,
            data: Bytes::from_static(&[7; 200]),
        });
    }
}

async fn until(mut happened: impl FnMut() -> bool) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !happened() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    waited.await.unwrap();
}

fn events(journal: &Path) -> Option<Vec<Event>> {
    let (journal, _) = Journal::open(journal).ok()?;
    let entries = journal.entries_after(Seq(0), 100).unwrap();
    Some(entries.into_iter().map(|entry| entry.event).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_journal_knows_when_a_part_s_first_frame_was_taken_and_the_file_what_was_on_air() {
    let folder = tempfile::tempdir().unwrap();
    let journal_file = folder.path().join("journal");
    let (journal, resumed) = Journal::open(&journal_file).unwrap();
    let (threads, _fallen) = Threads::watched();
    let desk = Desk::start(journal, resumed, now, &threads).unwrap();
    let hub = hub();
    let (events_to, _events) = mpsc::channel(8);
    let (open, mut closed) = mpsc::channel(1);
    let plan = Plan {
        hub: hub.clone(),
        folder: folder.path().to_owned(),
        canvas: Canvas::Landscape,
        part: 3,
        unix_us_at_zero: 1_795_305_600_000_000,
        events: EventSink::new(events_to),
        desk: desk.clone(),
        isolated: crate::air::sound::Isolated::default().feed(),
    };
    let recording = Recording::start(plan, &Handle::current(), open);
    recording.chapter(6_200_000, "苹果 / Apples".to_owned());
    // Pictures come until the recording listens; it begins with a keyframe at a full second.
    let mut frame = 47;
    until(|| {
        publish(&hub, frame, 1);
        frame += 1;
        !desk.show().recording_parts.is_empty()
    })
    .await;
    let file = desk.show().recording_parts[0].clone();
    assert_eq!(recording.status().file, file);
    until(|| {
        publish(&hub, frame, 1);
        frame += 1;
        recording.status().bytes > 6_000 && frame > 70
    })
    .await;
    recording.finish().await.unwrap();
    assert_eq!(closed.recv().await, None);

    drop(desk);
    let mut written = None;
    until(|| {
        written = events(&journal_file);
        written.is_some()
    })
    .await;
    let written = written.unwrap();
    let [
        Event::RecordingPartOpened {
            file: noted, at, ..
        },
    ] = &written[..]
    else {
        panic!("{written:?}");
    };
    assert_eq!(*noted, file);
    // A keyframe's moment, to the millisecond: not the one at which it was written down.
    let after_zero = at.0 - 1_795_305_600_000;
    assert!(
        (5_000..600_000).contains(&after_zero) && after_zero % 1_000 == 0,
        "{at:?}"
    );
    let bytes = std::fs::read(folder.path().join(&file)).unwrap();
    let holds = |what: &[u8]| bytes.windows(what.len()).any(|at| at == what);
    assert!(holds(b"chpl") && holds("苹果 / Apples".as_bytes()));
}

#[tokio::test]
async fn a_name_that_is_taken_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    // The second may change between naming and looking: all names of the next minute are taken.
    let at = now();
    for second in 0..60 {
        let taken = part_name(at.0 + second * 1_000, 1, Canvas::Landscape);
        std::fs::write(folder.path().join(taken), "another show").unwrap();
    }
    let mut next = names(folder.path().to_owned(), 1, Canvas::Landscape);
    let name = |path: std::path::PathBuf| path.to_string_lossy().into_owned();
    assert!(name(next(1)).ends_with("-02.mp4"));
    assert!(name(next(2)).ends_with("-03.mp4"));
}

#[test]
fn a_chapter_carries_the_title_in_both_languages_once() {
    let text = |zh: &str, en: &str| Text {
        zh: zh.to_owned(),
        en: en.to_owned(),
    };
    assert_eq!(chapter_title(&text("苹果", "Apples")), "苹果 / Apples");
    assert_eq!(chapter_title(&text("", "Apples")), "Apples");
    assert_eq!(chapter_title(&text("苹果", "")), "苹果");
    assert_eq!(chapter_title(&text("A1", "A1")), "A1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_encoder_goes_on_with_its_first_picture_in_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, resumed) = Journal::open(folder.path().join("journal")).unwrap();
    let (threads, _fallen) = Threads::watched();
    let desk = Desk::start(journal, resumed, now, &threads).unwrap();
    let hub = hub();
    let (events_to, _events) = mpsc::channel(8);
    let (open, _closed) = mpsc::channel(1);
    let plan = Plan {
        hub: hub.clone(),
        folder: folder.path().to_owned(),
        canvas: Canvas::Landscape,
        part: 1,
        unix_us_at_zero: 1_795_305_600_000_000,
        events: EventSink::new(events_to),
        desk: desk.clone(),
        isolated: crate::air::sound::Isolated::default().feed(),
    };
    let recording = Recording::start(plan, &Handle::current(), open);
    recording.chapter(0, "苹果 / Apples".to_owned());
    let mut frame = 0;
    until(|| {
        publish(&hub, frame, 1);
        frame += 1;
        recording.status().bytes > 3_000 && frame % 10 == 0
    })
    .await;
    hub.set_format(format(2));
    publish(&hub, frame, 30);
    until(|| desk.show().recording_parts.len() == 2).await;
    recording.finish().await.unwrap();
    let [first, second] = &desk.show().recording_parts[..] else {
        panic!("two parts");
    };
    assert!(first.ends_with("-01.mp4") && second.ends_with("-02.mp4"));
    let bytes = std::fs::read(folder.path().join(second)).unwrap();
    let holds = |what: &[u8]| bytes.windows(what.len()).any(|at| at == what);
    assert!(holds(b"chpl") && holds("苹果 / Apples".as_bytes()));
    // All of the second encoder's pictures.
    let bytes_of_pictures = bytes.iter().filter(|byte| **byte == 7).count();
    assert!(bytes_of_pictures >= 30 * 200, "{bytes_of_pictures}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_switched_off_before_its_first_picture_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, resumed) = Journal::open(folder.path().join("journal")).unwrap();
    let (threads, _fallen) = Threads::watched();
    let desk = Desk::start(journal, resumed, now, &threads).unwrap();
    let (events_to, _events) = mpsc::channel(8);
    let hub = hub();
    for round in 0..20 {
        let (open, _closed) = mpsc::channel(1);
        let plan = Plan {
            hub: hub.clone(),
            folder: folder.path().to_owned(),
            canvas: Canvas::Landscape,
            part: 1,
            unix_us_at_zero: 1_795_305_600_000_000,
            events: EventSink::new(events_to.clone()),
            desk: desk.clone(),
            isolated: crate::air::sound::Isolated::default().feed(),
        };
        let recording = Recording::start(plan, &Handle::current(), open);
        // Somewhere between the order and the file, another place each time.
        for frame in 0..round * 5 {
            publish(&hub, round * 1_000 + frame, 1);
            tokio::task::yield_now().await;
        }
        recording.finish().await.unwrap();
    }
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "mp4") {
            let bytes = std::fs::read(&path).unwrap();
            let has_picture = bytes.windows(200).any(|at| at.iter().all(|b| *b == 7));
            assert!(has_picture, "{} is empty", path.display());
        }
    }
}
