//! Owns what a program tells its caller, and the bounded way there.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;

use crate::encoder::EncoderChoice;
use crate::input::InputEvent;

/// What the picture on air shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnAir {
    /// The scene's sources.
    Scene,
    /// The slate, because the scene's main source is missing or has stalled.
    Slate,
}

/// Something the caller may want to show or act on.
#[derive(Debug, Clone, PartialEq)]
pub enum MediaEvent {
    /// An input changed its state.
    Input(InputEvent),
    /// The encoder that is used from now on, and why.
    Encoder(EncoderChoice),
    /// The encoder failed; another one takes over with the next keyframe.
    EncoderFailed {
        /// The element that failed.
        name: String,
        /// GStreamer's message.
        message: String,
    },
    /// The mix or its encoder failed; it is replaced in its place.
    SoundFailed {
        /// GStreamer's message.
        message: String,
    },
    /// The mix is heard again.
    SoundBack,
    /// The picture on air became the slate, or the scene again.
    OnAir {
        /// Id of the canvas.
        canvas: String,
        /// What is shown now.
        shows: OnAir,
    },
    /// A recording failed; the program goes on.
    RecordingFailed {
        /// Its file.
        path: PathBuf,
        /// GStreamer's or the system's message.
        message: String,
        /// Whether the disk is full.
        disk_full: bool,
    },
    /// A recording could not keep up and left out packets up to the next keyframe.
    RecordingGap {
        /// Its file.
        path: PathBuf,
        /// Packets left out since the recording started.
        dropped: u64,
    },
}

/// Sends events without ever waiting. Policy when full: the newest event is dropped and counted;
/// states can be read again from the program.
#[derive(Debug, Clone)]
pub struct EventSink {
    sender: mpsc::Sender<MediaEvent>,
    dropped: Arc<AtomicU64>,
}

impl EventSink {
    /// Wraps the caller's bounded channel.
    #[must_use]
    pub fn new(sender: mpsc::Sender<MediaEvent>) -> Self {
        Self {
            sender,
            dropped: Arc::default(),
        }
    }

    /// Sends or drops.
    pub fn send(&self, event: MediaEvent) {
        if let Err(mpsc::error::TrySendError::Full(event)) = self.sender.try_send(event) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(?event, "event dropped: the receiver is too slow");
        }
    }

    /// Events dropped so far.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}
