//! Owns what an input's supervision, its pipeline's callbacks and its handle share.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;

use super::InputKind;
use super::glance;
use super::sight::{Counted, Sight};
use super::state::InputState;
use super::want::{SharedWant, VideoWant};
use super::watchdog::{Fault, Watchdog};
use crate::cameras::{CameraBook, CameraMode, Tuner};
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
    /// Something was set on a camera.
    BookChanged,
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
    /// What was set on cameras.
    pub(super) book: CameraBook,
    /// The camera in use, and the format a person set when it was opened.
    camera: Mutex<Option<(String, Option<CameraMode>)>>,
    tuner: Arc<Tuner>,
    state: Mutex<InputState>,
    stop: AtomicBool,
    control: SyncSender<Control>,
    last_data_ns: AtomicU64,
    /// When the last encoded packet came into an input that is fed; 0 = none did.
    last_arrival_ns: AtomicU64,
    seen: Mutex<Counted>,
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
        book: CameraBook,
    ) -> (Arc<Self>, Receiver<Control>) {
        let (control, requests) = sync_channel(CONTROL_QUEUE);
        let shared = Arc::new(Self {
            clock: clock.clone(),
            frames: FrameQueue::new(clock),
            want: SharedWant::new(want),
            book,
            camera: Mutex::default(),
            tuner: Arc::default(),
            state: Mutex::new(InputState::Starting),
            stop: AtomicBool::new(false),
            control,
            last_data_ns: AtomicU64::new(0),
            last_arrival_ns: AtomicU64::new(0),
            seen: Mutex::default(),
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

    /// This camera is opened.
    pub(super) fn use_camera(&self, id: &str, set: Option<CameraMode>) {
        *self.camera() = Some((id.to_owned(), set));
    }

    fn camera(&self) -> MutexGuard<'_, Option<(String, Option<CameraMode>)>> {
        self.camera.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The camera in use.
    pub(super) fn camera_id(&self) -> Option<String> {
        self.camera().as_ref().map(|(id, _)| id.clone())
    }

    /// Whether another format was set since the camera was opened.
    pub(super) fn other_mode_is_set(&self) -> bool {
        let camera = self.camera();
        camera
            .as_ref()
            .is_some_and(|(id, set)| self.book.of(id).mode != *set)
    }

    /// Makes the camera's controls as they are set; returns at once.
    pub(super) fn tune_camera(&self) {
        if let Some(id) = self.camera_id() {
            self.tuner.tune(&id, self.book.of(&id).controls);
        }
    }

    /// Called for every encoded packet of an input that is fed.
    pub(super) fn note_arrival(&self) {
        self.last_arrival_ns
            .store(self.clock.running_time().nseconds(), Ordering::Relaxed);
    }

    /// Whether encoded packets came within the last second, decoded or not.
    pub(super) fn packets_arrive(&self) -> bool {
        let last = self.last_arrival_ns.load(Ordering::Relaxed);
        let now = self.clock.running_time().nseconds();
        last > 0 && now.saturating_sub(last) < 1_000_000_000
    }

    /// The source's pictures have this size from now on.
    pub(super) fn note_size(&self, width: u32, height: u32) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.size(width, height);
    }

    /// A picture came from the source.
    pub(super) fn note_picture(&self) {
        let now = self.clock.running_time().into();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.picture(now);
    }

    /// What the source delivers; none before its first picture.
    pub(super) fn sight(&self) -> Option<Sight> {
        let now = self.clock.running_time().into();
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.sight(now)
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
