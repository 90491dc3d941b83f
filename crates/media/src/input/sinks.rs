//! Owns the two ends of every input pipeline: pictures into the frame queue, sound into the mixer.

use std::sync::{Arc, Mutex, PoisonError};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

use super::shared::Shared;
use super::want::{Fit, output_caps};
use crate::audio::{AUDIO_CAPS, AudioTap};
use crate::error::{MediaError, Result};
use crate::frame::VideoFrame;

/// Whether a sink waits for the time of a buffer before it hands it on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// At once: the source is live.
    AsItComes,
    /// At its running time: the source is a file.
    OnTime,
}

/// Creates an element or says which one is missing.
pub(super) fn make(factory: &'static str) -> Result<gst::Element> {
    gst::ElementFactory::make(factory)
        .build()
        .map_err(|_| MediaError::MissingElement(factory.to_owned()))
}

/// A branch that was added to a pipeline.
pub(super) struct Branch {
    /// Where the source is linked to.
    pub(super) head: gst::Pad,
    elements: Vec<gst::Element>,
    fit: Option<VideoFit>,
}

impl Branch {
    /// Lets the branch follow a pipeline that already runs.
    pub(super) fn sync_states(&self) -> Result<()> {
        for element in self.elements.iter().rev() {
            element.sync_state_with_parent()?;
        }
        Ok(())
    }

    /// Lets the branch play in a pipeline whose other branches may never begin. Waiting for its first
    /// buffer would take the whole pipeline back to PAUSED, in which no live source gives any.
    pub(super) fn play_alone(&self) -> Result<()> {
        for element in self.elements.iter().rev() {
            if element.find_property("async").is_some() {
                element.set_property("async", false);
            }
            element.set_state(gst::State::Playing)?;
        }
        Ok(())
    }

    /// The handle that applies a changed want; none for sound.
    pub(super) fn fit(&self) -> Option<VideoFit> {
        self.fit.clone()
    }
}

/// Applies the program's want to a running video branch. It is held by the branch's own elements, and so holds none.
#[derive(Clone, Debug)]
pub(super) struct VideoFit {
    scaler: gst::glib::WeakRef<gst::Element>,
    filter: gst::glib::WeakRef<gst::Element>,
    native: Arc<Mutex<Option<gst_video::VideoInfo>>>,
    shared: Arc<Shared>,
}

impl VideoFit {
    /// Sets the caps of the branch from the want and the last known size of the source.
    pub(super) fn apply(&self) {
        let native = self
            .native
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let elements = self.scaler.upgrade().zip(self.filter.upgrade());
        if let (Some(native), Some((scaler, filter))) = (native, elements) {
            let want = self.shared.want.get();
            scaler.set_property("add-borders", want.fit == Fit::Letterbox);
            filter.set_property("caps", output_caps(want, &native));
        }
    }

    fn source_caps(&self, caps: &gst::CapsRef) {
        if let Ok(info) = gst_video::VideoInfo::from_caps(caps) {
            self.shared.note_size(info.width(), info.height());
            *self.native.lock().unwrap_or_else(PoisonError::into_inner) = Some(info);
            self.apply();
        }
    }

    /// The scaler hands its input's own buffers on.
    fn passes_through(&self) -> bool {
        let caps = |name: &str| {
            self.scaler
                .upgrade()
                .and_then(|scaler| scaler.static_pad(name))
                .and_then(|pad| pad.current_caps())
                .and_then(|caps| gst_video::VideoInfo::from_caps(&caps).ok())
        };
        match (caps("sink"), caps("src")) {
            (Some(from), Some(to)) => {
                from.format() == to.format()
                    && (from.width(), from.height()) == (to.width(), to.height())
            }
            _ => false,
        }
    }
}

/// Adds convert and scale ! I420 ! appsink to `pipeline`; frames go to `shared.frames`.
pub(super) fn add_video(
    pipeline: &gst::Pipeline,
    shared: &Arc<Shared>,
    pace: Pace,
) -> Result<Branch> {
    // One pass for both jobs. Dithering is for fewer bits per sample, which never happens here.
    let scaler = make("videoconvertscale")?;
    scaler.set_property_from_str("dither", "none");
    scaler.set_property("add-borders", false);
    let filter = make("capsfilter")?;
    filter.set_property(
        "caps",
        gst::Caps::builder("video/x-raw")
            .field("format", "I420")
            .build(),
    );
    let sink = app_sink(pace);
    let elements = vec![scaler.clone(), filter.clone(), sink.clone().upcast()];
    pipeline.add_many(&elements)?;
    gst::Element::link_many(&elements)?;

    let fit = VideoFit {
        scaler: scaler.downgrade(),
        filter: filter.downgrade(),
        native: Arc::default(),
        shared: Arc::clone(shared),
    };
    let head = pad(&scaler, "sink")?;
    watch_source(&head, fit.clone());

    let frames = shared.frames.clone();
    let shared = Arc::clone(shared);
    let mut known: Option<Known> = None;
    let own = fit.clone();
    sink.set_callbacks(
        gst_app::AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                let (Some(caps), Some(buffer)) = (sample.caps(), sample.buffer_owned()) else {
                    return Ok(gst::FlowSuccess::Ok);
                };
                if known.as_ref().is_none_or(|known| known.caps != *caps) {
                    let info = gst_video::VideoInfo::from_caps(caps)
                        .map_err(|_| gst::FlowError::NotNegotiated)?;
                    // A capture source has few buffers; six of them kept here would starve it.
                    let copies = pace == Pace::AsItComes && own.passes_through();
                    known = Some(Known {
                        caps: caps.to_owned(),
                        info,
                        copies,
                    });
                }
                let Some(known) = &known else {
                    return Ok(gst::FlowSuccess::Ok);
                };
                let running_time = running_time(&sample, &buffer, &shared);
                let buffer = if known.copies {
                    buffer.copy_deep().map_err(|_| gst::FlowError::Error)?
                } else {
                    buffer
                };
                let frame = VideoFrame {
                    buffer,
                    info: known.info.clone(),
                    running_time,
                };
                shared.show_watchdog(&frame);
                frames.push(frame);
                shared.note_data();
                Ok(gst::FlowSuccess::Ok)
            })
            .build(),
    );
    Ok(Branch {
        head,
        elements,
        fit: Some(fit),
    })
}

struct Known {
    caps: gst::Caps,
    info: gst_video::VideoInfo,
    copies: bool,
}

/// Follows the source's size, and drops frames over the wanted rate before they cost anything.
fn watch_source(head: &gst::Pad, fit: VideoFit) {
    let due: Mutex<Option<gst::ClockTime>> = Mutex::new(None);
    head.add_probe(
        gst::PadProbeType::EVENT_DOWNSTREAM | gst::PadProbeType::BUFFER,
        move |_pad, info| {
            match &info.data {
                Some(gst::PadProbeData::Event(event)) => {
                    match event.view() {
                        gst::EventView::Caps(caps) => fit.source_caps(caps.caps()),
                        gst::EventView::Segment(_) => {
                            *due.lock().unwrap_or_else(PoisonError::into_inner) = None;
                        }
                        _ => {}
                    }
                    gst::PadProbeReturn::Ok
                }
                Some(gst::PadProbeData::Buffer(buffer)) => {
                    fit.shared.note_picture();
                    let Some(pts) = buffer.pts() else {
                        return gst::PadProbeReturn::Ok;
                    };
                    let mut due = due.lock().unwrap_or_else(PoisonError::into_inner);
                    let frame =
                        gst::ClockTime::SECOND / u64::from(fit.shared.want.get().max_fps.max(1));
                    match *due {
                        // A quarter of a frame early is jitter, not a higher rate.
                        Some(at) if pts + frame / 4 < at && at < pts + frame * 2 => {
                            // Not Drop: the binding has taken the buffer, and GStreamer 1.22 complains of the one that
                            // it then cannot find.
                            gst::PadProbeReturn::Handled
                        }
                        Some(at) if pts < at + frame => {
                            *due = Some(at.max(pts.saturating_sub(frame / 4)) + frame);
                            gst::PadProbeReturn::Ok
                        }
                        _ => {
                            *due = Some(pts + frame);
                            gst::PadProbeReturn::Ok
                        }
                    }
                }
                _ => gst::PadProbeReturn::Ok,
            }
        },
    );
}

/// Adds convert, resample to 48 kHz stereo float ! appsink to `pipeline`; sound goes to `tap`.
pub(super) fn add_audio(
    pipeline: &gst::Pipeline,
    shared: &Arc<Shared>,
    tap: &AudioTap,
    pace: Pace,
) -> Result<Branch> {
    let convert = make("audioconvert")?;
    let resample = make("audioresample")?;
    let filter = make("capsfilter")?;
    filter.set_property("caps", AUDIO_CAPS.clone());
    let sink = app_sink(pace);
    let elements = vec![convert.clone(), resample, filter, sink.clone().upcast()];
    pipeline.add_many(&elements)?;
    gst::Element::link_many(&elements)?;
    let shared = Arc::clone(shared);
    let tap = tap.clone();
    sink.set_callbacks(
        gst_app::AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                let Some(buffer) = sample.buffer_owned() else {
                    return Ok(gst::FlowSuccess::Ok);
                };
                let running_time = running_time(&sample, &buffer, &shared);
                drop(sample);
                shared.let_watchdog_hear(&buffer, running_time);
                tap.push(buffer, running_time);
                shared.note_data();
                Ok(gst::FlowSuccess::Ok)
            })
            .build(),
    );
    Ok(Branch {
        head: pad(&convert, "sink")?,
        elements,
        fit: None,
    })
}

fn app_sink(pace: Pace) -> gst_app::AppSink {
    gst_app::AppSink::builder()
        .sync(pace == Pace::OnTime)
        .max_buffers(1)
        .drop(false)
        .enable_last_sample(false)
        .wait_on_eos(false)
        .build()
}

fn running_time(sample: &gst::Sample, buffer: &gst::Buffer, shared: &Shared) -> gst::ClockTime {
    buffer
        .pts()
        .and_then(|pts| {
            sample
                .segment()
                .and_then(|segment| segment.downcast_ref::<gst::ClockTime>())
                .and_then(|segment| segment.to_running_time(pts))
        })
        .unwrap_or_else(|| shared.clock.running_time())
}

pub(super) fn pad(element: &gst::Element, name: &str) -> Result<gst::Pad> {
    element
        .static_pad(name)
        .ok_or_else(|| MediaError::Build(format!("{} has no pad {name}", element.name())))
}
