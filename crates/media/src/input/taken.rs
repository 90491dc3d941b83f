//! Owns the end of a receiver's pipeline: encoded packets on their way into a feed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

use super::feed::{Feed, Kind, Times, Wants};
use super::sinks::pad;
use crate::error::{MediaError, Result};

/// A sender that is asked for a keyframe answers after a round trip and an encoder's turn.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// Packets, alone or many at once.
pub(super) const ANY_BUFFER: gst::PadProbeType =
    gst::PadProbeType::BUFFER.union(gst::PadProbeType::BUFFER_LIST);

/// A sink that hands everything of these caps to `feed`. While the feed waits for a keyframe the sender is asked for one,
/// where its way in can ask.
pub(super) fn sink(kind: Kind, caps: &gst::Caps, feed: &Feed) -> gst::Element {
    let sink = gst_app::AppSink::builder()
        .caps(caps)
        .sync(false)
        .async_(false)
        .max_buffers(4)
        .enable_last_sample(false)
        .build();
    let feed = feed.clone();
    let mut known: Option<gst::Caps> = None;
    let mut asked: Option<Instant> = None;
    sink.set_callbacks(
        gst_app::AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                let (Some(caps), Some(buffer)) = (sample.caps_owned(), sample.buffer_owned())
                else {
                    return Ok(gst::FlowSuccess::Ok);
                };
                if known.as_ref() != Some(&caps) {
                    feed.set_caps(kind, caps.clone());
                    known = Some(caps);
                }
                let ms = |time: gst::ClockTime| i64::try_from(time.mseconds()).unwrap_or(0);
                let Some(pts_ms) = buffer.pts().map(ms) else {
                    return Ok(gst::FlowSuccess::Ok);
                };
                let times = Times {
                    dts_ms: buffer.dts().map_or(pts_ms, ms),
                    pts_ms,
                };
                let keyframe = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
                let wants = feed.push_at(kind, times, keyframe, buffer);
                if wants == Wants::Keyframe && asked.is_none_or(|at| at.elapsed() >= ASK_AGAIN) {
                    asked = Some(Instant::now());
                    ask_for_keyframe(sink);
                }
                Ok(gst::FlowSuccess::Ok)
            })
            .build(),
    );
    sink.upcast()
}

/// Whoever cannot ask lets the event fall.
fn ask_for_keyframe(sink: &gst_app::AppSink) {
    if let Some(pad) = sink.static_pad("sink") {
        pad.push_event(keyframe_wanted());
    }
}

fn keyframe_wanted() -> gst::Event {
    gst_video::UpstreamForceKeyUnitEvent::builder()
        .all_headers(true)
        .build()
}

/// An unpacker that waits for a keyframe has asked for it once, and what is asked over a network may be lost: as long
/// as packets go in at `from` and nothing comes out of it, it is asked for again.
pub(super) fn ask_again(from: &gst::Pad, unpack: &gst::Element) -> Result<()> {
    let silent_since: Arc<Mutex<Option<Instant>>> = Arc::default();
    let own = Arc::clone(&silent_since);
    pad(unpack, "src")?.add_probe(ANY_BUFFER, move |_, _| {
        *own.lock().unwrap_or_else(PoisonError::into_inner) = None;
        gst::PadProbeReturn::Ok
    });
    from.add_probe(ANY_BUFFER, move |from, _| {
        let mut since = silent_since.lock().unwrap_or_else(PoisonError::into_inner);
        let ask = since.get_or_insert_with(Instant::now).elapsed() >= ASK_AGAIN;
        if ask {
            *since = Some(Instant::now());
        }
        drop(since);
        if ask {
            from.send_event(keyframe_wanted());
        }
        gst::PadProbeReturn::Ok
    });
    Ok(())
}

/// Leads a new pad into an element.
pub(super) fn join(from: &gst::Pad, to: &gst::Element) -> Result<()> {
    from.link(&pad(to, "sink")?)
        .map_err(|error| MediaError::Build(error.to_string()))?;
    Ok(())
}
