//! An upright canvas: every part stands where a phone's player leaves room, and no part covers another.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;

use common::{HD, fonts, layer, mark_in, overlay, show, text};
use stallcast_overlay::{CanvasSize, Lang, Layer, Overlay, SlateKind, Theme, slate};
use stallcast_show::{
    At, Command, Counting, Goal, GoalCount, GoalPlan, GoalUnit, Logo, LowerThird, PollOption, Show,
    decide,
};

const NOWHERE: &str = "/nowhere";
/// Shares of an upright canvas that a phone's player covers above and below.
const ABOVE: f32 = 0.14;
const BELOW: f32 = 0.35;
/// A soft shadow may reach into them, in pixels of 1080 across.
const SHADOW: f32 = 34.0;

fn upright(width: u32) -> CanvasSize {
    CanvasSize {
        width,
        height: width * 16 / 9,
    }
}

fn span(layer: &Layer) -> (i32, i32, i32, i32) {
    let (width, height) = (layer.width as i32, layer.height as i32);
    (layer.x, layer.y, layer.x + width, layer.y + height)
}

/// A question and a ticker of several lines beside the card with stock and clock.
fn full() -> stallcast_show::Show {
    let mut show = show();
    show.ticker = text(
        "今天现摘现发，顺丰冷链，坏果包赔。关注直播间领 5 元券，晚上八点抽三箱红富士",
        "Picked today, shipped today by cold chain; damaged fruit is replaced. Follow for a coupon",
    );
    if let Some(pinned) = &mut show.pinned {
        pinned.text =
            "这个苹果打蜡吗？老人牙口不好能不能吃，放冰箱可以放多久，发货用什么快递？".to_owned();
    }
    show
}

#[test]
fn no_part_stands_under_what_a_phone_draws_over_the_picture() {
    let show = full();
    for theme in Theme::builtin_names() {
        for width in [720, 1080] {
            let canvas = upright(width);
            let mut overlay = overlay(theme, canvas);
            let shadow = SHADOW * width as f32 / 1080.0;
            let top = canvas.height as f32 * ABOVE - shadow;
            let bottom = canvas.height as f32 * (1.0 - BELOW) + shadow;
            for lang in [Lang::Zh, Lang::En] {
                let layers = overlay.layers(&show, At(0), lang, Path::new(NOWHERE));
                assert_eq!(layers.list.len(), 5, "{theme}");
                for layer in &layers.list {
                    let (left, upper, right, lower) = span(layer);
                    let what = format!("{theme} {width} {}: {:?}", layer.id, span(layer));
                    assert!(upper as f32 >= top && lower as f32 <= bottom, "{what}");
                    assert!(left >= 0 && right <= width as i32, "{what}");
                }
            }
        }
    }
}

#[test]
fn card_question_and_ticker_do_not_cover_each_other() {
    let show = full();
    for theme in Theme::builtin_names() {
        let mut overlay = overlay(theme, upright(1080));
        let layers = overlay.layers(&show, At(0), Lang::Zh, Path::new(NOWHERE));
        let shadow = SHADOW as i32;
        for (one, other) in [
            ("card", "question"),
            ("card", "ticker"),
            ("ticker", "question"),
        ] {
            let (a, b) = (span(layer(&layers, one)), span(layer(&layers, other)));
            let apart = |a: (i32, i32, i32, i32), b: (i32, i32, i32, i32)| {
                a.3 - shadow <= b.1 + shadow || a.2 - shadow <= b.0 + shadow
            };
            assert!(
                apart(a, b) || apart(b, a),
                "{theme}: {one} {a:?}, {other} {b:?}"
            );
        }
    }
}

/// Goal, mark, names, question with its answer, notices and a poll, all at once.
fn everything(folder: &Path) -> Show {
    let mut show = full();
    show.pinned.as_mut().unwrap().answer = "不打蜡，放冰箱两个月，发顺丰冷链，坏果包赔".to_owned();
    show.logo = Some(mark_in(folder));
    show.lower_thirds = vec![LowerThird {
        id: "a".to_owned(),
        name: "王大姐".to_owned(),
        role: "栖霞果园 第三代果农".to_owned(),
    }];
    show.lower_third = Some("a".to_owned());
    show.goal = Some(Goal {
        plan: GoalPlan {
            title: "今晚目标".to_owned(),
            of: GoalUnit::Pieces,
            target: 200,
            count: GoalCount::Stock,
        },
        done: 75,
        counted: Default::default(),
        shown: true,
    });
    show
}

fn with_poll(mut show: Show) -> Show {
    let option = |label: &str| PollOption {
        label: label.to_owned(),
        keywords: vec![label.to_owned()],
    };
    let start = Command::StartPoll {
        question: "下一个上什么？".to_owned(),
        options: vec![option("苹果"), option("梨"), option("蜂蜜")],
        counting: Counting::First,
        seconds: 120,
    };
    let events = decide(&show, start, At(0)).unwrap();
    show.apply_all(&events);
    show
}

#[test]
fn with_everything_on_nothing_covers_the_offer_or_another_part_or_leaves_the_picture() {
    let folder = tempfile::tempdir().unwrap();
    let plain = everything(folder.path());
    let large = Show {
        logo: plain.logo.clone().map(|logo| Logo { size: 200, ..logo }),
        ..plain.clone()
    };
    let shows = [
        ("everything", plain.clone()),
        ("poll", with_poll(plain)),
        ("large mark", large),
    ];
    let offer = ["card", "stock", "countdown", "drop"];
    for theme in Theme::builtin_names() {
        for (what, show) in &shows {
            for width in [720, 1080] {
                let mut overlay = overlay(theme, upright(width));
                let layers = overlay.layers(show, At(0), Lang::Zh, folder.path());
                let taken = overlay.taken(&layers);
                let mut missing = 0;
                for id in ["ticker", "question", "goal", "lower-third", "logo"] {
                    missing += usize::from(!layers.list.iter().any(|layer| layer.id == id));
                }
                // A wide card leaves no room beside it.
                let most = match *what {
                    "poll" => 3,
                    "large mark" => 1,
                    _ => 0,
                };
                assert!(missing <= most, "{theme} {what}: {missing} wait");
                for (at, (layer, span)) in layers.list.iter().zip(&taken).enumerate() {
                    let said = format!("{theme} {what} {width} {} {span:?}", layer.id);
                    let bottom = width as i32 * 16 / 9;
                    assert!(span.left >= 0 && span.right <= width as i32, "{said}");
                    assert!(span.top >= 0 && span.bottom <= bottom, "{said}");
                    for (other, under) in layers.list.iter().zip(&taken).take(at) {
                        if offer.contains(&layer.id) && offer.contains(&other.id) {
                            continue;
                        }
                        let across = span.right.min(under.right) - span.left.max(under.left);
                        let down = span.bottom.min(under.bottom) - span.top.max(under.top);
                        let on = across > 2 && down > 2;
                        assert!(!on, "{said} covers {} {under:?}", other.id);
                    }
                }
            }
        }
    }
}

/// A page's words are as large as on the wide canvas, where shrinking to fit would halve them.
#[test]
fn an_upright_ticker_has_its_own_drawing_and_is_as_high_as_a_wide_one() {
    let show = full();
    for theme in Theme::builtin_names() {
        let height = |canvas: CanvasSize| {
            let mut overlay = overlay(theme, canvas);
            let layers = overlay.layers(&show, At(0), Lang::Zh, Path::new(NOWHERE));
            layer(&layers, "ticker").height
        };
        let (wide, tall) = (height(HD), height(upright(720)));
        assert!(tall * 10 >= wide * 7, "{theme}: {tall} of {wide}");
    }
}

#[test]
fn both_canvases_show_the_same_second() {
    let show = full();
    let theme = || Theme::builtin("orchard").unwrap();
    let mut wide = Overlay::new(theme(), fonts(), HD);
    let mut tall = Overlay::new(theme(), fonts(), upright(720));
    let mut last = (0, 0);
    for now in [
        0, 1, 999, 1_000, 1_001, 45_500, 89_000, 89_001, 90_000, 95_000,
    ] {
        let clock = |overlay: &mut Overlay| {
            let layers = overlay.layers(&show, At(now), Lang::Zh, Path::new(NOWHERE));
            layer(&layers, "countdown").version
        };
        let new = (clock(&mut wide), clock(&mut tall));
        assert_eq!(new.0 == last.0, new.1 == last.1, "at {now} ms");
        last = new;
    }
}

#[test]
fn the_slate_fits_an_upright_canvas() {
    let theme = Theme::builtin("orchard").unwrap();
    let picture = slate(&theme, &fonts(), SlateKind::NoInput, Lang::Zh, upright(720));
    assert_eq!((picture.width, picture.height), (720, 1280));
    let corner = &picture.rgba[..4];
    let is_words = |row: u32| {
        let at = (row * 720 * 4) as usize;
        picture.rgba[at..at + 720 * 4]
            .chunks_exact(4)
            .any(|p| p != corner)
    };
    let rows: Vec<u32> = (0..1280).filter(|row| is_words(*row)).collect();
    let (first, last) = (rows[0], rows[rows.len() - 1]);
    assert!(
        first > 1280 * 14 / 100 && last < 1280 * 65 / 100,
        "{first} to {last}"
    );
}

/// Where the words of a slate stand in pure colour: nothing of a card, clock, question or ticker lies over them.
#[test]
fn nothing_covers_the_words_of_the_slate() {
    let mut show = full();
    show.products.get_mut(&common::apple()).unwrap().photo = None;
    let words: [(&str, [[u8; 3]; 2]); 2] = [
        ("orchard", [[0xff, 0xfa, 0xf0], [0xb9, 0xd0, 0xb0]]),
        ("clean", [[0xff, 0xff, 0xff], [0xa9, 0xb8, 0xc6]]),
    ];
    for (name, colours) in words {
        for canvas in [HD, upright(720), upright(1080)] {
            for lang in [Lang::Zh, Lang::En] {
                let theme = Theme::builtin(name).unwrap();
                let picture = slate(&theme, &fonts(), SlateKind::NoInput, lang, canvas);
                let layers = overlay(name, canvas).layers(&show, At(0), lang, Path::new(NOWHERE));
                let is_covered = |x: i32, y: i32| {
                    layers.list.iter().find(|layer| {
                        let (left, upper, right, lower) = span(layer);
                        let inside = (left..right).contains(&x) && (upper..lower).contains(&y);
                        inside && {
                            let at = (y - upper) * layer.width as i32 + (x - left);
                            layer.rgba[at as usize * 4 + 3] > 32
                        }
                    })
                };
                let mut seen = 0;
                for (at, pixel) in picture.rgba.chunks_exact(4).enumerate() {
                    if !colours.iter().any(|colour| pixel.starts_with(colour)) {
                        continue;
                    }
                    seen += 1;
                    let (x, y) = (at as u32 % canvas.width, at as u32 / canvas.width);
                    let over = is_covered(x as i32, y as i32).map(|layer| layer.id);
                    assert_eq!(over, None, "{name} {lang:?} {canvas:?} at {x},{y}");
                }
                assert!(seen > 500, "{name} {lang:?} {canvas:?}: {seen}");
            }
        }
    }
}
