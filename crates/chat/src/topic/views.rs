//! Owns the forms of a folded line that patterns are looked for in.

use super::words::Words;
use crate::fold::{digit, is_han, without_repeats};

/// One line, four times: Chinese has no words between spaces, and a number is often only "a number".
#[derive(Debug, Clone, Default)]
pub(crate) struct Views {
    /// Without spaces and marks.
    pub(crate) joined: String,
    /// The same with every number as `#`.
    pub(crate) joined_hashed: String,
    /// Latin words and numbers, one space before and after each; runs of Chinese are a gap.
    pub(crate) spaced: String,
    /// The same with every number as `#`.
    pub(crate) spaced_hashed: String,
    /// How it is said, where that is to be looked at too.
    pub(crate) said: Option<String>,
}

impl Views {
    pub(crate) fn new(folded: &str, words: Option<&Words>) -> Self {
        let plain = without_repeats(folded, 2);
        let mut joined: String = plain
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, '·' | '💰' | '¥' | '.'))
            .collect();
        let mut spaced = spaced(&plain);
        if let Some(words) = words {
            spaced = words.put_right(&spaced);
        }
        let mut joined_hashed = hashed(&joined);
        if is_heavy(&joined) {
            joined.push_str("重码");
            joined_hashed.push_str("重码");
            spaced.push_str("heavyweight size ");
        }
        Self {
            joined_hashed,
            spaced_hashed: hashed(&spaced),
            joined,
            spaced,
            said: None,
        }
    }
}

/// What is said in several ways and means one thing.
const SAME: &[(&str, &str)] = &[
    ("u", "you"),
    ("ya", "you"),
    ("r", "are"),
    ("ur", "your"),
    ("whats", "what is"),
    ("wats", "what is"),
    ("wat", "what"),
    ("wut", "what"),
    ("wheres", "where is"),
    ("hows", "how is"),
    ("whens", "when is"),
    ("its", "it is"),
    ("thats", "that is"),
    ("im", "i am"),
    ("ive", "i have"),
    ("does", "do"),
    ("did", "do"),
    ("cuz", "because"),
    ("thru", "through"),
    ("pls", ""),
    ("plz", ""),
    ("please", ""),
    ("ples", ""),
    ("plss", ""),
    ("hw", "how"),
    ("b4", "before"),
    ("tmr", "tomorrow"),
    ("2day", "today"),
    ("yrs", "years"),
    ("yr", "year"),
    ("mins", "minutes"),
    ("hrs", "hours"),
    ("this", "it"),
    ("these", "it"),
    ("that", "it"),
    ("those", "it"),
    ("they", "it"),
    ("them", "it"),
    ("are", "is"),
    ("were", "was"),
    ("the", ""),
    ("a", ""),
    ("an", ""),
];

/// Latin letters and numbers as words, each between spaces; Chinese and marks are one space.
pub(crate) fn spaced(text: &str) -> String {
    let mut raw = String::with_capacity(text.len() + 2);
    let mut before = ' ';
    for c in text.chars() {
        if matches!(c, '\'' | '’' | '`') {
            continue;
        }
        let c = c.to_ascii_lowercase();
        let word = c.is_alphanumeric() && !is_han(c) || c == '#';
        let c = if word { c } else { ' ' };
        let number = |c: char| c.is_ascii_digit() || c == '#';
        if c != ' ' && before != ' ' && number(c) != number(before) {
            raw.push(' ');
        }
        raw.push(c);
        before = c;
    }
    let mut spaced = String::with_capacity(raw.len() + 2);
    spaced.push(' ');
    for word in raw.split_whitespace() {
        let mut one = word;
        // Twice, since "r" is "are" and "are" is "is".
        for _ in 0..2 {
            if let Some((_, same)) = SAME.iter().find(|(said, _)| *said == one) {
                one = same;
            }
        }
        if !one.is_empty() {
            spaced.push_str(one);
            spaced.push(' ');
        }
    }
    spaced
}

/// Every number as `#`, also a written-out one of two characters and more; a single one is often not a number (一下).
fn hashed(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(c) = chars.get(at) {
        let run = chars[at..]
            .iter()
            .take_while(|c| c.is_ascii_digit() || **c == '.')
            .count();
        let written = chars[at..].iter().take_while(|c| is_written(**c)).count();
        if c.is_ascii_digit() {
            kept.push('#');
            at += run.max(1);
        } else if written >= 2 {
            kept.push('#');
            at += written;
        } else {
            kept.push(*c);
            at += 1;
        }
    }
    kept
}

fn is_written(c: char) -> bool {
    c != '0' && !c.is_ascii_digit() && digit(c).is_some() || matches!(c, '十' | '百' | '千')
}

/// A body weight that asks for large sizes: from 160 斤, 80 kg or 180 pounds.
fn is_heavy(joined: &str) -> bool {
    [
        ("斤", 160, 400),
        ("kg", 80, 200),
        ("公斤", 80, 200),
        ("lb", 180, 450),
        ("pound", 180, 450),
    ]
    .iter()
    .any(|(unit, from, to)| {
        joined.match_indices(unit).any(|(at, _)| {
            let before = joined.get(..at).unwrap_or_default();
            let digits: String = before
                .chars()
                .rev()
                .take(4)
                .take_while(char::is_ascii_digit)
                .collect();
            let digits: String = digits.chars().rev().collect();
            digits
                .parse::<u32>()
                .is_ok_and(|number| (*from..=*to).contains(&number))
        })
    })
}

impl Views {
    /// Whether a word of a fact is there: a Latin one at the beginning of a word, any other anywhere, but its digits
    /// never within a longer number.
    pub(crate) fn holds(&self, word: &str, folded: &str) -> bool {
        if word.is_ascii() && word.bytes().any(|b| b.is_ascii_alphabetic()) {
            let phrase = spaced(word);
            // Short ones are units ("l", "kg") and must be whole.
            let phrase = if word.len() > 3 {
                phrase.trim_end()
            } else {
                phrase.as_str()
            };
            self.spaced.contains(phrase)
        } else {
            let number = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit() || c == '.');
            folded.match_indices(word).any(|(at, _)| {
                let (before, after) = (&folded[..at], &folded[at + word.len()..]);
                let begins = number(before.chars().next_back()) && number(word.chars().next());
                let goes_on = number(after.chars().next()) && number(word.chars().next_back());
                !begins && !goes_on
            })
        }
    }
}
