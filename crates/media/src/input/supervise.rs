//! Owns the life of an input: one thread that builds its pipeline, watches it and builds it anew.
//!
//! The thread sleeps on one bounded channel. It wakes for bus messages, requests and new devices,
//! and five times a second to look for silence; an input that shows a still picture never wakes.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::build;
use super::file::Next;
use super::running::Running;
use super::shared::{BusNote, Control, Shared};
use super::state::{
    GIVE_UP_DECODING_AFTER, GIVE_UP_START_AFTER, InputEvent, InputState, REBUILD_AFTER,
    STALL_AFTER, backoff, sound_start_within,
};
use super::want::VideoWant;
use super::{InputKind, InputSpec};
use crate::audio::{AudioMixer, AudioTap};
use crate::cameras::CameraBook;
use crate::clock::MediaClock;
use crate::devices::DeviceWatch;
use crate::error::{MediaError, Sender};
use crate::platform::CaptureKind;

/// Wake-ups without cause: five a second.
const WATCH_EVERY: Duration = Duration::from_millis(200);
/// A pipeline that was live this long has earned a retry at once when it fails.
const HEALTHY_AFTER: Duration = Duration::from_secs(2);

pub(super) fn start(
    spec: &InputSpec,
    clock: &MediaClock,
    mixer: Option<&AudioMixer>,
    want: VideoWant,
    events: mpsc::Sender<InputEvent>,
    book: CameraBook,
) -> (Arc<Shared>, Option<JoinHandle<()>>) {
    let (shared, requests) = Shared::new(&spec.kind, clock, want, book);
    let mut supervisor = Supervisor {
        spec: spec.clone(),
        shared: Arc::clone(&shared),
        requests,
        events,
        tap: None,
        number: 0,
        attempt: 0,
        silent_starts: 0,
        arrivals: None,
        caller: Sender::Awaited,
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
            shared.set_state(InputState::Stopped);
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
    /// Since when packets come that give nothing.
    arrivals: Option<Instant>,
    /// Whether somebody called before.
    caller: Sender,
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
        self.shared.ask_for_data();
        self.shared.look_at_next();
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
                Ok(Control::BookChanged) if self.shared.other_mode_is_set() => {
                    return Outcome::Again;
                }
                Ok(Control::BookChanged) => self.shared.tune_camera(),
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
            let has_data = self.shared.has_data();
            match (has_data, live_since) {
                (true, None) => {
                    live_since = Some(Instant::now());
                    self.silent_starts = 0;
                    (self.arrivals, self.caller) = (None, Sender::Gone);
                    // A camera that was unplugged has forgotten.
                    self.shared.tune_camera();
                    self.judge(silence);
                    if running.shows_still() {
                        running.release();
                    }
                    continue;
                }
                (false, None) if self.spec.kind.waits_for_a_caller() => {
                    if let Err(error) = self.await_caller() {
                        return Outcome::Failed(error);
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
            let rebuild_after = self.shared.clock.patience(REBUILD_AFTER);
            if silence > rebuild_after && self.spec.kind.waits_for_a_caller() {
                // Whoever comes next begins with a fresh decoder.
                return Outcome::Again;
            }
            if silence > rebuild_after {
                return Outcome::Failed(MediaError::Pipeline {
                    element: self.spec.id.clone(),
                    reason: "no data".to_owned(),
                });
            }
            self.judge(silence);
            if silence <= STALL_AFTER
                && let Some(fault) = self.shared.take_reset()
            {
                return Outcome::Failed(MediaError::Faulty(fault));
            }
        }
    }

    /// Says that nobody sends, and notices packets that come and cannot be decoded.
    fn await_caller(&mut self) -> Result<(), MediaError> {
        let state = match self.caller {
            Sender::Awaited => InputState::Waiting,
            Sender::Gone => InputState::Left,
        };
        if self.shared.state() != state {
            self.say(state, Some(&MediaError::NobodySends(self.caller)));
        }
        if !self.shared.packets_arrive() {
            self.arrivals = None;
            self.attempt = 0;
        } else if self.arrivals.get_or_insert_with(Instant::now).elapsed() > GIVE_UP_DECODING_AFTER
        {
            self.arrivals = None;
            return Err(MediaError::Pipeline {
                element: self.spec.id.clone(),
                reason: "no data".to_owned(),
            });
        }
        Ok(())
    }

    /// Says what a running input is doing, if that has changed.
    fn judge(&self, silence: Duration) {
        let fault = self.shared.fault();
        let state = match fault {
            _ if silence > self.shared.clock.patience(STALL_AFTER) => InputState::Stalled,
            Some(fault) => InputState::Faulty { fault },
            None => InputState::Live,
        };
        if state == self.shared.state() {
            return;
        }
        if state == InputState::Stalled {
            self.shared.ask_for_data();
            self.say(state, None);
        } else {
            self.say(state, fault.map(MediaError::Faulty).as_ref());
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
        self.shared.stop_requested()
    }

    fn say(&self, state: InputState, error: Option<&MediaError>) {
        self.shared.set_state(state);
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
