//! Owns the way from packets to what webrtcbin sends: H.264 as it is, the sound from AAC to Opus.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gst_webrtc::WebRTCRTPTransceiverDirection as Direction;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_webrtc as gst_webrtc;

use super::intake::Intake;
use super::sdp::{AUDIO_PAYLOAD, VIDEO_PAYLOAD};
use super::{EgressError, capsfilter, make};
use crate::error::MediaError;

/// Bytes of a packet's payload that pass every tunnel: 1280 (IPv6's least) without UDP, SRTP and their heads.
const PAYLOAD_BYTES: u32 = 1200;
/// Opus at this rate is taken for transparent with speech and music.
const OPUS_BITRATE: i32 = 128_000;
/// AAC decoders, best first.
const AAC_DECODERS: [&str; 4] = ["avdec_aac", "fdkaacdec", "faad", "atdec"];

pub(super) fn video_chain(intake: &Intake) -> Result<Vec<gst::Element>, EgressError> {
    let parse = make("h264parse")?;
    let caps = capsfilter(
        &gst::Caps::builder("video/x-h264")
            .field("stream-format", "byte-stream")
            .field("alignment", "au")
            .build(),
    )?;
    let pay = make("rtph264pay")?;
    pay.set_property("pt", u32::try_from(VIDEO_PAYLOAD).unwrap_or(96));
    pay.set_property("mtu", PAYLOAD_BYTES);
    // Parameter sets with every keyframe: a receiver begins at any of them.
    pay.set_property("config-interval", -1_i32);
    pay.set_property_from_str("aggregate-mode", "zero-latency");
    Ok(vec![intake.video.clone().upcast(), parse, caps, pay])
}

pub(super) fn audio_chain(intake: &Intake) -> Result<Vec<gst::Element>, EgressError> {
    let decoder = AAC_DECODERS
        .iter()
        .find(|name| gst::ElementFactory::find(name).is_some())
        .ok_or(MediaError::NoElementFor("AAC decoding"))?;
    let raw = capsfilter(
        &gst::Caps::builder("audio/x-raw")
            .field("rate", 48_000_i32)
            .field("channels", 2_i32)
            .build(),
    )?;
    let encoder = make("opusenc")?;
    encoder.set_property("bitrate", OPUS_BITRATE);
    encoder.set_property("inband-fec", true);
    let pay = make("rtpopuspay")?;
    pay.set_property("pt", u32::try_from(AUDIO_PAYLOAD).unwrap_or(97));
    Ok(vec![
        intake.audio.clone().upcast(),
        make("aacparse")?,
        make(decoder)?,
        make("audioconvert")?,
        make("audioresample")?,
        raw,
        encoder,
        pay,
    ])
}

/// Puts a chain that ends in a payloader before the peer, to be sent only.
pub(super) fn add(
    pipeline: &gst::Pipeline,
    chain: &[gst::Element],
    peer: &gst::Element,
    format: &gst::Caps,
    sent_bytes: &Arc<AtomicU64>,
) -> Result<(), EgressError> {
    pipeline.add_many(chain)?;
    gst::Element::link_many(chain)?;
    let built = |what: &str| EgressError::from(MediaError::Build(what.to_owned()));
    let pay = chain.last().ok_or_else(|| built("an empty chain"))?;
    let from = pay
        .static_pad("src")
        .ok_or_else(|| built("a payloader without src"))?;
    let to = peer
        .request_pad_simple("sink_%u")
        .ok_or_else(|| built("webrtcbin gives no pad"))?;
    from.link(&to).map_err(|error| built(&error.to_string()))?;
    let transceiver = to.property::<gst_webrtc::WebRTCRTPTransceiver>("transceiver");
    transceiver.set_property("direction", Direction::Sendonly);
    transceiver.set_property("codec-preferences", format);
    // Lost packets are sent again when the receiver asks for them.
    transceiver.set_property("do-nack", true);
    let sent = Arc::clone(sent_bytes);
    from.add_probe(
        gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST,
        move |_, info| {
            let bytes = match &info.data {
                Some(gst::PadProbeData::Buffer(buffer)) => buffer.size(),
                Some(gst::PadProbeData::BufferList(list)) => {
                    list.iter().map(gst::BufferRef::size).sum()
                }
                _ => 0,
            };
            sent.fetch_add(bytes as u64, Ordering::Relaxed);
            gst::PadProbeReturn::Ok
        },
    );
    Ok(())
}
