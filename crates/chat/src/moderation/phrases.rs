//! Owns insults, advertising and lures: phrases of a list (`phrases.txt`), looked for in a line without its disguises.

use std::sync::LazyLock;

use super::{Finding, Why};
use crate::fold::{is_han, without_repeats};

/// A line as phrases are looked for in it.
pub(super) struct Phrases {
    /// Without spaces, marks and emoji.
    joined: String,
    /// Latin words, a space before and after each; letters spaced out (`f u c k`) are one word.
    spaced: String,
    /// Every mark in a word dropped and digits for letters undone, for insults only.
    unmasked: String,
}

struct Entry {
    why: Why,
    sure: bool,
    /// All must be there.
    terms: Vec<Term>,
    /// None may be there.
    never: Vec<Term>,
}

struct Term(Vec<Needle>);

enum Needle {
    Han(String),
    Words(String),
}

static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| read(include_str!("phrases.txt")));

/// `@why` or `@why?` (only at the strict level) begins a part; patterns as in the topics: `+` also, `/` or, `!` not,
/// `$name` a list.
fn read(text: &'static str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut lists: Vec<(&str, &str)> = Vec::new();
    let mut part = None;
    for line in text.lines() {
        if line.starts_with('#') {
        } else if let Some((name, values)) = line
            .strip_prefix('$')
            .and_then(|list| list.split_once(" = "))
        {
            lists.push((name, values));
        } else if let Some(head) = line.strip_prefix('@') {
            let sure = !head.ends_with('?');
            part = match head.trim_end_matches('?') {
                "abuse" => Some((Why::Abuse, sure)),
                "ad" => Some((Why::Ad, sure)),
                "lure" => Some((Why::Lure, sure)),
                _ => None,
            };
        } else if let Some((why, sure)) = part {
            for pattern in line.split(';').map(str::trim).filter(|one| !one.is_empty()) {
                let (wanted, never) = pattern.split_once('!').unwrap_or((pattern, ""));
                let term = |one: &str| {
                    let one = one
                        .strip_prefix('$')
                        .and_then(|name| lists.iter().find(|(known, _)| *known == name))
                        .map_or(one, |(_, values)| *values);
                    Term(
                        one.split('/')
                            .filter(|word| !word.is_empty())
                            .map(Needle::read)
                            .collect(),
                    )
                };
                entries.push(Entry {
                    why,
                    sure,
                    terms: wanted.split('+').map(term).collect(),
                    never: never
                        .split('!')
                        .filter(|one| !one.is_empty())
                        .map(term)
                        .collect(),
                });
            }
        }
    }
    entries
}

impl Needle {
    fn read(text: &str) -> Self {
        if text.is_ascii() {
            Self::Words(match text.strip_suffix('*') {
                Some(open) => format!(" {open}"),
                None => format!(" {text} "),
            })
        } else {
            Self::Han(text.to_owned())
        }
    }
}

impl Phrases {
    pub(super) fn of(folded: &str) -> Self {
        let plain = without_repeats(folded, 2);
        let joined = plain
            .chars()
            .filter(|c| c.is_alphanumeric() || *c == '+')
            .collect();
        let spaced = spaced(&plain, |c| c.is_ascii_alphanumeric() || c == '\'');
        let unmasked = spaced_unmasked(&plain);
        Self {
            joined,
            spaced,
            unmasked,
        }
    }

    pub(super) fn findings(&self) -> impl Iterator<Item = Finding> + '_ {
        ENTRIES.iter().filter_map(|entry| {
            let abuse = entry.why == Why::Abuse;
            let found: Option<Vec<&str>> = entry
                .terms
                .iter()
                .map(|term| self.has(term, abuse))
                .collect();
            let found = found?;
            if entry
                .never
                .iter()
                .any(|term| self.has(term, abuse).is_some())
            {
                return None;
            }
            Some(Finding {
                why: entry.why,
                sure: entry.sure,
                found: found.join(" + "),
            })
        })
    }

    fn has<'a>(&self, term: &'a Term, abuse: bool) -> Option<&'a str> {
        term.0.iter().find_map(|needle| match needle {
            Needle::Han(words) => self
                .joined
                .contains(words.as_str())
                .then_some(words.as_str()),
            Needle::Words(words) => {
                let there = self.spaced.contains(words.as_str())
                    || abuse && self.unmasked.contains(words.as_str());
                there.then_some(words.trim())
            }
        })
    }
}

fn spaced(plain: &str, keep: impl Fn(char) -> bool) -> String {
    let plain: String = plain
        .chars()
        .map(|c| if c == '’' { '\'' } else { c })
        .collect();
    let words: Vec<String> = plain
        .split(|c: char| !keep(c))
        .map(|word| word.replace('\'', ""))
        .filter(|word| !word.is_empty())
        .collect();
    let mut spaced = String::from(" ");
    let mut single = false;
    for word in &words {
        let letter = word.len() == 1 && word.chars().all(|c| c.is_ascii_alphabetic());
        if letter && single {
            spaced.pop();
        }
        spaced.push_str(word);
        spaced.push(' ');
        single = letter;
    }
    spaced
}

/// Words with the marks inside them dropped (`f*ck`, `b!tch`, `id.iot`) and digits read as letters (`sh1t`).
fn spaced_unmasked(plain: &str) -> String {
    let unmasked: String = plain
        .chars()
        .map(|c| match c {
            '0' => 'o',
            '1' | '!' | '|' => 'i',
            '3' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            '7' => 't',
            other => other,
        })
        .filter(|c| !matches!(c, '*' | '.' | '-' | '_' | '~' | '^' | '#'))
        .map(|c| if is_han(c) { ' ' } else { c })
        .collect();
    spaced(&unmasked, |c| c.is_ascii_alphanumeric())
}
