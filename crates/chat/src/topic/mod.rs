//! Owns what a question is about: a list of topics of live shopping with the words for them in Chinese and English.
//!
//! `topics.txt` is written by hand and read once. A pattern is worth as many points as it matched (a Chinese
//! character counts twice); the best pattern of all topics wins, so that a longer one ("how much is shipping")
//! beats what it holds ("how much").

mod search;
mod views;
mod words;

use std::collections::HashMap;
use std::sync::LazyLock;

use search::{Search, Seen, Wishes};
pub(crate) use views::{Views, spaced};
use words::Words;
pub(crate) use words::one_slip;

use crate::sound;

/// Fewest points a topic is believed at: two Chinese characters.
const LEAST: u32 = 4;
/// The same where only the sound is like it.
const LEAST_SAID: u32 = 6;

/// A topic of the list.
///
/// Written down as its name, for the list may be another one at the next start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Topic(u16);

/// What may answer a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Evidence {
    /// The fact alone.
    None,
    /// The fact, when it holds one of these words.
    OneOf(&'static str),
    /// Nothing that a list of facts can hold.
    Never,
}

/// Which places make another question, and need another answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Places {
    /// It is not asked of places.
    None,
    /// All but those that the mainland's answer is for.
    Far,
    /// All.
    All,
}

struct Entry {
    name: &'static str,
    keys: Vec<&'static str>,
    evidence: Evidence,
    places: Places,
    patterns: Vec<Pattern>,
    /// What is asked about something else when one of these is there.
    never: Vec<Needle>,
}

struct Pattern {
    bonus: u32,
    terms: Vec<Term>,
}

struct Term {
    any: Vec<Needle>,
    none: Vec<Needle>,
}

/// A word or its sound, and what finding it is worth.
struct Needle {
    word: search::Place,
    sound: Option<search::Place>,
    worth: u32,
}

struct Topics {
    lists: HashMap<&'static str, &'static str>,
    entries: Vec<Entry>,
    words: Words,
    search: Search,
}

static TOPICS: LazyLock<Topics> = LazyLock::new(|| Topics::read(include_str!("topics.txt")));

impl Topic {
    /// The topic of that name.
    pub fn named(name: &str) -> Option<Self> {
        let place = TOPICS.entries.iter().position(|entry| entry.name == name)?;
        u16::try_from(place).ok().map(Self)
    }

    /// Its name in the list, for logs and tests.
    pub fn name(self) -> &'static str {
        TOPICS.entry(self).map_or("", |entry| entry.name)
    }

    /// Keys of facts that may answer it, best first.
    pub(crate) fn keys(self) -> &'static [&'static str] {
        TOPICS.entry(self).map_or(&[], |entry| &entry.keys)
    }

    pub(crate) fn evidence(self) -> Evidence {
        TOPICS
            .entry(self)
            .map_or(Evidence::Never, |entry| entry.evidence)
    }

    pub(crate) fn places(self) -> Places {
        TOPICS
            .entry(self)
            .map_or(Places::None, |entry| entry.places)
    }
}

/// What a folded line is about, when the list knows it: by what is written, else by how it sounds.
pub fn topic_of(folded: &str) -> Option<Topic> {
    let found = TOPICS.best(&Views::new(folded, None), LEAST);
    if found.is_some() {
        return found;
    }
    // A word that is one slip away from a known one may still be a word of its own ("sheet", "sweet").
    let mut views = Views::new(folded, Some(&TOPICS.words));
    TOPICS.best(&views, LEAST).or_else(|| {
        // Other characters of the same sound are too often just other words; letters among Chinese are pinyin.
        if !folded.bytes().any(|b| b.is_ascii_alphabetic())
            || !folded.chars().any(crate::fold::is_han)
        {
            return None;
        }
        views.said = Some(sound::said(folded));
        TOPICS.best(&views, LEAST_SAID)
    })
}

/// The values of a list of the file.
pub(crate) fn list(name: &str) -> impl Iterator<Item = &'static str> {
    let values = TOPICS.lists.get(name).copied().unwrap_or_default();
    values.split('/').filter(|value| !value.is_empty())
}

impl Topics {
    /// The list is our own and a test reads it whole, so a line that does not fit is left out.
    fn read(text: &'static str) -> Self {
        let mut lists: HashMap<&'static str, &'static str> = HashMap::new();
        let mut entries: Vec<Entry> = Vec::new();
        let mut wishes = Wishes::default();
        for line in text.lines() {
            if line.starts_with('#') {
            } else if let Some(list) = line.strip_prefix('$') {
                if let Some((name, values)) = list.split_once(" = ") {
                    lists.insert(name, values);
                }
            } else if let Some(head) = line.strip_prefix('@') {
                let mut parts = head.splitn(4, '|').map(str::trim);
                let name = parts.next().unwrap_or_default();
                let keys = parts.next().unwrap_or_default();
                entries.push(Entry {
                    name,
                    keys: keys.split(',').filter(|key| *key != "-").collect(),
                    evidence: match parts.next().unwrap_or_default() {
                        "=" => Evidence::None,
                        "-" => Evidence::Never,
                        words => Evidence::OneOf(words),
                    },
                    places: match parts.next() {
                        Some("place") => Places::All,
                        Some("far") => Places::Far,
                        _ => Places::None,
                    },
                    patterns: Vec::new(),
                    never: Vec::new(),
                });
            } else if let (Some(never), Some(entry)) = (line.strip_prefix('!'), entries.last_mut())
            {
                let needles = Needle::read_all(never, &lists, |one| wishes.none(one));
                entry.never.extend(needles);
            } else if let Some(entry) = entries.last_mut() {
                let patterns = line.split(';');
                let patterns = patterns.filter_map(|one| Pattern::read(one, &lists, &mut wishes));
                entry.patterns.extend(patterns);
            }
        }
        Self {
            lists,
            entries,
            words: std::mem::take(&mut wishes.words),
            search: wishes.ready(),
        }
    }

    fn best(&self, views: &Views, least: u32) -> Option<Topic> {
        let seen = self.search.look(views);
        let mut best: Option<(usize, u32)> = None;
        for (place, entry) in self.entries.iter().enumerate() {
            let points = entry.points(&seen);
            if points >= least && best.is_none_or(|(_, most)| points > most) {
                best = Some((place, points));
            }
        }
        best.and_then(|(place, _)| u16::try_from(place).ok())
            .map(Topic)
    }

    fn entry(&self, topic: Topic) -> Option<&Entry> {
        self.entries.get(usize::from(topic.0))
    }
}

impl Entry {
    fn points(&self, seen: &Seen) -> u32 {
        if self.never.iter().any(|needle| seen.has(needle.word)) {
            return 0;
        }
        self.patterns
            .iter()
            .filter_map(|pattern| pattern.points(seen))
            .max()
            .unwrap_or(0)
    }
}

impl Pattern {
    fn read(
        text: &'static str,
        lists: &HashMap<&str, &'static str>,
        wishes: &mut Wishes,
    ) -> Option<Self> {
        let plain = text.trim().trim_start_matches('^');
        if plain.is_empty() {
            return None;
        }
        let carets = text.trim().len() - plain.len();
        let terms = plain
            .split('+')
            .map(|term| {
                let mut parts = term.split('!');
                let any = parts.next().unwrap_or_default();
                Term {
                    any: Needle::read_all(any, lists, |one| wishes.any(one)),
                    none: parts
                        .flat_map(|part| Needle::read_all(part, lists, |one| wishes.none(one)))
                        .collect(),
                }
            })
            .collect();
        Some(Self {
            bonus: 4 * u32::try_from(carets).unwrap_or(0),
            terms,
        })
    }

    fn points(&self, seen: &Seen) -> Option<u32> {
        let mut points = self.bonus;
        for term in &self.terms {
            let found = term
                .any
                .iter()
                .filter(|needle| needle.is_in(seen))
                .map(|needle| needle.worth)
                .max()?;
            if term.none.iter().any(|needle| needle.is_in(seen)) {
                return None;
            }
            points += found;
        }
        Some(points)
    }
}

impl Needle {
    /// `a/b`, or the whole of a list where one is named.
    fn read_all(
        text: &'static str,
        lists: &HashMap<&str, &'static str>,
        mut read: impl FnMut(&str) -> Self,
    ) -> Vec<Self> {
        let mut all = Vec::new();
        for one in text.split('/') {
            let Some((before, named)) = one.split_once('$') else {
                all.push(read(one));
                continue;
            };
            let name = named.trim_end_matches(|c: char| !c.is_ascii_alphabetic());
            let after = named.get(name.len()..).unwrap_or_default();
            let values = lists.get(name).copied().unwrap_or_default();
            for value in values.split('/') {
                all.push(read(&format!("{before}{value}{after}")));
            }
        }
        all
    }

    fn is_in(&self, seen: &Seen) -> bool {
        seen.has(self.word) || self.sound.is_some_and(|sound| seen.has(sound))
    }
}

#[cfg(test)]
mod tests;
