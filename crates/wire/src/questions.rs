//! The audience as pages see it: what it asks, what is held for a person to look at, and how lively it is.

use serde::{Deserialize, Serialize};
use stallcast_show::{At, ChatLine, Hide, HoldReason, MessageId, ProductId, QuestionState};
use ts_rs::TS;

/// Most open questions that pages are told of, first the one to answer next.
pub const QUESTIONS_TOLD: usize = 60;
/// Most of the others, answered or hidden, the newest.
pub const QUESTIONS_CLOSED_TOLD: usize = 20;
/// Most held lines that pages are told of, the newest.
pub const HELD_TOLD: usize = 100;
/// Most lines that were taken out of sight that pages are told of, the newest.
pub const HIDDEN_TOLD: usize = 50;

/// What the audience asks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct QuestionsView {
    /// First the open ones in the order to answer them, at most [`QUESTIONS_TOLD`] and what somebody sees to beyond; then
    /// the others, newest first.
    pub questions: Vec<QuestionView>,
    /// How many are open in all.
    pub open: u32,
}

/// One question, however many asked it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct QuestionView {
    /// Its number.
    #[ts(type = "number")]
    pub id: u64,
    /// The words it was asked in first, as written.
    pub text: String,
    /// The newest line that asks it: what is pinned.
    pub message: MessageId,
    /// Who wrote that one.
    pub author: String,
    /// People who asked.
    pub askers: u32,
    /// Lines that ask it.
    pub lines: u32,
    /// When it was asked first.
    pub since: At,
    /// When it was asked last.
    pub last: At,
    /// The product that it is about.
    pub product: Option<ProductId>,
    /// What became of it.
    pub state: QuestionState,
    /// What the facts of the product say to it; never anything else.
    pub answer: Option<SuggestedAnswer>,
    /// Who sees to it.
    pub claim: Option<ClaimView>,
    /// Why it was hidden.
    pub hidden: Option<HiddenView>,
}

/// Who sees to a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ClaimView {
    /// Their name, unique in the team; `studio` = whoever sits there.
    pub by: String,
    /// Since when.
    pub since: At,
}

/// Why something was taken out of sight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct HiddenView {
    /// The reason that was given.
    pub hide: Hide,
    /// Who gave it; `studio` = whoever sits there.
    pub by: String,
}

/// An answer from a product's facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SuggestedAnswer {
    /// The words, at most 160 characters, in the language of the question where there are any.
    pub text: String,
    /// Whose fact it is.
    pub product: ProductId,
    /// Which: `price`, `list_price`, `stock`, `spec`, `title`, `coupon`, `gift`, `limit`, `origin`, `shipping`,
    /// `shelf_life`, `size`, `usage`, `after_sales`.
    pub fact: String,
}

/// Lines of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct QuestionLinesView {
    /// The newest, oldest first.
    pub lines: Vec<QuestionLineView>,
}

/// A line that asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct QuestionLineView {
    /// Its id.
    pub message: MessageId,
    /// Who wrote it.
    pub author: String,
    /// Short platform id.
    pub platform: String,
    /// The text as written.
    pub text: String,
    /// When.
    pub at: At,
}

/// Lines that a person should look at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct HeldView {
    /// The newest, newest first, at most [`HELD_TOLD`].
    pub lines: Vec<HeldLineView>,
    /// How many wait in all.
    pub waiting: u32,
    /// Lines that a person took out of sight, newest first, at most [`HIDDEN_TOLD`]; each can be shown again.
    pub hidden: Vec<HiddenLineView>,
}

/// A line that a person took out of sight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct HiddenLineView {
    /// The line as it was written.
    pub line: ChatLine,
    /// Why, and who.
    pub hidden: HiddenView,
}

/// A held line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct HeldLineView {
    /// The line as it was written.
    pub line: ChatLine,
    /// Why it is held.
    pub why: HoldReason,
    /// What in it was the reason, in the spelling that lines are compared in.
    pub found: String,
}

/// What is to be known of a line beside its words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LineMark {
    /// Of which.
    pub message: MessageId,
    /// How many lines like it came within two minutes, itself included; it stands for them.
    pub times: u32,
    /// What is suspected of it, or known where that is not held.
    pub why: Option<HoldReason>,
}

/// How lively the chat is, over the time of the broadcast.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct HeatView {
    /// When the first value begins.
    pub since: At,
    /// Seconds that each value is of: 10, and twice as many each time there would be too many.
    pub step_s: u32,
    /// Values, oldest first, at most 180; the last one still grows.
    pub values: Vec<HeatValue>,
}

/// What came in one step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct HeatValue {
    /// Lines.
    pub lines: u32,
    /// Those of them that complain.
    pub complaints: u32,
}
