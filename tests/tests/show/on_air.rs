//! The show of the README: a camera and a screen, a card with a running clock, two servers and the recording.

use std::time::Duration;

use stallcast_show::{Area, Command, SourceKind, Transition};
use stallcast_tests::probe::{av_offset_ms, flash_clip, frame_at, prove_playable};
use stallcast_tests::world::{PipeWireSession, RtmpServer, Xvfb};

use crate::card::{difference, expected, seconds_shown};
use crate::stage::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn camera_screen_card_and_clock_reach_two_servers_and_the_recording() {
    let devices = PipeWireSession::start();
    let _camera = devices.camera("cam", "smpte");
    let screen = Xvfb::start(1280, 720);
    screen.draw("navy");
    let servers = [RtmpServer::start(), RtmpServer::start()];
    let mut env = devices.env();
    env.insert("DISPLAY".into(), screen.display().into());
    let mut engine = engine(env);
    let mut session = engine.session().await;

    put_source(&mut session, "camera", SourceKind::Camera { device: None }).await;
    let display = Some(screen.display().to_owned());
    put_source(&mut session, "screen", SourceKind::Screen { display }).await;
    let folder = tempfile::tempdir().unwrap();
    let clip = folder.path().join("flash.mp4");
    flash_clip(&clip, Duration::from_secs(20), Duration::ZERO);
    let path = clip.to_string_lossy().into_owned();
    put_source(&mut session, "clip", SourceKind::File { path }).await;
    let corner = Area {
        x: 6500,
        y: 500,
        width: 3000,
        height: 3000,
    };
    // Large enough that its flashes are seen in the brightness of the whole picture.
    let flashing = Area {
        x: 0,
        y: 500,
        width: 5000,
        height: 5000,
    };
    let placed = [
        ("camera", Area::FULL),
        ("screen", corner),
        ("clip", flashing),
    ];
    put_scene(&mut session, "stall", &placed).await;
    switch(&mut session, "stall", Transition::Cut).await;
    for source in ["camera", "screen", "clip"] {
        input_live(&mut session, source).await;
    }

    let products = import_orchard(&engine, &mut session).await;
    put_destination(&mut session, "one", &servers[0]).await;
    put_destination(&mut session, "two", &servers[1]).await;
    go_live(&mut session, &["one", "two"]).await;

    let product = products[1].id.clone();
    session
        .command(Command::PutOnAir {
            product: product.clone(),
        })
        .await
        .unwrap();
    let countdown = Command::StartCountdown { seconds: 100 };
    session.command(countdown).await.unwrap();
    session
        .until(STEP, "product 2 is on air with its clock", |s| {
            let show = s.show.as_ref()?;
            let running = show
                .countdown
                .as_ref()
                .is_some_and(|c| c.product == product);
            (running && show.on_air.as_ref()?.product == product).then_some(())
        })
        .await;
    let show = show_of(&session);
    session.play(Duration::from_secs(8)).await;

    // One server freezes and then dies; the other must get every frame of it.
    servers[0].freeze();
    session.play(Duration::from_secs(8)).await;
    let [mut dying, healthy] = servers;
    dying.kill();
    session.play(Duration::from_secs(4)).await;
    let status = session.status.clone().unwrap();
    let health = |id: &str| {
        status
            .destinations
            .iter()
            .find(|d| d.id.as_str() == id)
            .unwrap()
            .clone()
    };
    assert_eq!(health("two").frames_dropped, 0, "{:?}", health("two"));
    assert_eq!(health("two").reconnects, 0);
    assert!(
        !health("one").error.is_empty(),
        "the dead server is said to be dead"
    );

    let skipped = status.encoder().unwrap().skipped_frames;

    session.command(Command::EndShow).await.unwrap();
    session
        .until(STEP, "everything has ended", |s| {
            s.status.as_ref()?.recording().is_none().then_some(())
        })
        .await;
    drop(session);
    assert!(engine.stop().success());

    let received = healthy.wait_for_recordings("live", 1, 1000).remove(0);
    let facts = prove_playable(&received);
    let video = facts.video.clone().unwrap();
    assert_eq!((video.width, video.height), (1280, 720));
    // Pictures that a busy machine never made are counted by the engine and are no loss on the way.
    println!("{skipped} pictures never made");
    let made = video.frames as f64 + skipped as f64;
    let expected_frames = video.duration.as_secs_f64() * 30.0;
    assert!(
        video.frames as f64 <= expected_frames * 1.01 && made >= expected_frames * 0.99,
        "{video:?}, {skipped} never made"
    );
    let late = 0.05 + (skipped as f64 / 30.0).min(0.5);
    let longest = video.keyframe_interval_max;
    assert!((longest.as_secs_f64() - 2.0).abs() < late, "{video:?}");
    let audio = facts.audio.unwrap();
    assert_eq!(
        (audio.codec.as_str(), audio.sample_rate, audio.channels),
        ("aac", 48_000, 2)
    );

    // The card of product 2, and a clock that runs by the second.
    let at = Duration::from_secs(6);
    let frame = frame_at(&received, at);
    let layers = expected(&show, show.countdown.as_ref().unwrap().started);
    let card = layers.iter().find(|layer| layer.id == "card").unwrap();
    let error = difference(&frame, card, &layers);
    assert!(error < 8.0, "the card on air differs by {error:.1}");
    let (first, error) = seconds_shown(&frame, &show, 95);
    assert!(error < 12.0, "no clock fits: {error:.1}");
    for later in [2, 5, 9] {
        let frame = frame_at(&received, at + Duration::from_secs(later));
        let (shown, _) = seconds_shown(&frame, &show, first - later as u32);
        assert_eq!(shown, first - later as u32, "{later} s later");
    }
    // The screen in its corner: navy.
    let [red, _, blue] = stallcast_tests::probe::mean_colour(
        &frame,
        stallcast_tests::probe::Region::of(1280, 720, 0.75, 0.15, 0.9, 0.3),
    );
    assert!(
        blue > 90.0 && red < 40.0,
        "the screen is not in its corner: red {red}, blue {blue}"
    );

    let recording = engine.recordings().remove(0);
    let recorded = prove_playable(&recording).video.unwrap();
    assert!(
        recorded.frames + 60 >= video.frames,
        "{} of {}",
        recorded.frames,
        video.frames
    );
    for (what, file) in [("the server", &received), ("the recording", &recording)] {
        let offset = av_offset_ms(file).expect("flashes and beeps");
        println!("sound comes {offset:.0} ms after the picture in {what}");
        assert!(offset.abs() < 40.0, "{offset} ms in {what}");
    }
}
