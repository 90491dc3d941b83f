//! Owns the program as a camera for other programs on this machine.
//!
//! Its pipeline stands behind a queue of one in which the older picture goes: a reader that is stuck,
//! or none at all, costs the program nothing. A thread of its own opens it and opens it anew when it
//! fails; the program only hands pictures over.

mod service;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gst::prelude::*;
use gstreamer as gst;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

use crate::error::{MediaError, Result};
use crate::platform;
use service::Service;

/// The name by which other programs list it.
pub const VIRTUAL_CAMERA_NAME: &str = "Stallcast";
/// The name of its node, by which we leave it out of our own list.
pub(crate) const NODE_NAME: &str = "stallcast_program";

/// How often a pipeline that runs is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Pause before it is opened anew; a PipeWire that restarts takes a second.
const RETRY_AFTER: Duration = Duration::from_secs(3);
/// Patience with a pipeline that opens or closes; the slowest that is well takes some 100 ms.
const WITHIN: Duration = Duration::from_secs(5);

/// What the virtual camera is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VirtualCameraState {
    /// Not wanted.
    Off,
    /// Being opened.
    Starting,
    /// Other programs can see it.
    Live,
    /// It could not be opened, or broke; tried again every [`RETRY_AFTER`].
    Retrying(VirtualCameraFault),
    /// This system has no way.
    Unsupported,
}

/// Why there is no virtual camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VirtualCameraFault {
    /// Nobody is there to offer it to: no PipeWire session.
    NoService,
    /// It broke.
    Broken,
}

/// One program's virtual camera.
#[derive(Debug)]
pub(crate) struct VirtualCamera {
    info: gst_video::VideoInfo,
    shared: Arc<Shared>,
    worker: Mutex<Option<SyncSender<()>>>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<VirtualCameraState>,
    /// Where pictures go; none while there is no pipeline.
    source: Mutex<Option<gst_app::AppSrc>>,
    open: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl VirtualCamera {
    pub(crate) fn new(info: gst_video::VideoInfo) -> Self {
        Self {
            info,
            shared: Arc::new(Shared {
                state: Mutex::new(VirtualCameraState::Off),
                source: Mutex::default(),
                open: AtomicBool::new(false),
            }),
            worker: Mutex::default(),
        }
    }

    pub(crate) fn state(&self) -> VirtualCameraState {
        *lock(&self.shared.state)
    }

    /// Returns at once.
    pub(crate) fn set(&self, on: bool) {
        let mut worker = lock(&self.worker);
        if !on {
            // Its thread wakes when the sender goes.
            *worker = None;
            self.shared.close();
            *lock(&self.shared.state) = VirtualCameraState::Off;
            return;
        }
        if worker.is_some() {
            return;
        }
        let Some(factory) = platform::table().virtual_camera.factory else {
            *lock(&self.shared.state) = VirtualCameraState::Unsupported;
            return;
        };
        *lock(&self.shared.state) = VirtualCameraState::Starting;
        let (wanted, ended) = sync_channel(0);
        let (shared, info) = (Arc::clone(&self.shared), self.info.clone());
        let spawned = std::thread::Builder::new()
            .name("virtual camera".to_owned())
            .spawn(move || shared.keep(factory, &info, &ended));
        match spawned {
            Ok(_) => *worker = Some(wanted),
            Err(error) => tracing::error!(%error, "no thread for the virtual camera"),
        }
    }

    /// Takes a finished picture if somebody may want it. Called by the program's streaming thread: a
    /// reference is put into a queue of one, nothing else.
    pub(crate) fn offer(&self, picture: &gst::BufferRef) {
        if !self.shared.open.load(Ordering::Acquire) {
            return;
        }
        // Whoever holds the lock is opening or closing: skip this picture.
        let Ok(source) = self.shared.source.try_lock() else {
            return;
        };
        if let Some(source) = &*source {
            let mut own = picture.to_owned();
            let fresh = own.make_mut();
            fresh.set_pts(gst::ClockTime::NONE);
            fresh.set_dts(gst::ClockTime::NONE);
            if let Err(error) = source.push_buffer(own) {
                tracing::debug!(%error, "the virtual camera takes no picture");
            }
        }
    }
}

impl Drop for VirtualCamera {
    fn drop(&mut self) {
        self.set(false);
    }
}

impl Shared {
    fn close(&self) {
        self.open.store(false, Ordering::Release);
        *lock(&self.source) = None;
    }

    /// Says the state, unless it is not wanted any more.
    fn say(&self, ended: &Receiver<()>, state: VirtualCameraState) -> bool {
        let mut own = lock(&self.state);
        if matches!(
            ended.try_recv(),
            Err(std::sync::mpsc::TryRecvError::Disconnected)
        ) {
            return false;
        }
        if *own != state {
            tracing::info!(?state, "virtual camera");
            *own = state;
        }
        true
    }

    /// Keeps a pipeline open until `ended` says so.
    fn keep(&self, factory: &'static str, info: &gst_video::VideoInfo, ended: &Receiver<()>) {
        loop {
            let opened = Service::find()
                .map_err(|_| MediaError::Unsupported("no PipeWire"))
                .and_then(|service| Ok((service, open(factory, info)?)));
            let fault = match opened {
                Ok((mut service, (pipeline, source))) => {
                    *lock(&self.source) = Some(source);
                    self.open.store(true, Ordering::Release);
                    let wanted = self.say(ended, VirtualCameraState::Live);
                    let broke = wanted && watch(&pipeline, &mut service, ended);
                    self.close();
                    in_time("virtual camera close", move || {
                        // It is thrown away whether it closes or not.
                        let _ = pipeline.set_state(gst::State::Null);
                    });
                    if !broke {
                        return;
                    }
                    VirtualCameraFault::Broken
                }
                Err(error) => {
                    tracing::warn!(%error, "the virtual camera does not open");
                    VirtualCameraFault::NoService
                }
            };
            if !self.say(ended, VirtualCameraState::Retrying(fault))
                || !matches!(
                    ended.recv_timeout(RETRY_AFTER),
                    Err(RecvTimeoutError::Timeout)
                )
            {
                return;
            }
        }
    }
}

/// Watches a pipeline; true when it broke, false when it is not wanted any more.
fn watch(pipeline: &gst::Pipeline, service: &mut Service, ended: &Receiver<()>) -> bool {
    let Some(bus) = pipeline.bus() else {
        return true;
    };
    loop {
        if let Err(RecvTimeoutError::Disconnected) = ended.recv_timeout(LOOK_EVERY) {
            return false;
        }
        if !service.is_there() {
            tracing::warn!("the virtual camera's service ended");
            return true;
        }
        while let Some(message) = bus.pop() {
            if let gst::MessageView::Error(error) = message.view() {
                tracing::warn!(error = %error.error(), "the virtual camera broke");
                return true;
            }
        }
    }
}

/// Opens the pipeline; a service that hangs does not take the caller along.
fn open(
    factory: &'static str,
    info: &gst_video::VideoInfo,
) -> Result<(gst::Pipeline, gst_app::AppSrc)> {
    let (pipeline, source) = build(factory, info)?;
    let opening = pipeline.clone();
    let opened = in_time("virtual camera open", move || {
        opening.set_state(gst::State::Playing).is_ok()
    });
    let refused = || {
        let bus = pipeline.bus();
        let said = bus.and_then(|bus| bus.pop_filtered(&[gst::MessageType::Error]));
        match said.as_ref().map(|message| message.view()) {
            Some(gst::MessageView::Error(error)) => MediaError::from_message(error),
            _ => MediaError::NoElementFor("virtual camera"),
        }
    };
    if opened != Some(true) {
        let error = refused();
        in_time("virtual camera close", move || {
            let _ = pipeline.set_state(gst::State::Null);
        });
        return Err(error);
    }
    Ok((pipeline, source))
}

/// What `work` gives, if it does within [`WITHIN`].
fn in_time<T: Send + 'static>(name: &str, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (sender, done) = sync_channel(1);
    let spawned = std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            // Nobody waits any more when it took too long.
            let _ = sender.send(work());
        });
    spawned.ok()?;
    done.recv_timeout(WITHIN).ok()
}

fn build(
    factory: &'static str,
    info: &gst_video::VideoInfo,
) -> Result<(gst::Pipeline, gst_app::AppSrc)> {
    let make = |name: &'static str| {
        gst::ElementFactory::make(name)
            .build()
            .map_err(|_| MediaError::MissingElement(name.to_owned()))
    };
    let source = gst_app::AppSrc::builder()
        .caps(&info.to_caps()?)
        .format(gst::Format::Time)
        .is_live(true)
        .do_timestamp(true)
        .max_buffers(1)
        .max_bytes(0)
        .block(false)
        .leaky_type(gst_app::AppLeakyType::Downstream)
        .build();
    let convert = make("videoconvert")?;
    let filter = make("capsfilter")?;
    // What webcams give: every program that reads cameras understands it.
    filter.set_property(
        "caps",
        gst::Caps::builder("video/x-raw")
            .field("format", "YUY2")
            .build(),
    );
    let sink = make(factory)?;
    sink.set_property_from_str("mode", "provide");
    sink.set_property("sync", false);
    sink.set_property("async", false);
    keep_own_memory(&sink);
    let properties = gst::Structure::builder("props")
        .field("media.class", "Video/Source")
        .field("media.role", "Camera")
        .field("node.name", NODE_NAME)
        .field("node.description", VIRTUAL_CAMERA_NAME)
        .build();
    sink.set_property("stream-properties", properties);
    let pipeline = gst::Pipeline::new();
    let chain = [source.clone().upcast(), convert, filter, sink];
    pipeline.add_many(&chain)?;
    gst::Element::link_many(&chain)?;
    Ok((pipeline, source))
}

/// Has pictures made in memory of our own and copied by the sink. Made in the sink's, they lose it when
/// a reader leaves, and pipewiresink (0.3.65) then follows a null pointer: the whole program would go.
fn keep_own_memory(sink: &gst::Element) {
    let Some(pad) = sink.static_pad("sink") else {
        return;
    };
    pad.add_probe(gst::PadProbeType::QUERY_DOWNSTREAM, |_, info| {
        match info.query().map(gst::QueryRef::type_) {
            Some(gst::QueryType::Allocation) => gst::PadProbeReturn::Drop,
            _ => gst::PadProbeReturn::Ok,
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info() -> gst_video::VideoInfo {
        gst::init().unwrap();
        gst_video::VideoInfo::builder(gst_video::VideoFormat::I420, 64, 36)
            .fps(gst::Fraction::new(30, 1))
            .build()
            .unwrap()
    }

    /// A sink that takes one picture and then nothing, as a reader that is stuck.
    #[test]
    fn a_stuck_reader_costs_whoever_offers_pictures_nothing() {
        let info = info();
        let camera = VirtualCamera::new(info.clone());
        let source = gst_app::AppSrc::builder()
            .caps(&info.to_caps().unwrap())
            .max_buffers(1)
            .max_bytes(0)
            .block(false)
            .leaky_type(gst_app::AppLeakyType::Downstream)
            .build();
        let stuck = gst_app::AppSink::builder()
            .max_buffers(1)
            .drop(false)
            .sync(false)
            .build();
        let pipeline = gst::Pipeline::new();
        let chain: [gst::Element; 2] = [source.clone().upcast(), stuck.upcast()];
        pipeline.add_many(&chain).unwrap();
        gst::Element::link_many(&chain).unwrap();
        pipeline.set_state(gst::State::Playing).unwrap();
        *lock(&camera.shared.source) = Some(source.clone());
        camera.shared.open.store(true, Ordering::Release);
        let picture = gst::Buffer::with_size(info.size()).unwrap();
        for _ in 0..1_000 {
            camera.offer(&picture);
        }
        assert!(source.current_level_buffers() <= 2);
        pipeline.set_state(gst::State::Null).unwrap();
    }

    #[test]
    fn one_that_is_switched_off_takes_no_picture_and_says_so() {
        let camera = VirtualCamera::new(info());
        assert_eq!(camera.state(), VirtualCameraState::Off);
        camera.offer(&gst::Buffer::with_size(3_456).unwrap());
        camera.set(false);
        assert_eq!(camera.state(), VirtualCameraState::Off);
    }
}
