//! Owns phones that call us over SRT: a listener that asks for a passphrase and a stream id, and
//! takes the stream that comes apart.

use std::fmt;
use std::sync::Arc;

use gstreamer as gst;
use gstreamer::prelude::*;
use serde::{Deserialize, Serialize};

use super::feed::{Feed, Kind};
use super::shared::Shared;
use super::sinks::make;
use super::taken;
use crate::audio::AudioTap;
use crate::error::{MediaError, Result};

/// Time in which SRT asks for lost packets again; four round trips of a slow Wi-Fi.
const RECEIVE_LATENCY_MS: i32 = 120;
/// The demultiplexer's own buffer on top of ours; below the jitter of a local network it does not help.
const DEMUX_LATENCY_MS: i32 = 50;

/// Where to listen for one caller, and what it has to know.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SrtListen {
    /// UDP port.
    pub port: u16,
    /// Stream id that the caller must name.
    pub stream_id: String,
    /// Passphrase of the encryption (AES-128), 10 to 79 characters; never written out.
    #[serde(skip)]
    pub passphrase: String,
}

impl fmt::Debug for SrtListen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SrtListen")
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// Adds the listener to `pipeline`; what comes goes to `feed`.
pub(super) fn build(
    pipeline: &gst::Pipeline,
    listen: &SrtListen,
    feed: &Feed,
    shared: &Arc<Shared>,
    tap: Option<&AudioTap>,
) -> Result<()> {
    if !(10..=79).contains(&listen.passphrase.len()) {
        return Err(MediaError::OutOfRange("passphrase"));
    }
    let source = make("srtsrc")?;
    source.set_property_from_str("mode", "listener");
    source.set_property("localport", u32::from(listen.port));
    source.set_property("passphrase", &listen.passphrase);
    source.set_property_from_str("pbkeylen", "16");
    source.set_property("latency", RECEIVE_LATENCY_MS);
    source.set_property("wait-for-connection", true);
    for property in ["keep-listening", "authentication"] {
        if source.find_property(property).is_some() {
            source.set_property(property, true);
        }
    }
    let wanted = listen.stream_id.clone();
    source.connect("caller-connecting", false, move |values| {
        // Element, address, stream id.
        let said = values
            .get(2)
            .and_then(|value| value.get::<Option<String>>().ok());
        let welcome = said.flatten().is_some_and(|said| said == wanted);
        if !welcome {
            tracing::info!("an SRT caller without the right stream id was turned away");
        }
        Some(welcome.to_value())
    });
    let demux = make("tsdemux")?;
    demux.set_property("latency", DEMUX_LATENCY_MS);
    pipeline.add_many([&source, &demux])?;
    source.link(&demux)?;
    let (feed, weak) = (feed.clone(), pipeline.downgrade());
    let (shared, hears) = (Arc::clone(shared), tap.is_some());
    demux.connect_pad_added(move |_, new| {
        let Some(pipeline) = weak.upgrade() else {
            return;
        };
        if let Err(error) = take(&pipeline, new, &feed, hears) {
            gst::element_error!(pipeline, gst::CoreError::Pad, ("{error}"));
        }
        shared.note_arrival();
    });
    Ok(())
}

/// Takes one elementary stream; one of another kind is left alone.
fn take(pipeline: &gst::Pipeline, new: &gst::Pad, feed: &Feed, hears: bool) -> Result<()> {
    let caps = new.current_caps().unwrap_or_else(|| new.query_caps(None));
    let name = caps.structure(0).map(|caps| caps.name().to_string());
    let (kind, parser, wanted) = match name.as_deref() {
        Some("video/x-h264") => (
            Kind::Picture,
            make("h264parse")?,
            gst::Caps::builder("video/x-h264")
                .field("stream-format", "avc")
                .field("alignment", "au"),
        ),
        Some("video/x-h265") => (
            Kind::Picture,
            make("h265parse")?,
            gst::Caps::builder("video/x-h265")
                .field("stream-format", "hvc1")
                .field("alignment", "au"),
        ),
        Some("audio/mpeg") if hears => (
            Kind::Sound,
            make("aacparse")?,
            gst::Caps::builder("audio/mpeg")
                .field("mpegversion", 4i32)
                .field("stream-format", "raw"),
        ),
        _ => {
            let sink = make("fakesink")?;
            sink.set_property("async", false);
            pipeline.add(&sink)?;
            sink.set_state(gst::State::Playing)?;
            return taken::join(new, &sink);
        }
    };
    let sink = taken::sink(kind, &wanted.build(), feed);
    pipeline.add_many([&parser, &sink])?;
    parser.link(&sink)?;
    sink.set_state(gst::State::Playing)?;
    parser.set_state(gst::State::Playing)?;
    taken::join(new, &parser)
}
