//! Shops tell twice, late and in any sequence: the sums are the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod payloads;

use payloads::{shopify_order, shopify_refund, woo_order};
use proptest::prelude::*;
use stallcast_orders::{Heard, read};
use stallcast_show::{
    At, Command, Currency, GoalCount, GoalPlan, GoalUnit, Money, Offer, Product, ProductId, Shop,
    Show, Text, decide,
};

const SKUS: [&str; 3] = ["PEACH", "PLUM", "not sold here"];

fn stall(stock: u32) -> Show {
    let mut show = Show::new("stall");
    let products = SKUS[..2].iter().map(|sku| {
        let title = Text {
            zh: (*sku).to_owned(),
            en: String::new(),
        };
        let price = Money::new(100, Currency("CNY".to_owned()));
        Product::new(ProductId::from(*sku), title, Offer::at(price))
    });
    let products = products.collect();
    carry_out(&mut show, Command::ImportProducts { products });
    for sku in &SKUS[..2] {
        let product = ProductId::from(*sku);
        carry_out(
            &mut show,
            Command::SetStock {
                product,
                left: Some(stock),
            },
        );
    }
    show
}

fn carry_out(show: &mut Show, command: Command) {
    let events = decide(show, command, At(0)).unwrap();
    show.apply_all(&events);
}

/// One telling: shop, topic, body.
type Telling = (Shop, &'static str, String);

/// An order's life as its shop tells it: ever later, and sometimes twice in one second.
fn life(order: u64) -> impl Strategy<Value = Vec<Telling>> {
    let lines = proptest::collection::vec((0..3usize, 0..5u32), 1..4);
    let shopify_step = (0..6usize, any::<bool>(), 0..3u32, 0..5u32, any::<bool>());
    let steps = proptest::collection::vec(shopify_step, 1..6);
    (any::<bool>(), lines, steps).prop_map(move |(is_shopify, lines, steps)| {
        let lines: Vec<(u64, &str, u32)> = lines
            .iter()
            .zip(1..)
            .map(|((sku, units), line)| (line, SKUS[*sku], *units))
            .collect();
        let (mut at, mut refunds, mut parts) = (60, vec![], vec![]);
        let mut told = Vec::new();
        for (n, (state, cancelled, later, back, restocked)) in steps.into_iter().enumerate() {
            at += later;
            let id = u64::try_from(n).unwrap() + 1;
            if is_shopify {
                if back > 2 {
                    let refund = shopify_refund(order, id, &[(1, back - 2, restocked)]);
                    told.push((Shop::Shopify, "refunds/create", refund.to_string()));
                    refunds.push(refund);
                }
                let financial = [
                    "pending",
                    "authorized",
                    "paid",
                    "partially_refunded",
                    "refunded",
                    "voided",
                ];
                let cancelled = cancelled && n > 1;
                let body = shopify_order(
                    order,
                    (60, at),
                    financial[state],
                    cancelled,
                    &lines,
                    &refunds,
                );
                told.push((Shop::Shopify, "orders/updated", body.to_string()));
            } else {
                if back > 2 {
                    parts.push(id);
                }
                let status = [
                    "pending",
                    "on-hold",
                    "processing",
                    "completed",
                    "refunded",
                    "cancelled",
                ];
                let body = woo_order(order, (60, at), status[state], &lines, &parts);
                told.push((Shop::Woocommerce, "order.updated", body.to_string()));
            }
        }
        told
    })
}

/// Tellings of some orders, and the same in another sequence with some of them again.
fn tellings() -> impl Strategy<Value = (Vec<Telling>, Vec<Telling>)> {
    (life(1), life(2), life(3))
        .prop_map(|lives| [lives.0, lives.1, lives.2].concat())
        .prop_flat_map(|told| {
            let again = proptest::collection::vec(0..told.len(), 0..8);
            (Just(told.clone()), Just(told), again)
        })
        .prop_flat_map(|(told, mut mixed, again)| {
            mixed.extend(again.into_iter().map(|place| told[place].clone()));
            (Just(told), Just(mixed).prop_shuffle())
        })
}

fn goal_in(unit: usize) -> GoalUnit {
    let money = GoalUnit::Money {
        currency: Currency("USD".to_owned()),
    };
    [GoalUnit::Pieces, GoalUnit::Orders, money][unit].clone()
}

fn told(stock: u32, unit: usize, tellings: &[Telling]) -> Show {
    let mut show = stall(stock);
    let plan = GoalPlan {
        title: String::new(),
        of: goal_in(unit),
        target: 10,
        count: GoalCount::Shops,
    };
    carry_out(&mut show, Command::SetGoal { plan: Some(plan) });
    for (shop, topic, body) in tellings {
        let Heard::Order(news) = read(*shop, topic, body.as_bytes()).unwrap() else {
            panic!("{topic} is of an order");
        };
        carry_out(&mut show, Command::NoteOrder { news: *news });
    }
    show
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_and_repetition_gives_the_same_sums((once, mixed) in tellings(), stock in 0..20u32, unit in 0..3usize) {
        let (once, mut mixed) = (told(stock, unit, &once), told(stock, unit, &mixed));
        prop_assert_eq!(once.sales(), mixed.sales());
        prop_assert_eq!(&once.stock, &mixed.stock);
        prop_assert_eq!(&once.oversold, &mixed.oversold);
        prop_assert_eq!(&once.orders, &mixed.orders);
        prop_assert_eq!(&once.goal, &mixed.goal);
        let done = once.goal.as_ref().unwrap().done;
        if unit == 0 {
            prop_assert_eq!(done, once.sales().values().map(|s| u64::from(s.paid)).sum::<u64>());
        }
        // What was followed order by order is what is counted anew.
        let plan = mixed.goal.as_ref().unwrap().plan.clone();
        carry_out(&mut mixed, Command::SetGoal { plan: None });
        carry_out(&mut mixed, Command::SetGoal { plan: Some(plan) });
        prop_assert_eq!(done, mixed.goal.as_ref().unwrap().done);
        // Nothing is counted twice or lost: what was ordered is what became of it.
        let ordered: u64 = once.orders.values().filter_map(|order| order.said.as_ref())
            .flat_map(|said| &said.lines).filter(|line| line.product.is_some())
            .map(|line| u64::from(line.units)).sum();
        let sums: u64 = once.sales().values()
            .map(|s| u64::from(s.open) + u64::from(s.paid) + u64::from(s.refunded) + u64::from(s.cancelled)).sum();
        prop_assert_eq!(ordered, sums);
        // A restart from what is written down gives the same.
        let kept: Show = serde_json::from_str(&serde_json::to_string(&mixed).unwrap()).unwrap();
        prop_assert_eq!(kept, mixed);
    }
}
