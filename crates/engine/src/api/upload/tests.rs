//! The import behind its route: what it takes over, what it leaves, and when it ends.

use stallcast_journal::Journal;
use stallcast_show::Product;

use super::list_photos::{NewPhoto, first_of, set_photos};
use super::*;
use crate::air::engine;
use crate::clock::now;
use crate::desk::Desk;
use crate::threads::Threads;

fn product(id: &str, price: i64) -> Product {
    crate::sample::product(id, id, price)
}

#[tokio::test]
async fn a_photo_that_comes_late_undoes_no_price_and_brings_no_product_back() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, resumed) = Journal::open(folder.path().join("journal")).unwrap();
    let (threads, _fallen) = Threads::watched();
    let desk = Desk::start(journal, resumed, now, &threads).unwrap();
    let import = |products| Command::ImportProducts { products };
    let listed = import(vec![product("peach", 5990), product("plum", 100)]);
    desk.submit(engine(), listed).await.unwrap();
    let found = ["peach", "plum"].map(|id| NewPhoto {
        product: id.into(),
        was: None,
        name: "web-1.jpg".to_owned(),
    });
    // All three wait for the desk in this order before any is awaited.
    let plum = Command::RemoveProduct {
        product: "plum".into(),
    };
    let (cheaper, removed, photo) = tokio::join!(
        desk.submit(engine(), import(vec![product("peach", 2990)])),
        desk.submit(engine(), plum),
        desk.submit_at_turn(engine(), |show: &Show| set_photos(show, found.into())),
    );
    cheaper.unwrap();
    removed.unwrap();
    photo.unwrap();
    let show = desk.show();
    assert_eq!(show.products.len(), 1);
    let peach = &show.products[&ProductId::from("peach")];
    assert_eq!(peach.photo.as_deref(), Some("web-1.jpg"));
    assert_eq!(peach.offer, product("peach", 2990).offer);
    let seq = desk
        .submit_at_turn(engine(), |show| set_photos(show, vec![]))
        .await;
    assert_eq!(seq, desk.submit_at_turn(engine(), |_| None).await);
}

#[tokio::test]
async fn a_list_whose_asker_is_gone_is_read_no_further() {
    let text = format!("title,price\n{}", "a,x\n".repeat(1_000_000));
    let stop = Stop::default();
    let reading = read_list(text.into(), ImportOptions::default(), stop.clone());
    tokio::select! {
        biased;
        _ = reading => panic!("a million rows at once"),
        () = std::future::ready(()) => {}
    }
    assert!(stop.asked());
    // The turn comes back when the work has really ended.
    drop(READERS.acquire().await.unwrap());
    let list = Bytes::from_static(b"title,price\na,1\n");
    let stop = Stop::default();
    let next = read_list(list, ImportOptions::default(), stop.clone()).await;
    assert_eq!(next.unwrap().unwrap().products.len(), 1);
    assert!(!stop.asked(), "what was read to its end goes on");
}

#[test]
fn a_price_without_a_sign_is_in_the_currency_of_the_other_goods_or_of_the_language() {
    let folder = tempfile::tempdir().unwrap();
    let assets = crate::folders::Folders::default_assets();
    let folders = crate::folders::Folders::open(folder.path().join("data"), assets).unwrap();
    let demo = Demo::read(&folders).unwrap();
    let mut show = Show::default();
    for command in crate::demo::commands(&folders, false).unwrap() {
        let events = stallcast_show::decide(&show, command, stallcast_show::At(1)).unwrap();
        show.apply_all(&events);
    }
    // The demo's goods say nothing of one's own.
    assert_eq!(currency_of(&show, &demo, Lang::En).0, "USD");
    assert_eq!(currency_of(&show, &demo, Lang::Zh).0, "CNY");
    for (id, code) in [("a", "EUR"), ("b", "USD"), ("c", "EUR")] {
        let mut own = product(id, 100);
        own.offer.live_price.currency = Currency(code.to_owned());
        show.products.insert(id.into(), own);
    }
    assert_eq!(currency_of(&show, &demo, Lang::Zh).0, "EUR");
}

#[test]
fn of_many_photos_that_could_not_be_had_the_first_are_named() {
    let problem = |line| ImportProblem {
        line,
        column: "B".to_owned(),
        code: "photo_refused".to_owned(),
        value: String::new(),
        taken: true,
    };
    let named = first_of((1..=1_200).rev().map(problem).collect());
    assert_eq!(named.len(), 1_001);
    assert_eq!((named[0].line, named[1_000].line), (1, 1_001));
    assert_eq!(named[1_000].value, "200");
}

#[test]
fn file_names_come_back_from_their_header_form() {
    assert_eq!(unescape("%E5%95%86%E5%93%81.csv"), "商品.csv");
    assert_eq!(unescape("100%.csv"), "100%.csv");
    assert_eq!(unescape("a%zz"), "a%zz");
}
