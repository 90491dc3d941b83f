//! Follows the studio while the server is on: one board for all clients, and the events between two of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use stallcast_obsws::{Board, Event, changes};
use stallcast_show::DestinationId;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};

use super::board::{Known, board};
use super::usage::Usage;
use crate::studio::Studio;

/// What is told when a replay was saved, by whoever.
const REPLAY_SAVED: &str = "notice.replay_saved";

/// Follows for ever; whoever switches the server off drops this.
pub(super) async fn follow(
    studio: Studio,
    boards: watch::Sender<Arc<Board>>,
    events: broadcast::Sender<Event>,
) {
    let (mut shows, mut statuses) = (studio.desk().published(), studio.status());
    let (_, mut notices) = studio.notices();
    let mut bytes: BTreeMap<DestinationId, f64> = BTreeMap::new();
    let (mut usage, mut last_replay, mut first) = (Usage::new(), None, true);
    // Told after the board that knows of it.
    let mut saved: Option<Event> = None;
    loop {
        let published = shows.borrow_and_update().clone();
        let status = statuses.borrow_and_update().clone();
        let known = Known {
            lang: studio.lang(),
            status: &status,
            usage: &usage,
            bytes: &bytes,
            last_replay: &last_replay,
        };
        let next = Arc::new(board(&published.show, published.seq, &known));
        let before = boards.send_replace(Arc::clone(&next));
        if !first {
            // Nobody there is fine.
            for event in changes(&before, &next) {
                let _ = events.send(event);
            }
        }
        first = false;
        if let Some(saved) = saved.take() {
            let _ = events.send(saved);
        }
        tokio::select! {
            changed = shows.changed() => if changed.is_err() { return },
            changed = statuses.changed() => {
                if changed.is_err() {
                    return;
                }
                let passed = usage.look();
                for health in &statuses.borrow().destinations {
                    // kbit/s are 125 bytes a second.
                    *bytes.entry(health.id.clone()).or_default() += health.kbps * 125.0 * passed;
                }
            }
            notice = notices.recv() => match notice {
                Ok(notice) if notice.key == REPLAY_SAVED => {
                    let file = notice.params.get("file").cloned().unwrap_or_default();
                    let path = Path::new(&status.recordings_folder).join(file);
                    let path = path.to_string_lossy().into_owned();
                    saved = Some(Event::replay_saved(&path));
                    last_replay = Some(path);
                }
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
        }
    }
}
