//! A stretch of the journal as lines of text, each with its hash: what a folder of evidence carries instead of the
//! studio's database.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::entries::{each_entry, each_stored};
use crate::{ChainHash, JournalError, Reader, Seq};

/// Longest line that is read: an import of 50,000 products is some 60 MB.
const LINE_MAX: u64 = 256 << 20;

/// A stretch of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainSpan {
    /// Its first entry.
    pub first: Seq,
    /// Its last entry.
    pub last: Seq,
    /// Hash of the entry before the first, in hexadecimal digits.
    pub before: String,
    /// Hash of the last entry, in hexadecimal digits: the chain's head.
    pub head: String,
}

/// An entry as a line. Actor and event are texts, exactly as the journal has them: their hash covers every sign.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    seq: u64,
    at: i64,
    actor: String,
    event: String,
    hash: String,
}

/// What is wrong with a file of entries.
#[derive(Debug)]
pub(super) enum ChainFault {
    /// The first entry that is not what was written, is missing, or was put in.
    BrokenAt(Seq),
    /// It cannot be read.
    Unreadable,
}

/// Writes the entries from `first` to `last` into `out`, one a line, and checks their chain on the way. `Ok(None)` when
/// `go_on` said to stop: then `out` is not whole.
///
/// # Errors
/// [`JournalError::BrokenAt`] where the journal itself is not what was written; [`JournalError::DiskFull`],
/// [`JournalError::Access`] when `out` cannot be written; those of reading.
pub fn export_chain(
    reader: &Reader,
    first: Seq,
    last: Seq,
    out: &Path,
    go_on: &dyn Fn() -> bool,
) -> Result<Option<ChainSpan>, JournalError> {
    let failed = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            JournalError::DiskFull
        }
        _ => JournalError::Access {
            path: out.to_owned(),
            source,
        },
    };
    let connection = reader.connection();
    let after = Seq(first.0.saturating_sub(1));
    let mut hash = ChainHash::START;
    if let Some(one_before) = after.0.checked_sub(1) {
        each_entry(connection, Seq(one_before), 1, |stored| {
            hash = stored.hash;
            Ok(())
        })?;
    }
    let before = hash;
    let mut lines = BufWriter::new(File::create(out).map_err(failed)?);
    let mut seq = after;
    let mut goes_on = true;
    each_stored(connection, after, last, |stored| {
        goes_on = goes_on && go_on();
        if !goes_on {
            return Ok(());
        }
        seq = Seq(seq.0 + 1);
        hash = hash.next(seq, stored.at_ms, stored.actor, stored.event);
        if stored.seq != seq || stored.hash != hash {
            return Err(JournalError::BrokenAt { seq });
        }
        let line = Line {
            seq: seq.0,
            at: stored.at_ms,
            actor: stored.actor.to_owned(),
            event: stored.event.to_owned(),
            hash: hash.to_string(),
        };
        serde_json::to_writer(&mut lines, &line).map_err(JournalError::Unwritable)?;
        lines.write_all(b"\n").map_err(failed)
    })?;
    if !goes_on {
        return Ok(None);
    }
    if seq != last {
        return Err(JournalError::BrokenAt {
            seq: Seq(seq.0 + 1),
        });
    }
    let file = lines
        .into_inner()
        .map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    Ok(Some(ChainSpan {
        first,
        last,
        before: before.to_string(),
        head: hash.to_string(),
    }))
}

/// Follows the chain through a file of entries: it must begin, end and hold together as `span` says.
pub(super) fn follow_file(path: &Path, span: &ChainSpan) -> Result<(), ChainFault> {
    let mut lines = BufReader::new(File::open(path).map_err(|_| ChainFault::Unreadable)?);
    let mut seq = Seq(span.first.0.saturating_sub(1));
    let mut hash = ChainHash::from_hex(&span.before).ok_or(ChainFault::BrokenAt(span.first))?;
    let mut text = Vec::new();
    loop {
        text.clear();
        let read = (&mut lines)
            .take(LINE_MAX)
            .read_until(b'\n', &mut text)
            .map_err(|_| ChainFault::Unreadable)?;
        if read == 0 {
            break;
        }
        seq = Seq(seq.0 + 1);
        let broken = || ChainFault::BrokenAt(seq);
        let line: Line = serde_json::from_slice(&text).map_err(|_| broken())?;
        hash = hash.next(seq, line.at, &line.actor, &line.event);
        if line.seq != seq.0 || line.hash != hash.to_string() {
            return Err(broken());
        }
    }
    if seq != span.last || hash.to_string() != span.head {
        // What is missing at the end, or follows it, is where the chain ends.
        return Err(ChainFault::BrokenAt(Seq(seq.0.min(span.last.0) + 1)));
    }
    Ok(())
}
