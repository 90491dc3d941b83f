//! What the people who work on the chat agree on: who sees to which question, and why a person took something out of
//! sight. The room keeps the lists; here are the rules of what may be asked for, and the facts.

use serde::{Deserialize, Serialize};

use crate::check;
use crate::{Actor, ChatLine, Command, Event, MessageId, Refusal, Show, visible};

/// Longest own words of a reason, in characters.
const REASON_MAX: usize = 100;
/// Longest name that a question can be handed to: that of a member.
const HOLDER_MAX: usize = 80;

/// Why a person hides something. Never that it is a bad review: that is none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum HideReason {
    /// Advertising, lures, the same again and again.
    Spam,
    /// Insults at the host or others.
    Insult,
    /// A way to get in touch outside the platform, or somebody's address.
    Contact,
    /// Nothing to do with the show.
    OffTopic,
    /// What the words beside it say.
    Other,
}

/// A reason as a person gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Hide {
    /// Which.
    pub why: HideReason,
    /// In own words, at most 100 characters; never empty for [`HideReason::Other`].
    #[serde(default)]
    pub words: String,
}

impl Hide {
    fn checked(self) -> Result<Self, Refusal> {
        let words = visible(&self.words).trim().to_owned();
        match self.why {
            HideReason::Other => check::filled("reason", &words, REASON_MAX)?,
            _ => check::text("reason", &words, REASON_MAX)?,
        }
        Ok(Self { words, ..self })
    }
}

impl Command {
    /// What became known of a line since a page asked to hide it: the whole of it, which the journal keeps.
    #[must_use]
    pub fn with_line(mut self, found: ChatLine) -> Self {
        if let Command::HideLine { line, .. } = &mut self {
            *line = Some(Box::new(found));
        }
        self
    }

    /// Who sees to the question once this is done; `None` where it is not about that, or nobody does.
    pub fn holder<'a>(&'a self, sender: &'a Actor) -> Option<&'a str> {
        match self {
            Command::ClaimQuestion { .. } => Some(&sender.name),
            Command::AssignQuestion { to, .. } => Some(to),
            _ => None,
        }
    }
}

impl Show {
    pub(crate) fn decide_claim(question: u64, holder: &str) -> Result<Vec<Event>, Refusal> {
        let holder = holder.trim().to_owned();
        check::filled("name", &holder, HOLDER_MAX)?;
        Ok(vec![Event::QuestionClaimed { question, holder }])
    }

    pub(crate) fn decide_mark_question(
        question: u64,
        state: crate::QuestionState,
        hide: Option<Hide>,
    ) -> Result<Vec<Event>, Refusal> {
        let hide = match state {
            crate::QuestionState::Hidden => {
                let given = hide.ok_or(Refusal::TextEmpty { field: "reason" })?;
                Some(given.checked()?)
            }
            _ => None,
        };
        Ok(vec![Event::QuestionMarked {
            question,
            state,
            hide,
        }])
    }

    pub(crate) fn decide_hide_line(
        line: Option<Box<ChatLine>>,
        hide: Hide,
    ) -> Result<Vec<Event>, Refusal> {
        let hide = hide.checked()?;
        let line = *line.ok_or(Refusal::LineGone)?;
        Ok(vec![Event::ChatHidden { line, hide }])
    }

    pub(crate) fn decide_show_hidden(messages: Vec<MessageId>) -> Result<Vec<Event>, Refusal> {
        crate::moderation::some(&messages)?;
        Ok(vec![Event::ChatShownAgain { messages }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{At, QuestionState, Role, decide};

    fn code(command: Command) -> &'static str {
        decide(&Show::new("orchard"), command, At(0))
            .map_err(|refusal| refusal.code())
            .err()
            .unwrap_or("ok")
    }

    fn hide(why: HideReason, words: &str) -> Hide {
        Hide {
            why,
            words: words.to_owned(),
        }
    }

    #[test]
    fn nothing_is_hidden_without_a_reason() {
        let mark = |state, hide| {
            code(Command::MarkQuestion {
                question: 1,
                state,
                hide,
            })
        };
        let hidden = QuestionState::Hidden;
        assert_eq!(mark(hidden, None), "text_empty");
        assert_eq!(
            mark(hidden, Some(hide(HideReason::Other, " \u{202E}"))),
            "text_empty"
        );
        let long = "长".repeat(REASON_MAX + 1);
        assert_eq!(
            mark(hidden, Some(hide(HideReason::Spam, &long))),
            "text_too_long"
        );
        assert_eq!(mark(hidden, Some(hide(HideReason::Spam, ""))), "ok");
        assert_eq!(mark(QuestionState::Answered, None), "ok");
    }

    #[test]
    fn a_hidden_line_is_kept_whole_in_the_journal_and_only_the_engine_says_what_it_was() {
        let command = Command::HideLine {
            message: "web:1".into(),
            hide: hide(HideReason::Other, " 剧透 "),
            line: None,
        };
        let sent = serde_json::to_value(&command).unwrap();
        assert!(sent.get("line").is_none(), "no page says it");
        assert_eq!(code(command.clone()), "line_gone");
        let line = ChatLine {
            id: "web:1".into(),
            platform: "web".into(),
            author: "A".into(),
            text: "结局是".into(),
            at: At(3),
            question: false,
        };
        let events = decide(
            &Show::new("orchard"),
            command.with_line(line.clone()),
            At(9),
        );
        let hide = hide(HideReason::Other, "剧透");
        assert_eq!(events, Ok(vec![Event::ChatHidden { line, hide }]));
        assert_eq!(
            code(Command::ShowHidden { messages: vec![] }),
            "nothing_to_do"
        );
    }

    #[test]
    fn a_claim_is_of_whoever_sends_it() {
        let sender = Actor {
            name: "小李".to_owned(),
            role: Role::Moderator,
        };
        let claim = Command::ClaimQuestion {
            question: 3,
            by: "somebody else".to_owned(),
        };
        assert_eq!(claim.holder(&sender), Some("小李"));
        let events = decide(&Show::new("orchard"), claim.signed(&sender), At(0)).unwrap();
        let holder = "小李".to_owned();
        assert_eq!(
            events,
            [Event::QuestionClaimed {
                question: 3,
                holder
            }]
        );
    }

    #[test]
    fn a_mark_written_before_there_were_reasons_is_read() {
        let of_now = Event::QuestionMarked {
            question: 4,
            state: QuestionState::Hidden,
            hide: None,
        };
        let written = serde_json::to_value(&of_now).unwrap();
        let mut before = written.clone();
        before.as_object_mut().unwrap().remove("hide");
        assert_ne!(before, written);
        assert_eq!(serde_json::from_value::<Event>(before).unwrap(), of_now);
    }
}
