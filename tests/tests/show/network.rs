//! The machine's own network: when it comes back, nobody sits out a wait that was for the time without it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use stallcast_show::{Command, Destination, Priority, SourceKind};
use stallcast_tests::stage::{
    destination, destination_is, destination_live, go_live, health, put_destination,
    put_destination_like, put_full_screen, put_key, studio,
};
use stallcast_tests::world::{
    Engine, PATIENCE, RtmpServer, Session, Site, SrtReceiver, WhipServer,
};
use stallcast_wire::{
    DestinationHealth, ErrorCode, Request, RunState, UploadTarget, UploadTestView,
};

/// A wait that is clearly longer than noticing the network, connecting and settling take.
const LONG_MS: u64 = 7_000;

/// A studio with a test picture on screen and this server as its destination `far`.
async fn with_far(server: &RtmpServer) -> (Engine, Session) {
    let engine = studio(Default::default());
    let mut session = engine.session().await;
    put_full_screen(&mut session, "test", SourceKind::TestPicture).await;
    put_destination(&mut session, "far", &server.url("live")).await;
    (engine, session)
}

#[tokio::test]
#[ignore = "pulls a cable of this machine: needs root and iproute2"]
async fn a_destination_that_waits_tries_at_once_when_the_cable_is_back() {
    let server = RtmpServer::start_behind(Site::new());
    let (_engine, mut session) = with_far(&server).await;
    go_live(&mut session, &["far"]).await;

    server.site().unwrap().pull();
    // The waits take a while to grow: a stall of 3 s, then 0, 1, 2 and 4 s.
    let left = session
        .until(PATIENCE, "a long wait", |s| match health(s, "far")?.run {
            RunState::Retrying { next_in_ms, .. } => Some(next_in_ms).filter(|ms| *ms > LONG_MS),
            _ => None,
        })
        .await;
    server.site().unwrap().plug();
    let plugged = Instant::now();
    destination_live(&mut session, "far").await;
    let took = plugged.elapsed();
    println!("live {took:?} after the cable was back; {left} ms of the wait were left");
    assert!(took < Duration::from_millis(left), "{took:?} of {left} ms");
}

#[tokio::test]
#[ignore = "limits a cable of this machine: needs root and iproute2"]
async fn the_upload_test_finds_what_the_link_takes_and_its_bitrate_becomes_the_shows() {
    const OFFERED_KBPS: u32 = 3_000;
    let server = RtmpServer::start_behind(Site::new());
    server.site().unwrap().limit(Some(OFFERED_KBPS));
    let (_engine, mut session) = with_far(&server).await;

    // The server is nobody's platform, so that it could be seen there.
    let to = UploadTarget::Destination {
        destination: "far".into(),
    };
    let refused = session.request(Request::TestUpload { to }).await;
    assert_eq!(refused.unwrap_err().code, ErrorCode::UploadUntestable);

    let url = format!("{}/upload", server.url("live"));
    let to = UploadTarget::Server { url };
    let found = session.request(Request::TestUpload { to }).await.unwrap();
    let found: UploadTestView = serde_json::from_value(found).unwrap();
    println!("{found:?} of {OFFERED_KBPS} kbit/s");
    let part = f64::from(found.kbps) / f64::from(OFFERED_KBPS);
    assert!((0.85..=1.15).contains(&part), "{found:?}");
    assert!(!found.is_least, "{found:?}");

    let kbps = Some(found.recommended_kbps);
    let command = Command::SetVideoBitrate { kbps };
    session.command(command).await.unwrap();
    session
        .until(PATIENCE, "the show's bitrate", |s| {
            let encoder = s.status.as_ref()?.encoder()?;
            (encoder.kbps == found.recommended_kbps).then_some(())
        })
        .await;
}

/// Goes live with a server near by and with `far`, whose link becomes short and wide again; `decoded` counts what comes
/// there.
async fn over_a_short_link(url: &str, key: &str, link: &Site, decoded: impl Fn() -> u64) {
    const SHORT_KBPS: u32 = 1_000;
    let near = RtmpServer::start();
    let engine = studio(Default::default());
    let mut session = engine.session().await;
    put_full_screen(&mut session, "test", SourceKind::TestPicture).await;
    put_destination(&mut session, "near", &near.url("live")).await;
    put_destination(&mut session, "far", url).await;
    put_key(&mut session, "far", key).await;
    go_live(&mut session, &["near", "far"]).await;
    let whole = destination_is(&mut session, "far", "sent the show's own stream", |h| {
        h.frames_sent > 60 && h.target_kbps > SHORT_KBPS
    })
    .await
    .target_kbps;

    link.limit(Some(SHORT_KBPS));
    let sent = |h: &DestinationHealth| (1..SHORT_KBPS).contains(&h.target_kbps);
    destination_is(&mut session, "far", "sent what its link takes", sent).await;
    let had = decoded();
    session
        .until(PATIENCE, "pictures over the short link", |_| {
            (decoded() >= had + 150).then_some(())
        })
        .await;
    let short = health(&session, "far").unwrap().target_kbps;
    println!("{short} kbit/s of {whole} over {SHORT_KBPS}");

    link.limit(None);
    // A link that loses what it cannot carry is tried with care: it climbs in small steps, with half a minute between
    // two tries where one failed.
    session
        .until(3 * PATIENCE, "more again", |s| {
            (2 * health(s, "far")?.target_kbps >= 3 * short).then_some(())
        })
        .await;
    let near = health(&session, "near").unwrap();
    assert_eq!((near.frames_dropped, near.reconnects), (0, 0), "{near:?}");
}

#[tokio::test]
#[ignore = "limits a cable of this machine: needs root and iproute2"]
async fn a_short_srt_link_gets_a_smaller_stream_and_more_when_it_is_wide_again() {
    const PASSPHRASE: &str = "correct-horse";
    let far = SrtReceiver::start_behind(Site::new(), PASSPHRASE);
    let link = far.site().unwrap();
    over_a_short_link(&far.url(), PASSPHRASE, link, || far.frames()).await;
}

/// SRT does not give way as TCP does, and brings more than what is asked of it: on a link that is short for both it would
/// take what the other lacks.
#[tokio::test]
#[ignore = "limits a cable of this machine: needs root and iproute2"]
async fn where_one_sells_a_short_link_is_not_taken_by_srt() {
    const PASSPHRASE: &str = "correct-horse";
    const SHORT_KBPS: u32 = 900;
    let link = Arc::new(Site::new());
    let seller = RtmpServer::start_behind(link.clone());
    let other = SrtReceiver::start_behind(link.clone(), PASSPHRASE);
    let engine = studio(Default::default());
    let mut session = engine.session().await;
    put_full_screen(&mut session, "test", SourceKind::TestPicture).await;
    let sells = Destination {
        priority: Priority::Protected,
        ..destination("seller", &seller.url("live"))
    };
    put_destination_like(&mut session, sells).await;
    put_destination(&mut session, "other", &other.url()).await;
    put_key(&mut session, "other", PASSPHRASE).await;
    go_live(&mut session, &["seller", "other"]).await;

    link.limit(Some(SHORT_KBPS));
    let before = ["seller", "other"].map(|id| health(&session, id).unwrap().clone());
    // Fifty seconds: the first are spent on learning what the link takes.
    session
        .until(3 * PATIENCE, "pictures over the short link", |s| {
            let sent = health(s, "seller")?.frames_sent;
            (sent >= before[0].frames_sent + 1_500).then_some(())
        })
        .await;
    let after = ["seller", "other"].map(|id| health(&session, id).unwrap().clone());
    let since = |n: usize| {
        let (before, after) = (&before[n], &after[n]);
        let dropped = after.frames_dropped - before.frames_dropped;
        (after.frames_sent - before.frames_sent, dropped)
    };
    println!(
        "sent and dropped: seller {:?}, other {:?}",
        since(0),
        since(1)
    );
    assert_eq!(after[0].reconnects, before[0].reconnects, "{:?}", after[0]);
    // Where both fit they get the same; two seconds may be on their way.
    assert!(since(0).0 + 60 >= since(1).0, "{after:?}");
    // Before, it dropped on and on while the other had everything.
    assert!(since(0).1 < 300, "{:?}", after[0]);
}

#[tokio::test]
#[ignore = "limits a cable of this machine: needs root and iproute2"]
async fn a_short_whip_link_gets_a_smaller_stream_and_more_when_it_is_wide_again() {
    const TOKEN: &str = "token-of-the-orchard";
    let far = WhipServer::start_behind(Site::new(), TOKEN);
    let link = far.site().unwrap();
    over_a_short_link(&far.url(), TOKEN, link, || far.pictures()).await;
}
