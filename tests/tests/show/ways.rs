//! Every way out at once: RTMP, SRT and WHIP in one show, each with its own trouble.

use stallcast_show::Command;
use stallcast_tests::stage::{
    all_live, destination, destination_is, destination_live, health, put_destination, put_key,
    studio,
};
use stallcast_tests::world::{PATIENCE, RtmpServer, Session, SrtReceiver, WhipServer};
use stallcast_wire::{DestinationHealth, Preflight, Request, RunState};

const TOKEN: &str = "token-of-the-orchard";
const PASSPHRASE: &str = "correct-horse";

async fn put(session: &mut Session, id: &str, url: &str, key: &str) {
    let destination = destination(id, url);
    let command = Command::PutDestination { destination };
    session.command(command).await.unwrap();
    put_key(session, id, key).await;
}

/// Waits for `count` more of what `counted` counts.
async fn more(session: &mut Session, what: &str, count: u64, counted: impl Fn() -> u64) {
    let before = counted();
    session
        .until(PATIENCE, what, |_| {
            (counted() >= before + count).then_some(())
        })
        .await;
}

fn is_retrying(health: &DestinationHealth) -> bool {
    matches!(health.run, RunState::Retrying { .. })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn srt_and_whip_run_beside_rtmp_and_each_trouble_is_its_own() {
    let rtmp = RtmpServer::start();
    let srt = SrtReceiver::start(PASSPHRASE);
    let whip = WhipServer::start(TOKEN);
    let mut engine = studio(Default::default());
    let mut session = engine.session().await;
    put_destination(&mut session, "rtmp", &rtmp.url("live")).await;
    put(&mut session, "srt", &srt.url(), PASSPHRASE).await;
    put(&mut session, "whip", &whip.url(), "wrong").await;

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
    all_live(&mut session, &["rtmp", "srt"]).await;
    destination_is(&mut session, "whip", "refused", |h| {
        h.error == "not_authorized"
    })
    .await;
    put(&mut session, "whip", &whip.url(), TOKEN).await;
    destination_live(&mut session, "whip").await;
    more(&mut session, "SRT decodes", 60, || srt.frames()).await;
    more(&mut session, "WHIP decodes pictures", 60, || {
        whip.pictures()
    })
    .await;
    more(&mut session, "WHIP decodes sound", 60, || whip.sounds()).await;
    let sent = destination_is(&mut session, "whip", "a rate", |h| h.kbps > 50.0).await;
    assert!(sent.frames_sent > 0, "{sent:?}");

    // The SRT receiver dies and comes back.
    let port = srt.port();
    drop(srt);
    destination_is(&mut session, "srt", "lost", is_retrying).await;
    let srt = SrtReceiver::start_at(port, PASSPHRASE);
    destination_live(&mut session, "srt").await;
    more(&mut session, "SRT decodes again", 60, || srt.frames()).await;

    // The WHIP server dies without a word and comes back.
    let port = whip.port();
    drop(whip);
    destination_is(&mut session, "whip", "lost", is_retrying).await;
    let whip = WhipServer::start_at(port, TOKEN);
    destination_live(&mut session, "whip").await;
    more(&mut session, "WHIP decodes again", 60, || whip.pictures()).await;

    let rtmp_health = health(&session, "rtmp").unwrap().clone();
    assert_eq!(
        (rtmp_health.frames_dropped, rtmp_health.reconnects),
        (0, 0),
        "{rtmp_health:?}"
    );
    session.command(Command::EndShow).await.unwrap();
    session
        .until(PATIENCE, "the session is ended at the server", |_| {
            // A first try that a busy machine gave up may have begun one more.
            let (begun, deleted) = whip.begun_and_deleted();
            (begun >= 1 && deleted >= 1).then_some(())
        })
        .await;
    drop(session);
    assert!(engine.stop().success());
    rtmp.wait_for_recordings("live", 1, 300);
}
