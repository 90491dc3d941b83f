//! Owns what both directions of WebRTC need of webrtcbin: one that is ready to be told things, and its answers.

use std::time::Duration;

use gst_webrtc::{
    WebRTCPeerConnectionState as Connection, WebRTCSDPType, WebRTCSessionDescription,
};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_sdp as gst_sdp;
use gstreamer_webrtc as gst_webrtc;
use tokio::sync::{oneshot, watch};

use crate::connection::Running;
use crate::error::MediaError;

/// Time for webrtcbin to do what it is told; it needs milliseconds.
const PROMISE_TIMEOUT: Duration = Duration::from_secs(5);

/// A webrtcbin that carries everything over one way, and the state of its connection.
pub(crate) fn make() -> Result<(gst::Element, watch::Receiver<Connection>), MediaError> {
    // Without libnice's own plugin webrtcbin starts, and then finds no way for anything.
    if gst::ElementFactory::find("nicesink").is_none() {
        return Err(MediaError::MissingElement("nicesink".to_owned()));
    }
    let peer = gst::ElementFactory::make("webrtcbin")
        .build()
        .map_err(|_| MediaError::MissingElement("webrtcbin".to_owned()))?;
    peer.set_property_from_str("bundle-policy", "max-bundle");
    say_when_captured(&peer);
    let (tell, state) = watch::channel(Connection::New);
    peer.connect_notify(Some("connection-state"), move |peer, _| {
        tell.send_replace(peer.property::<Connection>("connection-state"));
    });
    Ok((peer, state))
}

/// Has the sender's reports tell which moment of the picture and of the sound belong together (RFC 3550, 6.4.1). The
/// time of sending, which they tell otherwise, needs the latency of the way, and webrtcbin 1.22 never learns it: its
/// reports then speak of times that run twice as fast, and no receiver can use them.
pub(crate) fn say_when_captured(peer: &gst::Element) {
    if let Some(rtp) = rtp(peer) {
        rtp.set_property("rtcp-sync-send-time", false);
    }
}

/// The part that packs and reports.
pub(crate) fn rtp(peer: &gst::Element) -> Option<gst::Element> {
    peer.dynamic_cast_ref::<gst::Bin>()?.by_name("rtpbin")
}

/// A description; `None` when the text is none.
pub(crate) fn parse(sdp: &str) -> Option<gst_sdp::SDPMessage> {
    gst_sdp::SDPMessage::parse_buffer(sdp.as_bytes()).ok()
}

/// Waits for a state; `None` when the peer is gone.
pub(crate) async fn reached(
    state: &mut watch::Receiver<Connection>,
    is_wanted: impl FnMut(&Connection) -> bool,
) -> Option<Connection> {
    state.wait_for(is_wanted).await.ok().map(|state| *state)
}

/// What it makes when told to create an `offer` or an `answer`.
pub(crate) async fn create<E>(
    running: &mut Running<E>,
    peer: &gst::Element,
    what: &str,
) -> Result<gst_sdp::SDPMessage, E>
where
    E: Clone + From<MediaError> + Send + Sync + 'static,
{
    let (promise, reply) = promise();
    let signal = format!("create-{what}");
    peer.emit_by_name::<()>(&signal, &[&None::<gst::Structure>, &promise]);
    let made = answered(running, reply)
        .await?
        .and_then(|reply| reply.get::<WebRTCSessionDescription>(what).ok())
        .ok_or_else(|| MediaError::Build(format!("no {what}")))?;
    Ok(made.sdp().to_owned())
}

/// Whether it takes a description, told by `signal`.
pub(crate) async fn takes<E>(
    running: &mut Running<E>,
    peer: &gst::Element,
    signal: &str,
    kind: WebRTCSDPType,
    sdp: gst_sdp::SDPMessage,
) -> Result<bool, E>
where
    E: Clone + From<MediaError> + Send + Sync + 'static,
{
    let description = WebRTCSessionDescription::new(kind, sdp);
    let (promise, reply) = promise();
    peer.emit_by_name::<()>(signal, &[&description, &promise]);
    let reply = answered(running, reply).await?;
    Ok(reply.is_none_or(|reply| !reply.has_field("error")))
}

/// What a promise of a pipeline that runs was answered.
async fn answered<E>(
    running: &mut Running<E>,
    reply: oneshot::Receiver<Option<gst::Structure>>,
) -> Result<Option<gst::Structure>, E>
where
    E: Clone + From<MediaError> + Send + Sync + 'static,
{
    tokio::select! {
        reply = tokio::time::timeout(PROMISE_TIMEOUT, reply) => match reply {
            Ok(Ok(reply)) => Ok(reply),
            _ => Err(MediaError::Build("webrtcbin gave no answer".to_owned()).into()),
        },
        failure = running.failing() => Err(failure),
    }
}

/// A promise, and what it was answered.
fn promise() -> (gst::Promise, oneshot::Receiver<Option<gst::Structure>>) {
    let (answer, answered) = oneshot::channel();
    let promise = gst::Promise::with_change_func(move |reply| {
        let reply = reply.ok().flatten().map(ToOwned::to_owned);
        let _ = answer.send(reply);
    });
    (promise, answered)
}
