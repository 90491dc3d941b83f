//! The overlay's thread: follows the show, draws what changed, sleeps until the picture changes by itself.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use stallcast_media::blend::Layer;
use stallcast_media::program::Program;
use stallcast_overlay::{Lang, Overlay, SHELF};
use stallcast_show::Show;
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::air::End;
use crate::clock::now;
use crate::desk::Published;

/// A card takes some 50 ms to draw; with less time than this before the next step of the clock it waits.
const PREPARE: Duration = Duration::from_millis(200);

/// Wait before drawing begins anew after the first panic of a row; doubled with each up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// A card that can never be drawn costs no more than a try in this time.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Runs `round` until one ends without a panic. After a panic the program keeps the last layers: it `tell`s a person
/// of the first of a row, waits (`pause` is false when the engine ends) and begins anew with nothing of the round.
/// A round that lasted longer than [`LONGEST_PAUSE`] ends the row.
pub fn restarting(
    mut round: impl FnMut(),
    mut tell: impl FnMut(),
    mut pause: impl FnMut(Duration) -> bool,
) {
    let mut wait = FIRST_PAUSE;
    loop {
        let began = std::time::Instant::now();
        if catch_unwind(AssertUnwindSafe(&mut round)).is_ok() {
            return;
        }
        tracing::error!("drawing the cards panicked; the last ones stay, and it begins anew");
        if began.elapsed() > LONGEST_PAUSE {
            wait = FIRST_PAUSE;
        }
        if wait == FIRST_PAUSE {
            tell();
        }
        if !pause(wait) {
            return;
        }
        wait = (wait * 2).min(LONGEST_PAUSE);
    }
}

/// Draws for one program until `ended` says so. Blocks; runs on a thread of its own.
pub fn follow(
    mut overlay: Overlay,
    program: &Program,
    mut published: watch::Receiver<Published>,
    mut ended: watch::Receiver<Option<End>>,
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
                _ = ended.wait_for(Option::is_some) => false,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawing_that_panics_begins_anew_and_a_person_hears_of_a_row_once() {
        let mut rounds = 0;
        let mut told = 0;
        let mut pauses = vec![];
        restarting(
            || {
                rounds += 1;
                assert!(rounds > 3, "injected");
            },
            || told += 1,
            |wait| {
                pauses.push(wait.as_secs());
                true
            },
        );
        assert_eq!((rounds, told, pauses), (4, 1, vec![1, 2, 4]));
    }

    #[test]
    fn drawing_that_always_panics_ends_with_the_engine() {
        let mut pauses = 0;
        let mut longest = Duration::ZERO;
        restarting(
            || panic!("injected"),
            || {},
            |wait| {
                pauses += 1;
                longest = wait;
                pauses < 20
            },
        );
        assert_eq!((pauses, longest), (20, LONGEST_PAUSE));
    }
}
