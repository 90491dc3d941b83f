//! Health: how every supervised thing is doing, as the engine tells it twice a second.

use serde::{Deserialize, Serialize};
use stallcast_show::{At, Canvas, DestinationId, SourceId, VideoCodec};
use ts_rs::TS;

/// State of a supervised thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum RunState {
    /// Being set up.
    Starting,
    /// Working.
    Live,
    /// Running but nothing comes through.
    Stalled,
    /// Failed, trying again.
    Retrying {
        /// Number of the try that comes next, from 1.
        attempt: u32,
        /// Milliseconds until then; of a destination 0 exactly while the try is under way.
        next_in_ms: u64,
    },
    /// Not running.
    Stopped,
}

/// Health of one input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct InputStatus {
    /// Source id.
    pub id: SourceId,
    /// State.
    pub run: RunState,
    /// Machine-readable reason of the state, empty when there is none.
    pub detail: String,
    /// What its source delivers; `None` before the first picture, and for sound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub picture: Option<PictureView>,
    /// Address of the phone that sends, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub from: Option<String>,
    /// Id of the camera in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub device: Option<String>,
}

/// What a source of pictures delivers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct PictureView {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Pictures a second over the last two seconds.
    pub fps: f64,
}

/// The program as a camera for other programs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct VirtualCameraView {
    /// State.
    pub run: RunState,
    /// The name other programs list it by.
    pub name: String,
    /// Why it does not run: `virtual_camera_unsupported` (not on this system), `virtual_camera_no_pipewire`,
    /// `virtual_camera_failed`; empty when it does or is not wanted.
    pub detail: String,
}

/// The encoder at work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct EncoderStatus {
    /// GStreamer element name, for example `x264enc`.
    pub name: String,
    /// Whether it is hardware.
    pub hardware: bool,
    /// Why it was chosen: `requested`, `hardware` (the best chip that passed its trial), `no_hardware_works`,
    /// `after_failure` (the one before it failed on air).
    pub reason: String,
    /// Encoders that failed since the engine started, first one first; none of them is chosen again unasked.
    pub failed: Vec<String>,
    /// Target bitrate, kbit/s.
    pub kbps: u32,
    /// The bitrate that was asked for, kbit/s. More than `kbps` while links are short and the computer has no room for a
    /// second encode: what everybody gets is smaller then, and the recording too.
    pub wanted_kbps: u32,
    /// Width of the canvas, pixels.
    pub width: u32,
    /// Height of the canvas, pixels.
    pub height: u32,
    /// Frames a second of the canvas.
    pub fps: u32,
    /// Pictures a second it was really given over the last five seconds; `None` in the first second.
    pub real_fps: Option<f64>,
    /// Whether they are too few for so long that viewers see it: the computer is too slow.
    pub too_slow: bool,
    /// Frames given to the encoder.
    pub frames: u64,
    /// Frames that were composed late.
    pub late_frames: u64,
    /// Frames skipped because the machine could not keep up.
    pub skipped_frames: u64,
}

/// Health of one destination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct DestinationHealth {
    /// Destination id.
    pub id: DestinationId,
    /// State.
    pub run: RunState,
    /// What its socket accepted over the last seconds, kbit/s.
    pub kbps: f64,
    /// Video frames sent since the show began.
    pub frames_sent: u64,
    /// Video frames dropped for this destination.
    pub frames_dropped: u64,
    /// What waits for it, milliseconds of stream.
    pub backlog_ms: u64,
    /// How often it was connected again.
    pub reconnects: u32,
    /// Code of the last error (`refused`, `unreachable`, `tls_expired`, …), empty when there is none.
    pub error: String,
    /// What the server itself said about it, in its language, at most 190 characters; absent when it said nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub server_words: Option<String>,
    /// Bitrate it is sent at, kbit/s; less than the show's while its link is short, 0 while it makes room for others.
    pub target_kbps: u32,
    /// Milliseconds until the platform closes a silent room, where known.
    pub room_closes_in_ms: Option<u64>,
    /// Whether a key is stored.
    pub has_key: bool,
    /// What it is sent on this connection; `None` before the first picture.
    pub codec: Option<VideoCodec>,
    /// Why it is not sent the codec it is to be sent: `codec_way` (not by RTMP), `codec_platform` (not known to be taken
    /// there), `codec_no_encoder` (nothing here encodes it fast enough), `codec_server` (its server does not say that it
    /// takes it), `codec_failed`, `codec_too_slow` (given up for this show); empty where nothing is in the way.
    pub codec_note: String,
}

/// The recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RecordingStatus {
    /// File name below the recordings folder.
    pub file: String,
    /// Bytes written.
    pub bytes: u64,
    /// Seconds recorded in this part.
    pub seconds: u64,
    /// Code of an error that ended it, empty when there is none.
    pub error: String,
    /// After an error: milliseconds until a new file is tried; with `disk_full`, until room is looked for again.
    pub next_in_ms: Option<u64>,
}

/// What a viewer would receive, measured by the built-in receiver.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ReceiverView {
    /// `waiting`, `receiving` or `lost`.
    pub state: String,
    /// Decoded width, pixels.
    pub width: u32,
    /// Decoded height, pixels.
    pub height: u32,
    /// Decoded frames a second.
    pub fps: f64,
    /// Video bitrate, kbit/s.
    pub video_kbps: f64,
    /// Audio bitrate, kbit/s.
    pub audio_kbps: f64,
    /// Seconds between keyframes.
    pub keyframe_s: f64,
    /// Audio codec, empty without audio.
    pub audio_codec: String,
    /// Audio sample rate, Hz.
    pub sample_rate: u32,
    /// Audio channels.
    pub channels: u32,
    /// Audio peak, dBFS.
    pub peak_db: f64,
    /// From composing a frame to decoding it at the receiver, milliseconds.
    pub delay_ms: Option<f64>,
    /// Gaps of more than half a second so far.
    pub freezes: u32,
    /// The longest of them, milliseconds.
    pub longest_freeze_ms: u64,
    /// How much later sound arrives than the picture of the same moment (negative: earlier), milliseconds. A player buffers
    /// it away; it is no lip-sync error.
    pub av_offset_ms: Option<f64>,
}

/// Health of one canvas that is on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct CanvasStatus {
    /// Which.
    pub canvas: Canvas,
    /// Its encoder; `None` until one works.
    pub encoder: Option<EncoderStatus>,
    /// Its recording; `None` when none runs.
    pub recording: Option<RecordingStatus>,
    /// What its viewers would get; `None` outside rehearsals.
    pub receiver: Option<ReceiverView>,
}

/// Health of one chat connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ChatStatus {
    /// Connector id.
    pub id: String,
    /// The tag of [`crate::ChatConnector`], or `irc` for an IRC server that is not Twitch's.
    pub kind: String,
    /// What it is connected to, for people.
    pub target: String,
    /// State.
    pub run: RunState,
    /// Lines received.
    pub lines: u64,
    /// Lines dropped because the studio could not take them.
    pub dropped: u64,
    /// Code of the last error, empty when there is none.
    pub error: String,
    /// What can be done on the platform through it: names of the acts of [`crate::ChatAct`].
    pub able: Vec<String>,
    /// The platform's daily allowance, where it has one.
    pub quota: Option<ChatQuota>,
    /// Whether the platform is asked again and again now, where it could tell by itself: lines come late.
    pub polls: bool,
}

/// What a platform allows in a day, in its own units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ChatQuota {
    /// Used by this connection since `since`; what others used with the same key is not in it.
    pub used: u32,
    /// Allowed in a day.
    pub of: u32,
    /// When counting began.
    pub since: At,
}

/// Why viewers get the slate instead of the scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SlateCause {
    /// No scene is chosen.
    NoScene,
    /// The scene has no source.
    EmptyScene,
    /// None of the scene's sources gives a picture.
    NoSignal,
}

/// Where a stream key goes that is entered now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum KeyStore {
    /// Into the system's keychain.
    Keychain,
    /// There is none: somebody is asked before a file is used that only this user can read.
    AskFirst,
}

/// Which change of many products.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum BulkKind {
    /// A list was imported.
    Import,
    /// Products were removed.
    Removal,
}

/// A change of many products that can be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct UndoView {
    /// Which.
    pub kind: BulkKind,
    /// Products in it.
    pub count: u32,
    /// When, ms since 1970 UTC.
    pub at: i64,
}

/// What keeps the journal from being written. No command is carried out meanwhile; what is on air goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct JournalTrouble {
    /// Code of the cause: `disk_full`, `journal_database`, `journal_no_access`, `journal_diverged`, `journal_damaged`.
    pub error: String,
    /// Since when, ms since 1970 UTC.
    pub since: i64,
    /// How often it is tried again, ms; 0 = not before the engine is started again.
    pub tried_every_ms: u32,
}

/// Health of everything, twice a second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct StatusView {
    /// The engine's clock, ms since 1970 UTC.
    pub now: i64,
    /// How long the engine runs, ms.
    pub uptime_ms: u64,
    /// Inputs.
    pub inputs: Vec<InputStatus>,
    /// The canvases that are on, landscape first.
    pub canvases: Vec<CanvasStatus>,
    /// Destinations.
    pub destinations: Vec<DestinationHealth>,
    /// Where recordings and replays are written.
    pub recordings_folder: String,
    /// Seconds that a replay saved now would have; `None` while nothing runs.
    pub replay_s: Option<u32>,
    /// Free bytes on the recordings' disk; `None` when unknown.
    pub disk_free_bytes: Option<u64>,
    /// Seconds of recording that have room at the bitrate of now, before a recording ends by itself; `None` when unknown.
    pub disk_room_s: Option<u64>,
    /// What all destinations take together, kbit/s.
    pub uplink_kbps: f64,
    /// The program as a camera for other programs; `None` until the engine has looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub virtual_camera: Option<VirtualCameraView>,
    /// Chat connections.
    pub chat: Vec<ChatStatus>,
    /// What keeps the journal from being written; `None` while it works.
    pub journal: Option<JournalTrouble>,
    /// Why viewers get the slate, or would; `None` while the scene is shown.
    pub slate: Option<SlateCause>,
    /// Where a key goes.
    pub key_store: KeyStore,
    /// Whether a model is set that phrases answers.
    pub phrases: bool,
    /// The last import or removal of products, while it can be taken back.
    pub undo: Option<UndoView>,
    /// Whether a newer program was installed over this engine's: it begins when this one has ended.
    pub is_replaced: bool,
    /// Parts of the program that are not as they should be, as message keys (no CJK font, no keychain, …).
    pub warnings: Vec<String>,
}

impl StatusView {
    /// Encoder of the first canvas that is on; `None` until one works.
    pub fn encoder(&self) -> Option<&EncoderStatus> {
        self.canvases.first()?.encoder.as_ref()
    }

    /// Recording of the first canvas that is on; `None` when none runs.
    pub fn recording(&self) -> Option<&RecordingStatus> {
        self.canvases.first()?.recording.as_ref()
    }
}
