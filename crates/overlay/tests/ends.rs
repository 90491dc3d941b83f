//! The end of an offer that has no clock: its day and hour, in this computer's time, in every theme.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;

use common::{FULL_HD, fonts, product, show};
use stallcast_overlay::{CanvasSize, Lang, Layer, Overlay, Theme};
use stallcast_show::{At, Show};

const UPRIGHT: CanvasSize = CanvasSize {
    width: 1080,
    height: 1920,
};
const HOUR_MS: i64 = 3_600_000;
/// 2026-11-30 12:00 UTC.
const ENDS: At = At(1_796_040_000_000);

fn without_clock(ends: Option<At>) -> Show {
    let mut show = show();
    show.countdown = None;
    product(&mut show).offer.ends = ends;
    show
}

fn clock(theme: &Theme, canvas: CanvasSize, show: &Show, now: At, lang: Lang) -> Option<Layer> {
    let mut overlay = Overlay::new(theme.clone(), fonts(), canvas);
    let layers = overlay.layers(show, now, lang, Path::new("/nowhere"));
    let mut list = layers.list.into_iter();
    list.find(|layer| layer.id == "countdown")
}

#[test]
fn an_end_days_ahead_stands_on_the_card_until_it_is_over() {
    let show = without_clock(Some(ENDS));
    for name in Theme::builtin_names() {
        let theme = Theme::builtin(name).unwrap();
        for canvas in [FULL_HD, UPRIGHT] {
            for lang in [Lang::Zh, Lang::En] {
                let at = |now| clock(&theme, canvas, &show, At(ENDS.0 + now), lang);
                let days = at(-72 * HOUR_MS).unwrap_or_else(|| panic!("{name}"));
                // It changes by nothing but being over.
                assert_eq!(days.rgba, at(-1).unwrap().rgba, "{name}");
                assert_eq!(at(0), None, "{name}");
                // The words: more than the plain ground and its clock.
                let later = without_clock(Some(At(ENDS.0 + 24 * HOUR_MS)));
                let now = At(ENDS.0 - HOUR_MS);
                let other = clock(&theme, canvas, &later, now, lang).unwrap();
                assert_ne!(days.rgba, other.rgba, "{name}: another day looks the same");
            }
        }
    }
    let theme = Theme::builtin("clean").unwrap();
    assert_eq!(
        clock(&theme, FULL_HD, &without_clock(None), At(0), Lang::Zh),
        None
    );
}

#[test]
fn the_hour_is_that_of_this_computer_s_clock() {
    let utc = Theme::builtin("clean").unwrap();
    let china = utc.clone().in_zone(|_| 8 * HOUR_MS);
    let now = At(ENDS.0 - 48 * HOUR_MS);
    let drawn = |theme: &Theme, ends: i64| {
        let show = without_clock(Some(At(ends)));
        clock(theme, FULL_HD, &show, now, Lang::Zh).unwrap().rgba
    };
    assert_eq!(drawn(&china, ENDS.0), drawn(&utc, ENDS.0 + 8 * HOUR_MS));
    assert_ne!(drawn(&china, ENDS.0), drawn(&utc, ENDS.0));
}

#[test]
fn a_theme_of_before_shows_no_empty_clock() {
    let dir = tempfile::tempdir().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/themes/clean");
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), dir.path().join(file.file_name())).unwrap();
    }
    let path = dir.path().join("countdown.svg");
    let now = std::fs::read_to_string(&path).unwrap();
    let start = now.find("  <g id=\"when-day\">").unwrap();
    let end = start + now[start..].find("  <g id=\"when-urgent\">").unwrap();
    std::fs::write(&path, format!("{}{}", &now[..start], &now[end..])).unwrap();
    let theme = Theme::load(dir.path()).unwrap();
    let show = without_clock(Some(ENDS));
    assert_eq!(clock(&theme, FULL_HD, &show, At(0), Lang::Zh), None);
}
