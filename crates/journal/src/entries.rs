//! The table of entries: writing a batch behind the last one, and walking the chain of hashes.

use rusqlite::{Connection, Row, TransactionBehavior, params};
use stallcast_show::{Actor, At, Event, Show};

use crate::journal::Seq;
use crate::{ChainHash, JournalError, snapshot};

/// The last entry and its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) seq: Seq,
    pub(crate) hash: ChainHash,
}

/// Before the first entry.
pub(crate) const EMPTY: Head = Head {
    seq: Seq(0),
    hash: ChainHash::START,
};

/// Writes events down behind `head`, all or none: the new head.
pub(crate) fn write_entries(
    connection: &mut Connection,
    head: Head,
    actor: &Actor,
    at: At,
    events: &[Event],
) -> Result<Head, JournalError> {
    let actor = serde_json::to_string(actor).map_err(JournalError::Unwritable)?;
    let mut head = head;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    {
        let mut insert = transaction.prepare_cached(
            "INSERT INTO entries (seq, at, actor, event, hash) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        for event in events {
            let event = serde_json::to_string(event).map_err(JournalError::Unwritable)?;
            let seq = Seq(head.seq.0 + 1);
            let hash = head.hash.next(seq, at.0, &actor, &event);
            insert.execute(params![seq.0.cast_signed(), at.0, actor, event, hash.0])?;
            head = Head { seq, hash };
        }
    }
    transaction.commit()?;
    Ok(head)
}

/// The last entry as the file has it.
pub(crate) fn read_head(connection: &Connection) -> Result<Head, JournalError> {
    let last = connection.query_row("SELECT coalesce(max(seq), 0) FROM entries", [], |row| {
        row.get::<_, i64>(0)
    })?;
    let Some(before) = last.checked_sub(1).filter(|before| *before >= 0) else {
        return Ok(EMPTY);
    };
    let mut head = EMPTY;
    each_entry(connection, Seq(before.cast_unsigned()), 1, |stored| {
        head = Head {
            seq: stored.seq,
            hash: stored.hash,
        };
        Ok(())
    })?;
    Ok(head)
}

/// The show as the file has it.
pub(crate) struct Loaded {
    pub(crate) show: Show,
    pub(crate) head: Head,
    /// When the last entry was made.
    pub(crate) last_at: Option<At>,
    /// The entry that replaying began behind.
    pub(crate) snapshot: Seq,
}

/// Replays the journal from its newest valid snapshot on.
pub(crate) fn load(connection: &Connection) -> Result<Loaded, JournalError> {
    let (start, mut show) = match snapshot::newest_valid(connection)? {
        Some((seq, hash, show)) => (Head { seq, hash }, show),
        None => (EMPTY, Show::default()),
    };
    let head = follow(connection, start, |stored| {
        let event: Event =
            serde_json::from_str(stored.event).map_err(|source| JournalError::Unreadable {
                seq: stored.seq,
                source,
            })?;
        show.apply(&event);
        Ok(())
    })?;
    let last_at = connection.query_row(
        "SELECT at FROM entries WHERE seq = ?1",
        [head.seq.0.cast_signed()],
        |row| row.get(0),
    );
    let last_at = match last_at {
        Ok(at_ms) => Some(At(at_ms)),
        Err(rusqlite::Error::QueryReturnedNoRows) => None,
        Err(error) => return Err(error.into()),
    };
    Ok(Loaded {
        show,
        head,
        last_at,
        snapshot: start.seq,
    })
}

/// Checks the whole chain.
pub(crate) fn verify(connection: &Connection) -> Result<Head, JournalError> {
    follow(connection, EMPTY, |_| Ok(()))
}

/// Walks the chain from `start` to its end, and checks that no snapshot knows a later entry.
fn follow(
    connection: &Connection,
    start: Head,
    mut take: impl FnMut(&Stored<'_>) -> Result<(), JournalError>,
) -> Result<Head, JournalError> {
    let mut head = start;
    each_entry(connection, start.seq, u32::MAX, |stored| {
        let seq = Seq(head.seq.0 + 1);
        let hash = head
            .hash
            .next(seq, stored.at_ms, stored.actor, stored.event);
        if stored.seq != seq || stored.hash != hash {
            return Err(JournalError::BrokenAt { seq });
        }
        take(stored)?;
        head = Head { seq, hash };
        Ok(())
    })?;
    let newest_snapshot = snapshot::seqs(connection)?.first().copied();
    if newest_snapshot.is_some_and(|seq| seq > head.seq) {
        return Err(JournalError::BrokenAt {
            seq: Seq(head.seq.0 + 1),
        });
    }
    Ok(head)
}

/// An entry as it stands in the file.
pub(crate) struct Stored<'a> {
    pub(crate) seq: Seq,
    pub(crate) at_ms: i64,
    pub(crate) actor: &'a str,
    pub(crate) event: &'a str,
    pub(crate) hash: ChainHash,
}

/// Hands out at most `limit` entries after `after`, in order.
pub(crate) fn each_entry(
    connection: &Connection,
    after: Seq,
    limit: u32,
    mut take: impl FnMut(&Stored<'_>) -> Result<(), JournalError>,
) -> Result<(), JournalError> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, at, actor, event, hash FROM entries WHERE seq > ?1 ORDER BY seq LIMIT ?2",
    )?;
    let mut rows = statement.query(params![after.0.cast_signed(), limit])?;
    while let Some(row) = rows.next()? {
        take(&stored(row)?)?;
    }
    Ok(())
}

/// Hands out the entries after `after` up to and with `last`, in order.
pub(crate) fn each_stored(
    connection: &Connection,
    after: Seq,
    last: Seq,
    mut take: impl FnMut(&Stored<'_>) -> Result<(), JournalError>,
) -> Result<(), JournalError> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, at, actor, event, hash FROM entries WHERE seq > ?1 AND seq <= ?2 ORDER BY seq",
    )?;
    let last = i64::try_from(last.0).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![after.0.cast_signed(), last])?;
    while let Some(row) = rows.next()? {
        take(&stored(row)?)?;
    }
    Ok(())
}

/// A cell of the wrong type is damage to that entry, not a fault of the program.
fn stored<'a>(row: &'a Row<'_>) -> Result<Stored<'a>, JournalError> {
    let seq = Seq(row.get::<_, i64>(0)?.cast_unsigned());
    let cells = || {
        Some(Stored {
            seq,
            at_ms: row.get_ref(1).ok()?.as_i64().ok()?,
            actor: row.get_ref(2).ok()?.as_str().ok()?,
            event: row.get_ref(3).ok()?.as_str().ok()?,
            hash: ChainHash::from_stored(row.get_ref(4).ok()?.as_blob().ok()?)?,
        })
    };
    cells().ok_or(JournalError::BrokenAt { seq })
}
