//! A list is looked at before it is taken over, and changes nothing that it does not say.

use serde_json::Value;
use stallcast_show::{Command, Product, ProductId, Text};
use stallcast_tests::stage::studio;
use stallcast_tests::world::{Engine, PATIENCE};

fn post(engine: &Engine, query: &str, list: &str) -> (u16, Value) {
    let path = format!("/api/import?{query}");
    let answer = engine.http(
        "POST",
        &path,
        &[("x-file-name", "list.csv")],
        list.as_bytes(),
    );
    (answer.status, serde_json::from_str(&answer.text()).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_list_is_looked_at_and_then_taken_over_as_it_was_seen() {
    let engine = studio(Default::default());
    let mut session = engine.session().await;
    let first = "货号,标题,直播价,库存\nA1,桃,29.9,100\nB2,梨,19.9,50\n";
    let (status, look) = post(&engine, "step=look", first);
    assert_eq!(
        (status, &look["added"], &look["changed"]),
        (200, &2.into(), &0.into())
    );
    assert!(
        session
            .catalogue
            .as_ref()
            .is_none_or(|c| c.products.is_empty())
    );
    let take = |look: &Value| format!("step=take&seen={}", look["seen"].as_str().unwrap());
    assert_eq!(post(&engine, &take(&look), first).0, 200);
    let known = |id: &'static str| {
        move |s: &stallcast_tests::world::Session| -> Option<Product> {
            let products = &s.catalogue.as_ref()?.products;
            products
                .iter()
                .find(|p| p.id == ProductId::from(id))
                .cloned()
        }
    };
    let was = session
        .until(PATIENCE, "the list is there", |s| known("A1")(s))
        .await;

    // Typed by hand, after the list and before it comes again.
    let mut typed = was.clone();
    typed.offer.gift = Text {
        zh: "水果刀".to_owned(),
        en: String::new(),
    };
    let put = Command::PutProduct {
        product: Box::new(typed.clone()),
        was: Some(Box::new(was)),
    };
    let second = "货号,标题,直播价,讲解时长,讲解人\nB2,梨,19.9,3,小李\nA1,桃,27.9,2,\n";
    let (_, old) = post(&engine, "step=look", second);
    session.command(put).await.unwrap();
    let (status, refused) = post(&engine, &take(&old), second);
    assert_eq!(
        (status, refused["code"].as_str()),
        (422, Some("import_changed"))
    );
    let (_, look) = post(&engine, "step=look", second);
    assert_eq!((&look["added"], &look["changed"]), (&0.into(), &1.into()));
    assert_eq!(look["changes"][0]["fields"][0]["field"], "live_price");
    assert_eq!(look["changes"][0]["fields"][0]["to"], "27.90 CNY");
    assert_eq!(look["listed"], 2);
    assert_eq!(post(&engine, &take(&look), second).0, 200);
    typed.offer.live_price.minor = 2790;
    let is_so = |s: &stallcast_tests::world::Session| {
        let rundown = &s.show.as_ref()?.rundown;
        let order: Vec<(&str, u32, &str)> = rundown
            .iter()
            .map(|item| (item.product.as_str(), item.planned_s, item.holder.as_str()))
            .collect();
        let ordered = order == [("B2", 180, "小李"), ("A1", 120, "")];
        (ordered && known("A1")(s).as_ref() == Some(&typed)).then_some(())
    };
    session
        .until(PATIENCE, "price and rundown follow the list", is_so)
        .await;

    // The same once more is nothing.
    let (_, look) = post(&engine, "step=look", second);
    assert_eq!(
        (&look["imported"], &look["changed"], &look["listed"]),
        (&2.into(), &0.into(), &0.into())
    );

    // A header that says nothing comes back, and what a person says of it is taken.
    let odd = "款,售卖价\n李,9.9\n";
    let (status, refused) = post(&engine, "step=look", odd);
    assert_eq!(
        (status, refused["params"]["headers"].as_str()),
        (422, Some("款\t售卖价"))
    );
    let said = "%7B%22%E6%AC%BE%22%3A%22title%22%2C%22%E5%94%AE%E5%8D%96%E4%BB%B7%22%3A%22live_price%22%7D";
    let (_, look) = post(&engine, &format!("step=look&columns={said}"), odd);
    assert_eq!(
        (&look["added"], look["columns"][1]["field"].as_str()),
        (&1.into(), Some("live_price"))
    );
}
