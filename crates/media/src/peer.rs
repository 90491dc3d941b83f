//! Owns what both directions of WebRTC need of webrtcbin: one that is ready to be told things, and its promises.

use std::time::Duration;

use gst_webrtc::WebRTCPeerConnectionState as Connection;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_sdp as gst_sdp;
use gstreamer_webrtc as gst_webrtc;
use tokio::sync::{oneshot, watch};

use crate::error::MediaError;

/// Time for webrtcbin to do what it is told; it needs milliseconds.
pub(crate) const PROMISE_TIMEOUT: Duration = Duration::from_secs(5);

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
    let (tell, state) = watch::channel(Connection::New);
    peer.connect_notify(Some("connection-state"), move |peer, _| {
        tell.send_replace(peer.property::<Connection>("connection-state"));
    });
    Ok((peer, state))
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

/// A promise, and what it was answered.
pub(crate) fn promise() -> (gst::Promise, oneshot::Receiver<Option<gst::Structure>>) {
    let (answer, answered) = oneshot::channel();
    let promise = gst::Promise::with_change_func(move |reply| {
        let reply = reply.ok().flatten().map(ToOwned::to_owned);
        let _ = answer.send(reply);
    });
    (promise, answered)
}
