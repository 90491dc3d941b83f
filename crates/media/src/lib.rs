//! The media engine: devices, inputs, audio mix, program, encoders, recorder and preview.
//!
//! Built on GStreamer. Takes and returns plain values only; it knows nothing of products or chat.

pub mod audio;
pub mod blend;
pub mod cameras;
pub mod clock;
mod connection;
pub mod devices;
pub mod diagnosis;
pub mod egress;
pub mod encoder;
pub mod error;
pub mod frame;
pub mod input;
mod peer;
pub mod platform;
pub mod preview;
pub mod program;
pub mod recorder;
pub mod virtual_camera;
