//! Checks that every theme can be read on a phone.

use super::{Piece, Slot, Theme};
use crate::{
    CanvasSize, Fonts, Lang,
    lettering::{frame, look},
    numbers::fit_price,
    place::place,
    price::money_parts,
};

/// A phone's width in CSS pixels; it has three real pixels for each.
const PHONE: f32 = 360.0;
/// Least text size in CSS pixels of an upright picture, which fills the phone: 20 real pixels.
const UPRIGHT: f32 = 6.7;
/// Of a wide one, which is a third as high there: 13 real pixels; Chinese bitmap fonts begin at 12.
const WIDE: f32 = 4.4;

fn on_phone(size: f32, scale: f32, canvas: CanvasSize) -> f32 {
    size * scale * PHONE / canvas.width as f32
}

fn each_text(mut check: impl FnMut(&str, &Theme, Piece, &Slot, f32, CanvasSize, f32)) {
    for (canvas, least) in [((1920, 1080), WIDE), ((1080, 1920), UPRIGHT)] {
        let (width, height) = canvas;
        let canvas = CanvasSize { width, height };
        for name in Theme::builtin_names() {
            let theme = Theme::builtin(name).unwrap().shaped(canvas);
            for piece in Piece::ALL {
                let place = place(&theme, piece, canvas);
                let place = place.unwrap_or_else(|| panic!("{name} has no {piece:?}"));
                let template = theme.template(piece).unwrap();
                for slot in template.slots.iter().filter(|slot| slot.size > 0.0) {
                    check(name, &theme, piece, slot, place.scale, canvas, least);
                }
            }
        }
    }
}

#[test]
fn no_text_of_any_theme_and_element_is_smaller_than_a_phone_can_show() {
    let mut checked = 0;
    each_text(|name, _, piece, slot, scale, canvas, least| {
        let size = on_phone(slot.smallest, scale, canvas);
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
    each_text(|name, _, piece, slot, scale, canvas, least| {
        if !slot.name.ends_with("-price") || slot.name == "list-price" {
            return;
        }
        for lang in [Lang::Zh, Lang::En] {
            let parts = money_parts(&money, lang);
            let fitted = fit_price(&fonts, look(slot, lang), frame(slot), &parts);
            let size = on_phone(fitted.size, scale, canvas);
            let what = format!("{name} {} {}: {size:.2}", piece.id(), slot.name);
            assert!(size >= least, "{what} is smaller than {least}");
        }
    });
}
