//! The sieve: every line of the room goes through it once. Says what is held and why, what is folded into a later line, and
//! which question a line asks; keeps the lists that come of it. Plain work on a thread of its own, bounded whatever comes.

use std::collections::{HashMap, HashSet, VecDeque};

use serde::{Deserialize, Serialize};
use stallcast_chat::is_complaint;
use stallcast_chat::moderation::{Flow, Level, Levels, Moderator, Verdict};
use stallcast_chat::questions::{Asked, GroupId, Questions};
use stallcast_show::{
    Actor, At, ChatLine, Command, HeldNote, HoldLevel, HoldReason, MessageId, ModerationRules,
    Phase, Refusal, Show,
};
use stallcast_wire::LineMark;

use super::goods::Goods;
use super::heat::Heat;
use super::teamwork::HiddenLine;
use crate::desk::Published;

/// Lines that are like each other within this time are one.
const ALIKE_WITHIN_MS: u64 = 120_000;
/// From this one on: two people who say the same are no flood.
const FOLDED_FROM: u32 = 3;
/// Most texts whose last line is remembered, to be folded into the next one.
const TEXTS_MAX: usize = 20_000;
/// Most held lines that wait for a person; the journal has the older ones.
const HELD_MAX: usize = 2_000;
/// Verdicts remembered of texts that come again.
const VERDICTS_MAX: usize = 4_096;

/// A held line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Held {
    pub(super) line: ChatLine,
    pub(super) why: HoldReason,
    pub(super) found: String,
}

/// What became of a batch.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Sifted {
    /// Lines to show, oldest first.
    pub(super) shown: Vec<ChatLine>,
    /// Those that are held.
    pub(super) held: Vec<HeldNote>,
    /// Lines shown before that a later one stands for.
    pub(super) folded: Vec<MessageId>,
    /// What is to be known of those shown.
    pub(super) marks: Vec<LineMark>,
}

#[derive(Default)]
struct Judge {
    made_of: Option<(ModerationRules, bool)>,
    /// Of what holds; nothing of what only marks.
    holding: Moderator,
    /// Of what only marks, too; never stricter than usual.
    sure: Moderator,
    /// Whether anything only marks: else nobody needs to look twice.
    marks: bool,
    known: HashMap<String, Judged>,
}

/// Whether a line is held, and what is said of it.
type Judged = (bool, Option<HoldReason>, String);

impl Judge {
    fn follow(&mut self, rules: &ModerationRules, panics: bool) {
        let is_same = self
            .made_of
            .as_ref()
            .is_some_and(|(known, panicked)| known == rules && *panicked == panics);
        if is_same {
            return;
        }
        let those = |least: HoldLevel| {
            let level = |wanted: HoldLevel| match wanted >= least {
                true => Level::Normal,
                false => Level::Off,
            };
            Levels {
                contact: level(rules.contact),
                abuse: level(rules.abuse),
                ad: level(rules.ad),
                lure: level(rules.lure),
                flood: level(rules.flood),
            }
        };
        let of = |levels| Moderator::new(levels, &rules.blocked, &rules.allowed);
        (self.holding, self.sure) = if panics {
            (of(Levels::all(Level::Strict)), of(Levels::default()))
        } else {
            (of(those(HoldLevel::Hold)), of(those(HoldLevel::Mark)))
        };
        let kinds = [
            rules.contact,
            rules.abuse,
            rules.ad,
            rules.lure,
            rules.flood,
        ];
        self.marks = !panics && kinds.contains(&HoldLevel::Mark);
        self.made_of = Some((rules.clone(), panics));
        self.known.clear();
    }

    fn judge(&mut self, text: &str) -> Judged {
        if let Some(known) = self.known.get(text) {
            return known.clone();
        }
        // A reason that only marks must not hide another one in the same line, which holds.
        let mut verdict = match self.holding.judge(text) {
            only if !only.hold && self.marks => self.sure.judge(text),
            verdict => verdict,
        };
        if verdict.why == Some(HoldReason::Abuse) && is_complaint(text) {
            // Hard words about goods are no insult: only what is one without a doubt.
            let sure = self.sure.judge(text);
            verdict = if sure.hold { sure } else { Verdict::default() };
        }
        let (rules, panics) = self
            .made_of
            .as_ref()
            .map_or((None, false), |(rules, panics)| (Some(rules), *panics));
        let level = |why| rules.map_or(HoldLevel::Hold, |rules| rules.level(why));
        let holds = verdict
            .why
            .is_some_and(|why| verdict.hold && (panics || level(why) == HoldLevel::Hold));
        let judged = (holds, verdict.why, verdict.found);
        if self.known.len() >= VERDICTS_MAX {
            self.known.clear();
        }
        self.known.insert(text.to_owned(), judged.clone());
        judged
    }
}

/// The sieve and its lists.
pub(crate) struct Sieve {
    judge: Judge,
    flow: Flow,
    alike: HashMap<u64, Vec<MessageId>>,
    pub(super) goods: Goods,
    pub(super) questions: Questions,
    pub(super) held: VecDeque<Held>,
    pub(super) hidden: VecDeque<HiddenLine>,
    pub(super) heat: Heat,
    /// The last journal entry that is in the lists.
    pub(super) seq: u64,
    /// Rises with every change of the lists.
    pub(super) changes: u64,
    /// Whether something is asked that pages have not been told of.
    pub(super) asks_anew: bool,
}

impl Default for Sieve {
    fn default() -> Self {
        Self {
            judge: Judge::default(),
            flow: Flow::new(ALIKE_WITHIN_MS),
            alike: HashMap::new(),
            goods: Goods::default(),
            questions: Questions::default(),
            held: VecDeque::new(),
            hidden: VecDeque::new(),
            heat: Heat::default(),
            seq: 0,
            changes: 0,
            asks_anew: false,
        }
    }
}

impl Sieve {
    /// What is sold, what is held and which broadcast it is, as of now.
    pub(super) fn follow(&mut self, published: &Published, now: At) {
        let show = &published.show;
        self.judge.follow(&show.moderation, show.panics(now));
        if self.goods.follow(published, now) {
            self.changes += 1;
        }
        let since = match show.phase {
            Phase::Live { since } | Phase::Rehearsing { since } => Some(since),
            Phase::Idle => None,
        };
        if let Some(since) = since
            && self.heat.since() != since
        {
            self.heat = Heat::of(since);
        }
        self.heat.reach(now);
    }

    /// Takes a batch.
    pub(super) fn take(&mut self, published: &Published, now: At, lines: &[ChatLine]) -> Sifted {
        self.follow(published, now);
        self.changes += 1;
        let show = &published.show;
        let at_ms = u64::try_from(now.0).unwrap_or(0);
        let mut sifted = Sifted::default();
        let mut folded: HashSet<MessageId> = HashSet::new();
        for line in lines {
            if show.is_live() && line.id.is_invented() {
                continue;
            }
            self.heat.count(now, is_complaint(&line.text));
            let (holds, why, found) = self.judge.judge(&line.text);
            if let (true, Some(why)) = (holds, why) {
                let message = line.id.clone();
                let note = HeldNote {
                    message,
                    why,
                    found,
                };
                self.hold(line.clone(), &note);
                sifted.held.push(note);
                continue;
            }
            let repeat = self.flow.count(&author(line), &line.text, at_ms);
            let times = if repeat.times < FOLDED_FROM {
                1
            } else {
                repeat.times
            };
            if self.alike.len() >= TEXTS_MAX {
                self.alike.clear();
            }
            let before = self.alike.entry(repeat.like).or_default();
            if times > 1 {
                folded.extend(before.drain(..));
            } else if repeat.times == 1 {
                before.clear();
            }
            before.push(line.id.clone());
            if times > 1 || why.is_some() {
                let message = line.id.clone();
                sifted.marks.push(LineMark {
                    message,
                    times,
                    why,
                });
            }
            self.ask(show, line);
            sifted.shown.push(line.clone());
        }
        sifted.marks.retain(|mark| !folded.contains(&mark.message));
        sifted.shown.retain(|line| !folded.remove(&line.id));
        sifted.folded = folded.into_iter().collect();
        sifted
    }

    /// A line that is in the chat, without looking whether it should be.
    pub(super) fn ask(&mut self, show: &Show, line: &ChatLine) {
        if !line.question {
            return;
        }
        let on_air = show.on_air.as_ref().map(|on| on.product.as_str());
        let asked = Asked {
            id: line.id.as_str(),
            author: &author(line),
            text: &line.text,
            at_ms: u64::try_from(line.at.0).unwrap_or(0),
        };
        let heard = self.goods.hear(&line.text);
        let group = self.questions.take(&heard, on_air, asked);
        let group = self.questions.get(group);
        self.asks_anew |= group.is_some_and(|group| group.count == 1);
    }

    pub(super) fn hold(&mut self, line: ChatLine, note: &HeldNote) {
        // After a restart the journal may tell once more what the lists know.
        if self.held.iter().any(|held| held.line.id == line.id) {
            return;
        }
        self.held.push_back(Held {
            line,
            why: note.why,
            found: note.found.clone(),
        });
        if self.held.len() > HELD_MAX {
            self.held.pop_front();
        }
    }

    /// Lines that nobody is to see any more.
    pub(super) fn forget(&mut self, gone: impl Fn(&MessageId) -> bool) {
        self.changes += 1;
        self.questions.take_back(|id| gone(&id.into()));
        self.held.retain(|held| !gone(&held.line.id));
        self.hidden.retain(|hidden| !gone(&hidden.line.id));
    }

    /// Whether a decision is about something that is there, and that `actor` may decide of.
    ///
    /// # Errors
    /// [`Refusal::AskedGone`], [`Refusal::HeldGone`], [`Refusal::LineGone`], [`Refusal::QuestionTaken`].
    pub(super) fn permit(&self, actor: &Actor, command: &Command) -> Result<(), Refusal> {
        self.permit_claim(actor, command)?;
        let known = |id: &u64| self.questions.get(GroupId(*id));
        let (fits, refusal) = match command {
            Command::MergeQuestions { into, other } => (
                known(into).is_some() && known(other).is_some(),
                Refusal::AskedGone,
            ),
            Command::SplitQuestion { question, messages } => {
                let lines = known(question).into_iter().flat_map(|group| group.lines());
                let (mut moves, mut stays) = (false, false);
                for line in lines {
                    let is_meant = messages.iter().any(|id| id.as_str() == line.id);
                    moves |= is_meant;
                    stays |= !is_meant;
                }
                (moves && stays, Refusal::AskedGone)
            }
            Command::MarkQuestion { question, .. } => {
                (known(question).is_some(), Refusal::AskedGone)
            }
            Command::ReleaseHeld { messages } | Command::RemoveHeld { messages } => {
                let mut waiting = self.held.iter();
                let waits = waiting.any(|held| messages.contains(&held.line.id));
                (waits, Refusal::HeldGone)
            }
            Command::ShowHidden { messages } => {
                let mut hidden = self.hidden.iter();
                let is_there = hidden.any(|hidden| messages.contains(&hidden.line.id));
                (is_there, Refusal::LineGone)
            }
            _ => (true, Refusal::AskedGone),
        };
        if fits { Ok(()) } else { Err(refusal) }
    }

    /// Does what `actor` decided then; gives the lines that come into the chat by it. What is gone meanwhile changes nothing.
    pub(super) fn decide(
        &mut self,
        show: &Show,
        actor: &Actor,
        at: At,
        command: &Command,
    ) -> Vec<ChatLine> {
        self.changes += 1;
        match command {
            Command::MergeQuestions { into, other } => {
                self.questions.merge(GroupId(*into), GroupId(*other));
            }
            Command::SplitQuestion { question, messages } => {
                let lines: Vec<&str> = messages.iter().map(MessageId::as_str).collect();
                self.questions.split(GroupId(*question), &lines);
            }
            Command::MarkQuestion {
                question,
                state,
                hide,
            } => self.mark_by(*question, *state, hide.clone(), &actor.name),
            Command::ClaimQuestion { question, .. } | Command::AssignQuestion { question, .. } => {
                let holder = command.holder(actor).map(str::to_owned);
                self.claim(*question, holder, at);
            }
            Command::FreeQuestion { question } => self.claim(*question, None, at),
            Command::HideLine {
                line: Some(line),
                hide,
                ..
            } => self.hide(ChatLine::clone(line), hide.clone(), &actor.name),
            Command::ShowHidden { messages } => {
                let shown = self.unhide(messages);
                shown.iter().for_each(|line| self.ask(show, line));
                return shown;
            }
            Command::ReleaseHeld { messages } => {
                let released = self.free(messages).into_iter().map(|held| held.line);
                let released: Vec<ChatLine> = released.collect();
                released.iter().for_each(|line| self.ask(show, line));
                return released;
            }
            Command::RemoveHeld { messages } => {
                let held = self.free(messages);
                self.keep_out(held, &actor.name);
            }
            _ => {}
        }
        Vec::new()
    }

    fn free(&mut self, messages: &[MessageId]) -> VecDeque<Held> {
        let (free, stays): (VecDeque<Held>, VecDeque<Held>) = std::mem::take(&mut self.held)
            .into_iter()
            .partition(|held| messages.contains(&held.line.id));
        self.held = stays;
        free
    }
}

/// Who wrote it, unique over platforms.
fn author(line: &ChatLine) -> String {
    format!("{}:{}", line.platform, line.author)
}

#[cfg(test)]
#[path = "sieve_tests.rs"]
mod tests;
