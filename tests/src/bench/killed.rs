//! What a kill of the engine costs its recording.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use stallcast_show::{Command, SourceKind};

use super::{put_on_screen, rounded, studio};
use crate::probe::kept_and_lost_ms;

/// How long it records before; not a multiple of a fragment.
const RECORDS_FOR: Duration = Duration::from_millis(8_700);
const STEP: Duration = Duration::from_secs(30);

/// Kills an engine that records, and plays what is left in FFmpeg and GStreamer; panics when either cannot.
pub async fn recording_killed() -> Value {
    let mut engine = studio(Default::default());
    let mut session = engine.session().await;
    put_on_screen(&mut session, SourceKind::TestPicture).await;
    let command = Command::SetRecording { on: true };
    session.command(command).await.unwrap();
    session
        .until(STEP, "the recording runs", |s| {
            let recording = s.status.as_ref()?.recording.as_ref()?;
            (recording.bytes > 0).then_some(())
        })
        .await;
    session.play(RECORDS_FOR).await;
    let cut = SystemTime::now();
    engine.kill9();
    let (kept_ms, lost_ms) = kept_and_lost_ms(&engine.recordings()[0], cut);
    println!(
        "engine killed (SIGKILL): {kept_ms:.0} ms of recording kept, {lost_ms:.0} ms lost; plays in FFmpeg and GStreamer"
    );
    json!({ "kept_ms": rounded(kept_ms), "lost_ms": rounded(lost_ms), "plays_in": ["ffmpeg", "gstreamer"] })
}
