//! Owns finding out which encoders really work here: each is made to encode a second of video.

use std::collections::HashMap;
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use gst::prelude::*;
use gstreamer as gst;
use serde::Serialize;

use super::branch::EncoderBranch;
use super::codec::VideoCodec;
use super::table::{self, EncoderKind};
use crate::error::MediaError;

/// Frames of a trial: one second at 30 frames/s.
const TRIAL_FRAMES: u32 = 30;
/// A driver that needs longer to encode one second is of no use for a live show.
const TRIAL_TIMEOUT: Duration = Duration::from_secs(4);
/// What an encoder beyond H.264 must reach in its trial: it works beside the other, and a show has 30 pictures a second.
const LEAST_FPS: f64 = 30.0;
/// Size of a trial's picture.
const TRIAL_SIZE: (i32, i32) = (1280, 720);
/// Size of the doctor's.
const FULL_HD: (i32, i32) = (1920, 1080);

/// What is known about one encoder after its trial.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EncoderReport {
    /// Name of the GStreamer element.
    pub name: String,
    /// Whether a chip other than the CPU does the work.
    pub hardware: bool,
    /// Whether a second of 1280x720 came out in time, encoded.
    pub works: bool,
    /// Frames a second in the trial, start-up included; 0 when it failed.
    pub speed_fps: f64,
    /// Why it does not work.
    pub reason: Option<TrialFailure>,
}

/// Why an encoder's trial failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum TrialFailure {
    /// The element is not installed, or there is no chip for it.
    NotInstalled,
    /// The element is another system's; nothing that is installed here brings it.
    OtherSystem,
    /// It reported an error.
    Failed {
        /// GStreamer's message.
        message: String,
    },
    /// Nothing came out in 4 s.
    TimedOut,
}

/// Why an encoder was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChoiceReason {
    /// The caller named it.
    Requested,
    /// The best chip that passed its trial.
    Hardware,
    /// No chip passed: the CPU does it.
    NoHardwareWorks,
    /// The one before it failed on air: it is the next in rank.
    AfterFailure,
}

/// The encoder a program uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EncoderChoice {
    /// Name of the GStreamer element.
    pub name: String,
    /// Whether a chip other than the CPU does the work.
    pub hardware: bool,
    /// Why this one.
    pub reason: ChoiceReason,
}

/// Tries every known encoder of H.264; results are kept for the life of the process. Blocks for about a
/// second for each installed one the first time: call it from a thread that may wait.
#[must_use]
pub fn probe() -> Vec<EncoderReport> {
    try_codec(VideoCodec::H264)
}

/// As [`probe`], those of another codec.
pub fn try_codec(codec: VideoCodec) -> Vec<EncoderReport> {
    table::of(codec).iter().map(report).collect()
}

/// Whether a codec can be encoded here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usable {
    /// Not tried yet: see [`try_codec`].
    Unknown,
    /// No encoder of it passed its trial, or only ones that are too slow.
    No,
    /// By this element.
    By(&'static str),
}

/// Whether an encoder of a codec beyond H.264 is good enough here, by trials that were made. Never blocks.
#[must_use]
pub fn usable(codec: VideoCodec) -> Usable {
    let tried = |kind: &EncoderKind| cell(kind.element).get().is_some();
    match best(codec) {
        Some(kind) => Usable::By(kind.element),
        None if table::of(codec).iter().all(tried) => Usable::No,
        None => Usable::Unknown,
    }
}

/// The best encoder of a codec beyond H.264 that passed its trial. Never blocks.
pub(crate) fn best(codec: VideoCodec) -> Option<&'static EncoderKind> {
    table::of(codec).iter().find(|kind| may_work(kind))
}

/// The encoder to use: the requested one, else the first in the table that passes its trial.
/// Blocks like [`probe`], but only until the first success.
///
/// # Errors
/// When the requested encoder is unknown or fails, or none works at all.
pub fn choose(requested: Option<&str>) -> Result<EncoderChoice, MediaError> {
    select(requested).map(|(_, choice)| choice)
}

/// As [`choose`], with the table's row.
pub(crate) fn select(
    requested: Option<&str>,
) -> Result<(&'static EncoderKind, EncoderChoice), MediaError> {
    let chosen = |kind: &'static EncoderKind, reason| {
        let choice = EncoderChoice {
            name: kind.element.to_owned(),
            hardware: kind.hardware,
            reason,
        };
        (kind, choice)
    };
    if let Some(name) = requested {
        let kind = table::find(name).ok_or_else(|| MediaError::MissingElement(name.to_owned()))?;
        let report = report(kind);
        return match report.reason {
            None => Ok(chosen(kind, ChoiceReason::Requested)),
            Some(TrialFailure::NotInstalled | TrialFailure::OtherSystem) => {
                Err(MediaError::MissingElement(name.to_owned()))
            }
            Some(failure) => Err(MediaError::Pipeline {
                element: name.to_owned(),
                reason: format!("{failure:?}"),
            }),
        };
    }
    for kind in table::of(VideoCodec::H264) {
        if report(kind).works {
            let reason = if kind.hardware {
                ChoiceReason::Hardware
            } else {
                ChoiceReason::NoHardwareWorks
            };
            return Ok(chosen(kind, reason));
        }
    }
    // One of the CPU that was only too slow in its trial: the machine was busy, and slow is better than none.
    let was_slow = |kind: &&'static EncoderKind| {
        !kind.hardware && report(kind).reason == Some(TrialFailure::TimedOut)
    };
    let slow = table::of(VideoCodec::H264).iter().find(was_slow);
    slow.map(|kind| chosen(kind, ChoiceReason::NoHardwareWorks))
        .ok_or(MediaError::NoElementFor("H.264 encoding"))
}

/// Tests on busy machines name another in `STALLCAST_LEAST_FPS`.
fn least_fps() -> f64 {
    named_fps().unwrap_or(LEAST_FPS)
}

fn named_fps() -> Option<f64> {
    if cfg!(any(test, debug_assertions)) {
        std::env::var("STALLCAST_LEAST_FPS").ok()?.parse().ok()
    } else {
        None
    }
}

/// Whether an encoder beyond H.264 is given up when it costs pictures: always, but in tests that name a speed of their
/// own in `STALLCAST_LEAST_FPS`.
#[must_use]
pub fn speed_is_judged() -> bool {
    named_fps().is_none()
}

/// Whether it went well in its trial or, for one of the CPU that makes H.264 and was not tried yet, is there at all.
/// Never blocks.
pub(crate) fn may_work(kind: &EncoderKind) -> bool {
    let report = cell(kind.element);
    match (report.get(), kind.codec) {
        (Some(report), VideoCodec::H264) => report.works,
        (Some(report), _) => report.works && report.speed_fps >= least_fps(),
        (None, VideoCodec::H264) => {
            !kind.hardware && gst::ElementFactory::find(kind.element).is_some()
        }
        (None, _) => false,
    }
}

type Cell = std::sync::Arc<OnceLock<EncoderReport>>;

fn cell(element: &'static str) -> Cell {
    static CACHE: OnceLock<Mutex<HashMap<&'static str, Cell>>> = OnceLock::new();
    CACHE
        .get_or_init(Mutex::default)
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .entry(element)
        .or_default()
        .clone()
}

/// The report of one encoder, from the cache or by a trial.
fn report(kind: &'static EncoderKind) -> EncoderReport {
    // Two callers at once wait for one trial instead of disturbing each other's measurement.
    cell(kind.element).get_or_init(|| run_trial(kind)).clone()
}

/// Why an element is not there on this system.
pub(super) fn missing(element: &str, os: &str) -> TrialFailure {
    match table::systems(element) {
        Some(systems) if !systems.contains(&os) => TrialFailure::OtherSystem,
        _ => TrialFailure::NotInstalled,
    }
}

fn run_trial(kind: &'static EncoderKind) -> EncoderReport {
    let result = match gst::init() {
        Err(error) => Err(TrialFailure::Failed {
            message: error.to_string(),
        }),
        Ok(()) if gst::ElementFactory::find(kind.element).is_none() => {
            Err(missing(kind.element, std::env::consts::OS))
        }
        Ok(()) => encode_apart(kind, TRIAL_SIZE),
    };
    let report = EncoderReport {
        name: kind.element.to_owned(),
        hardware: kind.hardware,
        works: result.is_ok(),
        speed_fps: *result.as_ref().unwrap_or(&0.0),
        reason: result.err(),
    };
    tracing::info!(?report, "encoder trial");
    report
}

/// Has one encoder encode a second of 1920x1080 at 30 frames/s, for the doctor: frames a second, start-up included. A
/// driver may take the process with it: for a process of its own. `None` when no row has that name.
#[must_use]
pub fn try_full_hd(element: &str) -> Option<Result<f64, TrialFailure>> {
    let kind = table::named(element)?;
    Some(match gst::init() {
        Err(error) => Err(TrialFailure::Failed {
            message: error.to_string(),
        }),
        Ok(()) => encode_one_second(kind, FULL_HD),
    })
}

/// A driver may hang where no time-out of ours reaches: its trial has a thread of its own.
fn encode_apart(kind: &'static EncoderKind, size: (i32, i32)) -> Result<f64, TrialFailure> {
    let (sender, tried) = sync_channel(1);
    let spawned = std::thread::Builder::new()
        .name("media-trial".to_owned())
        .spawn(move || {
            // Nobody waits for one that comes too late.
            let _late = sender.send(encode_one_second(kind, size));
        });
    match spawned {
        Err(error) => Err(TrialFailure::Failed {
            message: error.to_string(),
        }),
        Ok(_) => tried
            .recv_timeout(TRIAL_TIMEOUT * 2)
            .unwrap_or(Err(TrialFailure::TimedOut)),
    }
}

fn encode_one_second(kind: &'static EncoderKind, size: (i32, i32)) -> Result<f64, TrialFailure> {
    let failed = |message: String| TrialFailure::Failed { message };
    let (pipeline, counter) =
        trial_pipeline(kind, size).map_err(|error| failed(error.to_string()))?;
    let started = Instant::now();
    let result = pipeline
        .set_state(gst::State::Playing)
        .map_err(|error| failed(error.to_string()))
        .and_then(|_| wait_for_end(&pipeline));
    let elapsed = started.elapsed();
    if let Err(error) = pipeline.set_state(gst::State::Null) {
        tracing::warn!(%error, element = kind.element, "encoder does not stop after its trial");
    }
    result?;
    let frames = counter.load(std::sync::atomic::Ordering::Relaxed);
    if frames == 0 {
        return Err(failed(format!("no {} came out", kind.codec.name())));
    }
    Ok(f64::from(frames) / elapsed.as_secs_f64().max(0.001))
}

type Counter = std::sync::Arc<std::sync::atomic::AtomicU32>;

fn trial_pipeline(
    kind: &'static EncoderKind,
    size: (i32, i32),
) -> Result<(gst::Pipeline, Counter), MediaError> {
    let branch = EncoderBranch::make(kind, 2500, 2 * TRIAL_FRAMES)?;
    let source = gst::ElementFactory::make("videotestsrc")
        .property("num-buffers", TRIAL_FRAMES as i32)
        .property_from_str("pattern", "ball")
        .build()?;
    let caps = gst::ElementFactory::make("capsfilter")
        .property(
            "caps",
            gst::Caps::builder("video/x-raw")
                .field("format", "I420")
                .field("width", size.0)
                .field("height", size.1)
                .field("framerate", gst::Fraction::new(30, 1))
                .build(),
        )
        .build()?;
    let sink = gst::ElementFactory::make("fakesink")
        .property("sync", false)
        .property("async", false)
        .build()?;
    let pipeline = gst::Pipeline::new();
    let mut chain = vec![source, caps];
    chain.extend(branch.elements().iter().cloned());
    chain.push(sink.clone());
    pipeline.add_many(&chain)?;
    gst::Element::link_many(&chain)?;
    let counter = Counter::default();
    if let Some(pad) = sink.static_pad("sink") {
        let counter = counter.clone();
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
            counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            gst::PadProbeReturn::Ok
        });
    }
    Ok((pipeline, counter))
}

fn wait_for_end(pipeline: &gst::Pipeline) -> Result<(), TrialFailure> {
    let Some(bus) = pipeline.bus() else {
        return Err(TrialFailure::TimedOut);
    };
    let timeout = gst::ClockTime::from_mseconds(TRIAL_TIMEOUT.as_millis() as u64);
    let wanted = [gst::MessageType::Eos, gst::MessageType::Error];
    match bus.timed_pop_filtered(timeout, &wanted) {
        None => Err(TrialFailure::TimedOut),
        Some(message) => match message.view() {
            gst::MessageView::Error(error) => Err(TrialFailure::Failed {
                message: error.error().to_string(),
            }),
            _ => Ok(()),
        },
    }
}
