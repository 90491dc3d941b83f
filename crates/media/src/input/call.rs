//! Owns phones that call us over WebRTC: answers what one offers, and takes the stream that comes apart. How offer and
//! answer travel is its caller's.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gst_webrtc::{
    WebRTCICEGatheringState as Gathering, WebRTCKind, WebRTCPeerConnectionState as Connection,
    WebRTCRTPTransceiverDirection as Direction, WebRTCSDPType, WebRTCSessionDescription,
};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_sdp as gst_sdp;
use gstreamer_webrtc as gst_webrtc;
use tokio::sync::{oneshot, watch};

use super::feed::{Feed, Kind};
use super::sinks::make;
use super::taken;
use crate::connection::Running;
use crate::error::{MediaError, Result};
use crate::peer::{self, reached};

/// Time in which lost packets are asked for again. The feed's own delay comes on top.
const JITTER_MS: u32 = 80;
/// Only this machine's own addresses are looked for, which takes milliseconds; what is known by then is answered.
const GATHER_TIMEOUT: Duration = Duration::from_secs(2);
/// Time from the answer to a way for the media; a phone in the same network needs less than one.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// A caller that sends nothing for this long has gone: a phone that is switched off says nothing, and nothing else tells.
const SILENCE: Duration = Duration::from_secs(10);
/// How often it is looked after.
const LOOK: Duration = Duration::from_secs(1);

/// When something came last.
type Heard = Arc<Mutex<Instant>>;

/// Why a call is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// What was offered cannot be read.
    #[error("the offer cannot be read")]
    BadOffer,
    /// It offers no picture in a format that is taken (H.264, VP8).
    #[error("no format that is taken")]
    NoCommonFormat,
    /// GStreamer's part failed.
    #[error(transparent)]
    Media(#[from] MediaError),
}

impl From<gst::glib::BoolError> for CallError {
    fn from(error: gst::glib::BoolError) -> Self {
        Self::Media(error.into())
    }
}

/// A phone's call. Dropping it hangs up.
#[derive(Debug)]
pub struct Call {
    running: Running<CallError>,
    state: watch::Receiver<Connection>,
    heard: Heard,
}

impl Call {
    /// Takes a call: what comes goes to `feed` from now on. Gives the answer, with all our addresses in it.
    ///
    /// # Errors
    /// The offer is of no use, or GStreamer's part failed.
    pub async fn answer(
        offer: &str,
        feed: &Feed,
    ) -> std::result::Result<(Self, String), CallError> {
        gst::init().map_err(|error| MediaError::Init(error.to_string()))?;
        let offer = peer::parse(offer).ok_or(CallError::BadOffer)?;
        let picture = picture_format(&offer).ok_or(CallError::NoCommonFormat)?;
        let (bin, state) = peer::make()?;
        bin.set_property("latency", JITTER_MS);
        bin.connect("on-new-transceiver", false, move |values| {
            if let Some(transceiver) = values
                .get(1)
                .and_then(|value| value.get::<gst_webrtc::WebRTCRTPTransceiver>().ok())
            {
                accept(&transceiver, picture);
            }
            None
        });
        let pipeline = gst::Pipeline::new();
        pipeline.add(&bin)?;
        let (weak, feed) = (pipeline.downgrade(), feed.clone());
        let heard: Heard = Arc::new(Mutex::new(Instant::now()));
        let own = Arc::clone(&heard);
        let has_begun = AtomicBool::new(false);
        bin.connect_pad_added(move |_, new| {
            let is_medium = new.direction() == gst::PadDirection::Src;
            let Some(pipeline) = weak.upgrade().filter(|_| is_medium) else {
                return;
            };
            // Not before: a call that this one takes the place of may still bring something.
            if !has_begun.swap(true, Ordering::Relaxed) {
                feed.begin();
            }
            if let Err(error) = take(&pipeline, new, &feed, &own) {
                gst::element_error!(pipeline, gst::CoreError::Pad, ("{error}"));
            }
        });
        let gathered = gathered(&bin);
        let running = Running::start(pipeline, |error| MediaError::from_message(error).into())?;
        let mut call = Self {
            running,
            state,
            heard,
        };
        let answer = call.negotiate(&bin, offer, gathered).await?;
        Ok((call, answer))
    }

    /// Waits until nobody is there any more, or nobody came. Safe to cancel.
    pub async fn ended(&mut self) {
        let mut state = self.state.clone();
        let connected = reached(&mut state, |state| {
            *state != Connection::New && *state != Connection::Connecting
        });
        tokio::select! {
            found = tokio::time::timeout(CONNECT_TIMEOUT, connected) => {
                if !matches!(found, Ok(Some(Connection::Connected))) {
                    return;
                }
                // It may speak from now on.
                *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
            }
            error = self.running.failing() => return tracing::info!(%error, "a call failed"),
        }
        let mut state = self.state.clone();
        let gone = reached(&mut state, |state| {
            matches!(state, Connection::Failed | Connection::Closed)
        });
        let heard = &self.heard;
        let silent = async {
            loop {
                tokio::time::sleep(LOOK).await;
                let last = *heard.lock().unwrap_or_else(PoisonError::into_inner);
                if last.elapsed() >= SILENCE {
                    return;
                }
            }
        };
        tokio::select! {
            _ = gone => {}
            () = silent => tracing::info!("a caller has gone silent"),
            error = self.running.failing() => tracing::info!(%error, "a call failed"),
        }
    }

    /// Hangs up, and waits for it.
    pub async fn end(self) {
        self.running.stop().await;
    }

    async fn negotiate(
        &mut self,
        bin: &gst::Element,
        offer: gst_sdp::SDPMessage,
        gathered: oneshot::Receiver<()>,
    ) -> std::result::Result<String, CallError> {
        self.tell(bin, "set-remote-description", WebRTCSDPType::Offer, offer)
            .await?;
        let answer = peer::create(&mut self.running, bin, "answer").await?;
        self.tell(bin, "set-local-description", WebRTCSDPType::Answer, answer)
            .await?;
        if tokio::time::timeout(GATHER_TIMEOUT, gathered)
            .await
            .is_err()
        {
            tracing::warn!("a call is answered before all addresses are known");
        }
        let local = bin.property::<Option<WebRTCSessionDescription>>("local-description");
        let local =
            local.ok_or_else(|| MediaError::Build("no description of our own".to_owned()))?;
        Ok(local.sdp().as_text()?)
    }

    async fn tell(
        &mut self,
        bin: &gst::Element,
        signal: &str,
        kind: WebRTCSDPType,
        sdp: gst_sdp::SDPMessage,
    ) -> std::result::Result<(), CallError> {
        if peer::takes(&mut self.running, bin, signal, kind, sdp).await? {
            Ok(())
        } else {
            Err(CallError::BadOffer)
        }
    }
}

/// Told when all of this machine's addresses are known.
fn gathered(bin: &gst::Element) -> oneshot::Receiver<()> {
    let (tell, told) = oneshot::channel();
    let tell = Arc::new(Mutex::new(Some(tell)));
    bin.connect_notify(Some("ice-gathering-state"), move |bin, _| {
        if bin.property::<Gathering>("ice-gathering-state") == Gathering::Complete
            && let Ok(mut tell) = tell.lock()
            && let Some(tell) = tell.take()
        {
            let _ = tell.send(());
        }
    });
    told
}

/// Says what is taken of one medium: one format, with packets asked for again.
fn accept(transceiver: &gst_webrtc::WebRTCRTPTransceiver, picture: &'static str) {
    let caps = gst::Caps::builder("application/x-rtp");
    let caps = match transceiver.property::<WebRTCKind>("kind") {
        WebRTCKind::Video => {
            let caps = caps.field("media", "video").field("encoding-name", picture);
            // Single packets only (mode 0) are for telephones of old; every sender offers both.
            if picture == "H264" {
                caps.field("packetization-mode", "1")
            } else {
                caps
            }
        }
        _ => caps.field("media", "audio").field("encoding-name", "OPUS"),
    };
    transceiver.set_property("codec-preferences", caps.build());
    transceiver.set_property("direction", Direction::Recvonly);
    transceiver.set_property("do-nack", true);
}

/// The format that is taken of the offered pictures: H.264 (phones encode it in hardware), else VP8, which every
/// browser has to be able to send (RFC 7742, 5).
fn picture_format(offer: &gst_sdp::SDPMessageRef) -> Option<&'static str> {
    let video = offer
        .medias()
        .find(|media| media.media() == Some("video") && media.port() != 0)?;
    let maps: Vec<&str> = video
        .attributes()
        .filter(|attribute| attribute.key() == "rtpmap")
        .filter_map(gst_sdp::SDPAttribute::value)
        .collect();
    let has = |name: &str| {
        maps.iter().any(|map| {
            map.split_whitespace()
                .nth(1)
                .and_then(|format| format.split('/').next())
                .is_some_and(|format| format.eq_ignore_ascii_case(name))
        })
    };
    ["H264", "VP8"].into_iter().find(|name| has(name))
}

/// Takes one medium.
fn take(pipeline: &gst::Pipeline, new: &gst::Pad, feed: &Feed, heard: &Heard) -> Result<()> {
    let heard = Arc::clone(heard);
    new.add_probe(taken::ANY_BUFFER, move |_, _| {
        *heard.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        gst::PadProbeReturn::Ok
    });
    let caps = new.current_caps().unwrap_or_else(|| new.query_caps(None));
    let format = caps
        .structure(0)
        .and_then(|caps| caps.get::<String>("encoding-name").ok());
    let (kind, unpack, parse, wanted) = match format.as_deref() {
        Some("H264") => (
            Kind::Picture,
            "rtph264depay",
            Some("h264parse"),
            gst::Caps::builder("video/x-h264")
                .field("stream-format", "avc")
                .field("alignment", "au"),
        ),
        Some("VP8") => (
            Kind::Picture,
            "rtpvp8depay",
            None,
            gst::Caps::builder("video/x-vp8"),
        ),
        Some("OPUS") => (
            Kind::Sound,
            "rtpopusdepay",
            None,
            gst::Caps::builder("audio/x-opus"),
        ),
        _ => return Err(MediaError::NoElementFor("this format")),
    };
    let unpack = make(unpack)?;
    if kind == Kind::Picture {
        // A hole in the stream ends with a keyframe, and one is asked for at once.
        unpack.set_property("wait-for-keyframe", true);
        unpack.set_property("request-keyframe", true);
        taken::ask_again(new, &unpack)?;
    }
    let mut chain = vec![unpack];
    if let Some(parse) = parse {
        chain.push(make(parse)?);
    }
    chain.push(taken::sink(kind, &wanted.build(), feed));
    pipeline.add_many(&chain)?;
    gst::Element::link_many(&chain)?;
    for element in chain.iter().rev() {
        element.sync_state_with_parent()?;
    }
    taken::join(new, &chain[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(video: &str) -> gst_sdp::SDPMessage {
        gst::init().unwrap();
        peer::parse(&format!(
            "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n{video}"
        ))
        .unwrap()
    }

    #[test]
    fn h264_is_taken_before_vp8_and_anything_else_is_not() {
        let both = "m=video 9 UDP/TLS/RTP/SAVPF 96 97 98\r\na=rtpmap:96 VP8/90000\r\n\
                    a=rtpmap:97 rtx/90000\r\na=rtpmap:98 h264/90000\r\n";
        assert_eq!(picture_format(&offer(both)), Some("H264"));
        let vp8 = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n";
        assert_eq!(picture_format(&offer(vp8)), Some("VP8"));
        let vp9 = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP9/90000\r\n";
        assert_eq!(picture_format(&offer(vp9)), None);
        let sound = "m=audio 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 opus/48000/2\r\n";
        assert_eq!(picture_format(&offer(sound)), None);
    }
}
