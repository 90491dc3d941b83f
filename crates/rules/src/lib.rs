//! Honest selling: the rules of a market as data (`assets/rules`), matched against what a show says of its goods.
//! Pure: no I/O, no clock, no randomness. A finding is a reason to look; none is never a clearance.

mod amounts;
mod book;
mod check;
mod pack;
mod prices;
mod signs;
mod subject;
mod words;

pub use book::RuleBook;
pub use check::Finding;
pub use pack::{Certainty, PackFault, Rule, Severity, Source};
pub use subject::{Place, Subject};
