//! A whole studio in this process, with a fault put into it.

use std::path::Path;
use std::time::Duration;

use super::*;
use crate::air;

/// A debug build on a busy machine takes its time.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

pub(super) async fn studio(folder: &Path) -> (Studio, Ending) {
    let options = Options {
        folders: Folders::open(folder.join("data"), Folders::default_assets()).unwrap(),
        program: program_spec(720, None, Some("x264enc".into())).unwrap(),
        lang: Lang::En,
        fresh: Fresh::Empty,
        extra_root: None,
        theme: "orchard".into(),
    };
    Studio::start(options).await.unwrap()
}

async fn recording(studio: &Studio) {
    let on = Command::SetRecording { on: true };
    studio.submit(air::engine(), on).await.unwrap();
    let mut status = studio.status();
    // The first fragment: from now on a file that is cut off differs from one that is closed.
    let wrote = |status: &StatusView| {
        let begun = status.recording().is_some_and(|r| r.bytes > 0);
        begun && boxes(studio).iter().any(|kind| kind == "moof")
    };
    let written = tokio::time::timeout(PATIENCE, status.wait_for(wrote)).await;
    written.unwrap().unwrap();
}

/// Types of the outermost boxes of the one recording: a file that was cut off ends in its last fragment, one that
/// was closed in its index.
fn boxes(studio: &Studio) -> Vec<String> {
    let mut files = std::fs::read_dir(studio.folders().recordings()).unwrap();
    let bytes = std::fs::read(files.next().unwrap().unwrap().path()).unwrap();
    let mut found = vec![];
    let mut at = 0;
    while let Some(head) = bytes.get(at..at + 16) {
        let size = match u32::from_be_bytes(head[..4].try_into().unwrap()) {
            1 => u64::from_be_bytes(head[8..].try_into().unwrap()),
            size => u64::from(size),
        };
        found.push(String::from_utf8_lossy(&head[4..8]).into_owned());
        at += usize::try_from(size.max(8)).unwrap();
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_air_thread_that_falls_ends_the_engine_and_its_recording_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let (studio, ending) = studio(folder.path()).await;
    recording(&studio).await;
    let before = boxes(&studio);
    assert_ne!(
        before.last().map(String::as_str),
        Some("moov"),
        "{before:?}"
    );
    studio.inner.orders.send(Order::Fall).await.ok().unwrap();
    let end = tokio::time::timeout(PATIENCE, studio.ended()).await;
    assert_eq!(end.unwrap(), End::Fallen("air"));
    ending.wait().await;
    let after = boxes(&studio);
    assert_eq!(after.last().map(String::as_str), Some("moov"), "{after:?}");
    assert!(studio.desk().show().recording, "the next engine goes on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_studio_that_ends_as_wanted_records_and_sends_no_more_when_it_is_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let (studio, ending) = studio(folder.path()).await;
    recording(&studio).await;
    studio.end().await;
    assert_eq!(studio.ended().await, End::Wanted);
    ending.wait().await;
    assert!(!studio.desk().show().recording);
    let after = boxes(&studio);
    assert_eq!(after.last().map(String::as_str), Some("moov"), "{after:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_that_cannot_be_written_is_told_once_and_not_tried_again_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (studio, ending) = studio(folder.path()).await;
    let recordings = studio.folders().recordings();
    std::fs::remove_dir_all(&recordings).unwrap();
    std::fs::write(&recordings, "no folder").unwrap();
    let (_, mut told) = studio.notices();
    let on = Command::SetRecording { on: true };
    studio.submit(air::engine(), on).await.unwrap();
    let failed = async { while told.recv().await.unwrap().key != "notice.recording_failed" {} };
    tokio::time::timeout(PATIENCE, failed).await.unwrap();
    let mut status = studio.status();
    status.mark_unchanged();
    for _ in 0..4 {
        let looked = tokio::time::timeout(PATIENCE, status.changed()).await;
        looked.unwrap().unwrap();
        // The page says when it is tried again.
        let waits = status.borrow_and_update().recording().unwrap().clone();
        assert_eq!(waits.error, "recording_failed");
        assert!(
            waits
                .next_in_ms
                .is_some_and(|ms| (1..=30_000).contains(&ms)),
            "{waits:?}"
        );
    }
    while let Ok(notice) = told.try_recv() {
        assert_ne!(notice.key, "notice.recording_failed");
    }
    studio.end().await;
    ending.wait().await;
}
