//! Notes in the journal how many pictures each destination did not get while a show is live, so that its recap can tell
//! when.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use stallcast_show::{Command, DestinationId, PicturesDropped, Show};
use stallcast_wire::{DestinationHealth, StatusView};
use tokio::sync::watch;

use crate::air::engine;
use crate::desk::Desk;

/// Wait between two notes of one destination: a link that loses something all day adds 180 entries an hour. What is lost
/// in the last seconds of a show is not noted.
const BETWEEN: Duration = Duration::from_secs(20);

/// What is known of a destination's count.
#[derive(Debug)]
struct Counted {
    /// As it was when it was noted last.
    noted: u64,
    at: Option<Instant>,
}

type Known = BTreeMap<DestinationId, Counted>;

/// Follows the status until the engine ends.
pub async fn follow(desk: Desk, mut status: watch::Receiver<StatusView>) {
    let mut known = Known::new();
    while status.changed().await.is_ok() {
        let seen = status.borrow_and_update().destinations.clone();
        let show = desk.show();
        if !show.is_live() {
            known.clear();
            continue;
        }
        for note in notes(&mut known, &seen, &show, Instant::now()) {
            if let Err(error) = desk.submit(engine(), Command::NoteDropped { note }).await {
                tracing::debug!(?error, "dropped pictures could not be noted");
            }
        }
    }
}

/// What was lost since the last note of each. A count that fell began anew.
fn notes(
    known: &mut Known,
    seen: &[DestinationHealth],
    show: &Show,
    now: Instant,
) -> Vec<PicturesDropped> {
    let mut notes = Vec::new();
    for health in seen {
        let Some(destination) = show.destinations.get(&health.id) else {
            continue;
        };
        let counted = known
            .entry(health.id.clone())
            .or_insert(Counted { noted: 0, at: None });
        if health.frames_dropped < counted.noted {
            counted.noted = 0;
        }
        let lost = health.frames_dropped - counted.noted;
        let waits = counted
            .at
            .is_some_and(|at| now.duration_since(at) < BETWEEN);
        if lost == 0 || waits {
            continue;
        }
        *counted = Counted {
            noted: health.frames_dropped,
            at: Some(now),
        };
        notes.push(PicturesDropped {
            destination: health.id.clone(),
            name: destination.name.clone(),
            pictures: u32::try_from(lost).unwrap_or(u32::MAX),
        });
    }
    notes
}

#[cfg(test)]
mod tests {
    use stallcast_wire::RunState;

    use super::*;

    #[test]
    fn what_is_lost_is_noted_once_and_not_more_often_than_needed() {
        let mut show = Show::new("show");
        let destination = crate::sample::destination("d");
        show.destinations
            .insert(destination.id.clone(), destination);
        let began = Instant::now();
        let mut known = Known::new();
        let mut look = |after: Duration, frames_dropped| {
            let health = DestinationHealth {
                id: DestinationId("d".into()),
                run: RunState::Live,
                kbps: 0.0,
                frames_sent: 0,
                frames_dropped,
                backlog_ms: 0,
                reconnects: 0,
                error: String::new(),
                server_words: None,
                target_kbps: 0,
                room_closes_in_ms: None,
                has_key: true,
                codec: None,
                codec_note: String::new(),
            };
            let notes = notes(&mut known, &[health], &show, began + after);
            notes.iter().map(|note| note.pictures).sum::<u32>()
        };
        assert_eq!(look(Duration::ZERO, 0), 0);
        assert_eq!(look(Duration::from_secs(1), 30), 30);
        assert_eq!(look(Duration::from_secs(2), 90), 0, "waits");
        assert_eq!(look(Duration::from_secs(22), 120), 90);
        assert_eq!(look(Duration::from_secs(50), 120), 0);
        assert_eq!(look(Duration::from_secs(60), 7), 7, "it began anew");
    }
}
