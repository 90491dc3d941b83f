//! Owns sound: the mixer that joins all inputs, its meters and the AAC encoder.
//!
//! The mixer is one pipeline that runs for ever on a bed of silence, and is replaced in its place
//! should it break. Inputs come and go as appsrc
//! branches; what is done to their sound happens in Rust on the way in ([`AudioTap`]), which costs
//! a pass over the samples and needs no elements.

mod codec;
mod delay;
mod denoise;
mod duck;
mod faders;
mod isolate;
mod keeper;
mod limiter;
mod loudness;
mod master;
mod meter;
mod mix;
mod mixer;
mod outlet;
mod strip;
mod tap;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use bytes::Bytes;
use gstreamer as gst;
use serde::{Deserialize, Serialize};

pub use duck::DUCK_RANGE_DB;
pub use faders::{DELAY_MOST, GAIN_RANGE_DB};
pub use loudness::Loudness;
pub use mixer::{AudioMixer, MixNews};
pub use strip::{NoiseSuppression, SoundRole};
pub use tap::AudioTap;

/// Sample rate of the mix, in Hz.
pub const SAMPLE_RATE: u32 = 48_000;
/// Channels of the mix.
pub const CHANNELS: usize = 2;
/// Bit rate of the AAC stream, in bit/s.
pub const AAC_BITRATE: u32 = 128_000;
/// Samples in an AAC frame, and in a block of the mixer: 21.3 ms.
pub const FRAME_SAMPLES: u64 = 1024;

/// What flows between inputs and the mixer: 48 kHz stereo, interleaved 32-bit float.
pub(crate) static AUDIO_CAPS: LazyLock<gst::Caps> = LazyLock::new(|| {
    gst::Caps::builder("audio/x-raw")
        .field("format", "F32LE")
        .field("layout", "interleaved")
        .field("rate", 48_000i32)
        .field("channels", 2i32)
        .field("channel-mask", gst::Bitmask::new(0x3))
        .build()
});

/// One AAC frame of the mix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedAudio {
    /// Running time of its first sample, on the shared timeline.
    pub pts: gst::ClockTime,
    /// 1024 samples at 48 kHz.
    pub duration: gst::ClockTime,
    /// A raw AAC-LC frame, without ADTS header.
    pub data: Bytes,
}

/// Loudness over the last 100 ms, left and right, in dBFS; silence is [`SILENCE_DB`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// Highest sample.
    pub peak_db: [f32; 2],
    /// Root of the mean square.
    pub rms_db: [f32; 2],
}

/// The lowest level that is reported, in dBFS.
pub const SILENCE_DB: f32 = -100.0;

impl Level {
    /// Nothing to hear.
    pub const SILENT: Self = Self {
        peak_db: [SILENCE_DB; 2],
        rms_db: [SILENCE_DB; 2],
    };
}

/// All levels at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Meters {
    /// Per input, by name, after its gain and mute.
    pub inputs: Vec<(String, Level)>,
    /// The mix.
    pub master: Level,
    /// The mix as EBU R128 measures it.
    pub loudness: Loudness,
    /// By how many dB music is lowered under speech now; 0 = not at all.
    pub ducked_db: f32,
    /// By how many dB the limiter lowers the mix now; 0 = not at all.
    pub limited_db: f32,
}
