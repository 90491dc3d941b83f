//! Journals that were tampered with, torn, or are none.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::Connection;
use stallcast_journal::{FILE_NAME, Journal, JournalError, Seq, verify_file};
use stallcast_show::At;

use super::{actor, broken_at, tamper, ticker, written};

#[test]
fn a_changed_byte_is_named_by_its_entry() {
    for (sql, seq) in [
        (
            "UPDATE entries SET event = replace(event, '第2条', '第9条') WHERE seq = 5",
            5,
        ),
        ("UPDATE entries SET at = at + 1 WHERE seq = 4", 4),
        (
            "UPDATE entries SET actor = replace(actor, 'owner', 'viewer') WHERE seq = 7",
            7,
        ),
        ("UPDATE entries SET hash = zeroblob(32) WHERE seq = 3", 3),
        ("UPDATE entries SET hash = x'00' WHERE seq = 3", 3),
        ("DELETE FROM entries WHERE seq = 6", 6),
        ("UPDATE entries SET seq = 99 WHERE seq = 8", 8),
        (
            "INSERT INTO entries SELECT 11, at, actor, event, hash FROM entries WHERE seq = 10",
            11,
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (path, _) = written(folder.path(), 10, 1_000);
        let (journal, _) = Journal::open(&path).unwrap();
        tamper(&path, sql);
        assert_eq!(broken_at(journal.verify()), seq, "{sql}");
        drop(journal);
        assert_eq!(broken_at(Journal::open(&path).map(|_| ())), seq, "{sql}");
        assert_eq!(broken_at(verify_file(&path)), seq, "{sql}");
    }
}

#[test]
fn entries_cut_off_behind_a_snapshot_are_missed() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = written(folder.path(), 20, 10);
    tamper(&path, "DELETE FROM entries WHERE seq = 20");
    assert_eq!(broken_at(Journal::open(&path).map(|_| ())), 20);
}

#[test]
fn an_entry_of_an_unknown_kind_is_named_and_not_called_tampering() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = written(folder.path(), 2, 1_000);
    // A later version could write this: the chain is right, only the event is unknown here.
    let (hash, actor): (Vec<u8>, String) = Connection::open(&path)
        .unwrap()
        .query_row("SELECT hash, actor FROM entries WHERE seq = 2", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    let event = r#"{"event":"confetti_thrown"}"#;
    let next = chained(&hash, 3, 7, &actor, event);
    Connection::open(&path)
        .unwrap()
        .execute(
            "INSERT INTO entries VALUES (3, 7, ?1, ?2, ?3)",
            (actor, event, next),
        )
        .unwrap();
    let error = Journal::open(&path).map(|_| ()).unwrap_err();
    assert!(
        matches!(error, JournalError::Unreadable { seq: Seq(3), .. }),
        "{error:?}"
    );
    assert_eq!(verify_file(&path).unwrap().0, Seq(3));
}

/// The chain's rule, written a second time from its description.
fn chained(before: &[u8], seq: u64, at: i64, actor: &str, event: &str) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    let mut bytes = b"stallcast entry 1\0".to_vec();
    bytes.extend_from_slice(before);
    bytes.extend_from_slice(&seq.to_be_bytes());
    bytes.extend_from_slice(&at.to_be_bytes());
    for text in [actor, event] {
        bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    Sha256::digest(bytes).to_vec()
}

#[test]
fn foreign_and_torn_files_are_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let foreign = folder.path().join("notes.sqlite");
    Connection::open(&foreign)
        .unwrap()
        .execute_batch("CREATE TABLE notes (text); INSERT INTO notes VALUES ('mine')")
        .unwrap();
    let text = folder.path().join("letter.txt");
    std::fs::write(&text, "Dear all, this is no database at all. ".repeat(200)).unwrap();
    for path in [&foreign, &text] {
        let before = std::fs::read(path).unwrap();
        let error = Journal::open(path).map(|_| ()).unwrap_err();
        assert!(
            matches!(error, JournalError::NotAJournal { .. }),
            "{error:?}"
        );
        assert_eq!(std::fs::read(path).unwrap(), before);
    }

    let (path, _) = written(folder.path(), 2_000, 100_000);
    let whole = std::fs::read(&path).unwrap();
    for length in [
        100,
        512,
        1_000,
        4_096,
        5_000,
        whole.len() / 2,
        whole.len() - 4_096,
    ] {
        let torn = folder.path().join(format!("torn-{length}"));
        std::fs::write(&torn, &whole[..length]).unwrap();
        let error = Journal::open(&torn).map(|_| ()).unwrap_err();
        assert!(
            matches!(
                error,
                JournalError::Damaged(_)
                    | JournalError::NotAJournal { .. }
                    | JournalError::BrokenAt { .. }
            ),
            "{length}: {error:?}"
        );
    }
}

/// Everything in a folder but the lock, with its bytes.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    let named = entries.map(|entry| {
        let name = entry.file_name().into_string().unwrap();
        (name, std::fs::read(entry.path()).unwrap())
    });
    named
        .filter(|(name, _)| !name.ends_with(".lock") && !name.ends_with("-shm"))
        .collect()
}

#[test]
fn a_newer_journal_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = written(folder.path(), 20, 1_000);
    let newer = Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    // As the newer version was killed: what it wrote last stands in its log.
    let killed = tempfile::tempdir().unwrap();
    for (name, bytes) in contents(folder.path()) {
        std::fs::write(killed.path().join(name), bytes).unwrap();
    }
    drop(newer);
    for folder in [&killed, &folder] {
        let before = contents(folder.path());
        let path = folder.path().join(FILE_NAME);
        let error = Journal::open(&path).map(|_| ()).unwrap_err();
        assert!(
            matches!(error, JournalError::NewerSchema { found: 99, .. }),
            "{error:?}"
        );
        assert_eq!(error.code(), "journal_newer_schema");
        assert!(contents(folder.path()) == before, "the files changed");
    }
    let log = contents(killed.path());
    assert!(
        log.iter()
            .any(|(name, bytes)| name.ends_with("-wal") && !bytes.is_empty()),
        "there was no log to leave alone: {:?}",
        log.keys()
    );
}

#[test]
fn an_older_journal_is_brought_up_to_date_and_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    // Many small snapshots, as the first version made them: whole, in one row.
    let (path, show) = written(folder.path(), 40, 1_000);
    let old = Connection::open(&path).unwrap();
    old.execute_batch("DROP TABLE snapshot_pieces; PRAGMA user_version = 1;")
        .unwrap();
    drop(old);
    let (mut journal, resumed) = Journal::open(&path).unwrap();
    assert_eq!((resumed.last_seq, &resumed.show), (Seq(40), &show));
    journal.append(&actor(), At(99), &[ticker(99)]).unwrap();
    let after = journal.show().clone();
    drop(journal);
    let again = Connection::open(&path).unwrap();
    let version: i64 = again
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .unwrap();
    assert_eq!(version, 2);
    drop(again);
    let (_, resumed) = Journal::open(&path).unwrap();
    assert_eq!((resumed.last_seq, resumed.show), (Seq(41), after));
}
