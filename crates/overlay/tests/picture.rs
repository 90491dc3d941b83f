//! What the layers look like: places, colours, scaling; loose enough for any machine's fonts.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;

use common::{
    FULL_HD, HD, apple, evidence, fonts, layer, mean, overlay, product, show, text, yuan,
};
use stallcast_overlay::{
    CanvasSize, FontWarning, Fonts, Lang, Layer, Overlay, SlateKind, Theme, slate,
};
use stallcast_show::At;

const NOWHERE: &str = "/nowhere";

/// Pixels of a layer whose straight colour is near the wanted one.
fn near(layer: &Layer, wanted: [i32; 3]) -> usize {
    layer
        .rgba
        .chunks_exact(4)
        .filter(|pixel| {
            pixel[3] > 230
                && wanted
                    .iter()
                    .zip(pixel.iter())
                    .all(|(wanted, channel)| (wanted - i32::from(*channel)).abs() < 26)
        })
        .count()
}

fn check(ok: bool, what: &str, layer: &Layer) {
    if !ok {
        panic!(
            "{what}: see {}",
            evidence(&what.replace(' ', "-"), layer).display()
        );
    }
}

#[test]
fn every_layer_lies_on_the_canvas_on_even_pixels() {
    let show = show();
    for theme in Theme::builtin_names() {
        for (width, height) in [
            (1920, 1080),
            (1280, 720),
            (1080, 1920),
            (720, 1280),
            (640, 360),
            (854, 480),
            (2560, 1440),
            (333, 777),
            (16, 16),
        ] {
            let canvas = CanvasSize { width, height };
            let mut overlay = overlay(theme, canvas);
            for lang in [Lang::Zh, Lang::En] {
                let layers = overlay.layers(&show, At(0), lang, Path::new(NOWHERE));
                assert_eq!(layers.list.len(), 5, "{theme} {width}x{height}");
                for layer in &layers.list {
                    let right = u32::try_from(layer.x).unwrap() + layer.width;
                    let bottom = u32::try_from(layer.y).unwrap() + layer.height;
                    check(right <= width && bottom <= height, "on the canvas", layer);
                    let even = layer.x % 2 == 0
                        && layer.y % 2 == 0
                        && layer.width % 2 == 0
                        && layer.height % 2 == 0;
                    check(even, "even", layer);
                    assert_eq!(layer.rgba.len(), (layer.width * layer.height * 4) as usize);
                    let premultiplied = layer
                        .rgba
                        .chunks_exact(4)
                        .all(|p| p[..3].iter().all(|c| *c <= p[3]));
                    check(premultiplied, "premultiplied", layer);
                }
            }
        }
    }
}

#[test]
fn ink_keeps_a_twentieth_of_the_canvas_free() {
    let show = show();
    for theme in Theme::builtin_names() {
        for canvas in [HD, FULL_HD] {
            let layers = overlay(theme, canvas).layers(&show, At(0), Lang::Zh, Path::new(NOWHERE));
            for layer in &layers.list {
                for (index, pixel) in layer.rgba.chunks_exact(4).enumerate() {
                    // Shadows may reach over the margin; panels and words may not.
                    if pixel[3] > 170 {
                        let x = layer.x as u32 + index as u32 % layer.width;
                        let y = layer.y as u32 + index as u32 / layer.width;
                        let (left, top) = (canvas.width / 20 - 2, canvas.height / 20 - 2);
                        let inside = x >= left
                            && x < canvas.width - left
                            && y >= top
                            && y < canvas.height - top;
                        check(inside, "safe area", layer);
                    }
                }
            }
        }
    }
}

#[test]
fn the_card_is_light_with_a_red_price_and_casts_a_shadow() {
    let layers = overlay("clean", FULL_HD).layers(&show(), At(0), Lang::Zh, Path::new(NOWHERE));
    let card = layer(&layers, "card");
    check((card.width, card.height) == (1068, 378), "card size", card);
    let paper = mean(card, 736, 172, 200, 20);
    check(paper.iter().all(|channel| *channel > 232.0), "paper", card);
    check(near(card, [0xe5, 0x32, 0x2d]) > 4_000, "red price", card);
    check(near(card, [0x12, 0x20, 0x2e]) > 1_500, "dark title", card);
    let below = mean(card, 345, 345, 300, 6);
    check((10.0..180.0).contains(&below[3]), "soft shadow", card);
    check(mean(card, 0, 0, 6, 6)[3] < 4.0, "clear corner", card);
}

#[test]
fn the_clock_goes_from_amber_to_red_to_grey() {
    let mut overlay = overlay("clean", FULL_HD);
    let show = show();
    for (at, colour) in [
        (0, [0xff, 0x9d, 0x10]),
        (61_000, [0xee, 0x37, 0x32]),
        (90_000, [0x3d, 0x48, 0x54]),
    ] {
        let layers = overlay.layers(&show, At(at), Lang::Zh, Path::new(NOWHERE));
        let clock = layer(&layers, "countdown");
        check(
            near(clock, colour) > 2_000,
            &format!("clock at {at}"),
            clock,
        );
    }
}

#[test]
fn a_photo_fills_its_box_with_round_corners() {
    let dir = tempfile::tempdir().unwrap();
    image::RgbImage::from_pixel(500, 300, image::Rgb([20, 120, 220]))
        .save(dir.path().join("blue.jpg"))
        .unwrap();
    let mut show = show();
    product(&mut show).photo = Some("blue.jpg".to_owned());
    let layers = overlay("clean", FULL_HD).layers(&show, At(0), Lang::Zh, dir.path());
    assert_eq!(layers.notices, []);
    let card = layer(&layers, "card");
    let middle = mean(card, 120, 120, 100, 100);
    let blue = (middle[0] - 20.0).abs() < 6.0
        && (middle[1] - 120.0).abs() < 6.0
        && (middle[2] - 220.0).abs() < 6.0;
    check(blue, "photo", card);
    // The lower right corner of the photo's box shows paper, not photo.
    check(mean(card, 274, 274, 3, 3)[0] > 200.0, "round corner", card);
}

#[test]
fn the_same_card_at_720_and_1080_lines_differs_only_in_size() {
    let mut show = show();
    product(&mut show).title = text("烟台红富士苹果 Yantai Fuji <&> 🍎", "");
    let large = overlay("orchard", FULL_HD).layers(&show, At(0), Lang::Zh, Path::new(NOWHERE));
    let small = overlay("orchard", HD).layers(&show, At(0), Lang::Zh, Path::new(NOWHERE));
    let (large, small) = (layer(&large, "card"), layer(&small, "card"));
    let mut worst = 0.0_f32;
    for row in 0..10 {
        for column in 0..8 {
            // Cells of 61 by 69 pixels at 1080 lines; 2/3 of that at 720.
            let cell = |layer: &Layer, thirds: u32| {
                let part = |length: u32| (length * thirds + 1) / 3;
                mean(layer, part(column * 60), part(row * 69), part(60), part(69))
            };
            for (a, b) in cell(large, 3).iter().zip(cell(small, 2)) {
                worst = worst.max((a - b).abs());
            }
        }
    }
    if worst > 10.0 {
        evidence("large", large);
        check(false, &format!("scaled card off by {worst}"), small);
    }
}

#[test]
fn a_struck_price_that_is_not_higher_is_left_out() {
    let mut overlay = overlay("clean", HD);
    let mut show = show();
    product(&mut show).offer.list_price = None;
    let without = overlay.layers(&show, At(0), Lang::Zh, Path::new(NOWHERE));
    product(&mut show).offer.list_price = Some(yuan(2990));
    let same = overlay.layers(&show, At(0), Lang::Zh, Path::new(NOWHERE));
    assert_eq!(
        layer(&without, "card").version,
        layer(&same, "card").version
    );
    product(&mut show).offer.list_price = Some(yuan(4990));
    let struck = overlay.layers(&show, At(0), Lang::Zh, Path::new(NOWHERE));
    assert_ne!(layer(&same, "card").version, layer(&struck, "card").version);
}

#[test]
fn uncounted_goods_show_no_stock_and_a_foreign_clock_is_not_shown() {
    let mut show = show();
    show.stock.clear();
    show.countdown.as_mut().unwrap().product = "pear".into();
    let layers = overlay("clean", HD).layers(&show, At(0), Lang::Zh, Path::new(NOWHERE));
    let ids: Vec<&str> = layers.list.iter().map(|layer| layer.id).collect();
    assert_eq!(
        (ids.as_slice(), layers.next_change),
        (["card", "ticker", "question"].as_slice(), None)
    );
    show.stock.insert(apple(), 0);
    let layers = overlay("clean", HD).layers(&show, At(0), Lang::Zh, Path::new(NOWHERE));
    check(
        near(layer(&layers, "stock"), [0x12, 0x20, 0x2e]) > 1_000,
        "sold out",
        layer(&layers, "stock"),
    );
}

#[test]
fn each_language_draws_its_own_words_and_falls_back_to_the_other() {
    let mut overlay = overlay("clean", HD);
    let mut show = show();
    let zh = overlay.layers(&show, At(0), Lang::Zh, Path::new(NOWHERE));
    let en = overlay.layers(&show, At(0), Lang::En, Path::new(NOWHERE));
    assert_ne!(layer(&zh, "card").rgba, layer(&en, "card").rgba);
    product(&mut show).short_title = text("红富士", "");
    let short = overlay.layers(&show, At(0), Lang::En, Path::new(NOWHERE));
    assert_eq!(
        layer(&en, "card").rgba,
        layer(&short, "card").rgba,
        "an English title is there"
    );
    product(&mut show).title = text("烟台红富士苹果", "");
    let only_zh = overlay.layers(&show, At(0), Lang::En, Path::new(NOWHERE));
    assert_ne!(layer(&short, "card").rgba, layer(&only_zh, "card").rgba);
}

#[test]
fn without_fonts_it_warns_and_still_draws_panels() {
    let empty = tempfile::tempdir().unwrap();
    let fonts = Fonts::from_dir(empty.path());
    assert_eq!(
        fonts.warnings(),
        [
            FontWarning::NoFont,
            FontWarning::NoChinese,
            FontWarning::NoEmoji
        ]
    );
    let mut overlay = Overlay::new(Theme::builtin("clean").unwrap(), fonts, HD);
    let layers = overlay.layers(&show(), At(0), Lang::Zh, Path::new(NOWHERE));
    check(
        layers.list.len() == 5,
        "five layers",
        layer(&layers, "card"),
    );
    check(
        mean(layer(&layers, "card"), 400, 100, 100, 10)[0] > 220.0,
        "paper",
        layer(&layers, "card"),
    );
}

#[test]
fn a_slate_is_opaque_and_speaks_both_languages() {
    for theme in Theme::builtin_names() {
        let theme = Theme::builtin(theme).unwrap();
        for canvas in [
            HD,
            CanvasSize {
                width: 720,
                height: 1280,
            },
            CanvasSize {
                width: 3,
                height: 2,
            },
        ] {
            let mut seen = Vec::new();
            for kind in [SlateKind::NoInput, SlateKind::NoSource, SlateKind::BackSoon] {
                for lang in [Lang::Zh, Lang::En] {
                    let picture = slate(&theme, &fonts(), kind, lang, canvas);
                    assert_eq!(
                        (picture.width, picture.height),
                        (canvas.width, canvas.height)
                    );
                    assert!(picture.rgba.chunks_exact(4).all(|pixel| pixel[3] == 255));
                    assert!(canvas.width < 16 || !seen.contains(&picture.rgba));
                    seen.push(picture.rgba);
                }
            }
        }
    }
}
