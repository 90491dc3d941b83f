//! Owns the second rendition: the same pictures and sound encoded once more at a bitrate of its own, for links
//! that cannot carry the first. It has a pipeline of its own whose entrance leaves pictures out when it is busy,
//! so it can never hold up the program, and keyframes on the program's grid, so a destination changes over
//! between two groups of pictures.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gstreamer as gst;

use super::encode::{EncodePipeline, EncodeSetup, Lookers};
use super::packet::{EncodedSink, OutputGate};
use super::stats::Counters;

/// How a second rendition fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenditionStats {
    /// Pictures given to its encoder.
    pub frames_taken: u64,
    /// Pictures left out because its encoder was still busy: the machine cannot afford it.
    pub frames_refused: u64,
    /// Why it no longer works, if so.
    pub failure: Option<String>,
}

/// The place a second rendition runs in, or none.
#[derive(Default)]
pub(crate) struct RenditionSlot {
    occupant: Mutex<Occupant>,
}

#[derive(Default)]
enum Occupant {
    #[default]
    Nobody,
    Running(Box<Running>),
    /// It could not start.
    Failed(String),
}

struct Running {
    encode: EncodePipeline,
    counters: Arc<Counters>,
    gate: Arc<OutputGate>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.gate.close();
    }
}

impl RenditionSlot {
    fn occupant(&self) -> MutexGuard<'_, Occupant> {
        self.occupant.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn replace(&self, occupant: Occupant) {
        let old = std::mem::replace(&mut *self.occupant(), occupant);
        // Outside the lock: stopping waits for the pipeline's threads.
        drop(old);
    }

    /// Starts it like `main` at `kbps`, in place of one that runs. Gives the gate that its sound goes through;
    /// `None` when it cannot start, which [`RenditionSlot::stats`] then tells.
    pub fn start(
        &self,
        main: &EncodeSetup,
        kbps: u32,
        keyframe_from: u64,
        output: EncodedSink,
    ) -> Option<Arc<OutputGate>> {
        let gate = Arc::new(OutputGate::new(output));
        let counters = Arc::new(Counters::default());
        let setup = EncodeSetup {
            kind: main.kind,
            info: main.info.clone(),
            kbps,
            keyframe_frames: main.keyframe_frames,
            fps: main.fps,
            clock: main.clock.clone(),
            gate: gate.clone(),
            counters: counters.clone(),
            lookers: Lookers::default(),
            keyframe_from,
        };
        match EncodePipeline::start(&setup) {
            Ok(encode) => {
                self.replace(Occupant::Running(Box::new(Running {
                    encode,
                    counters,
                    gate: gate.clone(),
                })));
                Some(gate)
            }
            Err(error) => {
                tracing::warn!(%error, "no second rendition");
                self.replace(Occupant::Failed(error.to_string()));
                None
            }
        }
    }

    pub fn stop(&self) {
        self.replace(Occupant::Nobody);
    }

    pub fn set_kbps(&self, kbps: u32) {
        if let Occupant::Running(running) = &*self.occupant() {
            running.encode.set_bitrate_kbps(kbps);
        }
    }

    pub fn stats(&self) -> Option<RenditionStats> {
        match &*self.occupant() {
            Occupant::Nobody => None,
            Occupant::Failed(message) => Some(RenditionStats {
                frames_taken: 0,
                frames_refused: 0,
                failure: Some(message.clone()),
            }),
            Occupant::Running(running) => {
                let stats = running.counters.read(0);
                Some(RenditionStats {
                    frames_taken: stats.frames_produced,
                    frames_refused: stats.frames_refused,
                    failure: running.encode.failure(),
                })
            }
        }
    }

    /// Takes a finished picture. Called by the program's streaming thread: a reference is put into a queue of
    /// two, nothing else.
    pub fn offer(&self, picture: &gst::Buffer) {
        // Nothing slow is done under this lock.
        if let Occupant::Running(running) = &*self.occupant() {
            if running.encode.push(picture.clone()) {
                running.counters.produced(true, false);
            } else {
                running.counters.refused();
            }
        }
    }
}
