//! Every way out at once: RTMP, SRT and WHIP in one show, each with its own trouble.

use std::time::Duration;

use stallcast_show::{Command, Destination};
use stallcast_tests::world::{RtmpServer, Session, SrtReceiver, WhipServer, eventually};
use stallcast_wire::{DestinationHealth, Preflight, Request, RunState};

use crate::stage::*;

const TOKEN: &str = "token-of-the-orchard";
const PASSPHRASE: &str = "correct-horse";
/// Two reports of a WebRTC receiver may be missing, and the machine is busy.
const PATIENCE: Duration = Duration::from_secs(60);

async fn put(session: &mut Session, id: &str, url: String, key: Option<&str>) {
    let destination = Destination {
        id: id.into(),
        platform: "custom".into(),
        name: id.into(),
        url,
        enabled: true,
        priority: Default::default(),
        canvas: Default::default(),
    };
    session
        .command(Command::PutDestination { destination })
        .await
        .unwrap();
    if let Some(key) = key {
        let key = Request::SetKey {
            destination: id.into(),
            key: key.to_owned(),
            allow_file: true,
        };
        session.request(key).await.unwrap();
    }
}

fn health<'a>(session: &'a Session, id: &str) -> Option<&'a DestinationHealth> {
    let all = &session.status.as_ref()?.destinations;
    all.iter().find(|health| health.id.as_str() == id)
}

async fn until(
    session: &mut Session,
    what: &str,
    id: &str,
    condition: impl Fn(&DestinationHealth) -> bool,
) -> DestinationHealth {
    session
        .until(PATIENCE, what, |s| {
            health(s, id).filter(|health| condition(health)).cloned()
        })
        .await
}

/// Waits for `count` more of what `counted` counts.
fn more(what: &str, count: u64, counted: impl Fn() -> u64) {
    let before = counted();
    eventually(PATIENCE, what, || {
        (counted() >= before + count).then_some(())
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn srt_and_whip_run_beside_rtmp_and_each_trouble_is_its_own() {
    let rtmp = RtmpServer::start();
    let srt = SrtReceiver::start(PASSPHRASE);
    let whip = WhipServer::start(TOKEN);
    let mut engine = engine(Default::default());
    let mut session = engine.session().await;
    put_destination(&mut session, "rtmp", &rtmp).await;
    put(&mut session, "srt", srt.url(), Some(PASSPHRASE)).await;
    put(&mut session, "whip", whip.url(), Some("wrong")).await;

    // Asked before the show: everybody is there, and one does not know us. No one call was spent on it.
    let looked = session.request(Request::Preflight).await.unwrap();
    let looked: Preflight = serde_json::from_value(looked).unwrap();
    let of = |name: &str| {
        let mut items = looked.items.iter();
        items
            .find(|item| item.params.get("name").is_some_and(|n| n == name))
            .unwrap()
    };
    assert_eq!(of("srt").key, "preflight.destination.ready");
    assert_eq!(of("whip").key, "preflight.destination.unreached");
    assert_eq!(of("whip").params["cause"], "not_authorized");

    session.command(Command::GoLive).await.unwrap();
    for id in ["rtmp", "srt"] {
        until(&mut session, "live", id, |h| h.run == RunState::Live).await;
    }
    until(&mut session, "refused", "whip", |h| {
        h.error == "not_authorized"
    })
    .await;
    put(&mut session, "whip", whip.url(), Some(TOKEN)).await;
    until(&mut session, "live", "whip", |h| h.run == RunState::Live).await;
    more("SRT decodes", 60, || srt.frames());
    more("WHIP decodes pictures", 60, || whip.pictures());
    more("WHIP decodes sound", 60, || whip.sounds());
    let sent = until(&mut session, "a rate", "whip", |h| h.kbps > 50.0).await;
    assert!(sent.frames_sent > 0, "{sent:?}");

    // The SRT receiver dies and comes back.
    let port = srt.port();
    drop(srt);
    until(&mut session, "SRT lost", "srt", |h| {
        matches!(h.run, RunState::Retrying { .. })
    })
    .await;
    let srt = SrtReceiver::start_at(port, PASSPHRASE);
    until(&mut session, "SRT back", "srt", |h| h.run == RunState::Live).await;
    more("SRT decodes again", 60, || srt.frames());

    // The WHIP server dies without a word and comes back.
    let port = whip.port();
    drop(whip);
    until(&mut session, "WHIP lost", "whip", |h| {
        matches!(h.run, RunState::Retrying { .. })
    })
    .await;
    let whip = WhipServer::start_at(port, TOKEN);
    until(&mut session, "WHIP back", "whip", |h| {
        h.run == RunState::Live
    })
    .await;
    more("WHIP decodes again", 60, || whip.pictures());

    let rtmp_health = health(&session, "rtmp").unwrap().clone();
    assert_eq!(
        (rtmp_health.frames_dropped, rtmp_health.reconnects),
        (0, 0),
        "{rtmp_health:?}"
    );
    session.command(Command::EndShow).await.unwrap();
    eventually(PATIENCE, "the session is ended at the server", || {
        let (begun, deleted) = whip.begun_and_deleted();
        (deleted == begun && begun == 1).then_some(())
    });
    drop(session);
    assert!(engine.stop().success());
    rtmp.wait_for_recordings("live", 1, 300);
}
