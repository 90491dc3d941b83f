//! A file touched while the engine runs. After a crash or a power cut it tells how long ago that was: a show
//! interrupted a minute ago goes on by itself, one of last week does not. What stands in it says whether a show is on air.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use stallcast_show::At;

use crate::studio::Studio;

/// How often the file is touched.
const EVERY: Duration = Duration::from_secs(2);
/// Platforms close a silent room after some ten minutes; after that going on would open a new one unasked.
const RECENT: Duration = Duration::from_secs(10 * 60);
/// An engine that did not touch it for so long does not run, or stands still.
const RUNS: Duration = Duration::from_secs(10);
/// What stands in the file while a show is on air.
const ON_AIR: &[u8] = b"live";

/// Touches `path` until the studio ends.
pub async fn keep(path: PathBuf, studio: Studio) {
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                let words = if studio.desk().show().is_live() { ON_AIR } else { b"" };
                if let Err(error) = tokio::fs::write(&path, words).await {
                    tracing::warn!(%error, "the sign of life could not be written");
                }
            }
            _ = studio.ended() => return,
        }
    }
}

/// Whether an engine ran here a short while ago.
pub fn is_recent(path: &Path) -> bool {
    touched(path).is_some_and(|touched| touched.elapsed().is_ok_and(|ago| ago < RECENT))
}

/// Whether an engine runs here with a show on air.
pub fn is_on_air(path: &Path) -> bool {
    let runs = touched(path).is_some_and(|at| at.elapsed().is_ok_and(|ago| ago < RUNS));
    runs && std::fs::read(path).is_ok_and(|words| words == ON_AIR)
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
}
