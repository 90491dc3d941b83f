//! Reasons for forbidden words, corrections, and the prices of before.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod sample;

use stallcast_show::{
    At, Command, CorrectionKind, Currency, Event, Money, Phase, PriceStep, Refusal, Show, Text,
    decide,
};

const DAY: i64 = 24 * 3_600_000;

fn yuan(fen: i64) -> Money {
    Money::new(fen, Currency("CNY".to_owned()))
}

fn run(show: &mut Show, command: Command, at: i64) {
    let events = decide(show, command, At(at)).unwrap();
    show.apply_all(&events);
}

fn live(show: &mut Show, since: i64) {
    let since = At(since);
    show.apply(&Event::PhaseChanged {
        phase: Phase::Live { since },
    });
}

fn shop() -> Show {
    let mut show = Show::default();
    for id in ["a", "b"] {
        let product = sample::product(id.into(), 3_990);
        show.products.insert(id.into(), product);
    }
    show
}

fn put(id: &str) -> Command {
    Command::PutOnAir { product: id.into() }
}

fn kept(show: &Show) -> Vec<(i64, i64)> {
    let kept = show.offered.get(&"a".into()).into_iter().flatten();
    kept.map(|it| (it.at.0, it.live.minor)).collect()
}

#[test]
fn what_viewers_were_offered_is_kept_and_a_rehearsal_has_no_viewers() {
    let mut show = shop();
    run(&mut show, put("a"), 0);
    run(&mut show, put("b"), 1_000);
    assert!(kept(&show).is_empty());

    live(&mut show, 2_000);
    run(&mut show, put("a"), 3_000);
    run(&mut show, Command::TakeOffAir, 4_000);
    assert_eq!(kept(&show), [(4_000, 3_990)]);

    // The same offer again an hour later says nothing new; a lower one does, and one on another day.
    run(&mut show, put("a"), 5_000);
    run(&mut show, put("b"), 3_600_000);
    assert_eq!(kept(&show).len(), 1);
    let mut cheaper = sample::product("a".into(), 2_990);
    let products = vec![cheaper.clone()];
    run(&mut show, Command::ImportProducts { products }, 3_700_000);
    run(&mut show, put("a"), 3_800_000);
    run(&mut show, put("b"), 3_900_000);
    assert_eq!(kept(&show), [(4_000, 3_990), (3_900_000, 2_990)]);

    // The lowest step that was reached counts.
    cheaper.offer.steps = vec![PriceStep {
        after_s: 60,
        price: yuan(1_990),
    }];
    let products = vec![cheaper];
    run(&mut show, Command::ImportProducts { products }, DAY);
    run(&mut show, put("a"), 2 * DAY);
    run(&mut show, put("b"), 2 * DAY + 60_000);
    assert_eq!(kept(&show).last(), Some(&(2 * DAY + 60_000, 1_990)));

    // After a quarter of a year nothing refers to it any more.
    live(&mut show, 95 * DAY);
    assert!(kept(&show).is_empty());
}

#[test]
fn a_reason_must_say_something_and_is_kept_once() {
    let mut show = shop();
    let give = |reason: &str| Command::OverrideRule {
        product: "a".into(),
        rule: "cn.absolute_terms".into(),
        found: "国家级".into(),
        reason: reason.into(),
    };
    let empty = decide(&show, give("  "), At(0)).unwrap_err();
    assert_eq!(empty, Refusal::TextEmpty { field: "reason" });
    run(&mut show, give(" 证书原文 "), 5);
    let kept = &show.overrides[&"a".into()];
    assert_eq!((kept[0].reason.as_str(), kept[0].at), ("证书原文", At(5)));
    assert!(decide(&show, give("again"), At(6)).unwrap().is_empty());
}

#[test]
fn a_correction_has_its_price_and_its_end_and_needs_words() {
    let mut show = shop();
    let correct = |zh: &str| Command::ShowCorrection {
        product: "a".into(),
        kind: CorrectionKind::Price,
        text: Text {
            zh: zh.into(),
            en: String::new(),
        },
    };
    let empty = decide(&show, correct(" "), At(0)).unwrap_err();
    assert_eq!(empty.code(), "text_empty");
    run(&mut show, correct("更正：39.9 元"), 1_000);
    let shown = show.correction_at(At(1_000)).unwrap();
    assert_eq!(shown.live_price, yuan(3_990));
    assert!(show.correction_at(At(60_999)).is_some());
    assert!(show.correction_at(At(61_000)).is_none());
    assert!(
        decide(&show, Command::EndCorrection, At(61_000))
            .unwrap()
            .is_empty()
    );
    run(&mut show, Command::EndCorrection, 2_000);
    assert_eq!(show.correction, None);
}

#[test]
fn a_show_of_before_is_read_without_what_is_new() {
    let mut old = serde_json::to_value(shop()).unwrap();
    for new in ["correction", "overrides", "offered"] {
        old.as_object_mut().unwrap().remove(new);
    }
    let read: Show = serde_json::from_value(old).unwrap();
    assert_eq!(read, shop());
}
