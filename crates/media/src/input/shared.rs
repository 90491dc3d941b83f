//! Owns what an input's supervision, its pipeline's callbacks and its handle share.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;

use super::InputKind;
use super::glance;
use super::state::InputState;
use super::want::{SharedWant, VideoWant};
use super::watchdog::{Fault, Watchdog};
use crate::clock::MediaClock;
use crate::error::MediaError;
use crate::frame::{FrameQueue, VideoFrame};

/// Requests waiting for the thread. When full, a new one is dropped: whatever is in the queue
/// already wakes the thread, and what it must know (stop, want) is in shared state.
const CONTROL_QUEUE: usize = 64;
/// Pictures are looked at five times a second.
const LOOK_EVERY: gst::ClockTime = gst::ClockTime::from_mseconds(180);

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
    watchdog: Mutex<Watchdog>,
    /// Running time from which the next picture is looked at.
    look_at_ns: AtomicU64,
}

impl Shared {
    /// What an input begins with, and where its requests arrive.
    pub(super) fn new(
        kind: &InputKind,
        clock: &MediaClock,
        want: VideoWant,
    ) -> (Arc<Self>, Receiver<Control>) {
        let (control, requests) = sync_channel(CONTROL_QUEUE);
        let shared = Arc::new(Self {
            clock: clock.clone(),
            frames: FrameQueue::new(clock),
            want: SharedWant::new(want),
            state: Mutex::new(InputState::Starting),
            stop: AtomicBool::new(false),
            control,
            last_data_ns: AtomicU64::new(0),
            tell_on_data: AtomicBool::new(true),
            watchdog: Mutex::new(Watchdog::new(kind)),
            look_at_ns: AtomicU64::new(0),
        });
        (shared, requests)
    }

    pub(super) fn state(&self) -> InputState {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_state(&self, state: InputState) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
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

    pub(super) fn stop_requested(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    /// Has the supervision woken by the next buffer.
    pub(super) fn ask_for_data(&self) {
        self.tell_on_data.store(true, Ordering::SeqCst);
    }

    /// Whether a buffer came since it was asked for.
    pub(super) fn has_data(&self) -> bool {
        !self.tell_on_data.load(Ordering::SeqCst)
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

    fn watchdog(&self) -> MutexGuard<'_, Watchdog> {
        self.watchdog.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the next picture looked at, however soon it comes: it is a new pipeline's first.
    pub(super) fn look_at_next(&self) {
        self.look_at_ns.store(0, Ordering::Relaxed);
    }

    /// Called by the sinks for every picture; shows the watchdog a few a second.
    pub(super) fn show_watchdog(&self, frame: &VideoFrame) {
        let now = self.clock.running_time();
        if now.nseconds() < self.look_at_ns.load(Ordering::Relaxed) {
            return;
        }
        let next = now + LOOK_EVERY;
        self.look_at_ns.store(next.nseconds(), Ordering::Relaxed);
        if !self.watchdog().looks() {
            return;
        }
        if let Some(glance) = glance::picture(frame) {
            let behind = now.saturating_sub(frame.running_time);
            self.watchdog().saw(now.into(), behind.into(), glance);
        }
    }

    /// Called by the sinks for every block of sound.
    pub(super) fn let_watchdog_hear(&self, buffer: &gst::BufferRef, running_time: gst::ClockTime) {
        let mut watchdog = self.watchdog();
        if watchdog.listens() {
            let now = self.clock.running_time();
            let behind = now.saturating_sub(running_time);
            watchdog.heard(now.into(), behind.into(), glance::sound(buffer));
        }
    }

    /// What is wrong with what comes. Keeps a picture of no use off the air, and lets a good one
    /// back on.
    pub(super) fn fault(&self) -> Option<Fault> {
        let watchdog = self.watchdog();
        if watchdog.withholds() {
            self.frames.withhold();
        } else {
            self.frames.show();
        }
        watchdog.fault().map(|lasting| lasting.fault)
    }

    /// The fault for which the device is to be reset now, if any.
    pub(super) fn take_reset(&self) -> Option<Fault> {
        self.watchdog().take_reset()
    }

    /// Since the last buffer.
    pub(super) fn silence(&self) -> Duration {
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
