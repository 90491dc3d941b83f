//! A folder of evidence tells what was changed in it, and no one is accused of what he did not do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

use stallcast_journal::evidence::{
    CHAIN_FILE, EvidenceFile, EvidenceShow, Finding, Hashed, MANIFEST_FILE, Manifest, SUM_FILE,
    Verified, VerifyError, export_chain, hash_file, verify_folder,
};
use stallcast_journal::{FILE_NAME, Journal, JournalError, Reader, Seq};
use stallcast_show::{Actor, At, Event, Role, ShowKind};

/// A change of the lines of the chain's file.
type Change = fn(&mut Vec<String>);

struct Made {
    _home: tempfile::TempDir,
    folder: PathBuf,
    fingerprint: String,
}

fn listed(folder: &Path, path: &str) -> EvidenceFile {
    let Hashed { bytes, sha256 } = hash_file(&folder.join(path), &mut |_| true)
        .unwrap()
        .unwrap();
    EvidenceFile {
        path: path.to_owned(),
        bytes,
        sha256,
    }
}

/// Entries 4 to 9 of a journal of 12, and a recording.
fn made() -> Made {
    let home = tempfile::tempdir().unwrap();
    let journal_file = home.path().join(FILE_NAME);
    let (mut journal, _) = Journal::open(&journal_file).unwrap();
    let actor = Actor {
        name: "小“王”\n".to_owned(),
        role: Role::Owner,
    };
    for n in 0..12 {
        let name = format!("第{n}场 \"line\\one\"\n");
        journal
            .append(&actor, At(n), &[Event::Renamed { name }])
            .unwrap();
    }
    let folder = home.path().join("evidence");
    std::fs::create_dir_all(folder.join("recordings")).unwrap();
    std::fs::write(folder.join("recordings/one.mp4"), vec![7; 3 << 20]).unwrap();
    let reader = Reader::open(&journal_file).unwrap();
    let out = folder.join(CHAIN_FILE);
    let chain = export_chain(&reader, Seq(4), Seq(9), &out, &|| true)
        .unwrap()
        .unwrap();
    let manifest = Manifest {
        format: 1,
        program: "test".to_owned(),
        made_at: At(1),
        show: EvidenceShow {
            name: "show".to_owned(),
            kind: ShowKind::Live,
            began: At(3),
            ended: At(8),
        },
        chain,
        files: [CHAIN_FILE, "recordings/one.mp4"]
            .map(|path| listed(&folder, path))
            .into(),
        gone: vec![],
    };
    let fingerprint = manifest.write(&folder).unwrap();
    Made {
        _home: home,
        folder,
        fingerprint,
    }
}

fn check(made: &Made) -> Verified {
    verify_folder(&made.folder, Some(&made.fingerprint), &mut |_| true).unwrap()
}

fn findings(made: &Made) -> Vec<Finding> {
    check(made).findings
}

/// Changes the list so that it fits what is in the folder now, as somebody would who covers something up.
fn cover_up(made: &Made, path: &str) {
    let (mut manifest, _) = stallcast_journal::evidence::read_manifest(&made.folder).unwrap();
    let entry = manifest.files.iter_mut().find(|file| file.path == path);
    *entry.unwrap() = listed(&made.folder, path);
    manifest.write(&made.folder).unwrap();
}

#[test]
fn a_folder_that_nobody_touched_is_found_to_be_as_it_was() {
    let made = made();
    let verified = check(&made);
    assert_eq!(verified.findings, []);
    assert_eq!(verified.fingerprint, made.fingerprint);
    assert_eq!(verified.manifest.chain.first, Seq(4));
    let sum = std::fs::read_to_string(made.folder.join(SUM_FILE)).unwrap();
    assert_eq!(sum, format!("{}  {MANIFEST_FILE}\n", made.fingerprint));
}

#[test]
fn one_changed_byte_a_file_that_is_gone_and_one_that_was_put_in_are_each_named() {
    let made = made();
    let recording = made.folder.join("recordings/one.mp4");
    let mut bytes = std::fs::read(&recording).unwrap();
    bytes[2 << 20] ^= 1;
    std::fs::write(&recording, &bytes).unwrap();
    let path = "recordings/one.mp4".to_owned();
    assert_eq!(findings(&made), [Finding::Changed { path: path.clone() }]);
    std::fs::remove_file(&recording).unwrap();
    assert_eq!(findings(&made), [Finding::Missing { path }]);

    let made = self::made();
    std::fs::create_dir(made.folder.join("more")).unwrap();
    std::fs::write(made.folder.join("more/二.txt"), "x").unwrap();
    let path = "more/二.txt".to_owned();
    assert_eq!(findings(&made), [Finding::Added { path }]);
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_a_file_is_a_change_even_to_the_same_bytes() {
    let made = made();
    let recording = made.folder.join("recordings/one.mp4");
    let elsewhere = made.folder.with_extension("mp4");
    std::fs::rename(&recording, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &recording).unwrap();
    let path = "recordings/one.mp4".to_owned();
    assert_eq!(findings(&made), [Finding::Changed { path }]);
}

#[test]
fn every_way_to_change_the_entries_breaks_the_chain_even_when_the_list_was_made_to_fit() {
    let ways: [(&str, Change, u64); 5] = [
        (
            "one is changed",
            |lines| lines[2] = lines[2].replacen("第5", "第6", 1),
            6,
        ),
        ("one is taken out", |lines| drop(lines.remove(3)), 7),
        ("two change places", |lines| lines.swap(0, 1), 4),
        ("the last is left out", |lines| drop(lines.pop()), 9),
        (
            "one is put behind",
            |lines| lines.push(lines[5].clone()),
            10,
        ),
    ];
    for (what, change, seq) in ways {
        let made = made();
        let path = made.folder.join(CHAIN_FILE);
        let text = std::fs::read_to_string(&path).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        change(&mut lines);
        assert_ne!(lines.join("\n") + "\n", text, "{what}");
        std::fs::write(&path, lines.join("\n") + "\n").unwrap();
        cover_up(&made, CHAIN_FILE);
        let broken = Finding::ChainBroken { seq: Seq(seq) };
        assert_eq!(findings(&made), [Finding::OtherList, broken], "{what}");
    }
}

#[test]
fn a_list_that_was_changed_is_told_by_its_sum_and_one_made_anew_by_the_hash_that_was_kept() {
    let made = made();
    let list = made.folder.join(MANIFEST_FILE);
    let text = std::fs::read_to_string(&list).unwrap();
    let changed = text.replacen("test", "tost", 1);
    std::fs::write(&list, changed).unwrap();
    assert_eq!(findings(&made), [Finding::ListChanged, Finding::OtherList]);

    let made = self::made();
    std::fs::write(made.folder.join("recordings/one.mp4"), "another").unwrap();
    cover_up(&made, "recordings/one.mp4");
    assert_eq!(findings(&made), [Finding::OtherList]);
    let unkept = verify_folder(&made.folder, None, &mut |_| true).unwrap();
    assert_eq!(unkept.findings, [], "without it nothing tells");
}

#[test]
fn a_list_that_leads_out_of_its_folder_reads_nothing_there() {
    let made = made();
    for way_out in ["../journal.sqlite", "/etc/passwd", "recordings/../../x", ""] {
        let (mut manifest, _) = stallcast_journal::evidence::read_manifest(&made.folder).unwrap();
        manifest.files[1].path = way_out.to_owned();
        manifest.write(&made.folder).unwrap();
        let found = verify_folder(&made.folder, None, &mut |_| true).unwrap();
        let path = way_out.to_owned();
        assert!(
            found.findings.contains(&Finding::Missing { path }),
            "{found:?}"
        );
    }
}

#[test]
fn what_is_no_evidence_or_of_a_newer_program_is_said_and_a_check_can_be_stopped() {
    let empty = tempfile::tempdir().unwrap();
    let none = verify_folder(empty.path(), None, &mut |_| true);
    assert!(matches!(none, Err(VerifyError::NoList(_))));
    let made = made();
    let stopped = verify_folder(&made.folder, None, &mut |_| false);
    assert!(matches!(stopped, Err(VerifyError::Stopped)));
    let (mut manifest, _) = stallcast_journal::evidence::read_manifest(&made.folder).unwrap();
    manifest.format = 9;
    manifest.write(&made.folder).unwrap();
    let newer = verify_folder(&made.folder, None, &mut |_| true);
    assert!(matches!(
        newer,
        Err(VerifyError::Newer { found: 9, known: 1 })
    ));
}

#[test]
fn a_journal_that_was_tampered_with_gives_no_evidence() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(FILE_NAME);
    let (mut journal, _) = Journal::open(&path).unwrap();
    let actor = Actor {
        name: "studio".to_owned(),
        role: Role::Owner,
    };
    for n in 0..4 {
        let event = Event::Renamed {
            name: n.to_string(),
        };
        journal.append(&actor, At(n), &[event]).unwrap();
    }
    drop(journal);
    let connection = rusqlite::Connection::open(&path).unwrap();
    let changed = connection.execute("UPDATE entries SET at = 9 WHERE seq = 3", []);
    assert_eq!(changed.unwrap(), 1);
    let reader = Reader::open(&path).unwrap();
    let out = home.path().join("out");
    let export = |first, last| export_chain(&reader, Seq(first), Seq(last), &out, &|| true);
    assert!(matches!(
        export(1, 4),
        Err(JournalError::BrokenAt { seq: Seq(3) })
    ));
    assert!(export(1, 2).unwrap().is_some());
    assert!(matches!(export(1, 9), Err(JournalError::BrokenAt { .. })));
    assert!(
        export_chain(&reader, Seq(1), Seq(2), &out, &|| false)
            .unwrap()
            .is_none()
    );
}
