//! What the end of an engine waits for: its threads, and the files they leave open.

use std::convert::Infallible;
use std::thread::JoinHandle;

use tokio::sync::mpsc;

use crate::air::FINISH_WITHIN;

/// What is waited for at the end.
pub struct Ending {
    threads: Vec<JoinHandle<()>>,
    parts_closed: mpsc::Receiver<Infallible>,
}

impl Ending {
    /// Of these threads, and of the parts whose `OpenPart` belongs to `parts_closed`.
    pub(super) fn of(
        threads: Vec<JoinHandle<()>>,
        parts_closed: mpsc::Receiver<Infallible>,
    ) -> Self {
        Self {
            threads,
            parts_closed,
        }
    }

    /// Waits for the threads and until every recording part is closed, also one whose thread fell.
    pub async fn wait(mut self) {
        let join = move || self.threads.into_iter().all(|thread| thread.join().is_ok());
        if !tokio::task::spawn_blocking(join).await.unwrap_or(false) {
            tracing::error!("a thread of the engine did not end well");
        }
        let closed = self.parts_closed.recv();
        if tokio::time::timeout(FINISH_WITHIN, closed).await.is_err() {
            tracing::error!("the disk did not take the end of a recording in time");
        }
    }
}
