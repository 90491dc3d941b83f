//! Who may do what: roles in rising order and the person behind a command.

use serde::{Deserialize, Serialize};

/// What a person is allowed; each role includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Role {
    /// Looks on.
    Viewer,
    /// Works on chat and questions.
    Moderator,
    /// Moves products, prices and scenes (场控, 助播).
    Producer,
    /// Runs the show with the owner.
    Lead,
    /// The person at the studio.
    Owner,
}

/// Who sent a command; written to the journal beside its events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Actor {
    /// Name shown to the team; `studio` for the desktop, `engine` for timers.
    pub name: String,
    /// Their role.
    pub role: Role,
}
