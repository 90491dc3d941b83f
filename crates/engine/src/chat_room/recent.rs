//! The last lines of the chat, for pages that join and for those that were away: what came and what left the screens is
//! numbered in one row, so that a page which says how far it got is told exactly the rest.

use std::collections::{HashSet, VecDeque};

use stallcast_show::{ChatLine, MessageId};

use super::RECENT;

/// Lines kept: what fifty a second bring in a minute, for whoever is away that long.
pub(super) const KEPT: usize = 3_000;
/// Removals remembered; a page that missed more of them begins anew.
const GONE: usize = 4_096;

/// How far a page got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It has nothing.
    New,
    /// It has lines of another run of the engine, and does not know what became of them.
    Lost,
    /// It was told everything up to this number of this run.
    At(u64),
}

/// What brings a page up to date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaughtUp {
    /// Number of the last thing in it.
    pub seq: u64,
    /// Whether whatever else the page has is to be let go of.
    pub whole: bool,
    /// Lines that left the screens meanwhile; before `lines`, of which one may have come back.
    pub removed: Vec<MessageId>,
    /// Lines to append, oldest first.
    pub lines: Vec<ChatLine>,
}

/// The last lines and removals.
#[derive(Default)]
pub(super) struct Recent {
    seq: u64,
    lines: VecDeque<(u64, ChatLine)>,
    gone: VecDeque<(u64, MessageId)>,
    /// The last line or removal that is not remembered any more.
    forgotten: u64,
}

impl Recent {
    pub(super) fn of(lines: Vec<ChatLine>) -> Self {
        let mut recent = Self::default();
        recent.append(&lines);
        recent
    }

    /// Adds lines; gives the number of the last one.
    pub(super) fn append(&mut self, lines: &[ChatLine]) -> u64 {
        for line in lines {
            self.seq += 1;
            self.lines.push_back((self.seq, line.clone()));
        }
        let over = self.lines.len().saturating_sub(KEPT);
        if let Some((seq, _)) = self.lines.drain(..over).next_back() {
            self.forgotten = self.forgotten.max(seq);
        }
        self.seq
    }

    /// Lets go of lines, also of those that only pages still have; gives the number of the last one.
    pub(super) fn remove(&mut self, messages: &[MessageId]) -> u64 {
        let gone: HashSet<&MessageId> = messages.iter().collect();
        self.lines.retain(|(_, line)| !gone.contains(&line.id));
        for message in messages {
            self.seq += 1;
            self.gone.push_back((self.seq, message.clone()));
        }
        while self.gone.len() > GONE {
            let seq = self.gone.pop_front().map_or(0, |(seq, _)| seq);
            self.forgotten = self.forgotten.max(seq);
        }
        self.seq
    }

    pub(super) fn lines(&self) -> impl DoubleEndedIterator<Item = &ChatLine> {
        self.lines.iter().map(|(_, line)| line)
    }

    /// What a page that got as far as `place` still needs.
    pub(super) fn after(&self, place: Place) -> CaughtUp {
        let since = match place {
            Place::At(seq) if (self.forgotten..=self.seq).contains(&seq) => seq,
            Place::New => return self.whole(RECENT),
            Place::At(_) | Place::Lost => return self.whole(KEPT),
        };
        let later = |of: &u64| *of > since;
        CaughtUp {
            seq: self.seq,
            whole: false,
            removed: self
                .gone
                .iter()
                .filter(|(seq, _)| later(seq))
                .map(|(_, message)| message.clone())
                .collect(),
            lines: self
                .lines
                .iter()
                .filter(|(seq, _)| later(seq))
                .map(|(_, line)| line.clone())
                .collect(),
        }
    }

    fn whole(&self, most: usize) -> CaughtUp {
        let over = self.lines.len().saturating_sub(most);
        CaughtUp {
            seq: self.seq,
            whole: true,
            removed: Vec::new(),
            lines: self.lines().skip(over).cloned().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use stallcast_show::At;

    use super::*;

    fn line(n: usize) -> ChatLine {
        ChatLine {
            id: MessageId(format!("web:{n}")),
            platform: "web".into(),
            author: "A".into(),
            text: n.to_string(),
            at: At(0),
            question: false,
        }
    }

    fn lines(numbers: std::ops::Range<usize>) -> Vec<ChatLine> {
        numbers.map(line).collect()
    }

    fn said(caught: &CaughtUp) -> Vec<&str> {
        caught.lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn whoever_was_away_is_told_what_came_and_what_went_and_nothing_twice() {
        let mut recent = Recent::of(lines(0..3));
        let place = Place::At(recent.after(Place::New).seq);
        recent.append(&lines(3..5));
        recent.remove(&["web:1".into(), "web:3".into()]);
        let caught = recent.after(place);
        assert!(!caught.whole);
        assert_eq!(said(&caught), ["4"]);
        assert_eq!(caught.removed, ["web:1".into(), "web:3".into()]);
        // Shown again: it comes after it went.
        recent.append(&[line(1)]);
        let caught = recent.after(place);
        assert_eq!(said(&caught), ["4", "1"]);
        let caught = recent.after(Place::At(caught.seq));
        assert!(caught.lines.is_empty() && caught.removed.is_empty() && !caught.whole);
    }

    #[test]
    fn a_page_that_missed_too_much_or_is_of_another_run_begins_anew() {
        let mut recent = Recent::of(lines(0..KEPT + 5));
        let place = Place::At(recent.after(Place::New).seq);
        assert_eq!(recent.after(Place::New).lines.len(), RECENT);
        let lost = recent.after(Place::Lost);
        assert!(lost.whole && lost.lines.len() == KEPT);
        assert!(recent.after(Place::At(lost.seq + 1)).whole, "made up");
        for n in 0..GONE {
            recent.remove(&[format!("gone:{n}").as_str().into()]);
        }
        assert!(!recent.after(place).whole, "as many as are remembered");
        recent.remove(&["web:9".into()]);
        let caught = recent.after(place);
        assert!(caught.whole && caught.removed.is_empty());
        assert!(!said(&caught).contains(&"9"));
    }
}
