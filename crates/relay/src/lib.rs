//! The relay: a small server that somebody runs for studios behind home routers. Platforms push webhooks to it, studios dial
//! out to it and take what came; nothing listens at home. `crates/relay/README.md` says how to run it.
//!
//! # What it promises
//!
//! A webhook is answered with 200 once NATS JetStream has it on its disk, and stays there until the studio says that it has
//! it, or until it is too old or too many ([`store`] names the policies). Each room has two lanes, chat and orders, and each
//! lane comes in order. What the studio did not acknowledge comes again, so a studio sees some twice after a break and
//! folds them by the platform's own ids.
//!
//! # What it does not do
//!
//! It checks no signature and reads no body: the studio has the secrets and checks both, so nobody has to trust the relay
//! with them. A relay that lies can hold webhooks back; it cannot invent one that the studio takes.
//!
//! # The team
//!
//! A studio that wants its team to come in from afar keeps a second connection (`door`), over which each request of a
//! phone (`phones`) is one stream; where the phone came to another copy, the bytes go from copy to copy over NATS
//! (`pipe`). Nothing of that is kept: what breaks is begun anew by the phone's page.
//!
//! Nothing that must outlive a copy is in its memory, so several copies may run behind a balancer over one NATS.

pub mod limits;
pub mod rooms;
pub mod server;
pub mod store;

mod door;
mod hooks;
mod phones;
mod pipe;
mod refusal;
mod shares;
mod studio;
