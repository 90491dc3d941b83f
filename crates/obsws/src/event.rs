//! Events, and who is told of them.

use serde_json::{Value, json};

use crate::Board;

/// Which events a session is told of: the bits of `eventSubscriptions`.
pub mod mask {
    /// The server itself.
    pub const GENERAL: u32 = 1;
    /// Scenes.
    pub const SCENES: u32 = 1 << 2;
    /// Inputs.
    pub const INPUTS: u32 = 1 << 3;
    /// Outputs.
    pub const OUTPUTS: u32 = 1 << 6;
    /// Items of scenes.
    pub const SCENE_ITEMS: u32 = 1 << 7;
    /// What is the studio's own.
    pub const VENDORS: u32 = 1 << 9;
    /// All of bits 0 to 11: what a session gets that does not choose.
    pub const ALL: u32 = (1 << 12) - 1;
    /// Levels, ten times a second.
    pub const VOLUME_METERS: u32 = 1 << 16;
    /// An input came on the program, or went.
    pub const INPUT_ACTIVE: u32 = 1 << 17;
    /// An input is shown somewhere, or no longer.
    pub const INPUT_SHOW: u32 = 1 << 18;
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its name.
    pub kind: &'static str,
    /// The bit of those who are told.
    pub mask: u32,
    /// What is told.
    pub data: Value,
}

impl Event {
    /// An event of the protocol.
    pub fn new(kind: &'static str, mask: u32, data: Value) -> Self {
        Self { kind, mask, data }
    }

    /// A replay was written.
    pub fn replay_saved(path: &str) -> Self {
        let data = json!({"savedReplayPath": path});
        Self::new("ReplayBufferSaved", mask::OUTPUTS, data)
    }

    /// What one client tells all.
    pub fn custom(data: Value) -> Self {
        Self::new("CustomEvent", mask::GENERAL, data)
    }

    /// The engine ends.
    pub fn exit() -> Self {
        Self::new("ExitStarted", mask::GENERAL, json!({}))
    }

    /// The message.
    pub fn message(&self) -> Value {
        json!({"op": 5, "d": {
            "eventType": self.kind,
            "eventIntent": self.mask,
            "eventData": self.data,
        }})
    }
}

/// The levels of inputs by their id: peaks of left and right before and behind the mixer are not told apart here.
/// Decibels, -100 = silence.
pub fn meters(board: &Board, peak_db: impl Fn(&str) -> Option<[f32; 2]>) -> Event {
    let inputs = board.inputs.iter().filter_map(|input| {
        let peaks = peak_db(&input.id)?.map(|db| {
            let peak = if db <= -100.0 {
                0.0
            } else {
                10_f64.powf(f64::from(db) / 20.0)
            };
            json!([peak, peak, peak])
        });
        Some(json!({"inputName": input.name, "inputUuid": input.uuid, "inputLevelsMul": peaks}))
    });
    let inputs: Vec<Value> = inputs.collect();
    Event::new(
        "InputVolumeMeters",
        mask::VOLUME_METERS,
        json!({"inputs": inputs}),
    )
}
