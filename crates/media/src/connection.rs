//! Owns the pipelines of connections: what goes wrong in one is told to whoever holds it, and one that hangs while it
//! ends holds up nobody.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use tokio::sync::watch;

use crate::error::MediaError;

/// A pipeline that ends in a thread of its own when it is dropped: an element that hangs holds up nobody.
#[derive(Debug)]
pub(crate) struct Running<E> {
    pipeline: Option<gst::Pipeline>,
    failed: watch::Receiver<Option<E>>,
}

impl<E: Clone + From<MediaError> + Send + Sync + 'static> Running<E> {
    /// Begins to play. `understand` tells what an error of the pipeline means.
    pub(crate) fn start(
        pipeline: gst::Pipeline,
        understand: impl Fn(&gst::message::Error) -> E + Send + Sync + 'static,
    ) -> Result<Self, E> {
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
    pub(crate) fn failure(&self) -> Option<E> {
        self.failed.borrow().clone()
    }

    /// Waits for a failure. Safe to cancel.
    pub(crate) async fn failing(&mut self) -> E {
        let failed = self.failed.wait_for(Option::is_some).await;
        let failure = failed.ok().and_then(|failure| failure.clone());
        match failure {
            Some(failure) => failure,
            None => std::future::pending().await,
        }
    }

    pub(crate) fn pipeline(&self) -> Option<&gst::Pipeline> {
        self.pipeline.as_ref()
    }

    /// Stops, and waits for it.
    pub(crate) async fn stop(mut self) {
        if let Some(pipeline) = self.pipeline.take() {
            let stopped = tokio::task::spawn_blocking(move || halt(&pipeline)).await;
            if stopped.is_err() {
                tracing::error!("stopping a sender panicked");
            }
        }
    }
}

impl<E> Drop for Running<E> {
    fn drop(&mut self) {
        let Some(pipeline) = self.pipeline.take() else {
            return;
        };
        *ending() += 1;
        let spawned = std::thread::Builder::new()
            .name("media-old-line".to_owned())
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
