//! What an offer may say beside its price, and what it costs when.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod sample;

use stallcast_show::{
    At, Command, Coupon, Currency, Money, Origin, PriceStep, Product, Refusal, RundownItem, Show,
    Text, decide,
};

fn yuan(fen: i64) -> Money {
    Money::new(fen, Currency("CNY".to_owned()))
}

fn step(after_s: u32, fen: i64) -> PriceStep {
    PriceStep {
        after_s,
        price: yuan(fen),
    }
}

fn peach() -> Product {
    sample::product("peach".into(), 3_990)
}

/// Why this product cannot stand in a catalogue.
fn refused(change: impl FnOnce(&mut Product)) -> Refusal {
    let mut product = peach();
    change(&mut product);
    product.check().unwrap_err()
}

#[test]
fn a_price_falls_at_its_moments_and_never_before() {
    let mut offer = peach().offer;
    offer.steps = vec![step(60, 3_490), step(180, 2_990)];
    let costs = [
        (-5, 3_990),
        (0, 3_990),
        (59_999, 3_990),
        (60_000, 3_490),
        (179_999, 3_490),
        (180_000, 2_990),
        (i64::MAX, 2_990),
    ];
    for (on_air_ms, fen) in costs {
        assert_eq!(offer.price_after(on_air_ms), &yuan(fen), "{on_air_ms} ms");
    }
    assert_eq!(offer.next_step(59_999), Some(&step(60, 3_490)));
    assert_eq!(offer.next_step(60_000), Some(&step(180, 2_990)));
    assert_eq!(offer.next_step(180_000), None);
}

#[test]
fn steps_go_ever_later_and_ever_lower() {
    let steps = |steps: &[PriceStep]| {
        let steps = steps.to_vec();
        refused(|product| product.offer.steps = steps)
    };
    assert_eq!(
        steps(&[step(60, 3_990)]).params()["reason"],
        "step_not_below"
    );
    assert_eq!(
        steps(&[step(60, 3_490), step(90, 3_490)]).code(),
        "price_invalid"
    );
    assert_eq!(
        steps(&[step(60, 3_490), step(60, 2_990)]).code(),
        "invalid_length"
    );
    assert_eq!(steps(&[step(0, 3_490)]).code(), "invalid_length");
    let many: Vec<PriceStep> = (1..=11).map(|n| step(n, 3_990 - i64::from(n))).collect();
    assert_eq!(steps(&many).code(), "too_many");
    let dollars = PriceStep {
        after_s: 60,
        price: Money::new(100, Currency("USD".to_owned())),
    };
    assert_eq!(steps(&[dollars]).params()["reason"], "currency_differs");
}

#[test]
fn a_coupon_says_something_and_leaves_a_price() {
    let coupon = |text: &str, off: Option<i64>| {
        let text = Text {
            zh: text.to_owned(),
            en: String::new(),
        };
        Some(Coupon {
            text,
            off: off.map(yuan),
        })
    };
    assert_eq!(
        refused(|p| p.offer.coupon = coupon("", None)).code(),
        "text_empty"
    );
    let all = refused(|p| p.offer.coupon = coupon("", Some(3_990)));
    assert_eq!(all.params()["reason"], "coupon_not_below");
    for good in [coupon("关注领券", None), coupon("", Some(500))] {
        let mut product = peach();
        product.offer.coupon = good;
        product.check().unwrap();
    }
    assert_eq!(
        refused(|p| p.offer.limit_per_person = Some(0)).code(),
        "out_of_range"
    );
}

#[test]
fn an_origin_has_a_day_of_the_calendar_and_a_link_an_address() {
    let origin = |harvested: &str| {
        Some(Origin {
            harvested: harvested.to_owned(),
            ..Origin::default()
        })
    };
    assert_eq!(
        refused(|p| p.origin = origin("28.10.2026")),
        Refusal::DayInvalid
    );
    let mut product = peach();
    product.origin = origin("2026-10-28");
    product.check().unwrap();
    let script = ("taobao".to_owned(), "javascript:alert(1)".to_owned());
    assert_eq!(refused(|p| p.links.extend([script])).code(), "bad_url");
    assert_eq!(
        refused(|p| p.more_photos = vec!["../key".to_owned()]).code(),
        "bad_file_name"
    );
}

#[test]
fn a_product_of_an_older_journal_has_none_of_it() {
    let old = r#"{"id":"peach","title":{"zh":"水蜜桃","en":""},"short_title":{"zh":"","en":""},"photo":null,
        "spec":{"zh":"","en":""},"offer":{"list_price":null,"live_price":{"minor":3990,"currency":"CNY"},
        "quantity":null,"countdown_s":null},"gtin":null,"link":null,"talking_points":[]}"#;
    assert_eq!(serde_json::from_str::<Product>(old).unwrap(), peach());
    let item = r#"{"product":"peach","planned_s":0}"#;
    let item: RundownItem = serde_json::from_str(item).unwrap();
    assert_eq!(item, RundownItem::open("peach".into()));
}

#[test]
fn the_rundown_keeps_who_shows_what_without_marks_that_nobody_sees() {
    let mut show = Show::default();
    show.products.insert("peach".into(), peach());
    let items = vec![RundownItem {
        demonstration: "切开一个\u{202E}".to_owned(),
        holder: "小雨".to_owned(),
        ..RundownItem::open("peach".into())
    }];
    for event in decide(&show, Command::SetRundown { items }, At(0)).unwrap() {
        show.apply(&event);
    }
    assert_eq!(show.rundown[0].demonstration, "切开一个");
    let items = vec![RundownItem {
        holder: "雨".repeat(81),
        ..RundownItem::open("peach".into())
    }];
    let why = decide(&show, Command::SetRundown { items }, At(0)).unwrap_err();
    assert_eq!(why.code(), "text_too_long");
}
