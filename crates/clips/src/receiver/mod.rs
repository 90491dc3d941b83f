//! The rehearsal receiver: a small RTMP server on this machine that takes what the studio really
//! publishes, decodes it as a viewer's player would and reports what came out.
//!
//! The server is FFmpeg's own (`rtmp` with `listen=1`), so that the studio's publisher is judged
//! by another implementation of the protocol. It takes one publisher at a time and listens again
//! after each. It does not ask for the stream key: it is on loopback, on a port of its own.

mod meter;
mod report;
mod session;
mod still_watch;

use std::net::{IpAddr, Ipv4Addr, TcpListener};
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
/// A free port is chosen, released and then bound by FFmpeg; when somebody else was faster, the
/// next one is tried.
const PORTS_TRIED: u32 = 8;
/// Binding takes microseconds; a machine that needs longer than this is out of order.
const LISTEN_WITHIN: Duration = Duration::from_secs(5);

/// Where and for whom to listen.
#[derive(Clone)]
pub struct ReceiverSpec {
    /// Usually loopback.
    pub address: IpAddr,
    /// 0 chooses a free one.
    pub port: u16,
    /// The application part of the address.
    pub app: String,
    /// The stream key that [`Receiver::url`] ends with.
    pub key: String,
    /// Needed for [`ReceiverReport::delay_ms`].
    pub clock: Option<SourceClock>,
    /// Gets every report.
    pub on_report: Option<ReportSink>,
}

impl Default for ReceiverSpec {
    fn default() -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            app: "live".into(),
            key: "rehearsal".into(),
            clock: None,
            on_report: None,
        }
    }
}

impl std::fmt::Debug for ReceiverSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReceiverSpec")
            .field("address", &self.address)
            .field("port", &self.port)
            .field("app", &self.app)
            .finish_non_exhaustive()
    }
}

/// A running receiver. Dropping it stops it.
pub struct Receiver {
    shared: Arc<Shared>,
    port: u16,
    threads: Vec<JoinHandle<()>>,
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiver")
            .field("port", &self.port)
            .finish_non_exhaustive()
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
    listening: Listening,
    connections: u32,
    /// The present or last publisher's stream and when it opened.
    stream: Option<(Meter, Instant)>,
    /// The state changed: report without waiting for the second to end.
    ring: bool,
}

#[derive(Default)]
enum Listening {
    #[default]
    NotYet,
    Yes,
    Failed(String),
}

/// A thread that panicked while holding one of these locks left plain numbers behind.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Receiver {
    /// Listens; when this returns, a publisher can connect.
    ///
    /// # Errors
    /// [`ClipError::Listen`] when the port is taken or no port is free.
    pub fn listen(spec: ReceiverSpec) -> Result<Self, ClipError> {
        decode::init();
        let mut failure = ClipError::Listen {
            port: spec.port,
            cause: "no attempt".into(),
        };
        let attempts = if spec.port == 0 { PORTS_TRIED } else { 1 };
        for _ in 0..attempts {
            let port = match spec.port {
                0 => free_port(spec.address)?,
                port => port,
            };
            match Self::listen_on(spec.clone(), port) {
                Ok(receiver) => return Ok(receiver),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    fn listen_on(spec: ReceiverSpec, port: u16) -> Result<Self, ClipError> {
        let failed = |cause: String| ClipError::Listen { port, cause };
        let url = url(&spec, port);
        let shared = Arc::new(Shared {
            spec,
            stop: AtomicBool::new(false),
            measured: Mutex::default(),
            bell: Condvar::new(),
            latest: Mutex::new(nothing_yet()),
            picture: Mutex::new(None),
        });
        let mut receiver = Self {
            shared: Arc::clone(&shared),
            port,
            threads: Vec::new(),
        };
        receiver.spawn("clips-receive", move |shared| session::run(shared, &url))?;

        let guard = lock(&shared.measured);
        let (guard, _) = shared
            .bell
            .wait_timeout_while(guard, LISTEN_WITHIN, |measured| {
                matches!(measured.listening, Listening::NotYet)
            })
            .unwrap_or_else(PoisonError::into_inner);
        let outcome = match &guard.listening {
            Listening::Yes => Ok(()),
            Listening::Failed(cause) => Err(failed(cause.clone())),
            Listening::NotYet => Err(failed("the port was not bound in time".into())),
        };
        drop(guard);
        outcome?;
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
            .map_err(|error| ClipError::Listen {
                port: self.port,
                cause: error.to_string(),
            })?;
        self.threads.push(thread);
        Ok(())
    }

    /// The address to publish to, stream key included.
    #[must_use]
    pub fn url(&self) -> String {
        url(&self.shared.spec, self.port)
    }

    /// The address without the stream key, as studios ask for the two apart.
    #[must_use]
    pub fn server_url(&self) -> String {
        server_url(&self.shared.spec, self.port)
    }

    /// The stream key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.shared.spec.key
    }

    /// The port listened on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
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

    /// Stops listening and receiving; returns within half a second.
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

fn server_url(spec: &ReceiverSpec, port: u16) -> String {
    match spec.address {
        IpAddr::V4(address) => format!("rtmp://{address}:{port}/{}", spec.app),
        IpAddr::V6(address) => format!("rtmp://[{address}]:{port}/{}", spec.app),
    }
}

fn url(spec: &ReceiverSpec, port: u16) -> String {
    format!("{}/{}", server_url(spec, port), spec.key)
}

/// FFmpeg cannot be told to choose a port and say which.
fn free_port(address: IpAddr) -> Result<u16, ClipError> {
    TcpListener::bind((address, 0))
        .and_then(|listener| listener.local_addr())
        .map(|bound| bound.port())
        .map_err(|error| ClipError::Listen {
            port: 0,
            cause: error.to_string(),
        })
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
