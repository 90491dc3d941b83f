//! A recordings disk that stands still, as a network disk that is gone: what waits for it keeps nothing else waiting.

use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sched::{CloneFlags, unshare};
use stallcast_show::{Command as Change, SourceKind};
use stallcast_tests::stage::{
    end_show, import_orchard, nothing_recorded, put_full_screen, put_on_air, record,
    recording_holds,
};
use stallcast_tests::world::{Engine, EngineOptions, PATIENCE, Session, http, run};
use stallcast_wire::{
    ClipEdges, ClipState, ClipsView, ErrorCode, EvidenceState, EvidenceView, PastShows,
    ReplacementAsk, Request, WireError,
};
use tokio::time::{Duration, Instant};

/// More than the recorder wants to be left free; none of it is really taken.
const SIZE: &str = "32G";
/// Between two questions.
const EVERY: Duration = Duration::from_millis(100);

/// A disk of its own for a folder, seen by this test alone. Writing stands still while it is frozen.
struct Disk {
    at: PathBuf,
    frozen: bool,
}

impl Disk {
    fn mount(image: &Path, at: &Path) -> Self {
        unshare(CloneFlags::CLONE_NEWNS).expect("a mount namespace needs root");
        run("mount", ["--make-rprivate", "/"]);
        let name = image.to_str().unwrap();
        run("truncate", ["-s", SIZE, name]);
        run("mkfs.ext4", ["-q", "-E", "lazy_itable_init=1", name]);
        std::fs::create_dir_all(at).unwrap();
        run("mount", ["-o", "loop", name, at.to_str().unwrap()]);
        Self {
            at: at.to_owned(),
            frozen: false,
        }
    }

    fn freeze(&mut self) {
        run("fsfreeze", ["-f", self.at.to_str().unwrap()]);
        self.frozen = true;
    }

    fn thaw(&mut self) {
        run("fsfreeze", ["-u", self.at.to_str().unwrap()]);
        self.frozen = false;
    }
}

impl Drop for Disk {
    /// What waits for a frozen disk cannot even be killed.
    fn drop(&mut self) {
        if self.frozen {
            let _ = Command::new("fsfreeze").arg("-u").arg(&self.at).status();
        }
    }
}

fn look(engine: &Engine) -> Option<WireError> {
    let bearer = format!("Bearer {}", engine.token());
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
    ];
    let body = serde_json::to_vec(&ReplacementAsk::Look).unwrap();
    let answer = http(engine.port(), "POST", "/api/replacement", &headers, &body);
    let answer = answer.expect("the desk answers");
    (answer.status != 200).then(|| serde_json::from_str(&answer.text()).unwrap())
}

/// Asks until the engine says that it does that, while other commands are carried out.
async fn is_said_to_run(engine: &Engine, session: &mut Session, what: &str) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let said = look(engine);
        let name = what.to_owned();
        session.command(Change::Rename { name }).await.unwrap();
        if let Some(error) = said {
            assert_eq!(error.code, ErrorCode::NotReplaceable, "{error:?}");
            assert_eq!(error.params["cause"], what);
            return;
        }
        assert!(Instant::now() < deadline, "{what} was never begun");
        session.play(EVERY).await;
    }
}

async fn answer<T: serde::de::DeserializeOwned>(session: &mut Session, request: Request) -> T {
    serde_json::from_value(session.request(request).await.unwrap()).unwrap()
}

#[tokio::test]
#[ignore = "mounts and freezes a disk: needs root and a / that is a mount"]
async fn the_desk_works_on_while_clips_and_evidence_wait_for_a_disk() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let image = home.path().join("disk");
    // Before the engine, which sees what this thread sees; after it in dropping, so that it can end.
    let engine;
    let mut disk = Disk::mount(&image, &data.join("recordings"));
    engine = Engine::start(EngineOptions {
        arguments: ["--empty"].map(str::to_owned).into(),
        data: Some(data),
        ..Default::default()
    });
    let mut session = engine.session().await;
    put_full_screen(&mut session, "test", SourceKind::TestPicture).await;
    let products = import_orchard(&engine, &mut session).await;
    session.command(Change::StartRehearsal).await.unwrap();
    record(&mut session, true).await;
    recording_holds(&mut session, 20_000).await;
    put_on_air(&mut session, &products[0]).await;
    session.play(Duration::from_secs(5)).await;
    record(&mut session, false).await;
    nothing_recorded(&mut session).await;
    end_show(&mut session).await;
    let past: PastShows = answer(&mut session, Request::PastShows).await;
    let show = past.shows[0].show;
    let edges = ClipEdges::Keyframe;

    let mut other = engine.session().await;
    disk.freeze();
    let making = tokio::spawn(async move {
        let _: ClipsView = answer(&mut other, Request::MakeClips { show, edges }).await;
        other
    });
    is_said_to_run(&engine, &mut session, "replace_clips").await;
    let again = session.request(Request::MakeClips { show, edges }).await;
    assert_eq!(again.unwrap_err().code, ErrorCode::Busy);
    assert!(!making.is_finished(), "it did not wait for the disk");
    disk.thaw();
    let mut other = making.await.unwrap();
    let deadline = Instant::now() + PATIENCE;
    let clips = loop {
        let view: ClipsView = answer(&mut session, Request::Clips { show, edges }).await;
        if !view.running {
            break view.clips;
        }
        assert!(Instant::now() < deadline, "{view:?}");
        session.play(EVERY).await;
    };
    let is_made = |clip: &stallcast_wire::ClipView| clip.state == ClipState::Made;
    assert!(clips.iter().any(is_made), "{clips:?}");

    disk.freeze();
    let making = tokio::spawn(async move {
        let _: EvidenceView = answer(&mut other, Request::MakeEvidence { show }).await;
    });
    is_said_to_run(&engine, &mut session, "replace_evidence").await;
    assert!(!making.is_finished(), "it did not wait for the disk");
    disk.thaw();
    making.await.unwrap();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let view: EvidenceView = answer(&mut session, Request::Evidence { show }).await;
        match view.state {
            EvidenceState::Made => break,
            EvidenceState::Working => assert!(Instant::now() < deadline, "{view:?}"),
            _ => panic!("{view:?}"),
        }
        session.play(EVERY).await;
    }
    assert!(look(&engine).is_none());
}
