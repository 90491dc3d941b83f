//! The brand mark, names of people and the goal's bar: in every theme, on both shapes, beside everything else.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;

use common::{FULL_HD, apple, evidence, fonts, keep, layer, overlay, product, show, text};
use image::{Rgba, RgbaImage};
use stallcast_overlay::{CanvasSize, Lang, Layer, Layers, Notice, Overlay, Theme};
use stallcast_show::{
    At, Corner, Goal, GoalCount, GoalPlan, GoalUnit, Logo, LowerThird, Origin, Show,
};

const UPRIGHT: CanvasSize = CanvasSize {
    width: 1080,
    height: 1920,
};

/// A folder with a red mark twice as wide as high, clear in its right half.
fn marks() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mark = RgbaImage::from_fn(200, 100, |x, _| {
        if x < 100 {
            Rgba([220, 20, 20, 255])
        } else {
            Rgba([0, 0, 0, 0])
        }
    });
    mark.save(dir.path().join("mark.png")).unwrap();
    dir
}

fn logo(corner: Corner) -> Logo {
    Logo {
        file: "mark.png".to_owned(),
        corner,
        size: 90,
        opacity: 50,
        shown: true,
    }
}

fn goal(done: u64) -> Goal {
    Goal {
        plan: GoalPlan {
            title: "今晚目标".to_owned(),
            of: GoalUnit::Pieces,
            target: 200,
            count: GoalCount::Stock,
        },
        done,
        counted: Default::default(),
        shown: true,
    }
}

/// Everything that can stand there at once.
fn full() -> Show {
    let mut show = show();
    product(&mut show).origin = Some(Origin {
        place: text("山东烟台", "Yantai"),
        ..Origin::default()
    });
    show.logo = Some(logo(Corner::TopRight));
    show.lower_thirds = vec![LowerThird {
        id: "a".to_owned(),
        name: "王大姐".to_owned(),
        role: "栖霞果园 第三代果农".to_owned(),
    }];
    show.lower_third = Some("a".to_owned());
    show.goal = Some(goal(75));
    show
}

fn draw(overlay: &mut Overlay, show: &Show, folder: &Path) -> Layers {
    overlay.layers(show, At(0), Lang::Zh, folder)
}

fn cross(a: &Layer, b: &Layer, rim: i32) -> bool {
    let reach = |a: i32, length: u32, b: i32, other: u32| {
        (a + length as i32).min(b + other as i32) - a.max(b)
    };
    reach(a.x, a.width, b.x, b.width) > rim && reach(a.y, a.height, b.y, b.height) > rim
}

#[test]
fn mark_name_and_goal_stand_in_every_theme_and_shape_and_cover_nothing() {
    let dir = marks();
    for theme in Theme::builtin_names() {
        for canvas in [FULL_HD, UPRIGHT] {
            let layers = draw(&mut overlay(theme, canvas), &full(), dir.path());
            keep("onpic", theme, &full(), dir.path(), canvas);
            let new = ["logo", "goal", "lower-third"].map(|id| layer(&layers, id));
            for one in new {
                let right = one.x + one.width as i32;
                let bottom = one.y + one.height as i32;
                assert!(one.x >= 0 && one.y >= 0, "{theme} {}", one.id);
                assert!(right <= canvas.width as i32 && bottom <= canvas.height as i32);
                assert_eq!((one.x % 2, one.y % 2), (0, 0), "{theme} {}", one.id);
                for other in &layers.list {
                    let apart = other.id == one.id || !cross(one, other, 34);
                    assert!(apart, "{theme} {canvas:?}: {} on {}", one.id, other.id);
                }
            }
        }
    }
}

#[test]
fn a_mark_keeps_its_shape_its_clear_parts_and_its_corner() {
    let dir = marks();
    let mut show = Show::default();
    for (corner, right, low) in [
        (Corner::TopLeft, false, false),
        (Corner::TopRight, true, false),
        (Corner::BottomRight, true, true),
    ] {
        show.logo = Some(logo(corner));
        let layers = draw(&mut overlay("clean", FULL_HD), &show, dir.path());
        let mark = layer(&layers, "logo");
        assert_eq!(
            (mark.width, mark.height),
            (194, 98),
            "whole pairs of pixels"
        );
        assert_eq!((mark.x > 960, mark.y > 540), (right, low), "{corner:?}");
        let pixel = |x: usize| &mark.rgba[(49 * 194 + x) * 4..][..4];
        assert!(
            (120..=134).contains(&pixel(20)[3]),
            "half opaque: {:?}",
            pixel(20)
        );
        assert_eq!(pixel(180)[3], 0);
    }
    let low = layer(
        &draw(&mut overlay("clean", UPRIGHT), &show, dir.path()),
        "logo",
    )
    .y;
    assert!(low < 400, "no phone's player covers it: {low}");
}

#[test]
fn a_mark_is_drawn_once_and_a_missing_one_is_told() {
    let dir = marks();
    let mut overlay = overlay("clean", FULL_HD);
    let mut show = Show {
        logo: Some(logo(Corner::TopLeft)),
        ..Show::default()
    };
    let first = draw(&mut overlay, &show, dir.path());
    let again = overlay.layers(&show, At(5_000), Lang::Zh, dir.path());
    assert_eq!((overlay.redraws(), &first.list), (1, &again.list));
    show.logo.as_mut().unwrap().shown = false;
    assert_eq!(draw(&mut overlay, &show, dir.path()).list, []);
    show.logo = Some(Logo {
        file: "gone.png".to_owned(),
        ..logo(Corner::TopLeft)
    });
    let layers = draw(&mut overlay, &show, dir.path());
    let file = "gone.png".to_owned();
    assert_eq!(
        (layers.list.len(), layers.notices),
        (0, vec![Notice::PhotoMissing { file }])
    );
}

#[test]
fn the_bar_grows_with_the_goal_and_says_by_what_it_is_known() {
    let dir = marks();
    let mut overlay = overlay("clean", FULL_HD);
    let mut show = Show::default();
    let mut bar = |goal: Goal| {
        show.goal = Some(goal);
        layer(&draw(&mut overlay, &show, dir.path()), "goal").clone()
    };
    // In thousandths of the width, along the middle of the bar.
    let red = |layer: &Layer| {
        let stride = (layer.width * 4) as usize;
        let row = &layer.rgba[(layer.height / 2) as usize * stride..][..stride];
        let filled = row.chunks_exact(4).filter(|p| p[0] > 200 && p[1] < 90);
        filled.count() * 1000 / layer.width as usize
    };
    let (some, more) = (bar(goal(50)), bar(goal(100)));
    assert!((205..250).contains(&red(&some)), "{}", red(&some));
    assert!((435..485).contains(&red(&more)), "{}", red(&more));
    let mut by_hand = goal(100);
    by_hand.plan.count = GoalCount::ByHand;
    assert_ne!(bar(by_hand).rgba, more.rgba, "counted by hand is said");
    assert_ne!(bar(goal(200)).rgba, bar(goal(199)).rgba, "reached is said");
}

#[test]
fn a_theme_of_before_shows_names_and_goals_too() {
    let dir = tempfile::tempdir().unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/themes/night");
    for file in std::fs::read_dir(shipped).unwrap() {
        let file = file.unwrap();
        let name = file.file_name();
        if name != "lower-third.svg" && name != "goal.svg" {
            std::fs::copy(file.path(), dir.path().join(name)).unwrap();
        }
    }
    let theme = Theme::load(dir.path()).unwrap();
    let layers = draw(
        &mut Overlay::new(theme, fonts(), FULL_HD),
        &full(),
        dir.path(),
    );
    layer(&layers, "goal");
    layer(&layers, "lower-third");
    assert!(full().products.contains_key(&apple()));
}

#[test]
fn a_break_says_its_own_words_in_place_of_the_themes() {
    let dir = marks();
    let mut overlay = overlay("clean", UPRIGHT);
    let mut pause = |zh: &str| {
        let show = Show {
            pause: Some(stallcast_show::Break {
                since: At(0),
                until: At(180_000),
                words: text(zh, ""),
            }),
            ..Show::default()
        };
        layer(&draw(&mut overlay, &show, dir.path()), "pause").clone()
    };
    let (usual, own) = (pause(""), pause("换个果园，马上回来"));
    evidence("break-own", &own);
    assert_ne!(usual.rgba, own.rgba);
    assert_eq!(pause("").rgba, usual.rgba);
}

#[test]
fn a_hidden_ticker_is_gone_and_its_pace_is_the_one_that_was_chosen() {
    let dir = marks();
    let mut overlay = overlay("clean", FULL_HD);
    let mut show = Show {
        ticker: text("今天现摘现发\n坏果包赔", ""),
        ..Show::default()
    };
    show.ticker_look.page_s = 10;
    let layers = draw(&mut overlay, &show, dir.path());
    layer(&layers, "ticker");
    assert_eq!(layers.next_change, Some(At(10_000)));
    show.ticker_look.hidden = true;
    assert_eq!(draw(&mut overlay, &show, dir.path()).list, []);
}
