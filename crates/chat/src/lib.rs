//! Chat from outside, made safe and uniform: connectors, the webhook reader, display cleaning, and what is in it: questions,
//! their answers, and what to hold.
//!
//! A [`Connector`] keeps one source alive (see [`ConnectorSpec`] for which) and hands [`Incoming`] values to a bounded
//! queue; through its [`Hand`] people act on the platform, as far as that source can. What a
//! platform pushes by HTTP instead is read by [`webhook::parse`]. Both speak the same small JSON. What comes over a relay
//! (Kick, Douyin, shops) arrives as a [`Delivery`], and an [`Inbox`] gives it to the source that it is for.
//!
//! # The generic JSON
//!
//! One object per line of chat; a message holds one object, an array of objects, or several
//! objects separated by newlines.
//!
//! | field | kind | meaning |
//! | --- | --- | --- |
//! | `author` | text, required | name shown beside the line (cleaned, at most 60 characters) |
//! | `text` | text, required | what was written (cleaned, at most 500 characters, never markup) |
//! | `id` | text or whole number | the source's own id; a line seen before with the same id is skipped, so a sender may repeat itself after a break |
//! | `platform` | text | short id, `a-z 0-9 - _`, at most 24 characters; `web` when absent |
//! | `at` | whole number | milliseconds since 1970-01-01 UTC; a time in the future counts as now |
//!
//! Unknown fields are ignored, so a sender may add its own. `GENERIC.md` in this crate says the
//! same for the person who writes the sender, with examples to paste.
//!
//! # From flood to list
//!
//! [`fold`] makes the copy that is judged, the original is what is shown. [`moderation::Moderator`] says what to hold and why,
//! [`question::is_question`] what asks, [`questions::Questions`] which lines are one question and of which product, and
//! [`answer`] which of its facts answers, [`is_complaint`] who is unhappy. [`evaluate`] measures all of it; `training/README.md` has the figures.
//!
//! # When more comes than is read
//!
//! Nothing here grows with the crowd. A connector waits at most [`FULL_WAIT`] for room in the sink,
//! then drops the line and counts it in [`ConnectorStatus::dropped`]; while the sink stays full the
//! following lines are dropped at once, so that the connection itself (and its keep-alive) is never
//! held up. Until then the platform's own socket is what waits.

mod acts;
mod answer;
mod audience;
mod bilibili;
mod catalogue;
pub mod clean;
mod connector;
mod dial;
mod douyin;
mod draft;
mod evaluate;
mod event_stream;
mod facebook;
mod fold;
#[cfg(test)]
mod fuzz_tests;
mod generic;
mod grpc;
mod http;
mod irc;
mod kick;
mod login;
mod markup;
pub mod moderation;
mod mood;
mod needles;
mod outlet;
mod owncast;
pub mod phrase;
mod place;
mod pushed;
pub mod question;
pub mod questions;
mod rate;
mod relay;
mod relay_door;
mod retry;
mod said;
mod secret;
mod simulated;
mod social_stream;
mod socket;
mod sound;
mod source;
mod spec;
pub mod topic;
mod twitch;
pub mod webhook;
mod websocket;
mod youtube;

pub use acts::{Act, ActFault, ActKind, ActOutcome, Hand};
pub use answer::{Answer, answer, answer_about};
pub use audience::{About, Audience, AudienceError, AudienceLine, Language, Names};
pub use catalogue::{Article, Catalogue};
pub use connector::{
    ChatErrorCode, Clock, Connector, ConnectorState, ConnectorStatus, Incoming, Quota,
};
pub use draft::{LineDraft, OwnIds};
pub use evaluate::{EvaluateError, Evaluation, Measure, evaluate};
pub use fold::fold;
pub use login::{LoginKeeper, NewLogin, Renewal};
pub use mood::is_complaint;
pub use outlet::FULL_WAIT;
pub use pushed::{Given, Inbox};
pub use relay::{Deliveries, Delivery};
pub use relay_door::{RelayDoor, RelayRoom};
pub use secret::Secret;
pub use simulated::Pace;
pub use spec::{
    BilibiliSpec, ConnectorSpec, DouyinSpec, FacebookSpec, KickSpec, PushTask, RelaySpec, Tls,
    TwitchSpec, YouTubeSpec,
};
