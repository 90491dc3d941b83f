//! What the doctor finds on this computer: a line for each thing that was looked at.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a line is about, in the order of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum DoctorPart {
    /// Operating system, processor, memory, GStreamer.
    System,
    /// Graphics chips.
    Graphics,
    /// Encoders, each made to encode a second of 1920x1080 at 30 frames/s.
    Encoders,
    /// Cameras, each opened.
    Cameras,
    /// Microphones, each opened.
    Microphones,
    /// Capture of the screen.
    Screen,
    /// GStreamer's plugins.
    Plugins,
    /// Ports that the studio listens on.
    Ports,
    /// The disk of the recordings.
    Disk,
    /// The system's keychain.
    Keychain,
    /// The system's clock.
    Clock,
    /// Ways out of this computer.
    Network,
}

impl DoctorPart {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 12] = [
        Self::System,
        Self::Graphics,
        Self::Encoders,
        Self::Cameras,
        Self::Microphones,
        Self::Screen,
        Self::Plugins,
        Self::Ports,
        Self::Disk,
        Self::Keychain,
        Self::Clock,
        Self::Network,
    ];
}

/// How a line is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum DoctorLevel {
    /// As it should be.
    Ok,
    /// Nobody looked, or it cannot be known here.
    Unchecked,
    /// A show works, with less.
    Warn,
    /// A show, or what was switched on for it, does not work.
    Fault,
}

/// What was seen. Each has one level, one sentence, and a next step where the level is warn or fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each has its sentence in the page's messages")]
pub enum DoctorCode {
    PartCrashed,
    PartHangs,
    PartFailed,
    SystemSeen,
    FewCores,
    LittleMemory,
    GpuSeen,
    GpuClosed,
    GpuNone,
    GpuUnknown,
    EncoderWorks,
    EncoderSlow,
    EncoderFails,
    EncoderHangs,
    EncoderCrashed,
    EncoderNone,
    EncodersAbsent,
    EncodersLight,
    GpuUnused,
    CameraWorks,
    CameraListed,
    CameraHeld,
    CameraFails,
    CameraHangs,
    CameraCrashed,
    CameraNone,
    MicrophoneWorks,
    MicrophoneSilent,
    MicrophoneListed,
    MicrophoneFails,
    MicrophoneHangs,
    MicrophoneCrashed,
    MicrophoneNone,
    ScreenWorks,
    ScreenAsks,
    ScreenListed,
    ScreenFails,
    ScreenPortalNone,
    ScreenNone,
    PluginsComplete,
    PluginMissing,
    PluginOptionalMissing,
    PortFree,
    PortOurs,
    PortTaken,
    PortBlocks,
    DiskFast,
    DiskSlow,
    DiskUnmeasured,
    DiskLow,
    DiskFull,
    DiskReadonly,
    KeychainWorks,
    KeychainNone,
    KeychainFails,
    KeychainLight,
    ClockSynced,
    ClockUnsynced,
    ClockUnknown,
    ClockWrong,
    ClockOffset,
    NetworkUp,
    NetworkNone,
    NetworkUnknown,
}

impl DoctorCode {
    /// Its level.
    pub fn level(self) -> DoctorLevel {
        use DoctorLevel::{Fault, Ok, Unchecked, Warn};
        match self {
            Self::SystemSeen
            | Self::GpuSeen
            | Self::EncoderWorks
            | Self::CameraWorks
            | Self::CameraHeld
            | Self::MicrophoneWorks
            | Self::ScreenWorks
            | Self::ScreenAsks
            | Self::PluginsComplete
            | Self::PortFree
            | Self::PortOurs
            | Self::DiskFast
            | Self::KeychainWorks
            | Self::ClockSynced
            | Self::NetworkUp => Ok,
            Self::GpuUnknown
            | Self::EncodersAbsent
            | Self::EncodersLight
            | Self::CameraListed
            | Self::MicrophoneListed
            | Self::ScreenListed
            | Self::DiskUnmeasured
            | Self::KeychainLight
            | Self::ClockUnknown
            | Self::ClockOffset
            | Self::NetworkUnknown => Unchecked,
            Self::PartCrashed
            | Self::PartHangs
            | Self::PartFailed
            | Self::FewCores
            | Self::LittleMemory
            | Self::GpuClosed
            | Self::GpuNone
            | Self::GpuUnused
            | Self::EncoderSlow
            | Self::EncoderFails
            | Self::EncoderHangs
            | Self::EncoderCrashed
            | Self::CameraFails
            | Self::CameraHangs
            | Self::CameraCrashed
            | Self::CameraNone
            | Self::MicrophoneSilent
            | Self::MicrophoneFails
            | Self::MicrophoneHangs
            | Self::MicrophoneCrashed
            | Self::MicrophoneNone
            | Self::ScreenFails
            | Self::ScreenPortalNone
            | Self::ScreenNone
            | Self::PluginOptionalMissing
            | Self::PortTaken
            | Self::DiskSlow
            | Self::DiskLow
            | Self::KeychainNone
            | Self::KeychainFails
            | Self::ClockUnsynced => Warn,
            Self::EncoderNone
            | Self::PluginMissing
            | Self::PortBlocks
            | Self::DiskFull
            | Self::DiskReadonly
            | Self::ClockWrong
            | Self::NetworkNone => Fault,
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DoctorLine {
    /// What it is about.
    pub part: DoctorPart,
    /// How it is meant.
    pub level: DoctorLevel,
    /// What was seen: `doctor_seen.CODE` is the sentence, `doctor_next.CODE` the next step.
    pub code: DoctorCode,
    /// Values of both sentences. One named `…_word` names a sentence itself: `doctor_word.VALUE`.
    pub params: BTreeMap<String, String>,
}

impl DoctorLine {
    /// A line with the level of its code.
    pub fn new(part: DoctorPart, code: DoctorCode) -> Self {
        Self {
            part,
            level: code.level(),
            code,
            params: BTreeMap::new(),
        }
    }

    /// With a value.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.params.insert(name.to_owned(), value.to_string());
        self
    }
}

/// Answer to [`crate::Request::Doctor`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DoctorView {
    /// Version of the program.
    pub version: String,
    /// The system, as Rust names it: `linux`, `windows`, `macos`.
    pub os: String,
    /// The processor, as Rust names it.
    pub arch: String,
    /// Whether what would disturb a show was left out, because one is on air.
    pub light: bool,
    /// When it began, ms since 1970 UTC.
    pub at: i64,
    /// How long it took, ms.
    pub took_ms: u32,
    /// What was found, in the order of [`DoctorPart::ALL`].
    pub lines: Vec<DoctorLine>,
}

impl DoctorView {
    /// Whether a line is a fault.
    pub fn has_faults(&self) -> bool {
        let mut levels = self.lines.iter().map(|line| line.level);
        levels.any(|level| level == DoctorLevel::Fault)
    }
}
