//! How long each product was on the picture in this broadcast: what a plan of minutes is compared with.

use crate::{At, Event, Phase, Show};

impl Show {
    /// Counts the turn that this event ends, before it is folded in. A broadcast begins at nothing.
    pub(crate) fn keep_airtime(&mut self, event: &Event) {
        let until = match event {
            Event::WentOnAir { on_air } => on_air.since,
            Event::WentOffAir { at } => *at,
            Event::PhaseChanged {
                phase: Phase::Rehearsing { .. } | Phase::Live { .. },
            } => {
                self.aired_ms.clear();
                return;
            }
            _ => return,
        };
        let (Some(on), Some(begun)) = (&self.on_air, self.begun()) else {
            return;
        };
        let turn = until.0.saturating_sub(on.since.max(begun).0);
        let aired = self.aired_ms.entry(on.product.clone()).or_default();
        *aired = aired.saturating_add(turn.max(0));
    }

    fn begun(&self) -> Option<At> {
        match self.phase {
            Phase::Idle => None,
            Phase::Rehearsing { since } | Phase::Live { since } => Some(since),
        }
    }
}
