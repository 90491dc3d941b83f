//! Owns a further rendition: the same pictures and sound encoded once more, at a bitrate of its own for links that cannot
//! carry the first, or in another codec for those that take it. It has a pipeline of its own whose entrance leaves pictures out when it is busy,
//! so it can never hold up the program, and keyframes on the program's grid, so a destination changes over
//! between two groups of pictures. It starts and stops in threads of its own: a driver that hangs there holds up
//! neither the program nor its control thread.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gstreamer as gst;

use super::apart::{START_WITHIN, start_within};
use super::encode::{EncodePipeline, EncodeSetup, Lookers};
use super::health::Health;
use super::packet::{EncodedSink, OutputGate};
use super::stats::Counters;

/// How a further rendition fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenditionStats {
    /// Pictures given to its encoder.
    pub frames_taken: u64,
    /// Pictures left out because its encoder was still busy: the machine cannot afford it.
    pub frames_refused: u64,
    /// Why it no longer works, if so.
    pub failure: Option<String>,
}

/// The place a further rendition runs in, or none.
#[derive(Default)]
pub(crate) struct RenditionSlot {
    place: Mutex<Place>,
}

#[derive(Default)]
struct Place {
    occupant: Occupant,
    /// Counts the orders: a start that was overtaken by a later order takes no effect.
    order: u64,
    /// The bitrate that is wanted, also of one that is still starting.
    kbps: u32,
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
    hardware: bool,
    counters: Arc<Counters>,
    gate: Arc<OutputGate>,
}

/// What a look at a further rendition finds.
pub(crate) enum Look {
    Nobody,
    Works,
    Failed(String),
}

impl Occupant {
    /// Silent at once; its pipeline stops when it can.
    fn leave(self) {
        if let Self::Running(running) = self {
            running.gate.close();
        }
    }
}

impl RenditionSlot {
    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts it with this setup, but a gate and nobody who looks of its own, in place of one that runs, at the bitrate
    /// of [`RenditionSlot::set_kbps`]. Returns at once: it is made in a thread of its own, which hands the gate that its sound goes through to `begun`.
    /// [`RenditionSlot::stats`] tells when it cannot start.
    pub fn start(
        self: &Arc<Self>,
        setup: EncodeSetup,
        output: EncodedSink,
        begun: impl FnOnce(&Arc<OutputGate>) + Send + 'static,
    ) {
        let gate = Arc::new(OutputGate::new(output));
        let (counters, hardware) = (setup.counters.clone(), setup.kind.hardware);
        let setup = EncodeSetup {
            gate: gate.clone(),
            maker: 0,
            lookers: Lookers::default(),
            ..setup
        };
        let order = {
            let mut place = self.place();
            place.order += 1;
            // An order of before is answered for no more.
            if matches!(place.occupant, Occupant::Failed(_)) {
                place.occupant = Occupant::Nobody;
            }
            place.order
        };
        let slot = self.clone();
        let made = move || match start_within(&setup, START_WITHIN) {
            Ok(encode) => {
                let running = Occupant::Running(Box::new(Running {
                    encode,
                    hardware,
                    counters,
                    gate: gate.clone(),
                }));
                if slot.seat(order, running) {
                    begun(&gate);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "no further rendition");
                slot.seat(order, Occupant::Failed(error.to_string()));
            }
        };
        let spawned = std::thread::Builder::new()
            .name("media-rendition".to_owned())
            .spawn(made);
        if let Err(error) = spawned {
            tracing::error!(%error, "no thread to start the rendition in");
            self.seat(order, Occupant::Failed(error.to_string()));
        }
    }

    /// Puts in place what was made for an order, unless a later one overtook it.
    fn seat(&self, order: u64, made: Occupant) -> bool {
        let mut place = self.place();
        if place.order != order {
            drop(place);
            made.leave();
            return false;
        }
        if let Occupant::Running(running) = &made {
            running.encode.set_bitrate_kbps(place.kbps);
        }
        let old = std::mem::replace(&mut place.occupant, made);
        drop(place);
        old.leave();
        true
    }

    /// Ends it: nothing comes from it after this returns.
    pub fn stop(&self) {
        let old = {
            let mut place = self.place();
            place.order += 1;
            std::mem::take(&mut place.occupant)
        };
        old.leave();
    }

    pub fn set_kbps(&self, kbps: u32) {
        let mut place = self.place();
        place.kbps = kbps;
        // It returns at once: a driver that hangs here would hold up everybody who wants the lock.
        if let Occupant::Running(running) = &place.occupant {
            running.encode.set_bitrate_kbps(kbps);
        }
    }

    /// Looks whether its encoder still works.
    pub fn look(&self, health: &mut Health, since: Duration) -> Look {
        let place = self.place();
        match &place.occupant {
            Occupant::Nobody => Look::Nobody,
            Occupant::Failed(message) => Look::Failed(message.clone()),
            Occupant::Running(running) => {
                let (given, taken) = (running.encode.packets(), running.counters.taken());
                let hung = || health.look(running.hardware, given, taken, since);
                let failure = running.encode.failure().or_else(hung);
                failure.map_or(Look::Works, Look::Failed)
            }
        }
    }

    /// Ends what no longer works; `failure` tells that nothing takes its place. The bitrate that was wanted last.
    pub fn clear(&self, failure: Option<String>) -> u32 {
        let (old, kbps) = {
            let mut place = self.place();
            let left = failure.map_or(Occupant::Nobody, Occupant::Failed);
            (std::mem::replace(&mut place.occupant, left), place.kbps)
        };
        old.leave();
        kbps
    }

    /// Hangs as its driver would, for tests.
    #[cfg(test)]
    pub fn hang(&self, until: std::sync::mpsc::Receiver<()>) {
        if let Occupant::Running(running) = &self.place().occupant {
            running.encode.hang(until);
        }
    }

    pub fn stats(&self) -> Option<RenditionStats> {
        match &self.place().occupant {
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
                    // The next in rank takes its place; when none does, that is told.
                    failure: None,
                })
            }
        }
    }

    /// Takes a finished picture. Called by the program's streaming thread: a reference is put into a queue of
    /// two, nothing else.
    pub fn offer(&self, picture: &gst::Buffer) {
        // Nothing slow is done under this lock.
        if let Occupant::Running(running) = &self.place().occupant {
            if running.encode.push(picture.clone()) {
                running.counters.produced(true, false);
            } else {
                running.counters.refused();
            }
        }
    }
}
