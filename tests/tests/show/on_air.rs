//! The show of the README: a camera and a screen, a card with a running clock, two servers and the recording.

use std::path::Path;
use std::time::Duration;

use stallcast_show::{Area, Command, Show};
use stallcast_tests::probe::{Region, av_offset_ms, frame_at, mean_colour, prove_playable};
use stallcast_tests::stage::{
    Booth, encoder, end_show, file, flashes, go_live, health, import_orchard, input_live,
    put_destination, put_on_air, put_scene, put_source, show_of, switch_to,
};
use stallcast_tests::world::{PATIENCE, RtmpServer};

use crate::card::{difference, expected, seconds_shown};

/// When the card of the show is in its place in a recorded stream. It was put on air after the stream began: how long
/// after depends on the machine.
fn card_in_place(stream: &Path, show: &Show) -> Duration {
    let layers = expected(show, show.countdown.as_ref().unwrap().started);
    let card = layers.iter().find(|layer| layer.id == "card").unwrap();
    let mut errors = Vec::new();
    for at in (1..12).map(Duration::from_secs) {
        let error = difference(&frame_at(stream, at), card, &layers);
        if error < 8.0 {
            return at;
        }
        errors.push(error);
    }
    panic!("the card on air differs second by second by {errors:.1?}");
}

/// When the clock on a recorded stream shows another second than it does at `from`, to a tenth of one.
fn clock_turns(stream: &Path, show: &Show, from: Duration) -> Duration {
    let shown = |at| seconds_shown(&frame_at(stream, at), show, 95).0;
    let first = shown(from);
    let mut tenths = (1..=12).map(|tenth| from + Duration::from_millis(tenth * 100));
    tenths
        .find(|at| shown(*at) != first)
        .expect("the clock runs")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn camera_screen_card_and_clock_reach_two_servers_and_the_recording() {
    let mut booth = Booth::open();
    let servers = [RtmpServer::start(), RtmpServer::start()];
    let mut session = booth.engine.session().await;
    booth.put_sources(&mut session).await;
    let folder = tempfile::tempdir().unwrap();
    put_source(&mut session, "clip", file(&flashes(folder.path()))).await;
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
    switch_to(&mut session, "stall").await;
    for source in ["camera", "screen", "clip"] {
        input_live(&mut session, source).await;
    }

    let products = import_orchard(&booth.engine, &mut session).await;
    put_destination(&mut session, "one", &servers[0].url("live")).await;
    put_destination(&mut session, "two", &servers[1].url("live")).await;
    go_live(&mut session, &["one", "two"]).await;

    put_on_air(&mut session, &products[1]).await;
    let countdown = Command::StartCountdown { seconds: 100 };
    session.command(countdown).await.unwrap();
    session
        .until(PATIENCE, "product 2 is on air with its clock", |s| {
            let show = s.show.as_ref()?;
            let (clock, card) = (show.countdown.as_ref()?, show.on_air.as_ref()?);
            let both = [&clock.product, &card.product];
            both.iter().all(|id| **id == products[1].id).then_some(())
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
    let healthy_one = session
        .until(PATIENCE, "the dead server is said to be dead", |s| {
            let is_told = !health(s, "one")?.error.is_empty();
            health(s, "two").filter(|_| is_told).cloned()
        })
        .await;
    assert_eq!(healthy_one.frames_dropped, 0, "{healthy_one:?}");
    assert_eq!(healthy_one.reconnects, 0);

    end_show(&mut session).await;
    let skipped = encoder(&session).skipped_frames;
    drop(session);
    assert!(booth.engine.stop().success());

    let received = healthy.finished_recordings("live").remove(0);
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

    // The card of product 2, and a clock that runs by the second; looked at in the middle of one, so that a picture
    // more or less does not matter.
    let in_place = card_in_place(&received, &show);
    let at = clock_turns(&received, &show, in_place) + Duration::from_millis(450);
    let frame = frame_at(&received, at);
    let (first, error) = seconds_shown(&frame, &show, 95);
    assert!(error < 12.0, "no clock fits: {error:.1}");
    for later in [2, 5, 9] {
        let frame = frame_at(&received, at + Duration::from_secs(later));
        let (shown, _) = seconds_shown(&frame, &show, first - later as u32);
        assert_eq!(shown, first - later as u32, "{later} s later");
    }
    // The screen in its corner: navy.
    let corner = Region::of(1280, 720, 0.75, 0.15, 0.9, 0.3);
    let [red, _, blue] = mean_colour(&frame, corner);
    assert!(
        blue > 90.0 && red < 40.0,
        "the screen is not in its corner: red {red}, blue {blue}"
    );

    let recording = booth.engine.recordings().remove(0);
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
