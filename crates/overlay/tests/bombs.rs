//! Themes made to break the program: each is refused or drawn, in bounded time and memory, and reads no file.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use common::{HD, fonts, show};
use stallcast_overlay::{Lang, Overlay, Theme, ThemeError};
use stallcast_show::At;

/// Generous for a busy machine and a debug build; what is not bounded takes minutes or for ever.
const BOUNDED: Duration = Duration::from_secs(30);
/// Most memory that all of it may take beyond what was resident before, MiB.
const MOST_MIB: u64 = 600;

/// A theme of the program with `inside` put into its card.
fn with_card(inside: &str) -> (tempfile::TempDir, Result<Theme, ThemeError>) {
    let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../assets/themes/clean");
    let folder = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(source).unwrap() {
        let file = file.unwrap();
        let to = folder.path().join(file.file_name());
        let mut text = std::fs::read_to_string(file.path()).unwrap();
        if file.file_name() == "card.svg" {
            text = match inside.strip_prefix("<!DOCTYPE") {
                Some(_) => format!("{inside}\n{}", text.replace("</svg>", "&z;</svg>")),
                None => text.replace("</svg>", &format!("{inside}</svg>")),
            };
        }
        std::fs::write(to, text).unwrap();
    }
    let theme = Theme::load(folder.path());
    (folder, theme)
}

fn nested(depth: usize, group: &str) -> String {
    format!(
        "{}<rect width=\"500\" height=\"500\"/>{}",
        group.repeat(depth),
        "</g>".repeat(depth)
    )
}

fn doubled(levels: usize) -> String {
    let mut text = String::from("<defs><g id=\"d0\"><rect width=\"9\" height=\"9\"/></g>");
    for level in 1..=levels {
        let below = level - 1;
        let twice = format!("<use href=\"#d{below}\"/>").repeat(2);
        write!(text, "<g id=\"d{level}\">{twice}</g>").unwrap();
    }
    write!(text, "</defs><use href=\"#d{levels}\"/>").unwrap();
    text
}

fn effect(inside: &str) -> String {
    format!(
        "<filter id=\"f\">{inside}</filter><rect width=\"600\" height=\"600\" filter=\"url(#f)\"/>"
    )
}

/// The head of a PNG file of so many pixels each way, and nothing of its pixels.
fn empty_png(side: u32) -> String {
    let mut head = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    head.extend(side.to_be_bytes());
    head.extend(side.to_be_bytes());
    head.extend([8, 6, 0, 0, 0, 0, 0, 0, 0]);
    head.iter().fold(String::new(), |mut text, byte| {
        write!(text, "%{byte:02x}").unwrap();
        text
    })
}

fn most_resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kb = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kb.unwrap_or(0) / 1024
}

#[test]
fn bombs_are_refused_or_drawn_in_bounded_time_and_memory() {
    let mut entities = String::from("<!DOCTYPE svg [<!ENTITY a \"aaaaaaaaaa\">");
    for pair in ["ba", "cb", "dc", "ed", "fe", "gf", "hg", "ih", "zi"] {
        let (to, from) = pair.split_at(1);
        let ten = format!("&{from};").repeat(10);
        write!(entities, "<!ENTITY {to} \"{ten}\">").unwrap();
    }
    entities.push_str("]>");
    let octaves = "<feTurbulence baseFrequency=\"0.1\" numOctaves=\"2000000000\"/>";
    let kernel = format!(
        "<feConvolveMatrix order=\"99\" kernelMatrix=\"{}\"/>",
        "1 ".repeat(99 * 99)
    );
    let image = |href: &str| format!("<image href=\"{href}\" width=\"99\" height=\"99\"/>");
    // Whether it must be refused; what reads a file, or draws a picture of any size, would never end.
    let bombs = [
        ("entities", true, entities),
        ("use that doubles", true, doubled(40)),
        ("use of itself", false, "<g id=\"me\"><use href=\"#me\"/></g>".to_owned()),
        ("deep groups", true, nested(900, "<g opacity=\"0.99\">")),
        ("very deep groups", true, nested(60_000, "<g>")),
        ("many effects", true, effect("<feGaussianBlur stdDeviation=\"9\"/>")
            + &"<rect width=\"600\" height=\"600\" filter=\"url(#f)\"/>".repeat(9_000)),
        ("noise without end", true, effect(octaves)),
        ("a large kernel", true, effect(&kernel)),
        ("a huge blur", false, effect("<feGaussianBlur stdDeviation=\"1e9\"/>")),
        ("huge numbers", false, "<rect x=\"-1e30\" width=\"1e38\" height=\"1e38\"/>".to_owned()),
        ("endless dashes", false, "<path d=\"M0 0H1e9\" stroke=\"#000\" stroke-dasharray=\"1e-6\"/>".to_owned()),
        ("a tiny pattern", false, "<pattern id=\"p\" width=\"1e-9\" height=\"1e-9\"/><rect width=\"600\" height=\"600\" fill=\"url(#p)\"/>".to_owned()),
        ("an endless file", false, image("/dev/zero")),
        ("a file by its address", false, image("file:///dev/zero")),
        ("the web", false, image("http://127.0.0.1:9/x.png")),
        ("a huge picture", false, image(&format!("data:image/png,{}", empty_png(60_000)))),
        ("a drawing in it", false, image("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/%3E")),
    ];
    let before = most_resident_mib();
    let show = show();
    let (mut refused, mut drawn) = (0, 0);
    for (name, must_refuse, inside) in &bombs {
        let began = Instant::now();
        let (_folder, theme) = with_card(inside);
        match theme {
            Ok(theme) => {
                assert!(!must_refuse, "{name} is taken");
                let mut overlay = Overlay::new(theme, fonts(), HD);
                let layers = overlay.layers(&show, At(0), Lang::Zh, Path::new("/nowhere"));
                assert!(!layers.list.is_empty(), "{name}");
                drawn += 1;
            }
            Err(error) => {
                assert_eq!(error.place().0, "card.svg", "{name}: {error}");
                refused += 1;
            }
        }
        let took = began.elapsed();
        println!(
            "{name}: {took:.2?}, most resident {} MiB",
            most_resident_mib()
        );
        assert!(took < BOUNDED, "{name}: {took:?}");
    }
    println!("{} bombs: {refused} refused, {drawn} drawn", bombs.len());
    assert!(most_resident_mib() < before + MOST_MIB);
}

#[cfg(unix)]
#[test]
fn a_theme_reads_no_other_file_not_even_to_look_whether_it_may() {
    // Nobody writes into this pipe: who opens it waits for ever.
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.png");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let inside = format!(
        "<image href=\"{}\" width=\"9\" height=\"9\"/>",
        pipe.display()
    );
    let (told, waits) = std::sync::mpsc::sync_channel(1);
    std::thread::spawn(move || {
        let taken = with_card(&inside).1.is_ok();
        let _ = told.send(taken);
    });
    assert!(waits.recv_timeout(BOUNDED).expect("it hangs on the file"));
}
