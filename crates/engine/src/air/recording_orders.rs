//! What the air thread does about the recording: begins and ends it as the show wants, marks what is on air, and tells
//! when it failed.

use std::time::Instant;

use stallcast_show::{Canvas, Show, Text};
use stallcast_wire::{NoticeLevel, RecordingStatus};

use super::part_name::canvas_of;
use super::recording::{Failure, Plan, Recording};
use super::{Air, Order, RECORD_AGAIN};
use crate::clock::now;

/// The next part waits: the one before failed.
pub(super) struct RecordAgain {
    at: Instant,
    error: &'static str,
}

impl Air {
    /// For the page: the part that runs, or why none does although one is wanted.
    pub(super) fn recording_status(&self, canvas: Canvas, show: &Show) -> Option<RecordingStatus> {
        let lane = self.lanes.get(&canvas)?;
        if let Some(recording) = &lane.recording {
            return Some(recording.status());
        }
        let again = lane.record_again.as_ref().filter(|_| show.recording)?;
        let wait = again.at.saturating_duration_since(Instant::now());
        Some(RecordingStatus {
            file: parts_of(show, canvas).last().cloned().unwrap_or_default(),
            bytes: 0,
            seconds: 0,
            error: again.error.into(),
            next_in_ms: Some(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
        })
    }

    /// Begins or ends the recording of every canvas as the show wants.
    pub(super) fn record(&mut self, show: &Show) {
        let canvases: Vec<Canvas> = self.lanes.keys().copied().collect();
        for canvas in canvases {
            let Some(lane) = self.lanes.get_mut(&canvas) else {
                continue;
            };
            match (show.recording, lane.recording.take()) {
                (true, None) => self.begin_recording(canvas, show),
                (false, Some(recording)) => self.finish(canvas, recording),
                (_, recording) => lane.recording = recording,
            }
        }
    }

    /// Begins a part, unless the last one failed just now.
    fn begin_recording(&mut self, canvas: Canvas, show: &Show) {
        let running_us = self.running_us();
        let Some(lane) = self.lanes.get_mut(&canvas) else {
            return;
        };
        if lane
            .record_again
            .as_ref()
            .is_some_and(|again| Instant::now() < again.at)
        {
            return;
        }
        lane.record_again = None;
        let plan = Plan {
            hub: lane.stage.hub.clone(),
            folder: self.parts.folders.recordings(),
            canvas,
            part: parts_of(show, canvas).count() + 1,
            unix_us_at_zero: now().0 * 1_000 - running_us,
            events: self.parts.canvases.events(canvas),
            desk: self.parts.desk.clone(),
            isolated: self.isolated.feed(),
        };
        let open = self.parts.open_part.clone();
        let recording = Recording::start(plan, &self.parts.runtime, open);
        if let Some(product) = show.product_on_air() {
            recording.chapter(running_us, chapter_title(&product.title));
        }
        lane.recording = Some(recording);
    }

    /// The product on air begins a chapter now.
    pub(super) fn mark_product(&self, show: &Show) {
        if let Some(product) = show.product_on_air() {
            self.mark(&chapter_title(&product.title));
        }
    }

    /// No product is on air any more: its chapter ends, and one of the scene begins.
    pub(super) fn mark_scene(&self, show: &Show) {
        self.mark(&scene_title(show));
    }

    fn mark(&self, title: &str) {
        let at = self.running_us();
        for recording in self.lanes.values().filter_map(|l| l.recording.as_ref()) {
            recording.chapter(at, title.to_owned());
        }
    }

    fn running_us(&self) -> i64 {
        i64::try_from(self.parts.canvases.running_time().as_micros()).unwrap_or(i64::MAX)
    }

    /// Learns the outcome of recordings that ended by themselves.
    pub(super) fn look_at_recording(&mut self) {
        let mut ended = Vec::new();
        for (canvas, lane) in &mut self.lanes {
            if let Some(recording) = lane.recording.take_if(|recording| recording.has_ended()) {
                ended.push((*canvas, recording));
            }
        }
        for (canvas, recording) in ended {
            // It is there already: this waits for nothing.
            let outcome = self.parts.runtime.block_on(recording.finish());
            self.part_closed(canvas, outcome);
        }
    }

    /// Closes a part in the background: a slow disk must not hold up the show.
    pub(super) fn finish(&self, canvas: Canvas, recording: Recording) {
        let orders = self.parts.own_orders.clone();
        self.parts.runtime.spawn(async move {
            let outcome = recording.finish().await;
            // At the end of the engine nobody listens any more; the part is closed all the same.
            let _ = orders.send(Order::PartClosed(canvas, outcome)).await;
        });
    }

    /// The one place that tells of a failure and has the next part wait.
    pub(super) fn part_closed(&mut self, canvas: Canvas, outcome: Result<(), Failure>) {
        let Err(failure) = outcome else { return };
        tracing::error!(cause = failure.cause, "a recording part failed");
        let (error, key) = if failure.is_disk_full {
            ("disk_full", "notice.disk_full")
        } else {
            ("recording_failed", "notice.recording_failed")
        };
        let now = Instant::now();
        // A full disk stops both canvases; one sentence will do.
        let mut waiting = self.lanes.values().filter_map(|l| l.record_again.as_ref());
        let is_told = waiting.any(|again| again.error == error && now < again.at);
        if let Some(lane) = self.lanes.get_mut(&canvas) {
            lane.record_again = Some(RecordAgain {
                at: now + RECORD_AGAIN,
                error,
            });
        }
        if !is_told {
            self.tell(NoticeLevel::Error, key, &[]);
        }
    }
}

/// The recorded parts of a canvas.
fn parts_of(show: &Show, canvas: Canvas) -> impl Iterator<Item = &String> {
    let parts = show.recording_parts.iter();
    parts.filter(move |name| canvas_of(name) == canvas)
}

/// The name of the scene on air; a chapter needs a title that is not empty.
pub(crate) fn scene_title(show: &Show) -> String {
    let scene = show
        .scenes
        .iter()
        .find(|scene| Some(&scene.id) == show.scene.as_ref());
    let title = scene.map_or_else(String::new, |scene| chapter_title(&scene.name));
    if title.is_empty() {
        "–".into()
    } else {
        title
    }
}

/// Both languages of a title: whoever opens the file may read either.
pub(crate) fn chapter_title(title: &Text) -> String {
    match (title.zh.as_str(), title.en.as_str()) {
        (one, "") | ("", one) => one.to_owned(),
        (zh, en) if zh == en => zh.to_owned(),
        (zh, en) => format!("{zh} / {en}"),
    }
}
