//! Owns the recording: packets into an MP4 that survives being killed.
//!
//! Written here and not by `mp4mux`: in GStreamer 1.22 its `first-moov-then-finalise` mode loses
//! the sizes of a fragment's last samples when the tracks interleave, and a file that was cut off
//! then does not open at all.

mod boxes;
mod track;
mod writer;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::error::MediaError;
use crate::program::{EncodedPacket, EventSink, MediaEvent, StreamConfig, Track};

use writer::Writer;

/// Packets that may wait for the disk: some 50 s. Policy when full, or over [`QUEUE_BYTES`]:
/// packets are left out up to the next keyframe, and the gap is reported once.
const QUEUE_PACKETS: usize = 4096;
/// Bytes that may wait for the disk: 50 s at 2.5 Mbit/s.
const QUEUE_BYTES: u64 = 16 * 1024 * 1024;

/// A running recording. Dropping it without [`Recorder::finish`] leaves a playable fragmented file.
///
/// It is for one configuration: when the program announces another, finish it and start the next.
pub struct Recorder {
    path: PathBuf,
    shared: Arc<Shared>,
    events: EventSink,
    sender: Option<SyncSender<Order>>,
    thread: Option<JoinHandle<Result<u64, MediaError>>>,
    progress: Mutex<Progress>,
}

#[derive(Default)]
struct Shared {
    failed: AtomicBool,
    waiting_bytes: AtomicU64,
    bytes: Arc<AtomicU64>,
    dropped: AtomicU64,
    duration_us: AtomicU64,
}

enum Order {
    Packet { packet: EncodedPacket, at_us: u64 },
    Finish,
}

/// A finished recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// The file.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// From the first picture to the end of the last.
    pub duration: Duration,
    /// Packets left out because the disk was too slow.
    pub dropped: u64,
}

#[derive(Clone, Copy)]
enum Progress {
    /// Nothing written yet: waits for a keyframe.
    Waiting,
    /// Writing; running time in µs of the first picture.
    Writing { start_us: i64 },
    /// Over the queue's limit: waits for a keyframe.
    Gap { start_us: i64 },
}

impl Recorder {
    /// Creates the file; the recording starts with the next keyframe.
    ///
    /// # Errors
    /// When the file cannot be created.
    pub fn start(
        path: PathBuf,
        config: &StreamConfig,
        events: EventSink,
    ) -> Result<Self, MediaError> {
        let shared = Arc::new(Shared::default());
        let writer = Writer::create(&path, config, shared.bytes.clone())
            .map_err(|error| file_error(&path, &error))?;
        let (sender, orders) = mpsc::sync_channel(QUEUE_PACKETS);
        let thread = {
            let (shared, events, path) = (shared.clone(), events.clone(), path.clone());
            std::thread::Builder::new()
                .name("media-recorder".to_owned())
                .spawn(move || {
                    let result = write(writer, &orders, &shared);
                    result.map_err(|error| {
                        shared.failed.store(true, Ordering::Release);
                        events.send(MediaEvent::RecordingFailed {
                            path: path.clone(),
                            message: error.to_string(),
                            disk_full: is_full(&error),
                        });
                        file_error(&path, &error)
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

    /// Adds a packet. Never blocks; after a failure it does nothing.
    pub fn push(&self, packet: &EncodedPacket) {
        if self.shared.failed.load(Ordering::Acquire) {
            return;
        }
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = packet.track == Track::Video && packet.keyframe;
        let full = self.shared.waiting_bytes.load(Ordering::Relaxed) > QUEUE_BYTES;
        let start_us = match *progress {
            Progress::Waiting if entry => packet.pts_us,
            Progress::Waiting => return,
            Progress::Writing { start_us } if !full => start_us,
            Progress::Gap { start_us } if entry && !full => start_us,
            Progress::Writing { start_us } => {
                *progress = self.gap(start_us);
                return;
            }
            Progress::Gap { .. } => {
                self.shared.dropped.fetch_add(1, Ordering::Relaxed);
                return;
            }
        };
        *progress = Progress::Writing { start_us };
        // Sound from before the first picture has no place in the file.
        let Ok(at_us) = u64::try_from(packet.pts_us - start_us) else {
            return;
        };
        let (size, is_video) = (packet.data.len() as u64, packet.track == Track::Video);
        self.shared.waiting_bytes.fetch_add(size, Ordering::Relaxed);
        let order = Order::Packet {
            packet: packet.clone(),
            at_us,
        };
        let sent = self
            .sender
            .as_ref()
            .is_some_and(|sender| sender.try_send(order).is_ok());
        if !sent {
            self.shared.waiting_bytes.fetch_sub(size, Ordering::Relaxed);
            *progress = self.gap(start_us);
        } else if is_video {
            let end = at_us + u64::try_from(packet.duration_us).unwrap_or(0);
            self.shared.duration_us.fetch_max(end, Ordering::Relaxed);
        }
    }

    fn gap(&self, start_us: i64) -> Progress {
        self.shared.dropped.fetch_add(1, Ordering::Relaxed);
        if !self.shared.failed.load(Ordering::Acquire) {
            self.events.send(MediaEvent::RecordingGap {
                path: self.path.clone(),
                dropped: self.dropped(),
            });
        }
        Progress::Gap { start_us }
    }

    /// Whether writing failed; nothing more goes into the file then.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.shared.failed.load(Ordering::Acquire)
    }

    /// Packets left out because the disk was too slow.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }

    /// Size of the file so far.
    #[must_use]
    pub fn bytes_written(&self) -> u64 {
        self.shared.bytes.load(Ordering::Relaxed)
    }

    /// Length of the recording so far, including what waits for the disk.
    #[must_use]
    pub fn duration(&self) -> Duration {
        Duration::from_micros(self.shared.duration_us.load(Ordering::Relaxed))
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the rest and turns the file into a plain MP4. Blocks until the disk has it: call it
    /// from a thread that may wait.
    ///
    /// # Errors
    /// [`MediaError::EndOfStream`] when no keyframe ever came, [`MediaError::File`] when writing
    /// failed; what was written stays playable.
    pub fn finish(mut self) -> Result<Recording, MediaError> {
        if let Some(sender) = self.sender.take() {
            // An error means that the thread has ended: its result says why.
            let _ended = sender.send(Order::Finish);
        }
        let bytes = self.join()?;
        let progress = *self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(progress, Progress::Waiting) {
            return Err(MediaError::EndOfStream);
        }
        Ok(Recording {
            bytes,
            duration: self.duration(),
            dropped: self.dropped(),
            path: self.path.clone(),
        })
    }

    fn join(&mut self) -> Result<u64, MediaError> {
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

fn write(mut writer: Writer, orders: &mpsc::Receiver<Order>, shared: &Shared) -> io::Result<u64> {
    while let Ok(order) = orders.recv() {
        match order {
            Order::Packet { packet, at_us } => {
                let size = packet.data.len() as u64;
                writer.push(packet, at_us)?;
                shared.waiting_bytes.fetch_sub(size, Ordering::Relaxed);
            }
            Order::Finish => return writer.finish(),
        }
    }
    writer.flush()?;
    Ok(shared.bytes.load(Ordering::Relaxed))
}

/// No room on the disk, in the quota, or in what the file system allows one file (4 GB on FAT32).
fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}

fn file_error(path: &Path, error: &io::Error) -> MediaError {
    MediaError::File {
        path: path.display().to_string(),
        reason: error.to_string(),
    }
}
