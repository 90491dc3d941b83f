//! The room's one loop: gathers what comes, has it sifted and written down, and shows it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use stallcast_chat::Incoming;
use stallcast_show::{ChatLine, Command, MessageId};
use tokio::sync::{mpsc, oneshot};

use super::lists::TELL_EVERY;
use super::unwritten::Unwritten;
use super::{Shared, Told};
use crate::air::engine;

/// How long lines are gathered before they are written and shown; the design allows 100 ms.
const GATHER: Duration = Duration::from_millis(80);
/// Most lines in one batch: 12 500 a second at [`GATHER`], well above the 5 000 a busy room may bring.
const BATCH: usize = 1000;

/// Told once nothing waits any more that came before it: whether all of it is written down.
pub(super) type Waiter = oneshot::Sender<bool>;

/// A waiter, with how much still stands before it.
struct Owed {
    left: usize,
    waiter: Waiter,
}

pub(super) async fn gather(
    mut waiting: mpsc::Receiver<Incoming>,
    mut asking: mpsc::Receiver<Waiter>,
    mut closed: oneshot::Receiver<()>,
    shared: Arc<Shared>,
) {
    let desk = &shared.desk;
    let mut arrived = Vec::with_capacity(BATCH);
    let mut owed: Vec<Owed> = Vec::new();
    let mut unwritten = Unwritten::default();
    let mut tick = tokio::time::interval(TELL_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let came = tokio::select! {
            _ = tick.tick() => {
                // The desk tries the journal by itself while it cannot be written.
                if desk.journal_trouble().is_none() {
                    write_rest(&shared, &mut unwritten).await;
                }
                shared.lists.tell(false).await;
                continue;
            }
            Some(waiter) = asking.recv() => {
                owed.push(Owed { left: waiting.len(), waiter });
                write_rest(&shared, &mut unwritten).await;
                tell(&mut owed, 0, unwritten.is_empty());
                continue;
            }
            came = waiting.recv_many(&mut arrived, BATCH) => came,
            _ = &mut closed, if !waiting.is_closed() => {
                // What waits is still received; then none comes.
                waiting.close();
                continue;
            }
        };
        if came == 0 {
            write_rest(&shared, &mut unwritten).await;
            return;
        }
        let until = tokio::time::Instant::now() + GATHER;
        while arrived.len() < BATCH {
            let room = BATCH - arrived.len();
            match tokio::time::timeout_at(until, waiting.recv_many(&mut arrived, room)).await {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
        }
        let taken = arrived.len();
        let mut lines = Vec::with_capacity(arrived.len());
        for incoming in arrived.drain(..) {
            match incoming {
                Incoming::Line(line) => lines.push(line),
                Incoming::Removed(gone) => {
                    lines.retain(|line: &ChatLine| !gone.contains(&line.id));
                    take_back(&shared, &mut unwritten, gone).await;
                }
            }
        }
        if lines.is_empty() {
            tell(&mut owed, taken, unwritten.is_empty());
            continue;
        }
        let (sifted, count) = (shared.lists.sift(&lines).await, lines.len());
        let held = sifted.held;
        let note = if held.is_empty() {
            Command::NoteChat { lines }
        } else {
            Command::HoldChat { lines, held }
        };
        if let Some(seq) = unwritten.write(desk, count, note).await {
            shared.lists.reached(seq).await;
        }
        tell(&mut owed, taken, unwritten.is_empty());
        shared.take_away(sifted.folded);
        // As it is then: what comes after the invented lines were taken off the screens must not bring more of them.
        shared.show(sifted.shown, |line| {
            !(line.id.is_invented() && desk.show().is_live())
        });
        if !sifted.marks.is_empty() {
            // Nobody listening is fine.
            let _ = shared.batches.send(Told::Marks(sifted.marks.into()));
        }
        shared.lists.tell(false).await;
    }
}

/// Tells those that wait for no more than what was just taken whether all that came `is_written`.
fn tell(owed: &mut Vec<Owed>, taken: usize, is_written: bool) {
    for one in owed.iter_mut() {
        one.left = one.left.saturating_sub(taken);
    }
    for one in owed.extract_if(.., |one| one.left == 0) {
        // Whoever waited may be gone.
        let _ = one.waiter.send(is_written);
    }
}

/// Writes down what could not be written before.
async fn write_rest(shared: &Shared, unwritten: &mut Unwritten) {
    if let Some(seq) = unwritten.write_all(&shared.desk).await {
        shared.lists.reached(seq).await;
    }
}

/// Lines that their platform took back leave every screen, the picture included.
async fn take_back(shared: &Shared, unwritten: &mut Unwritten, gone: Vec<MessageId>) {
    let desk = &shared.desk;
    let pinned = desk
        .show()
        .pinned
        .as_ref()
        .is_some_and(|pinned| gone.contains(&pinned.message));
    if pinned && desk.submit(engine(), Command::UnpinQuestion).await.is_err() {
        tracing::warn!("a question that was taken back could not be unpinned");
    }
    let messages = gone.clone();
    let note = Command::TakeBackChat { messages };
    let last = unwritten.write(desk, gone.len(), note).await;
    let taken: HashSet<MessageId> = gone.iter().cloned().collect();
    shared.lists.forget(move |id| taken.contains(id)).await;
    if let Some(seq) = last {
        shared.lists.reached(seq).await;
    }
    shared.take_away(gone);
}
