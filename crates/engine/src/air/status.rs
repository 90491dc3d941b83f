//! Health of everything, gathered twice a second for the page.

use stallcast_media::input::InputState;
use stallcast_show::Show;
use stallcast_wire::{EncoderStatus, InputStatus, RunState, StatusView};

use super::Air;
use crate::clock::now;
use crate::wire_name::wire_name;

impl Air {
    /// The health of everything now.
    pub(super) fn status(&self, show: &Show) -> StatusView {
        let destinations = self.outputs.health(show);
        StatusView {
            now: now().0,
            uptime_ms: u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX),
            inputs: self.inputs(),
            canvases: vec![],
            encoder: self.encoder(),
            uplink_kbps: destinations
                .iter()
                .map(|destination| destination.kbps)
                .sum(),
            destinations,
            recording: self.recording.as_ref().map(super::Recording::status),
            receiver: self.outputs.receiver(),
            disk_free_bytes: free_bytes(&self.parts.folders.recordings()),
            chat: self.parts.chat.statuses(),
            warnings: self.parts.warnings.clone(),
        }
    }

    fn inputs(&self) -> Vec<InputStatus> {
        let states = self.parts.program.input_states().into_iter();
        states
            .map(|(id, state)| InputStatus {
                detail: match state {
                    InputState::Live => String::new(),
                    InputState::Faulty { fault } => fault.code().to_owned(),
                    _ => self.details.get(&id).cloned().unwrap_or_default(),
                },
                run: match state {
                    InputState::Starting => RunState::Starting,
                    InputState::Live => RunState::Live,
                    InputState::Stalled | InputState::Faulty { .. } => RunState::Stalled,
                    InputState::Retrying { attempt, next_ms } => RunState::Retrying {
                        attempt,
                        next_in_ms: next_ms,
                    },
                    InputState::Stopped => RunState::Stopped,
                },
                id: id.as_str().into(),
            })
            .collect()
    }

    fn encoder(&self) -> Option<EncoderStatus> {
        let choice = self.encoder.as_ref()?;
        let spec = self.parts.program.spec();
        let stats = self.parts.program.stats();
        Some(EncoderStatus {
            name: choice.name.clone(),
            hardware: choice.hardware,
            reason: wire_name(&choice.reason),
            kbps: self.uplink.main_kbps(),
            width: spec.canvas.width,
            height: spec.canvas.height,
            fps: spec.canvas.fps,
            frames: stats.frames_produced,
            late_frames: stats.frames_late,
            skipped_frames: stats.frames_skipped + stats.frames_refused,
        })
    }
}

/// Free bytes for this user on the disk of `folder`.
#[cfg(unix)]
fn free_bytes(folder: &std::path::Path) -> Option<u64> {
    let disk = nix::sys::statvfs::statvfs(folder).ok()?;
    Some(disk.blocks_available() as u64 * disk.fragment_size() as u64)
}

/// Not known on this system yet; the page says so.
#[cfg(not(unix))]
fn free_bytes(_folder: &std::path::Path) -> Option<u64> {
    None
}
