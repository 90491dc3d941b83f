//! Owns bringing the growing file to the disk: without it a power cut costs up to half a minute.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Once per fragment.
const INTERVAL: Duration = Duration::from_secs(1);

/// Flushes a file once a second from a thread of its own: a slow disk holds up nobody else.
pub(super) struct FileSync {
    file: Arc<File>,
    stop: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

impl FileSync {
    pub fn start(path: &Path) -> io::Result<Self> {
        // A handle of its own to the same file; Windows flushes only what may be written.
        let file = Arc::new(OpenOptions::new().write(true).open(path)?);
        let stop = Arc::new((Mutex::new(false), Condvar::new()));
        let thread = {
            let (file, stop) = (file.clone(), stop.clone());
            std::thread::Builder::new()
                .name("media-file-sync".to_owned())
                .spawn(move || run(&file, &stop))?
        };
        Ok(Self {
            file,
            stop,
            thread: Some(thread),
        })
    }

    /// Flushes now.
    pub fn flush(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    /// Size of the file.
    pub fn bytes(&self) -> u64 {
        self.file.metadata().map_or(0, |metadata| metadata.len())
    }
}

fn run(file: &File, (stop, changed): &(Mutex<bool>, Condvar)) {
    loop {
        let stopped = stop.lock().unwrap_or_else(PoisonError::into_inner);
        let (stopped, _) = changed
            .wait_timeout_while(stopped, INTERVAL, |stopped| !*stopped)
            .unwrap_or_else(PoisonError::into_inner);
        if *stopped {
            return;
        }
        drop(stopped);
        if let Err(error) = file.sync_data() {
            tracing::warn!(%error, "the recording cannot be flushed");
        }
    }
}

impl Drop for FileSync {
    fn drop(&mut self) {
        *self.stop.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.stop.1.notify_one();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the file-sync thread panicked");
        }
    }
}
