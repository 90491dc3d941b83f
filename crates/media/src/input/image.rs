//! Owns still pictures: decoded once, then shown at no cost per frame.

use std::sync::Arc;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

use super::shared::Shared;
use super::sinks::make;
use super::want::{Fit, output_caps};
use crate::error::{MediaError, Result};
use crate::frame::VideoFrame;

/// Builds `file ! decode ! I420 at the wanted size ! appsink`; the first frame becomes the queue's
/// still picture and the rest of the stream is ignored.
pub(super) fn build(pipeline: &gst::Pipeline, path: &str, shared: &Arc<Shared>) -> Result<()> {
    std::fs::File::open(path).map_err(|error| MediaError::File {
        path: path.to_owned(),
        reason: error.to_string(),
    })?;
    let source = make("filesrc")?;
    source.set_property("location", path);
    let decode = make("decodebin")?;
    let scale = make("videoconvertscale")?;
    // Shown for a long time, scaled once: the best filter costs nothing.
    scale.set_property_from_str("method", "lanczos");
    let filter = make("capsfilter")?;
    let sink = gst_app::AppSink::builder()
        .sync(false)
        .max_buffers(1)
        .build();
    pipeline.add_many([&source, &decode, &scale, &filter])?;
    pipeline.add(&sink)?;
    source.link(&decode)?;
    gst::Element::link_many([&scale, &filter, sink.upcast_ref()])?;

    let head = scale
        .static_pad("sink")
        .ok_or_else(|| MediaError::Build("no sink pad".to_owned()))?;
    let (want, own_filter, own_scale) = (shared.want.get(), filter, scale);
    head.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
        if let Some(gst::PadProbeData::Event(event)) = &info.data
            && let gst::EventView::Caps(caps) = event.view()
            && let Ok(native) = gst_video::VideoInfo::from_caps(caps.caps())
        {
            own_scale.set_property("add-borders", want.fit == Fit::Letterbox);
            own_filter.set_property("caps", output_caps(want, &native));
        }
        gst::PadProbeReturn::Ok
    });
    let weak = pipeline.downgrade();
    decode.connect_pad_added(move |_, new| {
        let Some(pipeline) = weak.upgrade() else {
            return;
        };
        if !head.is_linked() && new.link(&head).is_err() {
            gst::element_error!(pipeline, gst::StreamError::WrongType, ("not a picture"));
        }
    });

    let shared = Arc::clone(shared);
    sink.set_callbacks(
        gst_app::AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                if let (Some(caps), Some(buffer)) = (sample.caps(), sample.buffer_owned())
                    && let Ok(info) = gst_video::VideoInfo::from_caps(caps)
                {
                    shared.frames.set_still(VideoFrame {
                        buffer,
                        info,
                        running_time: gst::ClockTime::ZERO,
                    });
                    shared.note_data();
                }
                Err(gst::FlowError::Eos)
            })
            .build(),
    );
    Ok(())
}
