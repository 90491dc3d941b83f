//! The overlay's thread: follows the show, draws what changed, sleeps until the picture changes by itself.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use stallcast_media::blend::Layer;
use stallcast_media::program::Program;
use stallcast_overlay::{Lang, Overlay};
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::clock::now;
use crate::desk::Published;

/// Draws for one program until the desk is gone. Blocks; runs on a thread of its own.
pub fn follow(
    mut overlay: Overlay,
    program: &Program,
    mut published: watch::Receiver<Published>,
    lang: Lang,
    photos: &PathBuf,
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
        let changed = runtime.block_on(async {
            match wait {
                Some(wait) => tokio::time::timeout(wait, published.changed())
                    .await
                    .unwrap_or(Ok(())),
                None => published.changed().await,
            }
        });
        if changed.is_err() {
            return;
        }
    }
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
