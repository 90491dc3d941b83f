//! What is kept of a show: the last half minute on a key, recordings after a kill, and an encoder that fails.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use stallcast_show::{Command, Phase, RecordingSplit, SourceKind};
use stallcast_tests::probe::{av_offset_ms, kept_and_lost_ms, plays_in_gstreamer, prove_playable};
use stallcast_tests::stage::{
    end_show, go_live, import_orchard, nothing_recorded, notice, put_destination,
    put_flashes_on_screen, put_full_screen, put_on_air, record, recording_holds, studio,
    studio_with,
};
use stallcast_tests::world::{PATIENCE, RtmpServer, Session, run};
use stallcast_wire::{ErrorCode, ReplayView, Request, RunState};

/// How long a busy machine may need to fill half a minute.
const HALF_MINUTE: Duration = Duration::from_secs(120);
/// How long it may need for the pictures that a faulty encoder makes before it fails.
const FAILS_WITHIN: Duration = Duration::from_secs(180);

fn ffprobe(path: &Path, arguments: &[&str]) -> String {
    let plain = ["-v", "error", "-of", "default=nw=1:nk=1"];
    let words = plain.iter().chain(arguments).map(OsStr::new);
    run("ffprobe", words.chain([path.as_os_str()]))
}

/// Waits until pictures of some length are in the recording's file.
async fn recording_runs(session: &mut Session) -> String {
    recording_holds(session, 20_000).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_last_half_minute_becomes_a_file_that_plays_and_is_in_step() {
    let folder = tempfile::tempdir().unwrap();
    let engine = studio(Default::default());
    let mut session = engine.session().await;
    put_flashes_on_screen(&mut session, folder.path()).await;
    let refused = session.request(Request::SaveReplay).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::NothingRuns);

    session.command(Command::StartRehearsal).await.unwrap();
    session
        .until(HALF_MINUTE, "half a minute is held", |s| {
            (s.status.as_ref()?.replay_s? >= 30).then_some(())
        })
        .await;
    let answer = session.request(Request::SaveReplay).await.unwrap();
    let saved: ReplayView = serde_json::from_value(answer).unwrap();
    let told = notice(&mut session, "notice.replay_saved").await;
    assert_eq!(told.params["file"], saved.file);
    let path = engine.data().join("recordings").join(&saved.file);
    let facts = prove_playable(&path);
    plays_in_gstreamer(&path);
    let seconds = facts.duration.as_secs_f64();
    println!("a replay of {seconds:.2} s");
    assert!((28.0..34.0).contains(&seconds), "{seconds}");
    // Told by its pictures; the sound that was at hand may end a little earlier or later.
    let told_s = f64::from(saved.length_ms) / 1_000.0;
    assert!((seconds - told_s).abs() < 1.5, "{seconds} s, told {told_s}");
    let first = ffprobe(
        &path,
        &[
            "-select_streams",
            "v",
            "-show_entries",
            "packet=flags",
            "-read_intervals",
            "%+#1",
        ],
    );
    assert!(first.starts_with('K'), "{first}");
    let offset = av_offset_ms(&path).expect("flashes and beeps");
    assert!(offset.abs() < 40.0, "{offset} ms");

    // A disk that takes nothing: said to whoever asked and to every page.
    let recordings = engine.data().join("recordings");
    record(&mut session, false).await;
    nothing_recorded(&mut session).await;
    std::fs::rename(&recordings, engine.data().join("recordings.away")).unwrap();
    let failed = session.request(Request::SaveReplay).await.unwrap_err();
    assert_eq!(failed.code, ErrorCode::FileUnwritable);
    notice(&mut session, "notice.replay_failed").await;
    std::fs::rename(engine.data().join("recordings.away"), &recordings).unwrap();

    session.command(Command::EndShow).await.unwrap();
    session
        .until(PATIENCE, "nothing is held any more", |s| {
            let status = s.status.as_ref()?;
            let show = s.show.as_ref()?;
            (show.phase == Phase::Idle && status.replay_s.is_none()).then_some(())
        })
        .await;
    let refused = session.request(Request::SaveReplay).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::NothingRuns);
}

/// Names of the boxes at the top of the file.
fn is_plain(path: &Path) -> bool {
    !std::fs::read(path)
        .unwrap()
        .windows(4)
        .any(|name| name == b"moof")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_recording_cut_off_by_a_kill_plays_and_is_made_whole_with_its_chapters_at_the_next_start()
{
    let mut engine = studio(Default::default());
    let mut session = engine.session().await;
    put_full_screen(&mut session, "test", SourceKind::TestPicture).await;
    let products = import_orchard(&engine, &mut session).await;
    put_on_air(&mut session, &products[0]).await;
    record(&mut session, true).await;
    let file = recording_runs(&mut session).await;
    session.play(Duration::from_secs(3)).await;
    put_on_air(&mut session, &products[1]).await;
    session.play(Duration::from_secs(4)).await;
    let written = std::time::SystemTime::now();
    engine.kill9();
    let path = engine.data().join("recordings").join(&file);
    assert!(!is_plain(&path), "it was not cut off");
    let (kept_ms, lost_ms) = kept_and_lost_ms(&path, written);
    println!("kill -9: {kept_ms:.0} ms kept, {lost_ms:.0} ms lost, in FFmpeg and GStreamer");
    // A fragment, what is on its way through the encoder, and a busy machine.
    assert!(lost_ms < 3_000.0, "{lost_ms} ms lost");
    let cut = prove_playable(&path);
    // A file that had no picture yet, and one of somebody else.
    let bytes = std::fs::read(&path).unwrap();
    let head = bytes
        .windows(4)
        .position(|name| name == b"prft" || name == b"moof");
    let recordings = engine.data().join("recordings");
    let empty = recordings.join("20260101-101500-01.mp4");
    std::fs::write(&empty, &bytes[..head.unwrap() - 4]).unwrap();
    let foreign = recordings.join("holiday.mp4");
    std::fs::write(&foreign, &bytes[..head.unwrap() - 4]).unwrap();

    engine.restart();
    let mut session = engine.session().await;
    let mended = notice(&mut session, "notice.recording_mended").await;
    assert_eq!(mended.params["file"], file);
    let removed = notice(&mut session, "notice.recording_empty").await;
    assert_eq!(removed.params["file"], "20260101-101500-01.mp4");
    assert!(!empty.exists() && foreign.exists());
    assert!(is_plain(&path));
    let whole = prove_playable(&path);
    plays_in_gstreamer(&path);
    let frames = |facts: &stallcast_clips::MediaFacts| facts.video.as_ref().unwrap().frames;
    assert_eq!(frames(&whole), frames(&cut));
    let chapters = ffprobe(
        &path,
        &["-show_entries", "chapter=start_time:chapter_tags=title"],
    );
    let lines: Vec<&str> = chapters.lines().collect();
    assert!(lines.len() >= 4, "{chapters}");
    assert_eq!(lines[0].parse::<f64>().unwrap(), 0.0);
    assert!(lines[1].contains(&products[0].title.zh), "{chapters}");
    let second: f64 = lines[2].parse().unwrap();
    assert!(
        second > 1.0 && second < whole.duration.as_secs_f64(),
        "{chapters}"
    );
    assert!(lines[3].contains(&products[1].title.zh), "{chapters}");
    let left: Vec<PathBuf> = std::fs::read_dir(&recordings)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(".mending"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Puts a show on air with an encoder that fails after 40 seconds of pictures: on air for long by then, however slowly
/// the show began.
async fn fails_on_air(encoder: &str) {
    let server = RtmpServer::start();
    let env = [("STALLCAST_FAULTY_AFTER".to_owned(), "1200".to_owned())];
    let mut engine = studio_with(env.into(), &["--encoder", encoder]);
    let mut session = engine.session().await;
    put_full_screen(&mut session, "test", SourceKind::TestPicture).await;
    put_destination(&mut session, "one", &server.url("live")).await;
    go_live(&mut session, &["one"]).await;
    let first = recording_runs(&mut session).await;
    let minutes = RecordingSplit::Minutes { minutes: 30 };
    let command = Command::SetRecordingSplit { split: minutes };
    session.command(command).await.unwrap();
    let told = session
        .until(FAILS_WITHIN, "its failure is told", |s| {
            let mut told = s.notices.iter();
            told.find(|n| n.key == "notice.encoder_failed").cloned()
        })
        .await;
    assert_eq!(told.params["name"], encoder);
    session
        .until(PATIENCE, "another encoder is named", |s| {
            let status = s.status.as_ref()?.encoder()?;
            let replaced = status.reason == "after_failure" && status.failed == [encoder];
            (replaced && status.name != encoder).then_some(())
        })
        .await;
    session
        .until(PATIENCE, "its pictures have a file of their own", |s| {
            let recording = s.status.as_ref()?.recording()?;
            (recording.file != first).then_some(())
        })
        .await;
    session.play(Duration::from_secs(6)).await;
    let status = session.status.clone().unwrap();
    let one = &status.destinations[0];
    assert_eq!(
        (one.run.clone(), one.reconnects),
        (RunState::Live, 0),
        "{one:?}"
    );
    let unknown = Request::UseEncoder {
        name: Some("nosuchenc".into()),
    };
    let refused = session.request(unknown).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::EncoderUnusable);
    end_show(&mut session).await;
    assert_eq!(session.show.as_ref().unwrap().recording_split, minutes);
    drop(session);
    assert!(engine.stop().success(), "{}", engine.log());

    // One connection for the whole show: the decoder got the other encoder's settings in the stream.
    let received = server.finished_recordings("live").remove(0);
    let facts = prove_playable(&received);
    let gap = facts.video.unwrap().longest_gap;
    println!("{encoder}: {gap:?} without a picture at the server");
    // To notice it and to begin another one takes a busy machine seconds.
    assert!(gap < Duration::from_secs(4), "{gap:?}");
    // Another encoder's pictures have a file of their own; both play.
    let recordings = engine.recordings();
    assert!(recordings.len() >= 2, "{recordings:?}");
    for recording in &recordings {
        prove_playable(recording);
        plays_in_gstreamer(recording);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_encoder_that_fails_on_air_costs_the_servers_and_the_recording_less_than_a_breath() {
    fails_on_air("faultyerrorenc").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_encoder_that_hangs_on_air_costs_the_servers_and_the_recording_less_than_a_breath() {
    fails_on_air("faultyhangenc").await;
}
