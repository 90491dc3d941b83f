//! Clips of a whole show, from a journal and recordings that FFmpeg made.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use stallcast_journal::Journal;
use stallcast_show::{At, Canvas, Event, OnAir, Phase, Show};

use super::*;
use crate::air::engine;
use crate::sample::product;

const PATIENCE: Duration = Duration::from_secs(60);

/// A recording of so many seconds with a keyframe every second.
fn record(path: &Path, size: &str, seconds: u32) {
    let picture = format!("testsrc2=size={size}:rate=30");
    let made = Command::new("ffmpeg")
        .args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y"])
        .args(["-f", "lavfi", "-i", &picture, "-f", "lavfi", "-i", "sine"])
        .args([
            "-t",
            &seconds.to_string(),
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
        ])
        .args(["-g", "30", "-bf", "0", "-pix_fmt", "yuv420p", "-c:a", "aac"])
        .arg(path)
        .status()
        .unwrap();
    assert!(made.success());
}

pub(super) struct World {
    folder: tempfile::TempDir,
    pub(super) folders: Folders,
    pub(super) publish: watch::Sender<Published>,
    pub(super) after: After,
}

/// A show of a minute from 100 s on: apples from 105 to 115 s, pears from 120 to 130 s (over the joint of two parts at
/// 125 s), plums from 150 to 160 s, which the recording does not have any more.
pub(super) fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let folders = Folders::open(folder.path().join("data"), Folders::default_assets()).unwrap();
    let (mut journal, _) = Journal::open(folders.journal()).unwrap();
    let mut append = |at: i64, events: &[Event]| {
        let owner = stallcast_show::Actor {
            name: "studio".into(),
            ..engine()
        };
        journal.append(&owner, At(at * 1000), events).unwrap();
    };
    let mut products = vec![];
    for (id, title) in [("a", "Apples"), ("p", "Pears"), ("m", "Plums")] {
        let mut product = product(id, title, 990);
        product.link = Some(format!("https://shop.example/{id}"));
        products.push(product);
    }
    append(1, &[Event::ProductsImported { products }]);
    let since = At(100_000);
    append(
        100,
        &[Event::PhaseChanged {
            phase: Phase::Live { since },
        }],
    );
    append(100, &[Event::RecordingSet { on: true }]);
    let recordings = folders.recordings();
    for (file, at, canvas, size, seconds) in [
        ("one.mp4", 100, Canvas::Landscape, "320x180", 25),
        ("tall.mp4", 100, Canvas::Portrait, "180x320", 40),
        ("two.mp4", 125, Canvas::Landscape, "320x180", 15),
    ] {
        record(&recordings.join(file), size, seconds);
        append(
            at,
            &[Event::RecordingPartOpened {
                file: file.into(),
                at: At(at * 1000),
                canvas,
            }],
        );
    }
    for (id, from, to) in [("a", 105, 115), ("p", 120, 130), ("m", 150, 160)] {
        let on_air = OnAir {
            product: id.into(),
            since: At(from * 1000),
        };
        append(from, &[Event::WentOnAir { on_air }]);
        append(to, &[Event::WentOffAir { at: At(to * 1000) }]);
    }
    append(160, &[Event::PhaseChanged { phase: Phase::Idle }]);
    let (publish, published) = watch::channel(Published {
        show: Arc::new(Show::new("show")),
        seq: 1,
        catalogue: 0,
    });
    let after = After::of(folders.clone(), Lang::En, published, Replacement::default());
    World {
        folder,
        folders,
        publish,
        after,
    }
}

pub(super) async fn ask<T: serde::de::DeserializeOwned>(after: &After, request: Request) -> T {
    serde_json::from_value(after.answer(request).await.unwrap()).unwrap()
}

pub(super) async fn show_of(world: &World) -> u64 {
    let shows: PastShows = ask(&world.after, Request::PastShows).await;
    assert_eq!((shows.shows.len(), shows.shows[0].parts), (1, 3));
    shows.shows[0].show
}

async fn clips(world: &World, show: u64) -> ClipsView {
    let edges = ClipEdges::Keyframe;
    ask(&world.after, Request::Clips { show, edges }).await
}

async fn make_clips(world: &World, show: u64) -> ClipsView {
    let edges = ClipEdges::Keyframe;
    ask(&world.after, Request::MakeClips { show, edges }).await
}

async fn finished(world: &World, show: u64) -> ClipsView {
    let wait = async {
        loop {
            let view = clips(world, show).await;
            if !view.running {
                return view;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap()
}

fn state(view: &ClipsView, segment: u32, canvas: Canvas) -> &ClipView {
    let mut clips = view.clips.iter();
    clips
        .find(|clip| clip.segment == segment && clip.canvas == canvas)
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_segment_becomes_a_clip_with_cover_and_text_on_every_canvas() {
    let world = world();
    let show = show_of(&world).await;
    let planned = clips(&world, show).await;
    let waits = state(&planned, 0, Canvas::Landscape);
    assert_eq!((waits.state, waits.length_ms), (ClipState::Waiting, 10_000));
    let begun = make_clips(&world, show).await;
    assert!(begun.running);
    let view = finished(&world, show).await;

    let recordings = world.folders.recordings();
    for (segment, canvas, width) in [
        (0, Canvas::Landscape, 320),
        (0, Canvas::Portrait, 180),
        (1, Canvas::Landscape, 320),
        (1, Canvas::Portrait, 180),
    ] {
        let clip = state(&view, segment, canvas);
        assert_eq!(
            (clip.state, clip.missing_ms),
            (ClipState::Made, 0),
            "{clip:?}"
        );
        let [file] = clip.files.as_slice() else {
            panic!("{clip:?}");
        };
        let facts = stallcast_clips::probe(&recordings.join(file)).unwrap();
        assert!(facts.plays_to_end);
        // Ten seconds, and what is before the keyframe; over a joint the sound of the first part runs on a little.
        let long = facts.duration.as_millis();
        assert!((9_900..11_200).contains(&long), "{file}: {long} ms");
        assert_eq!(facts.video.unwrap().width, width);
        let cover = clip.cover.as_deref().unwrap();
        let bytes = std::fs::read(world.after.cover(cover).unwrap()).unwrap();
        assert!(bytes.starts_with(&[0xff, 0xd8]), "a JPEG");
    }
    let plums = state(&view, 2, Canvas::Landscape);
    assert_eq!(
        (plums.state, plums.missing_ms),
        (ClipState::NotRecorded, 10_000)
    );

    let folder = recordings.join(&view.folder);
    let text = std::fs::read_to_string(folder.join("01-Apples.txt")).unwrap();
    assert_eq!(text, "Apples\nhttps://shop.example/a\n");
    let mut left = std::fs::read_dir(&folder)
        .unwrap()
        .map(|e| e.unwrap().file_name());
    assert!(left.all(|name| !name.to_string_lossy().ends_with("making")));

    // Another engine finds them again, and makes only what is missing.
    let again = After::of(
        world.folders.clone(),
        Lang::En,
        world.publish.subscribe(),
        Replacement::default(),
    );
    std::fs::remove_file(folder.join("02-Pears.mp4")).unwrap();
    let found: ClipsView = ask(
        &again,
        Request::Clips {
            show,
            edges: ClipEdges::Keyframe,
        },
    )
    .await;
    assert_eq!(state(&found, 0, Canvas::Portrait).state, ClipState::Made);
    assert_eq!(
        state(&found, 1, Canvas::Landscape).state,
        ClipState::Waiting
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_is_damaged_costs_only_the_clips_that_are_in_it() {
    let world = world();
    let show = show_of(&world).await;
    let file = world.folders.recordings().join("two.mp4");
    std::fs::write(&file, b"not a recording any more").unwrap();
    let _ = make_clips(&world, show).await;
    let view = finished(&world, show).await;
    assert_eq!(state(&view, 0, Canvas::Landscape).state, ClipState::Made);
    // Of the pears only the first part is left, and the page is told how much is missing.
    let pears = state(&view, 1, Canvas::Landscape);
    assert_eq!((pears.state, pears.missing_ms), (ClipState::Made, 5_000));
    assert_eq!(state(&view, 1, Canvas::Portrait).state, ClipState::Made);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_that_cannot_share_a_file_become_one_each_and_are_found_again() {
    let world = world();
    let show = show_of(&world).await;
    // The canvas was changed between the parts.
    let two = world.folders.recordings().join("two.mp4");
    record(&two, "160x90", 15);
    let _ = make_clips(&world, show).await;
    let view = finished(&world, show).await;
    let pears = state(&view, 1, Canvas::Landscape);
    assert_eq!(
        (pears.state, pears.files.len()),
        (ClipState::Made, 2),
        "{pears:?}"
    );
    assert_eq!(state(&view, 0, Canvas::Landscape).files.len(), 1);
    let again = After::of(
        world.folders.clone(),
        Lang::En,
        world.publish.subscribe(),
        Replacement::default(),
    );
    let found: ClipsView = ask(
        &again,
        Request::Clips {
            show,
            edges: ClipEdges::Keyframe,
        },
    )
    .await;
    assert_eq!(state(&found, 1, Canvas::Landscape).files, pears.files);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_that_is_stopped_leaves_nothing_half_and_goes_on_when_asked_again() {
    let world = world();
    let show = show_of(&world).await;
    let begun = make_clips(&world, show).await;
    let stopped = world.after.answer(Request::StopClips).await.unwrap();
    assert!(stopped.is_null());
    let view = finished(&world, show).await;
    let wanted = |view: &ClipsView, state: ClipState| {
        view.clips.iter().filter(|clip| clip.state == state).count()
    };
    let made = wanted(&view, ClipState::Made);
    assert_eq!(made + wanted(&view, ClipState::Waiting), 4);
    let folder = world.folders.recordings().join(&begun.folder);
    let entries = std::fs::read_dir(&folder).unwrap();
    let names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
    let clips = names
        .iter()
        .filter(|name| name.to_string_lossy().ends_with(".mp4"));
    assert_eq!(clips.count(), made, "{names:?}");
    let _ = make_clips(&world, show).await;
    assert_eq!(wanted(&finished(&world, show).await, ClipState::Made), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_that_cannot_be_written_fails_each_clip_and_says_so() {
    let world = world();
    let show = show_of(&world).await;
    let view = clips(&world, show).await;
    // In the place of one clip stands a folder: the one beside it is made.
    let folder = world.folders.recordings().join(&view.folder);
    std::fs::create_dir_all(folder.join("01-Apples.mp4.making/full")).unwrap();
    let _ = make_clips(&world, show).await;
    let view = finished(&world, show).await;
    let apples = state(&view, 0, Canvas::Landscape);
    assert_eq!(
        (apples.state, apples.error.as_str()),
        (ClipState::Failed, "unwritable")
    );
    assert_eq!(state(&view, 0, Canvas::Portrait).state, ClipState::Made);
    assert_eq!(state(&view, 1, Canvas::Landscape).state, ClipState::Made);
    assert!(world.folder.path().exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_clips_are_made_in_a_live_show_and_recaps_are_kept_beside_them() {
    let world = world();
    let show = show_of(&world).await;
    let mut live = Show::new("show");
    live.phase = Phase::Live { since: At(0) };
    world
        .publish
        .send_modify(|published| published.show = Arc::new(live));
    let refused = world
        .after
        .answer(Request::MakeClips {
            show,
            edges: ClipEdges::Keyframe,
        })
        .await
        .unwrap_err();
    assert_eq!(refused.message_key, "refusal.already_live");

    let request = Request::SaveRecap {
        show,
        format: RecapFormat::Csv,
        text: "a,b\n".into(),
    };
    let saved: SavedFile = ask(&world.after, request).await;
    let kept = std::fs::read_to_string(world.folders.recordings().join(&saved.file)).unwrap();
    assert_eq!(kept, "a,b\n");
    let recap: RecapView = ask(&world.after, Request::Recap { show }).await;
    assert_eq!((recap.totals.products, recap.totals.length_ms), (3, 60_000));
    let long: Vec<_> = recap
        .recordings
        .iter()
        .map(|r| r.length_ms.unwrap() / 1000)
        .collect();
    assert_eq!(long, [25, 40, 15]);

    let unknown = world
        .after
        .answer(Request::Recap { show: show + 1 })
        .await
        .unwrap_err();
    assert_eq!(unknown.code, ErrorCode::NotFound);
    for way_out in [
        "../journal.sqlite",
        "/etc/passwd",
        "clips/../../journal.sqlite",
    ] {
        let file = way_out.to_owned();
        let refused = world
            .after
            .answer(Request::ShowInFolder { file })
            .await
            .unwrap_err();
        assert_eq!(refused.code, ErrorCode::NotFound, "{way_out}");
        assert!(world.after.cover(way_out).is_none());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exact_clips_begin_with_their_product_and_lie_beside_the_others() {
    let world = world();
    let show = show_of(&world).await;
    // The keyframes lie at whole seconds of the parts: half a second later there is none.
    let one = world.folders.recordings().join("one.mp4");
    record(&one, "320x180", 25);
    let edges = ClipEdges::Exact;
    let _: ClipsView = ask(&world.after, Request::MakeClips { show, edges }).await;
    let wait = async {
        loop {
            let view: ClipsView = ask(&world.after, Request::Clips { show, edges }).await;
            if !view.running {
                return view;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let view = tokio::time::timeout(PATIENCE, wait).await.unwrap();
    let apples = state(&view, 0, Canvas::Landscape);
    assert_eq!(apples.state, ClipState::Made, "{apples:?}");
    assert_eq!(apples.lead_ms, Some(0), "{apples:?}");
    assert!(
        apples.files[0].ends_with("01-Apples-exact.mp4"),
        "{apples:?}"
    );
    let long = apples.length_ms;
    assert!((9_900..10_100).contains(&long), "{long} ms");
    // Those at keyframes are not made by that.
    let others = clips(&world, show).await;
    assert_eq!(
        state(&others, 0, Canvas::Landscape).state,
        ClipState::Waiting
    );
}
