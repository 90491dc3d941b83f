//! The end of an engine: who asks for it, who is told, and what it waits for (its threads, and the files they leave
//! open).

use std::convert::Infallible;
use std::thread::JoinHandle;

use tokio::sync::mpsc;

use super::Studio;
use crate::air::{End, FINISH_WITHIN, Order};

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

impl Studio {
    /// Ends the engine because somebody wants it to: a broadcast ends, the recording is finalised, destinations are
    /// told, the API closes.
    pub async fn end(&self) {
        self.end_as(End::Wanted).await;
    }

    /// A fallen thread leaves the engine without air or without a memory: it ends in order, and whoever watches it (the
    /// window, a supervisor) starts the next one, which goes on with the show.
    pub(super) async fn end_when_fallen(self, mut fallen: mpsc::Receiver<&'static str>) {
        if let Some(thread) = fallen.recv().await {
            self.end_as(End::Fallen(thread)).await;
        }
    }

    async fn end_as(&self, end: End) {
        self.inner.chat.room().close().await;
        // The air thread may be gone already; then its recording closes by itself.
        let _ = self.inner.orders.send(Order::End(end)).await;
        // After the air was told: a platform that does not answer must not keep the show on.
        self.inner.chat.room().disconnect_all().await;
        self.inner.ended.send_if_modified(|ended| {
            let first = ended.is_none();
            ended.get_or_insert(end);
            first
        });
    }

    /// Waits until the engine ends, and gives why.
    pub async fn ended(&self) -> End {
        let mut ended = self.inner.ended.subscribe();
        // An error means the studio is gone, which is an end too.
        match ended.wait_for(Option::is_some).await {
            Ok(end) => end.unwrap_or(End::Wanted),
            Err(_) => End::Wanted,
        }
    }
}
