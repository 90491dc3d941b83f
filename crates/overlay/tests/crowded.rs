//! Much at once: question and code stand together, the mark keeps its corner, and what finds no room is named.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;

use common::{FULL_HD, apple, fonts, keep, layer, mark_in, overlay, product, show, text, yuan};
use stallcast_overlay::{CanvasSize, Lang, Layers, Overlay, Theme};
use stallcast_show::{
    At, Command, CorrectionKind, Goal, GoalCount, GoalPlan, GoalUnit, LowerThird, Offer, Origin,
    PicturePart, PriceStep, Product, ProductId, RundownItem, Show, decide,
};

const UPRIGHT: CanvasSize = CanvasSize {
    width: 1080,
    height: 1920,
};

/// Apples with everything beside the card, a goal, the mark and a ticker; nothing is asked.
fn selling(folder: &Path) -> Show {
    let mut show = show();
    show.pinned = None;
    let apples = product(&mut show);
    apples.link = Some("https://shop.example.com/apple".to_owned());
    apples.offer.limit_per_person = Some(2);
    apples.offer.steps = vec![PriceStep {
        after_s: 60,
        price: yuan(2790),
    }];
    apples.origin = Some(Origin {
        place: text("山东烟台栖霞", "Qixia, Yantai"),
        grower: text("王大姐果园", "Wang's orchard"),
        ..Origin::default()
    });
    let pears = ProductId::from("pear");
    let pear = Product::new(
        pears.clone(),
        text("秋月梨", "Pears"),
        Offer::at(yuan(3990)),
    );
    show.products.insert(pears.clone(), pear);
    show.rundown.push(RundownItem::open(pears));
    show.card_look.code = true;
    show.card_look.next_up = true;
    show.logo = Some(mark_in(folder));
    show.goal = Some(Goal {
        plan: GoalPlan {
            title: "今晚目标".to_owned(),
            of: GoalUnit::Pieces,
            target: 300,
            count: GoalCount::Stock,
        },
        done: 0,
        counted: Default::default(),
        shown: true,
    });
    show
}

fn asked(show: &Show, answer: &str) -> Show {
    let mut pinned = common::show().pinned.unwrap();
    pinned.text = "苹果能寄新疆吗？运费怎么算，多久能到乌鲁木齐？".to_owned();
    pinned.answer = answer.to_owned();
    Show {
        pinned: Some(pinned),
        ..show.clone()
    }
}

fn draw(overlay: &mut Overlay, show: &Show, folder: &Path) -> Layers {
    overlay.layers(show, At(0), Lang::Zh, folder)
}

fn assert_apart(overlay: &Overlay, layers: &Layers, what: &str) {
    let offer = ["card", "stock", "countdown", "drop"];
    let taken = overlay.taken(layers);
    for (at, (layer, span)) in layers.list.iter().zip(&taken).enumerate() {
        for (other, under) in layers.list.iter().zip(&taken).take(at) {
            // Perks have clear lines where there are fewer than three.
            let clear = layer.id == "perks" || other.id == "perks";
            if clear || (offer.contains(&layer.id) && offer.contains(&other.id)) {
                continue;
            }
            let across = span.right.min(under.right) - span.left.max(under.left);
            let down = span.bottom.min(under.bottom) - span.top.max(under.top);
            let (one, two) = (layer.id, other.id);
            assert!(across <= 6 || down <= 6, "{what}: {one} covers {two}");
        }
    }
}

#[test]
fn question_code_goal_and_mark_stand_together_and_the_mark_does_not_move() {
    let dir = tempfile::tempdir().unwrap();
    let before = selling(dir.path());
    for theme in Theme::builtin_names() {
        for canvas in [FULL_HD, UPRIGHT] {
            for answer in ["", "能寄，偏远地区加 6 元，三到五天到"] {
                let show = asked(&before, answer);
                let mut overlay = overlay(theme, canvas);
                let quiet = draw(&mut overlay, &before, dir.path());
                let layers = draw(&mut overlay, &show, dir.path());
                if !answer.is_empty() {
                    keep("crowded", theme, &show, dir.path(), canvas);
                }
                let what = format!("{theme} {canvas:?}");
                for id in [
                    "card", "question", "code", "goal", "ticker", "perks", "drop",
                ] {
                    let is_there = layers.list.iter().any(|layer| layer.id == id);
                    assert!(is_there, "{what}: no {id}");
                }
                let corner = |layers: &Layers| (layer(layers, "logo").x, layer(layers, "logo").y);
                assert_eq!(corner(&quiet), corner(&layers), "{what}");
                assert_apart(&overlay, &layers, &what);
                for (id, part) in [("origin", PicturePart::Origin), ("next", PicturePart::Next)] {
                    let is_there = layers.list.iter().any(|layer| layer.id == id);
                    assert_ne!(is_there, layers.waiting.contains(&part), "{what}: {id}");
                }
            }
        }
    }
}

#[test]
fn what_finds_no_room_is_named_and_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let before = selling(dir.path());
    let mut show = asked(&before, "能寄");
    show.lower_thirds = vec![LowerThird {
        id: "a".to_owned(),
        name: "阿秀 Wang Xiuying-Montgomery".to_owned(),
        role: "果园主".to_owned(),
    }];
    show.lower_third = Some("a".to_owned());
    let mut overlay = overlay("clean", UPRIGHT);
    let full = draw(&mut overlay, &show, dir.path());
    keep("names", "clean", &show, dir.path(), UPRIGHT);
    layer(&full, "lower-third");
    assert!(
        full.waiting.contains(&PicturePart::Next),
        "{:?}",
        full.waiting
    );
    let drawn = overlay.redraws();
    assert_eq!(draw(&mut overlay, &show, dir.path()), full);
    assert_eq!(overlay.redraws(), drawn);
    let alone = Show {
        goal: None,
        ..before
    };
    assert_eq!(draw(&mut overlay, &alone, dir.path()).waiting, []);
}

#[test]
fn a_question_over_its_answer_shows_its_beginning_and_never_turns() {
    let dir = tempfile::tempdir().unwrap();
    for theme in Theme::builtin_names() {
        for canvas in [FULL_HD, UPRIGHT] {
            let mut overlay = overlay(theme, canvas);
            let mut show = asked(&common::show(), "能寄");
            show.countdown = None;
            show.ticker = text("", "");
            let asks = |show: &mut Show, text: String| show.pinned.as_mut().unwrap().text = text;
            let begin = "苹果能寄新疆吗？运费怎么算，".repeat(8);
            asks(&mut show, format!("{begin}一"));
            let first = draw(&mut overlay, &show, dir.path());
            assert_eq!(first.next_change, None, "{theme}: its pages turn");
            asks(&mut show, format!("{begin}二"));
            let same = draw(&mut overlay, &show, dir.path());
            let pixels = |layers: &Layers| layer(layers, "question").rgba.clone();
            assert!(pixels(&first) == pixels(&same), "{theme}: cut at its end");
            asks(&mut show, format!("一{begin}"));
            let other = draw(&mut overlay, &show, dir.path());
            assert!(pixels(&first) != pixels(&other), "{theme}: its beginning");
        }
    }
}

#[test]
fn a_correction_is_a_notice_of_its_own_in_the_tickers_place_until_its_time_is_over() {
    let dir = tempfile::tempdir().unwrap();
    let mut show = selling(dir.path());
    show.goal = None;
    show.countdown = None;
    show.ticker_look.hidden = true;
    show.products.get_mut(&apple()).unwrap().offer.steps.clear();
    let press = Command::ShowCorrection {
        product: apple(),
        kind: CorrectionKind::Price,
        text: text(
            "更正：全国最好的天山苹果大果礼盒装的价格是 ¥29.9。刚才说错了，以此为准。",
            "Correction: Yantai Fuji apples cost ¥29.90. What was said before was wrong.",
        ),
    };
    let events = decide(&show, press, At(0)).unwrap();
    let mut corrected = show.clone();
    corrected.apply_all(&events);
    for theme in Theme::builtin_names() {
        for canvas in [FULL_HD, UPRIGHT] {
            let mut overlay = overlay(theme, canvas);
            keep("correction", theme, &corrected, dir.path(), canvas);
            let layers = draw(&mut overlay, &corrected, dir.path());
            layer(&layers, "correction");
            assert!(!layers.list.iter().any(|layer| layer.id == "ticker"));
            assert_eq!(layers.next_change, Some(At(60_000)), "{theme}: no pages");
            assert_apart(&overlay, &layers, theme);
            let after = overlay.layers(&corrected, At(60_000), Lang::Zh, dir.path());
            assert!(!after.list.iter().any(|layer| layer.id == "correction"));
        }
    }
}

#[test]
fn a_theme_of_before_shows_corrections_places_and_numbers_too() {
    let dir = tempfile::tempdir().unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/themes/orchard");
    for file in std::fs::read_dir(shipped).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        if name.starts_with("correction") || name.starts_with("question-") {
            continue;
        }
        let drawing = std::fs::read_to_string(file.path()).unwrap();
        let drawing = drawing.replace("when-number-short", "when-number");
        std::fs::write(dir.path().join(name), drawing).unwrap();
    }
    let theme = Theme::load(dir.path()).unwrap();
    let mut show = selling(dir.path());
    let press = Command::ShowCorrection {
        product: apple(),
        kind: CorrectionKind::Claim,
        text: text("更正：苹果 29.9 元", ""),
    };
    let events = decide(&show, press, At(0)).unwrap();
    show.apply_all(&events);
    for canvas in [FULL_HD, UPRIGHT] {
        let mut overlay = Overlay::new(theme.clone(), fonts(), canvas);
        let layers = draw(&mut overlay, &asked(&show, "能寄"), dir.path());
        layer(&layers, "correction");
        layer(&layers, "question");
        layer(&layers, "code");
    }
}

#[test]
fn the_strip_names_nothing_whose_offer_is_over_and_live_nothing_that_nobody_looked_at() {
    let dir = tempfile::tempdir().unwrap();
    let mut show = selling(dir.path());
    let mut overlay = overlay("clean", FULL_HD);
    let mut has = |show: &Show| {
        let layers = draw(&mut overlay, show, dir.path());
        layers.list.iter().any(|layer| layer.id == "next")
    };
    assert!(has(&show), "rehearsed");
    show.phase = stallcast_show::Phase::Live { since: At(0) };
    let vetted = show
        .fit_for_viewers(&ProductId::from("pear"), At(0))
        .is_ok();
    assert_eq!(has(&show), vetted);
    show.phase = stallcast_show::Phase::Idle;
    let pear = show.products.get_mut(&ProductId::from("pear")).unwrap();
    pear.offer.ends = Some(At(0));
    assert!(!has(&show), "its offer ended");
}
