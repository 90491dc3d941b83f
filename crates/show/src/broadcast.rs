//! The show's name, its destinations and how far it is: what may happen and what it changes.

use crate::canvas::canvas_off;
use crate::check::{self, ID_MAX, NAME_MAX};
use crate::destination_address;
use crate::{At, Destination, DestinationId, Event, Phase, Refusal, Show};

/// Most destinations of one show.
const DESTINATIONS_MAX: usize = 32;

impl Show {
    pub(crate) fn decide_rename(&self, name: String) -> Result<Vec<Event>, Refusal> {
        let name = name.trim();
        check::filled("name", name, NAME_MAX)?;
        if name == self.name {
            return Ok(Vec::new());
        }
        Ok(vec![Event::Renamed {
            name: name.to_owned(),
        }])
    }

    pub(crate) fn decide_put_destination(
        &self,
        destination: Destination,
    ) -> Result<Vec<Event>, Refusal> {
        check::filled("destination_id", destination.id.as_str(), ID_MAX)?;
        check::filled("platform", &destination.platform, NAME_MAX)?;
        check::filled("destination_name", &destination.name, NAME_MAX)?;
        destination_address::check(&destination.url)?;
        if self.is_live() && destination.enabled && !self.canvases.has(destination.canvas) {
            return Err(canvas_off(&destination));
        }
        match self.destinations.get(&destination.id) {
            Some(known) if *known == destination => return Ok(Vec::new()),
            Some(_) => {}
            None => check::at_most(
                "destinations",
                self.destinations.len() + 1,
                DESTINATIONS_MAX,
            )?,
        }
        Ok(vec![Event::DestinationPut { destination }])
    }

    pub(crate) fn decide_remove_destination(
        &self,
        destination: DestinationId,
    ) -> Result<Vec<Event>, Refusal> {
        if !self.destinations.contains_key(&destination) {
            return Err(Refusal::UnknownDestination { destination });
        }
        Ok(vec![Event::DestinationRemoved { destination }])
    }

    pub(crate) fn decide_start_rehearsal(&self, at: At) -> Result<Vec<Event>, Refusal> {
        match self.phase {
            Phase::Idle => Ok(vec![Event::PhaseChanged {
                phase: Phase::Rehearsing { since: at },
            }]),
            Phase::Rehearsing { .. } => Err(Refusal::RehearsalRunning),
            Phase::Live { .. } => Err(Refusal::AlreadyLive),
        }
    }

    /// Nothing that a simulated audience said comes before real viewers.
    pub(crate) fn decide_go_live(&self, at: At) -> Result<Vec<Event>, Refusal> {
        if self.is_live() {
            return Err(Refusal::AlreadyLive);
        }
        if self.enabled_destinations().next().is_none() {
            return Err(Refusal::NoDestination);
        }
        self.canvases_are_on()?;
        let mut events = Vec::new();
        if let Some(pinned) = &self.pinned
            && pinned.message.is_invented()
        {
            events.push(Event::QuestionUnpinned);
        }
        // Before it is live: what viewers did not see is no turn of theirs.
        events.extend(self.begin_turn_anew(at));
        events.push(Event::PhaseChanged {
            phase: Phase::Live { since: at },
        });
        events.extend(self.decide_set_recording(true));
        Ok(events)
    }

    /// Ending clears the picture too: card, clock and question go, and the recording stops.
    pub(crate) fn decide_end_show(&self, at: At) -> Result<Vec<Event>, Refusal> {
        if self.phase == Phase::Idle {
            return Err(Refusal::NotRunning);
        }
        let mut events = self.decide_take_off_air(at);
        events.extend(self.decide_unpin_question());
        if self.lower_third.is_some() {
            events.push(Event::LowerThirdShown { id: None });
        }
        events.push(Event::PhaseChanged { phase: Phase::Idle });
        events.extend(self.decide_set_recording(false));
        Ok(events)
    }

    pub(crate) fn apply_broadcast(&mut self, event: &Event) {
        match event {
            Event::Renamed { name } => self.name.clone_from(name),
            Event::DestinationPut { destination } => {
                self.destinations
                    .insert(destination.id.clone(), destination.clone());
            }
            Event::DestinationRemoved { destination } => {
                self.destinations.remove(destination);
            }
            Event::PhaseChanged { phase } => {
                if let (false, Phase::Live { since }) = (self.is_live(), phase) {
                    self.begin_keeping_anew();
                    self.begin_goal_anew();
                    self.selling_since = Some(*since);
                    self.orders.count_anew();
                    self.count_orders();
                }
                if *phase == Phase::Idle {
                    self.vetting_overrides.clear();
                    self.notes.clear();
                }
                self.phase = *phase;
            }
            _ => {}
        }
    }
}
