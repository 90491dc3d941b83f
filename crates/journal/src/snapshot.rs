//! Snapshots: the state after an entry, so that resuming need not replay everything. Never trusted unless
//! their hash fits the chain; the entries alone are the truth.

use rusqlite::{Connection, OptionalExtension, params};
use stallcast_show::Show;

use crate::{ChainHash, JournalError, Seq};

/// Raised whenever `Show::apply` gives another state for the same events: older snapshots then count as
/// absent and the entries are replayed.
const FORMAT: u32 = 2;

/// Snapshots kept; the older one serves when the newest is damaged.
const KEPT: i64 = 2;

pub(crate) fn write(
    connection: &Connection,
    seq: Seq,
    chain: &ChainHash,
    show: &Show,
) -> Result<(), JournalError> {
    let text = serde_json::to_string(show).map_err(JournalError::Unwritable)?;
    let hash = chain.snapshot(FORMAT, seq, &text);
    let transaction = connection.unchecked_transaction()?;
    transaction.execute(
        "INSERT OR REPLACE INTO snapshots (seq, show, hash) VALUES (?1, ?2, ?3)",
        params![seq.0.cast_signed(), text, hash.0],
    )?;
    transaction.execute(
        "DELETE FROM snapshots WHERE seq NOT IN
            (SELECT seq FROM snapshots ORDER BY seq DESC LIMIT ?1)",
        [KEPT],
    )?;
    transaction.commit()?;
    Ok(())
}

/// The newest snapshot that fits the chain and can be read.
pub(crate) fn newest_valid(
    connection: &Connection,
) -> Result<Option<(Seq, ChainHash, Show)>, JournalError> {
    for seq in seqs(connection)? {
        match read(connection, seq)? {
            Some((chain, show)) => return Ok(Some((seq, chain, show))),
            None => tracing::warn!(seq = seq.0, "a snapshot is not valid and is passed over"),
        }
    }
    Ok(None)
}

/// The entries after which snapshots were taken, newest first.
pub(crate) fn seqs(connection: &Connection) -> Result<Vec<Seq>, JournalError> {
    let mut statement = connection.prepare("SELECT seq FROM snapshots ORDER BY seq DESC")?;
    let rows = statement.query_map([], |row| row.get::<_, i64>(0))?;
    let mut seqs = Vec::new();
    for row in rows {
        seqs.push(Seq(row?.cast_unsigned()));
    }
    Ok(seqs)
}

fn read(connection: &Connection, seq: Seq) -> Result<Option<(ChainHash, Show)>, JournalError> {
    let stored = connection
        .query_row(
            "SELECT e.hash, s.hash, s.show FROM snapshots s JOIN entries e ON e.seq = s.seq
                WHERE s.seq = ?1",
            [seq.0.cast_signed()],
            |row| {
                Ok((
                    row.get_ref(0)?
                        .as_blob()
                        .ok()
                        .and_then(ChainHash::from_stored),
                    row.get_ref(1)?
                        .as_blob()
                        .ok()
                        .and_then(ChainHash::from_stored),
                    row.get_ref(2)?.as_str().ok().map(str::to_owned),
                ))
            },
        )
        .optional()?;
    let Some((Some(chain), Some(hash), Some(text))) = stored else {
        return Ok(None);
    };
    if chain.snapshot(FORMAT, seq, &text) != hash {
        return Ok(None);
    }
    Ok(serde_json::from_str(&text).ok().map(|show| (chain, show)))
}
