//! Owns the trial of a device: opened as an input would open it, until it gave something.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gst::prelude::*;
use gstreamer as gst;

use crate::error::{MediaError, Result};
use crate::input::capture_element;
use crate::platform::{self, CaptureKind};

/// Buffers after which a device counts as working: the first may come from what it had in store.
const ENOUGH: u32 = 3;
/// How long they may take: phones and capture cards take seconds to wake up.
const WITHIN: Duration = Duration::from_secs(6);
/// How long a microphone is listened to: what it gives in the first moments may be empty.
const LISTENED: Duration = Duration::from_millis(500);

/// What a device gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captured {
    /// Width and height of its pictures, where it gives any.
    pub size: Option<(i32, i32)>,
    /// Name of what they or its sound are coded in, as GStreamer says it.
    pub format: String,
    /// How long the first took, ms.
    pub first_ms: u32,
    /// Whether every byte was zero: a microphone that is muted, or that the system keeps from us.
    pub is_silent: bool,
}

/// Opens a device by its id (see [`crate::devices::list`]) and waits until it gave something.
///
/// # Errors
/// When it is not there, cannot be opened, or gives nothing within 6 s.
pub fn try_capture(kind: CaptureKind, id: &str) -> Result<Captured> {
    super::begin()?;
    let (row, name) = platform::table()
        .row_for(kind, id)
        .ok_or_else(|| MediaError::DeviceMissing(id.to_owned()))?;
    let source = capture_element(row, Some(name))?;
    let sink = gst::ElementFactory::make("fakesink")
        .property("sync", false)
        .property("async", false)
        .build()?;
    let pipeline = gst::Pipeline::new();
    let mut chain = vec![source];
    if kind == CaptureKind::Camera {
        // Whatever it has: pipewiresrc waits for ever where nothing is said at all.
        let filter = gst::ElementFactory::make("capsfilter").build()?;
        let caps = gst::Caps::builder_full()
            .structure(gst::Structure::new_empty("video/x-raw"))
            .structure(gst::Structure::new_empty("image/jpeg"))
            .build();
        filter.set_property("caps", caps);
        chain.push(filter);
    }
    chain.push(sink.clone());
    pipeline.add_many(&chain)?;
    gst::Element::link_many(&chain)?;
    let seen = Arc::new(Seen::default());
    let pad = sink.static_pad("sink");
    let pad = pad.ok_or_else(|| MediaError::Build("no sink pad".to_owned()))?;
    let counted = Arc::clone(&seen);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(buffer) = info.buffer() {
            counted.take(buffer);
        }
        gst::PadProbeReturn::Ok
    });
    let outcome = watch(&pipeline, &seen, kind == CaptureKind::Microphone);
    let caps = pad.current_caps();
    // A driver that does not stop ends with its process.
    let _ = pipeline.set_state(gst::State::Null);
    let first_ms = outcome?;
    let caps = caps.as_ref().and_then(|caps| caps.structure(0));
    let number = |name: &str| caps.and_then(|caps| caps.get::<i32>(name).ok());
    let format = caps.and_then(|caps| caps.get::<String>("format").ok());
    let format = format.or_else(|| caps.map(|caps| caps.name().to_string()));
    Ok(Captured {
        size: number("width").zip(number("height")),
        format: format.unwrap_or_default(),
        first_ms,
        is_silent: !seen.loud.load(Ordering::Relaxed),
    })
}

#[derive(Default)]
struct Seen {
    buffers: AtomicU32,
    loud: AtomicBool,
    first: Mutex<Option<Instant>>,
}

impl Seen {
    fn take(&self, buffer: &gst::BufferRef) {
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert_with(Instant::now);
        if !self.loud.load(Ordering::Relaxed)
            && let Ok(bytes) = buffer.map_readable()
            && bytes.iter().any(|byte| *byte != 0)
        {
            self.loud.store(true, Ordering::Relaxed);
        }
        self.buffers.fetch_add(1, Ordering::Relaxed);
    }

    fn first(&self) -> Option<Instant> {
        *self.first.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_enough(&self, listens: bool) -> bool {
        let long = self.first().is_some_and(|at| at.elapsed() >= LISTENED);
        self.buffers.load(Ordering::Relaxed) >= ENOUGH && (!listens || long)
    }
}

/// Until enough came; how long the first took, ms.
fn watch(pipeline: &gst::Pipeline, seen: &Seen, listens: bool) -> Result<u32> {
    let bus = pipeline.bus();
    let bus = bus.ok_or_else(|| MediaError::Build("no bus".to_owned()))?;
    let began = Instant::now();
    pipeline.set_state(gst::State::Playing).map_err(|error| {
        // What the element said of it is more use than that it could not.
        bus.pop_filtered(&[gst::MessageType::Error])
            .and_then(|message| match message.view() {
                gst::MessageView::Error(said) => Some(MediaError::from_message(said)),
                _ => None,
            })
            .unwrap_or_else(|| error.into())
    })?;
    while began.elapsed() < WITHIN {
        let wanted = [gst::MessageType::Error, gst::MessageType::Eos];
        let message = bus.timed_pop_filtered(gst::ClockTime::from_mseconds(20), &wanted);
        match message.as_ref().map(|message| message.view()) {
            Some(gst::MessageView::Error(error)) => return Err(MediaError::from_message(error)),
            Some(_) => return Err(MediaError::EndOfStream),
            None if seen.is_enough(listens) => {
                let first = seen.first().unwrap_or(began);
                let took = first.saturating_duration_since(began).as_millis();
                return Ok(u32::try_from(took).unwrap_or(u32::MAX));
            }
            None => {}
        }
    }
    Err(MediaError::Unsupported("nothing came"))
}
