//! Owns which lines a source handed over lately, and whose they were on its platform.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use stallcast_show::MessageId;

/// Lines remembered: ten minutes of a busy room (33 lines a second), some 4 MB.
pub(crate) const REMEMBERED: usize = 20_000;

/// The most that is taken back at once: as many lines as a panel holds. Each goes into the journal.
const TAKEN_BACK: usize = 1_000;

/// The memory, shared by who reads a source and who acts on it.
#[derive(Debug, Default)]
pub(crate) struct Said {
    lines: Mutex<Lines>,
}

#[derive(Debug, Default)]
struct Lines {
    /// The platform's id of who wrote it, where it has one.
    writers: HashMap<MessageId, Option<Box<str>>>,
    order: VecDeque<MessageId>,
}

impl Said {
    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn knows(&self, id: &MessageId) -> bool {
        self.lines().writers.contains_key(id)
    }

    /// Who wrote it, by the platform's id.
    pub(crate) fn writer(&self, id: &MessageId) -> Option<String> {
        let lines = self.lines();
        lines.writers.get(id)?.as_deref().map(str::to_owned)
    }

    /// The newest lines of this writer, oldest first.
    pub(crate) fn of(&self, writer: &str) -> Vec<MessageId> {
        let lines = self.lines();
        newest(&lines, |known| known == Some(writer))
    }

    /// The newest lines of everybody, oldest first.
    pub(crate) fn all(&self) -> Vec<MessageId> {
        newest(&self.lines(), |_| true)
    }

    /// Remembers a line; forgets the oldest above the bound.
    pub(crate) fn remember(&self, id: &MessageId, writer: Option<&str>) {
        let mut lines = self.lines();
        let before = lines.writers.insert(id.clone(), writer.map(Box::from));
        if before.is_some() {
            return;
        }
        lines.order.push_back(id.clone());
        if lines.order.len() > REMEMBERED
            && let Some(oldest) = lines.order.pop_front()
        {
            lines.writers.remove(&oldest);
        }
    }
}

fn newest(lines: &Lines, wanted: impl Fn(Option<&str>) -> bool) -> Vec<MessageId> {
    let known = |id: &&MessageId| {
        let writer = lines.writers.get(*id);
        writer.is_some_and(|writer| wanted(writer.as_deref()))
    };
    let mut found: Vec<_> = lines
        .order
        .iter()
        .rev()
        .filter(known)
        .take(TAKEN_BACK)
        .cloned()
        .collect();
    found.reverse();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_writer_of_a_line_is_known_until_it_is_the_oldest() {
        let said = Said::default();
        for n in 0..=REMEMBERED {
            let writer = (n % 2 == 0).then(|| (n % 4).to_string());
            said.remember(&MessageId(n.to_string()), writer.as_deref());
        }
        let id = |n: usize| MessageId(n.to_string());
        assert!(!said.knows(&id(0)) && said.knows(&id(1)));
        assert_eq!(said.writer(&id(1)), None);
        assert_eq!(said.writer(&id(2)).as_deref(), Some("2"));
        assert_eq!(said.of("0").last(), Some(&id(REMEMBERED)));
        assert_eq!(said.of("0").len(), TAKEN_BACK);
        assert!(said.of("1").is_empty());
        let all = said.all();
        assert_eq!((all.len(), all.last()), (TAKEN_BACK, Some(&id(REMEMBERED))));
        let lines = said.lines();
        assert_eq!(
            (lines.order.len(), lines.writers.len()),
            (REMEMBERED, REMEMBERED)
        );
    }
}
