//! The lists over a restart: written down now and then with the journal's entry they stand at, and brought up to the present
//! from there at the next start. Lines themselves are in the journal, so nothing depends on this file but how they were
//! counted, and it may be missing.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

use serde::{Deserialize, Serialize};
use stallcast_chat::is_complaint;
use stallcast_chat::questions::{Questions, Saved};
use stallcast_journal::{Entry, Journal, JournalError, Seq};
use stallcast_show::{At, ChatLine, Command, Event, HeldNote, MessageId, Phase, Show};

use super::SEEN;
use super::heat::Heat;
use super::sieve::{Held, Sieve};
use super::teamwork::HiddenLine;
use crate::desk::Published;
use crate::private_file;

/// Entries read at once.
const WINDOW: u32 = 256;
/// Entries that are caught up with at most, the newest: as many as are looked through for the last lines of the chat.
const ENTRIES: u64 = 8192;

/// What is written down.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Kept {
    seq: u64,
    at: At,
    pushed: VecDeque<MessageId>,
    questions: Saved,
    held: Vec<Held>,
    hidden: Vec<HiddenLine>,
    heat: Heat,
}

impl Kept {
    pub(super) fn of(sieve: &Sieve, pushed: VecDeque<MessageId>, now: At) -> Self {
        Self {
            seq: sieve.seq,
            at: now,
            pushed,
            questions: sieve.questions.saved(),
            held: sieve.held.iter().cloned().collect(),
            hidden: sieve.hidden.iter().cloned().collect(),
            heat: sieve.heat.clone(),
        }
    }

    pub(super) fn write(&self, file: &Path) {
        let written = serde_json::to_vec(self)
            .map_err(std::io::Error::other)
            .and_then(|bytes| private_file::replace(file, &bytes));
        if let Err(error) = written {
            tracing::warn!(%error, "the questions of the audience could not be written down");
        }
    }
}

/// What was found of before.
#[derive(Default)]
pub(crate) struct Resumed {
    /// The lists.
    pub(crate) sieve: Sieve,
    /// Ids of lines that were pushed to the studio; among them, of the moments that the file does not cover, those of others.
    pub(crate) pushed: VecDeque<MessageId>,
    /// The new name of a file that could not be understood.
    pub(crate) damaged: Option<String>,
}

/// The lists as they were, with what the journal tells since; nothing that is older than `since`.
///
/// # Errors
/// When the journal cannot be read.
pub(crate) fn resume(
    file: &Path,
    journal: &Journal,
    show: &Show,
    since: At,
    now: At,
) -> Result<Resumed, JournalError> {
    let (kept, damaged) = private_file::read_or_set_aside::<Kept>(file, now);
    let kept = if kept.at < since {
        Kept::default()
    } else {
        kept
    };
    let published = Published {
        show: std::sync::Arc::new(show.clone()),
        seq: journal.last_seq().0,
        catalogue: 0,
    };
    let mut sieve = Sieve::default();
    sieve.heat = kept.heat;
    sieve.goods.follow(&published, now);
    sieve.questions = Questions::restored(kept.questions, sieve.goods.catalogue());
    sieve.held = VecDeque::from(kept.held);
    sieve.hidden = VecDeque::from(kept.hidden);
    let last = journal.last_seq().0;
    let mut at = kept.seq.min(last).max(last.saturating_sub(ENTRIES));
    let mut events = Vec::new();
    while at < last {
        let entries = journal.entries_after(Seq(at), WINDOW)?;
        let Some(newest) = entries.last().map(|entry| entry.seq.0) else {
            break;
        };
        at = newest;
        events.extend(entries.into_iter().filter(|entry| entry.at >= since));
    }
    let mut pushed = kept.pushed;
    for entry in &events {
        if let Event::ChatNoted { lines } = &entry.event {
            pushed.extend(lines.iter().map(|line| line.id.clone()));
        }
    }
    pushed.drain(..pushed.len().saturating_sub(SEEN));
    catch_up(&mut sieve, show, events);
    sieve.seq = last;
    sieve.changes += 1;
    Ok(Resumed {
        sieve,
        pushed,
        damaged,
    })
}

/// As it was decided then: a line that was let through is not judged again.
fn catch_up(sieve: &mut Sieve, show: &Show, entries: Vec<Entry>) {
    let mut holds: BTreeMap<MessageId, HeldNote> = BTreeMap::new();
    for entry in &entries {
        if let Event::ChatHeld { held } = &entry.event {
            let notes = held.iter().map(|note| (note.message.clone(), note.clone()));
            holds.extend(notes);
        }
    }
    let is_live = matches!(show.phase, Phase::Live { .. });
    for Entry {
        at, actor, event, ..
    } in entries
    {
        let command = match event {
            Event::ChatNoted { lines } => {
                for line in lines {
                    if is_live && line.id.is_invented() {
                        continue;
                    }
                    // The lists may have been written down with it, before they knew its entry.
                    if sieve.questions.line(line.id.as_str()).is_some() {
                        continue;
                    }
                    sieve.heat.count(at, is_complaint(&line.text));
                    take(sieve, show, line, &holds);
                }
                continue;
            }
            Event::ChatTakenBack { messages } => {
                sieve.forget(|id| messages.contains(id));
                continue;
            }
            Event::HeldDecided { messages, release } if release => {
                Command::ReleaseHeld { messages }
            }
            Event::HeldDecided { messages, .. } => Command::RemoveHeld { messages },
            Event::QuestionsMerged { into, other } => Command::MergeQuestions { into, other },
            Event::QuestionSplit { question, messages } => {
                Command::SplitQuestion { question, messages }
            }
            Event::QuestionMarked {
                question,
                state,
                hide,
            } => Command::MarkQuestion {
                question,
                state,
                hide,
            },
            Event::QuestionClaimed { question, holder } => Command::AssignQuestion {
                question,
                to: holder,
            },
            Event::QuestionFreed { question } => Command::FreeQuestion { question },
            Event::ChatHidden { line, hide } => Command::HideLine {
                message: line.id.clone(),
                hide,
                line: Some(Box::new(line)),
            },
            Event::ChatShownAgain { messages } => Command::ShowHidden { messages },
            _ => continue,
        };
        sieve.decide(show, &actor, at, &command);
    }
}

fn take(sieve: &mut Sieve, show: &Show, line: ChatLine, holds: &BTreeMap<MessageId, HeldNote>) {
    match holds.get(&line.id) {
        Some(note) => sieve.hold(line, note),
        None => sieve.ask(show, &line),
    }
}
