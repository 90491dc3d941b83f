//! What is kept for how long, and that nothing goes before its time without a yes.

use std::sync::Arc;

use stallcast_overlay::Lang;
use stallcast_show::{Phase, Show};
use stallcast_wire::{EvidenceState, EvidenceView, Request};

use super::*;
use crate::after::tests::{ask, show_of, world};
use crate::replacement::Replacement;

/// The show of [`world`] ends at 160 s.
const ENDED: i64 = 160_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_show_is_kept_for_three_years_and_its_evidence_takes_only_what_is_not_linked() {
    let world = world();
    let show = show_of(&world).await;
    let recordings = world.folders.recordings();
    std::fs::write(recordings.join("replay.mp4"), vec![0; 1234]).unwrap();
    let size = |name: &str| std::fs::metadata(recordings.join(name)).unwrap().len();
    let parts: u64 = ["one.mp4", "tall.mp4", "two.mp4"].map(size).iter().sum();

    let view = world.after.keeping(At(ENDED)).unwrap();
    assert_eq!(view.years, Some(3));
    assert_eq!((view.recordings_bytes, view.evidence_bytes), (parts, 0));
    assert_eq!(view.other_bytes, 1234);
    let due = At(ENDED + 3 * YEAR_MS);
    let [kept] = view.shows.as_slice() else {
        panic!("{view:?}");
    };
    assert_eq!((kept.show, kept.due, kept.is_due), (show, Some(due), false));
    assert!(world.after.keeping(due).unwrap().shows[0].is_due);

    let _: EvidenceView = ask(&world.after, Request::MakeEvidence { show }).await;
    let wait = async {
        loop {
            let view: EvidenceView = ask(&world.after, Request::Evidence { show }).await;
            if view.state == EvidenceState::Made {
                return view;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    let patience = std::time::Duration::from_secs(60);
    tokio::time::timeout(patience, wait).await.unwrap();
    let view = world.after.keeping(At(ENDED)).unwrap();
    assert_eq!(view.recordings_bytes, parts);
    assert!(view.evidence_bytes > 1_000, "tables and entries: {view:?}");
    if cfg!(unix) {
        assert!(
            view.evidence_bytes < parts,
            "not the recordings again: {view:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_goes_before_its_time_without_a_yes_and_then_only_what_belongs_to_the_show() {
    let world = world();
    let show = show_of(&world).await;
    let recordings = world.folders.recordings();
    std::fs::create_dir_all(recordings.join("clips/x")).unwrap();
    std::fs::write(recordings.join("clips/x/1.mp4"), "clip").unwrap();
    std::fs::write(recordings.join("replay.mp4"), "replay").unwrap();
    let removal = |early: bool, now: i64| world.after.removal(show, early, At(now));
    let early = removal(false, ENDED + 3 * YEAR_MS - 1).err().unwrap();
    assert_eq!(early.code, ErrorCode::StillKept);

    let go = |phase: Phase| {
        let mut changed = Show::new("show");
        changed.phase = phase;
        let publish = &world.publish;
        publish.send_modify(|published| published.show = Arc::new(changed));
    };
    go(Phase::Live { since: At(0) });
    let live = removal(true, ENDED).err().unwrap();
    assert_eq!(live.message_key, "refusal.already_live");
    go(Phase::Idle);

    let due = removal(false, ENDED + 3 * YEAR_MS).unwrap();
    assert_eq!(due.files, ["one.mp4", "tall.mp4", "two.mp4"]);
    world
        .after
        .remove(&removal(true, ENDED).unwrap().files)
        .unwrap();
    let mut left: Vec<_> = std::fs::read_dir(&recordings)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["clips", "replay.mp4"]);
    assert!(recordings.join("clips/x/1.mp4").exists());
    assert_eq!(
        removal(true, ENDED).err().unwrap().code,
        ErrorCode::NotFound
    );
    assert!(world.after.keeping(At(ENDED)).unwrap().shows.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_long_is_a_setting_of_this_installation_and_outlives_the_engine() {
    let world = world();
    let show = show_of(&world).await;
    let set = |years| world.after.set_keeping(years, At(ENDED));
    assert_eq!(set(Some(0)).unwrap_err().code, ErrorCode::Malformed);
    assert_eq!(set(Some(31)).unwrap_err().code, ErrorCode::Malformed);
    let five = set(Some(5)).unwrap();
    assert_eq!(five.shows[0].due, Some(At(ENDED + 5 * YEAR_MS)));
    let again = After::of(
        world.folders.clone(),
        Lang::En,
        world.publish.subscribe(),
        Replacement::default(),
    );
    let kept = KeepingView {
        // Others write to the same disk meanwhile.
        free_bytes: five.free_bytes,
        ..again.keeping(At(ENDED)).unwrap()
    };
    assert_eq!(kept, five);
    let forever = set(None).unwrap();
    assert_eq!((forever.years, forever.shows[0].due), (None, None));
    let never = world.after.removal(show, false, At(i64::MAX));
    assert_eq!(never.err().unwrap().code, ErrorCode::StillKept);
    // What cannot be read is set aside, and the law's three years hold.
    std::fs::write(world.folders.keeping_file(), "{").unwrap();
    assert_eq!(world.after.keeping(At(ENDED)).unwrap().years, Some(3));
}
