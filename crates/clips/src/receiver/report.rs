//! What the receiver says: the state of the stream as a viewer would find it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::Serialize;

/// Called once a second, and at once when the state changes, from a thread of the receiver's:
/// it must not block.
pub type ReportSink = Arc<dyn Fn(ReceiverReport) + Send + Sync>;

/// Tells when the picture with a given stream timestamp was taken, so that the receiver can say
/// how late it arrived. `None` when that is not known.
pub type SourceClock = Arc<dyn Fn(Duration) -> Option<SystemTime> + Send + Sync>;

/// Whether a stream is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiverState {
    /// Nobody has published yet.
    Waiting,
    /// Pictures are coming in.
    Receiving,
    /// The publisher left, or has sent nothing for two seconds.
    Lost,
}

/// What viewers would get, measured at the receiving end.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReceiverReport {
    /// Whether a stream is there.
    pub state: ReceiverState,
    /// Publishers so far, the present one included.
    pub connections: u32,
    /// Since the present publisher's stream opened; zero without one.
    pub receiving_for: Duration,
    /// The pictures; `None` without any so far. Kept, with its rates at zero, when the publisher
    /// is lost.
    pub video: Option<VideoReport>,
    /// The sound; `None` without any so far.
    pub audio: Option<AudioReport>,
    /// Stops in the present publisher's stream.
    pub freezes: Freezes,
    /// From the taking of a picture to its arrival here, decoded; mean of the last second. `None`
    /// without a [`SourceClock`].
    pub delay_ms: Option<i64>,
    /// How much later sound arrives than the picture with the same timestamp (negative: earlier);
    /// mean of the last seconds. A player has to buffer that much.
    pub a_v_offset_ms: Option<i64>,
    /// Packets that could not be decoded, or only with damage.
    pub broken_packets: u64,
}

/// The received pictures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VideoReport {
    /// FFmpeg's name of the codec, for example `h264`.
    pub codec: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Decoded pictures per second over the last three seconds.
    pub fps: f64,
    /// In kbit/s over the last four seconds.
    pub kbps: u32,
    /// Longest of the last five times between two keyframes; `None` before the second keyframe.
    pub keyframe_interval: Option<Duration>,
    /// Pictures decoded since the publisher's stream opened.
    pub frames: u64,
    /// How long the picture has not changed. A slate or a still card stands still legitimately.
    pub still_for: Duration,
}

/// The received sound.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AudioReport {
    /// FFmpeg's name of the codec, for example `aac`.
    pub codec: String,
    /// In Hz.
    pub sample_rate: u32,
    /// Number of channels.
    pub channels: u16,
    /// In kbit/s over the last four seconds.
    pub kbps: u32,
    /// Loudest sample of the last second in dB below full scale; [`AudioReport::SILENCE_DBFS`] at
    /// the least.
    pub peak_dbfs: f32,
}

impl AudioReport {
    /// What digital silence is reported as: 16-bit sound has nothing below -96 dB.
    pub const SILENCE_DBFS: f32 = -100.0;
}

/// Times over half a second without a new picture, whether a gap in its timestamps, in its
/// arrival, or the same picture again and again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Freezes {
    /// How many; one that still lasts is counted.
    pub count: u32,
    /// The longest of them.
    pub longest: Duration,
}
