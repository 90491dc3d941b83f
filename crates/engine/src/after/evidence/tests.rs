//! Evidence of a whole show, from a journal and recordings that FFmpeg made.

use std::path::Path;
use std::sync::Arc;

use stallcast_journal::Journal;
use stallcast_overlay::Lang;
use stallcast_show::{
    At, Correction, CorrectionKind, Event, Phase, PlatformAct, PlatformActKind, PlatformBecame,
    PlatformOutcome, RuleOverride, Show, Text,
};
use stallcast_wire::Request;

use super::*;
use crate::after::tests::{World, ask, show_of, world};
use crate::replacement::Replacement;
use crate::verify::{CHANGED, INTACT, UNCHECKED, verify};

const PATIENCE: Duration = Duration::from_secs(60);

async fn finished(world: &World, show: u64) -> EvidenceView {
    let wait = async {
        loop {
            let view: EvidenceView = ask(&world.after, Request::Evidence { show }).await;
            if view.state != EvidenceState::Working {
                return view;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap()
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_show_becomes_a_folder_that_the_verifier_takes_and_that_tells_every_change() {
    let world = world();
    let show = show_of(&world).await;
    let planned: EvidenceView = ask(&world.after, Request::Evidence { show }).await;
    assert_eq!((planned.state, planned.files), (EvidenceState::None, 0));
    let begun: EvidenceView = ask(&world.after, Request::MakeEvidence { show }).await;
    assert_eq!(begun.state, EvidenceState::Working);
    let view = finished(&world, show).await;
    assert_eq!(view.state, EvidenceState::Made, "{view:?}");
    // Three recordings, the entries, four tables, two of facts, and what it is.
    assert_eq!((view.files, view.done_bytes), (11, view.total_bytes));
    assert_eq!(view.fingerprint.len(), 64);

    let recordings = world.folders.recordings();
    let folder = recordings.join(&view.folder);
    let (lines, code) = verify(&folder, Some(&view.fingerprint), Lang::En);
    assert_eq!(code, INTACT, "{lines:?}");
    assert!(
        lines.last().unwrap().starts_with("Result: intact"),
        "{lines:?}"
    );
    let kept = std::fs::read(folder.join("recordings/one.mp4")).unwrap();
    assert_eq!(kept, std::fs::read(recordings.join("one.mp4")).unwrap());
    assert_eq!(
        read(&folder, "prices.csv").lines().nth(1).unwrap(),
        "1970-01-01 00:01:45.000,a,Apples,live_price_first_shown,9.90,,CNY,"
    );

    // Another engine finds it, and does not make it twice.
    let again = After::of(
        world.folders.clone(),
        Lang::En,
        world.publish.subscribe(),
        Replacement::default(),
    );
    let found: EvidenceView = ask(&again, Request::MakeEvidence { show }).await;
    assert_eq!(found, view);

    std::fs::write(folder.join("recordings/extra.mp4"), "x").unwrap();
    std::fs::remove_file(folder.join("overrides.csv")).unwrap();
    let (lines, code) = verify(&folder, None, Lang::Zh);
    assert_eq!(code, CHANGED);
    let said = lines.join("\n");
    assert!(said.contains("多出来的：recordings/extra.mp4"), "{said}");
    assert!(said.contains("不见了：overrides.csv"), "{said}");
    assert!(said.contains("共 2 处问题"), "{said}");
    assert_eq!(verify(&recordings, None, Lang::En).1, UNCHECKED);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recordings_take_no_second_room_where_they_can_be_linked() {
    use std::os::unix::fs::MetadataExt;
    let world = world();
    let show = show_of(&world).await;
    let _: EvidenceView = ask(&world.after, Request::MakeEvidence { show }).await;
    let view = finished(&world, show).await;
    let recordings = world.folders.recordings();
    let kept = recordings.join(&view.folder).join("recordings/two.mp4");
    let of = |path: &Path| std::fs::metadata(path).unwrap().ino();
    assert_eq!(of(&kept), of(&recordings.join("two.mp4")));
    // The recording may go, the evidence stays.
    std::fs::remove_file(recordings.join("two.mp4")).unwrap();
    let (lines, code) = verify(&recordings.join(&view.folder), None, Lang::En);
    assert_eq!(code, INTACT, "{lines:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_corrected_and_overridden_is_in_the_tables_and_what_is_gone_is_said() {
    let world = world();
    let show = show_of(&world).await;
    {
        let (mut journal, resumed) = Journal::open(world.folders.journal()).unwrap();
        let actor = crate::air::engine();
        let since = At(200_000);
        let phase = |phase| Event::PhaseChanged { phase };
        let product = stallcast_show::ProductId::from("a");
        let live_price = resumed.show.products[&product].offer.live_price.clone();
        let reason = RuleOverride {
            rule: "cn-absolute".into(),
            found: "最好".into(),
            reason: "品牌名, 有\"证书\"".into(),
            at: At(210_000),
        };
        let correction = Correction {
            kind: CorrectionKind::Price,
            product: product.clone(),
            text: Text {
                zh: "刚才价格说错了".into(),
                en: String::new(),
            },
            live_price,
            since: At(220_000),
            until: At(280_000),
        };
        let parts = Event::RecordingPartOpened {
            file: "gone.mp4".into(),
            at: since,
            canvas: stallcast_show::Canvas::Landscape,
        };
        let events = [
            phase(Phase::Live { since }),
            parts,
            Event::RuleOverridden { product, reason },
            Event::VettingOverridden {
                product: "a".into(),
                reason: stallcast_show::VettingOverride {
                    reason: "样品在路上".into(),
                    by: "小王".into(),
                    at: At(215_000),
                },
            },
            Event::CorrectionShown { correction },
            Event::CorrectionEnded { at: At(241_000) },
            Event::PlatformActed {
                act: PlatformAct {
                    kind: PlatformActKind::Delete,
                    message: Some("twitch:1".into()),
                    author: "=spam".into(),
                    text: "加我微信".into(),
                    seconds: None,
                    outcomes: vec![PlatformOutcome {
                        platform: "twitch_token".into(),
                        connection: "t".into(),
                        became: PlatformBecame::Failed,
                        why: "line_gone".into(),
                    }],
                },
                by: "小王".into(),
            },
            phase(Phase::Idle),
        ];
        for (n, event) in events.into_iter().enumerate() {
            let at = At(200_000 + i64::try_from(n).unwrap() * 10_000);
            journal.append(&actor, at, &[event]).unwrap();
        }
    }
    let shows: stallcast_wire::PastShows = ask(&world.after, Request::PastShows).await;
    let later = shows.shows.iter().map(|it| it.show).max().unwrap();
    assert!(later > show);
    let _: EvidenceView = ask(&world.after, Request::MakeEvidence { show: later }).await;
    let view = finished(&world, later).await;
    assert_eq!(view.state, EvidenceState::Made, "{view:?}");
    assert_eq!(view.gone, ["gone.mp4"]);
    let folder = world.folders.recordings().join(&view.folder);
    let overrides = read(&folder, "overrides.csv");
    assert!(
        overrides.contains("cn-absolute,最好,\"品牌名, 有\"\"证书\"\"\",engine"),
        "{overrides}"
    );
    assert!(
        overrides.contains(",vetting,,样品在路上,engine"),
        "{overrides}"
    );
    let acts = read(&folder, "acts.csv");
    assert!(
        acts.contains(
            "00:04:20.000,小王,delete,twitch_token,t,twitch:1,'=spam,加我微信,,failed,line_gone"
        ),
        "{acts}"
    );
    let corrections = read(&folder, "corrections.csv");
    assert!(
        corrections.contains(",price,刚才价格说错了,,9.90,CNY"),
        "{corrections}"
    );
    assert!(
        corrections.contains("00:04:01"),
        "taken off early: {corrections}"
    );
    assert_eq!(verify(&folder, None, Lang::Zh).1, INTACT);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn none_is_made_while_live_and_one_that_is_stopped_leaves_nothing() {
    let world = world();
    let show = show_of(&world).await;
    let go = |phase: Phase| {
        let mut changed = Show::new("show");
        changed.phase = phase;
        let publish = &world.publish;
        publish.send_modify(|published| published.show = Arc::new(changed));
    };
    go(Phase::Live { since: At(0) });
    let refused = world.after.answer(Request::MakeEvidence { show }).await;
    assert_eq!(refused.unwrap_err().message_key, "refusal.already_live");
    go(Phase::Idle);

    let told = world.after.told(show).unwrap();
    let recordings = world.folders.recordings();
    let paths = Paths {
        journal: world.folders.journal(),
        folder: recordings.join(EVIDENCE).join("one"),
        recordings: recordings.clone(),
    };
    for stop_after in [0, 3, 5] {
        let asked = std::cell::Cell::new(0);
        let go_on = |_| {
            asked.set(asked.get() + 1);
            asked.get() <= stop_after
        };
        let stopped = build(&told, &paths, At(1), &go_on);
        assert_eq!(stopped, Err(Unbuilt::Stopped), "after {stop_after}");
        let left = std::fs::read_dir(recordings.join(EVIDENCE)).unwrap();
        assert_eq!(left.count(), 0, "after {stop_after}");
    }
    assert!(build(&told, &paths, At(1), &|_| true).is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_that_is_still_written_and_a_broken_journal_are_said() {
    let world = world();
    let show = show_of(&world).await;
    let mut records = Show::new("show");
    records.recording = true;
    records.recording_parts = vec!["two.mp4".into()];
    world
        .publish
        .send_modify(|published| published.show = Arc::new(records));
    let view: EvidenceView = ask(&world.after, Request::MakeEvidence { show }).await;
    assert_eq!(view.error, "still_written");
    world
        .publish
        .send_modify(|published| published.show = Arc::new(Show::new("show")));

    let connection = rusqlite::Connection::open(world.folders.journal()).unwrap();
    let change = "UPDATE entries SET actor = replace(actor, 'studio', 'nobody') WHERE seq = 4";
    assert_eq!(connection.execute(change, []).unwrap(), 1);
    drop(connection);
    let _: EvidenceView = ask(&world.after, Request::MakeEvidence { show }).await;
    let view = finished(&world, show).await;
    assert_eq!(
        (view.state, view.error.as_str()),
        (EvidenceState::Failed, "chain_broken")
    );
}
