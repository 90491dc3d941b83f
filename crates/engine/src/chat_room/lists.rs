//! The room's lists: questions, held lines and heat. Changed on a thread that may be busy, told to pages at most twice a
//! second (a question that nobody asked before at once), written down every few seconds.

use std::collections::{HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use stallcast_show::{Actor, At, ChatLine, Command, MessageId, QuestionState, Refusal};
use stallcast_wire::{
    ErrorCode, HeatView, HeldView, LineMark, QuestionLinesView, QuestionsView, WireError,
};
use tokio::sync::{MutexGuard, watch};

use super::kept::Kept;
use super::sieve::{Sieve, Sifted};
use super::{ChatRoom, KEPT, Told, lock};
use crate::air::engine;
use crate::clock::now;
use crate::desk::Desk;
use crate::lately::{self, Lately};
use crate::phrasing::ToPhrase;

/// How often pages are told of the lists while they change.
pub(super) const TELL_EVERY: Duration = Duration::from_millis(500);
/// How often they are told while nothing comes: how long a question waits counts in minutes.
const TELL_ANYWAY: Duration = Duration::from_secs(10);
/// How often the lists are written down while they change.
const KEEP_EVERY: Duration = Duration::from_secs(5);

/// The lists and those who follow them.
pub(super) struct Lists {
    sieve: Mutex<Sieve>,
    desk: Desk,
    file: Option<PathBuf>,
    progress: Mutex<Progress>,
    /// Whose turn it is to decide, and who decided of what last.
    turn: tokio::sync::Mutex<Lately>,
    writing: AtomicBool,
    marks: Mutex<VecDeque<LineMark>>,
    /// Ids of lines that were pushed, oldest first; at most [`super::SEEN`].
    pub(super) pushed: Mutex<VecDeque<MessageId>>,
    questions: watch::Sender<Arc<QuestionsView>>,
    held: watch::Sender<Arc<HeldView>>,
    heat: watch::Sender<Arc<HeatView>>,
}

/// What was told and written down last.
struct Progress {
    told: (u64, Instant),
    on_air: Option<stallcast_show::ProductId>,
    kept: (u64, Instant),
}

impl Lists {
    pub(super) fn new(
        desk: Desk,
        sieve: Sieve,
        pushed: VecDeque<MessageId>,
        file: Option<PathBuf>,
    ) -> Self {
        let began = Instant::now();
        Self {
            sieve: Mutex::new(sieve),
            desk,
            file,
            progress: Mutex::new(Progress {
                told: (u64::MAX, began),
                on_air: None,
                kept: (0, began),
            }),
            turn: tokio::sync::Mutex::default(),
            writing: AtomicBool::new(false),
            marks: Mutex::default(),
            pushed: Mutex::new(pushed),
            questions: watch::Sender::default(),
            held: watch::Sender::default(),
            heat: watch::Sender::default(),
        }
    }

    /// Runs `work` on the lists beside the room, which waits for it without standing in anybody's way.
    async fn busy<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self, &mut Sieve) -> T + Send + 'static,
    ) -> Result<T, WireError> {
        let lists = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || {
            let mut sieve = lock(&lists.sieve);
            work(&lists, &mut sieve)
        });
        done.await.map_err(|_| WireError::new(ErrorCode::Internal))
    }

    /// Puts a batch through the sieve. Should that fall, the lines are shown as they came.
    pub(super) async fn sift(self: &Arc<Self>, lines: &[ChatLine]) -> Sifted {
        let batch = lines.to_vec();
        let sifted = self
            .busy(move |lists, sieve| {
                let published = lists.desk.published().borrow().clone();
                sieve.take(&published, now(), &batch)
            })
            .await;
        let sifted = sifted.unwrap_or_else(|_| {
            tracing::error!("lines are shown without having been looked at");
            Sifted {
                shown: lines.to_vec(),
                ..Sifted::default()
            }
        });
        let mut marks = lock(&self.marks);
        marks.extend(sifted.marks.iter().cloned());
        let over = marks.len().saturating_sub(KEPT);
        marks.drain(..over);
        sifted
    }

    /// What is to be known of lines.
    pub(super) fn marks_of(&self, lines: &[ChatLine]) -> Vec<LineMark> {
        let ids: HashSet<&MessageId> = lines.iter().map(|line| &line.id).collect();
        let marks = lock(&self.marks);
        let known = marks.iter().filter(|mark| ids.contains(&mark.message));
        known.cloned().collect()
    }

    /// Notes up to which entry of the journal the lists are.
    pub(super) async fn reached(self: &Arc<Self>, seq: u64) {
        // Only an ending runtime does not come to it.
        let _ = self
            .busy(move |_, sieve| sieve.seq = sieve.seq.max(seq))
            .await;
    }

    pub(super) async fn forget(
        self: &Arc<Self>,
        gone: impl Fn(&stallcast_show::MessageId) -> bool + Send + 'static,
    ) {
        let _ = self.busy(move |_, sieve| sieve.forget(gone)).await;
    }

    /// Tells pages what changed, and writes it down where that is due.
    pub(super) async fn tell(self: &Arc<Self>, at_once: bool) {
        // What is decided stands in the journal before it is in the lists: they are not written down in between. Who tells
        // at once has just done it.
        let nobody_decides = self.turn.try_lock().ok();
        let is_settled = at_once || nobody_decides.is_some();
        let due = self
            .busy(move |lists, sieve| lists.tell_now(sieve, at_once, is_settled))
            .await;
        drop(nobody_decides);
        if let (Ok(Some(kept)), Some(file)) = (due, self.file.clone()) {
            let lists = Arc::clone(self);
            // The room does not wait for the disk.
            tokio::task::spawn_blocking(move || {
                kept.write(&file);
                lists.writing.store(false, Ordering::Release);
            });
        }
    }

    fn tell_now(&self, sieve: &mut Sieve, at_once: bool, is_settled: bool) -> Option<Kept> {
        let published = self.desk.published().borrow().clone();
        let (show, at) = (&published.show, now());
        sieve.follow(&published, at);
        let mut progress = lock(&self.progress);
        let on_air = show.on_air.as_ref().map(|on| on.product.clone());
        let changed = progress.told.0 != sieve.changes || progress.on_air != on_air;
        let since = progress.told.1.elapsed();
        // What nobody asked before is told with the batch that brought it: whoever answers should not wait for it.
        let is_due = sieve.asks_anew || since >= TELL_EVERY - TELL_EVERY / 10;
        let anyway = since >= TELL_ANYWAY;
        if at_once || anyway || (changed && is_due) {
            progress.told = (sieve.changes, Instant::now());
            progress.on_air = on_air;
            sieve.asks_anew = false;
            put(&self.questions, sieve.questions_view(show, at));
            put(&self.held, sieve.held_view());
            put(&self.heat, sieve.heat.view());
        }
        let is_due = at_once || progress.kept.1.elapsed() >= KEEP_EVERY;
        let is_due = is_due && is_settled;
        if self.file.is_none() || progress.kept.0 == sieve.changes || !is_due {
            return None;
        }
        if self.writing.swap(true, Ordering::AcqRel) {
            return None;
        }
        progress.kept = (sieve.changes, Instant::now());
        Some(self.kept(sieve, at))
    }

    fn kept(&self, sieve: &Sieve, at: At) -> Kept {
        Kept::of(sieve, lock(&self.pushed).clone(), at)
    }

    /// Tells pages at once of what was done without a decision of anybody's.
    pub(super) async fn tell_between(self: &Arc<Self>) {
        let _turn = self.turn.lock().await;
        self.tell(true).await;
    }

    /// Writes the lists down for the last time.
    pub(super) async fn close(self: &Arc<Self>) {
        let _turn = self.turn.lock().await;
        let kept = self.busy(|lists, sieve| lists.kept(sieve, now())).await;
        if let (Ok(kept), Some(file)) = (kept, self.file.clone()) {
            // Only an ending runtime does not come to it; the next start catches up by the journal.
            let _ = tokio::task::spawn_blocking(move || kept.write(&file)).await;
        }
    }
}

fn put<T: PartialEq>(told: &watch::Sender<Arc<T>>, view: T) {
    told.send_if_modified(|known| {
        let changed = **known != view;
        if changed {
            *known = Arc::new(view);
        }
        changed
    });
}

impl ChatRoom {
    /// What the audience asks.
    pub fn questions(&self) -> watch::Receiver<Arc<QuestionsView>> {
        self.shared.lists.questions.subscribe()
    }

    /// Lines that a person should look at.
    pub fn held(&self) -> watch::Receiver<Arc<HeldView>> {
        self.shared.lists.held.subscribe()
    }

    /// How lively the chat is.
    pub fn heat(&self) -> watch::Receiver<Arc<HeatView>> {
        self.shared.lists.heat.subscribe()
    }

    /// The newest lines of a question.
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`] for one that is not on the list.
    pub async fn question_lines(&self, question: u64) -> Result<QuestionLinesView, WireError> {
        let lists = &self.shared.lists;
        let lines = lists
            .busy(move |_, sieve| sieve.lines_view(question))
            .await?;
        lines.ok_or_else(|| WireError::new(ErrorCode::NotFound))
    }

    /// Every question that somebody sees to, and who.
    ///
    /// # Errors
    /// When the engine ends.
    pub(crate) async fn claimed(&self) -> Result<Vec<(u64, String)>, WireError> {
        let lists = &self.shared.lists;
        let claimed = lists.busy(|_, sieve| {
            let claimed = sieve.questions.claimed();
            claimed.map(|(id, by)| (id.0, by.to_owned())).collect()
        });
        claimed.await
    }

    /// What is to be phrased to answer a question.
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`] for one that is not on the list, or that no fact answers.
    pub(crate) async fn to_phrase(&self, question: u64) -> Result<ToPhrase, WireError> {
        let lists = &self.shared.lists;
        let found =
            lists.busy(move |lists, sieve| sieve.to_phrase(&lists.desk.show(), now(), question));
        found
            .await?
            .ok_or_else(|| WireError::new(ErrorCode::NotFound))
    }

    /// Carries out what somebody decided of questions or lines, who had seen the show as of the journal's entry `seen`:
    /// one decision after the other, each written down by the desk like everything else.
    ///
    /// # Errors
    /// Refused where the question or the line is gone or another's; [`ErrorCode::WasFirst`] when somebody else decided of
    /// it since; those of [`Desk::submit`].
    pub async fn decide(
        &self,
        actor: Actor,
        command: Command,
        seen: Option<u64>,
    ) -> Result<u64, WireError> {
        let room = self.clone();
        // Whole, also when the page is gone meanwhile: what is in the journal is in the lists.
        let decided = tokio::spawn(async move {
            let turn = room.shared.lists.turn.lock().await;
            room.decide_in(turn, actor, command, seen).await
        });
        decided
            .await
            .map_err(|_| WireError::new(ErrorCode::Internal))?
    }

    /// Frees a question if it is still `by`'s: somebody else may have taken it on meanwhile.
    ///
    /// # Errors
    /// Those of [`ChatRoom::decide`].
    pub(crate) async fn free_of(&self, question: u64, by: String) -> Result<(), WireError> {
        let room = self.clone();
        let freed = tokio::spawn(async move {
            let lists = &room.shared.lists;
            let turn = lists.turn.lock().await;
            let is_theirs = lists.busy(move |_, sieve| {
                let mut claimed = sieve.questions.claimed();
                claimed.any(|(id, holder)| id.0 == question && holder == by)
            });
            if is_theirs.await? {
                let free = Command::FreeQuestion { question };
                room.decide_in(turn, engine(), free, None).await?;
            }
            Ok::<(), WireError>(())
        });
        freed
            .await
            .map_err(|_| WireError::new(ErrorCode::Internal))?
    }

    /// As [`ChatRoom::decide`], in the turn that the caller has.
    async fn decide_in(
        &self,
        mut turn: MutexGuard<'_, Lately>,
        actor: Actor,
        command: Command,
        seen: Option<u64>,
    ) -> Result<u64, WireError> {
        let (shared, lists) = (&self.shared, &self.shared.lists);
        let refused = |refusal: Refusal| WireError::refused(refusal.code(), refusal.params());
        let (by, wanted) = (actor.clone(), command.clone());
        let permitted = lists
            .busy(move |_, sieve| {
                sieve.permit(&by, &wanted)?;
                Ok(sieve.is_done(&by, &wanted))
            })
            .await?;
        if permitted.map_err(refused)? {
            return Ok(shared.desk.published().borrow().seq);
        }
        // Who takes a question on or gives it back changes nothing that others decided.
        let is_own = matches!(
            command,
            Command::ClaimQuestion { .. } | Command::FreeQuestion { .. }
        );
        if let Some(seen) = seen.filter(|_| !is_own) {
            turn.permit(&actor, &command, seen)?;
        }
        let command = match &command {
            Command::HideLine { message, .. } => {
                let line = self.line(message).await?;
                command.with_line(line.ok_or_else(|| refused(Refusal::LineGone))?)
            }
            _ => command,
        };
        let gone: Option<Vec<MessageId>> = match &command {
            Command::HideLine { message, .. } => Some(vec![message.clone()]),
            _ => None,
        };
        let leaves_picture = self.leaves_picture(&command).await?;
        let seq = shared.desk.submit(actor.clone(), command.clone()).await?;
        turn.note(&actor, lately::thing(&command), seq);
        let by = actor.clone();
        let shown = lists.busy(move |lists, sieve| {
            let show = lists.desk.show();
            sieve.decide(&show, &by, now(), &command)
        });
        let shown = shown.await?;
        shared.take_away(gone.unwrap_or_default());
        shared.show(shown, |_| true);
        if leaves_picture {
            shared.desk.submit(actor, Command::UnpinQuestion).await?;
        }
        lists.tell(true).await;
        Ok(seq)
    }

    /// A line of the chat or of a question.
    async fn line(&self, message: &MessageId) -> Result<Option<ChatLine>, WireError> {
        let recent = {
            let recent = lock(&self.shared.recent);
            recent
                .lines()
                .rev()
                .find(|line| line.id == *message)
                .cloned()
        };
        if recent.is_some() {
            return Ok(recent);
        }
        let message = message.clone();
        let lists = &self.shared.lists;
        lists.busy(move |_, sieve| sieve.asked_line(&message)).await
    }

    /// Holds off what others decide of lines while this one is put on the picture.
    ///
    /// # Errors
    /// Refused for a line that somebody hid.
    pub(crate) async fn while_shown(
        &self,
        message: &MessageId,
    ) -> Result<impl Sized + '_, WireError> {
        let lists = &self.shared.lists;
        let turn = lists.turn.lock().await;
        let wanted = message.clone();
        let is_hidden = lists.busy(move |_, sieve| sieve.is_hidden(&wanted)).await?;
        if is_hidden {
            let refusal = Refusal::LineGone;
            return Err(WireError::refused(refusal.code(), refusal.params()));
        }
        Ok(turn)
    }

    /// Whether what stands on the picture is hidden by this.
    async fn leaves_picture(&self, command: &Command) -> Result<bool, WireError> {
        let show = self.shared.desk.show();
        let Some(pinned) = show.pinned.as_ref().map(|pinned| pinned.message.clone()) else {
            return Ok(false);
        };
        match command {
            Command::HideLine { message, .. } => Ok(*message == pinned),
            Command::MarkQuestion {
                question,
                state: QuestionState::Hidden,
                ..
            } => {
                let question = *question;
                let asks = move |_: &Lists, sieve: &mut Sieve| sieve.asks(question, &pinned);
                self.shared.lists.busy(asks).await
            }
            _ => Ok(false),
        }
    }
}

impl super::Shared {
    /// Adds lines to the chat of every page, where they `fit` at that moment.
    pub(super) fn show(&self, mut lines: Vec<ChatLine>, fits: impl Fn(&ChatLine) -> bool) {
        let mut recent = lock(&self.recent);
        lines.retain(fits);
        if lines.is_empty() {
            return;
        }
        let seq = recent.append(&lines);
        // Sent under the lock, so that a page joining now gets each line once. Nobody listening is fine.
        let _ = self.batches.send(Told::Lines(seq, lines.into()));
    }
}
