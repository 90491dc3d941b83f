//! The studio as clients see it: plain values at one moment, made by whoever knows the show.

use std::sync::Arc;

use serde_json::{Map, Value};

/// Everything at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Board {
    /// Sequence number of the last change of the show in it.
    pub seq: u64,
    /// The engine's clock, ms since 1970 UTC.
    pub now_ms: i64,
    /// Name of the show.
    pub show: String,
    /// `idle`, `rehearsing` or `live`.
    pub phase: &'static str,
    /// In the order of their buttons.
    pub scenes: Vec<Scene>,
    /// The one that is shown, by its place.
    pub scene: Option<usize>,
    /// Whether that one came with a fade, and how long it took, milliseconds; 0 = a cut.
    pub fade_ms: u32,
    /// Sources of picture and sound.
    pub inputs: Vec<Input>,
    /// The program's picture.
    pub canvas: Canvas,
    /// The live show.
    pub stream: Sending,
    /// One for each destination.
    pub destinations: Vec<Destination>,
    /// The recording.
    pub record: Record,
    /// Whether the last half minute can be saved.
    pub replay: bool,
    /// Where the last one was written to.
    pub last_replay: Option<String>,
    /// Whether the program is offered as a camera.
    pub virtual_camera: bool,
    /// Figures of the machine.
    pub stats: Stats,
    /// Products of the rundown, in its order.
    pub products: Arc<[Product]>,
    /// Id of the one on air, and its title.
    pub on_air: Option<(String, String)>,
    /// The price clock.
    pub countdown: Option<Countdown>,
    /// The question on the picture.
    pub pinned: Option<Pinned>,
    /// Whether the break's notice stands.
    pub on_break: bool,
    /// Id of the input that people speak into, for the hotkey that mutes it.
    pub voice: Option<String>,
}

/// A scene.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scene {
    /// As the studio names it.
    pub id: String,
    /// Unique among scenes and inputs.
    pub name: String,
    /// Stays while it is there.
    pub uuid: String,
    /// Bottom first.
    pub items: Vec<Item>,
}

/// A source in a scene.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Its number in the scene.
    pub number: i64,
    /// Place of its input in [`Board::inputs`].
    pub input: usize,
}

impl Scene {
    /// Adds a source on top: the `input`th, of that id.
    pub fn push(&mut self, input: usize, id: &str) {
        let nth = self.items.iter().filter(|item| item.input == input).count();
        let number = crate::names::item_id(id, nth);
        self.items.push(Item { number, input });
    }
}

/// A source of picture and sound.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Input {
    /// As the studio names it.
    pub id: String,
    /// Unique among scenes and inputs.
    pub name: String,
    /// Stays while it is there.
    pub uuid: String,
    /// As OBS calls it, see [`Input::KINDS`].
    pub kind: &'static str,
    /// What is set of it.
    pub settings: Map<String, Value>,
    /// Whether it can have a picture.
    pub has_picture: bool,
    /// Whether it can have sound.
    pub has_sound: bool,
    /// Whether it delivers now.
    pub runs: bool,
    /// Muted by a person.
    pub muted: bool,
    /// Hundredths of a decibel.
    pub gain_cdb: i32,
    /// Milliseconds.
    pub delay_ms: u32,
}

impl Input {
    /// Kinds of inputs there can be.
    pub const KINDS: [&'static str; 10] = [
        "color_source_v3",
        "stallcast_test_tone",
        "ffmpeg_source",
        "image_source",
        "v4l2_input",
        "xshm_input_v2",
        "xcomposite_input",
        "pulse_input_capture",
        "pulse_output_capture",
        "stallcast_phone",
    ];
}

/// The program's picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Canvas {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Frames a second.
    pub fps: u32,
}

/// What is sent somewhere.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sending {
    /// Whether it is.
    pub active: bool,
    /// Whether the connection is being made again.
    pub reconnecting: bool,
    /// For how long.
    pub ms: u64,
    /// What sockets took since the server was switched on, bytes.
    pub bytes: u64,
    /// Pictures left out.
    pub skipped: u64,
    /// Pictures sent, with those.
    pub total: u64,
    /// 0 = the link is free, 1 = nothing gets through.
    pub congestion: f64,
}

/// A destination.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Destination {
    /// As the studio names it.
    pub id: String,
    /// Unique among outputs.
    pub name: String,
    /// Platform preset.
    pub platform: String,
    /// Its picture.
    pub canvas: Canvas,
    /// [`Sending::active`] = the show goes there, or would.
    pub sending: Sending,
}

/// The recording.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// Whether it runs.
    pub active: bool,
    /// Length of this part.
    pub ms: u64,
    /// Bytes written.
    pub bytes: u64,
    /// Folder.
    pub folder: String,
    /// The last file begun; empty = none yet.
    pub path: String,
}

/// Figures of the machine.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Stats {
    /// Of this process, percent of the whole machine.
    pub cpu_percent: f64,
    /// Of this process.
    pub memory_mb: f64,
    /// Free where recordings go.
    pub disk_mb: f64,
    /// Pictures a second.
    pub fps: f64,
    /// Pictures composed late.
    pub late: u64,
    /// Pictures left out.
    pub skipped: u64,
    /// Pictures encoded.
    pub frames: u64,
}

/// A product of the rundown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// As the studio names it.
    pub id: String,
    /// As viewers read it.
    pub title: String,
    /// Units; `None` = not counted.
    pub left: Option<u32>,
}

/// The price clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Countdown {
    /// Its product's id.
    pub product: String,
    /// When it reaches zero, ms since 1970 UTC.
    pub deadline_ms: i64,
}

/// The question on the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinned {
    /// Its message.
    pub message: String,
    /// Who asked.
    pub author: String,
    /// The words.
    pub text: String,
    /// The answer below it; empty = none.
    pub answer: String,
}
