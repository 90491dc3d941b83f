//! What a show is and may do: values, commands, events, and the two functions between them.
//! Pure: no I/O, no async, no clock reads, no randomness.

mod chat_line;
mod command;
mod destination;
mod event;
mod ids;
mod money;
mod product;
mod roles;
mod show;
mod stage;

pub use chat_line::ChatLine;
pub use command::Command;
pub use destination::Destination;
pub use event::Event;
pub use ids::{CanvasId, DestinationId, MessageId, ProductId, SceneId, SourceId};
pub use money::{Currency, Money};
pub use product::{Offer, Product, RundownItem, Text};
pub use roles::{Actor, Role};
pub use show::{At, Countdown, OnAir, Phase, Show};
pub use stage::{Area, PinnedQuestion, Placement, Scene, Source, SourceKind, Strip, Transition};
