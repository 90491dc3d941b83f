//! Owns the ways out that GStreamer carries: SRT and WebRTC, one pipeline a connection. Packets go in, nobody waits.
//!
//! What is sent is what the program's encoder made; nothing here reaches back to it. A receiver that asks for a keyframe
//! (PLI, FIR) gets the next one on the schedule: its request ends at the pipeline's own source.

mod chains;
mod intake;
mod loss;
mod pulse;
mod reports;
mod sdp;
mod srt;
mod srt_words;
mod webrtc;

use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;

use crate::error::MediaError;

pub use crate::connection::wait_until_ended;
pub use loss::LossView;
pub use srt::{SrtCaller, SrtSender, SrtSpec};
pub use webrtc::{IceHelper, WebRtcSender};

/// Why something is not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EgressError {
    /// GStreamer's part failed.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// Nobody answered.
    #[error("no answer")]
    Unreachable,
    /// Another program has the port.
    #[error("the port is in use")]
    PortInUse,
    /// The passphrases differ.
    #[error("wrong passphrase")]
    WrongPassphrase,
    /// The other side refused with this code (SRT's reject reasons; from 1000 on they are the server's own).
    #[error("rejected with {0}")]
    Rejected(u32),
    /// The other side went away.
    #[error("the other side left")]
    PeerLeft,
    /// The answer cannot be read.
    #[error("the answer cannot be used")]
    BadAnswer,
    /// The other side does not take the picture's or the sound's format.
    #[error("the format was refused")]
    FormatRefused,
    /// No way for the media was found, or it was lost.
    #[error("no way for the media")]
    NoMediaPath,
}

impl From<gst::glib::BoolError> for EgressError {
    fn from(error: gst::glib::BoolError) -> Self {
        Self::Media(error.into())
    }
}

/// How a connection fares.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct EgressFigures {
    /// Bytes that left, protocol included.
    pub sent_bytes: u64,
    /// Bytes that were put in and have not left.
    pub queued_bytes: u64,
    /// How long a sign of the receiver that was due is missing.
    pub silent_for: Option<Duration>,
    /// Whether more should be put in now.
    pub wants_more: bool,
    /// What the link lets through; `None` while the receiver has said nothing.
    pub loss: Option<LossView>,
}

fn make(factory: &str) -> Result<gst::Element, EgressError> {
    gst::ElementFactory::make(factory)
        .build()
        .map_err(|_| MediaError::MissingElement(factory.to_owned()).into())
}

fn capsfilter(caps: &gst::Caps) -> Result<gst::Element, EgressError> {
    let filter = make("capsfilter")?;
    filter.set_property("caps", caps);
    Ok(filter)
}

/// Starts GStreamer; costs nothing when it has been.
fn init() -> Result<(), EgressError> {
    gst::init().map_err(|error| MediaError::Init(error.to_string()).into())
}
