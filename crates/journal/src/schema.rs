//! The tables of a journal file and how older ones are brought up to date.

use std::io::Read;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::{JournalError, Origin};

/// Marks our files in SQLite's header (`PRAGMA application_id`): "Stlc".
const APPLICATION_ID: i64 = 0x53_74_6C_63;

/// The steps from an empty file to today's tables; the file's `user_version` says how many were taken.
/// Steps are only ever added at the end.
const STEPS: &[&str] = &[
    "
    CREATE TABLE entries (
        seq   INTEGER PRIMARY KEY CHECK (seq > 0),
        at    INTEGER NOT NULL,
        actor TEXT NOT NULL,
        event TEXT NOT NULL,
        hash  BLOB NOT NULL
    ) STRICT;
    CREATE TABLE snapshots (
        seq  INTEGER PRIMARY KEY CHECK (seq > 0),
        show TEXT NOT NULL,
        hash BLOB NOT NULL
    ) STRICT;
",
    "
    CREATE TABLE snapshot_pieces (
        seq   INTEGER NOT NULL CHECK (seq > 0),
        place INTEGER NOT NULL CHECK (place > 0),
        show  TEXT NOT NULL,
        PRIMARY KEY (seq, place)
    ) STRICT;
",
];

/// Looks before it touches: a foreign or newer file is left as it is.
pub(crate) fn prepare(connection: &mut Connection, path: &Path) -> Result<Origin, JournalError> {
    prepare_with(connection, path, STEPS)
}

/// Whether the file is a journal this program can read.
pub(crate) fn check(connection: &Connection, path: &Path) -> Result<i64, JournalError> {
    check_with(connection, path, STEPS)
}

/// Looks at the schema before a connection is opened that may write: such a one folds a log that was left into the file
/// when it is closed, and even one that only reads makes a log where there is none. A newer version's files are to stay as
/// they are. What else is wrong is told by who opens it.
pub(crate) fn refuse_newer(path: &Path) -> Result<(), JournalError> {
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    if let Some(found) = in_header(path).filter(|found| *found > known) {
        return Err(JournalError::NewerSchema { found, known });
    }
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if std::fs::metadata(log).is_ok_and(|log| log.len() > 0) {
        // What counts stands in the log.
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let looked = Connection::open_with_flags(path, flags).and_then(|connection| {
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
            Ok(connection)
        });
        if let Ok(connection) = looked
            && let Err(error @ JournalError::NewerSchema { .. }) = check(&connection, path)
        {
            return Err(error);
        }
    }
    Ok(())
}

/// The number of steps taken in one of our files, from SQLite's header (<https://www.sqlite.org/fileformat.html>).
fn in_header(path: &Path) -> Option<i64> {
    const USER_VERSION: usize = 60;
    const APPLICATION: usize = 68;
    let mut header = [0; 100];
    std::fs::File::open(path)
        .ok()?
        .read_exact(&mut header)
        .ok()?;
    let number = |at: usize| {
        let bytes = header.get(at..at + 4)?.try_into().ok()?;
        Some(i64::from(i32::from_be_bytes(bytes)))
    };
    (number(APPLICATION)? == APPLICATION_ID).then(|| number(USER_VERSION))?
}

/// Writes the number of steps taken once more: a commit through the same log as an entry's, which changes nothing.
pub(crate) fn rewrite_version(connection: &mut Connection) -> Result<(), JournalError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    transaction.pragma_update(None, "user_version", version)?;
    Ok(transaction.commit()?)
}

fn check_with(connection: &Connection, path: &Path, steps: &[&str]) -> Result<i64, JournalError> {
    let foreign = || JournalError::NotAJournal {
        path: path.to_owned(),
    };
    let read = |sql| {
        connection
            .query_row(sql, [], |row| row.get::<_, i64>(0))
            .map_err(|error| match error.sqlite_error_code() {
                Some(rusqlite::ErrorCode::NotADatabase) => foreign(),
                _ => error.into(),
            })
    };
    let application = read("PRAGMA application_id")?;
    let found = read("PRAGMA user_version")?;
    let tables = read("SELECT count(*) FROM sqlite_schema")?;
    let empty = application == 0 && found == 0 && tables == 0;
    if !empty && application != APPLICATION_ID {
        return Err(foreign());
    }
    let known = i64::try_from(steps.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(JournalError::NewerSchema { found, known });
    }
    Ok(found)
}

fn prepare_with(
    connection: &mut Connection,
    path: &Path,
    steps: &[&str],
) -> Result<Origin, JournalError> {
    let found = check_with(connection, path, steps)?;
    // FULL: the write-ahead log is synced at every commit, so an acknowledged entry survives a power
    // cut. fullfsync makes macOS empty the drive's cache too; elsewhere it does nothing.
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if !mode.eq_ignore_ascii_case("wal") {
        // Some network folders cannot; the rollback journal is as safe, only slower.
        tracing::warn!(
            mode,
            "the journal's folder does not support a write-ahead log"
        );
    }
    // Only a stranger's tool can hold the file for longer than a moment; the show must not wait for it.
    connection.busy_timeout(std::time::Duration::from_secs(1))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;

    let missing = steps
        .iter()
        .enumerate()
        .skip(usize::try_from(found).unwrap_or(0));
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (index, step) in missing {
        transaction.execute_batch(step)?;
        let version = i64::try_from(index + 1).unwrap_or(i64::MAX);
        transaction.pragma_update(None, "user_version", version)?;
    }
    if found == 0 {
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    transaction.commit()?;
    Ok(if found == 0 {
        Origin::Created
    } else {
        Origin::Resumed
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_file_takes_only_the_steps_it_misses() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut connection = Connection::open(&path).unwrap();
        let first = ["CREATE TABLE a (x INTEGER)"];
        let both = ["CREATE TABLE a (x INTEGER)", "CREATE TABLE b (x INTEGER)"];
        let origin = prepare_with(&mut connection, &path, &first).unwrap();
        assert_eq!(origin, Origin::Created);
        let origin = prepare_with(&mut connection, &path, &both).unwrap();
        assert_eq!(origin, Origin::Resumed);
        connection.execute("INSERT INTO b VALUES (1)", []).unwrap();

        let older = prepare_with(&mut connection, &path, &first).unwrap_err();
        assert!(matches!(
            older,
            JournalError::NewerSchema { found: 2, known: 1 }
        ));
    }

    #[test]
    fn every_commit_waits_for_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut connection = Connection::open(&path).unwrap();
        prepare(&mut connection, &path).unwrap();
        let read = |name: &str| -> String {
            connection
                .query_row(&format!("PRAGMA {name}"), [], |row| {
                    row.get_ref(0).map(|v| format!("{v:?}"))
                })
                .unwrap()
        };
        assert!(read("journal_mode").contains("119, 97, 108"), "wal");
        assert_eq!(read("synchronous"), "Integer(2)");
        assert_eq!(read("fullfsync"), "Integer(1)");
    }

    #[test]
    fn a_step_that_fails_leaves_the_file_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut connection = Connection::open(&path).unwrap();
        let broken = ["CREATE TABLE a (x INTEGER)", "CREATE TABEL b"];
        assert!(prepare_with(&mut connection, &path, &broken).is_err());
        assert_eq!(check_with(&connection, &path, &broken).unwrap(), 0);
    }
}
