//! What people did on platforms through their chats (a reply, a deletion, a time-out), as the engine notes it: for the recap
//! and the evidence.

use serde::{Deserialize, Serialize};

use crate::{At, Event, MessageId, Show};

/// Longest name and text kept, in characters, as of a chat line; what is longer is cut, since an act must be noted all the
/// same.
const NAME_MAX: usize = 100;
const TEXT_MAX: usize = 500;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum PlatformActKind {
    /// Something was said.
    Reply,
    /// A line was deleted or hidden.
    Delete,
    /// It was shown again.
    Restore,
    /// The writer of a line was kept from writing for a while.
    TimeOut,
    /// The writer of a line was kept from writing.
    Ban,
    /// They may write again.
    Pardon,
    /// A line was put at the head of the chat.
    Pin,
    /// It was taken from there.
    Unpin,
    /// How long everybody waits between two lines.
    SlowMode,
}

/// What became of it at one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum PlatformBecame {
    /// The platform said yes.
    Done,
    /// It cannot be done there.
    NotSupported,
    /// It did not happen, as far as is known.
    Failed,
}

/// One connection's outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PlatformOutcome {
    /// Kind of the connection: `twitch_token`, `owncast`.
    pub platform: String,
    /// Its id, which tells two of a kind apart.
    pub connection: String,
    /// What became of it there.
    pub became: PlatformBecame,
    /// Code of the reason of a failure (`not_allowed`, `timed_out`, …); else empty.
    pub why: String,
}

/// An act with its outcomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PlatformAct {
    /// What was done.
    pub kind: PlatformActKind,
    /// The line that it was done about, if about one.
    pub message: Option<MessageId>,
    /// Who wrote that line; empty = not known any more.
    pub author: String,
    /// What was said in a reply, else what that line said; empty = none, or not known any more.
    pub text: String,
    /// Of a time-out and of slow mode; `None` = no such time.
    pub seconds: Option<u32>,
    /// What became of it at each connection that it concerned, at least one.
    pub outcomes: Vec<PlatformOutcome>,
}

/// An act in the recap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RecapAct {
    /// When its outcomes were known.
    pub at: At,
    /// Who did it.
    pub by: String,
    /// What.
    pub act: PlatformAct,
}

impl Show {
    /// Noted in every phase: what was done on a platform was done before people.
    pub(crate) fn decide_note_platform_act(mut act: PlatformAct, mut by: String) -> Vec<Event> {
        if act.outcomes.is_empty() {
            return Vec::new();
        }
        cut(&mut act.author, NAME_MAX);
        cut(&mut act.text, TEXT_MAX);
        cut(&mut by, NAME_MAX);
        vec![Event::PlatformActed { act, by }]
    }
}

fn cut(text: &mut String, max: usize) {
    if let Some((at, _)) = text.char_indices().nth(max) {
        text.truncate(at);
    }
}
