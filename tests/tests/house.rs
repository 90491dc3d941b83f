//! The house rules that a compiler does not check: arrows only downward, licences that may be linked.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use stallcast_tests::world::run;

/// Which of our crates each of our crates may depend on (ARCHITECTURE.md, "Rooms").
const ARROWS: [(&str, &[&str]); 16] = [
    ("stallcast-show", &[]),
    ("stallcast-rules", &["stallcast-show"]),
    ("stallcast-journal", &["stallcast-show"]),
    ("stallcast-overlay", &["stallcast-show"]),
    ("stallcast-media", &[]),
    ("stallcast-delivery", &[]),
    ("stallcast-hooks", &[]),
    ("stallcast-relay", &["stallcast-hooks"]),
    ("stallcast-chat", &["stallcast-show", "stallcast-hooks"]),
    ("stallcast-orders", &["stallcast-show"]),
    ("stallcast-obsws", &[]),
    ("stallcast-clips", &[]),
    ("stallcast-wire", &["stallcast-show"]),
    (
        "stallcast-engine",
        &[
            "stallcast-show",
            "stallcast-rules",
            "stallcast-journal",
            "stallcast-overlay",
            "stallcast-media",
            "stallcast-delivery",
            "stallcast-chat",
            "stallcast-hooks",
            "stallcast-orders",
            "stallcast-obsws",
            "stallcast-clips",
            "stallcast-wire",
        ],
    ),
    ("stallcast-desktop", &["stallcast-wire"]),
    (
        "stallcast-tests",
        &[
            "stallcast-show",
            "stallcast-wire",
            "stallcast-media",
            "stallcast-clips",
            "stallcast-overlay",
            "stallcast-delivery",
        ],
    ),
];

fn metadata() -> Value {
    let all = "stallcast-desktop/updater";
    let words = [
        "metadata",
        "--format-version",
        "1",
        "--locked",
        "--features",
        all,
    ];
    serde_json::from_str(&run(env!("CARGO"), words)).unwrap()
}

fn packages(metadata: &Value) -> impl Iterator<Item = &Value> {
    metadata["packages"].as_array().unwrap().iter()
}

#[test]
fn no_arrow_points_up() {
    let metadata = metadata();
    let allowed: BTreeMap<&str, BTreeSet<&str>> = ARROWS
        .iter()
        .map(|(from, to)| (*from, to.iter().copied().collect()))
        .collect();
    let ours = packages(&metadata).filter(|p| p["source"].is_null());
    let mut seen = 0;
    for package in ours {
        let name = package["name"].as_str().unwrap();
        let may = allowed
            .get(name)
            .unwrap_or_else(|| panic!("{name} has no place in the house yet"));
        for dependency in package["dependencies"].as_array().unwrap() {
            let to = dependency["name"].as_str().unwrap();
            if to.starts_with("stallcast-") {
                assert!(may.contains(to), "{name} must not depend on {to}");
            }
        }
        seen += 1;
    }
    assert_eq!(
        seen,
        ARROWS.len(),
        "a room of the list is missing from the workspace"
    );
}

#[test]
fn only_these_rooms_know_gstreamer_and_ffmpeg() {
    let metadata = metadata();
    for package in packages(&metadata).filter(|p| p["source"].is_null()) {
        let name = package["name"].as_str().unwrap();
        for dependency in package["dependencies"].as_array().unwrap() {
            let to = dependency["name"].as_str().unwrap();
            let rooms: &[&str] = match to {
                "ffmpeg-next" => &["stallcast-clips", "stallcast-tests"],
                _ if to.starts_with("gst") => &["stallcast-media", "stallcast-tests"],
                _ => continue,
            };
            assert!(rooms.contains(&name), "{name} must not depend on {to}");
        }
    }
}

#[test]
fn every_linked_licence_is_on_the_list() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let deny = std::fs::read_to_string(root.join("deny.toml")).unwrap();
    let list = deny
        .split("allow = [")
        .nth(1)
        .unwrap()
        .split(']')
        .next()
        .unwrap();
    let allowed: BTreeSet<&str> = list.split('"').skip(1).step_by(2).collect();
    for package in packages(&metadata()) {
        let licence = package["license"]
            .as_str()
            .unwrap_or_else(|| panic!("{} names no licence", package["name"]));
        assert!(
            permitted(licence, &allowed),
            "{} is under {licence}",
            package["name"]
        );
    }
}

/// Understands `A OR (B AND C)` and the old `A/B`: one alternative must be allowed whole.
fn permitted(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let expression = expression.replace('/', " OR ");
    split_at(&expression, " OR ").iter().any(|alternative| {
        split_at(alternative, " AND ").iter().all(|part| {
            let part = part.trim();
            match part.strip_prefix('(').and_then(|p| p.strip_suffix(')')) {
                Some(inner) => permitted(inner, allowed),
                None => allowed.contains(part),
            }
        })
    })
}

/// The parts between `word` where it stands outside of brackets.
fn split_at<'a>(expression: &'a str, word: &str) -> Vec<&'a str> {
    let (mut depth, mut start, mut parts) = (0, 0, vec![]);
    for (i, byte) in expression.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ if depth == 0 && i >= start && expression[i..].starts_with(word) => {
                parts.push(&expression[start..i]);
                start = i + word.len();
            }
            _ => {}
        }
    }
    parts.push(&expression[start..]);
    parts
}

#[test]
fn licence_expressions_are_understood() {
    let allowed = BTreeSet::from(["MIT", "Apache-2.0", "ISC"]);
    assert!(permitted("GPL-3.0 OR MIT", &allowed));
    assert!(permitted("(MIT OR GPL-2.0) AND ISC", &allowed));
    assert!(permitted("MIT/Unlicense", &allowed));
    assert!(!permitted("MIT AND GPL-3.0", &allowed));
    assert!(!permitted("AGPL-3.0", &allowed));
}
