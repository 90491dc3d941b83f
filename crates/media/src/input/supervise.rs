//! Owns the life of an input: one thread that builds its pipeline, watches it and builds it anew.
//!
//! The thread sleeps on one bounded channel. It wakes for bus messages, requests and new devices,
//! and five times a second to look for silence; an input that shows a still picture never wakes.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use tokio::sync::mpsc;

use super::build::{self, Running};
use super::file::Next;
use super::state::{
    GIVE_UP_START_AFTER, InputEvent, InputState, REBUILD_AFTER, STALL_AFTER, backoff,
    sound_start_within,
};
use super::want::{SharedWant, VideoWant};
use super::{InputKind, InputSpec};
use crate::audio::{AudioMixer, AudioTap};
use crate::clock::MediaClock;
use crate::devices::DeviceWatch;
use crate::error::MediaError;
use crate::frame::FrameQueue;
use crate::platform::CaptureKind;

/// Wake-ups without cause: five a second.
const WATCH_EVERY: Duration = Duration::from_millis(200);
/// Requests waiting for the thread. When full, a new one is dropped: whatever is in the queue
/// already wakes the thread, and what it must know (stop, want) is in shared state.
const CONTROL_QUEUE: usize = 64;
/// A pipeline that was live this long has earned a retry at once when it fails.
const HEALTHY_AFTER: Duration = Duration::from_secs(2);

/// What wakes the supervision.
#[derive(Debug)]
pub(super) enum Control {
    Stop,
    WantChanged,
    RetryNow,
    /// A device came or went.
    DevicesChanged,
    /// Data arrived after the thread asked to be told.
    Data,
    /// A message of the pipeline with this number.
    Bus(u64, BusNote),
}

/// A bus message that matters here.
#[derive(Debug)]
pub(super) enum BusNote {
    Error(MediaError),
    EndOfStream,
    SegmentDone,
    AsyncDone,
}

/// What the supervision, the pipeline's callbacks and the handle share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) clock: MediaClock,
    pub(super) frames: FrameQueue,
    pub(super) want: SharedWant,
    state: Mutex<InputState>,
    stop: AtomicBool,
    control: SyncSender<Control>,
    last_data_ns: AtomicU64,
    tell_on_data: AtomicBool,
}

impl Shared {
    pub(super) fn state(&self) -> InputState {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn send(&self, control: Control) {
        if let Err(TrySendError::Full(dropped)) = self.control.try_send(control) {
            tracing::debug!(?dropped, "input control queue is full");
        }
    }

    pub(super) fn request_stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
        self.send(Control::Stop);
    }

    /// Called by the sinks for every buffer.
    pub(super) fn note_data(&self) {
        self.last_data_ns
            .store(self.clock.running_time().nseconds(), Ordering::Relaxed);
        if self.tell_on_data.load(Ordering::Relaxed)
            && self.tell_on_data.swap(false, Ordering::SeqCst)
        {
            self.send(Control::Data);
        }
    }

    fn silence(&self) -> Duration {
        let now = self.clock.running_time().nseconds();
        Duration::from_nanos(now.saturating_sub(self.last_data_ns.load(Ordering::Relaxed)))
    }

    /// Forwards what matters on a pipeline's bus to the supervision, marked with `number`.
    pub(super) fn watch_bus(self: &Arc<Self>, pipeline: &gst::Pipeline, number: u64) {
        let Some(bus) = pipeline.bus() else { return };
        let shared = Arc::downgrade(self);
        let own: gst::glib::WeakRef<gst::Pipeline> = pipeline.downgrade();
        bus.set_sync_handler(move |_, message| {
            let from_pipeline = || {
                own.upgrade()
                    .is_some_and(|own| message.src() == Some(own.upcast_ref()))
            };
            let note = match message.view() {
                gst::MessageView::Error(error) => {
                    Some(BusNote::Error(MediaError::from_message(error)))
                }
                gst::MessageView::Eos(_) => Some(BusNote::EndOfStream),
                gst::MessageView::SegmentDone(_) if from_pipeline() => Some(BusNote::SegmentDone),
                gst::MessageView::AsyncDone(_) => Some(BusNote::AsyncDone),
                _ => None,
            };
            if let (Some(note), Some(shared)) = (note, shared.upgrade()) {
                shared.send(Control::Bus(number, note));
            }
            gst::BusSyncReply::Drop
        });
    }
}

pub(super) fn start(
    spec: &InputSpec,
    clock: &MediaClock,
    mixer: Option<&AudioMixer>,
    want: VideoWant,
    events: mpsc::Sender<InputEvent>,
) -> (Arc<Shared>, Option<JoinHandle<()>>) {
    let (control, requests) = sync_channel(CONTROL_QUEUE);
    let shared = Arc::new(Shared {
        clock: clock.clone(),
        frames: FrameQueue::new(clock),
        want: SharedWant::new(want),
        state: Mutex::new(InputState::Starting),
        stop: AtomicBool::new(false),
        control,
        last_data_ns: AtomicU64::new(0),
        tell_on_data: AtomicBool::new(true),
    });
    let mut supervisor = Supervisor {
        spec: spec.clone(),
        shared: Arc::clone(&shared),
        requests,
        events,
        tap: None,
        number: 0,
        attempt: 0,
        silent_starts: 0,
        devices: None,
    };
    if spec.kind.may_have_audio()
        && let Some(mixer) = mixer
    {
        match mixer.attach(&spec.id) {
            Ok(tap) => supervisor.tap = Some(tap),
            Err(error) => tracing::error!(input = %spec.id, %error, "no sound from this input"),
        }
    }
    let spawned = std::thread::Builder::new()
        .name(format!("input {}", spec.id))
        .spawn(move || supervisor.run());
    match spawned {
        Ok(thread) => (shared, Some(thread)),
        Err(error) => {
            tracing::error!(input = %spec.id, %error, "no thread for this input");
            *shared.state.lock().unwrap_or_else(PoisonError::into_inner) = InputState::Stopped;
            (shared, None)
        }
    }
}

/// Why a pipeline is over.
enum Outcome {
    StopRequested,
    Finished,
    /// To be built anew at once, without being a failure (a new size for a still picture, the next
    /// round of a clip that cannot seek).
    Again,
    Failed(MediaError),
}

struct Supervisor {
    spec: InputSpec,
    shared: Arc<Shared>,
    requests: Receiver<Control>,
    events: mpsc::Sender<InputEvent>,
    tap: Option<AudioTap>,
    number: u64,
    attempt: u32,
    /// Attempts in a row that opened their source and got nothing from it.
    silent_starts: u32,
    devices: Option<DeviceWatch>,
}

impl Supervisor {
    fn run(&mut self) {
        self.say(InputState::Starting, None);
        if matches!(
            self.spec.kind,
            InputKind::Camera { .. }
                | InputKind::Microphone { .. }
                | InputKind::DesktopAudio { .. }
        ) {
            let shared = Arc::downgrade(&self.shared);
            self.devices = DeviceWatch::subscribe(move || {
                if let Some(shared) = shared.upgrade() {
                    shared.send(Control::DevicesChanged);
                }
            });
        }
        loop {
            let began = Instant::now();
            let mut outcome = self.play_once();
            // A clip without a single frame must not turn into a busy loop.
            if matches!(outcome, Outcome::Again)
                && matches!(self.spec.kind, InputKind::File { .. })
                && began.elapsed() < STALL_AFTER
            {
                outcome = Outcome::Failed(MediaError::EndOfStream);
            }
            if let Some(tap) = &self.tap {
                tap.interrupted();
            }
            match outcome {
                Outcome::StopRequested | Outcome::Finished => break,
                Outcome::Again => {}
                Outcome::Failed(error) => {
                    self.attempt += 1;
                    let wait = backoff(self.attempt);
                    self.say(
                        InputState::Retrying {
                            attempt: self.attempt,
                            next_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
                        },
                        Some(&error),
                    );
                    if !self.wait_for_next_attempt(wait) {
                        break;
                    }
                }
            }
        }
        self.tap = None;
        self.say(InputState::Stopped, None);
    }

    fn play_once(&mut self) -> Outcome {
        if self.stop_requested() {
            return Outcome::StopRequested;
        }
        self.number += 1;
        self.shared.tell_on_data.store(true, Ordering::SeqCst);
        let started = Instant::now();
        let built = build::build(
            &self.spec.kind,
            &self.shared,
            self.tap.as_ref(),
            self.devices.as_ref(),
            self.number,
        );
        let mut running = match built {
            Ok(running) => running,
            Err(error) => return Outcome::Failed(error),
        };
        let outcome = match running.start() {
            Ok(()) => self.watch(&mut running, started),
            // The bus knows more than the failed state change.
            Err(error) => Outcome::Failed(self.first_bus_error().unwrap_or(error)),
        };
        running.end();
        outcome
    }

    fn watch(&mut self, running: &mut Running, started: Instant) -> Outcome {
        let mut live_since: Option<Instant> = None;
        loop {
            if self.stop_requested() {
                return Outcome::StopRequested;
            }
            let still = running.shows_still() && live_since.is_some();
            let request = if still {
                self.requests
                    .recv()
                    .map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                self.requests.recv_timeout(WATCH_EVERY)
            };
            match request {
                Ok(Control::Bus(number, note)) if number == self.number => match note {
                    BusNote::Error(error) if still => {
                        tracing::debug!(input = %self.spec.id, %error, "after the picture came");
                    }
                    BusNote::Error(error) => return Outcome::Failed(error),
                    BusNote::EndOfStream if running.shows_still() => {}
                    BusNote::EndOfStream => match running.on_end() {
                        Next::Continues => {}
                        Next::Finished => return Outcome::Finished,
                        Next::Again => return Outcome::Again,
                        Next::Failed => return Outcome::Failed(MediaError::EndOfStream),
                    },
                    BusNote::SegmentDone => {
                        if let Err(error) = running.next_round() {
                            tracing::warn!(input = %self.spec.id, %error, "loop without a seek");
                            return Outcome::Again;
                        }
                    }
                    BusNote::AsyncDone => {
                        if let Err(error) = running.prerolled() {
                            return Outcome::Failed(error);
                        }
                    }
                },
                Ok(Control::WantChanged) => {
                    let want = self.shared.want.get();
                    if running.shows_still() || running.outgrown(want) {
                        return Outcome::Again;
                    }
                    running.want_changed(want);
                }
                Ok(Control::DevicesChanged) if self.device_is_gone() => {
                    return Outcome::Failed(MediaError::DeviceMissing(self.spec.id.clone()));
                }
                Ok(_) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Outcome::StopRequested,
            }
            if running.screen_lost() {
                return Outcome::Failed(MediaError::DeviceMissing(self.spec.id.clone()));
            }
            // Data that came before this pipeline does not count.
            let silence = self.shared.silence().min(started.elapsed());
            let has_data = !self.shared.tell_on_data.load(Ordering::SeqCst);
            match (has_data, live_since) {
                (true, None) => {
                    live_since = Some(Instant::now());
                    self.silent_starts = 0;
                    self.say(InputState::Live, None);
                    if running.shows_still() {
                        running.release();
                    }
                    continue;
                }
                (false, None) => {
                    let patience = if self.spec.kind.has_video() {
                        GIVE_UP_START_AFTER
                    } else {
                        sound_start_within(self.silent_starts)
                    };
                    if started.elapsed() > patience {
                        self.silent_starts += 1;
                        return Outcome::Failed(MediaError::Pipeline {
                            element: self.spec.id.clone(),
                            reason: "no data".to_owned(),
                        });
                    }
                    continue;
                }
                (_, Some(since)) if since.elapsed() > HEALTHY_AFTER => self.attempt = 0,
                _ => {}
            }
            if running.shows_still() {
                continue;
            }
            let stalled = self.shared.state() == InputState::Stalled;
            if silence > REBUILD_AFTER {
                return Outcome::Failed(MediaError::Pipeline {
                    element: self.spec.id.clone(),
                    reason: "no data".to_owned(),
                });
            } else if silence > STALL_AFTER && !stalled {
                self.shared.tell_on_data.store(true, Ordering::SeqCst);
                self.say(InputState::Stalled, None);
            } else if silence <= STALL_AFTER && stalled {
                self.say(InputState::Live, None);
            }
        }
    }

    /// Waits for the back-off, a request or a device; false when the input is to end.
    fn wait_for_next_attempt(&mut self, wait: Duration) -> bool {
        let deadline = Instant::now() + wait;
        loop {
            if self.stop_requested() {
                return false;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            match self.requests.recv_timeout(left) {
                Ok(Control::RetryNow | Control::DevicesChanged) => return true,
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => return true,
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
    }

    /// The named device is no longer listed. Asked at once when a device goes: a sound server moves
    /// the stream to another microphone, unseen and whatever it was asked to do.
    fn device_is_gone(&self) -> bool {
        let (kind, device) = match &self.spec.kind {
            InputKind::Camera { device } => (CaptureKind::Camera, device),
            InputKind::Microphone { device } => (CaptureKind::Microphone, device),
            InputKind::DesktopAudio { device } => (CaptureKind::DesktopAudio, device),
            _ => return false,
        };
        match (&self.devices, device) {
            (Some(devices), Some(id)) => !devices.knows(kind, id),
            _ => false,
        }
    }

    fn first_bus_error(&self) -> Option<MediaError> {
        self.requests.try_iter().find_map(|request| match request {
            Control::Bus(number, BusNote::Error(error)) if number == self.number => Some(error),
            _ => None,
        })
    }

    fn stop_requested(&self) -> bool {
        self.shared.stop.load(Ordering::SeqCst)
    }

    fn say(&self, state: InputState, error: Option<&MediaError>) {
        *self
            .shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = state;
        tracing::info!(input = %self.spec.id, ?state, error = error.map(tracing::field::display), "input");
        let event = InputEvent {
            input: self.spec.id.clone(),
            state,
            code: error.map(|error| error.code().to_owned()),
            detail: error.map(ToString::to_string),
        };
        if let Err(mpsc::error::TrySendError::Full(_)) = self.events.try_send(event) {
            tracing::warn!(input = %self.spec.id, "event dropped: the queue is full");
        }
    }
}
