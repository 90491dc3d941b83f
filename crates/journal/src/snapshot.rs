//! Snapshots: the state after an entry, so that resuming need not replay everything. Never trusted unless
//! their hash fits the chain; the entries alone are the truth.
//!
//! A show of 50,000 products is tens of megabytes of text. It is made on a thread of its own, and written by the one
//! writer of the file, a piece after each append: whoever appends never waits for more than a piece. What a kill leaves
//! is no snapshot, for the row that makes it one comes last, and goes with the next. There is never more than one under
//! way; one that is due meanwhile follows.

use std::thread::JoinHandle;

use rusqlite::{Connection, OptionalExtension, params};
use stallcast_show::Show;

use crate::entries::Head;
use crate::{ChainHash, JournalError, Seq};

/// Raised whenever `Show::apply` gives another state for the same events: older snapshots then count as
/// absent and the entries are replayed.
const FORMAT: u32 = 2;

/// Snapshots kept; the older one serves when the newest is damaged.
const KEPT: i64 = 2;

/// Products and orders whose text is made on the spot, in a millisecond or two.
const FEW: usize = 500;

/// Bytes of the state written with one append, some milliseconds on a disk of today.
const PIECE: usize = 1 << 20;

/// Pieces of older snapshots that go at once.
const GONE_AT_ONCE: i64 = 4;

/// Why there is no snapshot. Nobody is kept from anything: entries alone serve, and the next one is tried in its time.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoSnapshot {
    #[error("no thread to make it on")]
    Thread(#[from] std::io::Error),
    #[error("the thread that made it fell")]
    Fell,
    #[error("the show has no text")]
    Text(#[from] serde_json::Error),
    #[error("it could not be written")]
    Database(#[from] rusqlite::Error),
}

/// A snapshot that is not whole yet.
#[derive(Debug)]
pub(crate) enum UnderWay {
    /// Its text is being made.
    Made(JoinHandle<Result<Text, serde_json::Error>>),
    /// Its text is written piece by piece, the last one first.
    Written(Text),
}

/// The text of a snapshot, and how much of it is not in the file yet.
#[derive(Debug)]
pub(crate) struct Text {
    seq: Seq,
    hash: ChainHash,
    text: String,
    /// Where each piece begins that is still to be written; the first is the snapshot's own row.
    starts: Vec<usize>,
}

impl UnderWay {
    /// Begins the snapshot of the state after `head`.
    ///
    /// # Errors
    /// When the show has no text, or no thread can be started.
    pub(crate) fn begin(head: Head, show: &Show) -> Result<Self, NoSnapshot> {
        if show.products.len() + show.orders.values().count() <= FEW {
            return Ok(UnderWay::Written(Text::of(head, show)?));
        }
        // Shares everything with the journal's own.
        let show = show.clone();
        let thread = std::thread::Builder::new().name("snapshot".to_owned());
        Ok(UnderWay::Made(thread.spawn(move || Text::of(head, &show))?))
    }

    /// Goes on with it, as far as nobody has to wait for: what is left to do, `None` = it is whole.
    pub(crate) fn go_on(self, connection: &Connection) -> Result<Option<Self>, NoSnapshot> {
        match self {
            UnderWay::Made(thread) if !thread.is_finished() => Ok(Some(UnderWay::Made(thread))),
            UnderWay::Made(thread) => UnderWay::Written(made(thread)?).go_on(connection),
            UnderWay::Written(mut text) => {
                let is_left = text.write_piece(connection)?;
                Ok(is_left.then_some(UnderWay::Written(text)))
            }
        }
    }

    /// Waits for all of it.
    pub(crate) fn finish(self, connection: &Connection) -> Result<(), NoSnapshot> {
        let mut text = match self {
            UnderWay::Made(thread) => made(thread)?,
            UnderWay::Written(text) => text,
        };
        while text.write_piece(connection)? {}
        Ok(())
    }
}

fn made(thread: JoinHandle<Result<Text, serde_json::Error>>) -> Result<Text, NoSnapshot> {
    Ok(thread.join().map_err(|_| NoSnapshot::Fell)??)
}

impl Text {
    fn of(head: Head, show: &Show) -> Result<Self, serde_json::Error> {
        let text = serde_json::to_string(show)?;
        Ok(Text {
            seq: head.seq,
            hash: head.hash.snapshot(FORMAT, head.seq, &text),
            starts: starts(&text),
            text,
        })
    }

    /// Takes away some of what no snapshot needs, or writes the next piece; whether there is more to do.
    fn write_piece(&mut self, connection: &Connection) -> Result<bool, NoSnapshot> {
        let seq = self.seq.0.cast_signed();
        let gone = connection.execute(
            "DELETE FROM snapshot_pieces WHERE rowid IN
                (SELECT rowid FROM snapshot_pieces
                    WHERE seq != ?1 AND seq NOT IN (SELECT seq FROM snapshots) LIMIT ?2)",
            [seq, GONE_AT_ONCE],
        )?;
        if gone > 0 {
            return Ok(true);
        }
        let Some(start) = self.starts.pop() else {
            return Ok(false);
        };
        let piece = &self.text[start..];
        let place = self.starts.len();
        if place > 0 {
            connection.execute(
                "INSERT OR REPLACE INTO snapshot_pieces (seq, place, show) VALUES (?1, ?2, ?3)",
                params![seq, i64::try_from(place).unwrap_or(i64::MAX), piece],
            )?;
        } else {
            let transaction = connection.unchecked_transaction()?;
            transaction.execute(
                "INSERT OR REPLACE INTO snapshots (seq, show, hash) VALUES (?1, ?2, ?3)",
                params![seq, piece, self.hash.0],
            )?;
            transaction.execute(
                "DELETE FROM snapshots WHERE seq NOT IN
                    (SELECT seq FROM snapshots ORDER BY seq DESC LIMIT ?1)",
                [KEPT],
            )?;
            transaction.commit()?;
        }
        self.text.truncate(start);
        Ok(true)
    }
}

/// Where the pieces of a text begin; at least one.
fn starts(text: &str) -> Vec<usize> {
    let mut starts = vec![0];
    let mut next = PIECE;
    while next < text.len() {
        let is_sign = |at: &usize| text.is_char_boundary(*at);
        let start = (next..=text.len()).find(is_sign).unwrap_or(text.len());
        starts.push(start);
        next = start + PIECE;
    }
    starts
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
    let Some((Some(chain), Some(hash), Some(mut text))) = stored else {
        return Ok(None);
    };
    let mut pieces =
        connection.prepare("SELECT show FROM snapshot_pieces WHERE seq = ?1 ORDER BY place")?;
    let mut rows = pieces.query([seq.0.cast_signed()])?;
    while let Some(row) = rows.next()? {
        // One that is no text leaves a gap, and the hash tells.
        text.push_str(row.get_ref(0)?.as_str().unwrap_or_default());
    }
    if chain.snapshot(FORMAT, seq, &text) != hash {
        return Ok(None);
    }
    Ok(serde_json::from_str(&text).ok().map(|show| (chain, show)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_signs_and_nothing_of_it_is_lost() {
        for text in ["", "{}", &"桃".repeat(PIECE), &"a".repeat(2 * PIECE)] {
            let starts = starts(text);
            let ends = starts.iter().skip(1).copied().chain([text.len()]);
            let pieces: Vec<&str> = starts
                .iter()
                .zip(ends)
                .map(|(from, to)| &text[*from..to])
                .collect();
            assert_eq!(pieces.concat(), text);
            assert_eq!(pieces.len(), text.len().div_ceil(PIECE).max(1));
            assert!(pieces.iter().all(|piece| piece.len() <= PIECE + 3));
        }
    }
}
