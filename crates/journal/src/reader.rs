//! Reading a journal that an engine may be writing: for what is told of earlier shows.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use stallcast_show::At;

use crate::entries::each_stored;
use crate::{Entry, JournalError, Seq, schema};

/// Which entries are read. Kinds are the events' names as they stand in the journal, for example `phase_changed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kinds<'a> {
    /// All.
    All,
    /// These only.
    Only(&'a [&'a str]),
    /// All but these.
    Except(&'a [&'a str]),
}

/// A journal, open for reading alone.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
}

impl Reader {
    /// Opens the journal at `path`, which another process or thread may be writing.
    ///
    /// # Errors
    /// [`JournalError::NotAJournal`], [`JournalError::NewerSchema`], [`JournalError::Damaged`],
    /// [`JournalError::Database`].
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        schema::check(&connection, path)?;
        Ok(Self { connection })
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Hands out the entries after `after` up to and with `last`, in order. The chain of hashes is not checked:
    /// [`crate::verify_file`] does that.
    ///
    /// # Errors
    /// [`JournalError::Unreadable`], [`JournalError::BrokenAt`], [`JournalError::Damaged`],
    /// [`JournalError::Database`].
    pub fn each(
        &self,
        after: Seq,
        last: Seq,
        kinds: Kinds<'_>,
        mut take: impl FnMut(Entry),
    ) -> Result<(), JournalError> {
        let (names, is_only): (&[&str], bool) = match kinds {
            Kinds::All => (&[], false),
            Kinds::Only(names) => (names, true),
            Kinds::Except(names) => (names, false),
        };
        // As serde writes a tagged enum: the tag comes first.
        let heads: Vec<String> = names
            .iter()
            .map(|name| format!("{{\"event\":\"{name}\""))
            .collect();
        each_stored(&self.connection, after, last, |stored| {
            let is_named = heads.iter().any(|head| {
                let rest = stored.event.strip_prefix(head.as_str());
                rest.is_some_and(|rest| rest.starts_with([',', '}']))
            });
            if is_named != is_only && kinds != Kinds::All {
                return Ok(());
            }
            let unreadable = |source| JournalError::Unreadable {
                seq: stored.seq,
                source,
            };
            take(Entry {
                seq: stored.seq,
                at: At(stored.at_ms),
                actor: serde_json::from_str(stored.actor).map_err(unreadable)?,
                event: serde_json::from_str(stored.event).map_err(unreadable)?,
            });
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use stallcast_show::{Actor, Event, Phase, Role};

    use super::*;
    use crate::Journal;

    #[test]
    fn a_journal_that_is_being_written_is_read_by_kinds_of_events() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (mut journal, _) = Journal::open(&path).unwrap();
        let actor = Actor {
            name: "a".into(),
            role: Role::Owner,
        };
        let renamed = |name: &str| Event::Renamed { name: name.into() };
        let phase = Event::PhaseChanged { phase: Phase::Idle };
        let mut append = |at: i64, event: &Event| {
            journal
                .append(&actor, At(at), std::slice::from_ref(event))
                .unwrap();
        };
        append(1, &renamed("phase_changed"));
        append(2, &phase);
        append(3, &renamed("b"));
        let reader = Reader::open(&path).unwrap();
        let read = |after: u64, last: u64, kinds: Kinds<'_>| {
            let mut seqs = vec![];
            reader
                .each(Seq(after), Seq(last), kinds, |entry| seqs.push(entry.seq.0))
                .unwrap();
            seqs
        };
        assert_eq!(read(0, 9, Kinds::All), [1, 2, 3]);
        assert_eq!(read(0, 9, Kinds::Only(&["phase_changed"])), [2]);
        assert_eq!(read(0, 9, Kinds::Except(&["phase_changed"])), [1, 3]);
        assert_eq!(read(1, 2, Kinds::All), [2]);
        // A name that only begins alike is another one.
        assert!(read(0, 9, Kinds::Only(&["phase"])).is_empty());
        // What comes meanwhile is seen.
        append(4, &phase);
        assert_eq!(read(3, 9, Kinds::All), [4]);
        assert!(Reader::open(&folder.path().join("none")).is_err());
    }
}
