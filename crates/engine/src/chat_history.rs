//! The last chat lines as the journal has them: what a page finds after a crash or a restart.

use std::collections::{BTreeSet, VecDeque};

use stallcast_journal::{Journal, JournalError, Seq};
use stallcast_show::{At, ChatLine, Event, MessageId};

/// Entries read at once, newest first.
const WINDOW: u64 = 256;
/// Windows looked through at most: 8192 entries, some twenty thousand lines of a busy room. A show that was silent
/// for longer begins with the lines it finds until there.
const WINDOWS: u64 = 32;

/// At most `most` lines, oldest first, none older than `since`, none that its platform took back or that is held, and none that a
/// simulated audience said: that was for the rehearsal it sat in.
///
/// # Errors
/// When the journal cannot be read.
pub fn last_lines(
    journal: &Journal,
    most: usize,
    since: At,
) -> Result<Vec<ChatLine>, JournalError> {
    let mut gone: BTreeSet<MessageId> = BTreeSet::new();
    let mut released: BTreeSet<MessageId> = BTreeSet::new();
    let mut found = VecDeque::with_capacity(most);
    let mut end = journal.last_seq().0;
    for _ in 0..WINDOWS {
        let start = end.saturating_sub(WINDOW);
        let limit = u32::try_from(end - start).unwrap_or(u32::MAX);
        for entry in journal.entries_after(Seq(start), limit)?.into_iter().rev() {
            if entry.at < since {
                return Ok(found.into());
            }
            match entry.event {
                Event::ChatTakenBack { messages } => gone.extend(messages),
                Event::HeldDecided {
                    messages,
                    release: true,
                } => released.extend(messages),
                Event::ChatShownAgain { messages } => released.extend(messages),
                Event::ChatHidden { line, .. } if !released.contains(&line.id) => {
                    gone.insert(line.id);
                }
                // Written with its lines and after them, so it is read before.
                Event::ChatHeld { held } => {
                    let held = held.into_iter().map(|note| note.message);
                    gone.extend(held.filter(|id| !released.contains(id)));
                }
                Event::ChatNoted { lines } => {
                    for line in lines.into_iter().rev() {
                        if found.len() == most {
                            return Ok(found.into());
                        }
                        if !gone.contains(&line.id) && !line.id.is_invented() {
                            found.push_front(line);
                        }
                    }
                }
                _ => {}
            }
        }
        end = start;
        if end == 0 {
            break;
        }
    }
    Ok(found.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::air::engine;

    fn line(n: i64) -> ChatLine {
        ChatLine {
            id: format!("web:{n}").as_str().into(),
            platform: "web".into(),
            author: "a".into(),
            text: n.to_string(),
            at: At(n),
            question: n % 2 == 0,
        }
    }

    fn texts(lines: &[ChatLine]) -> Vec<&str> {
        lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn the_last_lines_come_back_in_order_without_those_that_were_taken_back_or_invented() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = Journal::open(folder.path().join("journal")).unwrap();
        assert!(last_lines(&journal, 3, At(0)).unwrap().is_empty());
        let mut append = |at: i64, event: Event| {
            journal.append(&engine(), At(at), &[event]).unwrap();
        };
        append(
            1,
            Event::ChatNoted {
                lines: vec![line(1), line(2)],
            },
        );
        append(
            3,
            Event::ChatNoted {
                lines: vec![line(3), line(4)],
            },
        );
        for n in 0..600 {
            append(
                5,
                Event::Renamed {
                    name: n.to_string(),
                },
            );
        }
        append(
            6,
            Event::ChatNoted {
                lines: vec![line(6)],
            },
        );
        let mut invented = line(6);
        invented.id = "simulated:own-1".into();
        append(
            6,
            Event::ChatNoted {
                lines: vec![invented],
            },
        );
        append(
            7,
            Event::ChatTakenBack {
                messages: vec!["web:4".into()],
            },
        );
        let all = last_lines(&journal, 10, At(0)).unwrap();
        assert_eq!(texts(&all), ["1", "2", "3", "6"]);
        assert_eq!(texts(&last_lines(&journal, 2, At(0)).unwrap()), ["3", "6"]);
        assert_eq!(texts(&last_lines(&journal, 10, At(3)).unwrap()), ["3", "6"]);
    }
}
