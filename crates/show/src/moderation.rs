//! What is done with lines of chat that a person should look at, and what people decided of lines and questions.
//! Which lines these are is found elsewhere (`crates/chat`); here are the rules that a person sets and the facts.

use serde::{Deserialize, Serialize};

use crate::check;
use crate::{At, Event, MessageId, Refusal, Show};

/// Most words of each of one's own lists; every line is compared with all of them.
const WORDS_MAX: usize = 200;
/// Longest word of them, in characters.
const WORD_LENGTH: usize = 40;
/// Longest time that panic holds lines by one press, in minutes.
const PANIC_MINUTES_MAX: u32 = 120;
/// Most lines in one decision.
const LINES_MAX: usize = 500;

/// Why a line is held or marked. Never that it is a bad review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum HoldReason {
    /// A way to get in touch outside the platform, also disguised.
    Contact,
    /// Insults at the host or others.
    Abuse,
    /// Advertising.
    Ad,
    /// Prizes, money and pages that trick people.
    Lure,
    /// The same again and again.
    Flood,
    /// A word of the user's own list.
    OwnWord,
}

/// What is done with lines that have a reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum HoldLevel {
    /// Nothing.
    Off,
    /// They are shown, with the reason beside them.
    Mark,
    /// They are held until a person looked; what is only suspected is marked.
    #[default]
    Hold,
}

/// What is done with each kind of line, and words of one's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default)]
pub struct ModerationRules {
    /// For [`HoldReason::Contact`].
    pub contact: HoldLevel,
    /// For [`HoldReason::Abuse`].
    pub abuse: HoldLevel,
    /// For [`HoldReason::Ad`].
    pub ad: HoldLevel,
    /// For [`HoldReason::Lure`].
    pub lure: HoldLevel,
    /// For [`HoldReason::Flood`].
    pub flood: HoldLevel,
    /// Words that always hold a line; at most 200 of 1 to 40 characters.
    pub blocked: Vec<String>,
    /// Words whose lines always pass, where none of the blocked ones is in them; as many.
    pub allowed: Vec<String>,
}

impl ModerationRules {
    /// What is done with lines that have this reason.
    pub fn level(&self, why: HoldReason) -> HoldLevel {
        match why {
            HoldReason::Contact => self.contact,
            HoldReason::Abuse => self.abuse,
            HoldReason::Ad => self.ad,
            HoldReason::Lure => self.lure,
            HoldReason::Flood => self.flood,
            HoldReason::OwnWord => HoldLevel::Hold,
        }
    }
}

/// A line that is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct HeldNote {
    /// Which.
    pub message: MessageId,
    /// Why.
    pub why: HoldReason,
    /// What in the line was the reason, in the spelling that lines are compared in.
    pub found: String,
}

/// What became of a question of the audience.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum QuestionState {
    /// It waits.
    #[default]
    Open,
    /// It was answered; who asks it again begins a new one.
    Answered,
    /// Nobody wants to see it, also when it is asked again.
    Hidden,
}

impl Show {
    /// Whether everything that is not clean is held at that moment.
    pub fn panics(&self, now: At) -> bool {
        self.panic_until.is_some_and(|until| now < until)
    }

    pub(crate) fn decide_set_moderation(
        &self,
        mut rules: ModerationRules,
    ) -> Result<Vec<Event>, Refusal> {
        for words in [&mut rules.blocked, &mut rules.allowed] {
            let mut kept: Vec<String> = Vec::new();
            for word in words.iter().map(|word| word.trim()) {
                check::filled("word", word, WORD_LENGTH)?;
                if !kept.iter().any(|known| known == word) {
                    kept.push(word.to_owned());
                }
            }
            check::at_most("words", kept.len(), WORDS_MAX)?;
            *words = kept;
        }
        if rules == self.moderation {
            return Ok(Vec::new());
        }
        Ok(vec![Event::ModerationSet { rules }])
    }

    pub(crate) fn decide_start_panic(&self, minutes: u32, at: At) -> Result<Vec<Event>, Refusal> {
        let value = i32::try_from(minutes).unwrap_or(i32::MAX);
        check::range("minutes", value, 1, PANIC_MINUTES_MAX as i32)?;
        let until = At(at.0.saturating_add(i64::from(minutes) * 60_000));
        Ok(vec![Event::PanicSet { until: Some(until) }])
    }

    pub(crate) fn decide_end_panic(&self) -> Vec<Event> {
        match self.panic_until {
            Some(_) => vec![Event::PanicSet { until: None }],
            None => Vec::new(),
        }
    }

    pub(crate) fn decide_merge_questions(into: u64, other: u64) -> Result<Vec<Event>, Refusal> {
        if into == other {
            return Err(Refusal::NothingToDo { field: "question" });
        }
        Ok(vec![Event::QuestionsMerged { into, other }])
    }

    pub(crate) fn decide_split_question(
        question: u64,
        messages: Vec<MessageId>,
    ) -> Result<Vec<Event>, Refusal> {
        some(&messages)?;
        Ok(vec![Event::QuestionSplit { question, messages }])
    }

    pub(crate) fn decide_free_held(
        messages: Vec<MessageId>,
        release: bool,
    ) -> Result<Vec<Event>, Refusal> {
        some(&messages)?;
        Ok(vec![Event::HeldDecided { messages, release }])
    }

    pub(crate) fn apply_moderation(&mut self, event: &Event) {
        match event {
            Event::ModerationSet { rules } => self.moderation.clone_from(rules),
            Event::PanicSet { until } => self.panic_until = *until,
            // Of lines and questions the room keeps the list; these are facts for its next start, and for who looks back.
            _ => {}
        }
    }
}

pub(crate) fn some(messages: &[MessageId]) -> Result<(), Refusal> {
    if messages.is_empty() {
        return Err(Refusal::NothingToDo { field: "messages" });
    }
    check::at_most("messages", messages.len(), LINES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Command, decide};

    #[test]
    fn panic_ends_by_itself_and_by_hand() {
        let mut show = Show::new("orchard");
        let start = |minutes| Command::StartPanic { minutes };
        for minutes in [0, 121] {
            let refused = decide(&show, start(minutes), At(0)).unwrap_err();
            assert_eq!(refused.code(), "out_of_range");
        }
        show.apply_all(&decide(&show, start(5), At(1_000)).unwrap());
        assert!(show.panics(At(1_000)) && show.panics(At(300_999)));
        assert!(!show.panics(At(301_000)), "its time is over");
        show.apply_all(&decide(&show, Command::EndPanic, At(2_000)).unwrap());
        assert!(!show.panics(At(2_000)));
        assert_eq!(decide(&show, Command::EndPanic, At(2_000)), Ok(vec![]));
    }

    #[test]
    fn words_of_one_s_own_are_trimmed_kept_once_and_bounded() {
        let mut show = Show::new("orchard");
        assert_eq!(show.moderation.level(HoldReason::Ad), HoldLevel::Hold);
        let rules = |blocked: &[&str]| Command::SetModeration {
            rules: ModerationRules {
                blocked: blocked.iter().map(|word| (*word).to_owned()).collect(),
                ..ModerationRules::default()
            },
        };
        show.apply_all(&decide(&show, rules(&[" 对家 ", "对家"]), At(0)).unwrap());
        assert_eq!(show.moderation.blocked, ["对家"]);
        assert_eq!(decide(&show, rules(&["对家"]), At(0)), Ok(vec![]));
        let long = "长".repeat(41);
        for (bad, code) in [(" ", "text_empty"), (long.as_str(), "text_too_long")] {
            assert_eq!(
                decide(&show, rules(&[bad]), At(0)).unwrap_err().code(),
                code
            );
        }
    }

    #[test]
    fn a_decision_is_about_something() {
        let show = Show::new("orchard");
        for command in [
            Command::MergeQuestions { into: 1, other: 1 },
            Command::SplitQuestion {
                question: 1,
                messages: vec![],
            },
            Command::ReleaseHeld { messages: vec![] },
            Command::RemoveHeld { messages: vec![] },
        ] {
            assert_eq!(
                decide(&show, command, At(0)).unwrap_err().code(),
                "nothing_to_do"
            );
        }
    }
}
