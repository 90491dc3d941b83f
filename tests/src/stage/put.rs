//! What the engine is told to do, as a page tells it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use stallcast_show::{
    Area, Canvas, CanvasId, Canvases, Command, Destination, Placement, Priority, Product, Scene,
    Source, SourceKind, Text, Transition,
};
use stallcast_wire::Request;

use super::input_live;
use crate::probe::flash_clip;
use crate::world::{PATIENCE, Session, as_seen};

/// Adds a source, or changes it.
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

/// Adds a scene of these sources, the last on top, or changes it.
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

/// Cuts to a scene.
pub async fn switch_to(session: &mut Session, scene: &str) {
    let command = Command::SwitchScene {
        scene: scene.into(),
        transition: Transition::Cut,
    };
    session.command(command).await.unwrap();
}

/// Makes these all that is on screen, the last on top.
pub async fn put_on_screen(session: &mut Session, sources: &[(&str, SourceKind, Area)]) {
    for (id, kind, _) in sources {
        put_source(session, id, kind.clone()).await;
    }
    let placed: Vec<_> = sources.iter().map(|(id, _, area)| (*id, *area)).collect();
    put_scene(session, "stage", &placed).await;
    switch_to(session, "stage").await;
}

/// Makes one source all that is on screen.
pub async fn put_full_screen(session: &mut Session, id: &str, kind: SourceKind) {
    put_on_screen(session, &[(id, kind, Area::FULL)]).await;
}

/// Puts a product on air.
pub async fn put_on_air(session: &mut Session, product: &Product) {
    let product = product.id.clone();
    let command = Command::PutOnAir { product };
    session.command(command).await.unwrap();
}

/// Switches the recording on or off.
pub async fn record(session: &mut Session, on: bool) {
    let command = Command::SetRecording { on };
    session.command(command).await.unwrap();
}

/// Switches these canvases on and waits until exactly they are encoded.
pub async fn switch_canvases(session: &mut Session, canvases: Canvases) {
    let command = Command::SetCanvases { canvases };
    session.command(command).await.unwrap();
    let wanted: Vec<Canvas> = canvases.iter().collect();
    session
        .until(PATIENCE, "the canvases are encoded", |s| {
            let all = &s.status.as_ref()?.canvases;
            let is_encoded = all.iter().all(|on| on.encoder.is_some());
            let running: Vec<Canvas> = all.iter().map(|on| on.canvas).collect();
            (running == wanted && is_encoded).then_some(())
        })
        .await;
}

/// A destination named as its id, switched on, that is sent the landscape canvas.
pub fn destination(id: &str, url: &str) -> Destination {
    Destination {
        id: id.into(),
        platform: "custom".into(),
        name: id.into(),
        url: url.into(),
        enabled: true,
        priority: Priority::Normal,
        canvas: Canvas::Landscape,
        codec: Default::default(),
    }
}

/// Adds a [`destination`], or changes it, with a key.
pub async fn put_destination(session: &mut Session, id: &str, url: &str) {
    put_destination_like(session, destination(id, url)).await;
}

/// As [`put_destination`], with all that a destination has.
pub async fn put_destination_like(session: &mut Session, destination: Destination) {
    let id = destination.id.as_str().to_owned();
    session
        .command(Command::PutDestination { destination })
        .await
        .unwrap();
    put_key(session, &id, &format!("key-of-{id}")).await;
}

/// Stores a destination's key, in the file that this world allows.
pub async fn put_key(session: &mut Session, id: &str, key: &str) {
    let request = Request::SetKey {
        destination: id.into(),
        key: key.to_owned(),
        allow_file: true,
    };
    session.request(request).await.unwrap();
}

/// A file as a source.
pub fn file(path: &Path) -> SourceKind {
    let path = as_seen(path).to_string_lossy().into_owned();
    SourceKind::File { path }
}

/// Makes a clip in `folder` that flashes and beeps every second at the same moment, of 20 seconds.
pub fn flashes(folder: &Path) -> PathBuf {
    let clip = folder.join("flash.mp4");
    flash_clip(&clip, Duration::from_secs(20), Duration::ZERO);
    clip
}

/// Makes [`flashes`] all that is on screen, as the source `clip`, and waits until they are.
pub async fn put_flashes_on_screen(session: &mut Session, folder: &Path) {
    put_full_screen(session, "clip", file(&flashes(folder))).await;
    input_live(session, "clip").await;
}
