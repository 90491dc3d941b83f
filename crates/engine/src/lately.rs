//! Who changed what last, so that two people who act at once on the same thing hear of each other.

use std::collections::VecDeque;

use stallcast_show::{Actor, Command};
use stallcast_wire::{ErrorCode, WireError};

/// Things remembered; what was changed before them is long on every page.
const THINGS: usize = 256;

/// One thing that two people can be at, and who changed it last.
struct Change {
    thing: String,
    seq: u64,
    by: String,
}

/// The last changes.
#[derive(Default)]
pub(crate) struct Lately(VecDeque<Change>);

impl Lately {
    /// Whether nobody else changed what `command` is about after the journal's entry `seen`.
    ///
    /// # Errors
    /// [`ErrorCode::WasFirst`], with the name of who did.
    pub(crate) fn permit(
        &self,
        actor: &Actor,
        command: &Command,
        seen: u64,
    ) -> Result<(), WireError> {
        let Some(thing) = thing(command) else {
            return Ok(());
        };
        let last = self.0.iter().rev().find(|change| change.thing == thing);
        match last.filter(|change| change.seq > seen && change.by != actor.name) {
            Some(change) => Err(WireError::new(ErrorCode::WasFirst).with("by", &change.by)),
            None => Ok(()),
        }
    }

    /// Remembers that `thing` was changed by the journal's entry `seq`.
    pub(crate) fn note(&mut self, actor: &Actor, thing: Option<String>, seq: u64) {
        let Some(thing) = thing else {
            return;
        };
        self.0.retain(|change| change.thing != thing);
        if self.0.len() >= THINGS {
            self.0.pop_front();
        }
        let by = actor.name.clone();
        self.0.push_back(Change { thing, seq, by });
    }
}

/// What a command is about, where the last one counts. Steps (one unit more) add up and are about nothing.
pub(crate) fn thing(command: &Command) -> Option<String> {
    Some(match command {
        Command::PutOnAir { .. } | Command::TakeOffAir => "on_air".into(),
        Command::StartCountdown { .. } | Command::StopCountdown => "countdown".into(),
        Command::PinQuestion { .. } | Command::AnswerQuestion { .. } | Command::UnpinQuestion => {
            "pinned".into()
        }
        Command::SetModeration { .. } => "moderation".into(),
        Command::ClaimQuestion { question, .. }
        | Command::AssignQuestion { question, .. }
        | Command::FreeQuestion { question } => format!("claim {question}"),
        Command::MarkQuestion { question, .. }
        | Command::SplitQuestion { question, .. }
        | Command::MergeQuestions { into: question, .. } => format!("question {question}"),
        Command::SetStock { product, .. } => format!("stock {product}"),
        Command::PutProduct { product, .. } => format!("product {}", product.id),
        Command::SetRundown { .. } => "rundown".into(),
        Command::SwitchScene { .. } => "scene".into(),
        Command::StartBreak { .. } | Command::EndBreak => "break".into(),
        Command::StartPoll { .. } | Command::ClosePoll | Command::ClearPoll => "poll".into(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use stallcast_show::Role;

    use super::*;

    #[test]
    fn the_second_hears_who_was_first_and_may_go_on_once_it_has_seen_that() {
        let of = |name: &str| Actor {
            name: name.into(),
            role: Role::Producer,
        };
        let put = |id: &str| Command::PutOnAir { product: id.into() };
        let mut lately = Lately::default();
        assert_eq!(lately.permit(&of("Li"), &put("a"), 4), Ok(()));
        lately.note(&of("Li"), thing(&put("a")), 5);
        let refused = lately.permit(&of("Wang"), &put("b"), 4).unwrap_err();
        assert_eq!(
            (refused.code, refused.params["by"].as_str()),
            (ErrorCode::WasFirst, "Li")
        );
        assert_eq!(lately.permit(&of("Wang"), &put("b"), 5), Ok(()));
        assert_eq!(lately.permit(&of("Li"), &put("b"), 4), Ok(()));
        assert_eq!(lately.permit(&of("Wang"), &Command::EndBreak, 4), Ok(()));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut lately = Lately::default();
        let actor = Actor {
            name: "Li".into(),
            role: Role::Producer,
        };
        for n in 0..1000 {
            lately.note(&actor, Some(format!("stock {n}")), n);
        }
        assert_eq!(lately.0.len(), THINGS);
    }
}
