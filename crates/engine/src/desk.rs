//! The desk: the one thread that owns the show. Commands come in, events go to the journal first and to
//! everybody else after. A journal that cannot be written is told of and tried until it can.

use std::sync::Arc;
use std::time::{Duration, Instant};

use stallcast_journal::{Journal, JournalError, Resumed, Seq};
use stallcast_show::{Actor, At, Command, Event, Show, decide};
use stallcast_wire::{ErrorCode, JournalTrouble, WireError};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use crate::bulk_undo::LastBulk;
use crate::lately::{self, Lately};
use crate::replacement::Replacement;
use crate::selling;
use crate::threads::Threads;
use crate::vetting;

/// Commands waiting for the desk; a full queue makes the sender wait, it never drops one.
const WAITING_COMMANDS: usize = 256;

/// How often a journal that could not be written is tried; a trial writes some 70 kB.
const TRY_EVERY: Duration = Duration::from_secs(2);

/// How often what chat changed in a game is told at most: bars that grow twice a second are alive, and each telling sends
/// the show to every page.
const TELL_GAMES_EVERY: Duration = Duration::from_millis(400);

/// How often the room kept for a full disk is filled again after it was used.
const REFILL_EVERY: Duration = Duration::from_secs(30);

/// The show as last written to the journal.
#[derive(Debug, Clone)]
pub struct Published {
    /// The state.
    pub show: Arc<Show>,
    /// Sequence number of its last event.
    pub seq: u64,
    /// Rises when a product changes, so that the catalogue is only sent again when it did.
    pub catalogue: u64,
}

/// What to ask of the show as it is when the desk comes to it.
type Wish = Box<dyn FnOnce(&Show) -> Option<Command> + Send>;

struct Ask {
    actor: Actor,
    wish: Wish,
    /// Entry of the journal that the asker had seen, where others' changes since are not to be changed unseen.
    seen: Option<u64>,
    reply: oneshot::Sender<Result<u64, WireError>>,
}

/// A way to the desk.
#[derive(Clone)]
pub struct Desk {
    asks: mpsc::Sender<Ask>,
    published: watch::Receiver<Published>,
    trouble: watch::Receiver<Option<JournalTrouble>>,
    last_bulk: LastBulk,
    replacement: Replacement,
}

impl Desk {
    /// Starts the desk's thread over a resumed show. The thread ends when the last `Desk` is dropped.
    ///
    /// # Errors
    /// When the thread cannot be started, or this is called outside the runtime that gives it its clock.
    pub fn start(
        journal: Journal,
        resumed: Resumed,
        clock: fn() -> At,
        threads: &Threads,
    ) -> std::io::Result<Self> {
        let (asks, waiting) = mpsc::channel(WAITING_COMMANDS);
        let first = Published {
            show: Arc::new(resumed.show),
            seq: resumed.last_seq.0,
            catalogue: 0,
        };
        let (publish, published) = watch::channel(first);
        let (tell, trouble) = watch::channel(None);
        let replacement = Replacement::default();
        let thread = Thread {
            journal,
            waiting,
            publish,
            clock,
            trouble: tell,
            refilled: None,
            told: Instant::now(),
            untold: false,
            lately: Lately::default(),
            replacement: replacement.clone(),
            runtime: Handle::try_current().map_err(std::io::Error::other)?,
        };
        threads.start("desk", move || thread.run())?;
        Ok(Self {
            asks,
            published,
            trouble,
            last_bulk: LastBulk::default(),
            replacement,
        })
    }

    /// The state, to look at or to follow.
    pub fn published(&self) -> watch::Receiver<Published> {
        self.published.clone()
    }

    /// The state now.
    pub fn show(&self) -> Arc<Show> {
        Arc::clone(&self.published.borrow().show)
    }

    /// The last change of many products.
    pub(crate) fn last_bulk(&self) -> &LastBulk {
        &self.last_bulk
    }

    /// Whether a newer program is being put in this one's place.
    pub(crate) fn replacement(&self) -> &Replacement {
        &self.replacement
    }

    /// What keeps the journal from being written now.
    pub fn journal_trouble(&self) -> Option<JournalTrouble> {
        self.trouble.borrow().clone()
    }

    /// Asks for a change and waits until it is in the journal.
    ///
    /// # Errors
    /// When the show refuses, the journal cannot be written, or the engine is ending.
    pub async fn submit(&self, actor: Actor, command: Command) -> Result<u64, WireError> {
        self.ask(actor, Box::new(|_| Some(command)), None).await
    }

    /// As [`Desk::submit`], for somebody who had seen the show as of the journal's entry `seen`.
    ///
    /// # Errors
    /// Those of [`Desk::submit`]; [`ErrorCode::WasFirst`] when somebody else changed the same thing since.
    pub async fn submit_having_seen(
        &self,
        actor: Actor,
        command: Command,
        seen: u64,
    ) -> Result<u64, WireError> {
        self.ask(actor, Box::new(|_| Some(command)), Some(seen))
            .await
    }

    /// As [`Desk::submit`], with a command that is made from the show as it is at its turn: nothing can change between
    /// the look and the deed. `None` asks for nothing. The desk waits for `wish`: it only looks and answers.
    ///
    /// # Errors
    /// Those of [`Desk::submit`].
    pub async fn submit_at_turn(
        &self,
        actor: Actor,
        wish: impl FnOnce(&Show) -> Option<Command> + Send + 'static,
    ) -> Result<u64, WireError> {
        self.ask(actor, Box::new(wish), None).await
    }

    async fn ask(&self, actor: Actor, wish: Wish, seen: Option<u64>) -> Result<u64, WireError> {
        let (reply, answer) = oneshot::channel();
        let ending = || WireError::new(ErrorCode::ShuttingDown).retryable();
        self.asks
            .send(Ask {
                actor,
                wish,
                seen,
                reply,
            })
            .await
            .map_err(|_| ending())?;
        answer.await.map_err(|_| ending())?
    }
}

struct Thread {
    journal: Journal,
    waiting: mpsc::Receiver<Ask>,
    publish: watch::Sender<Published>,
    clock: fn() -> At,
    trouble: watch::Sender<Option<JournalTrouble>>,
    /// When the room kept for a full disk was last filled, or tried to.
    refilled: Option<Instant>,
    /// When the show was last told.
    told: Instant,
    /// Whether chat changed a game since.
    untold: bool,
    lately: Lately,
    replacement: Replacement,
    runtime: Handle,
}

impl Thread {
    fn run(mut self) {
        while let Some(ask) = self.next() {
            let outcome = self.carry_out(&ask.actor, ask.wish, ask.seen);
            // The page that asked may be gone; the change stands all the same.
            let _ = ask.reply.send(outcome);
        }
    }

    /// The next ask. While nothing can be written and nobody asks, the journal is tried.
    fn next(&mut self) -> Option<Ask> {
        let is_due = |refilled: Instant| refilled.elapsed() >= REFILL_EVERY;
        if self.journal.reserve_is_short() && self.refilled.is_none_or(is_due) {
            self.journal.refill_reserve();
            self.refilled = Some(Instant::now());
        }
        while self.trouble.borrow().is_some() {
            let runtime = self.runtime.clone();
            let asked = runtime.block_on(async { timeout(TRY_EVERY, self.waiting.recv()).await });
            if let Ok(ask) = asked {
                return ask;
            }
            let tried = self.journal.try_writing();
            self.learn(tried.as_ref().err());
        }
        while self.untold {
            let left = TELL_GAMES_EVERY.saturating_sub(self.told.elapsed());
            let runtime = self.runtime.clone();
            let asked = runtime.block_on(async { timeout(left, self.waiting.recv()).await });
            if let Ok(ask) = asked {
                return ask;
            }
            self.tell(0);
        }
        self.waiting.blocking_recv()
    }

    /// Shows everybody the show as it is in the journal.
    fn tell(&mut self, changes_of_catalogue: u64) {
        (self.told, self.untold) = (Instant::now(), false);
        let catalogue = self.publish.borrow().catalogue + changes_of_catalogue;
        self.publish.send_replace(Published {
            show: Arc::new(self.journal.show().clone()),
            seq: self.journal.last_seq().0,
            catalogue,
        });
    }

    /// Whether the journal can be written, as the last attempt showed.
    fn learn(&self, failed: Option<&JournalError>) {
        let now = failed.map(|error| JournalTrouble {
            error: error.code().to_owned(),
            since: (self.clock)().0,
            tried_every_ms: match error {
                // What the file holds now is read at the next start only.
                JournalError::Diverged => 0,
                _ => u32::try_from(TRY_EVERY.as_millis()).unwrap_or(u32::MAX),
            },
        });
        self.trouble
            .send_if_modified(|trouble| match (trouble, now) {
                (None, None) => false,
                (Some(known), Some(now)) => {
                    let changed = known.error != now.error;
                    (known.error, known.tried_every_ms) = (now.error, now.tried_every_ms);
                    changed
                }
                (known, now) => {
                    match &now {
                        Some(now) => tracing::error!(now.error, "nothing can be changed"),
                        None => tracing::info!("the journal can be written again"),
                    }
                    *known = now;
                    true
                }
            });
    }

    fn carry_out(
        &mut self,
        actor: &Actor,
        wish: Wish,
        seen: Option<u64>,
    ) -> Result<u64, WireError> {
        let Some(command) = wish(self.journal.show()) else {
            return Ok(self.journal.last_seq().0);
        };
        self.replacement.permit(&command, Instant::now())?;
        let command = command.signed(actor);
        if let Some(seen) = seen {
            self.lately.permit(actor, &command, seen)?;
        }
        let thing = lately::thing(&command);
        let at = (self.clock)();
        let events = selling::permit(self.journal.show(), &command, at)
            .and_then(|()| vetting::permit(self.journal.show(), &command, at))
            .and_then(|()| decide(self.journal.show(), command, at))
            .map_err(|r| WireError::refused(r.code(), r.params()))?;
        if events.is_empty() {
            return Ok(self.journal.last_seq().0);
        }
        let played = self.journal.show().played();
        let appended = self.journal.append(actor, at, &events);
        self.learn(appended.as_ref().err());
        let Seq(seq) = appended.map_err(|error| {
            tracing::error!(%error, "the journal could not be written; the command did not happen");
            WireError::new(ErrorCode::JournalUnwritable).retryable()
        })?;
        self.lately.note(actor, thing, seq);
        // Chat comes by the hundred and changes nothing that is shown: no reason to send the show to everybody.
        if events.iter().all(|event| {
            matches!(
                event,
                Event::ChatNoted { .. }
                    | Event::ChatTakenBack { .. }
                    | Event::ChatHeld { .. }
                    | Event::PlatformActed { .. }
            )
        }) {
            self.untold |= self.journal.show().played() != played;
            // While asks keep coming, nobody else would tell of it.
            if self.untold && self.told.elapsed() >= TELL_GAMES_EVERY {
                self.tell(0);
            }
            return Ok(seq);
        }
        self.tell(u64::from(events.iter().any(changes_catalogue)));
        Ok(seq)
    }
}

fn changes_catalogue(event: &Event) -> bool {
    matches!(
        event,
        Event::ProductsImported { .. }
            | Event::ProductRemoved { .. }
            | Event::ProductsRemoved { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::air::engine;

    #[tokio::test]
    async fn a_desk_that_falls_is_heard_of_and_answers_that_the_engine_ends() {
        let folder = tempfile::tempdir().unwrap();
        let (journal, resumed) = Journal::open(folder.path().join("journal")).unwrap();
        let (threads, mut fallen) = Threads::watched();
        let desk = Desk::start(journal, resumed, || panic!("injected"), &threads).unwrap();
        let name = "x".to_owned();
        let lost = desk.submit(engine(), Command::Rename { name }).await;
        assert_eq!(lost.unwrap_err().code, ErrorCode::ShuttingDown);
        assert_eq!(fallen.recv().await, Some("desk"));
    }

    #[tokio::test]
    async fn a_journal_that_cannot_be_written_is_told_of_until_it_can_without_anybody_asking() {
        const PATIENCE: Duration = Duration::from_secs(60);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (journal, resumed) = Journal::open(&path).unwrap();
        let (threads, _fallen) = Threads::watched();
        let desk = Desk::start(journal, resumed, || At(7), &threads).unwrap();
        let rename = |name: &str| Command::Rename { name: name.into() };
        desk.submit(engine(), rename("before")).await.unwrap();
        assert_eq!(desk.journal_trouble(), None);

        // As on a full disk: whatever would be written is refused.
        let file = rusqlite::Connection::open(&path).unwrap();
        file.execute_batch("BEGIN IMMEDIATE").unwrap();
        let lost = desk.submit(engine(), rename("lost")).await.unwrap_err();
        assert_eq!(lost.code, ErrorCode::JournalUnwritable);
        let trouble = desk.journal_trouble().unwrap();
        assert_eq!(
            (trouble.error.as_str(), trouble.since),
            ("journal_database", 7)
        );
        assert_eq!(trouble.tried_every_ms, 2000);
        assert_eq!(desk.show().name, "before");

        file.execute_batch("ROLLBACK").unwrap();
        let mut told = desk.trouble.clone();
        let well = timeout(PATIENCE, told.wait_for(Option::is_none)).await;
        well.unwrap().unwrap();
        desk.submit(engine(), rename("after")).await.unwrap();
    }
}
