//! The rehearsal receiver: decodes what the studio really publishes as a viewer's player would and reports what came out.
//!
//! Who publishes is somebody else's to let in: the receiver takes one stream after another as the bytes of an FLV file,
//! which FFmpeg reads, so that what the studio sends is judged by another implementation than its own.

mod meter;
mod report;
mod session;
mod still_watch;

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ffmpeg_next as ff;

pub use report::{
    AudioReport, Freezes, ReceiverReport, ReceiverState, ReportSink, SourceClock, VideoReport,
};

use crate::picture::{Fit, to_rgb};
use crate::{ClipError, Picture, decode};
use meter::Meter;

/// How often a report is made.
const REPORT_EVERY: Duration = Duration::from_secs(1);
/// The bytes of a publisher's FLV, as they come; the end is where it leaves. A read that finds nothing waits some 100 ms and
/// ends as [`io::ErrorKind::WouldBlock`] or [`io::ErrorKind::TimedOut`]: it is asked again unless the receiver stops.
pub type Coming = Box<dyn Read + Send>;

/// For whom to receive.
#[derive(Clone, Default)]
pub struct ReceiverSpec {
    /// Needed for [`ReceiverReport::delay_ms`].
    pub clock: Option<SourceClock>,
    /// Gets every report.
    pub on_report: Option<ReportSink>,
}

impl std::fmt::Debug for ReceiverSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReceiverSpec").finish_non_exhaustive()
    }
}

/// A running receiver. Dropping it stops it.
pub struct Receiver {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}

/// What the threads share. Locks are taken one at a time, never one inside another.
struct Shared {
    spec: ReceiverSpec,
    stop: AtomicBool,
    /// `measured` and its bell: the reporter waits on it.
    measured: Mutex<Measured>,
    bell: Condvar,
    latest: Mutex<ReceiverReport>,
    /// The last decoded picture, converted only when somebody asks.
    picture: Mutex<Option<ff::frame::Video>>,
}

#[derive(Default)]
struct Measured {
    connections: u32,
    /// The present or last publisher's stream and when it opened.
    stream: Option<(Meter, Instant)>,
    /// The state changed: report without waiting for the second to end.
    ring: bool,
}

/// A thread that panicked while holding one of these locks left plain numbers behind.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Receiver {
    /// Receives whom `next` gives, one after the other. `next` waits some 100 ms for a publisher; `None` when none came.
    ///
    /// # Errors
    /// [`ClipError::Receive`] when the system gives no thread.
    pub fn start(
        spec: ReceiverSpec,
        next: impl FnMut() -> io::Result<Option<Coming>> + Send + 'static,
    ) -> Result<Self, ClipError> {
        decode::init();
        let mut receiver = Self {
            shared: Arc::new(Shared {
                spec,
                stop: AtomicBool::new(false),
                measured: Mutex::default(),
                bell: Condvar::new(),
                latest: Mutex::new(nothing_yet()),
                picture: Mutex::new(None),
            }),
            threads: Vec::new(),
        };
        receiver.spawn("clips-receive", move |shared| session::run(shared, next))?;
        receiver.spawn("clips-report", report_until_stopped)?;
        Ok(receiver)
    }

    fn spawn(
        &mut self,
        name: &str,
        body: impl FnOnce(&Arc<Shared>) + Send + 'static,
    ) -> Result<(), ClipError> {
        let shared = Arc::clone(&self.shared);
        let thread = std::thread::Builder::new()
            .name(name.into())
            .spawn(move || body(&shared))
            .map_err(|error| ClipError::Receive {
                cause: error.to_string(),
            })?;
        self.threads.push(thread);
        Ok(())
    }

    /// The last report, at most a second old.
    #[must_use]
    pub fn latest(&self) -> ReceiverReport {
        lock(&self.shared.latest).clone()
    }

    /// The last decoded picture, or `None` before the first.
    ///
    /// # Errors
    /// [`ClipError::Decode`] when it cannot be converted.
    pub fn snapshot(&self) -> Result<Option<Picture>, ClipError> {
        // Taken out while it is converted, so that the decoder does not wait for that.
        let Some(frame) = lock(&self.shared.picture).take() else {
            return Ok(None);
        };
        let picture = to_rgb(&frame, Fit::Original);
        lock(&self.shared.picture).get_or_insert(frame);
        picture.map(Some)
    }

    /// Stops receiving; returns within half a second.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        // Under the lock, or the bell could ring between the reporter's look and its wait.
        lock(&self.shared.measured).ring = true;
        self.shared.bell.notify_all();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the receiver panicked");
            }
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.end();
    }
}

fn nothing_yet() -> ReceiverReport {
    ReceiverReport {
        state: ReceiverState::Waiting,
        connections: 0,
        receiving_for: Duration::ZERO,
        video: None,
        audio: None,
        freezes: Freezes::default(),
        delay_ms: None,
        a_v_offset_ms: None,
        broken_packets: 0,
    }
}

fn report_until_stopped(shared: &Arc<Shared>) {
    let mut due = Instant::now() + REPORT_EVERY;
    while !shared.stop.load(Ordering::SeqCst) {
        let guard = lock(&shared.measured);
        let wait = due.saturating_duration_since(Instant::now());
        let (mut guard, _) = shared
            .bell
            .wait_timeout_while(guard, wait, |measured| !measured.ring)
            .unwrap_or_else(PoisonError::into_inner);
        let rung = std::mem::take(&mut guard.ring);
        if !rung {
            due = Instant::now() + REPORT_EVERY;
        }
        let connections = guard.connections;
        let report = match guard.stream.as_mut() {
            Some((meter, opened)) => meter.report(opened.elapsed(), connections),
            None => nothing_yet(),
        };
        drop(guard);
        if shared.stop.load(Ordering::SeqCst) {
            return;
        }
        lock(&shared.latest).clone_from(&report);
        if let Some(sink) = &shared.spec.on_report {
            sink(report);
        }
    }
}
