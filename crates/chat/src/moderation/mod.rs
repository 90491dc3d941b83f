//! Owns judging a line: whether it is held back for a person to look at, and why. Nothing is deleted here, and a bad
//! review is no reason: only ways to get in touch, insults at people, advertising, lures, and floods.

mod contact;
mod contact_words;
mod flood;
mod phrases;

pub use flood::{Flow, Repeat};
use phrases::Phrases;
pub use stallcast_show::HoldReason as Why;

use crate::fold::fold;

/// How readily lines are held, per reason.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Default,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Never.
    Off,
    /// Where there is hardly a doubt.
    #[default]
    Normal,
    /// Also where there may be.
    Strict,
}

/// The levels of all reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Levels {
    /// Of [`Why::Contact`].
    pub contact: Level,
    /// Of [`Why::Abuse`].
    pub abuse: Level,
    /// Of [`Why::Ad`].
    pub ad: Level,
    /// Of [`Why::Lure`].
    pub lure: Level,
    /// Of [`Why::Flood`].
    pub flood: Level,
}

/// What is to be done with a line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Whether a person should look before others see it.
    pub hold: bool,
    /// The reason, where there is one.
    pub why: Option<Why>,
    /// What in the folded line was the reason, for the person who looks.
    pub found: String,
}

/// Judges lines by levels and the user's own words.
#[derive(Debug, Clone, Default)]
pub struct Moderator {
    levels: Levels,
    held_words: Vec<String>,
    passed_words: Vec<String>,
}

/// Something that may be a reason; `sure` = also at the normal level.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    why: Why,
    sure: bool,
    found: String,
}

impl Levels {
    /// The same for all reasons.
    pub fn all(level: Level) -> Self {
        Self {
            contact: level,
            abuse: level,
            ad: level,
            lure: level,
            flood: level,
        }
    }

    fn of(&self, why: Why) -> Level {
        match why {
            Why::Contact => self.contact,
            Why::Abuse => self.abuse,
            Why::Ad => self.ad,
            Why::Lure => self.lure,
            Why::Flood => self.flood,
            Why::OwnWord => Level::Normal,
        }
    }
}

impl Moderator {
    /// With the user's levels, words that always hold a line, and words whose lines always pass.
    pub fn new(levels: Levels, held: &[String], passed: &[String]) -> Self {
        let folded = |words: &[String]| -> Vec<String> {
            let words = words.iter().map(|word| fold(word).trim().to_owned());
            words.filter(|word| !word.is_empty()).collect()
        };
        Self {
            levels,
            held_words: folded(held),
            passed_words: folded(passed),
        }
    }

    /// What is to be done with `text`, as it was written.
    pub fn judge(&self, text: &str) -> Verdict {
        let folded = fold(text);
        if let Some(word) = self
            .held_words
            .iter()
            .find(|word| folded.contains(word.as_str()))
        {
            return Verdict {
                hold: true,
                why: Some(Why::OwnWord),
                found: word.clone(),
            };
        }
        if self
            .passed_words
            .iter()
            .any(|word| folded.contains(word.as_str()))
        {
            return Verdict::default();
        }
        let phrases = Phrases::of(&folded);
        let findings = contact::find(&folded)
            .into_iter()
            .chain(phrases.findings())
            .chain(flood::in_line(&folded));
        let mut maybe = Verdict::default();
        for finding in findings {
            let hold = match self.levels.of(finding.why) {
                Level::Off => continue,
                Level::Normal => finding.sure,
                Level::Strict => true,
            };
            if hold || maybe.why.is_none() {
                maybe = Verdict {
                    hold,
                    why: Some(finding.why),
                    found: finding.found,
                };
            }
            if hold {
                break;
            }
        }
        maybe
    }
}

#[cfg(test)]
mod tests;
