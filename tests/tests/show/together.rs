//! Picture and sound arrive together.

use std::time::Duration;

use stallcast_tests::probe::av_offset_ms;
use stallcast_tests::stage::{end_show, go_live, put_destination, put_flashes_on_screen, studio};
use stallcast_tests::world::RtmpServer;

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn flash_and_beep_of_a_clip_stay_within_forty_milliseconds_at_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let server = RtmpServer::start();
    let mut engine = studio(Default::default());
    let mut session = engine.session().await;
    put_flashes_on_screen(&mut session, folder.path()).await;
    put_destination(&mut session, "one", &server.url("live")).await;
    go_live(&mut session, &["one"]).await;
    session.play(Duration::from_secs(12)).await;
    end_show(&mut session).await;
    drop(session);
    assert!(engine.stop().success());
    let received = server.finished_recordings("live").remove(0);
    let offset = av_offset_ms(&received).expect("flashes and beeps");
    println!("sound comes {offset:.0} ms after the picture");
    assert!(offset.abs() < 40.0, "{offset} ms");
}
