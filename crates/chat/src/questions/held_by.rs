//! Who of the team sees to a question, and who hid one and why.

use serde::{Deserialize, Serialize};
use stallcast_show::{Hide, QuestionState};

use super::{GroupId, Questions};

/// Who sees to a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Their name, unique in the team.
    pub by: String,
    /// Since when, in milliseconds of the clock of [`super::Asked::at_ms`].
    pub since_ms: u64,
}

/// Why a question is not to be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hidden {
    /// The reason that was given.
    pub hide: Hide,
    /// Who gave it.
    pub by: String,
}

impl Questions {
    /// Says who sees to an open question, or that nobody does. `false` where it is gone or closed.
    pub fn claim(&mut self, id: GroupId, claim: Option<Claim>) -> bool {
        let open = |group: &&mut super::Group| group.state == QuestionState::Open;
        let Some(group) = self.groups.get_mut(&id).filter(open) else {
            return false;
        };
        group.claim = claim;
        true
    }

    /// Takes a question out of sight. `false` where it is gone.
    pub fn hide(&mut self, id: GroupId, hidden: Hidden) -> bool {
        let is_there = self.mark(id, QuestionState::Hidden);
        if let Some(group) = self.groups.get_mut(&id) {
            group.hidden = Some(hidden);
        }
        is_there
    }

    /// A line of any question.
    pub fn line(&self, id: &str) -> Option<&super::Line> {
        let mut lines = self.groups.values().flat_map(|group| &group.lines);
        lines.find(|line| line.id == id)
    }

    /// The questions that somebody sees to, and who.
    pub fn claimed(&self) -> impl Iterator<Item = (GroupId, &str)> {
        let groups = self.groups.values();
        groups.filter_map(|group| Some((group.id, group.claim.as_ref()?.by.as_str())))
    }
}
