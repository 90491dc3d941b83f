//! Owns the choice and the setting-up of the video encoder: a table of what each system offers, a
//! real trial of each, and the branch of the program's pipeline that encodes.

mod branch;
mod codec;
#[cfg(any(test, debug_assertions))]
mod faulty;
mod probe;
mod succession;
mod table;
mod table_enhanced;

pub(crate) use branch::EncoderBranch;
pub use codec::VideoCodec;
#[cfg(test)]
pub(crate) use faulty::release_stuck;
pub use probe::{
    ChoiceReason, EncoderChoice, EncoderReport, TrialFailure, Usable, choose, probe,
    speed_is_judged, try_codec, try_full_hd, usable,
};
pub(crate) use probe::{best, select};
pub(crate) use succession::Succession;
pub use table::{BitrateUnit, Controls, EncoderKind, LiveBitrate, all, made_for, of};

#[cfg(test)]
mod tests;
