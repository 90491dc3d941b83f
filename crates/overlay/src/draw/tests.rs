//! Whatever a title says, its ink stays in its box; measured on a sheet with room around the box.

use std::sync::OnceLock;

use resvg::tiny_skia::Pixmap;

use super::*;
use crate::{
    Piece, Theme,
    fit::{Frame, fit, fit_pages},
    fonts::{Boldness, Face},
    numbers::fit_price,
    price::MoneyParts,
    words::clean,
};

fn fonts() -> Fonts {
    static FONTS: OnceLock<Fonts> = OnceLock::new();
    FONTS.get_or_init(Fonts::system).clone()
}

/// Room around the box in which escaped ink would be seen.
const ROOM: i32 = 60;

/// Pixels by which ink leaves the box on any side.
fn escaped(slot: &Slot, look: Look, fitted: &Fitted, scale: f32, label: &str, allowed: i32) -> i32 {
    let (left, top, width, height) = pixel_box(slot, scale);
    let around = (
        left - ROOM,
        top - ROOM,
        width + 2 * ROOM as u32,
        height + 2 * ROOM as u32,
    );
    let mut sheet = Pixmap::new(around.2, around.3).unwrap();
    draw_svg(
        &fonts(),
        &text_svg(slot, look, fitted, scale, around),
        1.0,
        &mut sheet,
    );
    let (mut worst, mut ink) = (0, 0);
    for (index, pixel) in sheet.pixels().iter().enumerate() {
        if pixel.alpha() > 40 {
            ink += 1;
            let x = (index as u32 % around.2) as i32 - ROOM;
            let y = (index as u32 / around.2) as i32 - ROOM;
            let out = (-x)
                .max(-y)
                .max(x + 1 - width as i32)
                .max(y + 1 - height as i32);
            worst = worst.max(out);
        }
    }
    if worst > allowed || ink == 0 {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/overlay-evidence");
        std::fs::create_dir_all(folder).unwrap();
        let name: String = label.chars().filter(char::is_ascii_alphanumeric).collect();
        let path = format!("{folder}/box-{}-{name}.png", slot.name);
        sheet.save_png(&path).unwrap();
        assert!(ink > 0, "{label:?} left no ink: {path}");
        eprintln!("{label:?} leaves its box by {worst} px: {path}");
    }
    worst
}

fn nasty() -> Vec<String> {
    vec![
        "红富士".to_owned(),
        "新疆阿克苏冰糖心红富士苹果，".repeat(12),
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
            .repeat(3),
        "Crisp and sweet apples from the slope, picked this morning, ".repeat(6),
        "🍎🍐🍯👨‍👩‍👧‍👦🇨🇳👍🏽".repeat(14),
        "苹果🍎 apple 🍐梨".to_owned(),
        "تفاح أحمر طازج من البستان حلو ومقرمش جداً".repeat(4),
        "תפוחים אדומים מהבוסתן".to_owned(),
        "<&>\"'</text><script>alert(1)</script>&amp;".to_owned(),
        "a\u{0301}\u{0302}\u{0303}\u{0304}\u{0305}\u{0306}\u{0307}\u{0308}Z̴̢̛͖̱a̶̧̛̗l̵̨̛g̷̢̧o̸̢̕".to_owned(),
        "﷽﷽﷽﷽".to_owned(),
        "𒐫𒈙⸻꧅".to_owned(),
        "，。！？".repeat(40),
        "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW".to_owned(),
    ]
}

#[test]
fn no_text_ever_leaves_its_box() {
    let mut worst = Vec::new();
    for name in Theme::builtin_names() {
        let theme = Theme::builtin(name).unwrap();
        for (piece, slot) in [
            (Piece::Card, "title"),
            (Piece::Card, "spec"),
            (Piece::Question, "author"),
            (Piece::Question, "question"),
            (Piece::Ticker, "ticker"),
        ] {
            let template = theme.template(piece).unwrap();
            let slot = template
                .slots
                .iter()
                .find(|known| known.name == slot)
                .unwrap();
            let frame = Frame {
                width: slot.width,
                height: slot.height,
                size: slot.size,
                smallest: slot.smallest,
                lines: slot.lines,
            };
            for text in nasty() {
                let text = clean(&text);
                let look = Look {
                    face: Face::Chinese,
                    boldness: slot.boldness,
                };
                let fitted = fit(&fonts(), look, frame, &text);
                let label = format!("{name} {text}");
                assert!(fitted.lines.len() <= slot.lines, "{label}");
                // Marks stacked on a letter may rise over the box; they are cut there when drawn.
                let stacked = text.contains('\u{0302}') || text.contains('𒐫') || text.contains('﷽');
                let allowed = if stacked { ROOM } else { 1 };
                let out = escaped(slot, look, &fitted, 0.667, &label, allowed);
                if out > allowed {
                    worst.push((slot.name.clone(), label, out));
                }
            }
        }
    }
    assert!(worst.is_empty(), "{worst:#?}");
}

#[test]
fn prices_of_any_length_stay_in_their_box_whole() {
    let theme = Theme::builtin("clean").unwrap();
    let template = theme.template(Piece::Card).unwrap();
    let slot = template
        .slots
        .iter()
        .find(|slot| slot.name == "live-price")
        .unwrap();
    let look = Look {
        face: Face::Latin,
        boldness: Boldness::Bold,
    };
    let frame = Frame {
        width: slot.width,
        height: slot.height,
        size: slot.size,
        smallest: slot.smallest,
        lines: 1,
    };
    for (whole, fraction) in [
        ("0", ".05"),
        ("29", ".9"),
        ("129999", ".99"),
        ("9007199254740991", ".999"),
    ] {
        let price = MoneyParts {
            sign: "KWD ".to_owned(),
            whole: whole.to_owned(),
            fraction: fraction.to_owned(),
        };
        let fitted = fit_price(&fonts(), look, frame, &price);
        let text: String = fitted.lines[0]
            .runs
            .iter()
            .map(|run| run.text.as_str())
            .collect();
        assert_eq!(
            text,
            format!("KWD {whole}{fraction}"),
            "a price is never cut"
        );
        assert!(escaped(slot, look, &fitted, 1.0, whole, 1) <= 1, "{whole}");
    }
}

#[test]
fn pages_of_a_long_text_hold_all_of_it() {
    let theme = Theme::builtin("clean").unwrap();
    let template = theme.template(Piece::Question).unwrap();
    let slot = template
        .slots
        .iter()
        .find(|slot| slot.name == "question")
        .unwrap();
    let frame = Frame {
        width: slot.width,
        height: slot.height,
        size: slot.size,
        smallest: slot.smallest,
        lines: slot.lines,
    };
    let look = Look {
        face: Face::Chinese,
        boldness: slot.boldness,
    };
    let text = clean(&"请问能不能分开填两个地址？can you ship to two addresses? ".repeat(4));
    let pages = fit_pages(&fonts(), look, frame, &text);
    assert!(pages.len() > 1);
    // A page that is not the last ends in an ellipsis, which is none of the text's own.
    let squeezed = |text: &str| text.replace([' ', '…'], "");
    let shown: String = pages
        .iter()
        .flat_map(|page| &page.lines)
        .flat_map(|line| &line.runs)
        .map(|run| squeezed(&run.text))
        .collect();
    assert_eq!(shown, squeezed(&text));
}

fn boxes_for_missing_glyphs(group: &resvg::usvg::Group) -> usize {
    let mut missing = 0;
    for node in group.children() {
        match node {
            resvg::usvg::Node::Text(text) => {
                let glyphs = text
                    .layouted()
                    .iter()
                    .flat_map(|span| &span.positioned_glyphs);
                missing += glyphs.filter(|glyph| glyph.id.0 == 0).count();
            }
            resvg::usvg::Node::Group(inner) => missing += boxes_for_missing_glyphs(inner),
            _ => {}
        }
    }
    missing
}

#[test]
fn mixed_scripts_and_joined_emoji_are_drawn_whole() {
    let fonts = fonts();
    assert_eq!(
        fonts.warnings(),
        [],
        "this test needs Chinese and emoji fonts"
    );
    let theme = Theme::builtin("clean").unwrap();
    let slot = &theme
        .template(Piece::Card)
        .unwrap()
        .slots
        .iter()
        .find(|slot| slot.name == "title")
        .unwrap()
        .clone();
    let frame = Frame {
        width: slot.width,
        height: slot.height,
        size: slot.size,
        smallest: 8.0,
        lines: 2,
    };
    for face in [Face::Latin, Face::Chinese] {
        let look = Look {
            face,
            boldness: Boldness::Bold,
        };
        for text in [
            "Honey 土蜂蜜 🍯 1️⃣ ❤️ ☀️",
            "👨‍👩‍👧‍👦🇨🇳👍🏽 x",
            "é ñ ü ¥29.9 €5 №3",
            "苹果（脆甜）Ⅱ ① ㎏",
        ] {
            let fitted = fit(&fonts, look, frame, &clean(text));
            let svg = text_svg(slot, look, &fitted, 1.0, pixel_box(slot, 1.0));
            let tree = Tree::from_str(&svg, &fonts.options()).unwrap();
            assert_eq!(boxes_for_missing_glyphs(tree.root()), 0, "{text} {face:?}");
        }
    }
}

#[test]
fn a_space_between_two_fonts_keeps_its_width() {
    let look = Look {
        face: Face::Latin,
        boldness: Boldness::Regular,
    };
    let lines = crate::fit::lines(&fonts(), look, &["🍯🍎", "🍯 🍎"]);
    assert!((lines[1].width - lines[0].width - 0.25).abs() < 0.01);
}

#[test]
fn right_to_left_words_stand_in_reading_order() {
    let look = Look {
        face: Face::Latin,
        boldness: Boldness::Regular,
    };
    let line = crate::fit::lines(&fonts(), look, &["עסל 🍯 תפוח"]).remove(0);
    let place = |needle: &str| {
        let run = line
            .runs
            .iter()
            .find(|run| run.text.contains(needle))
            .unwrap();
        run.x
    };
    assert!(place("עסל") > place("🍯") && place("🍯") > place("תפוח"));
}
