//! Owns floods: a line that is one thing many times, and lines that come again and again.

use std::collections::{HashMap, VecDeque};

use super::{Finding, Why};
use crate::fold::{fold, without_repeats};

/// Fewest characters of a line that is a flood by itself.
const SHORTEST: usize = 15;
/// A laugh or applause may be longer before it is one.
const LAUGH_SHORTEST: usize = 31;
/// The same piece so many times in a row.
const REPEATS: usize = 8;
/// A long piece so many times, when the line is long.
const LONG_REPEATS: usize = 4;
const LONG_LINE: usize = 20;

/// A line that says one thing again and again.
pub(super) fn in_line(folded: &str) -> Option<Finding> {
    let chars: Vec<char> = folded
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, ',' | '，' | '.' | '。' | '、'))
        .collect();
    let (piece, length) = most_repeated(&chars)?;
    let repeats = length / piece.len();
    let laugh = piece.iter().all(|c| {
        matches!(
            c,
            '哈' | '嘿'
                | '呵'
                | '嘻'
                | 'h'
                | 'a'
                | 'e'
                | 'w'
                | '6'
                | '8'
                | '?'
                | '!'
                | '。'
                | '~'
                | '-'
                | '='
                | '_'
                | '.'
        )
    });
    let shortest = if laugh { LAUGH_SHORTEST } else { SHORTEST };
    let most = length * 4 >= chars.len() * 3;
    let flood = most
        && (length >= shortest && repeats >= REPEATS
            || length >= LONG_LINE.max(shortest) && repeats >= LONG_REPEATS);
    flood.then(|| Finding {
        why: Why::Flood,
        sure: true,
        found: format!("{}×{repeats}", piece.iter().collect::<String>()),
    })
}

/// The piece of at most 16 characters whose row covers most of the line, and how many characters that is.
fn most_repeated(chars: &[char]) -> Option<(&[char], usize)> {
    let mut best: Option<(&[char], usize)> = None;
    for period in 1..=16.min(chars.len() / 3) {
        let mut run = 0;
        for at in period..=chars.len() {
            if at < chars.len() && chars[at] == chars[at - period] {
                run += 1;
                continue;
            }
            let length = run + period;
            if run > 0 && best.is_none_or(|(_, most)| length > most) {
                best = Some((&chars[at - length..at - length + period], length));
            }
            run = 0;
        }
    }
    best
}

/// How far a line is new among those of the last minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeat {
    /// How many lines like it there were, itself included; from 2 on they are shown as one (`×37`).
    pub times: u32,
    /// How many of them came from the same author, itself included.
    pub by_author: u32,
    /// The same number for all lines that are like it.
    pub like: u64,
}

/// The lines of the last minutes, to fold what comes again.
#[derive(Debug, Clone)]
pub struct Flow {
    window_ms: u64,
    seen: VecDeque<(u64, u64, u64)>,
    texts: HashMap<u64, u32>,
    authors: HashMap<(u64, u64), u32>,
}

/// Most lines remembered: two minutes at some 400 lines a second.
const SEEN_MAX: usize = 50_000;

impl Flow {
    /// Remembers the lines of `window_ms`, and at most some 50 000.
    pub fn new(window_ms: u64) -> Self {
        Self {
            window_ms,
            seen: VecDeque::new(),
            texts: HashMap::new(),
            authors: HashMap::new(),
        }
    }

    /// Counts a line; `at_ms` does not go back.
    pub fn count(&mut self, author: &str, text: &str, at_ms: u64) -> Repeat {
        while self.seen.len() >= SEEN_MAX
            || self
                .seen
                .front()
                .is_some_and(|(at, _, _)| at_ms.saturating_sub(*at) > self.window_ms)
        {
            self.forget_first();
        }
        let (text, author) = (likeness(text), hash(author.chars()));
        self.seen.push_back((at_ms, text, author));
        let times = self.texts.entry(text).or_default();
        *times += 1;
        let by_author = self.authors.entry((text, author)).or_default();
        *by_author += 1;
        Repeat {
            times: *times,
            by_author: *by_author,
            like: text,
        }
    }

    /// How many lines are remembered.
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    fn forget_first(&mut self) {
        let Some((_, text, author)) = self.seen.pop_front() else {
            return;
        };
        if let Some(times) = self.texts.get_mut(&text) {
            *times -= 1;
            if *times == 0 {
                self.texts.remove(&text);
            }
        }
        if let Some(times) = self.authors.get_mut(&(text, author)) {
            *times -= 1;
            if *times == 0 {
                self.authors.remove(&(text, author));
            }
        }
    }
}

/// The same for lines that differ in marks, spaces, emoji, case and how often a letter is repeated. A line of only
/// marks and emoji is itself.
fn likeness(text: &str) -> u64 {
    let folded = fold(text);
    let bare = without_repeats(&folded, 1);
    let mut letters = bare.chars().filter(|c| c.is_alphanumeric()).peekable();
    if letters.peek().is_some() {
        hash(letters)
    } else {
        hash(bare.chars())
    }
}

fn hash(chars: impl Iterator<Item = char>) -> u64 {
    chars.fold(0xcbf2_9ce4_8422_2325, |hash, c| {
        (hash ^ u64::from(c)).wrapping_mul(0x100_0000_01b3)
    })
}
