//! Owns telling questions from the rest of chat, with or without a question mark, in Chinese and English.
//!
//! A logistic regression over short runs of characters and words, plus cues a person would point at
//! (question words, `A不A`, what cancels them). It is trained by `training/train.rs` and shipped as
//! `model.tsv`, one weight a line, so that what it learnt can be read.

mod cues;
mod features;
mod model;

/// Whether a line asks something that expects an answer or an action (`几斤装`, `转一圈看看`,
/// `do u ship to texas`). A row of question marks, emotes or drawn art is not a question.
pub fn is_question(text: &str) -> bool {
    features::features(text).is_some_and(|names| model::SHIPPED.score(&names) > 0.0)
}

#[cfg(test)]
mod tests;
