//! Bodies that are damaged in every way: each is answered, in time and within its memory, and what is taken over leaves a
//! show that holds together. The counts are printed: `cargo test -p stallcast-orders --test fuzz -- --nocapture`; more
//! cases with `PROPTEST_CASES`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../journal/tests/counting/mod.rs"]
mod counting;
mod payloads;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use counting::counted;
use payloads::{shopify_order, shopify_refund, woo_order};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use stallcast_orders::{BODY_MAX_BYTES, Heard, is_ping, is_signed, read};
use stallcast_show::{At, Command, Shop, Show, decide};

/// One at a time: the counters are the process's.
static ALONE: Mutex<()> = Mutex::new(());

const CASES: u32 = 6_000;

/// What any body of a few kB may take, bytes.
const MEMORY_MAX: usize = 8 << 20;

/// What an answer may take on a slow and busy machine; usual are microseconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

const TOPICS: [&str; 9] = [
    "orders/create",
    "orders/paid",
    "orders/cancelled",
    "refunds/create",
    "orders/delete",
    "order.created",
    "order.updated",
    "order.deleted",
    "\u{202E}orders/",
];

/// What is put into a body.
const TOKENS: [&str; 30] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "null",
    "true",
    "-1",
    "1e309",
    "1e-309",
    "18446744073709551616",
    "0.5",
    "\"\"",
    "\"id\":",
    "\"line_items\":[",
    "\"quantity\":",
    "\"refunds\":[{}]",
    "\\u0000",
    "\\ud800",
    "\u{FEFF}",
    "\u{0}",
    "2026-02-31T25:61:61Z",
    "999999999999-01-01T00:00:00Z",
    "\"cancelled_at\":\"x\",",
    "[[[[[[[[[[[[[[[[",
    "{\"a\":{\"a\":{\"a\":",
    "webhook_id=1",
    "\u{202E}",
];

fn bodies() -> Vec<Vec<u8>> {
    let lines = [(1, "PEACH", 3), (2, "PLUM", 1)];
    let refund = shopify_refund(1, 9, &[(1, 1, false)]);
    let refunds = std::slice::from_ref(&refund);
    [
        shopify_order(1, (60, 65), "partially_refunded", false, &lines, refunds).to_string(),
        shopify_order(2, (60, 60), "pending", true, &lines, &[]).to_string(),
        refund.to_string(),
        woo_order(7, (60, 61), "processing", &lines, &[31]).to_string(),
        "webhook_id=12".to_owned(),
    ]
    .map(String::into_bytes)
    .to_vec()
}

/// A body with some of its bytes replaced, taken out, doubled or followed by something else.
fn damaged() -> impl Strategy<Value = (usize, Vec<u8>)> {
    let wound = (
        any::<prop::sample::Index>(),
        0..5u8,
        0..400usize,
        0..TOKENS.len(),
        any::<u8>(),
    );
    let wounds = proptest::collection::vec(wound, 0..5);
    (0..bodies().len(), wounds).prop_map(|(which, wounds)| {
        let mut body = bodies().swap_remove(which);
        for (place, kind, length, token, byte) in wounds {
            if body.is_empty() {
                break;
            }
            let at = place.index(body.len());
            let end = (at + length).min(body.len());
            match kind {
                0 => body[at] = byte,
                1 => drop(body.splice(at..end, [])),
                2 => {
                    let part = body[at..end].to_vec();
                    body.splice(at..at, part);
                }
                3 => drop(body.splice(at..at, TOKENS[token].bytes())),
                _ => body.truncate(at),
            }
        }
        (which, body)
    })
}

#[test]
fn a_damaged_body_is_answered_in_time_and_memory() {
    let _alone = ALONE.lock().unwrap();
    let counts: RefCell<BTreeMap<&str, u32>> = RefCell::default();
    let most = RefCell::new((Duration::ZERO, 0));
    let config = Config {
        cases: std::env::var("PROPTEST_CASES")
            .ok()
            .and_then(|n| n.parse().ok())
            .unwrap_or(CASES),
        failure_persistence: None,
        ..Config::default()
    };
    // Mostly as the shop that makes such bodies sends them.
    let strategy = (damaged(), 0..8usize, 0..2usize, 0..TOPICS.len());
    let run = TestRunner::new(config).run(&strategy, |((which, body), dice, shop, topic)| {
        let (shop, topic) = match (dice, which) {
            (0, _) => (Shop::ALL[shop], TOPICS[topic]),
            (_, 0 | 1) => (Shop::Shopify, "orders/create"),
            (_, 2) => (Shop::Shopify, "refunds/create"),
            _ => (Shop::Woocommerce, "order.updated"),
        };
        let began = Instant::now();
        let (came, peak) = counted(|| {
            let signed = is_signed("secret", &body, &String::from_utf8_lossy(&body));
            assert!(!signed);
            is_ping(shop, &body);
            read(shop, topic, &body)
        });
        let took = began.elapsed();
        prop_assert!(peak <= MEMORY_MAX, "{peak} bytes");
        prop_assert!(took <= ANSWER_WITHIN, "{took:?}");
        let mut most = most.borrow_mut();
        *most = (most.0.max(took), most.1.max(peak));
        let came = match came {
            Ok(Heard::Order(news)) => {
                let mut show = Show::new("stall");
                match decide(&show, Command::NoteOrder { news: *news }, At(0)) {
                    Ok(events) => {
                        show.apply_all(&events);
                        for order in show.orders.values() {
                            order.sales();
                        }
                        "taken over"
                    }
                    Err(_) => "refused by the show",
                }
            }
            Ok(Heard::Other) => "of no use",
            Err(fault) => fault.code(),
        };
        *counts.borrow_mut().entry(came).or_default() += 1;
        Ok(())
    });
    let (took, peak) = *most.borrow();
    println!(
        "webhook bodies: {:?}; longest {took:?}, most memory {peak} bytes",
        counts.borrow()
    );
    run.unwrap();
    assert!(counts.borrow().len() >= 4, "the damage is of one kind only");
}

#[test]
fn the_largest_body_of_one_kind_of_thing_stays_within_its_memory() {
    let _alone = ALONE.lock().unwrap();
    let open = |word: &str| word.repeat(BODY_MAX_BYTES / word.len());
    let many = |item: &str| {
        let items = vec![item; BODY_MAX_BYTES / (item.len() + 1) - 200].join(",");
        format!(
            r#"{{"id":1,"status":"pending","created_at":"2026-11-22T00:00:00Z","line_items":[{items}]}}"#
        )
    };
    let large = [
        open("["),
        open("{\"a\":"),
        many("{}"),
        many("{\"id\":1,\"quantity\":1}"),
        open("9"),
        open("\""),
    ];
    for body in large {
        for (shop, topic) in [
            (Shop::Shopify, "orders/create"),
            (Shop::Woocommerce, "order.created"),
        ] {
            let began = Instant::now();
            let (came, peak) = counted(|| read(shop, topic, body.as_bytes()).map(|_| ()));
            assert!(came.is_err(), "{:.40}", body);
            assert!(peak < 96 << 20, "{peak} bytes for {:.40}", body);
            assert!(began.elapsed() < ANSWER_WITHIN);
        }
    }
}
