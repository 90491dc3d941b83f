//! The answer below a pinned question: in every theme, on both shapes, and in a theme that has no box for it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;

use common::{FULL_HD, evidence, fonts, layer, overlay, show};
use stallcast_overlay::{CanvasSize, Lang, Overlay, Theme};
use stallcast_show::{At, Show};

const NOWHERE: &str = "/nowhere";
const UPRIGHT: CanvasSize = CanvasSize {
    width: 1080,
    height: 1920,
};

fn answered(answer: &str) -> Show {
    let mut show = show();
    show.pinned.as_mut().unwrap().answer = answer.to_owned();
    show
}

#[test]
fn an_answer_stands_below_its_question_in_every_theme_and_shape() {
    for theme in Theme::builtin_names() {
        for canvas in [FULL_HD, UPRIGHT] {
            let mut overlay = overlay(theme, canvas);
            let mut draw =
                |show: &Show, at: i64| overlay.layers(show, At(at), Lang::Zh, Path::new(NOWHERE));
            let open = layer(&draw(&show(), 0), "question").clone();
            let shown = draw(&answered("不打蜡，擦一擦就能吃"), 0);
            let below = layer(&shown, "question").clone();
            evidence(&format!("answer-{theme}-{}", canvas.width), &below);
            assert_eq!(
                (open.x, open.y, open.width),
                (below.x, below.y, below.width)
            );
            assert!(
                below.version > open.version && below.rgba != open.rgba,
                "{theme}"
            );
            assert_eq!(
                shown.next_change,
                draw(&show(), 0).next_change,
                "one page needs no turn"
            );
            let again = draw(&answered("不打蜡，擦一擦就能吃"), 400);
            assert_eq!(layer(&again, "question").rgba, below.rgba, "{theme}");
        }
    }
}

#[test]
fn a_long_answer_turns_its_pages() {
    let mut overlay = overlay("clean", FULL_HD);
    let mut show = answered(&"顺丰冷链当天发出，坏果拍照就赔，".repeat(9));
    show.countdown = None;
    let mut draw = |at: i64| overlay.layers(&show, At(at), Lang::Zh, Path::new(NOWHERE));
    let first = draw(0);
    let next = first.next_change.expect("another page follows");
    assert_ne!(
        layer(&first, "question").rgba,
        layer(&draw(next.0), "question").rgba
    );
}

#[test]
fn a_theme_of_before_says_question_and_answer_in_turn() {
    let dir = tempfile::tempdir().unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/themes/clean");
    for file in std::fs::read_dir(shipped).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), dir.path().join(file.file_name())).unwrap();
    }
    let before = r##"<svg xmlns="http://www.w3.org/2000/svg" width="836" height="292">
        <rect id="slot-question" x="60" y="102" width="724" height="148" fill="#12202e" data-size="46"/></svg>"##;
    std::fs::write(dir.path().join("question.svg"), before).unwrap();
    let theme = Theme::load(dir.path()).unwrap();
    let mut overlay = Overlay::new(theme, fonts(), FULL_HD);
    let mut show = answered("不打蜡");
    show.countdown = None;
    let mut draw = |at: i64| overlay.layers(&show, At(at), Lang::Zh, Path::new(NOWHERE));
    let asked = draw(0);
    let turn = asked.next_change.expect("the answer follows");
    let said = draw(turn.0);
    assert_ne!(
        layer(&asked, "question").rgba,
        layer(&said, "question").rgba
    );
}
