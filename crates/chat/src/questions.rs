//! Owns the list of what the audience asks: lines that mean the same are one entry with a count, while they arrive.
//!
//! Two lines are one question when they ask the same topic of the same product and, where that matters, of the same
//! place. What has no known topic is compared by its words. The list is bounded whatever comes; people may merge and
//! split, and that stays for what comes later.

mod heard;
mod held_by;
mod pieces;
mod saved;
mod wording;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use stallcast_show::QuestionState;

use crate::catalogue::Catalogue;
use crate::topic::Topic;

pub use heard::Heard;
pub use held_by::{Claim, Hidden};
use pieces::{alike, hash};
pub use saved::Saved;
use wording::Spelling;

/// Most questions in the list; the one asked longest ago, and by the fewest, makes room.
pub const GROUPS_MAX: usize = 400;
/// Lines kept with a question, the newest; all are counted.
pub const LINES_MAX: usize = 200;
/// Askers told apart per question; more count as one each.
const ASKERS_MAX: usize = 10_000;
/// Two lines without a known topic are one question from this share of common pieces.
const ALIKE: f32 = 0.45;
/// A line goes to a question that was split off by hand from this share.
const ALIKE_SPLIT: f32 = 0.7;
/// Lines of a question that a new one is compared with.
const COMPARED: usize = 8;

/// A line that asks.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The line's id.
    pub id: &'a str,
    /// Who, unique over platforms.
    pub author: &'a str,
    /// The text as written.
    pub text: &'a str,
    /// When, in milliseconds of any clock that does not go back.
    pub at_ms: u64,
}

/// A question's number: made of the line that began it, so that it is the same when the list is made again from the same
/// lines. What was decided of it and written down elsewhere is never about another question. Below 2^53.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupId(pub u64);

/// A question with everybody who asked it.
#[derive(Debug, Clone)]
pub struct Group {
    /// Its number.
    pub id: GroupId,
    /// The product it is about: named, or on air when it was asked first.
    pub product: Option<String>,
    /// What it is about, when that is known.
    pub topic: Option<Topic>,
    /// The place it is about, when that makes it another question: the name that all its names have in common.
    pub place: Option<String>,
    /// How many lines.
    pub count: u32,
    /// When it was asked first.
    pub first_ms: u64,
    /// When it was asked last.
    pub last_ms: u64,
    /// What became of it.
    pub state: QuestionState,
    /// How most people ask it; the text of one of them, as written.
    pub words: String,
    /// Who sees to it; nobody once it is closed.
    pub claim: Option<Claim>,
    /// Why it was hidden.
    pub hidden: Option<Hidden>,
    lines: VecDeque<Line>,
    askers: HashSet<u64>,
    more_askers: u32,
    by_hand: bool,
}

/// A line of a question.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its id.
    pub id: String,
    /// Who wrote it, as in [`Asked::author`].
    pub author: String,
    /// The text as written.
    pub text: String,
    /// When, as in [`Asked::at_ms`].
    pub at_ms: u64,
    asker: u64,
    pieces: Arc<HashSet<u64>>,
    spelling: Spelling,
}

/// What a question is about.
#[derive(Debug, Clone, Default)]
struct About {
    product: Option<String>,
    topic: Option<Topic>,
    place: Option<String>,
}

/// The same, where a topic is known: product, topic, place.
type Subject = (Option<String>, Topic, Option<String>);

impl About {
    fn subject(&self) -> Option<Subject> {
        Some((self.product.clone(), self.topic?, self.place.clone()))
    }
}

/// The list.
#[derive(Debug, Clone, Default)]
pub struct Questions {
    groups: BTreeMap<GroupId, Group>,
    subjects: HashMap<Subject, GroupId>,
    split: usize,
}

/// The number of a question that this line began, on its own or when it was split off another one.
fn number(from: Option<GroupId>, line: &str) -> GroupId {
    let mut digest = Sha256::new();
    if let Some(GroupId(from)) = from {
        digest.update(from.to_be_bytes());
    }
    digest.update(line);
    let number = digest.finalize().into_iter().take(8);
    GroupId(number.fold(0, |all, byte| (all << 8) | u64::from(byte)) >> 11)
}

impl Group {
    /// How many people asked.
    pub fn askers(&self) -> u32 {
        self.more_askers
            .saturating_add(u32::try_from(self.askers.len()).unwrap_or(u32::MAX))
    }

    /// The newest lines, oldest first.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &Line> {
        self.lines.iter()
    }

    fn take(&mut self, line: Line) {
        self.count = self.count.saturating_add(1);
        self.first_ms = self.first_ms.min(line.at_ms);
        self.last_ms = self.last_ms.max(line.at_ms);
        if self.askers.len() < ASKERS_MAX {
            self.askers.insert(line.asker);
        } else if !self.askers.contains(&line.asker) {
            self.more_askers = self.more_askers.saturating_add(1);
        }
        self.lines.push_back(line);
        if self.lines.len() > LINES_MAX {
            self.lines.pop_front();
        }
        self.call();
    }

    fn about(&self) -> About {
        About {
            product: self.product.clone(),
            topic: self.topic,
            place: self.place.clone(),
        }
    }

    /// Whether what asks the same goes into it; what was answered and is asked again is a new question.
    fn takes(&self) -> bool {
        self.state != QuestionState::Answered
    }

    fn likeness(&self, pieces: &HashSet<u64>) -> f32 {
        let newest = self.lines.iter().rev().take(COMPARED);
        newest
            .map(|line| alike(&line.pieces, pieces))
            .fold(0.0, f32::max)
    }

    /// Counts lines no more that are not in [`Group::lines`] any more, and who wrote nothing else of it.
    fn lose(&mut self, moved: &VecDeque<Line>) {
        if moved.is_empty() {
            return;
        }
        let gone: HashSet<u64> = moved.iter().map(|line| line.asker).collect();
        let still: HashSet<u64> = self.lines.iter().map(|line| line.asker).collect();
        self.count = self
            .count
            .saturating_sub(u32::try_from(moved.len()).unwrap_or(u32::MAX));
        self.askers
            .retain(|asker| !gone.contains(asker) || still.contains(asker));
        if let Some(first) = self.lines.front()
            && moved.iter().any(|line| line.text == self.words)
        {
            self.words.clone_from(&first.text);
        }
        self.call();
    }

    /// People who asked count most, then how long they wait, then whether it is about what is shown now.
    fn rank(&self, now_ms: u64, on_air: Option<&str>) -> u64 {
        let waits_minutes = now_ms.saturating_sub(self.first_ms) / 60_000;
        let shown = on_air.is_some() && self.product.as_deref() == on_air;
        let waits = waits_minutes.min(10);
        (u64::from(self.askers()) * 10 + waits) * if shown { 3 } else { 1 }
    }
}

impl Questions {
    /// Puts a line where it belongs, and says where that is.
    pub fn ask(
        &mut self,
        catalogue: &Catalogue,
        on_air: Option<&str>,
        asked: Asked<'_>,
    ) -> GroupId {
        self.take(&catalogue.hear(asked.text), on_air, asked)
    }

    /// As [`Questions::ask`], of a line whose text was `heard` before.
    pub fn take(&mut self, heard: &Heard, on_air: Option<&str>, asked: Asked<'_>) -> GroupId {
        let asked_about = About {
            product: heard.product.clone().or_else(|| on_air.map(str::to_owned)),
            topic: heard.topic,
            place: heard.place.clone(),
        };
        let line = Line {
            id: asked.id.to_owned(),
            author: asked.author.to_owned(),
            text: asked.text.to_owned(),
            asker: hash(asked.author),
            at_ms: asked.at_ms,
            spelling: heard.spelling,
            pieces: Arc::clone(&heard.pieces),
        };
        let known =
            self.split_off(&asked_about, &line.pieces)
                .or_else(|| match asked_about.subject() {
                    Some(subject) => self
                        .subjects
                        .get(&subject)
                        .copied()
                        .filter(|id| self.groups.get(id).is_some_and(Group::takes)),
                    None => self.alike(&asked_about, &line.pieces),
                });
        if let Some(id) = known
            && let Some(group) = self.groups.get_mut(&id)
        {
            group.take(line);
            return id;
        }
        let id = self.open(asked_about, line);
        self.make_room(id);
        id
    }

    /// The open questions, first the one to answer next.
    pub fn ranked(&self, now_ms: u64, on_air: Option<&str>) -> Vec<&Group> {
        let open = |group: &&Group| group.state == QuestionState::Open;
        let mut groups: Vec<&Group> = self.groups.values().filter(open).collect();
        groups.sort_by_key(|group| {
            (
                std::cmp::Reverse(group.rank(now_ms, on_air)),
                group.first_ms,
                group.id,
            )
        });
        groups
    }

    /// A question of the list.
    pub fn get(&self, id: GroupId) -> Option<&Group> {
        self.groups.get(&id)
    }

    /// How many questions there are.
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// Whether nobody asked anything.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Says what became of a question. `false` where it is gone.
    pub fn mark(&mut self, id: GroupId, state: QuestionState) -> bool {
        let Some(group) = self.groups.get_mut(&id) else {
            return false;
        };
        group.state = state;
        group.hidden = None;
        if state != QuestionState::Open {
            group.claim = None;
        }
        // It takes what asks the same again, where nothing else does by now.
        if let (true, false, Some(subject)) =
            (group.takes(), group.by_hand, group.about().subject())
        {
            let other = self.subjects.get(&subject).copied();
            let is_taken = other.is_some_and(|other| {
                other != id && self.groups.get(&other).is_some_and(Group::takes)
            });
            if !is_taken {
                self.subjects.insert(subject, id);
            }
        }
        true
    }

    /// Lines that nobody is to see any more; a question that nobody asks then is gone.
    pub fn take_back(&mut self, gone: impl Fn(&str) -> bool) {
        let mut empty = Vec::new();
        for group in self.groups.values_mut() {
            let (moved, stays): (VecDeque<Line>, VecDeque<Line>) = std::mem::take(&mut group.lines)
                .into_iter()
                .partition(|line| gone(&line.id));
            group.lines = stays;
            group.lose(&moved);
            if !moved.is_empty() && group.lines.is_empty() {
                empty.push(group.id);
            }
        }
        empty.into_iter().for_each(|id| self.forget(id));
    }

    /// The questions that are not open, newest first.
    pub fn closed(&self) -> impl Iterator<Item = &Group> {
        let closed = |group: &&Group| group.state != QuestionState::Open;
        let mut closed: Vec<&Group> = self.groups.values().filter(closed).collect();
        closed.sort_by_key(|group| (std::cmp::Reverse(group.last_ms), group.id));
        closed.into_iter()
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        let groups = self.groups.values();
        groups
            .filter(|group| group.state == QuestionState::Open)
            .count()
    }

    /// Makes two questions one, also for what comes later. `false` where one of them is gone.
    pub fn merge(&mut self, into: GroupId, other: GroupId) -> bool {
        if into == other || !self.groups.contains_key(&into) {
            return false;
        }
        let Some(moved) = self.groups.remove(&other) else {
            return false;
        };
        if moved.by_hand {
            self.split -= 1;
        }
        for group in self.subjects.values_mut().filter(|group| **group == other) {
            *group = into;
        }
        if let Some(group) = self.groups.get_mut(&into) {
            let beyond = moved
                .count
                .saturating_sub(u32::try_from(moved.lines.len()).unwrap_or(0));
            group.count = group.count.saturating_add(beyond);
            group.first_ms = group.first_ms.min(moved.first_ms);
            if group.state == QuestionState::Open {
                group.claim = group.claim.take().or(moved.claim);
            }
            group.more_askers = group.more_askers.saturating_add(moved.more_askers);
            group.askers.extend(moved.askers);
            moved.lines.into_iter().for_each(|line| group.take(line));
        }
        true
    }

    /// Makes lines of a question one of their own; what is like them goes there from now on. `None` where the question
    /// or the lines are gone, or nothing would be left of it.
    pub fn split(&mut self, from: GroupId, lines: &[&str]) -> Option<GroupId> {
        let group = self.groups.get_mut(&from)?;
        let (moved, stays): (VecDeque<Line>, VecDeque<Line>) = std::mem::take(&mut group.lines)
            .into_iter()
            .partition(|line| lines.contains(&line.id.as_str()));
        if moved.is_empty() || stays.is_empty() {
            let mut all: Vec<Line> = moved.into_iter().chain(stays).collect();
            all.sort_by_key(|line| line.at_ms);
            group.lines = all.into();
            return None;
        }
        group.lines = stays;
        group.lose(&moved);
        let about = group.about();
        let mut moved = moved.into_iter();
        let id = self.new_group(Some(from), about, moved.next()?);
        if let Some(group) = self.groups.get_mut(&id) {
            group.by_hand = true;
            self.split += 1;
            moved.for_each(|line| group.take(line));
        }
        self.make_room(id);
        Some(id)
    }

    fn open(&mut self, about: About, line: Line) -> GroupId {
        let subject = about.subject();
        let id = self.new_group(None, about, line);
        if let Some(subject) = subject {
            self.subjects.insert(subject, id);
        }
        id
    }

    fn new_group(&mut self, from: Option<GroupId>, about: About, line: Line) -> GroupId {
        let mut id = number(from, &line.id);
        // A line that is told twice may begin another one.
        while self.groups.contains_key(&id) {
            id = number(Some(id), &line.id);
        }
        let mut group = Group {
            id,
            product: about.product,
            topic: about.topic,
            place: about.place,
            count: 0,
            first_ms: line.at_ms,
            last_ms: line.at_ms,
            state: QuestionState::Open,
            words: line.text.clone(),
            claim: None,
            hidden: None,
            lines: VecDeque::new(),
            askers: HashSet::new(),
            more_askers: 0,
            by_hand: false,
        };
        group.take(line);
        self.groups.insert(id, group);
        id
    }

    fn alike(&self, about: &About, pieces: &HashSet<u64>) -> Option<GroupId> {
        self.nearest(pieces, ALIKE, |group| {
            group.topic.is_none() && group.product == about.product && group.takes()
        })
    }

    fn split_off(&self, about: &About, pieces: &HashSet<u64>) -> Option<GroupId> {
        if self.split == 0 {
            return None;
        }
        self.nearest(pieces, ALIKE_SPLIT, |group| {
            group.by_hand
                && group.product == about.product
                && group.place == about.place
                && group.takes()
        })
    }

    fn nearest(
        &self,
        pieces: &HashSet<u64>,
        least: f32,
        fits: impl Fn(&Group) -> bool,
    ) -> Option<GroupId> {
        let mut best: Option<(&Group, f32)> = None;
        for group in self.groups.values().filter(|group| fits(group)) {
            let likeness = group.likeness(pieces);
            // Of two that are as like, the older one.
            let is_better = best.is_none_or(|(known, most)| {
                likeness > most || (likeness == most && group.first_ms < known.first_ms)
            });
            if likeness >= least && is_better {
                best = Some((group, likeness));
            }
        }
        best.map(|(group, _)| group.id)
    }

    fn make_room(&mut self, newest: GroupId) {
        while self.groups.len() > GROUPS_MAX {
            let least = self
                .groups
                .values()
                .filter(|group| group.id != newest)
                .min_by_key(|group| {
                    let waits = group.state == QuestionState::Open;
                    let is_held = group.claim.is_some();
                    (waits, is_held, group.count > 1, group.last_ms, group.id)
                })
                .map(|group| group.id);
            match least {
                Some(id) => self.forget(id),
                None => break,
            }
        }
    }

    fn forget(&mut self, id: GroupId) {
        if self.groups.remove(&id).is_some_and(|group| group.by_hand) {
            self.split -= 1;
        }
        self.subjects.retain(|_, group| *group != id);
    }
}

#[cfg(test)]
mod tests;
