//! Owns where the words of the topics are looked for: each in one view of a line, all in one go.

use super::views::{self, Views};
use super::words::Words;
use super::{Needle, sound};
use crate::fold::{fold, is_han};
use crate::needles::{Found, Needles, Wanted};

/// An English term is worth at most this, however long.
const ENGLISH_MOST: u32 = 14;

/// A view of a line.
#[derive(Debug, Clone, Copy)]
enum View {
    Joined,
    JoinedHashed,
    Spaced,
    SpacedHashed,
    Said,
}

const VIEWS: usize = 5;

/// A word in the view where it is looked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place(View, usize);

/// The words while the list is read.
#[derive(Default)]
pub(super) struct Wishes {
    wanted: [Wanted; VIEWS],
    /// English words of what is looked for, to know a misspelt one.
    pub(super) words: Words,
}

/// The words, ready to look.
pub(super) struct Search([Needles; VIEWS]);

/// What a line holds.
pub(super) struct Seen([Found; VIEWS]);

impl Wishes {
    /// One that speaks for a topic.
    pub(super) fn any(&mut self, text: &str) -> Needle {
        if let Some((phrase, _)) = phrase(text) {
            self.words.learn(&phrase);
        }
        self.none(text)
    }

    /// One that speaks against it.
    pub(super) fn none(&mut self, text: &str) -> Needle {
        let hashed = text.contains('#');
        if let Some((phrase, worth)) = phrase(text) {
            let view = if hashed {
                View::SpacedHashed
            } else {
                View::Spaced
            };
            return Needle {
                word: self.place(view, &phrase),
                sound: None,
                worth,
            };
        }
        let folded = fold(text);
        let word: String = folded.chars().filter(|c| !c.is_whitespace()).collect();
        let view = if hashed {
            View::JoinedHashed
        } else {
            View::Joined
        };
        let sound = sound::of_word(&word);
        Needle {
            word: self.place(view, &word),
            sound: sound.map(|sound| self.place(View::Said, &sound)),
            worth: word.chars().map(|c| if is_han(c) { 2 } else { 1 }).sum(),
        }
    }

    fn place(&mut self, view: View, word: &str) -> Place {
        Place(view, self.wanted[view as usize].place(word))
    }

    pub(super) fn ready(self) -> Search {
        Search(self.wanted.map(Wanted::ready))
    }
}

/// An English needle as it stands between the words of a line, and its worth; `None` for one of another script.
fn phrase(text: &str) -> Option<(String, u32)> {
    if !text.is_ascii() {
        return None;
    }
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
    let letters = u32::try_from(phrase.trim().len()).unwrap_or(u32::MAX);
    Some((phrase, letters.min(ENGLISH_MOST)))
}

impl Search {
    pub(super) fn look(&self, views: &Views) -> Seen {
        let [joined, joined_hashed, spaced, spaced_hashed, said] = &self.0;
        Seen([
            joined.within(&views.joined),
            joined_hashed.within(&views.joined_hashed),
            spaced.within(&views.spaced),
            spaced_hashed.within(&views.spaced_hashed),
            said.within(views.said.as_deref().unwrap_or_default()),
        ])
    }
}

impl Seen {
    pub(super) fn has(&self, Place(view, place): Place) -> bool {
        self.0[view as usize].has(place)
    }
}
