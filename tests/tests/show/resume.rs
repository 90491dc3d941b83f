//! The engine is killed in mid-show.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use stallcast_show::{Command, Phase, SourceKind};
use stallcast_tests::probe::prove_playable;
use stallcast_tests::stage::{
    destination_live, end_show, go_live, import_orchard, put_destination, put_full_screen,
    put_on_air, recording_holds, show_of, studio,
};
use stallcast_tests::world::{PATIENCE, RtmpServer};
use stallcast_wire::Request;

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_show_killed_in_the_middle_goes_on_with_the_same_product_and_clock() {
    let server = RtmpServer::start();
    let mut engine = studio(Default::default());
    let mut session = engine.session().await;
    put_full_screen(&mut session, "test", SourceKind::TestPicture).await;
    let products = import_orchard(&engine, &mut session).await;
    put_destination(&mut session, "one", &server.url("live")).await;
    go_live(&mut session, &["one"]).await;
    recording_holds(&mut session, 0).await;
    let recording_since = Instant::now();
    put_on_air(&mut session, &products[2]).await;
    session
        .command(Command::StartCountdown { seconds: 600 })
        .await
        .unwrap();
    session.play(Duration::from_secs(8)).await;
    let before = show_of(&session);
    drop(session);

    let recorded = recording_since.elapsed();
    let (killed, killed_at) = (Instant::now(), SystemTime::now());
    let address = (engine.port(), engine.token().to_owned());
    engine.kill9();
    engine.restart();
    assert_eq!(
        (engine.port(), engine.token().to_owned()),
        address,
        "a page that is open finds it again"
    );
    let mut session = engine.session().await;
    destination_live(&mut session, "one").await;
    let resumed = killed.elapsed();
    let (on_air, countdown, phase) = session
        .until(PATIENCE, "the show is there", |s| {
            let show = s.show.as_ref()?;
            Some((show.on_air.clone()?, show.countdown.clone()?, show.phase))
        })
        .await;
    assert_eq!(Some(&on_air), before.on_air.as_ref());
    assert_eq!(
        Some(&countdown),
        before.countdown.as_ref(),
        "one deadline, one second everywhere"
    );
    assert!(matches!(phase, Phase::Live { .. }));
    // The start of a program built for debugging, with its encoder's trial, is in it: a benchmark judges it.
    println!("live again {resumed:?} after the kill");
    recording_holds(&mut session, 0).await;
    session.play(Duration::from_secs(4)).await;
    end_show(&mut session).await;
    let parts = session
        .until(PATIENCE, "both parts are told of", |s| {
            let parts = &s.show.as_ref()?.recording_parts;
            (parts.len() > 1).then(|| parts.clone())
        })
        .await;
    let told = session.request(Request::PastShows).await.unwrap();
    let show = told["shows"][0]["show"].as_u64().unwrap();
    let told = session.request(Request::Recap { show }).await.unwrap();
    let incidents = told["recap"]["incidents"].as_array().unwrap();
    let gone = incidents.iter().find(|it| it["kind"] == "engine").unwrap();
    let (from, to) = (gone["from"].as_i64().unwrap(), gone["to"].as_i64().unwrap());
    let killed_at = killed_at.duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
    // The sign of life is two seconds old at most when the engine dies, more on a busy machine.
    assert!((killed_at - 15_000..=killed_at).contains(&from), "{gone}");
    assert!((killed_at..killed_at + 60_000).contains(&to), "{gone}");
    drop(session);
    assert!(engine.stop().success());

    let files = engine.recordings();
    assert_eq!(files.len(), 2, "{files:?}");
    assert_eq!(parts.len(), 2, "both parts are in the journal: {parts:?}");
    let first = prove_playable(&files[0]).video.unwrap().duration;
    // Counted from the moment the page was told of the first byte: what was recorded before it makes the bound
    // stricter by nothing, what is lost at the end is all in it.
    let lost = recorded.saturating_sub(first);
    println!("the killed part plays {first:?} of {recorded:?}: {lost:?} lost");
    // A fragment, what is on its way through the encoder, and a busy machine.
    assert!(lost <= Duration::from_secs(3), "{lost:?} lost");
    prove_playable(&files[1]);
}
