//! A rehearsal as its viewers would get it, and the clips that are made of its recording.

use std::time::{Duration, Instant};

use stallcast_show::{Command, SourceKind};
use stallcast_tests::probe::prove_playable;
use stallcast_tests::stage::{
    end_show, import_orchard, nothing_recorded, put_full_screen, put_on_air, record,
    recording_holds, studio,
};
use stallcast_tests::world::PATIENCE;
use stallcast_wire::{ClipEdges, ClipState, ClipsView, PastShows, Request};

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_rehearsal_is_received_and_its_recording_becomes_clips() {
    let engine = studio(Default::default());
    let mut session = engine.session().await;
    put_full_screen(&mut session, "test", SourceKind::TestPicture).await;
    let products = import_orchard(&engine, &mut session).await;
    session.command(Command::StartRehearsal).await.unwrap();
    record(&mut session, true).await;
    recording_holds(&mut session, 20_000).await;
    let received = session
        .until(PATIENCE, "what viewers would get", |s| {
            let canvas = s.status.as_ref()?.canvases.first()?;
            let received = canvas.receiver.as_ref()?;
            // A busy machine's first seconds are none of a show's, and none has a delay yet.
            let runs = received.fps > 20.0
                && (received.keyframe_s - 2.0).abs() < 0.1
                && received.delay_ms.is_some();
            runs.then(|| received.clone())
        })
        .await;
    println!("{received:?}");
    assert_eq!((received.width, received.height), (1280, 720));
    assert_eq!(
        (&*received.state, &*received.audio_codec),
        ("receiving", "aac")
    );
    let delay_ms = received.delay_ms.expect("a delay");
    assert!((0.0..10_000.0).contains(&delay_ms), "{received:?}");
    put_on_air(&mut session, &products[0]).await;
    // Seven seconds are three intervals of keyframes and a half: both cannot begin at a keyframe.
    session.play(Duration::from_secs(7)).await;
    put_on_air(&mut session, &products[1]).await;
    session.play(Duration::from_secs(6)).await;
    record(&mut session, false).await;
    nothing_recorded(&mut session).await;
    end_show(&mut session).await;

    let answer = session.request(Request::PastShows).await.unwrap();
    let shows: PastShows = serde_json::from_value(answer).unwrap();
    let show = shows.shows.first().expect("a show").show;
    for edges in [ClipEdges::Keyframe, ClipEdges::Exact] {
        session
            .request(Request::MakeClips { show, edges })
            .await
            .unwrap();
        let deadline = Instant::now() + 2 * PATIENCE;
        let clips = loop {
            let answer = session.request(Request::Clips { show, edges }).await;
            let view: ClipsView = serde_json::from_value(answer.unwrap()).unwrap();
            if !view.running {
                break view.clips;
            }
            assert!(Instant::now() < deadline, "{view:#?}");
            session.play(Duration::from_millis(200)).await;
        };
        let made: Vec<_> = clips
            .iter()
            .filter(|clip| clip.state == ClipState::Made)
            .collect();
        assert!(made.len() >= 2, "{clips:#?}");
        let mut earliest = 0;
        for clip in made {
            assert!(clip.cover.is_some(), "{clip:?}");
            let file = clip.files[0].replace('\\', "/");
            let facts = prove_playable(&engine.data().join("recordings").join(file));
            println!("a clip of {:?}, {:?} early", facts.duration, clip.lead_ms);
            assert!(facts.duration > Duration::from_secs(5), "{clip:?}");
            earliest = earliest.max(clip.lead_ms.expect("this engine made it"));
        }
        // From one keyframe to the next, or from one picture to the next.
        match edges {
            ClipEdges::Keyframe => assert!((300..=2_100).contains(&earliest), "{earliest} ms"),
            ClipEdges::Exact => assert!(earliest <= 100, "{earliest} ms"),
        }
    }
}
