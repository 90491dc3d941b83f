//! What is drawn again and when; nothing else is.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::{path::Path, sync::Arc};

use common::{FULL_HD, HD, apple, fonts, layer, overlay, product, show, text};
use stallcast_overlay::{Lang, Notice, Overlay, Theme};
use stallcast_show::At;

#[test]
fn a_thousand_calls_with_nothing_changed_draw_nothing() {
    let mut overlay = overlay("clean", HD);
    let show = show();
    let first = overlay.layers(&show, At(1), Lang::Zh, Path::new("/nowhere"));
    assert_eq!(first.list.len(), 5);
    let drawn = overlay.redraws();
    assert_eq!(drawn, 5);
    for step in 0..1000 {
        // The same second: 90 000 - 1 down to 89 000 ms are left.
        let again = overlay.layers(&show, At(1 + step % 999), Lang::Zh, Path::new("/nowhere"));
        assert_eq!(again.list.len(), first.list.len());
        for (before, after) in first.list.iter().zip(&again.list) {
            assert_eq!(before.version, after.version);
            assert!(Arc::ptr_eq(&before.rgba, &after.rgba), "{}", before.id);
        }
    }
    assert_eq!(overlay.redraws(), drawn);
}

#[test]
fn a_tick_redraws_only_the_clock() {
    let mut overlay = overlay("clean", HD);
    let show = show();
    let before = overlay.layers(&show, At(0), Lang::En, Path::new("/nowhere"));
    let drawn = overlay.redraws();
    for second in 1..=20 {
        let after = overlay.layers(&show, At(second * 1000), Lang::En, Path::new("/nowhere"));
        assert_eq!(overlay.redraws(), drawn + u64::try_from(second).unwrap());
        for id in ["card", "stock", "ticker", "question"] {
            assert!(
                Arc::ptr_eq(&layer(&before, id).rgba, &layer(&after, id).rgba),
                "{id}"
            );
        }
        let clocks = (layer(&before, "countdown"), layer(&after, "countdown"));
        assert_ne!(clocks.0.version, clocks.1.version);
        assert_ne!(clocks.0.rgba, clocks.1.rgba);
    }
}

/// A tick lays pictures of digits side by side; those of a theme's clocks are few and are kept.
#[test]
fn the_digits_of_all_clocks_are_drawn_ahead_once() {
    let mut overlay = overlay("night", HD);
    let show = show();
    let nowhere = Path::new("/nowhere");
    overlay.layers(&show, At(0), Lang::Zh, nowhere);
    let apples = &show.products[&apple()];
    assert!(overlay.prepare(&show, apples, At(0), Lang::Zh, nowhere));
    assert!(!overlay.prepare(&show, apples, At(0), Lang::Zh, nowhere));
    overlay.set_theme(Theme::builtin("clean").unwrap());
    overlay.layers(&show, At(0), Lang::Zh, nowhere);
    assert!(overlay.prepare(&show, apples, At(0), Lang::Zh, nowhere));
}

#[test]
fn a_change_of_stock_or_price_redraws_just_that() {
    let mut overlay = overlay("orchard", HD);
    let mut show = show();
    let folder = Path::new("/nowhere");
    overlay.layers(&show, At(0), Lang::Zh, folder);
    let drawn = overlay.redraws();
    show.stock.insert(apple(), 85);
    let stock = overlay.layers(&show, At(0), Lang::Zh, folder);
    assert_eq!(overlay.redraws(), drawn + 1);
    product(&mut show).offer.live_price.minor = 2880;
    let price = overlay.layers(&show, At(0), Lang::Zh, folder);
    assert_eq!(overlay.redraws(), drawn + 2);
    assert_eq!(
        layer(&stock, "stock").version,
        layer(&price, "stock").version
    );
    assert_ne!(layer(&stock, "card").rgba, layer(&price, "card").rgba);
}

#[test]
fn taking_the_product_off_and_putting_it_back_costs_nothing() {
    let mut overlay = overlay("clean", HD);
    let show = show();
    let folder = Path::new("/nowhere");
    overlay.layers(&show, At(0), Lang::Zh, folder);
    let drawn = overlay.redraws();
    let mut empty = show.clone();
    empty.on_air = None;
    empty.pinned = None;
    empty.ticker = text("", "");
    let none = overlay.layers(&empty, At(0), Lang::Zh, folder);
    assert_eq!((none.list.len(), none.next_change), (0, None));
    assert_eq!(overlay.layers(&show, At(0), Lang::Zh, folder).list.len(), 5);
    assert_eq!(overlay.redraws(), drawn);
}

#[test]
fn next_change_is_exactly_when_the_clock_steps() {
    let mut overlay = overlay("clean", HD);
    let mut show = show();
    show.pinned = None;
    let folder = Path::new("/nowhere");
    // A deadline off the whole second, as a restart or a late key press gives.
    let countdown = show.countdown.as_mut().unwrap();
    countdown.deadline = At(5_437);
    let countdown = countdown.clone();
    let mut now = At(0);
    let mut steps = 0;
    while let Some(next) = overlay.layers(&show, now, Lang::Zh, folder).next_change {
        assert!(next > now);
        let shown = countdown.seconds_left(now);
        assert_eq!(
            countdown.seconds_left(At(next.0 - 1)),
            shown,
            "still the same just before"
        );
        assert_eq!(
            countdown.seconds_left(next),
            shown - 1,
            "steps exactly then"
        );
        now = next;
        steps += 1;
    }
    assert_eq!((steps, now), (6, countdown.deadline));
}

#[test]
fn a_long_ticker_turns_pages_and_says_when() {
    let mut overlay = overlay("clean", HD);
    let mut show = show();
    let folder = Path::new("/nowhere");
    show.on_air = None;
    show.pinned = None;
    show.ticker = text(&"今天现摘现发，坏果包赔，".repeat(12), "");
    let first = overlay.layers(&show, At(500), Lang::Zh, folder);
    assert_eq!(first.next_change, Some(At(6_000)));
    let same = overlay.layers(&show, At(5_999), Lang::Zh, folder);
    assert_eq!(
        layer(&first, "ticker").version,
        layer(&same, "ticker").version
    );
    let second = overlay.layers(&show, At(6_000), Lang::Zh, folder);
    assert_ne!(layer(&first, "ticker").rgba, layer(&second, "ticker").rgba);
    assert_eq!(second.next_change, Some(At(12_000)));
    show.ticker = text("短", "");
    assert_eq!(
        overlay.layers(&show, At(0), Lang::Zh, folder).next_change,
        None
    );
}

#[test]
fn a_new_photo_under_the_same_name_is_shown() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.png");
    let paint = |colour: [u8; 3], side: u32| {
        image::RgbImage::from_pixel(side, side, image::Rgb(colour))
            .save(&file)
            .unwrap();
    };
    paint([250, 10, 10], 40);
    let mut overlay = overlay("clean", HD);
    let mut show = show();
    product(&mut show).photo = Some("a.png".to_owned());
    let red = overlay.layers(&show, At(0), Lang::Zh, dir.path());
    assert_eq!(red.notices, []);
    paint([10, 10, 250], 41);
    let blue = overlay.layers(&show, At(0), Lang::Zh, dir.path());
    assert_ne!(layer(&red, "card").rgba, layer(&blue, "card").rgba);
    std::fs::remove_file(&file).unwrap();
    let none = overlay.layers(&show, At(0), Lang::Zh, dir.path());
    assert_eq!(
        none.notices,
        [Notice::PhotoMissing {
            file: "a.png".to_owned()
        }]
    );
    assert!(none.list.iter().any(|layer| layer.id == "card"));
}

#[test]
fn a_new_theme_never_reuses_a_version() {
    let show = show();
    let folder = Path::new("/nowhere");
    let mut overlay = Overlay::new(Theme::builtin("clean").unwrap(), fonts(), FULL_HD);
    let before = overlay.layers(&show, At(0), Lang::Zh, folder);
    overlay.set_theme(Theme::builtin("orchard").unwrap());
    let after = overlay.layers(&show, At(0), Lang::Zh, folder);
    let newest = before.list.iter().map(|layer| layer.version).max().unwrap();
    assert!(after.list.iter().all(|layer| layer.version > newest));
}

#[test]
fn a_card_prepared_before_goes_on_air_without_drawing_it() {
    let mut overlay = overlay("orchard", HD);
    let mut show = show();
    let nowhere = Path::new("/nowhere");
    let first = overlay.layers(&show, At(0), Lang::Zh, nowhere);
    let mut next = show.products[&apple()].clone();
    next.id = "pear".into();
    next.short_title = text("", "");
    next.title = text("秋月梨", "Pears");
    show.products.insert(next.id.clone(), next.clone());
    assert!(overlay.prepare(&show, &next, At(0), Lang::Zh, nowhere));
    assert!(
        !overlay.prepare(&show, &next, At(0), Lang::Zh, nowhere),
        "it lies ready"
    );
    show.on_air.as_mut().unwrap().product = next.id.clone();
    show.countdown = None;
    show.stock.clear();
    let drawn = overlay.redraws();
    let after = overlay.layers(&show, At(0), Lang::Zh, nowhere);
    assert_ne!(layer(&first, "card").rgba, layer(&after, "card").rgba);
    let others = u64::try_from(after.list.len()).unwrap() - 1;
    assert!(
        overlay.redraws() - drawn <= others,
        "the card was drawn again"
    );
    assert_eq!(layer(&after, "card").version, drawn);
}
