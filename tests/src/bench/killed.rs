//! What a kill of the engine costs its recording.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use stallcast_show::SourceKind;

use super::rounded;
use crate::probe::kept_and_lost_ms;
use crate::stage::{put_full_screen, record, recording_holds, studio};

/// How long it records before; not a multiple of a fragment.
const RECORDS_FOR: Duration = Duration::from_millis(8_700);

/// Kills an engine that records, and plays what is left in FFmpeg and GStreamer; panics when either cannot.
pub async fn recording_killed() -> Value {
    let mut engine = studio(Default::default());
    let mut session = engine.session().await;
    put_full_screen(&mut session, "test", SourceKind::TestPicture).await;
    record(&mut session, true).await;
    recording_holds(&mut session, 0).await;
    session.play(RECORDS_FOR).await;
    let cut = SystemTime::now();
    engine.kill9();
    let (kept_ms, lost_ms) = kept_and_lost_ms(&engine.recordings()[0], cut);
    println!(
        "engine killed (SIGKILL): {kept_ms:.0} ms of recording kept, {lost_ms:.0} ms lost; plays in FFmpeg and GStreamer"
    );
    json!({ "kept_ms": rounded(kept_ms), "lost_ms": rounded(lost_ms), "plays_in": ["ffmpeg", "gstreamer"] })
}
