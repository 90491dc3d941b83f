//! Notes in the journal what goes wrong with the stream while a show is live: what its recap and its evidence tell.

use std::collections::BTreeMap;

use stallcast_show::{At, Command, Incident, IncidentKind, IncidentTurn, Show, VideoCodec};
use stallcast_wire::{RunState, StatusView};
use tokio::sync::watch;

use crate::air::engine;
use crate::desk::Desk;
use crate::wire_name::wire_name;

/// Most turns noted of one show: an uplink that comes and goes for hours must not fill the journal.
const TURNS_MAX: usize = 400;
/// A bitrate that falls below three quarters of the one noted is noted again.
const WORSE: (u32, u32) = (3, 4);

/// A trouble that is there now.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Trouble {
    name: String,
    code: String,
    kbps: Option<u32>,
}

type Troubles = BTreeMap<(IncidentKind, String), Trouble>;

/// Follows the status until the engine ends.
pub async fn follow(desk: Desk, mut status: watch::Receiver<StatusView>) {
    let mut known = Troubles::new();
    let mut noted = 0;
    while status.changed().await.is_ok() {
        let seen = status.borrow_and_update().clone();
        let show = desk.show();
        if !show.is_live() {
            known.clear();
            noted = 0;
            continue;
        }
        for incident in turns(&mut known, &seen, &show) {
            noted += 1;
            if noted > TURNS_MAX {
                break;
            }
            let note = Command::NoteIncident { incident };
            if let Err(error) = desk.submit(engine(), note).await {
                tracing::debug!(?error, "an incident could not be noted");
            }
        }
    }
}

/// Notes that no engine was there since a moment, in a show that goes on.
pub async fn note_absence(desk: &Desk, since: At) {
    for turn in [IncidentTurn::Began, IncidentTurn::Over] {
        let incident = Incident {
            kind: IncidentKind::Engine,
            id: "engine".into(),
            name: String::new(),
            turn,
            code: String::new(),
            kbps: None,
            dropped: None,
            since: Some(since),
        };
        let note = Command::NoteIncident { incident };
        if let Err(error) = desk.submit(engine(), note).await {
            tracing::warn!(?error, "that the engine was gone could not be noted");
        }
    }
}

/// What began, became worse or was over since the last look.
fn turns(known: &mut Troubles, status: &StatusView, show: &Show) -> Vec<Incident> {
    let now = troubles(status, show);
    let mut turns = Vec::new();
    let turn = |(kind, id): &(IncidentKind, String), trouble: &Trouble, turn, dropped| Incident {
        kind: *kind,
        id: id.clone(),
        name: trouble.name.clone(),
        turn,
        code: trouble.code.clone(),
        kbps: trouble.kbps,
        dropped,
        since: None,
    };
    known.retain(|key, trouble| {
        let is_there = now.contains_key(key);
        if !is_there {
            let health = status.destinations.iter().find(|it| it.id.0 == key.1);
            let dropped = health.map(|it| u32::try_from(it.frames_dropped).unwrap_or(u32::MAX));
            turns.push(turn(key, trouble, IncidentTurn::Over, dropped));
        }
        is_there
    });
    for (key, trouble) in now {
        let is_new = known.get(&key).is_none_or(|before| {
            let (part, of) = WORSE;
            let fell = trouble.kbps.zip(before.kbps);
            fell.is_some_and(|(now, before)| now.saturating_mul(of) < before.saturating_mul(part))
        });
        if is_new {
            turns.push(turn(&key, &trouble, IncidentTurn::Began, None));
            known.insert(key, trouble);
        }
    }
    turns
}

fn troubles(status: &StatusView, show: &Show) -> Troubles {
    let mut found = Troubles::new();
    let fails = |run: &RunState| matches!(run, RunState::Stalled | RunState::Retrying { .. });
    let wanted = status.canvases.iter().filter_map(|it| it.encoder.as_ref());
    let wanted = wanted.map(|encoder| encoder.wanted_kbps).min();
    for health in &status.destinations {
        let Some(destination) = show.destinations.get(&health.id) else {
            continue;
        };
        let trouble = |code: &str, kbps| Trouble {
            name: destination.name.clone(),
            code: code.to_owned(),
            kbps,
        };
        let id = health.id.0.clone();
        if fails(&health.run) {
            let trouble = trouble(&health.error, None);
            found.insert((IncidentKind::Destination, id), trouble);
        } else if health.run == RunState::Live
            && matches!(health.codec, Some(VideoCodec::H264))
            && wanted.is_some_and(|wanted| health.target_kbps < wanted)
        {
            let trouble = trouble("", Some(health.target_kbps));
            found.insert((IncidentKind::Bitrate, id), trouble);
        }
    }
    for input in status.inputs.iter().filter(|input| fails(&input.run)) {
        let Some(source) = show.sources.get(&input.id) else {
            continue;
        };
        let trouble = Trouble {
            name: source.name.clone(),
            code: input.detail.clone(),
            kbps: None,
        };
        found.insert((IncidentKind::Input, input.id.0.clone()), trouble);
    }
    for canvas in &status.canvases {
        let id: String = wire_name(&canvas.canvas);
        let of = |code: &str| Trouble {
            name: String::new(),
            code: code.to_owned(),
            kbps: None,
        };
        if let Some(recording) = canvas.recording.as_ref().filter(|it| !it.error.is_empty()) {
            let trouble = of(&recording.error);
            found.insert((IncidentKind::Recording, id.clone()), trouble);
        }
        if canvas.encoder.as_ref().is_some_and(|it| it.too_slow) {
            found.insert((IncidentKind::Computer, id), of(""));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use stallcast_show::DestinationId;
    use stallcast_wire::DestinationHealth;

    use super::*;

    fn health(run: RunState, target_kbps: u32) -> DestinationHealth {
        DestinationHealth {
            id: DestinationId("d".into()),
            run,
            kbps: 0.0,
            frames_sent: 0,
            frames_dropped: 12,
            backlog_ms: 0,
            reconnects: 0,
            error: "unreachable".into(),
            server_words: None,
            target_kbps,
            room_closes_in_ms: None,
            has_key: true,
            codec: Some(VideoCodec::H264),
            codec_note: String::new(),
        }
    }

    fn retrying(attempt: u32) -> RunState {
        RunState::Retrying {
            attempt,
            next_in_ms: 1_000,
        }
    }

    #[test]
    fn a_destination_that_goes_and_comes_back_is_noted_twice_however_often_it_is_tried() {
        let mut show = Show::new("show");
        let destination = crate::sample::destination("d");
        show.destinations
            .insert(DestinationId("d".into()), destination);
        let mut known = Troubles::new();
        let mut look = |run: RunState| {
            let mut status = crate::studio::empty_status();
            status.destinations = vec![health(run, 2_500)];
            turns(&mut known, &status, &show)
        };
        assert!(look(RunState::Live).is_empty());
        let began = look(retrying(1));
        assert_eq!(began.len(), 1);
        let first = &began[0];
        assert_eq!(
            (first.turn, first.name.as_str()),
            (IncidentTurn::Began, "抖音")
        );
        assert_eq!(first.code, "unreachable");
        assert!(look(retrying(2)).is_empty());
        let over = look(RunState::Live);
        assert_eq!(
            (over[0].turn, over[0].dropped),
            (IncidentTurn::Over, Some(12))
        );
        assert!(look(RunState::Live).is_empty());
    }
}
