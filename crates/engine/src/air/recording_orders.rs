//! What the air thread does about the recording: begins and ends it as the show wants, marks what is on air, and tells
//! when it failed.

use std::time::Instant;

use stallcast_show::{Show, Text};
use stallcast_wire::NoticeLevel;

use super::recording::{Failure, Plan, Recording};
use super::{Air, Order, RECORD_AGAIN};
use crate::clock::now;

impl Air {
    /// Begins or ends the recording as the show wants.
    pub(super) fn record(&mut self, show: &Show) {
        match (show.recording, self.recording.take()) {
            (true, None) => self.begin_recording(show),
            (false, Some(recording)) => self.finish(recording),
            (_, recording) => self.recording = recording,
        }
    }

    /// Begins a part, unless the last one failed just now.
    pub(super) fn begin_recording(&mut self, show: &Show) {
        if self.record_again.is_some_and(|at| Instant::now() < at) {
            return;
        }
        let running_us = i64::try_from(self.parts.program.running_time().as_micros()).unwrap_or(0);
        let plan = Plan {
            hub: self.parts.hub.clone(),
            folder: self.parts.folders.recordings(),
            part: show.recording_parts.len() + 1,
            unix_us_at_zero: now().0 * 1_000 - running_us,
            events: self.parts.recorder_events.clone(),
            desk: self.parts.desk.clone(),
        };
        let open = self.parts.open_part.clone();
        self.recording = Some(Recording::start(plan, &self.parts.runtime, open));
        self.mark_product(show);
    }

    /// The product on air begins a chapter now.
    pub(super) fn mark_product(&self, show: &Show) {
        let on_air = show.on_air.as_ref();
        if let Some(product) = on_air.and_then(|on_air| show.products.get(&on_air.product)) {
            self.mark(chapter_title(&product.title));
        }
    }

    /// No product is on air any more: its chapter ends, and one of the scene begins.
    pub(super) fn mark_scene(&self, show: &Show) {
        self.mark(scene_title(show));
    }

    fn mark(&self, title: String) {
        if let Some(recording) = &self.recording {
            let at = self.parts.program.running_time().as_micros();
            recording.chapter(i64::try_from(at).unwrap_or(i64::MAX), title);
        }
    }

    /// Learns the outcome of a recording that ended by itself.
    pub(super) fn look_at_recording(&mut self) {
        if let Some(ended) = self.recording.take_if(|recording| recording.has_ended()) {
            // It is there already: this waits for nothing.
            let outcome = self.parts.runtime.block_on(ended.finish());
            self.part_closed(outcome);
        }
    }

    /// Closes a part in the background: a slow disk must not hold up the show.
    pub(super) fn finish(&mut self, recording: Recording) {
        let orders = self.parts.own_orders.clone();
        self.parts.runtime.spawn(async move {
            let outcome = recording.finish().await;
            // At the end of the engine nobody listens any more; the part is closed all the same.
            let _ = orders.send(Order::PartClosed(outcome)).await;
        });
    }

    /// The one place that tells of a failure and has the next part wait.
    pub(super) fn part_closed(&mut self, outcome: Result<(), Failure>) {
        let Err(failure) = outcome else { return };
        tracing::error!(cause = failure.cause, "a recording part failed");
        self.record_again = Some(Instant::now() + RECORD_AGAIN);
        let key = if failure.is_disk_full {
            "notice.disk_full"
        } else {
            "notice.recording_failed"
        };
        self.tell(NoticeLevel::Error, key, &[]);
    }
}

/// The name of the scene on air; a chapter needs a title that is not empty.
pub(super) fn scene_title(show: &Show) -> String {
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
pub(super) fn chapter_title(title: &Text) -> String {
    match (title.zh.as_str(), title.en.as_str()) {
        (one, "") | ("", one) => one.to_owned(),
        (zh, en) if zh == en => zh.to_owned(),
        (zh, en) => format!("{zh} / {en}"),
    }
}
