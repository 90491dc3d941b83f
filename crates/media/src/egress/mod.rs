//! Owns the ways out that GStreamer carries: SRT and WebRTC, one pipeline a connection. Packets go in, nobody waits.
//!
//! What is sent is what the program's encoder made; nothing here reaches back to it. A receiver that asks for a keyframe
//! (PLI, FIR) gets the next one on the schedule: its request ends at the pipeline's own source.

mod chains;
mod intake;
mod loss;
mod pulse;
mod reports;
mod sdp;
mod srt;
mod srt_words;
mod webrtc;

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use tokio::sync::watch;

use crate::error::MediaError;

pub use loss::LossView;
pub use srt::{SrtCaller, SrtSender, SrtSpec};
pub use webrtc::{IceHelper, WebRtcSender};

/// Why something is not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EgressError {
    /// GStreamer's part failed.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// Nobody answered.
    #[error("no answer")]
    Unreachable,
    /// Another program has the port.
    #[error("the port is in use")]
    PortInUse,
    /// The passphrases differ.
    #[error("wrong passphrase")]
    WrongPassphrase,
    /// The other side refused with this code (SRT's reject reasons; from 1000 on they are the server's own).
    #[error("rejected with {0}")]
    Rejected(u32),
    /// The other side went away.
    #[error("the other side left")]
    PeerLeft,
    /// The answer cannot be read.
    #[error("the answer cannot be used")]
    BadAnswer,
    /// The other side does not take the picture's or the sound's format.
    #[error("the format was refused")]
    FormatRefused,
    /// No way for the media was found, or it was lost.
    #[error("no way for the media")]
    NoMediaPath,
}

impl From<gst::glib::BoolError> for EgressError {
    fn from(error: gst::glib::BoolError) -> Self {
        Self::Media(error.into())
    }
}

/// How a connection fares.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct EgressFigures {
    /// Bytes that left, protocol included.
    pub sent_bytes: u64,
    /// Bytes that were put in and have not left.
    pub queued_bytes: u64,
    /// How long a sign of the receiver that was due is missing.
    pub silent_for: Option<Duration>,
    /// Whether more should be put in now.
    pub wants_more: bool,
    /// What the link lets through; `None` while the receiver has said nothing.
    pub loss: Option<LossView>,
}

/// A pipeline that ends in a thread of its own when it is dropped: an element that hangs holds up nobody.
#[derive(Debug)]
struct Running {
    pipeline: Option<gst::Pipeline>,
    failed: watch::Receiver<Option<EgressError>>,
}

impl Running {
    /// Begins to play. `understand` tells what an error of the pipeline means.
    fn start(
        pipeline: gst::Pipeline,
        understand: impl Fn(&gst::message::Error) -> EgressError + Send + Sync + 'static,
    ) -> Result<Self, EgressError> {
        let (failure, failed) = watch::channel(None);
        if let Some(bus) = pipeline.bus() {
            bus.set_sync_handler(move |_, message| {
                if let gst::MessageView::Error(error) = message.view() {
                    failure.send_if_modified(|first| {
                        let is_first = first.is_none();
                        first.get_or_insert_with(|| understand(error));
                        is_first
                    });
                }
                gst::BusSyncReply::Drop
            });
        }
        let running = Self {
            pipeline: Some(pipeline),
            failed,
        };
        if let Some(pipeline) = &running.pipeline
            && let Err(error) = pipeline.set_state(gst::State::Playing)
        {
            // The reason is on the bus.
            return Err(running
                .failure()
                .unwrap_or_else(|| MediaError::from(error).into()));
        }
        Ok(running)
    }

    /// Why it no longer works, if so.
    fn failure(&self) -> Option<EgressError> {
        self.failed.borrow().clone()
    }

    /// Waits for a failure. Safe to cancel.
    async fn failing(&mut self) -> EgressError {
        let failed = self.failed.wait_for(Option::is_some).await;
        let failure = failed.ok().and_then(|failure| failure.clone());
        match failure {
            Some(failure) => failure,
            None => std::future::pending().await,
        }
    }

    fn pipeline(&self) -> Option<&gst::Pipeline> {
        self.pipeline.as_ref()
    }

    /// Stops, and waits for it.
    async fn stop(mut self) {
        if let Some(pipeline) = self.pipeline.take() {
            let stopped = tokio::task::spawn_blocking(move || halt(&pipeline)).await;
            if stopped.is_err() {
                tracing::error!("stopping a sender panicked");
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(pipeline) = self.pipeline.take() else {
            return;
        };
        *ending() += 1;
        let spawned = std::thread::Builder::new()
            .name("media-old-sender".to_owned())
            .spawn(move || {
                halt(&pipeline);
                drop(pipeline);
                *ending() -= 1;
                ENDED.notify_all();
            });
        if let Err(error) = spawned {
            *ending() -= 1;
            tracing::error!(%error, "no thread to stop a sender in");
        }
    }
}

/// How many senders are being ended in threads of their own.
static ENDING: Mutex<usize> = Mutex::new(0);
/// One of them has ended.
static ENDED: Condvar = Condvar::new();

fn ending() -> MutexGuard<'static, usize> {
    ENDING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until all senders that were dropped have ended, at most `within`. For the end of the process: libsrt takes its
/// tables down with it, and a thread that still closes a socket falls over them.
pub fn wait_until_ended(within: Duration) {
    let waited = ENDED.wait_timeout_while(ending(), within, |count| *count > 0);
    if waited.is_err() || waited.is_ok_and(|(_, late)| late.timed_out()) {
        tracing::warn!("a sender does not end");
    }
}

fn halt(pipeline: &gst::Pipeline) {
    if let Err(error) = pipeline.set_state(gst::State::Null) {
        tracing::warn!(%error, "a sender does not stop");
    }
}

fn make(factory: &str) -> Result<gst::Element, EgressError> {
    gst::ElementFactory::make(factory)
        .build()
        .map_err(|_| MediaError::MissingElement(factory.to_owned()).into())
}

fn capsfilter(caps: &gst::Caps) -> Result<gst::Element, EgressError> {
    let filter = make("capsfilter")?;
    filter.set_property("caps", caps);
    Ok(filter)
}

/// Starts GStreamer; costs nothing when it has been.
fn init() -> Result<(), EgressError> {
    gst::init().map_err(|error| MediaError::Init(error.to_string()).into())
}
