//! Strangers, members and broken programs at both doors of the real engine: what they must not reach, and what they cannot
//! cost the others.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test whose world breaks has failed"
)]

mod door;
mod frames;
mod fuzz;
mod invited;
mod paths;
mod phrase;
mod requests;
mod roles;
mod slow;
