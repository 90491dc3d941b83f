//! Owns the preview: small JPEG pictures of the program for whoever watches, latest one wins.
//!
//! A thread of its own makes pictures small (a third of what GStreamer's scaler needs) and gives them to a pipeline of
//! its own (`appsrc ! jpegenc ! appsink`). Both throw the older picture away when they are busy, so they can never hold
//! up the program; and nothing is done while nobody watches.

mod bilinear;
mod colours;
mod shrink;
mod slot;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use bytes::Bytes;
use gst::prelude::*;
use gstreamer as gst;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;
use tokio::sync::watch;

use self::shrink::Shrinker;
use self::slot::Slot;
use crate::error::MediaError;

/// JPEG quality, 0..=100: text on cards stays sharp, 960x540 is some 60 KB.
const QUALITY: i32 = 75;
/// Most pictures a second that make sense for a preview.
const MAX_FPS: u32 = 30;

/// One picture of the preview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewFrame {
    /// Counts up by one with every picture made.
    pub seq: u64,
    /// The picture's place on the program's timeline, in ms.
    pub pts_ms: u64,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// A whole JPEG file.
    pub jpeg: Bytes,
}

/// The receiving end; holds the newest picture only.
pub type PreviewWatch = watch::Receiver<Option<PreviewFrame>>;

/// Makes previews of pictures of one size.
pub(crate) struct Preview {
    info: gst_video::VideoInfo,
    on: AtomicBool,
    interval_ns: AtomicU64,
    next_ns: AtomicU64,
    sender: watch::Sender<Option<PreviewFrame>>,
    pipeline: Mutex<Option<Running>>,
}

struct Running {
    slot: Arc<Slot>,
    thread: Option<JoinHandle<()>>,
    pipeline: gst::Pipeline,
}

impl Preview {
    pub fn new(info: gst_video::VideoInfo) -> Self {
        let (sender, _) = watch::channel(None);
        Self {
            info,
            on: AtomicBool::new(false),
            interval_ns: AtomicU64::new(u64::MAX),
            next_ns: AtomicU64::new(0),
            sender,
            pipeline: Mutex::new(None),
        }
    }

    pub fn watch(&self) -> PreviewWatch {
        self.sender.subscribe()
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.pipeline.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `fps` is limited to 1..=30, `width` to 16..=the canvas; the proportions are the canvas's.
    pub fn set(&self, on: bool, fps: u32, width: u32) -> Result<(), MediaError> {
        if on {
            let size = self.size_for(width);
            let mut running = self.running();
            match &*running {
                Some(running) => running.slot.resize(size),
                None => *running = Some(self.start(size)?),
            }
            let interval = 1_000_000_000 / u64::from(fps.clamp(1, MAX_FPS));
            self.interval_ns.store(interval, Ordering::Relaxed);
            self.next_ns.store(0, Ordering::Relaxed);
        }
        self.on.store(on, Ordering::Release);
        Ok(())
    }

    fn size_for(&self, width: u32) -> (u32, u32) {
        let width = width.clamp(16, self.info.width()) & !1;
        let height = u64::from(width) * u64::from(self.info.height());
        let height = (height / u64::from(self.info.width().max(1))) as u32;
        (width, (height & !1).max(2))
    }

    /// Takes a finished picture if it is time for one. Called by the program's streaming thread:
    /// a reference is put into a queue of one, nothing else.
    pub fn offer(&self, picture: &gst::Buffer, pts: gst::ClockTime) {
        if !self.on.load(Ordering::Acquire) {
            return;
        }
        let next = self.next_ns.load(Ordering::Relaxed);
        if pts.nseconds() < next {
            return;
        }
        let interval = self.interval_ns.load(Ordering::Relaxed);
        // Keep the average rate, but do not make up for a pause.
        let floor = pts.nseconds().saturating_sub(interval);
        let base = if next == 0 {
            pts.nseconds()
        } else {
            next.max(floor)
        };
        self.next_ns.store(base + interval, Ordering::Relaxed);
        // A caller that holds the lock is starting or ending the pipeline: skip this picture.
        let Ok(running) = self.pipeline.try_lock() else {
            return;
        };
        if let Some(running) = &*running {
            running.slot.put(picture.clone());
        }
    }

    fn start(&self, size: (u32, u32)) -> Result<Running, MediaError> {
        let shrinker = Shrinker::new(&self.info, size)?;
        let source = gst_app::AppSrc::builder()
            .caps(&shrinker.caps()?)
            .format(gst::Format::Time)
            .is_live(true)
            .max_buffers(1)
            .max_bytes(0)
            .block(false)
            .leaky_type(gst_app::AppLeakyType::Downstream)
            .build();
        let jpeg = gst::ElementFactory::make("jpegenc")
            .property("quality", QUALITY)
            .build()
            .map_err(|_| MediaError::MissingElement("jpegenc".to_owned()))?;
        let sink = gst_app::AppSink::builder()
            .sync(false)
            .async_(false)
            .max_buffers(1)
            .drop(true)
            .enable_last_sample(false)
            .build();
        let pipeline = gst::Pipeline::new();
        let chain = [source.clone().upcast(), jpeg, sink.clone().upcast()];
        pipeline.add_many(&chain)?;
        gst::Element::link_many(&chain)?;
        if let Some(bus) = pipeline.bus() {
            bus.set_sync_handler(|_, message| {
                if let gst::MessageView::Error(error) = message.view() {
                    tracing::warn!(error = %error.error(), "preview");
                }
                gst::BusSyncReply::Drop
            });
        }
        let sender = self.sender.clone();
        let seq = Arc::new(AtomicU64::new(0));
        sink.set_callbacks(
            gst_app::AppSinkCallbacks::builder()
                .new_sample(move |sink| {
                    let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                    if let Some(frame) = frame_of(&sample, &seq) {
                        sender.send_replace(Some(frame));
                    }
                    Ok(gst::FlowSuccess::Ok)
                })
                .build(),
        );
        pipeline.set_state(gst::State::Playing)?;
        let mut running = Running {
            slot: Arc::new(Slot::new(size)),
            thread: None,
            pipeline,
        };
        let (slot, info) = (running.slot.clone(), self.info.clone());
        let thread = std::thread::Builder::new()
            .name("media-preview".to_owned())
            .spawn(move || shrink_all(&slot, &info, shrinker, &source))
            .map_err(|error| MediaError::Build(format!("no thread for the preview: {error}")))?;
        running.thread = Some(thread);
        Ok(running)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.slot.end();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the preview's thread panicked");
        }
        if let Err(error) = self.pipeline.set_state(gst::State::Null) {
            tracing::warn!(%error, "preview does not stop");
        }
    }
}

/// Makes small what waits, until the slot ends.
fn shrink_all(
    slot: &Slot,
    info: &gst_video::VideoInfo,
    mut shrinker: Shrinker,
    source: &gst_app::AppSrc,
) {
    while let Some((picture, size)) = slot.take() {
        if let Err(error) = shrink_one(&picture, size, info, &mut shrinker, source) {
            tracing::warn!(%error, "preview");
        }
    }
}

fn shrink_one(
    picture: &gst::Buffer,
    size: (u32, u32),
    info: &gst_video::VideoInfo,
    shrinker: &mut Shrinker,
    source: &gst_app::AppSrc,
) -> Result<(), MediaError> {
    if shrinker.size() != size {
        *shrinker = Shrinker::new(info, size)?;
        source.set_caps(Some(&shrinker.caps()?));
    }
    // Refused only by a pipeline that ends.
    if let Err(error) = source.push_buffer(shrinker.shrink(picture)?) {
        tracing::debug!(%error, "preview takes no picture");
    }
    Ok(())
}

fn frame_of(sample: &gst::Sample, seq: &AtomicU64) -> Option<PreviewFrame> {
    let buffer = sample.buffer()?;
    let caps = sample.caps()?.structure(0)?;
    let side = |name: &str| u32::try_from(caps.get::<i32>(name).ok()?).ok();
    let map = buffer.map_readable().ok()?;
    Some(PreviewFrame {
        seq: seq.fetch_add(1, Ordering::Relaxed) + 1,
        pts_ms: buffer.pts().map_or(0, gst::ClockTime::mseconds),
        width: side("width")?,
        height: side("height")?,
        jpeg: Bytes::copy_from_slice(&map),
    })
}
