//! What a journal promises: nothing acknowledged is lost, nothing changed goes unseen.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead, BufReader, Write};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};

use rusqlite::Connection;
use stallcast_journal::{FILE_NAME, Journal, JournalError, Origin, Seq, verify_file};
use stallcast_show::{Actor, At, Event, Role, Show, Text};

const CHILD: &str = "STALLCAST_JOURNAL_CHILD";

fn actor() -> Actor {
    Actor {
        name: "studio".to_owned(),
        role: Role::Owner,
    }
}

fn ticker(n: u64) -> Event {
    Event::TickerSet {
        text: Text {
            zh: format!("第{n}条"),
            en: String::new(),
        },
    }
}

fn part(n: u64) -> Event {
    Event::RecordingPartOpened {
        file: format!("part-{n}.mp4"),
        at: At(0),
    }
}

fn every(entries: u64) -> NonZeroU64 {
    NonZeroU64::new(entries).unwrap()
}

/// A journal of `entries` entries, two per append.
fn written(folder: &Path, entries: u64, snapshot_every: u64) -> (PathBuf, Show) {
    let path = folder.join(FILE_NAME);
    let (mut journal, _) = Journal::open_with(&path, every(snapshot_every)).unwrap();
    for n in 0..entries / 2 {
        let events = [ticker(n), part(n)];
        journal.append(&actor(), At(n as i64), &events).unwrap();
    }
    (path.clone(), journal.show().clone())
}

fn tamper(path: &Path, sql: &str) {
    let connection = Connection::open(path).unwrap();
    assert_eq!(connection.execute(sql, []).unwrap(), 1, "{sql}");
}

fn broken_at(result: Result<impl std::fmt::Debug, JournalError>) -> u64 {
    match result.unwrap_err() {
        JournalError::BrokenAt { seq } => seq.0,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_was_appended_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let (path, show) = written(folder.path(), 20, 1_000);
    let (journal, resumed) = Journal::open(&path).unwrap();
    assert_eq!(resumed.origin, Origin::Resumed);
    assert_eq!((resumed.last_seq, resumed.replayed), (Seq(20), 20));
    assert_eq!(resumed.last_at, Some(At(9)));
    assert_eq!(resumed.show, show);
    journal.verify().unwrap();
    assert_eq!(journal.resume().unwrap(), (show, Seq(20)));
    assert_eq!(verify_file(&path).unwrap(), (Seq(20), journal.head_hash()));

    let entries = journal.entries_after(Seq(18), 10).unwrap();
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0].event, ticker(9));
    assert_eq!(entries[1].actor, actor());
}

#[test]
fn a_new_journal_is_an_empty_show_and_an_empty_append_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shows").join("one").join(FILE_NAME);
    let (mut journal, resumed) = Journal::open(&path).unwrap();
    assert_eq!(resumed.origin, Origin::Created);
    assert_eq!(resumed.show, Show::default());
    assert_eq!(journal.append(&actor(), At(0), &[]).unwrap(), Seq(0));
    journal.verify().unwrap();
    assert_eq!(
        journal.append(&actor(), At(0), &[ticker(1)]).unwrap(),
        Seq(1)
    );
}

#[test]
fn resuming_starts_at_the_last_valid_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let (path, show) = written(folder.path(), 26, 10);
    let (_, resumed) = Journal::open(&path).unwrap();
    assert_eq!(resumed.replayed, 6);
    assert_eq!(resumed.show, show);

    tamper(
        &path,
        "UPDATE snapshots SET show = replace(show, 'part-3', 'part-X') WHERE seq = 20",
    );
    let (_, resumed) = Journal::open(&path).unwrap();
    assert_eq!(
        (resumed.replayed, &resumed.show),
        (16, &show),
        "the older snapshot serves"
    );

    tamper(&path, "UPDATE snapshots SET hash = x'00' WHERE seq = 10");
    let (_, resumed) = Journal::open(&path).unwrap();
    assert_eq!(
        (resumed.replayed, &resumed.show),
        (26, &show),
        "the entries alone serve"
    );
}

#[test]
fn a_second_engine_is_refused_until_the_first_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE_NAME);
    let (first, _) = Journal::open(&path).unwrap();
    let error = Journal::open(&path).unwrap_err();
    assert!(matches!(error, JournalError::InUse { .. }), "{error:?}");
    drop(first);
    Journal::open(&path).unwrap();
}

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

#[test]
fn a_newer_journal_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = written(folder.path(), 2, 1_000);
    Connection::open(&path)
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let error = Journal::open(&path).map(|_| ()).unwrap_err();
    assert!(
        matches!(error, JournalError::NewerSchema { found: 99, .. }),
        "{error:?}"
    );
}

#[test]
fn a_failed_append_keeps_nothing_and_the_next_one_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE_NAME);
    let (mut journal, _) = Journal::open(&path).unwrap();
    journal.append(&actor(), At(1), &[ticker(1)]).unwrap();
    // Another connection that holds the write lock makes the append fail as a full disk would.
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(
        journal
            .append(&actor(), At(2), &[ticker(2), part(2)])
            .is_err()
    );
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(journal.show().recording_parts.len(), 0);
    assert_eq!(journal.append(&actor(), At(3), &[part(3)]).unwrap(), Seq(2));
    journal.verify().unwrap();
}

/// Synced appends a second, and the time to come back, for a person to read: `--ignored --nocapture`.
#[test]
#[ignore = "a measurement, not a check: its figures depend on the disk"]
fn measure_appending_and_resuming() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE_NAME);
    let (mut journal, _) = Journal::open_with(&path, every(u64::MAX)).unwrap();
    let start = std::time::Instant::now();
    for n in 0..500 {
        journal.append(&actor(), At(n), &[ticker(1)]).unwrap();
    }
    println!("500 appends of one event: {:?}", start.elapsed());
    let events: Vec<Event> = (0..1_000).map(ticker).collect();
    let start = std::time::Instant::now();
    for n in 0..100 {
        journal.append(&actor(), At(n), &events).unwrap();
    }
    println!("100 appends of 1000 events: {:?}", start.elapsed());
    let start = std::time::Instant::now();
    journal.verify().unwrap();
    println!("verifying 100 500 entries: {:?}", start.elapsed());
    drop(journal);
    let start = std::time::Instant::now();
    let (_, resumed) = Journal::open(&path).unwrap();
    println!(
        "resuming, {} entries replayed: {:?}",
        resumed.replayed,
        start.elapsed()
    );
}

/// Appends until it is killed and says each number only when the journal has taken it.
#[test]
#[ignore = "the child of the kill test, which starts it"]
fn child_that_appends_until_killed() {
    let path = std::env::var_os(CHILD).expect("started by the kill test");
    let (mut journal, resumed) = Journal::open_with(Path::new(&path), every(50)).unwrap();
    let mut seq = resumed.last_seq.0;
    let mut out = std::io::stderr().lock();
    loop {
        // One to three events an append, so that the kill can fall into a batch.
        let events: Vec<Event> = (1..=1 + seq % 3).map(|n| part(seq + n)).collect();
        seq = journal.append(&actor(), At(seq as i64), &events).unwrap().0;
        writeln!(out, "ack {seq}").unwrap();
    }
}

#[test]
fn everything_acknowledged_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE_NAME);
    for round in 1..=6u64 {
        let mut child = Process::new(std::env::current_exe().unwrap())
            .args([
                "--ignored",
                "--exact",
                "child_that_appends_until_killed",
                "--nocapture",
            ])
            .env(CHILD, &path)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut acknowledged = 0;
        let mut read = |line: Option<std::io::Result<String>>| {
            let line = line?.ok()?;
            if let Some(seq) = line.strip_prefix("ack ") {
                acknowledged = seq.parse::<u64>().unwrap();
            }
            Some(())
        };
        for _ in 0..round * 23 {
            read(lines.next()).expect("the child lives until it is killed");
        }
        let in_use = Journal::open(&path).map(|_| ()).unwrap_err();
        assert!(matches!(in_use, JournalError::InUse { .. }), "{in_use:?}");
        child.kill().unwrap();
        while read(lines.next()).is_some() {}
        child.wait().unwrap();

        let (journal, resumed) = Journal::open(&path).unwrap();
        assert!(acknowledged >= round * 23);
        assert!(
            resumed.last_seq.0 >= acknowledged,
            "round {round}: an entry is lost"
        );
        journal.verify().unwrap();
        let expected: Vec<String> = (1..=resumed.last_seq.0)
            .map(|n| format!("part-{n}.mp4"))
            .collect();
        assert_eq!(
            resumed.show.recording_parts, expected,
            "no half batch, no gap"
        );
    }
}
