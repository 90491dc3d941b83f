//! The overlay's thread: follows the show, draws what changed on every canvas, sleeps until the picture changes by
//! itself. One look at the clock serves all canvases, so that they show the same second.

mod slates;
mod worn;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use stallcast_media::blend::Layer;
use stallcast_overlay::{CanvasSize, Lang, Notice, Overlay, SHELF, SlateKind, Span};
use stallcast_show::{Canvas, PictureText, ProductId, Show};
use stallcast_wire::{FindingView, FindingsView};
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::air::End;
use crate::canvases::{Stage, Stages};
use crate::clock::now;
use crate::comings::{Comings, Pace};
use crate::desk::Published;
use crate::looks::Looks;
use crate::notices::Notices;
use crate::part_boxes::PartBoxes;
use slates::{SlateWords, slate_kind};
use worn::Worn;

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

/// What everything is drawn with.
pub struct Easel {
    pub(crate) looks: Looks,
    pub(crate) notices: Notices,
    parts: PartBoxes,
}

/// A canvas that is drawn on.
struct Canvassed {
    /// Of the stage that has the slate; another needs its own.
    number: u64,
    slate: SlateKind,
    worn: u64,
    overlay: Overlay,
    comings: Comings,
    /// Where the slate has its words, and what they were kept clear of.
    words: SlateWords,
    /// What stands on the picture.
    taken: Vec<Span>,
}

/// Draws on the canvases that run until `ended` says so. Blocks; runs on a thread of its own.
pub fn follow(
    easel: &Easel,
    mut running: watch::Receiver<Stages>,
    mut published: watch::Receiver<Published>,
    mut findings: watch::Receiver<Arc<FindingsView>>,
    mut ended: watch::Receiver<Option<End>>,
    runtime: &Handle,
) {
    let mut drawn = BTreeMap::new();
    let mut told = Vec::new();
    let mut worn = None;
    loop {
        let show = Arc::clone(&published.borrow_and_update().show);
        let Some(worn) = easel.dress(&mut worn, &show.card_look) else {
            return;
        };
        let wait = {
            let stages = running.borrow_and_update().clone();
            easel.set_up(&mut drawn, &stages, slate_kind(&show), worn);
            easel.parts.keep(|canvas| drawn.contains_key(&canvas));
            let kept_off = kept_off(&findings.borrow_and_update());
            for on in drawn.values_mut() {
                on.overlay.keep_off(&kept_off);
            }
            let wait = easel.draw(&mut drawn, &stages, &show, worn.lang, &mut told);
            let began = std::time::Instant::now();
            easel.clear_slates(&mut drawn, &stages, worn);
            wait.map(|wait| wait.saturating_sub(began.elapsed()))
        };
        // While nothing else is to be drawn, the cards of the number keys are: then a press costs no drawing.
        if !published.has_changed().unwrap_or(true)
            && !running.has_changed().unwrap_or(true)
            && !ended.has_changed().unwrap_or(true)
            && wait.is_none_or(|wait| wait > PREPARE)
            && easel.prepare(&mut drawn, &show, worn.lang)
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
                changed = running.changed() => changed.is_ok(),
                changed = findings.changed() => changed.is_ok(),
                () = until => true,
                _ = ended.wait_for(Option::is_some) => false,
            }
        });
        if !goes_on {
            return;
        }
    }
}

/// Products whose words a rule forbids and nobody gave a reason for.
pub(crate) fn kept_off(findings: &FindingsView) -> Arc<BTreeSet<ProductId>> {
    let products = findings.products.iter();
    let forbidden = products.filter(|(_, found)| found.iter().any(FindingView::blocks));
    Arc::new(forbidden.map(|(id, _)| id.clone()).collect())
}

impl Easel {
    /// What everything is drawn with, where to say what stands where, and whom to tell of a theme that cannot be used.
    pub fn new(looks: Looks, notices: Notices, parts: PartBoxes) -> Self {
        Self {
            looks,
            notices,
            parts,
        }
    }

    /// Gives every new canvas its slate and an overlay, those that have another slate this one, and forgets those that
    /// are gone.
    fn set_up(
        &self,
        drawn: &mut BTreeMap<Canvas, Canvassed>,
        stages: &Stages,
        kind: SlateKind,
        worn: &Worn,
    ) {
        drawn.retain(|canvas, known| stages.get(canvas).is_some_and(|s| s.number == known.number));
        for (canvas, stage) in stages {
            let same = |known: &Canvassed| known.slate == kind && known.worn == worn.number;
            if drawn.get(canvas).is_some_and(same) {
                continue;
            }
            let spec = &stage.program.spec().canvas;
            let size = CanvasSize {
                width: spec.width,
                height: spec.height,
            };
            let version = drawn.get(canvas).map_or(0, |known| known.words.version) + 1;
            let (picture, words) = self.slate(size, kind, worn, version, Vec::new());
            stage.program.set_slate(Some(picture));
            if let Some(known) = drawn.get_mut(canvas) {
                known.words = words;
                known.slate = kind;
                if known.worn != worn.number {
                    known.worn = worn.number;
                    // The layers that are on air stay until all of the new ones are drawn.
                    known.overlay.set_theme(worn.theme.clone());
                }
                continue;
            }
            let overlay = Overlay::new(worn.theme.clone(), self.looks.fonts().clone(), size);
            let number = stage.number;
            let canvassed = Canvassed {
                number,
                slate: kind,
                worn: worn.number,
                overlay,
                comings: Comings::default(),
                words,
                taken: Vec::new(),
            };
            drawn.insert(*canvas, canvassed);
        }
    }

    /// Draws what changed on all canvases, then puts it on air on all at once; how long until the picture changes
    /// by itself.
    fn draw(
        &self,
        drawn: &mut BTreeMap<Canvas, Canvassed>,
        stages: &Stages,
        show: &Show,
        lang: Lang,
        told: &mut Vec<Notice>,
    ) -> Option<Duration> {
        let at = now();
        let words = |text: PictureText| {
            let words = show.picture_text(text, lang.of_card());
            words.map(str::to_owned)
        };
        let mut ready: Vec<(&Stage, &mut Canvassed, Vec<Layer>)> = Vec::new();
        let mut next_change = None;
        let mut notices = Vec::new();
        let pace = match show.card_look.still {
            true => Pace::Still,
            false => Pace::Smooth,
        };
        for (canvas, on) in drawn.iter_mut() {
            let Some(stage) = stages.get(canvas) else {
                continue;
            };
            let layers = on.overlay.layers(show, at, lang, self.looks.photos());
            let parts = on.overlay.parts(&layers);
            let size = on.overlay.canvas();
            self.parts
                .set(*canvas, size, &parts, &layers.waiting, words);
            on.taken = on.overlay.taken(&layers);
            ready.push((stage, on, layers.list.into_iter().map(layer).collect()));
            next_change = [next_change, layers.next_change]
                .into_iter()
                .flatten()
                .min();
            for notice in layers.notices {
                if !notices.contains(&notice) {
                    notices.push(notice);
                }
            }
        }
        // One look at the program's clock, too, after the drawing: what comes or goes does so alike on all canvases.
        let running = stages
            .values()
            .next()
            .map(|stage| stage.program.running_time());
        let mut until_gone: Option<Duration> = None;
        for (stage, on, layers) in ready {
            let size = on.overlay.canvas();
            let lines = size.width.min(size.height);
            let (layers, gone) = on
                .comings
                .next(layers, running.unwrap_or_default(), lines, pace);
            stage.program.set_overlay(layers);
            until_gone = [until_gone, gone].into_iter().flatten().min();
        }
        if notices != *told {
            for notice in &notices {
                tracing::warn!(?notice, "the card shows its placeholder");
            }
            *told = notices;
        }
        let changes =
            next_change.map(|at| Duration::from_millis(u64::try_from(at.0 - now().0).unwrap_or(0)));
        [changes, until_gone].into_iter().flatten().min()
    }

    /// Draws one card that is not ready yet; false when all are.
    fn prepare(&self, drawn: &mut BTreeMap<Canvas, Canvassed>, show: &Show, lang: Lang) -> bool {
        let items = show.rundown.iter();
        let listed = items.filter_map(|item| show.products.get(&item.product));
        // The one on air is drawn as it will be when its price falls.
        let on_air = show.product_on_air().into_iter();
        let products: Vec<_> = on_air.chain(listed).take(SHELF).collect();
        let mut canvases = drawn.values_mut();
        canvases.any(|on| {
            let mut products = products.iter();
            products.any(|product| {
                on.overlay
                    .prepare(show, product, now(), lang, self.looks.photos())
            })
        })
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
        motion: None,
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
