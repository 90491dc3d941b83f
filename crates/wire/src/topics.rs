//! What the engine pushes: topics, each replaced whole, so that a lagging page only misses the past.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stallcast_show::{
    CameraSettings, Canvas, CanvasId, Canvases, Countdown, Destination, DestinationId, Ducking,
    OnAir, Phase, PinnedQuestion, Placement, Product, ProductId, RecordingSplit, RundownItem,
    Scene, SceneId, Show, Sound, Source, SourceId, Strip, Text,
};
use ts_rs::TS;

/// The show without its catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ShowView {
    /// The engine's clock when this was sent, ms since 1970 UTC; pages show countdowns against it.
    pub server_now: i64,
    /// Sequence number of the last journal entry folded in.
    pub seq: u64,
    /// Name of the show.
    pub name: String,
    /// Order of products.
    pub rundown: Vec<RundownItem>,
    /// Product on the picture.
    pub on_air: Option<OnAir>,
    /// Running price clock.
    pub countdown: Option<Countdown>,
    /// Units left of counted products.
    pub stock: BTreeMap<ProductId, u32>,
    /// Inputs.
    pub sources: BTreeMap<SourceId, Source>,
    /// What was set on cameras, by device id.
    pub cameras: BTreeMap<String, CameraSettings>,
    /// Whether the program is to be a camera for other programs.
    pub virtual_camera: bool,
    /// Scenes.
    pub scenes: Vec<Scene>,
    /// Scene shown.
    pub scene: Option<SceneId>,
    /// Layouts that the engine made, of scenes that have none of their own for a canvas.
    pub auto_layouts: BTreeMap<SceneId, BTreeMap<CanvasId, Vec<Placement>>>,
    /// Which canvases are on.
    pub canvases: Canvases,
    /// Mixer strips.
    pub strips: BTreeMap<SourceId, Strip>,
    /// How the sound of each source is treated.
    pub sounds: BTreeMap<SourceId, Sound>,
    /// How far music goes down while somebody speaks.
    pub ducking: Ducking,
    /// The source that recordings have alone as a second audio track.
    pub isolated: Option<SourceId>,
    /// Lower ticker.
    pub ticker: Text,
    /// Question on the picture.
    pub pinned: Option<PinnedQuestion>,
    /// Destinations, without keys.
    pub destinations: BTreeMap<DestinationId, Destination>,
    /// How far the show is.
    pub phase: Phase,
    /// Whether a recording is wanted.
    pub recording: bool,
    /// When a recording goes on in another file.
    pub recording_split: RecordingSplit,
    /// Video bitrate that was chosen, kbit/s; `None` = what suits the canvas.
    pub video_kbps: Option<u32>,
    /// Files recorded in this broadcast.
    pub recording_parts: Vec<String>,
    /// Chat lines of this broadcast so far.
    pub chat_lines: u64,
}

impl ShowView {
    /// The view of `show` at `server_now` ms with `seq` as its last journal entry.
    pub fn of(show: &Show, seq: u64, server_now: i64) -> Self {
        Self {
            server_now,
            seq,
            name: show.name.clone(),
            rundown: show.rundown.clone(),
            on_air: show.on_air.clone(),
            countdown: show.countdown.clone(),
            stock: show.stock.clone(),
            sources: show.sources.clone(),
            cameras: show.cameras.clone(),
            virtual_camera: show.virtual_camera,
            scenes: show.scenes.clone(),
            scene: show.scene.clone(),
            auto_layouts: auto_layouts(show),
            canvases: show.canvases,
            strips: show.strips.clone(),
            sounds: show
                .sources
                .keys()
                .map(|source| (source.clone(), show.sound(source)))
                .collect(),
            ducking: show.ducking,
            isolated: show.isolated.clone(),
            ticker: show.ticker.clone(),
            pinned: show.pinned.clone(),
            destinations: show.destinations.clone(),
            phase: show.phase,
            recording: show.recording,
            recording_split: show.recording_split,
            video_kbps: show.video_kbps,
            recording_parts: show.recording_parts.clone(),
            chat_lines: show.chat_lines,
        }
    }
}

fn auto_layouts(show: &Show) -> BTreeMap<SceneId, BTreeMap<CanvasId, Vec<Placement>>> {
    let made = show.scenes.iter().map(|scene| {
        let missing = Canvas::ALL
            .into_iter()
            .filter(|canvas| !scene.layouts.contains_key(&canvas.id()));
        let layouts = missing.map(|canvas| (canvas.id(), show.layout(scene, canvas).into_owned()));
        (scene.id.clone(), layouts.collect())
    });
    made.collect()
}

/// The products.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct CatalogueView {
    /// All products, in id order.
    pub products: Vec<Product>,
}

/// State of a supervised thing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
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
    /// Width of the canvas, pixels.
    pub width: u32,
    /// Height of the canvas, pixels.
    pub height: u32,
    /// Frames a second of the canvas.
    pub fps: u32,
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
    /// Code of the last error (`refused`, `unreachable`, `tls_failed`, …), empty when there is none.
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
    /// `twitch`, `web_socket`, `webhook`, `simulated`.
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
    /// The encoder of the first of them; `None` until one works.
    pub encoder: Option<EncoderStatus>,
    /// Destinations.
    pub destinations: Vec<DestinationHealth>,
    /// The recording of the first canvas; `None` when none runs.
    pub recording: Option<RecordingStatus>,
    /// What viewers of the first canvas would get; `None` outside rehearsals.
    pub receiver: Option<ReceiverView>,
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
    /// The last import or removal of products, while it can be taken back.
    pub undo: Option<UndoView>,
    /// Parts of the program that are not as they should be, as message keys (no CJK font, no keychain, …).
    pub warnings: Vec<String>,
}

/// One level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Level {
    /// Peak of left and right, dBFS, -100 to 0.
    pub peak_db: [f32; 2],
    /// RMS of left and right, dBFS.
    pub rms_db: [f32; 2],
}

/// Levels, ten times a second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct MetersView {
    /// Of each source with sound.
    pub inputs: BTreeMap<SourceId, Level>,
    /// Of the program.
    pub master: Level,
    /// Loudness of the program over the last 3 s (EBU R128 short-term), LUFS; -100 in silence.
    pub loudness_lufs: f32,
    /// Over the last 400 ms, LUFS; -100 in silence.
    pub momentary_lufs: f32,
    /// Since the broadcast began, pauses left out, LUFS; -100 before there was anything to hear.
    pub integrated_lufs: f32,
    /// By how many dB music is lowered under speech; 0 = not at all.
    pub ducked_db: f32,
    /// By how many dB the limiter lowers the program; 0 = not at all.
    pub limited_db: f32,
}

/// How much a notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum NoticeLevel {
    /// Good to know.
    Info,
    /// Being worked on.
    Warn,
    /// Something is being lost.
    Error,
}

/// Something a person should hear of once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Notice {
    /// How much it matters.
    pub level: NoticeLevel,
    /// Key of the sentence.
    pub key: String,
    /// Values for the sentence.
    pub params: BTreeMap<String, String>,
    /// When, ms since 1970 UTC.
    pub at: i64,
}

/// A topic with its value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "topic", content = "data", rename_all = "snake_case")]
pub enum Topic {
    /// State of the show.
    Show(Box<ShowView>),
    /// Products.
    Catalogue(CatalogueView),
    /// Health.
    Status(Box<StatusView>),
    /// Levels.
    Meters(MetersView),
}
