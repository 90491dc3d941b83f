//! Destinations that are sent HEVC or AV1, beside others that are not.

use std::collections::BTreeMap;

use stallcast_show::{Command, Destination, SourceKind, VideoCodec};
use stallcast_tests::probe::{Decoded, decode_av1, decode_hevc, prove_playable};
use stallcast_tests::stage::{
    destination, destination_is, encoder, end_show, go_live, nothing_recorded, put_destination,
    put_destination_like, put_full_screen, studio,
};
use stallcast_tests::world::{
    Engine, EnhancedServer, PATIENCE, Published, RtmpServer, Says, Session,
};
use stallcast_wire::RunState;

/// Speed is judged elsewhere: here an encoder need not keep up with a busy machine, neither in its trial nor on air.
fn any_speed() -> BTreeMap<String, String> {
    BTreeMap::from([("STALLCAST_LEAST_FPS".to_owned(), "1".to_owned())])
}

fn wants(codec: VideoCodec, id: &str, url: &str) -> Destination {
    Destination {
        codec,
        ..destination(id, url)
    }
}

/// A show that is live with a picture, and with this server alone.
async fn live_with(codec: VideoCodec, server: &EnhancedServer) -> (Engine, Session) {
    let engine = studio(any_speed());
    let mut session = engine.session().await;
    put_full_screen(&mut session, "picture", SourceKind::TestPicture).await;
    put_destination_like(&mut session, wants(codec, "new", &server.url())).await;
    go_live(&mut session, &["new"]).await;
    (engine, session)
}

/// Waits until a connection got what is wanted, and gives it.
async fn got(
    session: &mut Session,
    server: &EnhancedServer,
    enough: impl Fn(&Published) -> bool,
) -> Published {
    session
        .until(PATIENCE, "pictures arrive", |_| {
            server.published().into_iter().next().filter(&enough)
        })
        .await
}

fn assert_good(decoded: &Decoded, least_fps: f64) {
    assert_eq!((decoded.width, decoded.height), (1280, 720), "{decoded:?}");
    assert_eq!(decoded.frames, decoded.sent, "FFmpeg decodes all of them");
    assert!(decoded.fps > least_fps, "{decoded:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_takes_hevc_is_sent_it_and_everybody_else_h264() {
    let (new, old) = (
        EnhancedServer::start(Says::Map(&["av01", "hvc1"])),
        RtmpServer::start(),
    );
    let mut engine = studio(any_speed());
    let mut session = engine.session().await;
    put_full_screen(&mut session, "picture", SourceKind::TestPicture).await;
    let hevc = VideoCodec::Hevc;
    put_destination_like(&mut session, wants(hevc, "new", &new.url())).await;
    // nginx-rtmp knows nothing of Enhanced RTMP.
    put_destination_like(&mut session, wants(hevc, "deaf", &old.url("second"))).await;
    put_destination(&mut session, "plain", &old.url("live")).await;
    go_live(&mut session, &["new", "deaf", "plain"]).await;
    destination_is(&mut session, "new", "is sent HEVC", |health| {
        health.codec == Some(hevc) && health.codec_note.is_empty()
    })
    .await;
    let declined = destination_is(&mut session, "deaf", "is sent H.264", |health| {
        health.codec == Some(VideoCodec::H264)
    })
    .await;
    assert_eq!(declined.codec_note, "codec_server");
    let plain = destination_is(&mut session, "plain", "is sent H.264", |health| {
        health.codec == Some(VideoCodec::H264)
    })
    .await;
    assert_eq!(plain.codec_note, "");
    let seven_seconds = |published: &Published| {
        published
            .video
            .last()
            .is_some_and(|came| came.at_ms > 7_000)
    };
    got(&mut session, &new, seven_seconds).await;
    assert!(encoder(&session).failed.is_empty());
    end_show(&mut session).await;
    nothing_recorded(&mut session).await;

    let published = new.published();
    assert_eq!(published.len(), 1, "agreed on before the first picture");
    let published = &published[0];
    assert_eq!(published.listed, ["hvc1"]);
    assert_eq!(published.mapped, ["hvc1"]);
    assert_eq!(
        published.codec_id,
        Some(f64::from(u32::from_be_bytes(*b"hvc1")))
    );
    assert!(published.sounds > 200, "{}", published.sounds);
    assert!(published.is_over);
    let folder = tempfile::tempdir().unwrap();
    let decoded = decode_hevc(published, folder.path());
    assert_good(&decoded, 10.0);
    assert!(decoded.keyframes_ms.len() >= 2, "{decoded:?}");
    // Every two seconds; the first is where the encode began. A busy machine may leave out the picture on the grid.
    let on_grid = |ms: &u32| (1_700..2_300).contains(ms);
    assert!(decoded.keyframes_ms[1..].iter().all(on_grid), "{decoded:?}");
    for app in ["live", "second"] {
        let path = old.wait_for_recordings(app, 1, 100_000).remove(0);
        assert_eq!(prove_playable(&path).video.unwrap().codec, "h264", "{app}");
    }
    let recordings = engine.recordings();
    drop(session);
    assert!(engine.stop().success());
    let recorded = prove_playable(&recordings[0]).video.unwrap();
    assert_eq!(recorded.codec, "h264");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_bitrate_in_mid_show_begins_hevc_anew_and_ends_nobody() {
    let new = EnhancedServer::start(Says::Map(&["hvc1"]));
    let hevc = VideoCodec::Hevc;
    let (mut engine, mut session) = live_with(hevc, &new).await;
    got(&mut session, &new, |published| published.video.len() > 30).await;

    let kbps = Some(1_800);
    let command = Command::SetVideoBitrate { kbps };
    session.command(command).await.unwrap();
    let again = session
        .until(PATIENCE, "pictures at the new bitrate", |_| {
            let published = new.published();
            let last = published.into_iter().next_back()?;
            (!last.is_over && last.listed == ["hvc1"] && last.video.len() > 30).then_some(last)
        })
        .await;
    assert!(!again.is_over);
    let health = destination_is(&mut session, "new", "live again in HEVC", |health| {
        health.run == RunState::Live && health.codec == Some(hevc)
    })
    .await;
    assert_eq!(health.codec_note, "");
    end_show(&mut session).await;
    drop(session);
    assert!(engine.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_of_the_first_version_is_sent_av1() {
    let server = EnhancedServer::start(Says::List(&["av01"]));
    let av1 = VideoCodec::Av1;
    let (mut engine, mut session) = live_with(av1, &server).await;
    destination_is(&mut session, "new", "is sent AV1", |health| {
        health.codec == Some(av1)
    })
    .await;
    // A configuration, a whole group of pictures, and some of the next.
    let published = got(&mut session, &server, |published| {
        published.video.len() > 70
    })
    .await;
    end_show(&mut session).await;
    drop(session);
    assert!(engine.stop().success());
    assert_eq!(published.listed, ["av01"]);
    assert_eq!(
        published.codec_id,
        Some(f64::from(u32::from_be_bytes(*b"av01")))
    );
    let folder = tempfile::tempdir().unwrap();
    let decoded = decode_av1(&published, folder.path());
    assert_good(&decoded, 3.0);
    // Two seconds of pictures; a busy machine leaves some out, and its encoder counts those that it gets.
    let whole = |count: &usize| *count == 60;
    assert!(!decoded.group_pictures.is_empty(), "{decoded:?}");
    assert!(decoded.group_pictures.iter().all(whole), "{decoded:?}");
}
