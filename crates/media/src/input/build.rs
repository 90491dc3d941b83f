//! Owns the making of an input's pipeline from what was asked for.

use std::sync::Arc;

use gstreamer as gst;
use gstreamer::prelude::*;

use super::feed::Feed;
use super::running::{Running, generator_caps, rate};
use super::shared::Shared;
use super::sinks::{Branch, Pace, add_audio, add_video, make, pad};
use super::{InputKind, camera, file, image, portal, srt};
use crate::audio::AudioTap;
use crate::devices::DeviceWatch;
use crate::error::{MediaError, Result};
use crate::platform::{self, CaptureKind, CaptureRow, Setting};

/// Builds the pipeline; it is not started yet.
pub(super) fn build(
    kind: &InputKind,
    shared: &Arc<Shared>,
    tap: Option<&AudioTap>,
    devices: Option<&DeviceWatch>,
    number: u64,
) -> Result<Running> {
    let pipeline = gst::Pipeline::new();
    shared.clock.apply(&pipeline);
    shared.watch_bus(&pipeline, number);
    let running = Running::new(pipeline.clone());
    match kind {
        InputKind::TestPicture { pattern } => {
            let source = make("videotestsrc")?;
            source.set_property("is-live", true);
            set_text(&source, "pattern", pattern)?;
            let filter = caps_filter(&generator_caps(shared.want.get()))?;
            start_now(&source, shared);
            let branch = add_video(&pipeline, shared, Pace::AsItComes)?;
            link(&pipeline, &[source, filter.clone()], &branch)?;
            Ok(running.with_branch(&branch).with_generator(filter))
        }
        InputKind::TestTone => {
            let tap = tap.ok_or(MediaError::Unsupported("sound without a mixer"))?;
            let source = make("audiotestsrc")?;
            source.set_property("is-live", true);
            source.set_property("freq", 440.0f64);
            // -20 dB
            source.set_property("volume", 0.1f64);
            source.set_property("samplesperbuffer", 1024i32);
            start_now(&source, shared);
            let branch = add_audio(&pipeline, shared, tap, Pace::AsItComes)?;
            link(&pipeline, &[source], &branch)?;
            Ok(running)
        }
        InputKind::File { path, looping } => {
            let playback = file::build(&pipeline, path, *looping, shared, tap)?;
            Ok(running.with_file(playback))
        }
        InputKind::Image { path } => {
            image::build(&pipeline, path, shared)?;
            Ok(running.showing_still())
        }
        InputKind::Fed { feed } => {
            let fits = feed.attach(&pipeline, shared, tap);
            Ok(running.with_feed(feed.clone(), fits))
        }
        InputKind::Srt { listen } => {
            let feed = Feed::default();
            let fits = feed.attach(&pipeline, shared, tap);
            let running = running.with_feed(feed.clone(), fits);
            srt::build(&pipeline, listen, &feed, shared, tap)?;
            Ok(running)
        }
        InputKind::Camera { device } => {
            let want = shared.want.get();
            let elements = camera::source(device.as_deref(), want, devices, shared)?;
            let branch = add_video(&pipeline, shared, Pace::AsItComes)?;
            link(&pipeline, &elements, &branch)?;
            Ok(running.with_branch(&branch).with_mode_for(want))
        }
        InputKind::Screen { display } => screen(
            &pipeline,
            running,
            shared,
            CaptureKind::Screen,
            display.as_deref(),
            None,
        ),
        InputKind::Window { display, xid } => screen(
            &pipeline,
            running,
            shared,
            CaptureKind::Window,
            display.as_deref(),
            Some(*xid),
        ),
        InputKind::PortalScreen => {
            let (source, cast) = portal::open()?;
            let branch = add_video(&pipeline, shared, Pace::AsItComes)?;
            link(&pipeline, &[source], &branch)?;
            Ok(running.with_branch(&branch).with_portal(cast))
        }
        InputKind::Microphone { device } => {
            let tap = tap.ok_or(MediaError::Unsupported("sound without a mixer"))?;
            let source = audio_source(CaptureKind::Microphone, device.as_deref(), devices)?;
            let branch = add_audio(&pipeline, shared, tap, Pace::AsItComes)?;
            link(&pipeline, &[source], &branch)?;
            Ok(running)
        }
        InputKind::DesktopAudio { device } => {
            let tap = tap.ok_or(MediaError::Unsupported("sound without a mixer"))?;
            let source = audio_source(CaptureKind::DesktopAudio, device.as_deref(), devices)?;
            let branch = add_audio(&pipeline, shared, tap, Pace::AsItComes)?;
            link(&pipeline, &[source], &branch)?;
            Ok(running)
        }
    }
}

/// A generator's first buffer belongs to now, not to the start of the shared timeline: without
/// the offset it would rush through all the time that has passed.
fn start_now(source: &gst::Element, shared: &Shared) {
    let now = i64::try_from(shared.clock.running_time().nseconds()).unwrap_or(0);
    source.set_property("timestamp-offset", now);
}

fn screen(
    pipeline: &gst::Pipeline,
    running: Running,
    shared: &Arc<Shared>,
    kind: CaptureKind,
    display: Option<&str>,
    window: Option<u64>,
) -> Result<Running> {
    let table = platform::table();
    // On Wayland nobody sees the screen without the user's consent; an X display can be named.
    let asks_portal = table
        .portal_when_env
        .is_some_and(|name| std::env::var_os(name).is_some());
    if display.is_none() && window.is_none() && asks_portal {
        let (source, cast) = portal::open()?;
        let branch = add_video(pipeline, shared, Pace::AsItComes)?;
        link(pipeline, &[source], &branch)?;
        return Ok(running.with_branch(&branch).with_portal(cast));
    }
    let (row, name) = match display.and_then(|id| table.row_for(kind, id)) {
        Some((row, name)) => (row, Some(name)),
        None => (first_row(kind)?, display),
    };
    let losses = platform::screen_losses();
    if let Some(window) = window
        && !platform::window_exists(name, window)
    {
        return Err(MediaError::DeviceMissing(format!("window {window:#x}")));
    }
    let source = capture_element(row, name)?;
    if let Some(window) = window {
        for property in ["xid", "window-handle"] {
            if source.find_property(property).is_some() {
                source.set_property(property, window);
            }
        }
    }
    let caps = gst::Caps::builder("video/x-raw")
        .field("framerate", rate(shared.want.get()))
        .build();
    let branch = add_video(pipeline, shared, Pace::AsItComes)?;
    link(pipeline, &[source, caps_filter(&caps)?], &branch)?;
    Ok(running.with_branch(&branch).with_screen(losses))
}

fn audio_source(
    kind: CaptureKind,
    device: Option<&str>,
    devices: Option<&DeviceWatch>,
) -> Result<gst::Element> {
    let Some(id) = device else {
        let row = first_row(kind)?;
        let name = (kind == CaptureKind::DesktopAudio && row.factory == "pulsesrc")
            .then_some("@DEFAULT_MONITOR@");
        return raw_capture_element(row, name);
    };
    let (row, name) = platform::table()
        .row_for(kind, id)
        .ok_or_else(|| MediaError::DeviceMissing(id.to_owned()))?;
    // A sound server quietly takes another device when the named one is gone.
    if let Some(devices) = devices
        && !row.name_from.is_empty()
        && !devices.knows(kind, id)
    {
        return Err(MediaError::DeviceMissing(id.to_owned()));
    }
    capture_element(row, Some(name))
}

fn first_row(kind: CaptureKind) -> Result<&'static CaptureRow> {
    platform::table()
        .rows(kind)
        .next()
        .ok_or(MediaError::NoElementFor(match kind {
            CaptureKind::Camera => "camera",
            CaptureKind::Screen => "screen",
            CaptureKind::Window => "window",
            CaptureKind::Microphone => "microphone",
            CaptureKind::DesktopAudio => "desktop audio",
        }))
}

/// The element of a row, told which device to use (the row's suffix is appended to the name).
pub(crate) fn capture_element(row: &CaptureRow, name: Option<&str>) -> Result<gst::Element> {
    let name = name.map(|name| format!("{name}{}", row.name_suffix));
    raw_capture_element(row, name.as_deref())
}

fn raw_capture_element(row: &CaptureRow, name: Option<&str>) -> Result<gst::Element> {
    let element = make(row.factory)?;
    for Setting { property, value } in row.settings {
        // Properties differ between versions of an element; the tables say what is left out.
        if element.find_property(property).is_some() {
            set_text(&element, property, value)?;
        }
    }
    if let (Some(property), Some(name)) = (row.device_property, name)
        && element.find_property(property).is_some()
    {
        set_text(&element, property, name)?;
    }
    Ok(element)
}

/// Sets a property from GStreamer's text syntax without the panic of the binding's own setter.
fn set_text(element: &gst::Element, property: &str, value: &str) -> Result<()> {
    let Some(spec) = element.find_property(property) else {
        return Err(MediaError::Build(format!("no property {property}")));
    };
    let parsed = if spec.value_type() == gst::glib::Type::STRING {
        value.to_value()
    } else {
        gst::glib::Value::deserialize_with_pspec(value, &spec)
            .map_err(|_| MediaError::Build(format!("{property} cannot be {value}")))?
    };
    element.set_property_from_value(property, &parsed);
    Ok(())
}

pub(super) fn caps_filter(caps: &gst::Caps) -> Result<gst::Element> {
    let filter = make("capsfilter")?;
    filter.set_property("caps", caps);
    Ok(filter)
}

fn link(pipeline: &gst::Pipeline, elements: &[gst::Element], branch: &Branch) -> Result<()> {
    pipeline.add_many(elements)?;
    gst::Element::link_many(elements)?;
    let last = elements
        .last()
        .ok_or(MediaError::Build("no source".to_owned()))?;
    pad(last, "src")?
        .link(&branch.head)
        .map_err(|error| MediaError::Build(error.to_string()))?;
    Ok(())
}
