//! What went wrong with the stream in a show, from the turns that the engine noted. Pure.

use serde::{Deserialize, Serialize};

use crate::{At, Incident, IncidentKind, IncidentTurn};

/// Something that went wrong, from its beginning to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RecapIncident {
    /// About what.
    pub kind: IncidentKind,
    /// Id of the destination or source; the canvas of a recording or a computer that is too slow.
    pub id: String,
    /// Its name at that time.
    pub name: String,
    /// Why, as a code; empty = not known.
    pub code: String,
    /// Since when.
    pub from: At,
    /// Until when; `None` = until the end of the show.
    pub to: Option<At>,
    /// The least that was sent instead, kbit/s, where a bitrate was lowered.
    pub kbps: Option<u32>,
    /// Pictures left out for a destination from the beginning of the show until it was over.
    pub dropped: Option<u32>,
}

/// Takes a turn into the list.
pub(crate) fn take(incidents: &mut Vec<RecapIncident>, at: At, turn: &Incident) {
    let mut open = incidents.iter_mut().rev();
    let open = open.find(|it| it.to.is_none() && it.kind == turn.kind && it.id == turn.id);
    match (turn.turn, open) {
        (IncidentTurn::Began, Some(known)) => {
            if known.code.is_empty() {
                known.code.clone_from(&turn.code);
            }
            known.kbps = known.kbps.min(turn.kbps).or(turn.kbps);
        }
        (IncidentTurn::Began, None) => incidents.push(RecapIncident {
            kind: turn.kind,
            id: turn.id.clone(),
            name: turn.name.clone(),
            code: turn.code.clone(),
            from: turn.since.map_or(at, |since| since.min(at)),
            to: None,
            kbps: turn.kbps,
            dropped: None,
        }),
        (IncidentTurn::Over, Some(known)) => {
            known.to = Some(at.max(known.from));
            known.dropped = turn.dropped;
        }
        (IncidentTurn::Over, None) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_of_one_thing_are_one_incident_from_its_beginning_to_its_end() {
        let turn = |id: &str, turn, kbps| Incident {
            kind: IncidentKind::Bitrate,
            id: id.into(),
            name: id.into(),
            turn,
            code: String::new(),
            kbps,
            dropped: Some(7),
            since: None,
        };
        let mut found = Vec::new();
        take(&mut found, At(1), &turn("a", IncidentTurn::Over, None));
        take(
            &mut found,
            At(2),
            &turn("a", IncidentTurn::Began, Some(900)),
        );
        take(
            &mut found,
            At(3),
            &turn("b", IncidentTurn::Began, Some(500)),
        );
        take(
            &mut found,
            At(4),
            &turn("a", IncidentTurn::Began, Some(400)),
        );
        take(&mut found, At(5), &turn("a", IncidentTurn::Over, None));
        take(
            &mut found,
            At(6),
            &turn("a", IncidentTurn::Began, Some(800)),
        );
        let brief: Vec<_> = found
            .iter()
            .map(|it| (it.id.as_str(), it.from.0, it.to, it.kbps, it.dropped))
            .collect();
        let wanted = [
            ("a", 2, Some(At(5)), Some(400), Some(7)),
            ("b", 3, None, Some(500), None),
            ("a", 6, None, Some(800), None),
        ];
        assert_eq!(brief, wanted);
    }

    #[test]
    fn what_could_not_be_noted_when_it_began_is_told_from_its_beginning() {
        let turn = |turn, since| Incident {
            kind: IncidentKind::Engine,
            id: "engine".into(),
            name: String::new(),
            turn,
            code: String::new(),
            kbps: None,
            dropped: None,
            since,
        };
        let mut found = Vec::new();
        take(&mut found, At(90), &turn(IncidentTurn::Began, Some(At(40))));
        take(&mut found, At(90), &turn(IncidentTurn::Over, None));
        let brief: Vec<_> = found.iter().map(|it| (it.from, it.to)).collect();
        assert_eq!(brief, [(At(40), Some(At(90)))]);
    }
}
