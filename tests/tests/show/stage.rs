//! What these tests put on: an engine with an orchard to sell, sources, scenes and destinations.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use stallcast_show::{
    Area, Canvas, CanvasId, Command, Destination, Placement, Product, Scene, Show, Source,
    SourceKind, Text, Transition,
};
use stallcast_tests::world::{Engine, EngineOptions, RtmpServer, Session};
use stallcast_wire::{Request, RunState};

/// How long a step of the show may take on a busy machine.
pub const STEP: Duration = Duration::from_secs(20);

pub fn assets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets")
}

/// An empty studio with Chinese cards, in the world of `env`.
pub fn engine(env: BTreeMap<String, String>) -> Engine {
    let arguments = ["--empty", "--lang", "zh-CN"].map(str::to_owned).to_vec();
    let engine = Engine::start(EngineOptions {
        env,
        arguments,
        data: None,
    });
    for photo in std::fs::read_dir(assets().join("demo/photos")).unwrap() {
        let photo = photo.unwrap();
        let to = engine.data().join("photos").join(photo.file_name());
        std::fs::copy(photo.path(), to).unwrap();
    }
    engine
}

pub async fn import_orchard(engine: &Engine, session: &mut Session) -> Vec<Product> {
    let csv = std::fs::read(assets().join("demo/products.csv")).unwrap();
    let answer = engine.import("products.csv", &csv);
    assert_eq!(answer.status, 200, "{}", answer.text());
    session
        .until(STEP, "the products are there", |s| {
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

pub async fn put_source(session: &mut Session, id: &str, kind: SourceKind) {
    let source = Source {
        id: id.into(),
        name: id.into(),
        kind,
    };
    session
        .command(Command::PutSource { source })
        .await
        .unwrap();
}

pub async fn put_scene(session: &mut Session, id: &str, placements: &[(&str, Area)]) {
    let layout = placements.iter().map(|(source, area)| Placement {
        source: (*source).into(),
        area: *area,
        crop: Area::FULL,
    });
    let scene = Scene {
        id: id.into(),
        name: Text {
            zh: id.into(),
            en: id.into(),
        },
        layouts: BTreeMap::from([(CanvasId("landscape".into()), layout.collect())]),
    };
    session.command(Command::PutScene { scene }).await.unwrap();
}

pub async fn switch(session: &mut Session, scene: &str, transition: Transition) {
    let command = Command::SwitchScene {
        scene: scene.into(),
        transition,
    };
    session.command(command).await.unwrap();
}

/// Waits until a source gives pictures.
pub async fn input_live(session: &mut Session, id: &str) {
    session
        .until(STEP, &format!("{id} is live"), |s| {
            let inputs = &s.status.as_ref()?.inputs;
            inputs
                .iter()
                .find(|i| i.id.as_str() == id && i.run == RunState::Live)
                .map(drop)
        })
        .await;
}

/// Adds a destination on `server`, its key in the file that this test allows.
pub async fn put_destination(session: &mut Session, id: &str, server: &RtmpServer) {
    put_destination_of(session, id, server, Canvas::Landscape).await;
}

/// As [`put_destination`], for what is sent to it.
pub async fn put_destination_of(
    session: &mut Session,
    id: &str,
    server: &RtmpServer,
    canvas: Canvas,
) {
    let destination = Destination {
        id: id.into(),
        platform: "custom".into(),
        name: id.into(),
        url: server.url("live"),
        enabled: true,
        priority: Default::default(),
        canvas,
    };
    session
        .command(Command::PutDestination { destination })
        .await
        .unwrap();
    let key = Request::SetKey {
        destination: id.into(),
        key: format!("key-of-{id}"),
        allow_file: true,
    };
    session.request(key).await.unwrap();
}

/// Goes live and waits until these destinations are.
pub async fn go_live(session: &mut Session, destinations: &[&str]) {
    session.command(Command::GoLive).await.unwrap();
    for id in destinations {
        destination_live(session, id).await;
    }
}

pub async fn destination_live(session: &mut Session, id: &str) {
    session
        .until(STEP, &format!("{id} is live"), |s| {
            let all = &s.status.as_ref()?.destinations;
            all.iter()
                .find(|d| d.id.as_str() == id && d.run == RunState::Live)
                .map(drop)
        })
        .await;
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
        stock: view.stock,
        ticker: view.ticker,
        pinned: view.pinned,
        phase: view.phase,
        ..Show::default()
    }
}
