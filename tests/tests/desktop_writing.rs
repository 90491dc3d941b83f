//! Chinese in the desktop window: pinyin typed on a keyboard becomes characters by the input methods that people have
//! (Fcitx 5 and IBus), and what chooses among them does not reach the show. With `STALLCAST_TESTS_ROOT` in the window of the
//! package that is installed in the system below that folder.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;
use stallcast_tests::world::{Desktop, Group, PATIENCE, WebWindow, eventually};

/// The line in which notes to the anchor are written.
const FIELD: &str = ".notes form input";
const NOTE: &str = ".notes > :not(form)";
/// By then an input method that was there has answered; else the keys went past it, and are typed once more.
const ANSWERED: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn pinyin_becomes_chinese_by_fcitx() {
    let desktop = Desktop::new();
    let settings = desktop.home().join(".config/fcitx5");
    fs::create_dir_all(&settings).unwrap();
    let profile = "[Groups/0]\nName=Default\nDefault Layout=us\nDefaultIM=pinyin\n\n\
                   [Groups/0/Items/0]\nName=pinyin\nLayout=\n\n[GroupOrder]\n0=Default\n";
    fs::write(settings.join("profile"), profile).unwrap();
    let log = desktop.home().join("fcitx.log");
    let _fcitx = Group::start_logged(&mut desktop.program("fcitx5"), &log);
    // Its own program for questions would have the bus start another one.
    let bus = format!("--bus=unix:path={}/bus", desktop.home().display());
    let question = [
        "/",
        "org.freedesktop.DBus.NameHasOwner",
        "string:org.fcitx.Fcitx5",
    ];
    eventually(PATIENCE, "Fcitx is on the bus", || {
        let mut asked = Command::new("dbus-send");
        asked.args([&*bus, "--print-reply", "--dest=org.freedesktop.DBus"]);
        let told = asked.args(question).output().unwrap();
        String::from_utf8_lossy(&told.stdout)
            .contains("boolean true")
            .then_some(())
    });
    writes(&desktop, "fcitx").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn pinyin_becomes_chinese_by_ibus() {
    let desktop = Desktop::new();
    let log = desktop.home().join("ibus.log");
    // Settings in memory, and no window of candidates: neither is what is tested.
    let mut daemon = desktop.program("ibus-daemon");
    daemon.args([
        "--panel",
        "disable",
        "--config",
        "/usr/libexec/ibus-memconf",
    ]);
    let _ibus = Group::start_logged(&mut daemon, &log);
    eventually(PATIENCE, "IBus has its pinyin", || {
        // It may take longer than this program waits for it.
        let _may_be_late = desktop
            .program("ibus")
            .args(["engine", "libpinyin"])
            .output();
        let told = desktop.program("ibus").arg("engine").output().unwrap();
        told.stdout.starts_with(b"libpinyin").then_some(())
    });
    writes(&desktop, "ibus").await;
}

/// Writes into a field of the window with the input method that GTK knows by this name.
async fn writes(desktop: &Desktop, module: &str) {
    let window = desktop.open_with("writing", [("GTK_IM_MODULE", module)]);
    let on_air = |n: u32, is: bool| format!("button[aria-keyshortcuts='{n}'][aria-pressed='{is}']");
    window.wait_for(".phase.rehearsing");
    window.wait_for(&on_air(1, true));
    window.click(FIELD);
    desktop.screen().type_into("Stallcast", &[]);
    eventually(PATIENCE, "the window has the keyboard", || {
        let has = window.script("return document.hasFocus()", json!([]));
        (has == json!(true)).then_some(())
    });

    // The first candidate, by the space bar.
    let text = written(desktop, &window, &["space"], |text| text == "苹果");
    desktop.photograph(&format!("desktop-writing-{module}"));
    // Another one, by a digit, which outside of a field puts a product on air.
    let other = written(desktop, &window, &["2"], |text| {
        text != "苹果" && !text.is_empty() && !text.is_ascii()
    });
    assert!(!other.chars().any(|c| c.is_ascii()), "{other}");
    // The letters as they are, by Return, which outside of a word sends the line.
    written(desktop, &window, &["Return"], |text| text == "pingguo");
    assert!(window.shows(&on_air(1, true)), "2 chose a word, no product");
    assert!(!window.shows(NOTE), "Return ended a word and sent nothing");

    // And what was written goes where it is for.
    written(desktop, &window, &["space"], |text| text == "苹果");
    desktop.screen().type_into("Stallcast", &["Return"]);
    window.wait_for(NOTE);
    let mut session = desktop.session().await;
    let note = session
        .until(PATIENCE, "the note is there", |s| {
            Some(s.show.as_ref()?.notes.first()?.text.clone())
        })
        .await;
    assert_eq!(note, text);
}

/// Types `pingguo` into the empty field and ends it with these keys, until there is what is wanted; that.
fn written(
    desktop: &Desktop,
    window: &WebWindow,
    end: &[&str],
    is_wanted: impl Fn(&str) -> bool,
) -> String {
    let keys: Vec<&str> = ["p", "i", "n", "g", "g", "u", "o"]
        .iter()
        .chain(end)
        .copied()
        .collect();
    let mut typed: Option<Instant> = None;
    eventually(PATIENCE, &format!("pinyin and then {end:?}"), || {
        if typed.is_none_or(|at| at.elapsed() > ANSWERED) {
            let empty = "const field = document.querySelector(arguments[0]); field.value = '';
                field.dispatchEvent(new Event('input'));";
            window.script(empty, json!([FIELD]));
            desktop.screen().type_into("Stallcast", &keys);
            typed = Some(Instant::now());
        }
        let value = window.script(
            "return document.querySelector(arguments[0]).value",
            json!([FIELD]),
        );
        value
            .as_str()
            .filter(|text| is_wanted(text))
            .map(str::to_owned)
    })
}
