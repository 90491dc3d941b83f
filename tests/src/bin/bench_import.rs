//! Owns the measurement of an import: a list of 50,000 rows through the engine's door, from the file to its products in
//! the journal, and the most memory that the engine held for it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark whose world breaks has no result"
)]

use std::fmt::Write;
use std::time::Instant;

use serde_json::{Value, json};
use stallcast_tests::bench::{Better, Memory, report, rounded};
use stallcast_tests::stage::studio;
use stallcast_tests::world::{Engine, PATIENCE};

const ROWS: usize = 50_000;
/// As many as a show takes; a shop's export has a row for each of their pictures.
const PRODUCTS: usize = 10_000;

/// A shop's export: five rows for each product, the first with everything and the others with a picture each.
fn export(price: usize) -> String {
    let mut text = "Handle,Title,Body (HTML),Vendor,Option1 Name,Option1 Value,Variant SKU,\
                    Variant Inventory Tracker,Variant Inventory Qty,Variant Price,Variant Compare At Price,\
                    Variant Barcode,Image Src,Image Position\n"
        .to_owned();
    for n in 0..PRODUCTS {
        writeln!(
            text,
            "peach-{n},Yangshan peaches No. {n},\"<p>Picked ripe, packed the same day</p>\",Orchard,Title,\
             Default Title,SKU-{n},shopify,{},{price}.90,{}.90,,photos/{n}-1.jpg,1",
            n % 500,
            price + 20,
        )
        .unwrap();
        for picture in 2..=ROWS / PRODUCTS {
            writeln!(
                text,
                "peach-{n},,,,,,,,,,,,photos/{n}-{picture}.jpg,{picture}"
            )
            .unwrap();
        }
    }
    text
}

fn post(engine: &Engine, query: &str, list: &str) -> (Value, f64) {
    let path = format!("/api/import?{query}");
    let began = Instant::now();
    let answer = engine.http(
        "POST",
        &path,
        &[("x-file-name", "export.csv")],
        list.as_bytes(),
    );
    let took = began.elapsed().as_secs_f64();
    assert_eq!(answer.status, 200, "{}", answer.text());
    (serde_json::from_str(&answer.text()).unwrap(), took)
}

/// The most that was ever resident, MiB.
fn most_resident(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kb: f64 = line
        .unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap();
    kb / 1024.0
}

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() {
    let engine = studio(Default::default());
    let mut session = engine.session().await;
    let before = Memory::of(engine.pid());
    let before_most = most_resident(engine.pid());
    let list = export(19);
    let (look, looked) = post(&engine, "step=look", &list);
    assert_eq!(look["added"], PRODUCTS);
    let seen = look["seen"].as_str().unwrap();
    let (_, took) = post(&engine, &format!("step=take&seen={seen}"), &list);
    session
        .until(PATIENCE, "the page knows of every product", |s| {
            let told = s.catalogue.as_ref()?.total;
            (usize::try_from(told) == Ok(PRODUCTS)).then_some(())
        })
        .await;
    let most = most_resident(engine.pid());
    // The same list with another price for each, looked at and taken over; then once more, with nothing to do.
    let dearer = export(21);
    let (change, change_looked) = post(&engine, "step=look", &dearer);
    assert_eq!(change["changed"], PRODUCTS);
    let (_, change_took) = post(&engine, "step=take", &dearer);
    let (same, same_looked) = post(&engine, "step=look", &dearer);
    assert_eq!(same["changed"], 0);
    let rate = ROWS as f64 / took;
    println!("{:.1} MB of list", list.len() as f64 / 1e6);
    let detail = json!({
        "rows": ROWS, "products": PRODUCTS, "megabytes": rounded(list.len() as f64 / 1e6),
        "look_s": rounded(looked), "take_s": rounded(took),
        "change_look_s": rounded(change_looked), "change_take_s": rounded(change_took),
        "same_look_s": rounded(same_looked),
        "resident_before_mib": rounded(before.resident), "most_before_mib": rounded(before_most),
        "most_mib": rounded(most), "most_after_changes_mib": rounded(most_resident(engine.pid())),
    });
    report("import", rate, "rows/s", 20_000.0, Better::Higher, &detail);
}
