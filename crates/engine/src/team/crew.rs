//! Who works on the chat: those whom questions can be handed to, and how long each has been away.

use stallcast_show::Role;
use stallcast_wire::{CrewMember, CrewView, TeamView};
use tokio::sync::watch;

use super::Team;
use crate::clock::now;

impl Team {
    /// Whoever questions can be handed to, and its changes.
    pub(crate) fn crew(&self) -> watch::Receiver<CrewView> {
        self.inner.crew.subscribe()
    }

    /// Whether a member of that name may work on the chat.
    pub(crate) fn works_on_chat(&self, name: &str) -> bool {
        let crew = self.inner.crew.borrow();
        crew.members.iter().any(|member| member.name == name)
    }

    /// For how long no page of a member was connected, in milliseconds; `None` = there is no such member (any more). After
    /// a start everybody has the time to come again.
    pub(crate) fn away_ms(&self, name: &str) -> Option<u64> {
        let state = self.lock();
        let mut members = state.kept.members.iter();
        let member = members.find(|member| member.name == name)?;
        let here = state.here.get(&member.id);
        if here.is_some_and(|here| here.pages > 0) {
            return Some(0);
        }
        let seen_at = here.map_or(member.seen_at, |here| here.seen_at);
        let away = u64::try_from(now().0 - seen_at).unwrap_or(0);
        Some(away.min(self.now_ms()))
    }

    pub(super) fn tell_crew(&self, team: &TeamView) {
        let members = team.members.iter();
        let members = members
            .filter(|member| member.role >= Role::Moderator && !member.waiting)
            .map(|member| CrewMember {
                name: member.name.clone(),
                role: member.role,
                here: member.online > 0,
            });
        let crew = CrewView {
            members: members.collect(),
        };
        self.inner.crew.send_if_modified(|known| {
            let changed = *known != crew;
            *known = crew;
            changed
        });
    }
}
