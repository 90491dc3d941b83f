//! Checks that every theme can be read on a phone.

use super::{Piece, Slot, Theme};
use crate::{
    CanvasSize, Fonts, Lang,
    fit::{fit_never_cut, fit_whole},
    lettering::{frame, look},
    numbers::fit_price,
    place::place,
    price::money_parts,
};

/// A phone's width in CSS pixels: 68 mm on the usual one of 6.5 inches, so one is 0.19 mm.
const PHONE: f32 = 360.0;
/// Least text size of what has to be read to buy, in CSS pixels. ISO 9241-3 asks for characters of 16 minutes of arc:
/// 1.5 mm at the 32 cm at which people hold a phone (Bababekova and others, 2011), and a Chinese character fills 0.92
/// of its text size.
const MUST: f32 = 8.6;
/// Of what is read by the way (labels, origin, extras): 10 minutes of arc are still legible with good contrast.
const BY_THE_WAY: f32 = 5.6;

/// Of what a game's drawing shrinks to, 9.6 minutes of arc.
const OF_A_GAME: f32 = 5.1;

/// Least size of a box's text.
fn least(piece: Piece, slot: &str) -> f32 {
    let must = match piece {
        Piece::Card => matches!(slot, "title" | "live-price"),
        Piece::Countdown | Piece::Ticker | Piece::Pause | Piece::Slate => {
            matches!(slot, "countdown" | "ticker" | "headline" | "pause-clock")
        }
        _ => false,
    };
    match piece.id() {
        // Drawings that all themes share; they stand for a minute or more.
        "poll" | "lottery" | "auction" => OF_A_GAME,
        _ if must => MUST,
        _ => BY_THE_WAY,
    }
}

fn on_phone(size: f32, scale: f32, canvas: CanvasSize) -> f32 {
    size * scale * PHONE / canvas.width as f32
}

fn each_text(mut check: impl FnMut(&str, &Theme, Piece, &Slot, f32, CanvasSize)) {
    for (width, height) in [(1920, 1080), (1080, 1920)] {
        let canvas = CanvasSize { width, height };
        for name in Theme::builtin_names() {
            let theme = Theme::builtin(name).unwrap().shaped(canvas);
            for piece in Piece::ALL {
                let place = place(&theme, piece, canvas);
                let place = place.unwrap_or_else(|| panic!("{name} has no {piece:?}"));
                let template = theme.template(piece).unwrap();
                for slot in template.slots.iter().filter(|slot| slot.size > 0.0) {
                    check(name, &theme, piece, slot, place.scale, canvas);
                }
            }
        }
    }
}

#[test]
fn no_text_of_any_theme_and_element_is_smaller_than_a_phone_can_show() {
    let mut checked = 0;
    each_text(|name, _, piece, slot, scale, canvas| {
        let size = on_phone(slot.smallest, scale, canvas);
        let least = least(piece, &slot.name);
        let what = format!("{name} {} {} {canvas:?}: {size:.2}", piece.id(), slot.name);
        assert!(size >= least, "{what} is smaller than {least}");
        checked += 1;
    });
    assert!(checked > 300, "{checked}");
}

#[test]
fn a_price_of_five_figures_can_still_be_read() {
    let fonts = Fonts::system();
    let money = stallcast_show::Money {
        minor: 1_299_950,
        currency: stallcast_show::Currency("CNY".to_owned()),
    };
    each_text(|name, _, piece, slot, scale, canvas| {
        if !slot.name.ends_with("-price") || slot.name == "list-price" {
            return;
        }
        for lang in [Lang::Zh, Lang::En] {
            let parts = money_parts(&money, lang);
            let fitted = fit_price(&fonts, look(slot, lang), frame(slot), &parts);
            let size = on_phone(fitted.size, scale, canvas);
            let what = format!("{name} {} {}: {size:.2}", piece.id(), slot.name);
            let least = least(piece, &slot.name);
            assert!(size >= least, "{what} is smaller than {least}");
        }
    });
}

/// The text of all lines, without what a line's end swallows.
fn said(fitted: &crate::fit::Fitted) -> String {
    let runs = fitted.lines.iter().flat_map(|line| &line.runs);
    let text = runs.map(|run| run.text.as_str()).collect::<String>();
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[test]
fn every_number_of_a_rundown_stands_whole_on_its_badge() {
    let fonts = Fonts::system();
    let mut checked = 0;
    each_text(|name, theme, piece, slot, _, _| {
        if piece != Piece::Card || slot.name != "number" {
            return;
        }
        let is_short = slot.conditions.iter().any(|it| it == "number-short");
        let places: &[usize] = if is_short {
            &[1, 9]
        } else {
            &[10, 15, 99, 888, 1000]
        };
        for place in places {
            for lang in [Lang::Zh, Lang::En] {
                let words = crate::words::pick(&theme.settings.words.number, lang);
                let text = words.replace("{n}", &place.to_string());
                let whole = fit_whole(&fonts, look(slot, lang), frame(slot), &text);
                assert!(whole.is_some(), "{name}: {text}");
                checked += 1;
            }
        }
    });
    assert_eq!(checked, 2 * 6 * 2 * 7);
}

#[test]
fn a_correction_stands_whole_however_long_it_may_be() {
    let fonts = Fonts::system();
    let usual = "全国最好的天山苹果大果礼盒装的价格是 ¥29.9。刚才说错了，以此为准。";
    let longest = "更正的话".repeat(30);
    each_text(|name, _, piece, slot, scale, canvas| {
        if slot.name != "correction" {
            return;
        }
        for text in [usual, &longest] {
            let fitted = fit_never_cut(&fonts, look(slot, Lang::Zh), frame(slot), text);
            let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            assert_eq!(said(&fitted), bare, "{name} {canvas:?}");
            let high = fitted.lines.len() as f32 * fitted.size * crate::fit::LINE;
            assert!(high <= slot.height + 0.5, "{name}: {high}");
            if text == usual {
                let size = on_phone(fitted.size, scale, canvas);
                assert!(
                    size >= least(piece, &slot.name),
                    "{name} {canvas:?}: {size}"
                );
            }
        }
    });
}

#[test]
fn a_long_name_is_made_smaller_and_not_cut() {
    let fonts = Fonts::system();
    each_text(|name, _, _, slot, _, _| {
        if slot.name != "person" {
            return;
        }
        for (text, lang) in [
            ("阿秀 Wang Xiuying-Montgomery of Yantai", Lang::Zh),
            ("Wilhelmina Featherstonehaugh-Montgomery", Lang::En),
        ] {
            let whole = fit_whole(&fonts, look(slot, lang), frame(slot), text);
            assert!(whole.is_some(), "{name}: {text}");
        }
    });
}

#[test]
fn a_place_without_its_grower_stands_in_the_middle_of_its_badge() {
    for name in Theme::builtin_names() {
        let theme = Theme::builtin(name).unwrap();
        let badge = theme.template(Piece::Origin).unwrap();
        let mut slots = badge.active(&["alone"]);
        let slot = slots.find(|slot| slot.name == "origin").unwrap();
        let off = slot.y + slot.height / 2.0 - badge.height / 2.0;
        assert!(off.abs() <= 1.0, "{name}: {off}");
        assert_eq!(slots.count(), 0, "{name}");
    }
}
