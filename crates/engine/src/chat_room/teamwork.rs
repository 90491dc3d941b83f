//! What the team decides of the lists together: who sees to which question, what a person takes out of sight and why, and what
//! is shown again. Nothing that was hidden is lost: the line and its reason stay.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use stallcast_chat::questions::{Claim, GroupId, Hidden};
use stallcast_show::{
    Actor, At, ChatLine, Command, Hide, HideReason, HoldReason, MessageId, QuestionState, Refusal,
    Role,
};
use stallcast_wire::{ClaimView, HIDDEN_TOLD, HiddenLineView, HiddenView};

use super::sieve::{Held, Sieve};

/// Most lines that can be shown again; the journal has the older ones.
const HIDDEN_MAX: usize = 500;

/// A line that a person took out of sight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HiddenLine {
    pub(super) line: ChatLine,
    pub(super) hide: Hide,
    pub(super) by: String,
}

impl Sieve {
    /// Whether `actor` may decide so of a question that others may see to.
    ///
    /// # Errors
    /// [`Refusal::AskedGone`], [`Refusal::QuestionTaken`].
    pub(super) fn permit_claim(&self, actor: &Actor, command: &Command) -> Result<(), Refusal> {
        let (Command::ClaimQuestion { question, .. }
        | Command::AssignQuestion { question, .. }
        | Command::FreeQuestion { question }) = command
        else {
            return Ok(());
        };
        let group = self.questions.get(GroupId(*question));
        let open = group.filter(|group| group.state == QuestionState::Open);
        let claim = &open.ok_or(Refusal::AskedGone)?.claim;
        let others = claim.as_ref().filter(|claim| claim.by != actor.name);
        match (command, others) {
            (Command::AssignQuestion { .. }, _) | (_, None) => Ok(()),
            (Command::FreeQuestion { .. }, _) if actor.role >= Role::Producer => Ok(()),
            (_, Some(claim)) => Err(Refusal::QuestionTaken {
                by: claim.by.clone(),
            }),
        }
    }

    /// Whether somebody hid the line, alone or with its question.
    pub(super) fn is_hidden(&self, message: &MessageId) -> bool {
        let mut alone = self.hidden.iter();
        let mut groups = self.questions.closed();
        alone.any(|hidden| hidden.line.id == *message)
            || groups.any(|group| {
                let mut lines = group.lines();
                group.state == QuestionState::Hidden
                    && lines.any(|line| line.id == message.as_str())
            })
    }

    /// Whether it is so already.
    pub(super) fn is_done(&self, actor: &Actor, command: &Command) -> bool {
        let held_by = |question: &u64| {
            let group = self.questions.get(GroupId(*question))?;
            Some(group.claim.as_ref()?.by.as_str())
        };
        match command {
            Command::ClaimQuestion { question, .. } | Command::AssignQuestion { question, .. } => {
                command.holder(actor).is_some() && held_by(question) == command.holder(actor)
            }
            Command::FreeQuestion { question } => held_by(question).is_none(),
            _ => false,
        }
    }

    pub(super) fn claim(&mut self, question: u64, holder: Option<String>, at: At) {
        let since_ms = u64::try_from(at.0).unwrap_or(0);
        let claim = holder.map(|by| Claim { by, since_ms });
        self.questions.claim(GroupId(question), claim);
    }

    pub(super) fn mark_by(
        &mut self,
        question: u64,
        state: QuestionState,
        hide: Option<Hide>,
        by: &str,
    ) {
        let (id, by) = (GroupId(question), by.to_owned());
        match hide {
            Some(hide) if state == QuestionState::Hidden => {
                self.questions.hide(id, Hidden { hide, by });
            }
            _ => {
                self.questions.mark(id, state);
            }
        }
    }

    /// Takes a line out of sight.
    pub(super) fn hide(&mut self, line: ChatLine, hide: Hide, by: &str) {
        // After a restart the journal may tell once more what the lists know.
        self.hidden.retain(|known| known.line.id != line.id);
        let gone = line.id.clone();
        self.hidden.push_back(HiddenLine {
            line,
            hide,
            by: by.to_owned(),
        });
        if self.hidden.len() > HIDDEN_MAX {
            self.hidden.pop_front();
        }
        self.questions.take_back(|id| id == gone.as_str());
    }

    /// Held lines that a person kept out; they can be shown again like what was hidden by hand.
    pub(super) fn keep_out(&mut self, held: impl IntoIterator<Item = Held>, by: &str) {
        for Held { line, why, found } in held {
            let why = match why {
                HoldReason::Contact => HideReason::Contact,
                HoldReason::Abuse => HideReason::Insult,
                HoldReason::Ad | HoldReason::Lure | HoldReason::Flood => HideReason::Spam,
                HoldReason::OwnWord => HideReason::Other,
            };
            self.hide(line, Hide { why, words: found }, by);
        }
    }

    /// Takes lines out of those that are hidden, to be shown again.
    pub(super) fn unhide(&mut self, messages: &[MessageId]) -> Vec<ChatLine> {
        let (shown, stays): (VecDeque<HiddenLine>, VecDeque<HiddenLine>) =
            std::mem::take(&mut self.hidden)
                .into_iter()
                .partition(|hidden| messages.contains(&hidden.line.id));
        self.hidden = stays;
        shown.into_iter().map(|hidden| hidden.line).collect()
    }

    /// Whether a line asks this question.
    pub(super) fn asks(&self, question: u64, message: &MessageId) -> bool {
        let group = self.questions.get(GroupId(question));
        let mut lines = group.into_iter().flat_map(|group| group.lines());
        lines.any(|line| line.id == message.as_str())
    }

    /// The line of a question, where the chat itself does not have it any more.
    pub(super) fn asked_line(&self, message: &MessageId) -> Option<ChatLine> {
        let line = self.questions.line(message.as_str())?;
        let (platform, author) = line.author.split_once(':').unwrap_or(("", &line.author));
        Some(ChatLine {
            id: message.clone(),
            platform: platform.to_owned(),
            author: author.to_owned(),
            text: line.text.clone(),
            at: At(i64::try_from(line.at_ms).unwrap_or(i64::MAX)),
            question: true,
        })
    }

    pub(super) fn hidden_view(&self) -> Vec<HiddenLineView> {
        let newest = self.hidden.iter().rev().take(HIDDEN_TOLD);
        let view = newest.map(|hidden| HiddenLineView {
            line: hidden.line.clone(),
            hidden: HiddenView {
                hide: hidden.hide.clone(),
                by: hidden.by.clone(),
            },
        });
        view.collect()
    }
}

pub(super) fn claim_view(claim: &Claim) -> ClaimView {
    ClaimView {
        by: claim.by.clone(),
        since: At(i64::try_from(claim.since_ms).unwrap_or(i64::MAX)),
    }
}
