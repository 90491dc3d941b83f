//! Owns insults, advertising and lures: phrases of a list (`phrases.txt`), looked for in a line without its disguises.

use std::sync::LazyLock;

use super::{Finding, Why};
use crate::fold::{is_han, without_repeats};
use crate::needles::{Found, Needles, Wanted};

/// The phrases of a line.
pub(super) struct Phrases {
    /// Those of the line without spaces, marks and emoji.
    joined: Found,
    /// Those of its Latin words, a space before and after each; letters spaced out (`f u c k`) are one word.
    spaced: Found,
    /// The same with every mark in a word dropped and digits for letters undone, for insults only.
    unmasked: Found,
}

struct List {
    entries: Vec<Entry>,
    han: Needles,
    words: Needles,
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

struct Needle {
    /// As it is told to a person.
    said: String,
    is_han: bool,
    place: usize,
}

static LIST: LazyLock<List> = LazyLock::new(|| read(include_str!("phrases.txt")));

/// `@why` or `@why?` (only at the strict level) begins a part; patterns as in the topics: `+` also, `/` or, `!` not,
/// `$name` a list.
fn read(text: &'static str) -> List {
    let (mut han, mut words) = (Wanted::default(), Wanted::default());
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
                let mut term = |one: &str| {
                    let one = one
                        .strip_prefix('$')
                        .and_then(|name| lists.iter().find(|(known, _)| *known == name))
                        .map_or(one, |(_, values)| *values);
                    Term(
                        one.split('/')
                            .filter(|word| !word.is_empty())
                            .map(|word| Needle::read(word, &mut han, &mut words))
                            .collect(),
                    )
                };
                entries.push(Entry {
                    why,
                    sure,
                    terms: wanted.split('+').map(&mut term).collect(),
                    never: never
                        .split('!')
                        .filter(|one| !one.is_empty())
                        .map(term)
                        .collect(),
                });
            }
        }
    }
    List {
        entries,
        han: han.ready(),
        words: words.ready(),
    }
}

impl Needle {
    fn read(text: &str, han: &mut Wanted, words: &mut Wanted) -> Self {
        let is_han = !text.is_ascii();
        let open = text.strip_suffix('*').filter(|_| !is_han);
        let place = match open {
            _ if is_han => han.place(text),
            Some(open) => words.place(&format!(" {open}")),
            None => words.place(&format!(" {text} ")),
        };
        Self {
            said: open.unwrap_or(text).to_owned(),
            is_han,
            place,
        }
    }
}

impl Phrases {
    pub(super) fn of(folded: &str) -> Self {
        let plain = without_repeats(folded, 2);
        let joined: String = plain
            .chars()
            .filter(|c| c.is_alphanumeric() || *c == '+')
            .collect();
        let spaced = spaced(&plain, |c| c.is_ascii_alphanumeric() || c == '\'');
        Self {
            joined: LIST.han.within(&joined),
            spaced: LIST.words.within(&spaced),
            unmasked: LIST.words.within(&spaced_unmasked(&plain)),
        }
    }

    pub(super) fn findings(&self) -> impl Iterator<Item = Finding> + '_ {
        LIST.entries.iter().filter_map(|entry| {
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
        let is_there = |needle: &&Needle| match needle.is_han {
            true => self.joined.has(needle.place),
            false => self.spaced.has(needle.place) || abuse && self.unmasked.has(needle.place),
        };
        let needle = term.0.iter().find(is_there)?;
        Some(needle.said.trim())
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
