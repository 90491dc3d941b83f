//! Owns starting and stopping encoders in threads of their own: a driver may hang there, and that must hold up
//! neither the program nor whoever gave the order.

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use super::encode::{EncodePipeline, EncodeSetup};
use crate::error::MediaError;

/// How long an encoder may take to start: some 50 ms are usual, a chip's driver needs half a second.
pub(crate) const START_WITHIN: Duration = Duration::from_secs(2);

/// As [`EncodePipeline::start`], in a thread of its own: a driver may hang there. One that comes later than
/// `within` is stopped again.
pub(crate) fn start_within(
    setup: &EncodeSetup,
    within: Duration,
) -> Result<EncodePipeline, MediaError> {
    let (sender, started) = sync_channel(0);
    let own = setup.clone();
    std::thread::Builder::new()
        .name("media-encoder".to_owned())
        .spawn(move || {
            // Nobody waits any more: it is dropped here, where it may hang.
            let _late = sender.send(EncodePipeline::start(&own));
        })
        .map_err(|error| MediaError::Build(format!("no thread: {error}")))?;
    started.recv_timeout(within).unwrap_or_else(|_| {
        Err(MediaError::Pipeline {
            element: setup.kind.element.to_owned(),
            reason: format!("it did not start within {within:?}"),
        })
    })
}

/// Drops what stops a pipeline, in a thread of its own: a hung driver may not stop, and that must hold up neither
/// its successor nor whoever gave the order.
pub(crate) fn discard<T: Send + 'static>(old: T) {
    let spawned = std::thread::Builder::new()
        .name("media-old-encoder".to_owned())
        .spawn(move || drop(old));
    if let Err(error) = spawned {
        tracing::error!(%error, "no thread to stop the old encoder in");
    }
}

/// As [`discard`], and waits for it at most so long.
pub(crate) fn discard_within<T: Send + 'static>(old: T, within: Duration) {
    let (sender, stopped) = sync_channel::<()>(0);
    discard((old, sender));
    // An error tells that both are gone.
    if stopped.recv_timeout(within) == Err(RecvTimeoutError::Timeout) {
        tracing::error!("an encoder does not stop");
    }
}
