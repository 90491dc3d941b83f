//! Picture and sound arrive together.

use std::time::Duration;

use stallcast_show::{Area, Command, SourceKind, Transition};
use stallcast_tests::probe::{av_offset_ms, flash_clip};
use stallcast_tests::world::RtmpServer;

use crate::stage::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn flash_and_beep_of_a_clip_stay_within_forty_milliseconds_at_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let clip = folder.path().join("flash.mp4");
    flash_clip(&clip, Duration::from_secs(20), Duration::ZERO);
    let server = RtmpServer::start();
    let mut engine = engine(Default::default());
    let mut session = engine.session().await;
    let path = clip.to_string_lossy().into_owned();
    put_source(&mut session, "clip", SourceKind::File { path }).await;
    put_scene(&mut session, "clip", &[("clip", Area::FULL)]).await;
    switch(&mut session, "clip", Transition::Cut).await;
    input_live(&mut session, "clip").await;
    put_destination(&mut session, "one", &server).await;
    go_live(&mut session, &["one"]).await;
    session.play(Duration::from_secs(12)).await;
    session.command(Command::EndShow).await.unwrap();
    drop(session);
    assert!(engine.stop().success());
    let received = server.wait_for_recordings("live", 1, 1000).remove(0);
    let offset = av_offset_ms(&received).expect("flashes and beeps");
    println!("sound comes {offset:.0} ms after the picture");
    assert!(offset.abs() < 40.0, "{offset} ms");
}
