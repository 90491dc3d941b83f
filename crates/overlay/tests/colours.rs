//! A show's own colours: every theme wears them, words stay readable, and a designer's own theme names its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::{Path, PathBuf};

use common::{FULL_HD, evidence, fonts, layer, mean, overlay, show};
use stallcast_overlay::{Lang, Layers, Overlay, Theme, ThemeError};
use stallcast_show::{At, CardColours, Rgb};

fn rgb(text: &str) -> Option<Rgb> {
    Some(Rgb::written(text).unwrap())
}

fn drawn(theme: Theme) -> Layers {
    let mut overlay = Overlay::new(theme, fonts(), FULL_HD);
    overlay.layers(&show(), At(0), Lang::Zh, Path::new("/nowhere"))
}

/// Whether a part has so many pixels of this colour.
fn wears(layers: &Layers, id: &str, colour: Rgb) -> usize {
    let pixels = layer(layers, id).rgba.chunks_exact(4);
    pixels
        .filter(|pixel| pixel[3] == 255 && pixel[..3] == colour.0)
        .count()
}

#[test]
fn every_theme_offers_an_accent_and_wears_another_one() {
    let teal = rgb("#0a7f86");
    for name in Theme::builtin_names() {
        let theme = Theme::builtin(name).unwrap();
        let own = theme.colours().accent.unwrap_or_else(|| panic!("{name}"));
        let before = drawn(theme.clone());
        let chosen = CardColours {
            accent: teal,
            ..CardColours::default()
        };
        let after = drawn(theme.clone().coloured(&chosen));
        assert_eq!(wears(&before, "card", teal.unwrap()), 0, "{name}");
        let worn = wears(&after, "card", teal.unwrap());
        assert!(worn > 800, "{name}: {worn}, was {own}");
        // Its own again.
        assert_eq!(drawn(theme.coloured(&CardColours::default())), before);
    }
}

#[test]
fn words_stay_readable_on_whatever_is_chosen() {
    for (ground, accent) in [
        ("#fff200", "#ffe600"),
        ("#000000", "#101010"),
        ("#7a7a7a", "#7b7b7b"),
        ("#c00000", "#00a000"),
    ] {
        let chosen = CardColours {
            accent: rgb(accent),
            ground: rgb(ground),
            text: None,
        };
        for name in ["clean", "orchard", "market", "night", "festival"] {
            let theme = Theme::builtin(name).unwrap();
            assert!(theme.colours().ground.is_some(), "{name}");
            theme.check_colours(&chosen).unwrap();
            let layers = drawn(theme.coloured(&chosen));
            let ground = rgb(ground).unwrap();
            let card = layer(&layers, "card");
            let pixels = card.rgba.chunks_exact(4);
            let under = pixels.filter(|p| p[3] > 200 && near(p, ground)).count();
            assert!(under > 20_000, "{name} {ground}: {under}");
            // Title and price: enough pixels that stand out from the ground as words have to.
            let words = card.rgba.chunks_exact(4).filter(|pixel| {
                let colour = Rgb([pixel[0], pixel[1], pixel[2]]);
                pixel[3] > 250 && colour.contrast(ground) >= Rgb::READABLE
            });
            let words = words.count();
            let path = evidence(&format!("{name}-{}", &ground.to_string()[1..]), card);
            assert!(
                words > 3_000,
                "{name} {ground}: {words}, {}",
                path.display()
            );
        }
    }
}

fn near(pixel: &[u8], colour: Rgb) -> bool {
    let mut parts = pixel.iter().zip(colour.0);
    parts.all(|(one, two)| one.abs_diff(two) < 12)
}

#[test]
fn chosen_words_that_cannot_be_read_are_refused_with_their_contrast() {
    let theme = Theme::builtin("clean").unwrap();
    let chosen = |ground: Option<Rgb>, text| CardColours {
        accent: None,
        ground,
        text: rgb(text),
    };
    let refused = theme.check_colours(&chosen(None, "#aaaaaa")).unwrap_err();
    assert!((refused.contrast - 2.32).abs() < 0.02, "{refused:?}");
    assert!(theme.check_colours(&chosen(None, "#555555")).is_ok());
    assert!(
        theme
            .check_colours(&chosen(rgb("#202020"), "#aaaaaa"))
            .is_ok()
    );
    assert!(
        theme
            .check_colours(&chosen(rgb("#202020"), "#555555"))
            .is_err()
    );
}

/// A copy of the theme `clean` whose card was changed.
fn own(dir: &Path, change: impl Fn(String) -> String) -> PathBuf {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/themes/clean");
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), dir.join(file.file_name())).unwrap();
    }
    let card = dir.join("card.svg");
    let text = std::fs::read_to_string(&card).unwrap();
    std::fs::write(&card, change(text)).unwrap();
    dir.to_owned()
}

#[test]
fn a_designer_s_own_theme_names_its_colours_and_a_broken_one_names_its_element() {
    let dir = tempfile::tempdir().unwrap();
    let broken = |change: &dyn Fn(String) -> String| {
        let folder = own(dir.path(), change);
        match Theme::load(&folder) {
            Err(ThemeError::Element {
                file,
                element,
                fault,
            }) => (file, element, fault.to_string()),
            other => panic!("{:?}", other.map(|theme| theme.colours())),
        }
    };
    let (file, element, fault) =
        broken(&|card| card.replacen(r#"data-colour="text""#, r#"data-colour="txet""#, 1));
    assert_eq!((&*file, &*element), ("card.svg", "slot-title"));
    assert!(fault.contains("data-colour"), "{fault}");
    let (file, element, fault) = broken(&|card| {
        card.replacen(
            "fill=\"#12202e\" data-colour",
            "fill=\"#123\" data-colour",
            1,
        )
    });
    assert_eq!((&*file, &*element), ("card.svg", "slot-title"));
    assert!(fault.contains("fill"), "{fault}");
    let (_, element, _) =
        broken(&|card| card.replacen("stop-color=\"#ffffff\"", "stop-color=\"white\"", 1));
    assert_eq!(element, "stop");

    let plain = own(dir.path(), |card| {
        card.replace(" data-colour=\"accent\"", "")
    });
    let theme = Theme::load(&plain).unwrap();
    // The other parts still have it.
    assert!(theme.colours().accent.is_some());
    assert_eq!(theme.colours().ground, rgb("#ffffff"));
}

#[test]
fn both_shapes_wear_the_colours() {
    let chosen = CardColours {
        accent: rgb("#0a7f86"),
        ..CardColours::default()
    };
    let theme = Theme::builtin("clean").unwrap().coloured(&chosen);
    let canvas = stallcast_overlay::CanvasSize {
        width: 1080,
        height: 1920,
    };
    let mut overlay = Overlay::new(theme, fonts(), canvas);
    let layers = overlay.layers(&show(), At(0), Lang::En, Path::new("/nowhere"));
    assert!(wears(&layers, "card", Rgb([0x0a, 0x7f, 0x86])) > 800);
}

#[test]
fn without_a_choice_a_theme_is_drawn_as_before() {
    let layers = overlay("clean", FULL_HD).layers(&show(), At(0), Lang::Zh, Path::new("/nowhere"));
    let card = layer(&layers, "card");
    // The paper between price and edge.
    let [red, green, blue, alpha] = mean(card, card.width - 80, card.height / 2, 20, 20);
    assert!(red > 230.0 && green > 230.0 && blue > 230.0 && alpha > 230.0);
}
