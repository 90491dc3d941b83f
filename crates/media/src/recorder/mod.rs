//! Owns the recording: packets into an MP4 that survives being killed.
//!
//! Written here and not by `mp4mux`: in GStreamer 1.22 its `first-moov-then-finalise` mode loses
//! the sizes of a fragment's last samples when the tracks interleave, and a file that was cut off
//! then does not open at all.

mod boxes;
mod chapters;
mod disk;

mod options;
mod parts;
#[cfg(test)]
mod power_tests;
mod replay;
mod split;
mod track;
mod writer;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::error::MediaError;
use crate::program::{EncodedPacket, EventSink, MediaEvent, StreamConfig, Track};

pub use crate::platform::largest_file;
pub use chapters::Chapter;
pub use disk::DiskPolicy;
pub use options::{PartNames, RecorderNote, RecorderOptions, Recording};
pub use replay::ReplayBuffer;
pub use split::Split;

use parts::{Failed, Going, Parts};

/// Packets that may wait for the disk: some 50 s. Policy when full, or over [`QUEUE_BYTES`]:
/// packets are left out up to the next keyframe, and the gap is reported once.
const QUEUE_PACKETS: usize = 4096;
/// Bytes that may wait for the disk: 50 s at 2.5 Mbit/s.
const QUEUE_BYTES: u64 = 16 * 1024 * 1024;
/// Chapters kept for a recording, some ten times what a long show has. Policy when full: the newest
/// is refused.
const MOST_CHAPTERS: usize = 4096;
/// No picture yet.
const NEVER: i64 = i64::MIN;

/// A running recording. Dropping it without [`Recorder::finish`] leaves a playable fragmented file.
///
/// It is for one configuration: when the program announces another, finish it and start the next.
pub struct Recorder {
    path: PathBuf,
    shared: Arc<Shared>,
    events: EventSink,
    sender: Option<SyncSender<Order>>,
    thread: Option<JoinHandle<Result<Vec<Recording>, MediaError>>>,
    progress: Mutex<Progress>,
}

struct Shared {
    ended: AtomicBool,
    waiting_bytes: AtomicU64,
    /// Of all parts.
    bytes: Arc<AtomicU64>,
    dropped: AtomicU64,
    first_pts_us: AtomicI64,
    end_us: AtomicI64,
    chapters: Mutex<Vec<Chapter>>,
    split: Mutex<Split>,
}

enum Order {
    Packet(EncodedPacket),
    Isolate(Option<String>),
    Finish,
}

#[derive(Clone, Copy)]
enum Progress {
    /// Nothing written yet: waits for a keyframe.
    Waiting,
    Writing,
    /// Over the queue's limit: waits for a keyframe.
    Gap,
}

impl Recorder {
    /// Records into one new file, beginning with the next keyframe.
    ///
    /// # Errors
    /// As [`Recorder::start_with`].
    pub fn start(
        path: PathBuf,
        config: &StreamConfig,
        events: EventSink,
    ) -> Result<Self, MediaError> {
        Self::start_with(RecorderOptions::single(path), config, events)
    }

    /// Creates the first part's file; the recording begins with the next keyframe.
    ///
    /// # Errors
    /// [`MediaError::File`] when the file exists or cannot be created, and when the disk has no
    /// more room than it is to keep free.
    pub fn start_with(
        options: RecorderOptions,
        config: &StreamConfig,
        events: EventSink,
    ) -> Result<Self, MediaError> {
        let shared = Arc::new(Shared {
            ended: AtomicBool::new(false),
            waiting_bytes: AtomicU64::new(0),
            bytes: Arc::default(),
            dropped: AtomicU64::new(0),
            first_pts_us: AtomicI64::new(NEVER),
            end_us: AtomicI64::new(NEVER),
            chapters: Mutex::default(),
            split: Mutex::new(options.split),
        });
        let parts = Parts::begin(options, config, shared.clone()).map_err(|f| f.to_error())?;
        let path = parts.path().to_owned();
        let (sender, orders) = mpsc::sync_channel(QUEUE_PACKETS);
        let thread = {
            let (shared, events) = (shared.clone(), events.clone());
            std::thread::Builder::new()
                .name("media-recorder".to_owned())
                .spawn(move || {
                    let result = write(parts, &orders, &shared, &events);
                    result.map_err(|failed| {
                        shared.ended.store(true, Ordering::Release);
                        events.send(MediaEvent::RecordingFailed {
                            path: failed.path.clone(),
                            message: failed.error.to_string(),
                            disk_full: is_full(&failed.error),
                        });
                        failed.to_error()
                    })
                })
                .map_err(|error| MediaError::Build(format!("no thread: {error}")))?
        };
        Ok(Self {
            path,
            shared,
            events,
            sender: Some(sender),
            thread: Some(thread),
            progress: Mutex::new(Progress::Waiting),
        })
    }

    /// Adds a packet. Never blocks; after a failure, or at the disk's limit, it does nothing.
    pub fn push(&self, packet: &EncodedPacket) {
        if self.has_ended() {
            return;
        }
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let is_video = packet.track == Track::Video;
        let entry = is_video && packet.keyframe;
        let full = self.shared.waiting_bytes.load(Ordering::Relaxed) > QUEUE_BYTES;
        match *progress {
            Progress::Waiting if entry => {
                let first = &self.shared.first_pts_us;
                first.store(packet.pts_us, Ordering::Relaxed);
            }
            Progress::Waiting => return,
            Progress::Writing if !full => {}
            Progress::Gap if entry && !full => {}
            Progress::Writing => {
                *progress = self.gap();
                return;
            }
            Progress::Gap => {
                self.shared.dropped.fetch_add(1, Ordering::Relaxed);
                return;
            }
        }
        *progress = Progress::Writing;
        let size = packet.data.len() as u64;
        self.shared.waiting_bytes.fetch_add(size, Ordering::Relaxed);
        let order = Order::Packet(packet.clone());
        let sent = self
            .sender
            .as_ref()
            .is_some_and(|sender| sender.try_send(order).is_ok());
        if !sent {
            self.shared.waiting_bytes.fetch_sub(size, Ordering::Relaxed);
            *progress = self.gap();
        } else if is_video {
            let end_us = packet.pts_us + packet.duration_us.max(0);
            self.shared.end_us.fetch_max(end_us, Ordering::Relaxed);
        }
    }

    fn gap(&self) -> Progress {
        self.shared.dropped.fetch_add(1, Ordering::Relaxed);
        if !self.has_ended() {
            self.events.send(MediaEvent::RecordingGap {
                path: self.path.clone(),
                dropped: self.dropped(),
            });
        }
        Progress::Gap
    }

    /// Has the isolated sound recorded from the next keyframe on, under this name, or no longer. The file
    /// that is open cannot get another track: a part that has it begins, seamlessly.
    pub fn isolate(&self, name: Option<String>) {
        let order = Order::Isolate(name);
        if let Some(sender) = &self.sender
            && sender.try_send(order).is_err()
        {
            tracing::warn!("the recorder is too busy to be told of the isolated sound");
        }
    }

    /// Notes the beginning of a chapter; each finished part lists those it shows. Call it while the
    /// moment is being recorded: a part that is finished is not touched again.
    ///
    /// # Errors
    /// [`MediaError::OutOfRange`] when there are 4096 already.
    pub fn add_chapter(&self, chapter: Chapter) -> Result<(), MediaError> {
        let all = &self.shared.chapters;
        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST_CHAPTERS {
            return Err(MediaError::OutOfRange("the number of chapters"));
        }
        all.push(chapter);
        Ok(())
    }

    /// When a part ends, from the next keyframe on.
    pub fn set_split(&self, split: Split) {
        let own = &self.shared.split;
        *own.lock().unwrap_or_else(PoisonError::into_inner) = split;
    }

    /// Whether nothing more goes into the file: writing failed, or the disk's limit was reached.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.shared.ended.load(Ordering::Acquire)
    }

    /// Running time of the first picture of the first part; `None` before it came.
    #[must_use]
    pub fn first_pts_us(&self) -> Option<i64> {
        let first = self.shared.first_pts_us.load(Ordering::Relaxed);
        (first != NEVER).then_some(first)
    }

    /// Packets left out because the disk was too slow.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }

    /// Size of all parts so far.
    #[must_use]
    pub fn bytes_written(&self) -> u64 {
        self.shared.bytes.load(Ordering::Relaxed)
    }

    /// Bytes of packets that were pushed and have not been through the disk's thread: 0 when nothing is on its way.
    #[must_use]
    pub fn waiting_bytes(&self) -> u64 {
        self.shared.waiting_bytes.load(Ordering::Acquire)
    }

    /// Length of the recording so far, all parts together, including what waits for the disk.
    #[must_use]
    pub fn duration(&self) -> Duration {
        let end_us = self.shared.end_us.load(Ordering::Relaxed);
        let length = self
            .first_pts_us()
            .map_or(0, |first| end_us.saturating_sub(first));
        Duration::from_micros(u64::try_from(length).unwrap_or(0))
    }

    /// The first part's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the rest and turns the last part into a plain MP4; gives that part. Blocks until the
    /// disk has it: call it from a thread that may wait.
    ///
    /// # Errors
    /// [`MediaError::EndOfStream`] when no keyframe ever came (no file is left then),
    /// [`MediaError::File`] when writing failed; what was written stays playable.
    pub fn finish(self) -> Result<Recording, MediaError> {
        self.finish_all(Vec::new())?
            .pop()
            .ok_or(MediaError::EndOfStream)
    }

    /// As [`Recorder::finish`], with chapters besides those of [`Recorder::add_chapter`] for the
    /// part that is open; gives all parts in their order.
    ///
    /// # Errors
    /// As [`Recorder::finish`]. Chapters over the limit are left out, not an error.
    pub fn finish_all(mut self, chapters: Vec<Chapter>) -> Result<Vec<Recording>, MediaError> {
        for chapter in chapters {
            if self.add_chapter(chapter).is_err() {
                tracing::warn!("a recording has more chapters than it can keep");
                break;
            }
        }
        if let Some(sender) = self.sender.take() {
            // An error means that the thread has ended: its result says why.
            let _ended = sender.send(Order::Finish);
        }
        let parts = self.join()?;
        if parts.is_empty() {
            return Err(MediaError::EndOfStream);
        }
        Ok(parts)
    }

    fn join(&mut self) -> Result<Vec<Recording>, MediaError> {
        let Some(thread) = self.thread.take() else {
            return Err(MediaError::EndOfStream);
        };
        thread.join().unwrap_or_else(|_| {
            Err(MediaError::Build(
                "the recorder's thread panicked".to_owned(),
            ))
        })
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.sender = None;
        if self.thread.is_some()
            && let Err(error) = self.join()
        {
            tracing::warn!(%error, "recording");
        }
    }
}

fn write(
    mut parts: Parts,
    orders: &mpsc::Receiver<Order>,
    shared: &Shared,
    events: &EventSink,
) -> Result<Vec<Recording>, Failed> {
    while let Ok(order) = orders.recv() {
        let packet = match order {
            Order::Packet(packet) => packet,
            Order::Isolate(name) => {
                parts.isolate(name);
                continue;
            }
            Order::Finish => return parts.finish(),
        };
        let size = packet.data.len() as u64;
        let going = parts.push(packet)?;
        shared.waiting_bytes.fetch_sub(size, Ordering::Release);
        if let Going::DiskLimit { free_bytes } = going {
            shared.ended.store(true, Ordering::Release);
            let path = parts.path().to_owned();
            parts.note_limit(free_bytes);
            let finished = parts.finish()?;
            events.send(MediaEvent::RecordingFailed {
                path,
                message: format!("stopped and finished with {free_bytes} bytes free"),
                disk_full: true,
            });
            return Ok(finished);
        }
    }
    parts.flush()?;
    Ok(Vec::new())
}

/// No room on the disk, in the quota, or in what the file system allows one file (4 GB on FAT32).
fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}

impl Failed {
    fn to_error(&self) -> MediaError {
        MediaError::File {
            path: self.path.display().to_string(),
            reason: self.error.to_string(),
        }
    }
}
