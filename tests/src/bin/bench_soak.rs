//! Owns the long run: a show with a camera and three destinations, one of which is struck every half minute while the
//! camera is unplugged again and again. The value is by how much the engine's memory has grown from the first minutes
//! to the last; sound that drifts from its picture, a destination that stays away or a hole in the recording end it
//! without one.
//!
//! Needs root: a server lives behind a cable of its own. `STALLCAST_SOAK_MINUTES` shortens it while developing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark whose world breaks has no result"
)]

use std::cell::RefCell;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;
use stallcast_show::{Area, SourceKind};
use stallcast_tests::bench::{Better, Memory, percentile, report, rounded};
use stallcast_tests::probe::{av_offset_ms, missing_frames};
use stallcast_tests::stage::{
    destination_flows, encoder, end_show, file, flashes, go_live, health, input_live,
    put_destination, put_on_screen, studio,
};
use stallcast_tests::world::{PipeWireSession, RtmpServer, Site, Uplink, run};
use stallcast_wire::RunState;

const MINUTES: u64 = 20;
/// From one fault to the next.
const EVERY: Duration = Duration::from_secs(30);
/// Longer than a silent server is waited for, short enough that the room is found open again.
const FAULT: Duration = Duration::from_secs(8);
/// The camera is pulled out with every fourth fault: ten times in twenty minutes.
const UNPLUG_EVERY: u64 = 4;
/// The longest wait between two tries is 10 s; TCP may need a second of its own.
const RESUME_WITHIN: Duration = Duration::from_secs(30);
/// What is looked at of each file to tell whether sound and picture still belong together.
const TAIL_S: u32 = 60;
/// Most that sound may be away from its picture at the end.
const AV_OFFSET_MS: f64 = 40.0;
/// A second of 20 kbit/s passes, which is never silence.
const TRICKLE: u64 = 20_000;
const FPS: u32 = 30;

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() {
    let minutes = std::env::var("STALLCAST_SOAK_MINUTES").map_or(MINUTES, |m| m.parse().unwrap());
    let rounds = minutes * 60 / EVERY.as_secs();
    let devices = PipeWireSession::start();
    let camera = RefCell::new(Some(devices.camera("cam", "smpte")));
    let folder = tempfile::tempdir().unwrap();
    let near = RefCell::new(RtmpServer::start());
    let far = RtmpServer::start_behind(Site::new());
    let behind_relay = RtmpServer::start();
    let relay = Uplink::to(behind_relay.port());

    let mut engine = studio(devices.env());
    let mut session = engine.session().await;
    // Large enough that its flashes are seen in the brightness of the whole picture.
    let half = Area {
        x: 0,
        y: 500,
        width: 5000,
        height: 5000,
    };
    let sources = [
        ("camera", SourceKind::Camera { device: None }, Area::FULL),
        ("clip", file(&flashes(folder.path())), half),
    ];
    put_on_screen(&mut session, &sources).await;
    let destinations = [
        ("near", near.borrow().url("live")),
        ("far", far.url("live")),
        ("relayed", format!("rtmp://127.0.0.1:{}/live", relay.port())),
    ];
    for (id, url) in &destinations {
        put_destination(&mut session, id, url).await;
    }
    input_live(&mut session, "camera").await;
    let ids = destinations.each_ref().map(|(id, _)| *id);
    go_live(&mut session, &ids).await;

    let site = far.site().unwrap();
    let strikes: [(&str, &str, &dyn Fn()); 6] = [
        ("silent", "near", &|| near.borrow().freeze()),
        ("cable pulled out", "far", &|| site.pull()),
        ("reset", "relayed", &|| relay.cut()),
        ("killed", "near", &|| near.borrow_mut().kill()),
        ("300 kbit/s", "far", &|| site.limit(Some(300))),
        ("trickle", "relayed", &|| relay.limit(Some(TRICKLE))),
    ];
    let mends: [&dyn Fn(); 6] = [
        &|| near.borrow().thaw(),
        &|| site.plug(),
        &|| relay.mend(),
        &|| near.borrow_mut().restart(),
        &|| site.limit(None),
        &|| relay.limit(None),
    ];
    let began = Instant::now();
    let mut residents = Vec::new();
    let mut slowest_resume = Duration::ZERO;
    let mut unplugged = 0;
    for round in 0..rounds {
        let kind = usize::try_from(round).unwrap() % strikes.len();
        let (name, destination, strike) = &strikes[kind];
        eprintln!("{:>5.0} s: {name}", began.elapsed().as_secs_f64());
        let pulls = round % UNPLUG_EVERY == UNPLUG_EVERY / 2;
        if pulls {
            camera.borrow_mut().take();
            unplugged += 1;
        }
        strike();
        session.play(FAULT).await;
        if pulls {
            *camera.borrow_mut() = Some(devices.camera("cam", "smpte"));
        }
        let mended = Instant::now();
        mends[kind]();
        destination_flows(&mut session, destination, RESUME_WITHIN).await;
        slowest_resume = slowest_resume.max(mended.elapsed());
        input_live(&mut session, "camera").await;
        let next = EVERY * u32::try_from(round + 1).unwrap();
        session.play(next.saturating_sub(began.elapsed())).await;
        residents.push(Memory::of(engine.pid()).resident);
    }
    for id in ids {
        let run = &health(&session, id).unwrap().run;
        assert_eq!(*run, RunState::Live, "{id} at the end");
    }
    // Sound and picture of the end are told from a whole stretch without a fault.
    session.play(Duration::from_secs(TAIL_S.into())).await;
    end_show(&mut session).await;
    let skipped = encoder(&session).skipped_frames;
    drop(session);
    assert!(engine.stop().success(), "{}", engine.log());

    let recordings = engine.recordings();
    assert_eq!(recordings.len(), 1, "one part for the whole show");
    let missing = missing_frames(&recordings[0], FPS).saturating_sub(skipped);
    assert_eq!(missing, 0, "pictures missing in the recording");
    let mut offsets = vec![("recording", offset_at_end(&recordings[0], folder.path()))];
    for (id, server) in [
        ("near", &*near.borrow()),
        ("far", &far),
        ("relayed", &behind_relay),
    ] {
        let last = server.recordings_of("live").pop().expect("a recording");
        offsets.push((id, offset_at_end(&last, folder.path())));
    }
    for (what, offset) in &offsets {
        assert!(offset.abs() < AV_OFFSET_MS, "{offset} ms in {what}");
    }

    // Memory swings by a tenth with what is connected at a moment, so that stretches are compared that hold every kind
    // of fault: the last third with the first, without its first fifth, in which caches fill.
    println!("resident, MiB, after every fault: {residents:.1?}");
    let third = residents.len() / 3;
    let early = percentile(&mut residents[third / 5..third].to_vec(), 0.5);
    let late = percentile(&mut residents[residents.len() - third..].to_vec(), 0.5);
    let most = residents.iter().copied().fold(0.0, f64::max);
    let detail = json!({
        "minutes": minutes,
        "faults": rounds,
        "camera_unplugged": unplugged,
        "resident_mib": { "first_third": rounded(early), "last_third": rounded(late), "most": rounded(most) },
        "slowest_resume_s": rounded(slowest_resume.as_secs_f64()),
        "av_offset_ms": offsets.iter().map(|(what, ms)| (*what, rounded(*ms))).collect::<std::collections::BTreeMap<_, _>>(),
        "missing_in_recording": missing,
        "never_encoded": skipped,
    });
    let growth = (late / early - 1.0) * 100.0;
    report("soak", growth, "%", 5.0, Better::Lower, &detail);
}

/// Milliseconds by which sound is behind its picture in the last minute.
fn offset_at_end(file: &Path, folder: &Path) -> f64 {
    let tail = folder.join("tail.mp4");
    let back = format!("-{TAIL_S}");
    let (from, to) = (file.to_string_lossy(), tail.to_string_lossy());
    let quiet = "-hide_banner -loglevel error -nostdin -y -sseof".split(' ');
    let words = quiet.chain([&*back, "-i", &*from, "-c", "copy", &*to]);
    run("ffmpeg", words);
    av_offset_ms(&tail).expect("flashes and beeps")
}
