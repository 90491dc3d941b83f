//! Owns the choice and the setting-up of the video encoder: a table of what each system offers, a
//! real trial of each, and the branch of the program's pipeline that encodes.

mod branch;
#[cfg(any(test, debug_assertions))]
mod faulty;
mod probe;
mod succession;
mod table;

pub(crate) use branch::EncoderBranch;
#[cfg(test)]
pub(crate) use faulty::release_stuck;
pub(crate) use probe::select;
pub use probe::{ChoiceReason, EncoderChoice, EncoderReport, TrialFailure, choose, probe};
pub(crate) use succession::Succession;
pub use table::{BitrateUnit, Controls, EncoderKind, LiveBitrate, all};

#[cfg(test)]
mod tests;
