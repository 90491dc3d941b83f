//! Answers phrased by a model: where it is asked, and what came of it. The key never comes back.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::SuggestedAnswer;

/// Where a model is asked to phrase answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct PhrasingSettings {
    /// Whether it is.
    pub on: bool,
    /// An endpoint that speaks OpenAI's chat completions: `https://`, or `http://` to this computer.
    pub address: String,
    /// The model's name there.
    pub model: String,
}

/// What the owner is shown of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PhrasingView {
    /// What was set.
    pub settings: PhrasingSettings,
    /// Whether a key is kept for it.
    pub has_key: bool,
}

/// A test of the endpoint with an invented question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PhraseTestView {
    /// What was asked.
    pub question: String,
    /// The fact that was told.
    pub fact: String,
    /// What came back.
    pub text: String,
    /// How long that took, ms.
    pub took_ms: u32,
}

/// A draft that a model wrote. Nobody sees it but whoever asked, until a person uses it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PhrasedView {
    /// The words, at most 160 characters; every number in them is in the fact.
    pub text: String,
    /// The answer that it was made of.
    pub source: SuggestedAnswer,
}
