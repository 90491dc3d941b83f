//! Owns the English words of the topics, and putting a misspelt one right.

use std::collections::{HashMap, HashSet};

/// Shorter words have too many neighbours.
const SHORTEST: usize = 5;
/// Longer runs of letters are not words.
const LONGEST: usize = 24;

#[derive(Debug, Default)]
pub(crate) struct Words {
    known: HashSet<String>,
    by_first: HashMap<char, Vec<String>>,
}

impl Words {
    /// Learns the words of a phrase. An open end ("ship*") is a word as well.
    pub(super) fn learn(&mut self, phrase: &str) {
        for word in phrase.split_whitespace() {
            if self.known.insert(word.to_owned())
                && let Some(first) = word.chars().next()
            {
                self.by_first
                    .entry(first)
                    .or_default()
                    .push(word.to_owned());
            }
        }
    }

    /// The line with words that are one slip away from a known one put right.
    pub(super) fn put_right(&self, spaced: &str) -> String {
        let mut right = String::with_capacity(spaced.len());
        right.push(' ');
        for word in spaced.split_whitespace() {
            right.push_str(self.nearest(word).unwrap_or(word));
            right.push(' ');
        }
        right
    }

    fn nearest(&self, word: &str) -> Option<&str> {
        if !(SHORTEST..=LONGEST).contains(&word.len())
            || !word.bytes().all(|b| b.is_ascii_lowercase())
            || self.knows(word)
        {
            return None;
        }
        let first = word.chars().next()?;
        self.by_first
            .get(&first)?
            .iter()
            .find(|known| known.len() >= SHORTEST && one_slip(word.as_bytes(), known.as_bytes()))
            .map(String::as_str)
    }

    /// Itself, or what it is without the ending of a plural or a past.
    fn knows(&self, word: &str) -> bool {
        self.known.contains(word)
            || ["s", "es", "ed", "d", "ing", "er", "ly", "y"]
                .iter()
                .any(|end| {
                    word.strip_suffix(end)
                        .is_some_and(|stem| self.known.contains(stem))
                })
    }
}

/// One letter too many, too few, wrong, or two swapped.
pub(crate) fn one_slip(a: &[u8], b: &[u8]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if long.len() - short.len() > 1 {
        return false;
    }
    let same = short.iter().zip(long).take_while(|(x, y)| x == y).count();
    let (short_rest, long_rest) = (&short[same..], &long[same..]);
    if short.len() < long.len() {
        return short_rest == &long_rest[1..];
    }
    match (short_rest, long_rest) {
        ([], []) => true,
        ([_, x @ ..], [_, y @ ..]) if x == y => true,
        ([p, q, x @ ..], [r, s, y @ ..]) => p == s && q == r && x == y,
        _ => false,
    }
}
