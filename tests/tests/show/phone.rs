//! A phone as a camera: FFmpeg in its place, over RTMP and SRT, into a running program; and several
//! inputs of every kind in one scene.

use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::time::{Duration, Instant};

use stallcast_show::{Area, PhoneLink, SourceId, SourceKind};
use stallcast_tests::probe::{
    Region, av_offset_ms, colour_clip, frame_at, mean_colour, prove_playable,
};
use stallcast_tests::stage::{
    Booth, end_show, file, flashes, go_live, input_live, late_pictures, notice_after,
    prove_slate_in_time, put_destination, put_scene, put_source, studio, switch_to,
};
use stallcast_tests::world::{Group, PATIENCE, RtmpServer, Session};
use stallcast_wire::{PhoneView, Request, RunState};

/// FFmpeg sending a clip again and again at its own pace.
struct Phone(Group);

impl Phone {
    fn send(clip: &Path, address: &str) -> Self {
        let format = if address.starts_with("srt") {
            "mpegts"
        } else {
            "flv"
        };
        Self(Group::start(
            Process::new("ffmpeg")
                .args(["-v", "error", "-nostdin", "-re", "-stream_loop", "-1", "-i"])
                .arg(clip)
                .args(["-c", "copy", "-f", format, address])
                .stdout(Stdio::null())
                .stderr(Stdio::null()),
        ))
    }

    fn ended(&mut self) -> bool {
        self.0.ended().is_some()
    }
}

async fn view(session: &mut Session, source: &str) -> PhoneView {
    let source = SourceId::from(source);
    let answer = session.request(Request::Phone { source }).await.unwrap();
    serde_json::from_value(answer).unwrap()
}

/// The address a phone on this machine uses over RTMP or SRT; the page shows those of the network.
fn address(view: &PhoneView, key: &str) -> String {
    let port = view.port;
    if view.over == PhoneLink::Rtmp {
        return format!("rtmp://127.0.0.1:{port}/live/{key}");
    }
    format!("srt://127.0.0.1:{port}?mode=caller&streamid=live&passphrase={key}&pbkeylen=16")
}

/// Waits until the input's state and detail are as wanted.
async fn until_input(
    session: &mut Session,
    id: &str,
    what: &str,
    holds: impl Fn(&RunState, &str) -> bool,
) {
    session
        .until(PATIENCE, what, |s| {
            let inputs = &s.status.as_ref()?.inputs;
            let input = inputs.iter().find(|input| input.id.as_str() == id)?;
            holds(&input.run, &input.detail).then_some(())
        })
        .await;
}

async fn add_phone(session: &mut Session, over: PhoneLink) -> PhoneView {
    put_source(session, "phone", SourceKind::Phone { over }).await;
    until_input(session, "phone", "the phone is waited for", |_, detail| {
        detail == "phone_awaited"
    })
    .await;
    view(session, "phone").await
}

/// One that is refused ends by itself.
async fn refused(session: &mut Session, mut phone: Phone) {
    session
        .until(PATIENCE, "it is not let in", |_| {
            phone.ended().then_some(())
        })
        .await;
}

async fn a_phone_on_air(over: PhoneLink) {
    let folder = tempfile::tempdir().unwrap();
    let clip = flashes(folder.path());
    let server = RtmpServer::start();
    let mut engine = studio(Default::default());
    let mut session = engine.session().await;
    let phone = add_phone(&mut session, over).await;
    assert!(phone.key.len() >= 20, "a secret that can be guessed");
    assert!(
        !engine.log().contains(&phone.key),
        "the secret is in the log"
    );
    put_scene(&mut session, "phone", &[("phone", Area::FULL)]).await;
    switch_to(&mut session, "phone").await;

    let stranger = Phone::send(&clip, &address(&phone, "not-the-secret-at-all"));
    refused(&mut session, stranger).await;

    let first = Phone::send(&clip, &address(&phone, &phone.key));
    input_live(&mut session, "phone").await;
    let seen = session
        .until(PATIENCE, "what the phone sends", |s| {
            let inputs = &s.status.as_ref()?.inputs;
            let input = inputs.iter().find(|input| input.id.as_str() == "phone")?;
            let picture = input.picture.clone()?;
            (picture.fps > 20.0).then(|| (picture, input.from.clone()))
        })
        .await;
    println!("{seen:?}");
    if over == PhoneLink::Rtmp {
        assert_eq!(seen.1.as_deref(), Some("127.0.0.1"));
        let second = Phone::send(&clip, &address(&phone, &phone.key));
        refused(&mut session, second).await;
    }
    put_destination(&mut session, "one", &server.url("live")).await;
    go_live(&mut session, &["one"]).await;
    session.play(Duration::from_secs(5)).await;
    let late = late_pictures(&session);
    session.play(Duration::from_secs(3)).await;

    // The battery dies: the slate within a second and a half on a machine that keeps up, and back by itself.
    let seen = session.notices.len();
    drop(first);
    let died = Instant::now();
    notice_after(&mut session, seen, "notice.slate").await;
    let to_slate = died.elapsed();
    prove_slate_in_time(&mut session, to_slate, Duration::from_millis(1_500), late).await;
    until_input(
        &mut session,
        "phone",
        "the page says that it is gone",
        |run, detail| *run == RunState::Stalled && detail == "phone_gone",
    )
    .await;
    let mut again = Phone::send(&clip, &address(&phone, &phone.key));
    session
        .until(PATIENCE, "the phone comes back", |s| {
            if again.ended() {
                again = Phone::send(&clip, &address(&phone, &phone.key));
            }
            let mut told = s.notices[seen..].iter();
            told.any(|notice| notice.key == "notice.scene_back")
                .then_some(())
        })
        .await;
    session.play(Duration::from_secs(2)).await;

    end_show(&mut session).await;
    drop(session);
    assert!(engine.stop().success());
    drop(again);
    let received = server.finished_recordings("live").remove(0);
    let facts = prove_playable(&received);
    assert!(facts.audio.is_some());
    let offset = av_offset_ms(&received).expect("flashes and beeps");
    println!("{over:?}: sound comes {offset:.0} ms after the picture");
    assert!(offset.abs() < 60.0, "{offset} ms");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_phone_over_rtmp_is_on_air_in_step_and_a_lost_one_becomes_the_slate_and_comes_back() {
    Box::pin(a_phone_on_air(PhoneLink::Rtmp)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_phone_over_srt_is_on_air_in_step_and_a_lost_one_becomes_the_slate_and_comes_back() {
    Box::pin(a_phone_on_air(PhoneLink::Srt)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn camera_phone_file_and_screen_stand_in_one_scene_each_in_its_place() {
    let mut booth = Booth::open();
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &str, colour: &str| {
        let clip = folder.path().join(name);
        colour_clip(&clip, colour);
        clip
    };
    let (clip, sent) = (of("green.mp4", "green"), of("yellow.mp4", "yellow"));
    let server = RtmpServer::start();
    let mut session = booth.engine.session().await;
    booth.put_sources(&mut session).await;
    put_source(&mut session, "file", file(&clip)).await;
    let phone = add_phone(&mut session, PhoneLink::Rtmp).await;
    let _phone = Phone::send(&sent, &address(&phone, &phone.key));
    let quarter = |x: i32, y: i32| Area {
        x,
        y,
        width: 5000,
        height: 5000,
    };
    let placed = [
        ("camera", quarter(0, 0)),
        ("phone", quarter(5000, 0)),
        ("file", quarter(0, 5000)),
        ("screen", quarter(5000, 5000)),
    ];
    put_scene(&mut session, "four", &placed).await;
    switch_to(&mut session, "four").await;
    for (source, _) in placed {
        input_live(&mut session, source).await;
    }
    put_destination(&mut session, "one", &server.url("live")).await;
    go_live(&mut session, &["one"]).await;
    session.play(Duration::from_secs(6)).await;
    end_show(&mut session).await;
    drop(session);
    assert!(booth.engine.stop().success());

    let received = server.finished_recordings("live").remove(0);
    let frame = frame_at(&received, Duration::from_secs(3));
    let colour = |x: f64, y: f64| {
        let region = Region::of(1280, 720, x, y, x + 0.03, y + 0.03);
        mean_colour(&frame, region)
    };
    let is = |[r, g, b]: [f64; 3], wanted: [bool; 3]| {
        [r, g, b]
            .iter()
            .zip(wanted)
            .all(|(c, high)| (*c > 75.0) == high)
    };
    for (what, at, wanted) in [
        // The sixth of its seven bars.
        ("the camera's red", (0.378, 0.15), [true, false, false]),
        ("the phone's yellow", (0.6, 0.3), [true, true, false]),
        ("the file's green", (0.1, 0.6), [false, true, false]),
        ("the screen's navy", (0.6, 0.6), [false, false, true]),
    ] {
        let seen = colour(at.0, at.1);
        assert!(is(seen, wanted), "{what}: {seen:?}");
    }
}
