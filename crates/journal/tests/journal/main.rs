//! What a journal promises: nothing acknowledged is lost, nothing changed goes unseen.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod damage;
mod formats;

use std::io::{BufRead, BufReader, Write};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};

use rusqlite::Connection;
use stallcast_journal::{FILE_NAME, Journal, JournalError, Origin, Seq, verify_file};
use stallcast_show::{Actor, At, Currency, Event, Money, Offer, Product, Role, Show, Text};

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
        canvas: Default::default(),
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
fn a_journal_that_cannot_be_written_says_so_when_tried_and_when_it_can_again() {
    let folder = tempfile::tempdir().unwrap();
    let (path, show) = written(folder.path(), 4, 1_000);
    let (mut journal, _) = Journal::open(&path).unwrap();
    let head = journal.head_hash();
    // Holds the file as a full or failing disk would: every write fails.
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(journal.append(&actor(), At(9), &[ticker(9)]).is_err());
    assert!(journal.try_writing().is_err());
    other.execute_batch("ROLLBACK").unwrap();
    journal.try_writing().unwrap();
    assert_eq!(
        (journal.head_hash(), journal.show()),
        (head, &show),
        "trying changes nothing"
    );
    journal.append(&actor(), At(9), &[ticker(9)]).unwrap();
    journal.verify().unwrap();
    // Something stands where the room is tried.
    std::fs::create_dir(path.with_extension("trial")).unwrap();
    let blocked = journal.try_writing().unwrap_err();
    assert_eq!(blocked.code(), "journal_no_access");
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

/// What a snapshot of 50,000 products costs the one who appends, for a person to read: `--ignored --nocapture`.
#[test]
#[ignore = "a measurement, not a check: its figures depend on the machine"]
fn measure_the_appends_beside_a_snapshot_of_a_large_catalogue() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE_NAME);
    let (mut journal, _) = Journal::open_with(&path, every(200)).unwrap();
    let products = (0..50_000).map(product).collect();
    let listed = Event::ProductsImported { products };
    journal.append(&actor(), At(0), &[listed]).unwrap();
    let mut took: Vec<_> = (0..1_000)
        .map(|n| {
            let start = std::time::Instant::now();
            journal.append(&actor(), At(n), &[ticker(1)]).unwrap();
            start.elapsed()
        })
        .collect();
    took.sort();
    println!(
        "1000 appends, a snapshot every 200 entries: median {:?}, p95 {:?}, p99 {:?}, slowest {:?}",
        took[500], took[950], took[990], took[999]
    );
    let start = std::time::Instant::now();
    drop(journal);
    println!("closing: {:?}", start.elapsed());
    let start = std::time::Instant::now();
    let (_, resumed) = Journal::open(&path).unwrap();
    println!(
        "resuming, {} replayed: {:?}",
        resumed.replayed,
        start.elapsed()
    );
}

fn product(n: u32) -> Product {
    let price = Money::new(2_990, Currency("CNY".to_owned()));
    let title = Text {
        zh: format!("苹果 {n}"),
        en: format!("Apples {n}"),
    };
    let id = format!("apples-{n:05}");
    let mut product = Product::new(id.as_str().into(), title, Offer::at(price));
    product.talking_points = vec!["不打蜡，清水洗净连皮吃。".repeat(3)];
    product
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

/// Appends until a snapshot of several pieces is half in the file, says so, and waits to be killed.
#[test]
#[ignore = "the child of the test below, which starts it"]
fn child_that_stands_still_in_the_middle_of_a_snapshot() {
    let path = std::env::var_os(CHILD).expect("started by the test");
    let (mut journal, _) = Journal::open_with(Path::new(&path), every(2_000)).unwrap();
    let look = Connection::open(&path).unwrap();
    while pieces_of_no_snapshot(&look) == 0 {
        let seq = journal.last_seq().0;
        journal.append(&actor(), At(0), &[part(seq + 1)]).unwrap();
    }
    let seq = journal.last_seq().0;
    writeln!(std::io::stderr(), "between {seq}").unwrap();
    loop {
        std::thread::park();
    }
}

fn pieces_of_no_snapshot(connection: &Connection) -> i64 {
    let sql = "SELECT count(*) FROM snapshot_pieces WHERE seq NOT IN (SELECT seq FROM snapshots)";
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn kill_9_between_the_pieces_of_a_snapshot_leaves_the_one_before_and_all_entries() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE_NAME);
    // Five pieces, made on a thread, and so long a name that the text would be cut in the middle of signs.
    let (mut journal, _) = Journal::open_with(&path, every(3)).unwrap();
    let products = (0..600).map(product).collect();
    let name = format!("a{}", "桃".repeat(1_700_000));
    let long = [
        Event::ProductsImported { products },
        Event::Renamed { name: name.clone() },
        part(3),
    ];
    journal.append(&actor(), At(0), &long).unwrap();
    drop(journal);
    for round in 0..3 {
        let mut child = Process::new(std::env::current_exe().unwrap())
            .args([
                "--ignored",
                "--exact",
                "child_that_stands_still_in_the_middle_of_a_snapshot",
                "--nocapture",
            ])
            .env(CHILD, &path)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let between = lines
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("between ")?.parse::<u64>().ok());
        let acknowledged = between.expect("the child comes to a snapshot");
        child.kill().unwrap();
        child.wait().unwrap();

        let left = Connection::open(&path).unwrap();
        assert!(
            pieces_of_no_snapshot(&left) > 0,
            "round {round}: killed between"
        );
        drop(left);
        let (journal, resumed) = Journal::open(&path).unwrap();
        assert_eq!(resumed.last_seq, Seq(acknowledged), "round {round}");
        assert_eq!(resumed.replayed, acknowledged - 3, "the whole one served");
        assert_eq!(resumed.show.name, name);
        let parts = (3..=acknowledged).map(|n| format!("part-{n}.mp4"));
        assert!(resumed.show.recording_parts.iter().cloned().eq(parts));
        journal.verify().unwrap();
    }

    // The next one is whole, and what the killed ones left is gone.
    let (mut journal, _) = Journal::open_with(&path, every(10)).unwrap();
    journal.append(&actor(), At(0), &[ticker(1)]).unwrap();
    let show = journal.show().clone();
    drop(journal);
    let (_, resumed) = Journal::open(&path).unwrap();
    assert_eq!((resumed.replayed, resumed.show == show), (0, true));
    let left = Connection::open(&path).unwrap();
    assert_eq!(pieces_of_no_snapshot(&left), 0);
    // A piece that is missing or changed makes it none.
    tamper(
        &path,
        "UPDATE snapshot_pieces SET show = 'x' WHERE place = 2 AND seq > 3",
    );
    let (_, resumed) = Journal::open(&path).unwrap();
    assert_eq!(resumed.show, show);
    assert_eq!(
        resumed.replayed,
        resumed.last_seq.0 - 3,
        "the older one serves"
    );
}
