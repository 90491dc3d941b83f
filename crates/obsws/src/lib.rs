//! obs-websocket 5 as a server speaks it, so that decks and scripts made for OBS Studio work: messages in both
//! encodings, authentication, sessions, batches, the requests that have a meaning here, and the events. Pure: no I/O,
//! no clock, no randomness. It knows the studio as a [`Board`] of plain values, answers what can be read off it, and
//! says what else is wanted as a [`Wish`].

mod answer;
pub mod auth;
mod batch;
mod board;
mod changes;
mod close;
mod encoding;
mod event;
mod fields;
mod hotkeys;
mod inputs;
mod names;
mod outputs;
mod request;
mod scenes;
mod session;
mod vendor;
mod volume;
mod wish;

pub use answer::{IMAGE_FORMATS, Reply, answer, requests};
pub use batch::{BATCH_MAX, Batch, Execution, Next, Running};
pub use board::{
    Board, Canvas, Countdown, Destination, Input, Item, Pinned, Product, Record, Scene, Sending,
    Stats,
};
pub use changes::changes;
pub use close::Close;
pub use encoding::{Encoding, Frame, MESSAGE_MAX_BYTES, PROTOCOLS};
pub use event::{Event, mask, meters};
pub use names::{Names, uuid};
pub use outputs::TAKEN as OUTPUT_NAMES;
pub use request::{Answer, Request, Status, code};
pub use session::{Counts, Credits, Session, Step};
pub use vendor::VENDOR;
pub use wish::{Picture, Wish};

/// Version of obs-websocket that is spoken.
pub const WEBSOCKET_VERSION: &str = "5.6.3";
/// Version of OBS Studio that clients of that version expect.
pub const STUDIO_VERSION: &str = "31.0.0";
/// Version of its remote procedures.
pub const RPC_VERSION: u64 = 1;
