//! What shops tell, from their bodies to the stock.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod payloads;

use payloads::{shopify_order, shopify_refund, woo_order};
use serde_json::{Value, json};
use stallcast_orders::{Heard, OrderFault, is_ping, read};
use stallcast_show::{
    At, Command, Currency, Event, GoalCount, GoalPlan, GoalUnit, Money, Offer, Phase, Product,
    ProductId, RecapFold, Sales, Shop, Show, ShowKind, Text, decide,
};

fn product(id: &str, title: &str) -> Product {
    let title = Text {
        zh: String::new(),
        en: title.to_owned(),
    };
    let price = Money::new(1_999, Currency("USD".to_owned()));
    Product::new(ProductId::from(id), title, Offer::at(price))
}

/// A show with peaches and plums, ten of each.
fn stall() -> Show {
    let mut show = Show::new("stall");
    let mut linked = product("honey", "Honey");
    linked.link = Some("https://a.example/products/honey?variant=808950813".to_owned());
    let products = vec![
        product("PEACH", "Peaches"),
        product("PLUM", "Plums"),
        linked,
    ];
    carry_out(&mut show, Command::ImportProducts { products });
    for id in ["PEACH", "PLUM"] {
        let (product, left) = (ProductId::from(id), Some(10));
        carry_out(&mut show, Command::SetStock { product, left });
    }
    show
}

fn carry_out(show: &mut Show, command: Command) -> usize {
    let events = decide(show, command, At(0)).unwrap();
    show.apply_all(&events);
    events.len()
}

/// What came of a body: how many events.
fn tell(show: &mut Show, shop: Shop, topic: &str, body: &Value) -> usize {
    match read(shop, topic, body.to_string().as_bytes()).unwrap() {
        Heard::Order(news) => carry_out(show, Command::NoteOrder { news: *news }),
        Heard::Other => 0,
    }
}

fn left(show: &Show, id: &str) -> Option<u32> {
    show.stock_left(&ProductId::from(id))
}

fn sold(show: &Show, id: &str) -> [u32; 4] {
    let sales = show.sales();
    let Sales {
        open,
        paid,
        refunded,
        cancelled,
    } = sales.get(&ProductId::from(id)).copied().unwrap_or_default();
    [open, paid, refunded, cancelled]
}

#[test]
fn an_order_of_shopify_takes_its_goods_off_the_stock_once_and_is_paid_once() {
    let mut show = stall();
    let lines = [(1, "PEACH", 3), (2, "PLUM", 1)];
    let placed = shopify_order(1, (60, 60), "pending", false, &lines, &[]);
    tell(&mut show, Shop::Shopify, "orders/create", &placed);
    assert_eq!(
        (left(&show, "PEACH"), sold(&show, "PEACH")),
        (Some(7), [3, 0, 0, 0])
    );
    let paid = shopify_order(1, (60, 65), "paid", false, &lines, &[]);
    assert_eq!(tell(&mut show, Shop::Shopify, "orders/paid", &paid), 1);
    assert_eq!(
        tell(&mut show, Shop::Shopify, "orders/paid", &paid),
        0,
        "told again"
    );
    assert_eq!(
        tell(&mut show, Shop::Shopify, "orders/create", &placed),
        0,
        "told late"
    );
    assert_eq!(
        (left(&show, "PEACH"), sold(&show, "PEACH")),
        (Some(7), [0, 3, 0, 0])
    );
    assert_eq!(
        (left(&show, "PLUM"), sold(&show, "PLUM")),
        (Some(9), [0, 1, 0, 0])
    );
}

#[test]
fn refunded_and_cancelled_units_are_kept_apart_and_come_back_only_where_the_shop_says_so() {
    let mut show = stall();
    let lines = [(1, "PEACH", 3)];
    let refund = shopify_refund(1, 9, &[(1, 1, false)]);
    // The refund comes before its order.
    tell(&mut show, Shop::Shopify, "refunds/create", &refund);
    let paid = shopify_order(1, (60, 65), "paid", false, &lines, &[]);
    tell(&mut show, Shop::Shopify, "orders/paid", &paid);
    assert_eq!(
        (left(&show, "PEACH"), sold(&show, "PEACH")),
        (Some(7), [0, 2, 1, 0])
    );
    let again = shopify_refund(1, 10, &[(1, 1, true)]);
    let both = shopify_order(
        1,
        (60, 70),
        "partially_refunded",
        false,
        &lines,
        &[refund, again],
    );
    tell(&mut show, Shop::Shopify, "orders/updated", &both);
    assert_eq!(
        (left(&show, "PEACH"), sold(&show, "PEACH")),
        (Some(8), [0, 1, 2, 0])
    );
    let other = shopify_order(2, (60, 80), "voided", true, &lines, &[]);
    tell(&mut show, Shop::Shopify, "orders/cancelled", &other);
    assert_eq!(
        (left(&show, "PEACH"), sold(&show, "PEACH")),
        (Some(8), [0, 1, 2, 3])
    );
}

#[test]
fn woocommerce_s_statuses_are_what_they_mean_for_the_stock() {
    for (status, sales, stock) in [
        ("pending", [2, 0, 0, 0], 8),
        ("on-hold", [2, 0, 0, 0], 8),
        ("processing", [0, 2, 0, 0], 8),
        ("completed", [0, 2, 0, 0], 8),
        ("refunded", [0, 0, 2, 0], 8),
        ("cancelled", [0, 0, 0, 2], 10),
        ("failed", [0, 0, 0, 2], 10),
        ("checkout-draft", [0; 4], 10),
        ("packed-by-a-plugin", [2, 0, 0, 0], 8),
    ] {
        let mut show = stall();
        let order = woo_order(7, (60, 61), status, &[(1, "PEACH", 2)], &[]);
        tell(&mut show, Shop::Woocommerce, "order.updated", &order);
        assert_eq!(
            (sold(&show, "PEACH"), left(&show, "PEACH")),
            (sales, Some(stock)),
            "{status}"
        );
    }
    let mut show = stall();
    let part = woo_order(7, (60, 61), "processing", &[(1, "PEACH", 2)], &[31, 32]);
    tell(&mut show, Shop::Woocommerce, "order.updated", &part);
    assert_eq!(
        sold(&show, "PEACH"),
        [0, 2, 0, 0],
        "which goods went back is not told"
    );
    let unnamed: usize = show
        .orders
        .values()
        .map(|order| order.unnamed_refunds())
        .sum();
    assert_eq!(unnamed, 2);
}

#[test]
fn more_than_there_is_leaves_nothing_and_a_cancellation_pays_what_is_owed_first() {
    let mut show = stall();
    for order in [1, 2] {
        let body = woo_order(order, (60, 60), "processing", &[(1, "PEACH", 8)], &[]);
        tell(&mut show, Shop::Woocommerce, "order.created", &body);
    }
    let peach = ProductId::from("PEACH");
    assert_eq!(
        (left(&show, "PEACH"), show.oversold.get(&peach)),
        (Some(0), Some(&6))
    );
    let body = woo_order(1, (60, 70), "cancelled", &[(1, "PEACH", 8)], &[]);
    tell(&mut show, Shop::Woocommerce, "order.updated", &body);
    assert_eq!(
        (left(&show, "PEACH"), show.oversold.get(&peach)),
        (Some(2), None)
    );
    // By hand is how it is.
    let body = woo_order(3, (60, 60), "processing", &[(1, "PEACH", 5)], &[]);
    tell(&mut show, Shop::Woocommerce, "order.created", &body);
    let (product, left_now) = (peach.clone(), Some(4));
    carry_out(
        &mut show,
        Command::SetStock {
            product,
            left: left_now,
        },
    );
    assert_eq!(
        (left(&show, "PEACH"), show.oversold.get(&peach)),
        (Some(4), None)
    );
}

#[test]
fn goods_are_found_by_sku_id_variant_of_a_link_and_title_and_others_are_named() {
    let mut show = stall();
    let mut body = shopify_order(
        1,
        (60, 60),
        "paid",
        false,
        &[(3, "", 1), (4, "", 2), (5, "", 4)],
        &[],
    );
    body["line_items"][1]["title"] = json!("Plums");
    body["line_items"][2]["title"] = json!("Gift card");
    body["line_items"][2]["name"] = json!("Gift card");
    tell(&mut show, Shop::Shopify, "orders/create", &body);
    assert_eq!(sold(&show, "honey"), [0, 1, 0, 0]);
    assert_eq!(sold(&show, "PLUM"), [0, 2, 0, 0]);
    let unknown: Vec<_> = show
        .orders
        .values()
        .flat_map(|order| order.unknown())
        .collect();
    assert_eq!(unknown, [("Gift card", 4)]);
}

#[test]
fn only_what_was_ordered_since_the_show_began_counts_as_sold_in_it() {
    let mut show = stall();
    let early = shopify_order(1, (60, 60), "paid", false, &[(1, "PEACH", 1)], &[]);
    tell(&mut show, Shop::Shopify, "orders/paid", &early);
    assert_eq!(sold(&show, "PEACH"), [0, 1, 0, 0]);
    // 2026-11-22T05:01:30Z
    show.selling_since = Some(At(1_795_323_690_000));
    assert_eq!(sold(&show, "PEACH"), [0; 4]);
    let late = shopify_order(2, (120, 120), "paid", false, &[(1, "PEACH", 2)], &[]);
    tell(&mut show, Shop::Shopify, "orders/paid", &late);
    assert_eq!(
        (sold(&show, "PEACH"), left(&show, "PEACH")),
        ([0, 2, 0, 0], Some(7))
    );
}

#[test]
fn what_is_no_order_is_left_alone_or_refused_by_name() {
    let order = shopify_order(1, (60, 60), "paid", false, &[], &[]).to_string();
    for topic in ["orders/delete", "products/update", "", "app/uninstalled"] {
        assert_eq!(
            read(Shop::Shopify, topic, order.as_bytes()),
            Ok(Heard::Other),
            "{topic}"
        );
    }
    let fault = |body: &str| read(Shop::Woocommerce, "order.created", body.as_bytes()).unwrap_err();
    assert_eq!(fault(r#"{"id": 1}"#), OrderFault::Field("status"));
    assert!(matches!(fault("[1]"), OrderFault::NotAnOrder(_)));
    let said = fault(r#"{"id": 1, "status": {"name": "Zhang"}}"#).to_string();
    assert!(!said.contains("Zhang"), "{said}");
    assert!(is_ping(Shop::Woocommerce, b"webhook_id=12"));
    assert!(!is_ping(Shop::Woocommerce, b"webhook_id=12&x=1"));
    assert!(!is_ping(Shop::Shopify, b"webhook_id=12"));
}

#[test]
fn nothing_of_the_buyer_is_kept() {
    let mut show = stall();
    let order = shopify_order(1, (60, 60), "paid", false, &[(1, "PEACH", 1)], &[]);
    tell(&mut show, Shop::Shopify, "orders/paid", &order);
    let woo = woo_order(2, (60, 60), "processing", &[(1, "PEACH", 1)], &[]);
    tell(&mut show, Shop::Woocommerce, "order.created", &woo);
    let kept = format!("{:?}", show.orders);
    for private in [
        "example.com",
        "John",
        "Steve",
        "Zhang",
        "Street",
        "Ring twice",
        "555",
    ] {
        assert!(!kept.contains(private), "{private}");
    }
}

fn follow(of: GoalUnit) -> Show {
    let mut show = stall();
    let plan = GoalPlan {
        title: String::new(),
        of,
        target: 10_000,
        count: GoalCount::Shops,
    };
    carry_out(&mut show, Command::SetGoal { plan: Some(plan) });
    show
}

fn done(show: &Show) -> u64 {
    show.goal.as_ref().unwrap().done
}

#[test]
fn a_goal_follows_what_shops_say_was_paid_and_falls_with_a_refund() {
    let money = GoalUnit::Money {
        currency: Currency("USD".to_owned()),
    };
    // Units, orders, cents; after each telling.
    let wanted = [
        (GoalUnit::Pieces, [0, 4, 4, 3, 5, 2]),
        (GoalUnit::Orders, [0, 1, 1, 1, 2, 1]),
        (money, [0, 7_996, 7_996, 5_997, 11_977, 5_980]),
    ];
    for (unit, wanted) in wanted {
        let mut show = follow(unit);
        let lines = [(1, "PEACH", 3), (2, "PLUM", 1), (7, "TENT", 9)];
        let order = |updated, financial, cancelled, refunds: &[Value]| {
            shopify_order(1, (60, updated), financial, cancelled, &lines, refunds)
        };
        let mut seen = Vec::new();
        let mut telling = |shop, topic, body: &Value| {
            tell(&mut show, shop, topic, body);
            seen.push(done(&show));
        };
        let shopify = Shop::Shopify;
        telling(shopify, "orders/create", &order(60, "pending", false, &[]));
        telling(shopify, "orders/paid", &order(65, "paid", false, &[]));
        telling(shopify, "orders/paid", &order(65, "paid", false, &[]));
        let refund = shopify_refund(1, 9, &[(1, 1, true)]);
        telling(shopify, "refunds/create", &refund);
        // 59.80 for two of WooCommerce.
        let woo = woo_order(7, (70, 70), "processing", &[(1, "PLUM", 2)], &[]);
        telling(Shop::Woocommerce, "order.created", &woo);
        let gone = order(80, "paid", true, &[refund]);
        telling(shopify, "orders/cancelled", &gone);
        assert_eq!(seen, wanted);
        // By hand nobody corrects it, and a show that begins counts anew.
        decide(&show, Command::CountGoal { done: 1 }, At(0)).unwrap_err();
        let since = At(show
            .orders
            .values()
            .filter_map(|it| it.placed())
            .max()
            .unwrap()
            .0
            + 1);
        show.apply(&Event::PhaseChanged {
            phase: Phase::Live { since },
        });
        assert_eq!(done(&show), 0);
    }
}

#[test]
fn amounts_are_what_the_buyer_pays_for_goods() {
    let amount = |shop, topic, body: &Value| match read(shop, topic, body.to_string().as_bytes()) {
        Ok(Heard::Order(news)) => {
            let said = news.said.unwrap();
            (said.lines[0].amount, said.currency.map(|code| code.0))
        }
        other => panic!("{other:?}"),
    };
    let usd = || Some("USD".to_owned());
    let mut body = shopify_order(1, (60, 60), "paid", false, &[(1, "PEACH", 3)], &[]);
    let shopify = |body: &Value| amount(Shop::Shopify, "orders/paid", body);
    assert_eq!(shopify(&body), (Some(5_997), usd()));
    let line = |body: &mut Value, field: &str, value: Value| body["line_items"][0][field] = value;
    let off = json!([{"amount": "10.00", "discount_application_index": 0}, {"amount": "0.97"}]);
    line(&mut body, "discount_allocations", off);
    assert_eq!(shopify(&body), (Some(4_900), usd()));
    line(
        &mut body,
        "tax_lines",
        json!([{"price": "3.92", "rate": 0.08, "title": "State tax"}]),
    );
    assert_eq!(shopify(&body), (Some(5_292), usd()), "taxes come on top");
    body["taxes_included"] = json!(true);
    assert_eq!(shopify(&body), (Some(4_900), usd()), "or are in the price");
    line(&mut body, "price", json!("a lot"));
    assert_eq!(shopify(&body).0, None);
    let mut woo = woo_order(7, (70, 70), "processing", &[(1, "PLUM", 2)], &[]);
    let of = |body: &Value| amount(Shop::Woocommerce, "order.created", body);
    assert_eq!(of(&woo), (Some(5_980), usd()));
    woo["line_items"][0]["total_tax"] = json!("4.784");
    assert_eq!(of(&woo), (Some(6_458), usd()));
    woo["currency"] = json!("?");
    assert_eq!(of(&woo), (None, None));
}

#[test]
fn a_recap_tells_what_was_sold_minute_by_minute_and_while_it_was_shown() {
    let mut show = stall();
    // Shopify's moments: 12:01:00 in New York and later; the show began half a minute before.
    let lines = [(1, "PEACH", 3)];
    let first = shopify_order(1, (43_260, 43_260), "paid", false, &lines, &[]);
    let began = match read(Shop::Shopify, "orders/paid", first.to_string().as_bytes()).unwrap() {
        Heard::Order(news) => At(news.said.unwrap().placed.0 - 30_000),
        Heard::Other => panic!("an order"),
    };
    let mut fold = RecapFold::begin(show.clone(), ShowKind::Live, began, vec![]);
    let mut does = |at: i64, command| {
        for event in decide(&show, command, At(began.0 + at)).unwrap() {
            fold.take(At(began.0 + at), &event);
            show.apply(&event);
        }
    };
    let told =
        |topic: &str, body: &Value| match read(Shop::Shopify, topic, body.to_string().as_bytes())
            .unwrap()
        {
            Heard::Order(news) => Command::NoteOrder { news: *news },
            Heard::Other => panic!("an order"),
        };
    let product = ProductId::from("PEACH");
    does(0, Command::PutOnAir { product });
    does(31_000, told("orders/paid", &first));
    let late = shopify_order(
        2,
        (43_350, 43_350),
        "paid",
        false,
        &[(1, "PEACH", 1), (2, "PLUM", 2)],
        &[],
    );
    does(121_000, told("orders/paid", &late));
    does(
        122_000,
        told("refunds/create", &shopify_refund(2, 5, &[(2, 1, false)])),
    );
    does(125_000, Command::TakeOffAir);
    let after = shopify_order(3, (43_370, 43_370), "voided", true, &lines, &[]);
    does(141_000, told("orders/cancelled", &after));
    let recap = fold.finish(At(began.0 + 150_000));

    let minutes: Vec<_> = recap
        .minutes
        .iter()
        .map(|minute| {
            let s = minute.sales;
            let paid = minute
                .takings
                .first()
                .map(|it| (it.paid.minor, it.refunded.minor));
            ([s.open, s.paid, s.refunded, s.cancelled], paid)
        })
        .collect();
    let wanted = [
        ([0, 3, 0, 0], Some((5_997, 0))),
        ([0, 0, 0, 0], None),
        ([0, 2, 1, 3], Some((3_998, 1_999))),
    ];
    assert_eq!(minutes, wanted);
    assert_eq!(
        recap.segments[0].sales.paid, 4,
        "of peaches, while they were shown"
    );
    let totals = recap.totals();
    assert_eq!(totals.takings.len(), 1);
    assert_eq!(totals.takings[0].paid.minor, 9_995);
    assert_eq!(totals.takings[0].refunded.minor, 1_999);
    let plums = recap
        .products
        .iter()
        .find(|it| it.product.as_str() == "PLUM")
        .unwrap();
    assert_eq!(plums.takings[0].paid.minor, 1_999);
}
