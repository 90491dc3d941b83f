//! What the whole-system tests stand on: a small [`world`] around the studio that is real in
//! everything that matters (servers, devices, screens, processes), a [`stage`] with what is put on in
//! it, and [`probe`]s that measure what came out.
//!
//! A fixture that cannot be set up panics and says why: a test must not pass because its world
//! was missing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test code: a broken fixture is a failed test"
)]

pub mod bench;
pub mod probe;
pub mod shapes;
pub mod stage;
pub mod world;
