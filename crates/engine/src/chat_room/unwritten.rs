//! What of the chat the journal did not take: kept and written in its order once it takes it, before anybody hears that all is
//! written down. Sources know these lines by then, and bring them no second time.

use std::collections::VecDeque;

use stallcast_show::Command;

use crate::air::engine;
use crate::desk::Desk;

/// Most lines kept, some 6 MB: ten minutes of a busy room. Of more the oldest are lost to the journal.
const MOST: usize = 20_000;

/// What is still to be written down, oldest first.
#[derive(Default)]
pub(super) struct Unwritten {
    /// Each with how many lines it is about.
    notes: VecDeque<(usize, Command)>,
    lines: usize,
}

impl Unwritten {
    pub(super) fn is_empty(&self) -> bool {
        self.notes.is_empty()
    }

    /// Writes a note about so many lines down, behind what is still to be written; as [`Unwritten::write_all`].
    pub(super) async fn write(&mut self, desk: &Desk, lines: usize, note: Command) -> Option<u64> {
        self.lines += lines;
        self.notes.push_back((lines, note));
        let last = self.write_all(desk).await;
        while self.lines > MOST
            && let Some((lines, _)) = self.notes.pop_front()
        {
            self.lines -= lines;
            tracing::error!(lines, "chat lines are lost: they could not be written down");
        }
        last
    }

    /// Writes down what can be; the entry of the journal that is the last of it, `None` when it took nothing.
    pub(super) async fn write_all(&mut self, desk: &Desk) -> Option<u64> {
        let mut last = None;
        while let Some((lines, note)) = self.notes.front() {
            match desk.submit(engine(), note.clone()).await {
                Ok(seq) => last = Some(seq),
                Err(error) if error.retryable => {
                    tracing::warn!(
                        code = ?error.code,
                        waits = self.lines,
                        "chat lines are shown but could not be written down yet"
                    );
                    break;
                }
                // It would be refused again.
                Err(error) => {
                    tracing::error!(code = ?error.code, lines, "chat lines are not written down");
                }
            }
            self.lines -= lines;
            self.notes.pop_front();
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use stallcast_chat::Language;
    use stallcast_journal::Journal;

    use super::super::tests::say;
    use super::super::{Before, ChatRoom};
    use crate::clock::now;
    use crate::desk::Desk;
    use crate::threads::Threads;

    #[tokio::test]
    async fn lines_that_the_journal_refused_are_written_before_it_is_said_that_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (journal, resumed) = Journal::open(&path).unwrap();
        let (threads, mut fallen) = Threads::watched();
        let desk = Desk::start(journal, resumed, now, &threads).unwrap();
        drop(threads);
        let room = ChatRoom::open(desk.clone(), 1, Language::En, Before::default());

        // As on a full disk: whatever would be written is refused.
        let file = rusqlite::Connection::open(&path).unwrap();
        file.execute_batch("BEGIN IMMEDIATE").unwrap();
        say(&room, "1", "Hello");
        assert_eq!(room.settled().await, Some(false));
        // Brought again it is known, and written no more than before.
        say(&room, "1", "Hello");
        assert_eq!(room.settled().await, Some(false));
        assert_eq!(room.lines().len(), 1);

        file.execute_batch("ROLLBACK").unwrap();
        drop(file);
        say(&room, "1", "Hello");
        assert_eq!(room.settled().await, Some(true));
        room.close().await;
        drop((room, desk));
        assert_eq!(fallen.recv().await, None);
        let (_, resumed) = Journal::open(&path).unwrap();
        assert_eq!(resumed.show.chat_lines, 1);
    }
}
