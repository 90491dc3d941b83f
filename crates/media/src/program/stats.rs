//! Owns the program's counters.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use serde::Serialize;

/// Counted by the frame clock and the encoder's callback, read by anybody.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    produced: AtomicU64,
    late: AtomicU64,
    skipped: AtomicU64,
    refused: AtomicU64,
    passed: AtomicU64,
    slate: AtomicU64,
    encoded: AtomicU64,
    latency_us: AtomicI64,
    latency_max_us: AtomicI64,
}

/// What happened since the program started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ProgramStats {
    /// Pictures given to the encoder.
    pub frames_produced: u64,
    /// Pictures that were made more than half a frame after their time.
    pub frames_late: u64,
    /// Places on the grid left empty because the machine was busy.
    pub frames_skipped: u64,
    /// Places on the grid left empty because the encoder was still busy.
    pub frames_refused: u64,
    /// Pictures passed from the source to the encoder without being composed.
    pub frames_passed_through: u64,
    /// Pictures that showed the slate.
    pub frames_slate: u64,
    /// Video packets that came out.
    pub frames_encoded: u64,
    /// Time from a picture's place on the grid to its packet, smoothed over some 16 frames, in ms.
    pub encode_latency_ms: u64,
    /// The longest of these times, in ms.
    pub encode_latency_max_ms: u64,
    /// Events dropped because the receiver was too slow.
    pub events_dropped: u64,
}

impl Counters {
    pub fn produced(&self, passed_through: bool, slate: bool) {
        self.produced.fetch_add(1, Ordering::Relaxed);
        if passed_through {
            self.passed.fetch_add(1, Ordering::Relaxed);
        }
        if slate {
            self.slate.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Pictures the encoder has taken.
    pub fn taken(&self) -> u64 {
        self.produced.load(Ordering::Relaxed)
    }

    pub fn late(&self) {
        self.late.fetch_add(1, Ordering::Relaxed);
    }

    pub fn skipped(&self, frames: u64) {
        self.skipped.fetch_add(frames, Ordering::Relaxed);
    }

    pub fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// Pictures the encoder had no room for.
    pub fn refusals(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    pub fn encoded(&self, latency_us: i64) {
        self.encoded.fetch_add(1, Ordering::Relaxed);
        let smooth = self.latency_us.load(Ordering::Relaxed);
        let next = if smooth == 0 {
            latency_us
        } else {
            smooth + (latency_us - smooth) / 16
        };
        self.latency_us.store(next, Ordering::Relaxed);
        self.latency_max_us.fetch_max(latency_us, Ordering::Relaxed);
    }

    pub fn read(&self, events_dropped: u64) -> ProgramStats {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let ms = |counter: &AtomicI64| (counter.load(Ordering::Relaxed).max(0) / 1000) as u64;
        ProgramStats {
            frames_produced: count(&self.produced),
            frames_late: count(&self.late),
            frames_skipped: count(&self.skipped),
            frames_refused: count(&self.refused),
            frames_passed_through: count(&self.passed),
            frames_slate: count(&self.slate),
            frames_encoded: count(&self.encoded),
            encode_latency_ms: ms(&self.latency_us),
            encode_latency_max_ms: ms(&self.latency_max_us),
            events_dropped,
        }
    }
}
