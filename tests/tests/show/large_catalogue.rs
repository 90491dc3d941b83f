//! A shop of 50,000 products: taken over, looked through and put on air, and no page is sent more than it shows.

use std::fmt::Write;

use stallcast_show::{Command, ProductId};
use stallcast_tests::bench::Memory;
use stallcast_tests::stage::studio;
use stallcast_tests::world::{Engine, PATIENCE, Session};
use stallcast_wire::{ProductScope, ProductSort, ProductsView, Request};

const PRODUCTS: usize = 50_000;

/// What 50,000 products may take of the engine's memory while they are taken over (debug build), MiB.
const TAKES_MIB: f64 = 900.0;

fn list() -> String {
    let mut text = "货号,标题,直播价,库存\n".to_owned();
    for n in 0..PRODUCTS {
        writeln!(
            text,
            "SKU-{n:05},阳山水蜜桃 {n} 号,{}.90,{}",
            n % 90 + 1,
            n % 500
        )
        .unwrap();
    }
    text
}

/// The most that was ever resident, MiB.
fn most_resident(engine: &Engine) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", engine.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kb = line.unwrap().trim().trim_end_matches(" kB");
    kb.parse::<f64>().unwrap() / 1024.0
}

async fn sought(session: &mut Session, query: &str, scope: ProductScope) -> ProductsView {
    let request = Request::Products {
        query: query.to_owned(),
        scope,
        sort: ProductSort::default(),
        offset: 0,
        count: 100,
    };
    serde_json::from_value(session.request(request).await.unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn one_of_fifty_thousand_products_is_found_and_put_on_air_and_pages_get_the_rundown() {
    let engine = studio(Default::default());
    let mut session = engine.session().await;
    let before = Memory::of(engine.pid()).resident;
    let answer = engine.import("shop.csv", list().as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text());
    let took = most_resident(&engine) - before;
    println!("{took:.0} MiB for {PRODUCTS} products");
    assert!(took < TAKES_MIB, "{took} MiB");
    let total = |s: &Session| s.catalogue.as_ref().map(|c| (c.total, c.products.len()));
    session
        .until(
            PATIENCE,
            "the rundown's products and the number of all",
            |s| total(s).filter(|it| *it == (50_000, 100)),
        )
        .await;

    // A page that comes now gets as little.
    let mut other = engine.session().await;
    let first = other
        .until(PATIENCE, "the rundown's products", |s| s.catalogue.clone())
        .await;
    assert!(first.whole);
    assert_eq!((first.total, first.products.len()), (50_000, 100));

    let found = sought(&mut session, "水蜜桃 49321", ProductScope::Aside).await;
    assert_eq!(
        (found.found, found.products[0].id.as_str()),
        (1, "SKU-49321")
    );
    let all = sought(&mut session, "", ProductScope::All).await;
    assert_eq!((all.found, all.products.len()), (50_000, 100));

    let product: ProductId = "SKU-49321".into();
    let press = Command::PutOnAir {
        product: product.clone(),
    };
    session.command(press).await.unwrap();
    // Both pages learn of it, and what it is called and costs.
    for page in [&mut session, &mut other] {
        page.until(PATIENCE, "it is on air", |s| {
            let on_air = s.show.as_ref()?.on_air.as_ref()?;
            let known = &s.catalogue.as_ref()?.products;
            let is_known = known.iter().any(|it| it.id == product);
            (on_air.product == product && is_known && known.len() == 101).then_some(())
        })
        .await;
    }

    session.command(Command::TakeOffAir).await.unwrap();
    session.request(Request::RemoveAllProducts).await.unwrap();
    session
        .until(PATIENCE, "all are gone", |s| {
            total(s).filter(|it| *it == (0, 0))
        })
        .await;
    session.request(Request::TakeBackProducts).await.unwrap();
    session
        .until(PATIENCE, "all are back", |s| {
            total(s).filter(|it| *it == (50_000, 100))
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_says_how_far_it_is_and_one_that_is_ended_changes_nothing() {
    let engine = std::sync::Arc::new(studio(Default::default()));
    let mut session = engine.session().await;
    let asked = std::sync::Arc::clone(&engine);
    let importing = std::thread::spawn(move || {
        let list = list();
        let headers = [("x-file-name", "shop.csv")];
        asked.http(
            "POST",
            "/api/import?step=take&id=mine",
            &headers,
            list.as_bytes(),
        )
    });
    let until = std::time::Instant::now() + PATIENCE;
    // Some of it is read, and not all.
    loop {
        let told = engine.http("GET", "/api/import?id=mine", &[], b"");
        let is_reading = told.status == 200 && {
            let told: serde_json::Value = serde_json::from_str(&told.text()).unwrap();
            let (rows, permille) = (told["rows"].as_u64(), told["permille"].as_u64());
            told["stage"] == "reading" && rows > Some(0) && permille > Some(0)
        };
        if is_reading {
            break;
        }
        assert!(!importing.is_finished() && std::time::Instant::now() < until);
    }
    assert_eq!(
        engine
            .http("DELETE", "/api/import?id=mine", &[], b"")
            .status,
        200
    );
    let answer = importing.join().unwrap();
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert!(
        answer.text().contains("import_stopped"),
        "{}",
        answer.text()
    );
    assert_eq!(
        engine.http("GET", "/api/import?id=mine", &[], b"").status,
        404
    );
    let all = sought(&mut session, "", ProductScope::All).await;
    assert_eq!(all.found, 0);
}
