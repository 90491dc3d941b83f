//! What the engine tells, and waiting for it. Everything that a test goes on to rely on is in one condition, so that
//! no half of it can be told later than the other.

use std::time::Duration;

use stallcast_show::{Command, Phase};
use stallcast_wire::{DestinationHealth, EncoderStatus, Notice, RunState};

use crate::world::{PATIENCE, Session};

/// Less than this waits for a destination that takes what it is sent, ms.
const FLOWS_MS: u64 = 1_000;

/// How long the slate may take on a machine that is late with its pictures: its sources are given three times as long.
const SLATE_UNDER_STRAIN: Duration = Duration::from_secs(5);
/// Pictures of about a second.
const A_SECOND: u64 = 30;

/// Waits until a source gives pictures.
pub async fn input_live(session: &mut Session, id: &str) {
    session
        .until(PATIENCE, &format!("{id} gives pictures"), |s| {
            let mut inputs = s.status.as_ref()?.inputs.iter();
            inputs
                .find(|i| i.id.as_str() == id && i.run == RunState::Live)
                .map(drop)
        })
        .await;
}

/// Health of a destination as last told.
pub fn health<'a>(session: &'a Session, id: &str) -> Option<&'a DestinationHealth> {
    let all = &session.status.as_ref()?.destinations;
    all.iter().find(|health| health.id.as_str() == id)
}

/// Waits until a destination's health is as wanted, and gives it.
pub async fn destination_is(
    session: &mut Session,
    id: &str,
    what: &str,
    holds: impl Fn(&DestinationHealth) -> bool,
) -> DestinationHealth {
    session
        .until(PATIENCE, &format!("{id}: {what}"), |s| {
            health(s, id).filter(|health| holds(health)).cloned()
        })
        .await
}

/// Waits until a destination is live.
pub async fn destination_live(session: &mut Session, id: &str) {
    destination_is(session, id, "live", |health| health.run == RunState::Live).await;
}

/// Waits until these destinations are live at the same time.
pub async fn all_live(session: &mut Session, ids: &[&str]) {
    session
        .until(PATIENCE, &format!("{ids:?} are live"), |s| {
            let is_live = |id: &&str| health(s, id).is_some_and(|h| h.run == RunState::Live);
            ids.iter().all(is_live).then_some(())
        })
        .await;
}

/// Waits until a destination is live and takes what it is sent.
pub async fn destination_flows(session: &mut Session, id: &str, within: Duration) {
    session
        .until(within, &format!("{id} is live"), |s| {
            let own = health(s, id)?;
            (own.run == RunState::Live && own.backlog_ms < FLOWS_MS).then_some(())
        })
        .await;
}

/// Waits until an engine has chosen its encoder: one that has just started goes live nowhere.
pub async fn encoder_chosen(session: &mut Session) {
    session
        .until(PATIENCE, "an encoder is chosen", |s| {
            s.status.as_ref()?.encoder().map(drop)
        })
        .await;
}

/// Goes live and waits until these destinations are.
pub async fn go_live(session: &mut Session, destinations: &[&str]) {
    encoder_chosen(session).await;
    session.command(Command::GoLive).await.unwrap();
    all_live(session, destinations).await;
}

/// The encoder's counters as last told.
pub fn encoder(session: &Session) -> EncoderStatus {
    let status = session.status.as_ref().expect("a status");
    status.encoder().expect("an encoder").clone()
}

/// Pictures that came late or never, as last told.
pub fn late_pictures(session: &Session) -> u64 {
    let encoder = encoder(session);
    encoder.late_frames + encoder.skipped_frames
}

/// Panics if the slate that has just come took longer than `calm`; or, where the machine was late with pictures since
/// `late_before` of them, longer than its sources are given then on purpose. `late_before` is of some seconds before.
pub async fn prove_slate_in_time(
    session: &mut Session,
    took: Duration,
    calm: Duration,
    late_before: u64,
) {
    let known = encoder(session).frames;
    session
        .until(PATIENCE, "a second more of pictures", |s| {
            let encoder = s.status.as_ref()?.encoder()?;
            (encoder.frames > known + A_SECOND).then_some(())
        })
        .await;
    let late = late_pictures(session) - late_before;
    println!("slate after {took:?}, {late} pictures late meanwhile");
    let most = if late == 0 { calm } else { SLATE_UNDER_STRAIN };
    assert!(took <= most, "slate after {took:?}, {late} pictures late");
}

/// Waits until the recording's file holds more than `bytes`, and gives its name.
pub async fn recording_holds(session: &mut Session, bytes: u64) -> String {
    session
        .until(PATIENCE, "the recording runs", |s| {
            let recording = s.status.as_ref()?.recording()?;
            (recording.bytes > bytes).then(|| recording.file.clone())
        })
        .await
}

/// Waits until no canvas is recorded any more; the last file may still be on its way to the disk.
pub async fn nothing_recorded(session: &mut Session) {
    session
        .until(PATIENCE, "nothing is recorded any more", |s| {
            let mut canvases = s.status.as_ref()?.canvases.iter();
            canvases.all(|c| c.recording.is_none()).then_some(())
        })
        .await;
}

/// Ends the show and waits until nothing is sent or recorded any more: the counters that are known then are of all
/// that was.
pub async fn end_show(session: &mut Session) {
    session.command(Command::EndShow).await.unwrap();
    session
        .until(PATIENCE, "everything has ended", |s| {
            let is_idle = s.show.as_ref()?.phase == Phase::Idle;
            let status = s.status.as_ref()?;
            let is_recorded = status.canvases.iter().any(|c| c.recording.is_some());
            let mut destinations = status.destinations.iter();
            let all_stopped = destinations.all(|d| d.run == RunState::Stopped);
            (is_idle && !is_recorded && all_stopped).then_some(())
        })
        .await;
}

/// Waits for a notice of this key, which may have been told before.
pub async fn notice(session: &mut Session, key: &str) -> Notice {
    notice_after(session, 0, key).await
}

/// The same among those after the first `seen`.
pub async fn notice_after(session: &mut Session, seen: usize, key: &str) -> Notice {
    session
        .until(PATIENCE, key, |s| {
            let told = &s.notices[seen..];
            told.iter().find(|notice| notice.key == key).cloned()
        })
        .await
}
