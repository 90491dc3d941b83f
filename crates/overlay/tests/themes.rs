//! A broken theme is refused with the file and the element that is wrong.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

use stallcast_overlay::{Fault, Theme, ThemeError};

/// A copy of a built-in theme with one text of one file replaced.
fn broken(file: &str, from: &str, to: &str) -> ThemeError {
    let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../assets/themes/clean");
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(source).unwrap() {
        let entry = entry.unwrap();
        let mut text = std::fs::read_to_string(entry.path()).unwrap();
        if entry.file_name() == file {
            assert!(text.contains(from), "{file} has no {from}");
            text = text.replacen(from, to, 1);
        }
        std::fs::write(copy.path().join(entry.file_name()), text).unwrap();
    }
    Theme::load(copy.path()).expect_err("a broken theme was taken")
}

fn element(error: ThemeError) -> (String, String, Fault) {
    match error {
        ThemeError::Element {
            file,
            element,
            fault,
        } => (file, element, fault),
        other => panic!("{other}"),
    }
}

#[test]
fn every_built_in_theme_loads_from_its_folder_too() {
    for name in Theme::builtin_names() {
        Theme::builtin(name).unwrap();
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../assets/themes");
        Theme::load(&folder.join(name)).unwrap();
    }
    assert!(matches!(
        Theme::builtin("nope"),
        Err(ThemeError::NoSuchTheme { .. })
    ));
}

#[test]
fn a_broken_box_is_refused_by_its_name() {
    let cases = [
        (
            "card.svg",
            "id=\"slot-title\"",
            "id=\"title\"",
            "slot-title",
            Fault::Missing,
        ),
        (
            "card.svg",
            "id=\"slot-title\"",
            "id=\"slot-tittle\"",
            "slot-tittle",
            Fault::Unknown,
        ),
        (
            "stock.svg",
            "id=\"when-low\"",
            "id=\"when-lo\"",
            "when-lo",
            Fault::Unknown,
        ),
        (
            "card.svg",
            "<rect id=\"slot-spec\"",
            "<ellipse id=\"slot-spec\"",
            "slot-spec",
            Fault::NotARect,
        ),
        (
            "ticker.svg",
            "id=\"slot-ticker\" x=\"",
            "id=\"slot-ticker\" x=\"9",
            "slot-ticker",
            Fault::Outside,
        ),
        (
            "countdown.svg",
            "<g id=\"when-calm\">",
            "<g id=\"when-calm\" transform=\"scale(2)\">",
            "slot-countdown-label",
            Fault::Transformed,
        ),
        (
            "question.svg",
            "data-lines=\"",
            "data-lines=\"9",
            "slot-question",
            Fault::Attribute("data-lines".into()),
        ),
        (
            "card.svg",
            "data-strike=\"through\"",
            "data-strike=\"yes\"",
            "slot-list-price",
            Fault::Attribute("data-strike".into()),
        ),
        (
            "slate.svg",
            "id=\"slot-headline\"",
            "id=\"slot-headline\" data-min=\"900\"",
            "",
            Fault::Missing,
        ),
    ];
    for (file, from, to, wanted, fault) in cases {
        let error = broken(file, from, to);
        if wanted.is_empty() {
            // An attribute given twice is not XML any more.
            assert!(matches!(error, ThemeError::NotSvg { .. }), "{error}");
            continue;
        }
        assert_eq!(element(error), (file.to_owned(), wanted.to_owned(), fault));
    }
}

#[test]
fn a_file_that_is_no_drawing_is_refused_with_its_place() {
    let error = broken("card.svg", "</svg>", "");
    let ThemeError::NotSvg { file, reason } = error else {
        panic!("{error}");
    };
    assert_eq!(file, "card.svg");
    assert!(!reason.is_empty());
}

#[test]
fn settings_are_refused_by_their_field() {
    let error = broken("theme.json", "\"page_s\": 6", "\"page_s\": 1");
    assert_eq!(element(error).1, "page_s");
    let error = broken("theme.json", "\"low_stock\"", "\"low_stok\"");
    let ThemeError::Settings { reason, .. } = error else {
        panic!("{error}");
    };
    assert!(reason.contains("low_stok"), "{reason}");
    let error = broken(
        "theme.json",
        "{ \"zh\": \"公告\", \"en\": \"NOTICE\" }",
        "{ \"zh\": \"\", \"en\": \" \" }",
    );
    assert_eq!(
        element(error),
        (
            "theme.json".to_owned(),
            "words.ticker".to_owned(),
            Fault::EmptyWords
        )
    );
}

#[test]
fn a_missing_or_huge_file_is_refused() {
    assert!(matches!(
        Theme::load(Path::new("/nowhere")),
        Err(ThemeError::Unreadable { .. })
    ));
    let error = broken(
        "slate.svg",
        "</svg>",
        &format!("</svg><!--{}-->", "x".repeat(1 << 20)),
    );
    assert!(matches!(error, ThemeError::TooLarge { .. }), "{error}");
}
