//! Where the show is sent, as a value; the key lives in the keychain, never here.

use serde::{Deserialize, Serialize};

use crate::{Canvas, DestinationId};

/// One place the show is sent to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Destination {
    /// Id, unique in the show; also the name of its key in the keychain.
    pub id: DestinationId,
    /// Platform preset id, for example `bilibili`, `custom`.
    pub platform: String,
    /// Name a person gave it.
    pub name: String,
    /// Address without the key: `rtmp://`, `rtmps://`, `srt://` or, for WHIP, `https://`.
    pub url: String,
    /// Whether the show goes there.
    pub enabled: bool,
    /// Who keeps its bitrate when the uplink is short; absent in shows of earlier versions.
    #[serde(default)]
    pub priority: Priority,
    /// Which canvas it is sent; landscape in shows of earlier versions.
    #[serde(default)]
    pub canvas: Canvas,
    /// What it is sent where this machine, the platform and its server can; H.264 where one cannot, and in shows of
    /// earlier versions.
    #[serde(default)]
    pub codec: VideoCodec,
}

/// How pictures are encoded.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum VideoCodec {
    /// H.264, which everybody takes.
    #[default]
    H264,
    /// HEVC (H.265), over Enhanced RTMP.
    Hevc,
    /// AV1, over Enhanced RTMP.
    Av1,
}

/// Who keeps its bitrate when the uplink is short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Where the selling happens: the last to lose.
    Protected,
    /// Makes room for the protected ones.
    #[default]
    Normal,
}
