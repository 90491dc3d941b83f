//! Owns raw pictures on their way from an input to the program.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gstreamer as gst;
use gstreamer_video as gst_video;

use crate::clock::MediaClock;

/// Frames a queue holds at most; when full, the oldest is dropped.
///
/// Six frames are 200 ms at 30 frames/s: enough for a program that composes a few frames behind
/// the capture, and 8 MB at 1280x720.
pub const FRAME_QUEUE_LEN: usize = 6;

/// How far in the future the oldest frame may lie and still be picked: one frame at 25 frames/s.
const ONE_FRAME: gst::ClockTime = gst::ClockTime::from_mseconds(40);

/// One raw picture: I420 in system memory.
#[derive(Clone, Debug)]
pub struct VideoFrame {
    /// The pixels. The buffer's own timestamps are not to be relied on: use `running_time`.
    pub buffer: gst::Buffer,
    /// Size, strides and colorimetry of `buffer`.
    pub info: gst_video::VideoInfo,
    /// When the picture was taken (or is to be shown), on the shared timeline.
    pub running_time: gst::ClockTime,
}

/// The newest frames of one input. Clones share the same queue.
///
/// The producer never waits: at [`FRAME_QUEUE_LEN`] frames the oldest is dropped. Picking does not
/// remove, so several programs may read one queue.
#[derive(Clone, Debug)]
pub struct FrameQueue {
    clock: MediaClock,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    frames: VecDeque<VideoFrame>,
    still: Option<VideoFrame>,
    last_arrival: Option<gst::ClockTime>,
    pushed: u64,
    withheld: bool,
}

impl FrameQueue {
    /// An empty queue whose arrivals are measured on `clock`.
    #[must_use]
    pub fn new(clock: &MediaClock) -> Self {
        Self {
            clock: clock.clone(),
            inner: Arc::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a frame; the oldest is dropped when the queue is full. Ends a still picture.
    pub fn push(&self, frame: VideoFrame) {
        let now = self.clock.running_time();
        let mut inner = self.lock();
        inner.still = None;
        inner.last_arrival = Some(now);
        inner.pushed += 1;
        if inner.frames.len() == FRAME_QUEUE_LEN {
            inner.frames.pop_front();
        }
        // A source that was restarted may step back a little: keep the order, so that `pick` may
        // rely on it. Frames come in order otherwise and the search ends at once.
        let at = inner
            .frames
            .iter()
            .rposition(|queued| queued.running_time <= frame.running_time)
            .map_or(0, |index| index + 1);
        inner.frames.insert(at, frame);
    }

    /// Shows one picture from now on, at no cost per frame: `pick` stamps it with the time asked
    /// for, and it counts as having just arrived.
    pub fn set_still(&self, frame: VideoFrame) {
        let mut inner = self.lock();
        inner.frames.clear();
        inner.pushed += 1;
        inner.still = Some(frame);
    }

    /// Forgets all frames, the still picture included.
    pub fn clear(&self) {
        let mut inner = self.lock();
        inner.frames.clear();
        inner.still = None;
        inner.last_arrival = None;
    }

    /// See [`MediaClock::patience`].
    pub(crate) fn patience(&self, calm: std::time::Duration) -> std::time::Duration {
        self.clock.patience(calm)
    }

    /// The newest frame that is due at `at`.
    ///
    /// When all frames lie later than `at`, the oldest is returned if it is less than a frame
    /// (40 ms) ahead, otherwise none.
    #[must_use]
    pub fn pick(&self, at: gst::ClockTime) -> Option<VideoFrame> {
        let inner = self.lock();
        if let Some(still) = &inner.still {
            return Some(VideoFrame {
                running_time: at,
                ..still.clone()
            });
        }
        inner
            .frames
            .iter()
            .rev()
            .find(|frame| frame.running_time <= at)
            .or_else(|| {
                inner
                    .frames
                    .front()
                    .filter(|frame| frame.running_time < at + ONE_FRAME)
            })
            .cloned()
    }

    /// Keeps the input off the air although frames come: they are of no use.
    pub fn withhold(&self) {
        self.lock().withheld = true;
    }

    /// Ends that.
    pub fn show(&self) {
        self.lock().withheld = false;
    }

    /// Running time at which the last frame came in; now for a still picture; `None` before the
    /// first, and while the frames are withheld.
    #[must_use]
    pub fn last_arrival(&self) -> Option<gst::ClockTime> {
        let inner = self.lock();
        if inner.withheld {
            return None;
        }
        if inner.still.is_some() {
            return Some(self.clock.running_time());
        }
        inner.last_arrival
    }

    /// Frames that ever came in.
    #[must_use]
    pub fn pushed(&self) -> u64 {
        self.lock().pushed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue() -> FrameQueue {
        gst::init().unwrap();
        FrameQueue::new(&MediaClock::new())
    }

    fn frame(ms: u64) -> VideoFrame {
        VideoFrame {
            buffer: gst::Buffer::new(),
            info: gst_video::VideoInfo::builder(gst_video::VideoFormat::I420, 16, 16)
                .build()
                .unwrap(),
            running_time: gst::ClockTime::from_mseconds(ms),
        }
    }

    fn picked(queue: &FrameQueue, ms: u64) -> Option<u64> {
        queue
            .pick(gst::ClockTime::from_mseconds(ms))
            .map(|frame| frame.running_time.mseconds())
    }

    #[test]
    fn pick_returns_the_newest_frame_that_is_due() {
        let queue = queue();
        for ms in [100, 133, 166] {
            queue.push(frame(ms));
        }
        assert_eq!(picked(&queue, 133), Some(133));
        assert_eq!(picked(&queue, 165), Some(133));
        assert_eq!(picked(&queue, 5_000), Some(166));
    }

    #[test]
    fn a_frame_less_than_one_frame_ahead_is_shown_early_and_a_later_one_is_not() {
        let queue = queue();
        queue.push(frame(100));
        assert_eq!(picked(&queue, 61), Some(100));
        assert_eq!(picked(&queue, 60), None);
    }

    #[test]
    fn a_full_queue_drops_its_oldest_frame() {
        let queue = queue();
        for ms in 0..8 {
            queue.push(frame(ms * 40));
        }
        assert_eq!(picked(&queue, 80), Some(80));
        assert_eq!(picked(&queue, 40), None);
        assert_eq!(queue.pushed(), 8);
    }

    #[test]
    fn frames_out_of_order_are_sorted() {
        let queue = queue();
        for ms in [200, 100, 300] {
            queue.push(frame(ms));
        }
        assert_eq!(picked(&queue, 150), Some(100));
        assert_eq!(picked(&queue, 250), Some(200));
        assert_eq!(picked(&queue, 350), Some(300));
    }

    #[test]
    fn a_still_picture_is_due_at_any_time_and_never_old() {
        let queue = queue();
        assert!(queue.last_arrival().is_none());
        queue.set_still(frame(0));
        assert_eq!(picked(&queue, 3_600_000), Some(3_600_000));
        let now = queue.clock.running_time();
        assert!(queue.last_arrival().unwrap() >= now);
        queue.push(frame(10));
        assert_eq!(picked(&queue, 50), Some(10));
    }

    #[test]
    fn withheld_frames_count_as_none_until_they_are_shown_again() {
        let queue = queue();
        queue.push(frame(10));
        queue.withhold();
        queue.push(frame(20));
        assert_eq!(queue.last_arrival(), None);
        queue.show();
        assert!(queue.last_arrival().is_some());
    }
}
