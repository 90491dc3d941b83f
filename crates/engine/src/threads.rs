//! The engine's own threads. Each is watched: a panic in one is heard at once, not found at the end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;

use tokio::sync::mpsc;

/// Falls that may wait to be heard; the first one ends the engine, so more tell nothing new and are dropped.
const FALLS: usize = 4;

/// Starts threads and hears of their panics.
#[derive(Clone)]
pub struct Threads {
    fallen: mpsc::Sender<&'static str>,
}

impl Threads {
    /// The starter, and where the names of fallen threads come in.
    pub fn watched() -> (Self, mpsc::Receiver<&'static str>) {
        let (fallen, heard) = mpsc::channel(FALLS);
        (Self { fallen }, heard)
    }

    /// Starts a thread.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn start(
        &self,
        name: &'static str,
        run: impl FnOnce() + Send + 'static,
    ) -> std::io::Result<JoinHandle<()>> {
        let fallen = self.fallen.clone();
        std::thread::Builder::new()
            .name(name.into())
            .spawn(move || {
                // Whatever the panic left half done goes with the thread; nobody looks at it again.
                if catch_unwind(AssertUnwindSafe(run)).is_err() {
                    tracing::error!(thread = name, "a thread of the engine panicked");
                    // Full: somebody fell before, and the engine ends already.
                    let _ = fallen.try_send(name);
                }
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_thread_that_panics_is_heard_of_and_one_that_ends_is_not() {
        let (threads, mut fallen) = Threads::watched();
        let quiet = threads.start("quiet", || {}).unwrap();
        quiet.join().unwrap();
        let loud = threads.start("loud", || panic!("injected")).unwrap();
        loud.join().unwrap();
        assert_eq!(fallen.recv().await, Some("loud"));
        drop(threads);
        assert_eq!(fallen.recv().await, None);
    }
}
