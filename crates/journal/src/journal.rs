//! The journal of one show: append, resume, verify. How entries stand in the file is `entries`' matter.

use std::io::{ErrorKind, Write};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};
use serde::{Deserialize, Serialize};
use stallcast_show::{Actor, At, Event, Show};

use crate::entries::{EMPTY, Head, each_entry, load, read_head, verify, write_entries};
use crate::lock::WriterLock;
use crate::reserve::{self, Reserve};
use crate::snapshot::{NoSnapshot, UnderWay};
use crate::{ChainHash, JournalError, schema};

/// Name of a show's journal in the show's folder.
pub const FILE_NAME: &str = "journal.sqlite";

/// Entries between two snapshots. Measured on two cores in a debug build, replaying takes 13 ms for so
/// many, which nobody notices at a restart.
const SNAPSHOT_EVERY: NonZeroU64 = NonZeroU64::new(1_000).unwrap();

/// Bytes of room that [`Journal::try_writing`] wants to see: some hundred entries of a show that goes on.
const ROOM_TRIED: usize = 64 << 10;

/// Number of an entry: 1 for the first, no gaps; 0 = before the first.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Seq(pub u64);

/// Whether a journal was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The file was new or empty.
    Created,
    /// There was one, which was read.
    Resumed,
}

/// The show as the journal left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resumed {
    /// Whether there was a journal.
    pub origin: Origin,
    /// The fold of every entry.
    pub show: Show,
    /// The last entry; 0 = none.
    pub last_seq: Seq,
    /// When the last entry was made.
    pub last_at: Option<At>,
    /// Entries that were replayed after the snapshot.
    pub replayed: u64,
}

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number.
    pub seq: Seq,
    /// When it was decided.
    pub at: At,
    /// Who sent the command.
    pub actor: Actor,
    /// What happened.
    pub event: Event,
}

/// A show's journal, open for writing by this process alone. SQLite's calls block: use it from a thread
/// that may wait for the disk.
#[derive(Debug)]
pub struct Journal {
    // Before the lock: fields are dropped in order, and the file must be closed when the lock goes.
    connection: Connection,
    path: PathBuf,
    head: Head,
    show: Show,
    snapshot_every: NonZeroU64,
    last_snapshot: Seq,
    under_way: Option<UnderWay>,
    /// Set while it is unknown whether a failed append reached the file.
    doubtful: bool,
    reserve: Reserve,
    _lock: WriterLock,
}

impl Journal {
    /// Opens or creates the journal file at `path` (and its folder), checks the chain from the last valid
    /// snapshot on, and replays it.
    ///
    /// # Errors
    /// [`JournalError::InUse`], [`JournalError::NotAJournal`], [`JournalError::NewerSchema`],
    /// [`JournalError::Damaged`], [`JournalError::BrokenAt`], [`JournalError::Unreadable`],
    /// [`JournalError::Access`], [`JournalError::DiskFull`], [`JournalError::Database`].
    pub fn open(path: impl AsRef<Path>) -> Result<(Journal, Resumed), JournalError> {
        Self::open_with(path.as_ref(), SNAPSHOT_EVERY)
    }

    /// As [`Journal::open`], with another number of entries between two snapshots.
    ///
    /// # Errors
    /// Those of [`Journal::open`].
    pub fn open_with(
        path: &Path,
        snapshot_every: NonZeroU64,
    ) -> Result<(Journal, Resumed), JournalError> {
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|source| JournalError::Access {
                path: folder.to_owned(),
                source,
            })?;
        }
        let lock = WriterLock::take(path)?;
        schema::refuse_newer(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags)?;
        let mut reserve = Reserve::beside(path);
        // Opening writes, too: a show that fell on a full disk must come back.
        let origin = reserve.spend_for(|| schema::prepare(&mut connection, path))?;
        let loaded = load(&connection)?;
        let journal = Journal {
            connection,
            path: path.to_owned(),
            head: loaded.head,
            show: loaded.show.clone(),
            snapshot_every,
            last_snapshot: loaded.snapshot,
            under_way: None,
            doubtful: false,
            reserve,
            _lock: lock,
        };
        let resumed = Resumed {
            origin,
            show: loaded.show,
            last_seq: loaded.head.seq,
            last_at: loaded.last_at,
            replayed: loaded.head.seq.0 - loaded.snapshot.0,
        };
        Ok((journal, resumed))
    }

    /// Writes events down, all or none, and returns when they are on the disk: the number of the last
    /// one. Without events nothing is written. On a full disk what is small and no chat uses room that was kept for it
    /// ([`Journal::refill_reserve`]).
    ///
    /// # Errors
    /// [`JournalError::DiskFull`], [`JournalError::Damaged`], [`JournalError::Database`]: none of the
    /// events may be shown to anyone. [`JournalError::Diverged`]: the journal must be opened again.
    pub fn append(&mut self, actor: &Actor, at: At, events: &[Event]) -> Result<Seq, JournalError> {
        if events.is_empty() {
            return Ok(self.head.seq);
        }
        match self.write(actor, at, events) {
            Err(JournalError::DiskFull) if reserve::may_spend(events) => {
                let mut kept = std::mem::replace(&mut self.reserve, Reserve::beside(&self.path));
                let written = kept.spend_for(|| self.write(actor, at, events));
                self.reserve = kept;
                written?;
            }
            written => written?,
        }
        self.show.apply_all(events);
        self.keep_snapshots();
        Ok(self.head.seq)
    }

    fn write(&mut self, actor: &Actor, at: At, events: &[Event]) -> Result<(), JournalError> {
        self.settle_doubt()?;
        match write_entries(&mut self.connection, self.head, actor, at, events) {
            Ok(head) => self.head = head,
            Err(error) => {
                self.doubtful = true;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Whether less room is kept for a full disk than should be.
    pub fn reserve_is_short(&self) -> bool {
        self.reserve.is_short()
    }

    /// Keeps room for a full disk (2 MB beside the journal), when there is that much and some more. For the start, and
    /// now and then while [`Journal::reserve_is_short`]; writes 3 MB at most.
    pub fn refill_reserve(&mut self) {
        if let Err(error) = self.reserve.refill() {
            tracing::warn!(%error, "no room could be kept for a full disk");
        }
    }

    /// Whether an append would succeed now, tried for real: a write of the file that changes nothing, and room beside
    /// it for some entries. For the time after an append failed.
    ///
    /// # Errors
    /// Those of [`Journal::append`].
    pub fn try_writing(&mut self) -> Result<(), JournalError> {
        self.settle_doubt()?;
        schema::rewrite_version(&mut self.connection)?;
        // What the file overwrites of its own needs no room; entries do.
        let trial = self.path.with_extension("trial");
        let room = || {
            let mut file = std::fs::File::create(&trial)?;
            file.write_all(&[1; ROOM_TRIED])?;
            file.sync_all()
        };
        let tried = room();
        // Left behind it costs its size, and the next trial takes it away.
        let _ = std::fs::remove_file(&trial);
        tried.map_err(|source| match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => JournalError::DiskFull,
            _ => JournalError::Access {
                path: trial,
                source,
            },
        })
    }

    /// After a failed append: whether it reached the file all the same.
    fn settle_doubt(&mut self) -> Result<(), JournalError> {
        if self.doubtful {
            if read_head(&self.connection)? != self.head {
                return Err(JournalError::Diverged);
            }
            self.doubtful = false;
        }
        Ok(())
    }

    /// Goes on with the snapshot under way, or begins the one that is due. A snapshot only saves time, so a failed one
    /// must not fail an append that is on the disk already.
    fn keep_snapshots(&mut self) {
        if let Some(under_way) = self.under_way.take() {
            self.under_way = self.unless_failed(under_way.go_on(&self.connection));
        }
        let is_due = self.head.seq.0 - self.last_snapshot.0 >= self.snapshot_every.get();
        if is_due && self.under_way.is_none() {
            self.last_snapshot = self.head.seq;
            let begun = UnderWay::begin(self.head, &self.show);
            let begun = begun.and_then(|begun| begun.go_on(&self.connection));
            self.under_way = self.unless_failed(begun);
        }
    }

    fn unless_failed(&self, done: Result<Option<UnderWay>, NoSnapshot>) -> Option<UnderWay> {
        done.unwrap_or_else(|error| {
            tracing::warn!(%error, "no snapshot could be written; the next try comes later");
            None
        })
    }

    /// The show after the last entry.
    pub fn show(&self) -> &Show {
        &self.show
    }

    /// The last entry; 0 = none.
    pub fn last_seq(&self) -> Seq {
        self.head.seq
    }

    /// The hash of the last entry, to be kept elsewhere as proof.
    pub fn head_hash(&self) -> ChainHash {
        self.head.hash
    }

    /// The journal's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Checks every entry against the chain.
    ///
    /// # Errors
    /// [`JournalError::BrokenAt`] with the first entry that is not what was written, is missing, or was
    /// put in; [`JournalError::Damaged`] or [`JournalError::Database`] when the file cannot be read.
    pub fn verify(&self) -> Result<(), JournalError> {
        let head = verify(&self.connection)?;
        if head != self.head {
            return Err(JournalError::BrokenAt {
                seq: head.seq.min(self.head.seq),
            });
        }
        Ok(())
    }

    /// Reads the show from the file again: what a restart would find.
    ///
    /// # Errors
    /// Those of [`Journal::open`] that concern reading.
    pub fn resume(&self) -> Result<(Show, Seq), JournalError> {
        let loaded = load(&self.connection)?;
        Ok((loaded.show, loaded.head.seq))
    }

    /// At most `limit` entries after `after`, in order: for the audit list and the recap.
    ///
    /// # Errors
    /// [`JournalError::Unreadable`], [`JournalError::BrokenAt`], [`JournalError::Damaged`],
    /// [`JournalError::Database`].
    pub fn entries_after(&self, after: Seq, limit: u32) -> Result<Vec<Entry>, JournalError> {
        let mut entries = Vec::new();
        each_entry(&self.connection, after, limit, |stored| {
            let unreadable = |source| JournalError::Unreadable {
                seq: stored.seq,
                source,
            };
            entries.push(Entry {
                seq: stored.seq,
                at: At(stored.at_ms),
                actor: serde_json::from_str(stored.actor).map_err(unreadable)?,
                event: serde_json::from_str(stored.event).map_err(unreadable)?,
            });
            Ok(())
        })?;
        Ok(entries)
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        if let Some(under_way) = self.under_way.take() {
            let finished = under_way.finish(&self.connection);
            self.unless_failed(finished.map(|()| None));
        }
    }
}

/// Checks a journal without becoming its writer; an engine may have it open meanwhile. Returns the last
/// entry and its hash.
///
/// # Errors
/// Those of [`Journal::verify`], [`JournalError::NotAJournal`], [`JournalError::NewerSchema`].
pub fn verify_file(path: &Path) -> Result<(Seq, ChainHash), JournalError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    if schema::check(&connection, path)? == 0 {
        return Ok((EMPTY.seq, EMPTY.hash));
    }
    let head = verify(&connection)?;
    Ok((head.seq, head.hash))
}
