//! A file touched while the engine runs. After a crash or a power cut it tells how long ago that was: a show
//! interrupted a minute ago goes on by itself, one of last week does not. What stands in it says whether a show is on air,
//! and which cameras this engine has open.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use stallcast_show::At;
use stallcast_wire::{RunState, StatusView};

use crate::private_file;
use crate::studio::Studio;

/// How often the file is touched.
const EVERY: Duration = Duration::from_secs(2);
/// Platforms close a silent room after some ten minutes; after that going on would open a new one unasked.
const RECENT: Duration = Duration::from_secs(10 * 60);
/// An engine that did not touch it for so long does not run, or stands still.
const RUNS: Duration = Duration::from_secs(10);
/// The first line of the file while a show is on air; else it is empty.
const ON_AIR: &str = "live";

/// Touches `path` until the studio ends.
pub async fn keep(path: PathBuf, studio: Studio) {
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                let words = words(studio.desk().show().is_live(), &studio.status().borrow());
                let path = path.clone();
                let write = move || write(&path, &words);
                match tokio::task::spawn_blocking(write).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => tracing::warn!(%error, "the sign of life could not be written"),
                    Err(error) => tracing::warn!(%error, "the sign of life was not written"),
                }
            }
            _ = studio.ended() => return,
        }
    }
}

/// Whole at every moment, for whoever reads it. Where the disk has no room for it, the one before is touched: it is the time
/// that counts after a crash.
fn write(path: &Path, words: &str) -> std::io::Result<()> {
    let touch = || {
        let file = std::fs::File::options().append(true).open(path);
        file.and_then(|file| file.set_modified(SystemTime::now()))
    };
    private_file::replace_lightly(path, words.as_bytes()).inspect_err(|_| {
        // Nothing is left to try: that it was not written is told.
        let _ = touch();
    })
}

/// The line of a show on air, then a line with the id of each camera that gives its picture.
fn words(is_live: bool, status: &StatusView) -> String {
    let open = |run: &RunState| matches!(run, RunState::Live | RunState::Stalled);
    let inputs = status.inputs.iter().filter(|input| open(&input.run));
    let cameras = inputs.filter_map(|input| input.device.as_deref());
    let lines = std::iter::once(if is_live { ON_AIR } else { "" }).chain(cameras);
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether an engine ran here a short while ago.
pub fn is_recent(path: &Path) -> bool {
    touched(path).is_some_and(|touched| touched.elapsed().is_ok_and(|ago| ago < RECENT))
}

/// Whether an engine runs here with a show on air.
pub fn is_on_air(path: &Path) -> bool {
    said_by_running(path).lines().next() == Some(ON_AIR)
}

/// Ids of the cameras that an engine which runs here has open.
pub fn held_cameras(path: &Path) -> BTreeSet<String> {
    let said = said_by_running(path);
    said.lines().skip(1).map(str::to_owned).collect()
}

/// What stands in the file of an engine that runs; nothing when none does.
fn said_by_running(path: &Path) -> String {
    let runs = touched(path).is_some_and(|at| at.elapsed().is_ok_and(|ago| ago < RUNS));
    let said = runs.then(|| std::fs::read_to_string(path).ok());
    said.flatten().unwrap_or_default()
}

/// When the last engine was still there; `None` when there was none.
pub fn last_seen(path: &Path) -> Option<At> {
    let since = touched(path)?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok().map(At)
}

fn touched(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path)
        .and_then(|file| file.modified())
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_of_an_hour_ago_is_not_recent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alive");
        assert!(!is_recent(&path));
        std::fs::write(&path, b"").unwrap();
        assert!(is_recent(&path));
        let hour_ago = std::time::SystemTime::now() - Duration::from_secs(3600);
        std::fs::File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(hour_ago)
            .unwrap();
        assert!(!is_recent(&path));
    }

    #[test]
    fn it_is_whole_at_every_moment_and_touched_where_it_cannot_be_written() {
        use std::io::Read;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alive");
        write(&path, "live\none").unwrap();
        let mut reader = std::fs::File::open(&path).unwrap();
        write(&path, "").unwrap();
        let mut read = String::new();
        reader.read_to_string(&mut read).unwrap();
        assert_eq!(read, "live\none", "who reads meanwhile reads all of it");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "");

        // As on a full disk: no other file can be made.
        std::fs::create_dir(path.with_extension("new")).unwrap();
        let long_ago = SystemTime::now() - Duration::from_secs(3600);
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(long_ago).unwrap();
        assert!(write(&path, "live").is_err());
        assert!(is_recent(&path));
    }

    #[test]
    fn what_runs_says_whether_it_is_on_air_and_which_cameras_it_has_open() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alive");
        assert!(!is_on_air(&path) && held_cameras(&path).is_empty());
        let input = |device: &str, run| stallcast_wire::InputStatus {
            id: device.into(),
            run,
            detail: String::new(),
            picture: None,
            from: None,
            device: Some(device.to_owned()),
        };
        let mut status = crate::studio::empty_status();
        let retrying = RunState::Retrying {
            attempt: 1,
            next_in_ms: 0,
        };
        status.inputs = vec![
            input("v4l2:/dev/video0", RunState::Live),
            input("v4l2:/dev/video2", retrying),
            input("pipewire:x y", RunState::Stalled),
        ];
        for live in [false, true] {
            std::fs::write(&path, words(live, &status)).unwrap();
            assert_eq!(is_on_air(&path), live);
            let held: Vec<_> = held_cameras(&path).into_iter().collect();
            assert_eq!(held, ["pipewire:x y", "v4l2:/dev/video0"]);
        }
        let long_ago = SystemTime::now() - Duration::from_secs(60);
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(long_ago).unwrap();
        assert!(
            !is_on_air(&path) && held_cameras(&path).is_empty(),
            "it ended without a word"
        );
    }
}
