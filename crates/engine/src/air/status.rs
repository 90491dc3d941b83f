//! Health of everything, gathered twice a second for the page.

use stallcast_media::input::InputState;
use stallcast_media::platform::free_bytes;
use stallcast_media::recorder::DiskPolicy;
use stallcast_show::{Canvas, Show};
use stallcast_wire::{CanvasStatus, EncoderStatus, InputStatus, PictureView, RunState, StatusView};

use super::{Air, cameras, slate};
use crate::clock::now;
use crate::wire_name::wire_name;

impl Air {
    /// The health of everything now.
    pub(super) fn status(&self, show: &Show) -> StatusView {
        let destinations = self.outputs.health(show);
        let canvases = self.lanes.keys().map(|c| self.canvas(*c, show)).collect();
        let inputs = self.inputs();
        let disk_free_bytes = free_bytes(&self.parts.folders.recordings());
        StatusView {
            now: now().0,
            uptime_ms: u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX),
            slate: slate::cause(show, &inputs),
            inputs,
            canvases,
            uplink_kbps: destinations
                .iter()
                .map(|destination| destination.kbps)
                .sum(),
            destinations,
            recordings_folder: self.parts.folders.recordings().display().to_string(),
            replay_s: self.parts.replay.held_s(),
            disk_room_s: disk_free_bytes.and_then(|free| room_s(free, self.recorded_kbps())),
            disk_free_bytes,
            virtual_camera: self
                .lanes
                .values()
                .next()
                .map(|lane| cameras::virtual_camera(lane.stage.program.virtual_camera())),
            chat: self.parts.chat.statuses(),
            journal: self.parts.desk.journal_trouble(),
            key_store: self.parts.keys.store(),
            // The API's own, which knows whom it tells.
            phrases: false,
            undo: self.parts.desk.undo_view(),
            is_replaced: self.parts.program.is_replaced(),
            warnings: self.parts.warnings.clone(),
        }
    }

    fn inputs(&self) -> Vec<InputStatus> {
        let inputs = self.parts.canvases.inputs();
        let cameras = inputs.cameras();
        let (sights, states) = (inputs.sights(), inputs.states().into_iter());
        states
            .map(|(id, state)| {
                let guest = self.parts.phones.guest(&id);
                InputStatus {
                    picture: sights.get(&id).map(|sight| PictureView {
                        width: sight.width,
                        height: sight.height,
                        fps: sight.fps,
                    }),
                    from: guest.map(|guest| guest.from.to_string()),
                    device: cameras.get(&id).cloned(),
                    detail: match state {
                        InputState::Live => String::new(),
                        InputState::Waiting | InputState::Left
                            if guest.is_some_and(|guest| guest.foreign) =>
                        {
                            "phone_codec".to_owned()
                        }
                        InputState::Faulty { fault } => fault.code().to_owned(),
                        _ => self.details.get(&id).cloned().unwrap_or_default(),
                    },
                    run: match state {
                        InputState::Starting | InputState::Waiting => RunState::Starting,
                        InputState::Live => RunState::Live,
                        InputState::Stalled | InputState::Faulty { .. } | InputState::Left => {
                            RunState::Stalled
                        }
                        InputState::Retrying { attempt, next_ms } => RunState::Retrying {
                            attempt,
                            next_in_ms: next_ms,
                        },
                        InputState::Stopped => RunState::Stopped,
                    },
                    id: id.as_str().into(),
                }
            })
            .collect()
    }

    fn canvas(&self, canvas: Canvas, show: &Show) -> CanvasStatus {
        CanvasStatus {
            canvas,
            encoder: self.encoder(canvas),
            recording: self.recording_status(canvas, show),
            receiver: self.outputs.receiver(canvas),
        }
    }

    /// What all recordings take together.
    fn recorded_kbps(&self) -> u32 {
        self.lanes.values().map(|lane| lane.stage.hub.kbps()).sum()
    }

    fn encoder(&self, canvas: Canvas) -> Option<EncoderStatus> {
        let choice = self.wings.encoders.get(&canvas)?;
        let lane = self.lanes.get(&canvas)?;
        let program = &lane.stage.program;
        let spec = program.spec();
        let stats = program.stats();
        Some(EncoderStatus {
            name: choice.name.clone(),
            hardware: choice.hardware,
            reason: wire_name(&choice.reason),
            kbps: self.uplink.main_kbps(),
            wanted_kbps: self.uplink.wanted_kbps(),
            width: spec.canvas.width,
            height: spec.canvas.height,
            fps: spec.canvas.fps,
            real_fps: lane.pace.fps(),
            too_slow: lane.pace.is_too_slow(),
            frames: stats.frames_produced,
            late_frames: stats.frames_late,
            skipped_frames: stats.frames_skipped + stats.frames_refused,
            failed: self.wings.failed_encoders.clone(),
        })
    }
}

/// Seconds of recording that have room at `kbps`; `None` before anything was encoded.
fn room_s(free: u64, kbps: u32) -> Option<u64> {
    let bytes_per_s = u64::from(kbps) * 125;
    (bytes_per_s > 0).then(|| DiskPolicy::default().room_s(free, bytes_per_s, 0))
}
