//! Owns the one timeline that every pipeline of a program shares.
//!
//! All pipelines run on the same clock with the same base time and a start time of `None`, so a
//! running time read in one of them means the same instant in all the others and a PTS can be
//! handed from pipeline to pipeline unchanged.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;

/// A machine that cannot keep up starves its sources, too: silence is judged this much later.
const STRAINED: u32 = 3;

/// The clock and base time that a process (or one program) shares between its pipelines.
#[derive(Clone, Debug)]
pub struct MediaClock {
    clock: gst::Clock,
    base_time: gst::ClockTime,
    /// Running time until which the machine counts as too busy, ns.
    strained_until: Arc<AtomicU64>,
}

impl MediaClock {
    /// Starts a timeline: running time zero is the moment of this call.
    ///
    /// The clock is the system's monotonic one. `gst::init` must have succeeded before.
    #[must_use]
    pub fn new() -> Self {
        let clock = gst::SystemClock::obtain();
        let base_time = clock.time();
        Self {
            clock,
            base_time,
            strained_until: Arc::default(),
        }
    }

    /// The clock itself.
    #[must_use]
    pub fn clock(&self) -> &gst::Clock {
        &self.clock
    }

    /// The clock's time at running time zero.
    #[must_use]
    pub fn base_time(&self) -> gst::ClockTime {
        self.base_time
    }

    /// The running time now.
    #[must_use]
    pub fn running_time(&self) -> gst::ClockTime {
        self.clock.time().saturating_sub(self.base_time)
    }

    /// Until then the machine counts as too busy for its work; a program whose beat is late says so.
    pub(crate) fn strain_until(&self, until: gst::ClockTime) {
        self.strained_until
            .fetch_max(until.nseconds(), Ordering::Relaxed);
    }

    /// How long silence may last that is well at `calm` on a machine that keeps up.
    pub(crate) fn patience(&self, calm: Duration) -> Duration {
        if self.running_time().nseconds() < self.strained_until.load(Ordering::Relaxed) {
            calm * STRAINED
        } else {
            calm
        }
    }

    /// Puts a pipeline on this timeline. Call it before the pipeline leaves NULL or READY.
    ///
    /// The start time of `None` keeps GStreamer from choosing a new base time whenever the
    /// pipeline goes to PLAYING or is flushed.
    pub fn apply(&self, pipeline: &gst::Pipeline) {
        self.apply_from(pipeline, gst::ClockTime::ZERO);
    }

    /// The same for a pipeline whose own running time is to begin with zero at `zero` of this
    /// timeline: its user adds `zero` to what comes out and takes it off what goes in.
    pub fn apply_from(&self, pipeline: &gst::Pipeline, zero: gst::ClockTime) {
        pipeline.use_clock(Some(&self.clock));
        pipeline.set_base_time(self.base_time + zero);
        pipeline.set_start_time(gst::ClockTime::NONE);
    }
}

impl Default for MediaClock {
    fn default() -> Self {
        Self::new()
    }
}
