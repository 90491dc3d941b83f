//! Owns the process that serves the camera: pictures from its standard input into the system's camera service.

use std::io::{Read, Write};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

use super::service::Service;
use super::{NODE_NAME, VIRTUAL_CAMERA_NAME, VirtualCameraFault};
use crate::error::{MediaError, Result};
use crate::platform;

/// What it says, on its standard output, when other programs can see the camera.
pub(super) const LIVE: &str = "live";
/// What it says when nobody is there to offer it to; after anything else it broke.
pub(super) const NO_SERVICE: &str = "no service";

/// How often a pipeline that runs is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Patience with a pipeline that opens or closes; the slowest that is well takes some 100 ms.
const WITHIN: Duration = Duration::from_secs(5);

/// Serves the camera until its standard input ends. `caps` are those of the pictures that come there, one after the
/// other and nothing else.
#[must_use]
pub fn serve(caps: &str) -> ExitCode {
    match offer(caps) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            if fault == VirtualCameraFault::NoService {
                say(NO_SERVICE);
            }
            ExitCode::FAILURE
        }
    }
}

/// Whoever started this may be gone.
fn say(word: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{word}").and_then(|()| out.flush());
}

fn offer(caps: &str) -> std::result::Result<(), VirtualCameraFault> {
    let broken = |error: MediaError| {
        tracing::warn!(%error, "the virtual camera does not open");
        VirtualCameraFault::Broken
    };
    let mut service = Service::find().map_err(|_| VirtualCameraFault::NoService)?;
    let (pipeline, source, size) = open(caps).map_err(broken)?;
    say(LIVE);
    let (ending, ended) = sync_channel(0);
    let reading = std::thread::Builder::new()
        .name("pictures".to_owned())
        .spawn(move || read(&source, size, ending));
    let outcome = match reading {
        Ok(_) => watch(&pipeline, &mut service, &ended),
        Err(_) => Err(VirtualCameraFault::Broken),
    };
    in_time("close", move || {
        // It is thrown away whether it closes or not.
        let _ = pipeline.set_state(gst::State::Null);
    });
    outcome
}

/// Hands pictures on until none come; whoever waits for `_ending` wakes when it goes.
fn read(source: &gst_app::AppSrc, size: usize, _ending: SyncSender<()>) {
    let mut input = std::io::stdin().lock();
    loop {
        let mut picture = vec![0; size];
        if input.read_exact(&mut picture).is_err() {
            return;
        }
        if let Err(error) = source.push_buffer(gst::Buffer::from_mut_slice(picture)) {
            tracing::debug!(%error, "the virtual camera takes no picture");
        }
    }
}

/// Watches a pipeline until it is not wanted any more.
fn watch(
    pipeline: &gst::Pipeline,
    service: &mut Service,
    ended: &Receiver<()>,
) -> std::result::Result<(), VirtualCameraFault> {
    let Some(bus) = pipeline.bus() else {
        return Err(VirtualCameraFault::Broken);
    };
    loop {
        if let Err(RecvTimeoutError::Disconnected) = ended.recv_timeout(LOOK_EVERY) {
            return Ok(());
        }
        if !service.is_there() {
            tracing::warn!("the virtual camera's service ended");
            return Err(VirtualCameraFault::NoService);
        }
        while let Some(message) = bus.pop() {
            if let gst::MessageView::Error(error) = message.view() {
                tracing::warn!(error = %error.error(), "the virtual camera broke");
                return Err(VirtualCameraFault::Broken);
            }
        }
    }
}

/// Opens the pipeline; a service that hangs does not take the process along. Gives the size of a picture, bytes.
fn open(caps: &str) -> Result<(gst::Pipeline, gst_app::AppSrc, usize)> {
    gst::init().map_err(|error| MediaError::Init(error.to_string()))?;
    let factory = platform::table().virtual_camera.factory;
    let factory = factory.ok_or(MediaError::Unsupported("virtual camera"))?;
    let caps: gst::Caps = caps.parse()?;
    let info = gst_video::VideoInfo::from_caps(&caps)?;
    let (pipeline, source) = build(factory, &info)?;
    let opening = pipeline.clone();
    let opened = in_time("open", move || {
        opening.set_state(gst::State::Playing).is_ok()
    });
    if opened == Some(true) {
        return Ok((pipeline, source, info.size()));
    }
    let bus = pipeline.bus();
    let said = bus.and_then(|bus| bus.pop_filtered(&[gst::MessageType::Error]));
    Err(match said.as_ref().map(|message| message.view()) {
        Some(gst::MessageView::Error(error)) => MediaError::from_message(error),
        _ => MediaError::NoElementFor("virtual camera"),
    })
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

/// Has pictures made in memory of our own and copied by the sink. Made in the sink's, they lose it whenever a reader
/// leaves, and pipewiresink (0.3.65) then follows a null pointer. What remains is a moment while it copies.
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
