//! The canvases from the air thread's side: opened and closed as the show wants, each with a recording of its own. A
//! canvas that is off costs nothing; one that cannot be opened leaves the other as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use stallcast_media::encoder::EncoderChoice;
use stallcast_media::error::MediaError;
use stallcast_show::{Canvas, Show};
use stallcast_wire::NoticeLevel;

use super::pace::Pace;
use super::recording::Recording;
use super::recording_orders::RecordAgain;
use super::slate::Slated;
use super::{Air, Order, set_scene};
use crate::canvases::Stage;

/// How long after a canvas could not be opened it is tried again.
const OPEN_AGAIN: Duration = Duration::from_secs(30);

/// A canvas on air.
pub struct Lane {
    pub stage: Stage,
    pub recording: Option<Recording>,
    /// Set while the next part waits because the one before failed.
    pub record_again: Option<RecordAgain>,
    pub(super) pace: Pace,
}

impl Lane {
    pub fn new(stage: Stage) -> Self {
        Self {
            stage,
            recording: None,
            record_again: None,
            pace: Pace::default(),
        }
    }
}

/// What is known of canvases whether they run or not.
#[derive(Default)]
pub struct Wings {
    opening: BTreeSet<Canvas>,
    open_again: BTreeMap<Canvas, Instant>,
    pub encoders: BTreeMap<Canvas, EncoderChoice>,
    pub(super) slated: Slated,
    /// Encoders that failed on air, first one first.
    pub failed_encoders: Vec<String>,
}

impl Air {
    /// Looks whether the computer keeps up with every canvas.
    pub(super) fn look_at_pace(&mut self) {
        let at = self.began.elapsed();
        for (canvas, lane) in &mut self.lanes {
            let (frames, fps) = (
                lane.stage.program.stats().frames_produced,
                lane.stage.program.spec().canvas.fps,
            );
            let (canvas, changed) = (canvas.name(), lane.pace.look(at, frames, fps));
            match changed {
                Some(true) => {
                    let fps = lane.pace.fps();
                    tracing::warn!(canvas, fps, "this computer is too slow for its pictures");
                }
                Some(false) => tracing::info!(canvas, "this computer keeps up again"),
                None => {}
            }
        }
    }

    /// Opens and closes canvases as the show wants.
    pub(super) fn follow_canvases(&mut self, show: &Show) {
        let running: Vec<Canvas> = self.lanes.keys().copied().collect();
        for canvas in running {
            if !show.canvases.has(canvas) {
                self.close(canvas, show);
            }
        }
        for canvas in show.canvases.iter() {
            let waits = self.wings.open_again.get(&canvas);
            if self.lanes.contains_key(&canvas)
                || self.wings.opening.contains(&canvas)
                || waits.is_some_and(|at| Instant::now() < *at)
            {
                continue;
            }
            self.wings.opening.insert(canvas);
            let (canvases, orders) = (self.parts.canvases.clone(), self.parts.own_orders.clone());
            // A driver may take its time; the other canvas does not wait for it.
            self.parts.runtime.spawn_blocking(move || {
                let opened = canvases.open(canvas);
                // At the end of the engine nobody listens any more.
                let _ = orders.blocking_send(Order::CanvasOpened(canvas, opened));
            });
        }
    }

    /// A canvas was started, or could not be.
    pub(super) fn canvas_opened(&mut self, canvas: Canvas, opened: Result<Stage, MediaError>) {
        self.wings.opening.remove(&canvas);
        let stage = match opened {
            Ok(stage) => stage,
            Err(error) => {
                tracing::error!(%error, canvas = canvas.name(), "a canvas could not be opened");
                let again = Instant::now() + OPEN_AGAIN;
                self.wings.open_again.insert(canvas, again);
                let name = canvas.name().to_owned();
                self.tell(
                    NoticeLevel::Error,
                    "notice.canvas_failed",
                    &[("canvas", name)],
                );
                return;
            }
        };
        self.wings.open_again.remove(&canvas);
        let show = self.parts.desk.show();
        if !show.canvases.has(canvas) {
            // Switched off again meanwhile.
            self.discard(stage);
            return;
        }
        tracing::info!(canvas = canvas.name(), "a canvas is on");
        set_scene(&stage, &show);
        self.uplink
            .insert(canvas, stage.program.clone(), stage.hub.clone());
        self.parts.canvases.add(stage.clone());
        self.lanes.insert(canvas, Lane::new(stage));
        self.record(&show);
        self.outputs.follow(&show);
    }

    fn close(&mut self, canvas: Canvas, show: &Show) {
        let Some(lane) = self.lanes.remove(&canvas) else {
            return;
        };
        tracing::info!(canvas = canvas.name(), "a canvas is off");
        self.parts.canvases.remove(canvas);
        self.uplink.remove(canvas);
        self.wings.encoders.remove(&canvas);
        self.wings.slated.forget(canvas);
        self.outputs.follow(show);
        if let Some(recording) = lane.recording {
            self.finish(canvas, recording);
        }
        self.discard(lane.stage);
    }

    /// Ends a program where it may take as long as its driver wants.
    fn discard(&self, stage: Stage) {
        self.parts.runtime.spawn_blocking(move || drop(stage));
    }
}
