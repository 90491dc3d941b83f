//! A journal on a disk without a free byte. Needs root: it mounts a file system of its own, in a mount namespace that
//! vanishes with the test. Started by tests/run.sh where that works.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;
use std::path::Path;
use std::process::Command as Process;

use stallcast_journal::{FILE_NAME, Journal, JournalError};
use stallcast_show::{Actor, At, ChatLine, Command, Event, MessageId, Role, Strip, decide};

fn mounted(folder: &Path) {
    // SAFETY: a plain system call.
    let unshared = unsafe { libc::unshare(libc::CLONE_NEWNS) };
    assert_eq!(unshared, 0, "a mount namespace needs root");
    let folder = folder.to_str().unwrap();
    for arguments in [
        &["--make-rprivate", "/"][..],
        &["-t", "tmpfs", "-o", "size=8m", "tmpfs", folder],
    ] {
        let mounted = Process::new("mount").args(arguments).status().unwrap();
        assert!(mounted.success(), "{arguments:?} (needs root)");
    }
}

/// Takes every byte that is free.
fn fill(folder: &Path) {
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join("somebody else's"))
        .unwrap();
    for size in [1 << 16, 1 << 12, 1] {
        while file.write_all(&vec![1; size]).is_ok() {}
    }
}

#[test]
#[ignore = "mounts a file system of its own: needs root, and a / that is a mount"]
fn a_show_on_a_full_disk_is_muted_taken_off_air_and_ended_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    mounted(folder.path());
    let path = folder.path().join(FILE_NAME);
    let actor = Actor {
        name: "studio".to_owned(),
        role: Role::Owner,
    };
    let (mut journal, _) = Journal::open(&path).unwrap();
    journal.refill_reserve();
    assert!(!journal.reserve_is_short());
    let carry_out = |journal: &mut Journal, command: serde_json::Value, at: i64| {
        let command: Command = serde_json::from_value(command).unwrap();
        let events = decide(journal.show(), command, At(at)).unwrap();
        assert!(!events.is_empty());
        journal.append(&actor, At(at), &events)
    };
    let price = serde_json::json!({ "minor": 100, "currency": "CNY" });
    let text = serde_json::json!({ "zh": "桃", "en": "Peach" });
    let product = serde_json::json!({
        "id": "peach", "title": text, "short_title": text, "photo": null, "spec": text,
        "offer": { "list_price": null, "live_price": price, "quantity": null, "countdown_s": null },
        "gtin": null, "link": null, "talking_points": [],
    });
    for command in [
        serde_json::json!({ "do": "import_products", "products": [product] }),
        serde_json::json!({ "do": "put_source", "source":
            { "id": "mic", "name": "Mic", "kind": { "kind": "test_tone" } } }),
        serde_json::json!({ "do": "start_rehearsal" }),
        serde_json::json!({ "do": "put_on_air", "product": "peach" }),
    ] {
        carry_out(&mut journal, command, 1).unwrap();
    }

    // Until the log's own room is used up, too.
    fill(folder.path());
    let lines = |n: i64| Event::ChatNoted {
        lines: vec![ChatLine {
            id: MessageId(format!("web:{n}")),
            platform: "web".to_owned(),
            author: "A".to_owned(),
            text: "x".repeat(500),
            at: At(n),
            question: false,
        }],
    };
    let full = (0..100_000).find_map(|n| journal.append(&actor, At(n), &[lines(n)]).err());
    assert!(matches!(full, Some(JournalError::DiskFull)), "{full:?}");
    assert!(!journal.reserve_is_short(), "chat leaves the reserve alone");

    let mute = |muted: bool| {
        let strip = Strip {
            muted,
            ..Strip::default()
        };
        serde_json::json!({ "do": "set_strip", "source": "mic", "strip": strip })
    };
    for n in 0..20 {
        carry_out(&mut journal, mute(n % 2 == 0), 2).unwrap();
        fill(folder.path());
    }
    carry_out(&mut journal, serde_json::json!({ "do": "take_off_air" }), 3).unwrap();
    fill(folder.path());
    carry_out(&mut journal, serde_json::json!({ "do": "end_show" }), 4).unwrap();
    fill(folder.path());
    journal.refill_reserve();
    assert!(journal.reserve_is_short(), "there is no room for it");
    let show = journal.show().clone();
    drop(journal);
    fill(folder.path());

    let (mut journal, resumed) = Journal::open(&path).unwrap();
    assert_eq!(resumed.show, show, "the next engine finds the show ended");
    std::fs::remove_file(folder.path().join("somebody else's")).unwrap();
    journal.refill_reserve();
    assert!(!journal.reserve_is_short());
    journal.verify().unwrap();
}
