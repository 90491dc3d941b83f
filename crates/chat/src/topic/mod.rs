//! Owns what a question is about: a list of topics of live shopping with the words for them in Chinese and English.
//!
//! `topics.txt` is written by hand and read once. A pattern is worth as many points as it matched (a Chinese
//! character counts twice); the best pattern of all topics wins, so that a longer one ("how much is shipping")
//! beats what it holds ("how much").

mod views;
mod words;

use std::collections::HashMap;
use std::sync::LazyLock;

pub(crate) use views::Views;
use words::Words;
pub(crate) use words::one_slip;

use crate::sound;

/// Fewest points a topic is believed at: two Chinese characters.
const LEAST: u32 = 4;
/// The same where only the sound is like it.
const LEAST_SAID: u32 = 6;
/// An English term is worth at most this, however long.
const ENGLISH_MOST: u32 = 14;

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

struct Entry {
    name: &'static str,
    keys: Vec<&'static str>,
    evidence: Evidence,
    patterns: Vec<Pattern>,
}

struct Pattern {
    bonus: u32,
    terms: Vec<Term>,
}

struct Term {
    any: Vec<Needle>,
    none: Vec<Needle>,
}

#[derive(Clone)]
enum Needle {
    /// Anywhere in the text without spaces; `true` = numbers are written `#`. With its sound, where it has a clear one.
    Han(String, bool, Option<String>),
    /// Between the words of the text.
    Words(String, bool),
}

struct Topics {
    lists: HashMap<&'static str, &'static str>,
    entries: Vec<Entry>,
    words: Words,
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
        for line in text.lines() {
            if line.starts_with('#') {
            } else if let Some(list) = line.strip_prefix('$') {
                if let Some((name, values)) = list.split_once(" = ") {
                    lists.insert(name, values);
                }
            } else if let Some(head) = line.strip_prefix('@') {
                let mut parts = head.splitn(3, '|').map(str::trim);
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
                    patterns: Vec::new(),
                });
            } else if let Some(entry) = entries.last_mut() {
                let patterns = line.split(';').filter_map(|one| Pattern::read(one, &lists));
                entry.patterns.extend(patterns);
            }
        }
        let mut words = Words::default();
        for entry in &entries {
            for term in entry.patterns.iter().flat_map(|pattern| &pattern.terms) {
                for needle in &term.any {
                    if let Needle::Words(phrase, _) = needle {
                        words.learn(phrase);
                    }
                }
            }
        }
        Self {
            lists,
            entries,
            words,
        }
    }

    fn best(&self, views: &Views, least: u32) -> Option<Topic> {
        let mut best: Option<(usize, u32)> = None;
        for (place, entry) in self.entries.iter().enumerate() {
            let points = entry.points(views);
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
    fn points(&self, views: &Views) -> u32 {
        self.patterns
            .iter()
            .filter_map(|pattern| pattern.points(views))
            .max()
            .unwrap_or(0)
    }
}

impl Pattern {
    fn read(text: &'static str, lists: &HashMap<&str, &'static str>) -> Option<Self> {
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
                    any: Needle::read_all(any, lists),
                    none: parts
                        .flat_map(|part| Needle::read_all(part, lists))
                        .collect(),
                }
            })
            .collect();
        Some(Self {
            bonus: 4 * u32::try_from(carets).unwrap_or(0),
            terms,
        })
    }

    fn points(&self, views: &Views) -> Option<u32> {
        let mut points = self.bonus;
        for term in &self.terms {
            let found = term
                .any
                .iter()
                .filter(|needle| needle.is_in(views))
                .map(Needle::worth)
                .max()?;
            if term.none.iter().any(|needle| needle.is_in(views)) {
                return None;
            }
            points += found;
        }
        Some(points)
    }
}

impl Needle {
    /// `a/b`, or the whole of a list where one is named.
    fn read_all(text: &'static str, lists: &HashMap<&str, &'static str>) -> Vec<Self> {
        text.split('/')
            .flat_map(|one| match one.split_once('$') {
                Some((before, named)) => {
                    let name = named.trim_end_matches(|c: char| !c.is_ascii_alphabetic());
                    let after = named.get(name.len()..).unwrap_or_default();
                    let values = lists.get(name).copied().unwrap_or_default();
                    values
                        .split('/')
                        .map(|value| Self::read(&format!("{before}{value}{after}")))
                        .collect()
                }
                None => vec![Self::read(one)],
            })
            .collect()
    }

    fn read(text: &str) -> Self {
        let hashed = text.contains('#');
        if text.is_ascii() {
            let (text, open) = match text.strip_suffix('*') {
                Some(text) => (text, true),
                None => (text, false),
            };
            let mut phrase = views::spaced(text);
            if open {
                phrase.pop();
            }
            if phrase.trim().is_empty() {
                // Nothing is left of it, and nothing must not be found everywhere.
                phrase = "\u{0}".to_owned();
            }
            Self::Words(phrase, hashed)
        } else {
            let folded = crate::fold::fold(text);
            let word: String = folded.chars().filter(|c| !c.is_whitespace()).collect();
            let sound = sound::of_word(&word);
            Self::Han(word, hashed, sound)
        }
    }

    fn is_in(&self, views: &Views) -> bool {
        match self {
            Self::Han(needle, hashed, sound) => {
                let text = if *hashed {
                    &views.joined_hashed
                } else {
                    &views.joined
                };
                let sounds = || match (sound, &views.said) {
                    (Some(sound), Some(said)) => said.contains(sound.as_str()),
                    _ => false,
                };
                text.contains(needle.as_str()) || sounds()
            }
            Self::Words(needle, false) => views.spaced.contains(needle.as_str()),
            Self::Words(needle, true) => views.spaced_hashed.contains(needle.as_str()),
        }
    }

    fn worth(&self) -> u32 {
        let count = |text: &str| {
            text.chars()
                .map(|c| if crate::fold::is_han(c) { 2 } else { 1 })
                .sum()
        };
        match self {
            Self::Han(needle, _, _) => count(needle),
            Self::Words(needle, _) => count(needle.trim()).min(ENGLISH_MOST),
        }
    }
}

#[cfg(test)]
mod tests;
