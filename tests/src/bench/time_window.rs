//! A window that shows the machine's monotonic clock, for whoever captures the screen that it is on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::stamp::{STAMP, drawn};
use crate::world::{PATIENCE, Xvfb, eventually};

/// Times shown a second.
const SHOWN_FPS: u64 = 60;

/// A window in the left upper corner of a screen that shows the time in ms.
#[derive(Debug)]
pub struct TimeWindow {
    pipeline: gst::Pipeline,
    shown: Arc<AtomicU64>,
}

impl TimeWindow {
    /// Shows the time since `begin` from now on.
    pub fn show(screen: &Xvfb, begin: Instant) -> Self {
        gst::init().unwrap();
        let description = format!(
            "appsrc name=in is-live=true format=time max-buffers=1 leaky-type=downstream \
             caps=video/x-raw,format=BGRx,width={},height={},framerate={SHOWN_FPS}/1,\
             pixel-aspect-ratio=1/1 ! \
             ximagesink display={} sync=false",
            STAMP.0,
            STAMP.1,
            screen.display()
        );
        let pipeline = gst::parse::launch(&description).unwrap();
        let pipeline = pipeline.downcast::<gst::Pipeline>().unwrap();
        let source = pipeline.by_name("in").unwrap();
        let source = source.downcast::<gst_app::AppSrc>().unwrap();
        pipeline.set_state(gst::State::Playing).unwrap();
        let shown = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&shown);
        std::thread::spawn(move || {
            for number in 0_u64.. {
                let due = Duration::from_nanos(number * 1_000_000_000 / SHOWN_FPS);
                pause(due.saturating_sub(begin.elapsed()));
                let picture =
                    gst::Buffer::from_mut_slice(drawn(begin.elapsed().as_millis() as u64));
                if source.push_buffer(picture).is_err() {
                    return;
                }
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
        let window = Self { pipeline, shown };
        eventually(PATIENCE, "the time is shown", || {
            (window.shown.load(Ordering::Relaxed) > 10).then_some(())
        });
        window
    }

    /// Takes it off the screen.
    pub fn stop(self) {
        self.pipeline.set_state(gst::State::Null).unwrap();
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "the window's own thread keeps its beat"
)]
fn pause(length: Duration) {
    std::thread::sleep(length);
}
