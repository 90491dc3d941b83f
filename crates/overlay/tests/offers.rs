//! What an offer has, on the picture: falling prices, perks, origin, code, next product, break.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;
use std::sync::Arc;

use common::{FULL_HD, HD, apple, fonts, layer, overlay, product, show, text, yuan};
use stallcast_overlay::{
    CanvasSize, Lang, Layer, Layers, Overlay, SlateKind, Theme, sample, slate_beside,
};
use stallcast_show::{
    At, Break, Bundle, CardLook, Coupon, Offer, Origin, PriceStep, Product, ProductId, RundownItem,
    Show,
};

const NOWHERE: &str = "/nowhere";
const TALL: CanvasSize = CanvasSize {
    width: 720,
    height: 1280,
};
/// Of usual length for a shop's link with where the buyer came from.
const LINK: &str = "https://shop.example.com/item/10082341?from=live";

/// The small show with everything that may stand beside the card.
fn full() -> Show {
    let mut show = show();
    show.card_look = CardLook {
        code: true,
        next_up: true,
        ..CardLook::default()
    };
    let apples = product(&mut show);
    apples.link = Some(LINK.to_owned());
    apples.origin = Some(Origin {
        place: text("山东烟台栖霞", "Qixia, Shandong"),
        grower: text("王大姐", "Mrs Wang"),
        harvested: "2026-10-28".to_owned(),
        evidence: String::new(),
    });
    apples.offer.coupon = Some(Coupon {
        text: text("关注领取", "for followers"),
        off: Some(yuan(500)),
    });
    apples.offer.gift = text("削皮刀", "a peeler");
    apples.offer.limit_per_person = Some(2);
    apples.offer.steps = vec![
        PriceStep {
            after_s: 60,
            price: yuan(2690),
        },
        PriceStep {
            after_s: 75,
            price: yuan(1990),
        },
    ];
    let pear = ProductId::from("pear");
    show.rundown.push(RundownItem::open(pear.clone()));
    let pears = Product::new(pear.clone(), text("酥梨", "Pears"), Offer::at(yuan(1990)));
    show.products.insert(pear, pears);
    show
}

fn draw(overlay: &mut Overlay, show: &Show, now: i64) -> Layers {
    overlay.layers(show, At(now), Lang::Zh, Path::new(NOWHERE))
}

fn has(layers: &Layers, id: &str) -> bool {
    layers.list.iter().any(|layer| layer.id == id)
}

#[test]
fn the_card_s_price_falls_at_its_millisecond_on_both_canvases_and_the_clock_before_it_is_exact() {
    let mut show = full();
    show.pinned = None;
    show.countdown = None;
    show.on_air.as_mut().unwrap().since = At(437);
    for canvas in [HD, TALL] {
        let mut falling = overlay("clean", canvas);
        let mut seen = Vec::new();
        for (moment, minor) in [
            (437, 2990),
            (60_436, 2990),
            (60_437, 2690),
            (75_436, 2690),
            (75_437, 1990),
            (900_000, 1990),
        ] {
            let card = layer(&draw(&mut falling, &show, moment), "card").clone();
            let mut plain = show.clone();
            product(&mut plain).offer.steps.clear();
            product(&mut plain).offer.live_price.minor = minor;
            let wanted = draw(&mut overlay("clean", canvas), &plain, moment);
            assert!(card.rgba == layer(&wanted, "card").rgba, "at {moment}");
            seen.push(has(&draw(&mut falling, &show, moment), "drop"));
        }
        assert_eq!(seen, [true, true, true, true, false, false]);

        // Every change is announced at its millisecond: each second of both clocks, and nothing after the last fall.
        let mut now = At(437);
        let mut changes = 0;
        while let Some(next) = draw(&mut falling, &show, now.0).next_change {
            let before = layer(&draw(&mut falling, &show, next.0 - 1), "drop").version;
            let after = draw(&mut falling, &show, next.0);
            let step = after.list.iter().find(|layer| layer.id == "drop");
            assert!(step.is_none_or(|drop| drop.version > before), "{next:?}");
            now = next;
            changes += 1;
        }
        assert_eq!((changes, now), (75, At(75_437)));
    }
}

#[test]
fn the_card_after_the_fall_is_drawn_before_it_is_needed() {
    let mut show = full();
    show.countdown = None;
    let mut overlay = overlay("orchard", HD);
    draw(&mut overlay, &show, 0);
    let apples = show.products[&apple()].clone();
    let nowhere = Path::new(NOWHERE);
    assert!(overlay.prepare(&show, &apples, At(0), Lang::Zh, nowhere));
    assert!(!overlay.prepare(&show, &apples, At(0), Lang::Zh, nowhere));
    draw(&mut overlay, &show, 59_999);
    let drawn = overlay.redraws();
    let fallen = draw(&mut overlay, &show, 60_000);
    assert!(
        layer(&fallen, "card").version <= drawn,
        "the card was drawn again"
    );
    assert_eq!(
        overlay.redraws(),
        drawn + 1,
        "only the clock of the next fall"
    );
}

#[test]
fn what_the_offer_has_not_is_not_drawn_and_what_is_sold_out_is_not_offered() {
    let bare = show();
    for theme in Theme::builtin_names() {
        let mut overlay = overlay(theme, HD);
        let layers = draw(&mut overlay, &bare, 0);
        for id in ["perks", "drop", "origin", "code", "next"] {
            assert!(!has(&layers, id), "{theme} {id}");
        }
        let mut show = full();
        let layers = draw(&mut overlay, &show, 0);
        for id in ["perks", "drop", "origin", "code", "next"] {
            assert!(has(&layers, id), "{theme} {id}");
        }
        let card = layer(&layers, "card").version;
        show.stock.insert(apple(), 0);
        let sold_out = draw(&mut overlay, &show, 0);
        assert!(!has(&sold_out, "code") && !has(&sold_out, "drop"));
        assert!(layer(&sold_out, "card").version > card, "no stamp on it");
    }
}

#[test]
fn a_fuller_stock_has_a_longer_bar() {
    let mut show = show();
    let mut overlay = overlay("night", FULL_HD);
    // Left and offered are far apart, the words are equally long.
    product(&mut show).offer.quantity = Some(99);
    let mut lit = |left: u32| {
        show.stock.insert(apple(), left);
        let layers = draw(&mut overlay, &show, 0);
        let stock = layer(&layers, "stock");
        let row = stock.height * 7 / 8;
        let from = (row * stock.width * 4) as usize;
        let pixels = stock.rgba[from..]
            .chunks_exact(4)
            .take(stock.width as usize);
        pixels.filter(|pixel| pixel[3] > 200).count()
    };
    let (many, half) = (lit(98), lit(49));
    assert!(many > half * 3 / 2 && half > 20, "{many} {half}");
}

/// The code as a viewer's camera gets it: from the picture, after an encoder that smears.
fn decoded(picture: &stallcast_overlay::Picture) -> Option<String> {
    let rgb: Vec<u8> = picture
        .rgba
        .chunks_exact(4)
        .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
        .collect();
    let mut file = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, 40);
    encoder
        .encode(
            &rgb,
            picture.width,
            picture.height,
            image::ExtendedColorType::Rgb8,
        )
        .unwrap();
    let seen = image::load_from_memory(&file).unwrap().into_luma8();
    let (width, height) = (seen.width() as usize, seen.height() as usize);
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        seen.get_pixel(x as u32, y as u32).0[0]
    });
    let grids = prepared.detect_grids();
    grids.first()?.decode().ok().map(|(_, text)| text)
}

#[test]
fn the_code_is_read_back_from_the_smallest_picture_of_every_theme() {
    let show = full();
    for theme in Theme::builtin_names() {
        for canvas in [HD, TALL] {
            let picture = sample(
                Theme::builtin(theme).unwrap(),
                &fonts(),
                &show,
                At(0),
                Lang::Zh,
                Path::new(NOWHERE),
                canvas,
            );
            let read = decoded(&picture);
            assert_eq!(read.as_deref(), Some(LINK), "{theme} {canvas:?}");
        }
    }
}

#[test]
fn a_link_too_long_to_be_read_has_no_code() {
    let mut show = full();
    product(&mut show).link = Some(format!("https://shop.example.com/{}", "x".repeat(600)));
    assert!(!has(&draw(&mut overlay("clean", HD), &show, 0), "code"));
}

#[test]
fn a_break_covers_everything_and_costs_one_small_redraw_a_second() {
    let mut show = full();
    for theme in Theme::builtin_names() {
        let mut overlay = overlay(theme, HD);
        show.pause = Some(Break {
            since: At(0),
            until: At(300_000),
            words: Default::default(),
        });
        let first = draw(&mut overlay, &show, 0);
        let ids: Vec<_> = first.list.iter().map(|layer| layer.id).collect();
        assert_eq!(ids, ["ground", "pause"], "{theme}");
        let ground = layer(&first, "ground");
        assert_eq!((ground.width, ground.height), (HD.width, HD.height));
        assert!(ground.rgba.chunks_exact(4).all(|pixel| pixel[3] == 255));
        assert_eq!(first.next_change, Some(At(1_000)));
        let drawn = overlay.redraws();
        let same = draw(&mut overlay, &show, 999);
        assert_eq!(overlay.redraws(), drawn);
        assert!(Arc::ptr_eq(&ground.rgba, &layer(&same, "ground").rgba));
        draw(&mut overlay, &show, 1_000);
        assert_eq!(overlay.redraws(), drawn + 1);
        let over = draw(&mut overlay, &show, 300_000);
        assert_eq!(over.next_change, None);
        show.pause = None;
        assert!(has(&draw(&mut overlay, &show, 300_001), "card"));
    }
}

/// What is inked of a layer: a soft shadow is not.
fn inked(layer: &Layer) -> (i32, i32, i32, i32) {
    let width = layer.width as usize;
    let inked = layer.rgba.chunks_exact(4).enumerate();
    let mut span = (i32::MAX, i32::MAX, i32::MIN, i32::MIN);
    for (at, _) in inked.filter(|(_, pixel)| pixel[3] > 110) {
        let (x, y) = (layer.x + (at % width) as i32, layer.y + (at / width) as i32);
        span = (span.0.min(x), span.1.min(y), span.2.max(x), span.3.max(y));
    }
    span
}

#[test]
fn nothing_covers_another_part_on_either_canvas() {
    let mut show = full();
    if let Some(pinned) = &mut show.pinned {
        pinned.text = "这个苹果打蜡吗？老人牙口不好能不能吃，放冰箱可以放多久？".to_owned();
    }
    for theme in Theme::builtin_names() {
        for canvas in [HD, TALL] {
            let layers = draw(&mut overlay(theme, canvas), &show, 0);
            let spans: Vec<_> = layers.list.iter().map(|l| (l.id, inked(l))).collect();
            for (index, (one, a)) in spans.iter().enumerate() {
                for (other, b) in &spans[index + 1..] {
                    // Stock and clock stand on the card or are fixed to its rim, as the next fall is.
                    let on_card = ["stock", "countdown", "drop"];
                    if *one == "card" && on_card.contains(other) {
                        continue;
                    }
                    let apart = a.2 < b.0 || b.2 < a.0 || a.3 < b.1 || b.3 < a.1;
                    assert!(apart, "{theme} {canvas:?}: {one} {a:?}, {other} {b:?}");
                }
                let (width, height) = (canvas.width as i32, canvas.height as i32);
                assert!(a.0 >= 0 && a.1 >= 0 && a.2 < width && a.3 < height, "{one}");
            }
        }
    }
}

#[test]
fn a_theme_of_before_without_the_new_parts_stays_usable() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/themes/clean");
    let copy = tempfile::tempdir().unwrap();
    let new = [
        "perks.svg",
        "drop.svg",
        "origin.svg",
        "code.svg",
        "next.svg",
    ];
    for entry in std::fs::read_dir(source).unwrap() {
        let entry = entry.unwrap();
        if !new.iter().any(|name| entry.file_name() == *name) {
            std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
        }
    }
    let theme = Theme::load(copy.path()).unwrap();
    let mut overlay = Overlay::new(theme, fonts(), HD);
    let layers = draw(&mut overlay, &full(), 0);
    assert!(has(&layers, "card") && !has(&layers, "perks"));
    let drawn = overlay.redraws();
    draw(&mut overlay, &full(), 1);
    assert_eq!(
        overlay.redraws(),
        drawn,
        "an unchanged overlay was drawn again"
    );
}

/// The words that stand where the camera's picture is missing are for viewers: with everything an offer has on the
/// picture, and a question, they have room beside it, in both languages.
#[test]
fn the_slate_s_words_go_where_nothing_of_the_card_covers_them() {
    let mut show = full();
    for pinned in [true, false] {
        if !pinned {
            show.pinned = None;
        }
        for name in Theme::builtin_names() {
            for canvas in [FULL_HD, TALL] {
                let mut overlay = overlay(name, canvas);
                for lang in [Lang::Zh, Lang::En] {
                    let layers = overlay.layers(&show, At(0), lang, Path::new(NOWHERE));
                    let taken = overlay.taken(&layers);
                    assert!(taken.len() >= 9, "{name}: {}", taken.len());
                    let theme = Theme::builtin(name).unwrap();
                    let kind = SlateKind::NoInput;
                    let slate = slate_beside(&theme, &fonts(), kind, lang, canvas, &taken);
                    let words = slate.words.unwrap();
                    let over = taken.iter().find(|span| span.meets(&words));
                    assert_eq!(over, None, "{name} {canvas:?} {lang:?} {words:?}");
                    let (width, height) = (canvas.width as i32, canvas.height as i32);
                    assert!(words.left > 0 && words.right < width, "{name} {words:?}");
                    assert!(words.top > 0 && words.bottom < height, "{name} {words:?}");
                    // What is said to be there is there, and nothing else.
                    let ground = &slate.picture.rgba[..4];
                    for (at, pixel) in slate.picture.rgba.chunks_exact(4).enumerate() {
                        let (x, y) = (at as i32 % width, at as i32 / width);
                        let inside = (words.left - 2..words.right + 2).contains(&x)
                            && (words.top - 2..words.bottom + 2).contains(&y);
                        assert!(inside || pixel == ground, "{name} at {x},{y}: {words:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_bundle_stands_beside_the_card_while_it_is_cheaper_and_in_stock_and_what_goods_cost_never_does()
{
    let mut show = show();
    product(&mut show).offer.live_price = yuan(3990);
    show.stock.insert(apple(), 50);
    product(&mut show).offer.steps = vec![PriceStep {
        after_s: 60,
        price: yuan(2990),
    }];
    for theme in Theme::builtin_names() {
        let mut overlay = overlay(theme, HD);
        let plain = draw(&mut overlay, &show, 0);
        assert!(!has(&plain, "perks"), "{theme}");
        let redraws = overlay.redraws();
        let mut costing = show.clone();
        product(&mut costing).cost = Some(yuan(1200));
        draw(&mut overlay, &costing, 0);
        assert_eq!(overlay.redraws(), redraws, "{theme} draws what goods cost");

        let mut bundled = show.clone();
        product(&mut bundled).offer.bundle = Some(Bundle {
            units: 3,
            price: yuan(9900),
            with: Vec::new(),
        });
        assert!(has(&draw(&mut overlay, &bundled, 0), "perks"), "{theme}");
        // Three cost less one by one now.
        assert!(
            !has(&draw(&mut overlay, &bundled, 60_000), "perks"),
            "{theme}"
        );
        bundled.stock.insert(apple(), 2);
        assert!(!has(&draw(&mut overlay, &bundled, 0), "perks"), "{theme}");
    }
}

#[test]
fn what_comes_next_is_not_named_while_a_rule_forbids_its_words() {
    let mut show = full();
    show.pinned = None;
    let mut overlay = overlay("clean", HD);
    assert!(has(&draw(&mut overlay, &show, 0), "next"));
    let pear = ProductId::from("pear");
    overlay.keep_off(&std::sync::Arc::new([pear].into()));
    assert!(!has(&draw(&mut overlay, &show, 0), "next"));
    overlay.keep_off(&Default::default());
    assert!(has(&draw(&mut overlay, &show, 0), "next"));
}
