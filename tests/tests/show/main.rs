//! One show on air through the whole house: devices, card and clock, two ingest servers, the recording.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod after;
mod audience;
mod camera;
mod codecs;
mod ending;
mod importing;
mod keeping;
mod large_catalogue;
mod look;
mod network;
mod obs;
mod on_air;
mod one_press;
mod orders;
mod phone;
mod press;
mod replacement;
mod resume;
mod selling;
mod standing_disk;
mod team;
mod teamwork;
mod together;
mod two_canvases;
mod ways;

use stallcast_tests::probe::card;
