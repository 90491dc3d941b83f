//! What is looked at before viewers see it, when an offer holds, and what a bundle is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod sample;

use stallcast_show::{
    Actor, At, Bundle, BundlePart, Command, Currency, Event, Former, Money, MoneyFault, Phase,
    Product, Refusal, Role, Show, VetItem, VettingAsked, VettingRule, decide,
};

fn yuan(fen: i64) -> Money {
    Money::new(fen, Currency("CNY".to_owned()))
}

fn run(show: &mut Show, command: Command, at: i64) {
    let events = decide(show, command, At(at)).unwrap();
    show.apply_all(&events);
}

fn shop() -> Show {
    let mut show = Show::default();
    let products = ["a", "b"].map(|id| sample::product(id.into(), 3_990));
    let products = products.to_vec();
    run(&mut show, Command::ImportProducts { products }, 0);
    show
}

fn vet(item: VetItem, done: bool) -> Command {
    Command::SetVetted {
        product: "a".into(),
        item,
        done,
        by: "小李".into(),
    }
}

fn vet_all() -> Command {
    Command::VetProducts {
        products: None,
        by: "店主".into(),
    }
}

fn change(show: &mut Show, change: impl FnOnce(&mut Product)) {
    let was = show.products.get(&"a".into()).unwrap().clone();
    let mut product = was.clone();
    change(&mut product);
    let (product, was) = (Box::new(product), Some(Box::new(was)));
    run(show, Command::PutProduct { product, was }, 9);
}

fn open(show: &Show) -> usize {
    show.vet_items_open(&"a".into())
}

#[test]
fn every_point_says_who_looked_and_when_and_one_press_never_takes_anothers_name_away() {
    let mut show = shop();
    assert_eq!(open(&show), 5);
    let refused = show.fit_for_viewers(&"a".into(), At(0)).unwrap_err();
    assert_eq!(refused.params()["open"], "5");
    run(&mut show, vet(VetItem::Label, true), 3);
    assert!(
        decide(&show, vet(VetItem::Label, true), At(4))
            .unwrap()
            .is_empty()
    );
    run(&mut show, vet_all(), 7);
    show.fit_for_viewers(&"a".into(), At(8)).unwrap();
    let ticks = &show.vetted[&"a".into()];
    assert_eq!((ticks[0].by.as_str(), ticks[0].at), ("小李", At(3)));
    assert!(
        ticks[1..]
            .iter()
            .all(|tick| tick.by == "店主" && tick.at == At(7))
    );
    run(&mut show, vet(VetItem::Label, false), 8);
    assert_eq!(open(&show), 1);
    let unknown = decide(&show, vet(VetItem::Own("x".into()), true), At(9)).unwrap_err();
    assert_eq!(unknown, Refusal::NothingToDo { field: "vet_items" });
}

#[test]
fn a_change_opens_the_points_that_it_touches_and_no_others() {
    let mut show = shop();
    run(&mut show, vet_all(), 1);
    change(&mut show, |it| it.photo = Some("new.jpg".into()));
    change(&mut show, |it| it.cost = Some(yuan(1_000)));
    assert_eq!(open(&show), 0);
    let left = |show: &Show| -> Vec<VetItem> {
        let ticks = show.vetted[&"a".into()].iter();
        ticks.map(|tick| tick.item.clone()).collect()
    };
    change(&mut show, |it| it.offer.live_price = yuan(2_990));
    assert!(!left(&show).contains(&VetItem::Price) && open(&show) == 1);
    change(&mut show, |it| it.offer.quantity = Some(5));
    assert!(!left(&show).contains(&VetItem::Stock) && open(&show) == 2);
    change(&mut show, |it| it.talking_points.push("最甜".into()));
    assert_eq!(left(&show), [VetItem::Sample, VetItem::Label]);
    let product = "a".into();
    run(&mut show, Command::RemoveProduct { product }, 10);
    assert!(!show.vetted.contains_key(&"a".into()));
}

#[test]
fn an_import_that_is_taken_back_brings_back_what_was_looked_at() {
    let mut show = shop();
    run(&mut show, vet_all(), 1);
    let before = show.clone();
    let products = vec![sample::product("a".into(), 1_990)];
    let import = Command::ImportProducts { products };
    let former = Former::before(&show, &import).unwrap();
    run(&mut show, import, 2);
    assert_eq!(open(&show), 1);
    run(&mut show, Command::TakeBackProducts { former }, 3);
    assert_eq!(show, before);
}

#[test]
fn own_points_are_asked_too_and_all_of_it_can_be_switched_off() {
    let mut show = shop();
    run(&mut show, vet_all(), 1);
    let rule = |asked, own: &[&str]| Command::SetVetting {
        rule: VettingRule {
            asked,
            own: own.iter().map(|text| (*text).to_owned()).collect(),
        },
    };
    run(
        &mut show,
        rule(VettingAsked::Live, &[" 冷链到货 ", "冷链到货"]),
        2,
    );
    assert_eq!(show.vetting.own, ["冷链到货"]);
    assert_eq!(open(&show), 1);
    run(&mut show, vet(VetItem::Own("冷链到货".into()), true), 3);
    assert_eq!(open(&show), 0);
    assert!(show.fit_for_viewers(&"b".into(), At(0)).is_err());
    run(&mut show, rule(VettingAsked::Never, &[]), 4);
    show.fit_for_viewers(&"b".into(), At(0)).unwrap();
    let long = "长".repeat(61);
    assert!(decide(&show, rule(VettingAsked::Live, &[&long]), At(5)).is_err());
    assert!(decide(&show, rule(VettingAsked::Live, &["x"; 11]), At(5)).is_err());
}

#[test]
fn a_reason_lets_a_product_through_until_the_show_ends() {
    let mut show = shop();
    let give = |reason: &str| Command::OverrideVetting {
        product: "a".into(),
        reason: reason.into(),
        by: "店主".into(),
    };
    let empty = decide(&show, give(" "), At(0)).unwrap_err();
    assert_eq!(empty, Refusal::TextEmpty { field: "reason" });
    run(&mut show, give(" 样品在路上 "), 5);
    let given = &show.vetting_overrides[&"a".into()];
    assert_eq!((given.reason.as_str(), given.at), ("样品在路上", At(5)));
    show.fit_for_viewers(&"a".into(), At(6)).unwrap();
    assert!(show.fit_for_viewers(&"b".into(), At(6)).is_err());
    show.apply(&Event::PhaseChanged { phase: Phase::Idle });
    assert!(show.fit_for_viewers(&"a".into(), At(7)).is_err());
}

#[test]
fn nobody_signs_for_somebody_else() {
    let actor = Actor {
        name: "studio".into(),
        role: Role::Owner,
    };
    let Command::VetProducts { by, .. } = vet_all().signed(&actor) else {
        panic!()
    };
    assert_eq!(by, "studio");
    let text = serde_json::to_string(&vet_all()).unwrap();
    assert!(!text.contains("店主"));
    let read: Command =
        serde_json::from_str(r#"{"do":"vet_products","products":null,"by":"x"}"#).unwrap();
    assert!(matches!(read, Command::VetProducts { by, .. } if by.is_empty()));
}

#[test]
fn an_offer_holds_from_its_start_to_its_end_and_its_clock_does_not_outlast_it() {
    let mut show = shop();
    run(&mut show, vet_all(), 0);
    change(&mut show, |it| {
        (it.offer.starts, it.offer.ends) = (Some(At(100_000)), Some(At(200_000)));
    });
    run(&mut show, vet_all(), 10);
    let fit = |at| {
        show.fit_for_viewers(&"a".into(), At(at))
            .map_err(|it| it.code())
    };
    assert_eq!(fit(99_999), Err("offer_not_begun"));
    assert_eq!(fit(100_000), Ok(()));
    assert_eq!(fit(199_999), Ok(()));
    assert_eq!(fit(200_000), Err("offer_over"));

    run(
        &mut show,
        Command::PutOnAir {
            product: "a".into(),
        },
        150_000,
    );
    assert_eq!(show.countdown.as_ref().unwrap().deadline, At(200_000));
    run(&mut show, Command::StartCountdown { seconds: 20 }, 150_000);
    assert_eq!(show.countdown.as_ref().unwrap().deadline, At(170_000));
    run(&mut show, Command::StartCountdown { seconds: 600 }, 150_000);
    assert_eq!(show.countdown.as_ref().unwrap().deadline, At(200_000));

    let mut wrong = sample::product("a".into(), 3_990);
    (wrong.offer.starts, wrong.offer.ends) = (Some(At(5)), Some(At(5)));
    assert_eq!(wrong.check().unwrap_err(), Refusal::OfferTimesInvalid);
}

fn bundle(units: u32, fen: i64, with: &[(&str, u32)]) -> Bundle {
    let part = |(id, units): &(&str, u32)| BundlePart {
        product: (*id).into(),
        units: *units,
    };
    Bundle {
        units,
        price: yuan(fen),
        with: with.iter().map(part).collect(),
    }
}

#[test]
fn a_bundle_is_cheaper_than_one_by_one_and_named_only_while_it_is() {
    let mut show = shop();
    let refused = |bundle| {
        let mut product = sample::product("a".into(), 3_990);
        product.offer.bundle = Some(bundle);
        product.check().unwrap_err()
    };
    let fault = MoneyFault::BundleNotBelow;
    assert_eq!(
        refused(bundle(3, 11_970, &[])),
        Refusal::PriceInvalid { fault }
    );
    assert_eq!(refused(bundle(1, 100, &[])).code(), "out_of_range");
    assert_eq!(
        refused(bundle(1, 100, &[("a", 1)])).code(),
        "duplicate_product"
    );
    assert_eq!(
        refused(bundle(1, 100, &[("b", 1), ("b", 2)])).code(),
        "duplicate_product"
    );

    change(&mut show, |it| {
        it.offer.bundle = Some(bundle(3, 9_900, &[]))
    });
    let offered = |show: &Show, fen| show.bundle_offered(&"a".into(), &yuan(fen)).is_some();
    assert!(offered(&show, 3_990));
    // The price has fallen below the bundle's.
    assert!(!offered(&show, 3_300));
    run(
        &mut show,
        Command::SetStock {
            product: "a".into(),
            left: Some(2),
        },
        20,
    );
    assert!(!offered(&show, 3_990));
}

#[test]
fn a_bundle_sold_takes_all_of_its_parts_or_nothing() {
    let mut show = shop();
    change(&mut show, |it| {
        it.offer.bundle = Some(bundle(2, 9_900, &[("b", 1)]))
    });
    let sell = |by| Command::AdjustBundles {
        product: "a".into(),
        by,
    };
    assert_eq!(
        decide(&show, sell(-1), At(0)).unwrap_err().code(),
        "not_counted"
    );
    for (id, left) in [("a", 5), ("b", 2)] {
        let (product, left) = (id.into(), Some(left));
        run(&mut show, Command::SetStock { product, left }, 20);
    }
    run(&mut show, sell(-2), 30);
    assert_eq!(show.stock[&"a".into()], 1);
    assert_eq!(show.stock[&"b".into()], 0);
    let refused = decide(&show, sell(-1), At(40)).unwrap_err();
    assert_eq!(refused.code(), "stock_below_zero");
    run(&mut show, sell(1), 50);
    assert_eq!((show.stock[&"a".into()], show.stock[&"b".into()]), (3, 1));
    assert!(decide(&show, sell(i32::MIN), At(60)).is_err());
    run(
        &mut show,
        Command::RemoveProduct {
            product: "b".into(),
        },
        70,
    );
    assert!(show.bundle_offered(&"a".into(), &yuan(3_990)).is_none());
    assert!(decide(&show, sell(-1), At(80)).is_err());
}

#[test]
fn a_show_of_before_is_read_without_what_is_new() {
    let mut old = serde_json::to_value(shop()).unwrap();
    for new in ["vetted", "vetting", "vetting_overrides"] {
        old.as_object_mut().unwrap().remove(new);
    }
    let product = &mut old["products"]["a"];
    product.as_object_mut().unwrap().remove("cost");
    for new in ["starts", "ends", "bundle"] {
        product["offer"].as_object_mut().unwrap().remove(new);
    }
    let read: Show = serde_json::from_value(old).unwrap();
    assert_eq!(read, shop());
}

#[test]
fn turns_on_the_picture_add_up_and_a_broadcast_begins_at_nothing() {
    let mut show = shop();
    let put = |id: &str| Command::PutOnAir { product: id.into() };
    run(&mut show, put("a"), 1_000);
    run(&mut show, Command::StartRehearsal, 5_000);
    // What was shown before it began is none of its minutes.
    run(&mut show, put("b"), 8_000);
    run(&mut show, put("a"), 9_000);
    run(&mut show, Command::TakeOffAir, 11_500);
    let aired = |id: &str| show.aired_ms[&id.into()];
    assert_eq!((aired("a"), aired("b")), (5_500, 1_000));
    run(&mut show, Command::EndShow, 12_000);
    assert_eq!(show.aired_ms.len(), 2);
    run(&mut show, Command::StartRehearsal, 13_000);
    assert!(show.aired_ms.is_empty());
}
