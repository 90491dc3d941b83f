//! Owns the one stream of AAC frames that leaves the mix, whichever pipeline makes it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use gstreamer as gst;

use super::EncodedAudio;

/// Where the frames of the pipeline at work go, and no other's.
pub(super) struct Outlet {
    on_audio: Box<dyn Fn(EncodedAudio) + Send + Sync>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Number of the pipeline at work.
    number: u64,
    /// Time of the last frame that left.
    last: Option<gst::ClockTime>,
    /// Where it ended.
    until: Option<gst::ClockTime>,
    /// When the last frame left, or the pipeline at work took over.
    alive: gst::ClockTime,
    frames: u64,
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// It left, the first of its pipeline.
    First,
    /// It left.
    Next,
    /// It would have stepped back in time.
    Dropped,
    /// Another pipeline is at work.
    Closed,
}

impl std::fmt::Debug for Outlet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outlet")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl Outlet {
    /// An outlet for pipeline 0, which takes over at `now`.
    pub(super) fn new(
        now: gst::ClockTime,
        on_audio: impl Fn(EncodedAudio) + Send + Sync + 'static,
    ) -> Self {
        Self {
            on_audio: Box::new(on_audio),
            state: Mutex::new(State {
                number: 0,
                last: None,
                until: None,
                alive: now,
                frames: 0,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes it for the pipeline at work; the number of the next one, and where the stream ended.
    pub(super) fn change_over(&self, now: gst::ClockTime) -> (u64, Option<gst::ClockTime>) {
        let mut state = self.lock();
        state.number += 1;
        state.frames = 0;
        state.alive = now;
        (state.number, state.until)
    }

    /// Lets a frame out. The lock is held meanwhile, so that a change-over cuts between two frames.
    pub(super) fn give(&self, number: u64, now: gst::ClockTime, frame: EncodedAudio) -> Given {
        let mut state = self.lock();
        if state.number != number {
            return Given::Closed;
        }
        state.alive = now;
        if state.last.is_some_and(|last| frame.pts <= last) {
            return Given::Dropped;
        }
        state.last = Some(frame.pts);
        state.until = Some(frame.pts + frame.duration);
        state.frames += 1;
        let first = state.frames == 1;
        (self.on_audio)(frame);
        if first { Given::First } else { Given::Next }
    }

    /// Number of the pipeline at work.
    pub(super) fn number(&self) -> u64 {
        self.lock().number
    }

    /// For how long nothing has left.
    pub(super) fn idle(&self, now: gst::ClockTime) -> gst::ClockTime {
        now.saturating_sub(self.lock().alive)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;

    use super::*;

    #[test]
    fn only_the_pipeline_at_work_is_heard_and_time_never_steps_back() {
        let heard: Arc<Mutex<Vec<u64>>> = Arc::default();
        let own = heard.clone();
        let ms = gst::ClockTime::from_mseconds;
        let outlet = Outlet::new(ms(0), move |frame: EncodedAudio| {
            own.lock().unwrap().push(frame.pts.mseconds());
        });
        let frame = |at| EncodedAudio {
            pts: ms(at),
            duration: ms(20),
            data: Bytes::new(),
        };
        assert_eq!(outlet.give(0, ms(200), frame(0)), Given::First);
        assert_eq!(outlet.give(0, ms(220), frame(20)), Given::Next);
        assert_eq!(outlet.change_over(ms(300)), (1, Some(ms(40))));
        assert_eq!(outlet.give(0, ms(310), frame(40)), Given::Closed);
        assert_eq!(outlet.give(1, ms(320), frame(20)), Given::Dropped);
        assert_eq!(outlet.give(1, ms(330), frame(40)), Given::First);
        assert_eq!(*heard.lock().unwrap(), [0, 20, 40]);
        assert_eq!(outlet.idle(ms(1_330)), ms(1_000));
    }
}
