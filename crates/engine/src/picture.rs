//! The overlay's thread: follows the show, draws what changed, sleeps until the picture changes by itself.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use stallcast_media::blend::Layer;
use stallcast_media::program::Program;
use stallcast_overlay::{Lang, Overlay, SHELF};
use stallcast_show::Show;
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::clock::now;
use crate::desk::Published;

/// A card takes some 50 ms to draw; with less time than this before the next step of the clock it waits.
const PREPARE: Duration = Duration::from_millis(200);

/// Draws for one program until `ended` says so. Blocks; runs on a thread of its own.
pub fn follow(
    mut overlay: Overlay,
    program: &Program,
    mut published: watch::Receiver<Published>,
    mut ended: watch::Receiver<bool>,
    lang: Lang,
    photos: &Path,
    runtime: &Handle,
) {
    let mut told = Vec::new();
    loop {
        let show = Arc::clone(&published.borrow_and_update().show);
        let layers = overlay.layers(&show, now(), lang, photos);
        program.set_overlay(layers.list.into_iter().map(layer).collect());
        if layers.notices != told {
            for notice in &layers.notices {
                tracing::warn!(?notice, "the card shows its placeholder");
            }
            told = layers.notices;
        }
        let wait = layers
            .next_change
            .map(|at| Duration::from_millis(u64::try_from(at.0 - now().0).unwrap_or(0)));
        // While nothing else is to be drawn, the cards of the number keys are: then a press costs no drawing.
        if !published.has_changed().unwrap_or(true)
            && !ended.has_changed().unwrap_or(true)
            && wait.is_none_or(|wait| wait > PREPARE)
            && prepare(&mut overlay, &show, lang, photos)
        {
            continue;
        }
        let until = async {
            match wait {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        let goes_on = runtime.block_on(async {
            tokio::select! {
                changed = published.changed() => changed.is_ok(),
                () = until => true,
                _ = ended.wait_for(|ended| *ended) => false,
            }
        });
        if !goes_on {
            return;
        }
    }
}

/// Draws one card that is not ready yet; false when all are.
fn prepare(overlay: &mut Overlay, show: &Show, lang: Lang, photos: &Path) -> bool {
    let items = show.rundown.iter().take(SHELF);
    let mut products = items.filter_map(|item| show.products.get(&item.product));
    products.any(|product| overlay.prepare(show, product, lang, photos))
}

fn layer(layer: stallcast_overlay::Layer) -> Layer {
    Layer {
        id: layer.id.to_owned(),
        version: layer.version,
        x: layer.x,
        y: layer.y,
        width: layer.width,
        height: layer.height,
        rgba: layer.rgba,
        opacity: 1.0,
    }
}
