//! Landscape and portrait at once: each arrives at its own server and in its own file, in its own shape, and both
//! show the same product with the same second on its clock.

use std::path::{Path, PathBuf};
use std::time::Duration;

use stallcast_show::{Canvas, Canvases, Command, Destination};
use stallcast_tests::probe::{first_frame_unix_ms, frame_at, prove_playable};
use stallcast_tests::stage::{
    assets, destination, end_show, file, go_live, import_orchard, input_live, put_destination,
    put_destination_like, put_full_screen, put_on_air, show_of, studio, switch_canvases,
};
use stallcast_tests::world::{PATIENCE, RtmpServer};

use crate::card::{difference, expected_on, seconds_shown};

fn size(file: &Path) -> (u32, u32) {
    let video = prove_playable(file).video.unwrap();
    (video.width, video.height)
}

/// The one of these files that is upright, after the other one.
fn by_shape(files: Vec<PathBuf>) -> [PathBuf; 2] {
    let mut files = files;
    assert_eq!(files.len(), 2, "{files:?}");
    files.sort_by_key(|file| size(file).1);
    files.try_into().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn both_canvases_reach_their_servers_and_files_with_one_clock() {
    let servers = [RtmpServer::start(), RtmpServer::start()];
    let mut engine = studio(Default::default());
    let mut session = engine.session().await;
    let orchard = file(&assets().join("demo/orchard.mp4"));
    put_full_screen(&mut session, "clip", orchard).await;
    input_live(&mut session, "clip").await;
    let products = import_orchard(&engine, &mut session).await;

    put_destination(&mut session, "wide", &servers[0].url("live")).await;
    let tall = Destination {
        canvas: Canvas::Portrait,
        ..destination("tall", &servers[1].url("live"))
    };
    put_destination_like(&mut session, tall).await;
    let refused = session.command(Command::GoLive).await.unwrap_err();
    assert_eq!(refused.message_key, "refusal.canvas_off", "{refused:?}");
    switch_canvases(&mut session, Canvases::Both).await;
    go_live(&mut session, &["wide", "tall"]).await;

    put_on_air(&mut session, &products[1]).await;
    let countdown = Command::StartCountdown { seconds: 100 };
    session.command(countdown).await.unwrap();
    session
        .until(PATIENCE, "the clock runs", |s| {
            s.show.as_ref()?.countdown.as_ref().map(drop)
        })
        .await;
    let show = show_of(&session);
    // Nobody's canvas goes away while it is on air.
    let less = Command::SetCanvases {
        canvases: Canvases::Landscape,
    };
    let refused = session.command(less).await.unwrap_err();
    assert_eq!(refused.message_key, "refusal.canvas_in_use", "{refused:?}");
    session.play(Duration::from_secs(12)).await;
    let status = session.status.clone().unwrap();
    for destination in &status.destinations {
        assert_eq!(destination.frames_dropped, 0, "{destination:?}");
        assert_eq!(destination.reconnects, 0, "{destination:?}");
    }

    end_show(&mut session).await;
    // Portrait alone, then: the other one costs nothing any more.
    switch_canvases(&mut session, Canvases::Portrait).await;
    drop(session);
    assert!(engine.stop().success());

    for (server, wanted) in [(&servers[0], (1280, 720)), (&servers[1], (720, 1280))] {
        let received = server.finished_recordings("live").remove(0);
        assert_eq!(size(&received), wanted);
    }
    let files = by_shape(engine.recordings());
    let name = |file: &Path| file.file_name().unwrap().to_string_lossy().into_owned();
    assert!(!name(&files[0]).contains("portrait"));
    assert!(name(&files[1]).ends_with("-portrait.mp4"));
    let began: Vec<f64> = files
        .iter()
        .map(|file| first_frame_unix_ms(file).unwrap())
        .collect();

    // At the same moment of the day both show the same second; in the middle of one, so that a picture more or
    // less does not matter.
    let clock = show.countdown.clone().unwrap();
    for gone in [3, 5, 8] {
        let moment = (clock.started.0 + gone * 1000 + 500) as f64;
        let left = 100 - u32::try_from(gone).unwrap();
        for (file, began) in files.iter().zip(&began) {
            let at = Duration::from_secs_f64((moment - began) / 1000.0);
            let frame = frame_at(file, at);
            let (shown, error) = seconds_shown(&frame, &show, left);
            assert!(error < 12.0, "{}: no clock fits: {error:.1}", name(file));
            assert_eq!(shown, left, "{} {gone} s after the start", name(file));
        }
    }
    // The card is where the theme has it upright, not where it stands on the wide picture.
    let at = Duration::from_secs_f64(((clock.started.0 + 4_500) as f64 - began[1]) / 1000.0);
    let frame = frame_at(&files[1], at);
    let layers = expected_on(&show, clock.started, 720, 1280);
    let card = layers.iter().find(|layer| layer.id == "card").unwrap();
    let error = difference(&frame, card, &layers);
    assert!(error < 9.0, "the upright card differs by {error:.1}");
}
