//! Parts that a hand moved stand where it put them, whole on the canvas, and moving draws nothing again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;

use common::{FULL_HD, HD, layer, mark_in, overlay, show};
use stallcast_overlay::{CanvasSize, Lang, Layers, Overlay, Theme};
use stallcast_show::{
    At, Canvas, Command, Counting, GoalCount, GoalPlan, GoalUnit, LowerThird, PartPlace,
    PicturePart, PictureText, PollOption, Show, decide,
};

const NOWHERE: &str = "/nowhere";
const UPRIGHT: CanvasSize = CanvasSize {
    width: 1080,
    height: 1920,
};

fn put(show: &mut Show, canvas: Canvas, part: PicturePart, x: i32, y: i32, size: i32) {
    let places = show.part_places.entry(canvas).or_default();
    places.insert(part, PartPlace { x, y, size });
}

fn drawn(overlay: &mut Overlay, show: &Show) -> Layers {
    overlay.layers(show, At(0), Lang::Zh, Path::new(NOWHERE))
}

#[test]
fn a_moved_card_stands_there_on_its_canvas_only_with_what_is_fastened_to_it() {
    let (mut wide, mut tall) = (overlay("clean", FULL_HD), overlay("clean", UPRIGHT));
    let mut show = show();
    let (before, upright) = (drawn(&mut wide, &show), drawn(&mut tall, &show));
    let redraws = wide.redraws();
    put(
        &mut show,
        Canvas::Landscape,
        PicturePart::Card,
        10_000,
        10_000,
        100,
    );
    let after = drawn(&mut wide, &show);
    let (old, new) = (layer(&before, "card"), layer(&after, "card"));
    assert_eq!(new.x + new.width as i32, 1920);
    assert_eq!(new.y + new.height as i32, 1080);
    assert_eq!((new.version, &new.rgba), (old.version, &old.rgba));
    for fastened in ["countdown", "stock"] {
        let (was, is) = (layer(&before, fastened), layer(&after, fastened));
        // Places are on even pixels, each rounded by itself.
        assert!((is.x - was.x - (new.x - old.x)).abs() <= 2, "{fastened}");
        assert!((is.y - was.y - (new.y - old.y)).abs() <= 2, "{fastened}");
    }
    assert_eq!(layer(&after, "ticker"), layer(&before, "ticker"));
    assert_eq!(wide.redraws(), redraws, "moving drew something");
    assert_eq!(drawn(&mut tall, &show), upright);
    show.part_places.clear();
    assert_eq!(drawn(&mut wide, &show), before);
}

#[test]
fn nothing_leaves_the_canvas_wherever_and_however_large_it_is_put() {
    for theme in Theme::builtin_names() {
        for (canvas, shape) in [(HD, Canvas::Landscape), (UPRIGHT, Canvas::Portrait)] {
            let mut overlay = overlay(theme, canvas);
            for (x, y) in [
                (0, 0),
                (10_000, 0),
                (0, 10_000),
                (10_000, 10_000),
                (5_000, 3_333),
            ] {
                for size in [75, 100, 200] {
                    let mut show = show();
                    for part in [
                        PicturePart::Card,
                        PicturePart::Question,
                        PicturePart::Ticker,
                    ] {
                        put(&mut show, shape, part, x, y, size);
                    }
                    let layers = drawn(&mut overlay, &show);
                    assert_eq!(layers.list.len(), 5, "{theme}");
                    for layer in &layers.list {
                        let what = format!("{theme} {canvas:?} {} at {x},{y}", layer.id);
                        assert!(layer.x >= 0 && layer.y >= 0, "{what}");
                        let (right, bottom) =
                            (layer.x as u32 + layer.width, layer.y as u32 + layer.height);
                        assert!(right <= canvas.width && bottom <= canvas.height, "{what}");
                    }
                }
            }
        }
    }
}

#[test]
fn what_is_above_the_card_stands_below_it_where_the_card_is_at_the_top() {
    let mut overlay = overlay("clean", FULL_HD);
    let mut show = show();
    put(&mut show, Canvas::Landscape, PicturePart::Card, 0, 0, 100);
    let layers = drawn(&mut overlay, &show);
    let (card, clock) = (layer(&layers, "card"), layer(&layers, "countdown"));
    assert_eq!(card.y, 0);
    assert!(clock.y > card.y + card.height as i32 / 2, "{}", clock.y);
}

#[test]
fn a_part_of_another_size_is_drawn_again_and_the_others_are_not() {
    let mut overlay = overlay("clean", FULL_HD);
    let mut show = show();
    let before = drawn(&mut overlay, &show);
    let redraws = overlay.redraws();
    put(
        &mut show,
        Canvas::Landscape,
        PicturePart::Question,
        0,
        0,
        80,
    );
    let after = drawn(&mut overlay, &show);
    let (old, new) = (layer(&before, "question"), layer(&after, "question"));
    assert!(
        new.width * 10 < old.width * 9,
        "{} {}",
        new.width,
        old.width
    );
    assert_ne!(new.version, old.version);
    assert_eq!(overlay.redraws(), redraws + 1);
    let parts = overlay.parts(&after);
    let question = parts.iter().find(|at| at.part == PicturePart::Question);
    assert_eq!(question.unwrap().size, 80);
    assert!(question.unwrap().rim > 0);
    assert_eq!(parts.len(), after.list.len());
}

#[test]
fn what_comes_beside_the_offer_is_moved_and_resized_too_and_tells_its_words() {
    let folder = tempfile::tempdir().unwrap();
    let mut show = show();
    show.logo = Some(mark_in(folder.path()));
    show.lower_thirds = vec![LowerThird {
        id: "a".to_owned(),
        name: "王大姐".to_owned(),
        role: "果农".to_owned(),
    }];
    show.lower_third = Some("a".to_owned());
    let goal = GoalPlan {
        title: "今晚".to_owned(),
        of: GoalUnit::Pieces,
        target: 200,
        count: GoalCount::Stock,
    };
    let poll = Command::StartPoll {
        question: "下一个？".to_owned(),
        options: ["苹果", "梨"]
            .map(|label| PollOption {
                label: label.to_owned(),
                keywords: vec![label.to_owned()],
            })
            .to_vec(),
        counting: Counting::Last,
        seconds: 60,
    };
    for command in [
        Command::SetGoal { plan: Some(goal) },
        Command::ShowGoal { on: true },
        poll,
    ] {
        let events = decide(&show, command, At(0)).unwrap();
        show.apply_all(&events);
    }
    for (canvas, shape) in [(FULL_HD, Canvas::Landscape), (UPRIGHT, Canvas::Portrait)] {
        for (part, id, words) in [
            (PicturePart::Goal, "goal", vec![PictureText::GoalTitle]),
            (
                PicturePart::LowerThird,
                "lower-third",
                vec![PictureText::Person, PictureText::PersonRole],
            ),
            (PicturePart::Logo, "logo", vec![]),
            (PicturePart::Poll, "poll", vec![]),
        ] {
            let mut overlay = overlay("clean", canvas);
            let mut show = show.clone();
            if part != PicturePart::Poll {
                show.poll = None;
            }
            let mut draw = |show: &Show| overlay.layers(show, At(0), Lang::Zh, folder.path());
            let before = draw(&show);
            put(&mut show, shape, part, 0, 10_000, 75);
            let moved = draw(&show);
            let (old, new) = (layer(&before, id), layer(&moved, id));
            assert_eq!(
                (new.x, new.y + new.height as i32),
                (0, canvas.height as i32),
                "{id}"
            );
            let share = f64::from(new.width) / f64::from(old.width);
            assert!((share - 0.75).abs() < 0.03, "{id} {canvas:?}: {share}");
            put(&mut show, shape, part, 10_000, 0, 75);
            let across = draw(&show);
            let there = layer(&across, id);
            assert_eq!(
                (there.x + there.width as i32, there.y),
                (canvas.width as i32, 0),
                "{id}"
            );
            assert_eq!(there.version, new.version, "{id}: moving drew it again");
            let parts = overlay.parts(&across);
            let told = parts.iter().find(|at| at.part == part).unwrap();
            assert_eq!(told.size, 75);
            let texts: Vec<_> = told.texts.iter().map(|text| text.text).collect();
            assert_eq!(texts, words, "{id}");
            for text in &told.texts {
                let right = text.x + text.width as i32;
                assert!(
                    text.x >= there.x && right <= canvas.width as i32,
                    "{text:?}"
                );
                assert!(text.y >= 0 && text.y + text.height as i32 <= there.height as i32);
            }
            show.part_places.clear();
            let back = overlay.layers(&show, At(0), Lang::Zh, folder.path());
            let home = layer(&back, id);
            assert_eq!((home.x, home.y), (old.x, old.y), "{id}");
        }
    }
}
