//! Owns the recording: packets into an MP4 that survives being killed.
//!
//! The file is fragmented while it grows (a fragment a second, flushed to the disk) and becomes a
//! plain MP4 when it is finished. Of the muxers tried, only this mode does both on GStreamer 1.22.

mod file_sync;
mod mux;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::error::MediaError;
use crate::program::{EncodedPacket, EventSink, MediaEvent, StreamConfig, Track};

use file_sync::FileSync;
use mux::Mux;

/// Bytes that may wait for the disk: 13 s at 5 Mbit/s. Policy when full: packets are left out up
/// to the next keyframe, and the gap is reported once.
const QUEUE_BYTES: u64 = 8 * 1024 * 1024;
/// How long the last fragment and the index may take at the end.
const FINISH_TIMEOUT: Duration = Duration::from_secs(20);

/// A running recording. Dropping it without [`Recorder::finish`] leaves a playable fragmented file.
pub struct Recorder {
    path: PathBuf,
    mux: Mux,
    sync: FileSync,
    events: EventSink,
    progress: Mutex<Progress>,
    dropped: AtomicU64,
    duration_us: AtomicU64,
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
    /// When the file cannot be created or an element is missing.
    pub fn start(
        path: PathBuf,
        config: &StreamConfig,
        events: EventSink,
    ) -> Result<Self, MediaError> {
        // GStreamer's own message does not say why a file cannot be opened.
        std::fs::OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .open(&path)
            .map_err(|error| file_error(&path, &error))?;
        let mux = {
            let (events, path) = (events.clone(), path.clone());
            Mux::start(&path.clone(), config, move |message, disk_full| {
                events.send(MediaEvent::RecordingFailed {
                    path: path.clone(),
                    message,
                    disk_full,
                });
            })?
        };
        let sync = FileSync::start(&path).map_err(|error| file_error(&path, &error))?;
        Ok(Self {
            path,
            mux,
            sync,
            events,
            progress: Mutex::new(Progress::Waiting),
            dropped: AtomicU64::new(0),
            duration_us: AtomicU64::new(0),
        })
    }

    /// Adds a packet. Never blocks; after a failure it does nothing.
    pub fn push(&self, packet: &EncodedPacket) {
        if self.mux.has_failed() {
            return;
        }
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = packet.track == Track::Video && packet.keyframe;
        let full = self.mux.waiting_bytes() > QUEUE_BYTES;
        let start_us = match *progress {
            Progress::Waiting if entry => {
                *progress = Progress::Writing {
                    start_us: packet.pts_us,
                };
                packet.pts_us
            }
            Progress::Waiting => return,
            Progress::Writing { start_us } if full => {
                *progress = Progress::Gap { start_us };
                self.leave_out();
                self.events.send(MediaEvent::RecordingGap {
                    path: self.path.clone(),
                    dropped: self.dropped(),
                });
                return;
            }
            Progress::Writing { start_us } => start_us,
            Progress::Gap { start_us } if entry && !full => {
                *progress = Progress::Writing { start_us };
                start_us
            }
            Progress::Gap { .. } => {
                self.leave_out();
                return;
            }
        };
        // Sound from before the first picture has no place in the file.
        let Ok(at_us) = u64::try_from(packet.pts_us - start_us) else {
            return;
        };
        if packet.track == Track::Video {
            let end = at_us + u64::try_from(packet.duration_us).unwrap_or(0);
            self.duration_us.fetch_max(end, Ordering::Relaxed);
        }
        self.mux.push(packet, at_us);
    }

    fn leave_out(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    /// Packets left out because the disk was too slow.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Size of the file so far.
    #[must_use]
    pub fn bytes_written(&self) -> u64 {
        self.sync.bytes()
    }

    /// Length of the recording so far.
    #[must_use]
    pub fn duration(&self) -> Duration {
        Duration::from_micros(self.duration_us.load(Ordering::Relaxed))
    }

    /// Writes the rest and turns the file into a plain MP4. Blocks until the disk has it: call it
    /// from a thread that may wait.
    ///
    /// # Errors
    /// When writing fails or takes more than 20 s; the fragmented file stays.
    pub fn finish(self) -> Result<Recording, MediaError> {
        let empty = matches!(
            *self.progress.lock().unwrap_or_else(PoisonError::into_inner),
            Progress::Waiting
        );
        if empty {
            return Err(MediaError::EndOfStream);
        }
        self.mux.finish(FINISH_TIMEOUT)?;
        self.sync
            .flush()
            .map_err(|error| file_error(&self.path, &error))?;
        Ok(Recording {
            bytes: self.bytes_written(),
            duration: self.duration(),
            dropped: self.dropped(),
            path: self.path.clone(),
        })
    }
}

fn file_error(path: &Path, error: &std::io::Error) -> MediaError {
    MediaError::File {
        path: path.display().to_string(),
        reason: error.to_string(),
    }
}
