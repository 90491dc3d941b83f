//! The ways out that GStreamer carries, each against a real peer that decodes: FFmpeg and GStreamer for SRT, another
//! webrtcbin for WebRTC.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod clip;
mod peers;
mod srt;
mod webrtc;
