//! The studio, and the orchard that it sells from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use stallcast_show::{Command, Product, Show};

use crate::world::{Engine, EngineOptions, PATIENCE, Session};

/// The folder of what the program is delivered with: themes, the demo show and its photos.
pub fn assets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets")
}

/// An empty studio with Chinese cards and the orchard's photos, in the world of `env`.
pub fn studio(env: BTreeMap<String, String>) -> Engine {
    studio_with(env, &[])
}

/// As [`studio`], with more on its command line.
pub fn studio_with(env: BTreeMap<String, String>, more: &[&str]) -> Engine {
    let usual = ["--empty", "--lang", "zh-CN"];
    let arguments = usual.iter().chain(more).map(|word| (*word).to_owned());
    let engine = Engine::start(EngineOptions {
        env,
        arguments: arguments.collect(),
        data: None,
    });
    for photo in std::fs::read_dir(assets().join("demo/photos")).unwrap() {
        let photo = photo.unwrap();
        let to = engine.data().join("photos").join(photo.file_name());
        std::fs::copy(photo.path(), to).unwrap();
    }
    engine
}

/// Imports the orchard's products as the page does; they are given in the order of the rundown.
pub async fn import_orchard(engine: &Engine, session: &mut Session) -> Vec<Product> {
    let csv = std::fs::read(assets().join("demo/products.csv")).unwrap();
    let answer = engine.import("products.csv", &csv);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let vetted = Command::VetProducts {
        products: None,
        by: String::new(),
    };
    session.command(vetted).await.unwrap();
    session
        .until(PATIENCE, "the products are there", |s| {
            let rundown = &s.show.as_ref()?.rundown;
            let products = &s.catalogue.as_ref()?.products;
            let in_order = rundown.iter().map(|item| {
                let found = products.iter().find(|product| product.id == item.product);
                found.cloned()
            });
            in_order
                .collect::<Option<Vec<_>>>()
                .filter(|p| p.len() >= 3)
        })
        .await
}

/// The show as the session was told, with what the cards need.
pub fn show_of(session: &Session) -> Show {
    let view = session.show.clone().unwrap();
    let products = session.catalogue.clone().unwrap().products;
    Show {
        name: view.name,
        products: products
            .into_iter()
            .map(|product| (product.id.clone(), product))
            .collect(),
        rundown: view.rundown,
        on_air: view.on_air,
        countdown: view.countdown,
        stock: view.stock.into(),
        ticker: view.ticker,
        card_look: view.card_look,
        pause: view.pause,
        pinned: view.pinned,
        phase: view.phase,
        ..Show::default()
    }
}
