//! The replay buffer: the last half minute of what is live or rehearsed, in memory, written to a file when somebody
//! asks. The file is written while everything goes on.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use stallcast_delivery::{Hub, QueueLimits, Subscription};
use stallcast_media::error::MediaError;
use stallcast_media::recorder::{DiskPolicy, ReplayBuffer};
use stallcast_show::{Canvas, Phase};
use stallcast_wire::{ErrorCode, NoticeLevel, ReplayView, WireError};
use tokio::sync::{Mutex, watch};

use crate::air::part_name::moment_name;
use crate::canvases::Canvases;
use crate::clock::wall;
use crate::desk::Published;
use crate::notices::Notices;
use crate::packets::{config, recorded};

/// How much is kept: long enough for somebody to notice that it was worth it.
const SPAN: Duration = Duration::from_secs(30);
/// Most memory it takes: 32 s at 16 Mbit/s. At the usual 2.5 Mbit/s it takes 10 MB.
const MAX_BYTES: usize = 64 << 20;
/// What may wait for the buffer, which only takes references.
const WAITING: QueueLimits = QueueLimits {
    max_bytes: 4 << 20,
    max_ms: 5_000,
};

/// The buffer of one studio. Cheap to clone.
#[derive(Clone)]
pub struct Replay {
    inner: Arc<Inner>,
}

struct Inner {
    buffer: ReplayBuffer,
    folder: PathBuf,
    canvases: Canvases,
    notices: Notices,
    runs: AtomicBool,
    /// One file at a time: the second press waits for the first.
    writing: Mutex<()>,
}

impl Replay {
    /// Keeps what is sent while the show is live or rehearsed: the landscape canvas, or the portrait one where that
    /// is the only one. Needs a runtime.
    pub fn start(
        canvases: Canvases,
        published: watch::Receiver<Published>,
        folder: PathBuf,
        notices: Notices,
    ) -> Self {
        let replay = Self {
            inner: Arc::new(Inner {
                buffer: ReplayBuffer::new(SPAN, MAX_BYTES),
                folder,
                canvases,
                notices,
                runs: AtomicBool::new(false),
                writing: Mutex::new(()),
            }),
        };
        tokio::spawn(keep(replay.clone(), published));
        replay
    }

    /// Seconds that a file written now would have; `None` while nothing runs.
    pub fn held_s(&self) -> Option<u32> {
        let held = self.inner.buffer.held().as_secs();
        let runs = self.inner.runs.load(Ordering::Acquire);
        runs.then(|| u32::try_from(held).unwrap_or(u32::MAX))
    }

    /// Writes what is held into a file of its own, and tells every page.
    ///
    /// # Errors
    /// [`ErrorCode::NothingRuns`] when nothing is live or rehearsed, or began only now;
    /// [`ErrorCode::FileUnwritable`] when the disk does not take it.
    pub async fn save(&self) -> Result<ReplayView, WireError> {
        if self.held_s().is_none() {
            return Err(WireError::new(ErrorCode::NothingRuns));
        }
        let _alone = self.inner.writing.lock().await;
        let inner = Arc::clone(&self.inner);
        let written = tokio::task::spawn_blocking(move || inner.write());
        let written = written
            .await
            .unwrap_or_else(|error| Err(Unwritten::Cause(error.to_string())));
        match written {
            Ok(view) => {
                let seconds = (f64::from(view.length_ms) / 1_000.0).round();
                let params = [
                    ("file", view.file.clone()),
                    ("seconds", seconds.to_string()),
                ];
                let notices = &self.inner.notices;
                notices.tell(NoticeLevel::Info, "notice.replay_saved", &params);
                Ok(view)
            }
            Err(Unwritten::Nothing) => Err(WireError::new(ErrorCode::NothingRuns).retryable()),
            Err(Unwritten::Cause(cause)) => {
                tracing::error!(cause, "a replay could not be written");
                let params = [("cause", cause.clone())];
                let notices = &self.inner.notices;
                notices.tell(NoticeLevel::Error, "notice.replay_failed", &params);
                let error = WireError::new(ErrorCode::FileUnwritable);
                Err(error.with("cause", cause).retryable())
            }
        }
    }
}

/// Why there is no file.
enum Unwritten {
    Nothing,
    /// `disk_full`, or what the system says.
    Cause(String),
}

impl Inner {
    fn write(&self) -> Result<ReplayView, Unwritten> {
        let bytes = u64::try_from(self.buffer.bytes()).unwrap_or(u64::MAX);
        // It asks for a minute of room, and this is half of one.
        if !DiskPolicy::default().has_room(&self.folder, bytes / 30) {
            return Err(Unwritten::Cause("disk_full".into()));
        }
        let path = free_name(&self.folder, wall().0);
        let saved = self.buffer.save(&path).map_err(|error| match error {
            MediaError::EndOfStream => Unwritten::Nothing,
            MediaError::File { reason, .. } => Unwritten::Cause(reason),
            other => Unwritten::Cause(other.to_string()),
        })?;
        let file = path.file_name().unwrap_or_default();
        tracing::info!(?path, length = ?saved.duration, bytes = saved.bytes, "a replay was saved");
        Ok(ReplayView {
            file: file.to_string_lossy().into_owned(),
            length_ms: u32::try_from(saved.duration.as_millis()).unwrap_or(u32::MAX),
        })
    }
}

/// `20261122-101500-replay.mp4` in UTC, with a number where that is taken.
fn free_name(folder: &Path, unix_ms: i64) -> PathBuf {
    let moment = moment_name(unix_ms);
    let numbered = (2_u32..).map(|number| format!("{moment}-replay-{number}.mp4"));
    let mut names = std::iter::once(format!("{moment}-replay.mp4")).chain(numbered);
    loop {
        if let Some(path) = names.next().map(|name| folder.join(name))
            && !path.exists()
        {
            return path;
        }
    }
}

/// The canvas that is kept.
#[derive(Default)]
struct Source {
    hub: Option<Hub>,
    packets: Option<Subscription>,
}

impl Source {
    /// Takes from `hub`; true when it is another one. The other canvas comes and goes without a gap in what is kept of
    /// this one.
    fn follow(&mut self, hub: Option<Hub>) -> bool {
        let is_same = match (&self.hub, &hub) {
            (Some(was), Some(is)) => was.is(is),
            (was, is) => was.is_none() && is.is_none(),
        };
        if !is_same {
            self.packets = hub.as_ref().map(|hub| hub.subscribe(WAITING));
            self.hub = hub;
        }
        !is_same
    }
}

/// Fills the buffer while something runs, and empties it after.
async fn keep(replay: Replay, mut published: watch::Receiver<Published>) {
    let inner = &replay.inner;
    let is_idle = |published: &Published| published.show.phase == Phase::Idle;
    loop {
        // An error means that the desk is gone, and the engine ends.
        if published.wait_for(|now| !is_idle(now)).await.is_err() {
            return;
        }
        inner.runs.store(true, Ordering::Release);
        let mut running = inner.canvases.running();
        let hub = || {
            let landscape = inner.canvases.hub(Canvas::Landscape);
            landscape.or_else(|| inner.canvases.hub(Canvas::Portrait))
        };
        let mut source = Source::default();
        source.follow(hub());
        loop {
            let next = async {
                match &mut source.packets {
                    Some(packets) => packets.next().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                ended = published.wait_for(is_idle) => match ended {
                    Ok(_) => break,
                    Err(_) => return,
                },
                changed = running.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    source.follow(hub());
                }
                delivered = next => {
                    let Some(delivered) = delivered else {
                        source.packets = None;
                        continue;
                    };
                    if delivered.format_changed {
                        inner.buffer.set_config(Arc::new(config(&delivered.format)));
                    }
                    let fps = delivered.format.video.fps;
                    inner.buffer.push(&recorded(delivered.packet, fps));
                }
            }
        }
        inner.runs.store(false, Ordering::Release);
        inner.buffer.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_canvas_comes_and_goes_without_a_new_beginning() {
        let (landscape, portrait) = (Hub::default(), Hub::default());
        let mut source = Source::default();
        assert!(!source.follow(None));
        assert!(source.follow(Some(landscape.clone())));
        assert!(!source.follow(Some(landscape.clone())));
        assert!(source.follow(Some(portrait)));
        assert!(source.follow(None) && source.packets.is_none());
        assert!(source.follow(Some(landscape)) && source.packets.is_some());
    }

    #[test]
    fn replays_of_the_same_second_have_names_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let name = || {
            let path = free_name(folder.path(), 1_795_305_600_000);
            std::fs::write(&path, b"").unwrap();
            path.file_name().unwrap().to_string_lossy().into_owned()
        };
        assert_eq!(name(), "20261122-000000-replay.mp4");
        assert_eq!(name(), "20261122-000000-replay-2.mp4");
        assert_eq!(name(), "20261122-000000-replay-3.mp4");
    }
}
