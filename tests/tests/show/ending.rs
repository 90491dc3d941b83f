//! How a show ends and how the next start finds it: ended on purpose, interrupted long ago, files damaged meanwhile.

use std::time::{Duration, SystemTime};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use stallcast_show::{ChatLine, Phase, SourceKind};
use stallcast_tests::probe::prove_playable;
use stallcast_tests::stage::{
    go_live, notice, put_destination, put_full_screen, recording_holds, studio,
};
use stallcast_tests::world::{Engine, PATIENCE, RtmpServer, Session, eventually};

async fn live(engine: &Engine, server: &RtmpServer) -> Session {
    let mut session = engine.session().await;
    put_full_screen(&mut session, "test", SourceKind::TestPicture).await;
    put_destination(&mut session, "one", &server.url("live")).await;
    go_live(&mut session, &["one"]).await;
    recording_holds(&mut session, 0).await;
    session
}

fn terminate(engine: &Engine) {
    let pid = Pid::from_raw(i32::try_from(engine.pid()).unwrap());
    kill(pid, Signal::SIGTERM).unwrap();
}

async fn phase(session: &mut Session) -> Phase {
    session
        .until(PATIENCE, "the show is told", |s| {
            Some(s.show.as_ref()?.phase)
        })
        .await
}

fn ask(engine: &Engine, id: &str, text: &str) {
    let body = format!(r#"{{"id":"{id}","author":"Fang","text":"{text}"}}"#);
    let kind = [("Content-Type", "application/json")];
    let answer = engine.http("POST", "/api/chat", &kind, body.as_bytes());
    assert_eq!(answer.status, 202, "{}", answer.text());
}

async fn said(session: &mut Session, text: &str) -> ChatLine {
    session
        .until(PATIENCE, text, |s| {
            s.chat.iter().find(|line| line.text == text).cloned()
        })
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_engine_ended_on_purpose_goes_on_air_again_only_when_asked() {
    let server = RtmpServer::start();
    let mut engine = studio(Default::default());
    let session = live(&engine, &server).await;
    drop(session);
    ask(&engine, "last", "The last line?");
    assert!(engine.stop().success(), "{}", engine.log());
    prove_playable(&engine.recordings()[0]);

    engine.restart();
    let mut session = engine.session().await;
    assert_eq!(phase(&mut session).await, Phase::Idle);
    let line = said(&mut session, "The last line?").await;
    assert!(line.question, "{line:?}");
    session
        .until(PATIENCE, "health is told", |s| {
            let status = s.status.as_ref()?;
            assert!(status.recording().is_none());
            (status.uptime_ms > 2000).then_some(())
        })
        .await;
    assert_eq!(engine.recordings().len(), 1, "no recording was begun");
    assert!(
        session
            .notices
            .iter()
            .all(|n| n.key != "notice.interrupted")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn told_to_end_once_more_the_engine_ends_at_once() {
    let server = RtmpServer::start();
    let mut engine = studio(Default::default());
    drop(live(&engine, &server).await);
    // A destination that takes nothing more holds up an orderly end for seconds.
    server.freeze();
    terminate(&engine);
    eventually(PATIENCE, "it heard", || {
        engine
            .log()
            .contains("told to end; once more")
            .then_some(())
    });
    terminate(&engine);
    let status = engine.wait_for_end();
    server.thaw();
    assert_eq!(status.code(), Some(130), "{}", engine.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_show_interrupted_long_ago_is_told_of_and_waits_for_a_person() {
    let server = RtmpServer::start();
    let mut engine = studio(Default::default());
    drop(live(&engine, &server).await);
    engine.kill9();
    let hour_ago = SystemTime::now() - Duration::from_secs(3600);
    std::fs::File::options()
        .write(true)
        .open(engine.data().join("alive"))
        .unwrap()
        .set_modified(hour_ago)
        .unwrap();
    engine.restart();
    for _ in 0..2 {
        let mut session = engine.session().await;
        assert_eq!(phase(&mut session).await, Phase::Idle);
        let told = notice(&mut session, "notice.interrupted").await;
        let at: u128 = told.params["at"].parse().unwrap();
        let expected = hour_ago.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(at, expected.as_millis());
    }
    let mut session = engine.session().await;
    go_live(&mut session, &["one"]).await;
    let mut later = engine.session().await;
    assert!(matches!(phase(&mut later).await, Phase::Live { .. }));
    // A recording that is made whole meanwhile is told of all the same.
    let mut standing = later.notices.iter();
    assert!(
        standing.all(|n| n.key != "notice.interrupted"),
        "answered: {:?}",
        later.notices
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn chat_and_questions_are_there_again_after_a_crash() {
    let mut engine = studio(Default::default());
    let mut session = engine.session().await;
    ask(&engine, "1", "How sweet are they?");
    ask(&engine, "2", "Hello");
    said(&mut session, "Hello").await;
    drop(session);
    engine.kill9();
    engine.restart();
    let mut session = engine.session().await;
    assert!(said(&mut session, "How sweet are they?").await.question);
    said(&mut session, "Hello").await;
    // The sender does not know what arrived, and says it again.
    ask(&engine, "2", "Hello");
    ask(&engine, "3", "Bye");
    said(&mut session, "Bye").await;
    let hellos = session.chat.iter().filter(|line| line.text == "Hello");
    assert_eq!(hellos.count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn damaged_files_are_kept_aside_and_told_of() {
    let mut engine = studio(Default::default());
    engine.kill9();
    for file in ["keys.json", "chat.json"] {
        std::fs::write(engine.data().join(file), b"{\"half\": ").unwrap();
    }
    engine.restart();
    let mut session = engine.session().await;
    for key in ["notice.keys_damaged", "notice.chat_damaged"] {
        let told = notice(&mut session, key).await;
        let kept = engine.data().join(&told.params["file"]);
        assert_eq!(std::fs::read(kept).unwrap(), b"{\"half\": ");
    }
}

#[test]
fn the_show_s_files_are_for_this_user_only_and_what_is_not_there_is_said_to_be_missing() {
    use std::os::unix::fs::PermissionsExt;
    let engine = studio(Default::default());
    let files = eventually(PATIENCE, "journal, lock, address and sign of life", || {
        let entries = std::fs::read_dir(engine.data()).unwrap().flatten();
        // One that is replaced just now is looked at under its own name.
        let files: Vec<_> = entries
            .filter_map(|entry| Some((entry.file_name(), entry.metadata().ok()?)))
            .filter(|(_, meta)| meta.is_file())
            .collect();
        let alive = files.iter().any(|(name, _)| name == "alive");
        (alive && files.len() >= 4).then_some(files)
    });
    for (name, meta) in files {
        assert_eq!(meta.permissions().mode() & 0o077, 0, "{name:?}");
    }

    let missing = engine.http("GET", "/api/nothing/here", &[], b"");
    assert_eq!(missing.status, 404);
    let error: stallcast_wire::WireError = serde_json::from_slice(&missing.body).unwrap();
    assert_eq!(error.code, stallcast_wire::ErrorCode::NotFound);
    assert_eq!(engine.http("GET", "/api/health", &[], b"").status, 200);
}
