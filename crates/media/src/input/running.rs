//! Owns an input's pipeline from its start to its end, and what must live as long as it.

use std::sync::Arc;
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;

use super::VideoWant;
use super::feed::Feed;
use super::file::{FilePlayback, Next};
use super::portal::PortalCast;
use super::sinks::{Branch, VideoFit};
use crate::error::Result;
use crate::platform;

/// Patience with a pipeline that is to close; the slowest that is well takes some 100 ms.
const CLOSE_WITHIN: Duration = Duration::from_secs(3);
/// The same for a screen whose server is gone: its thread is known to be stuck.
const CLOSE_LOST_WITHIN: Duration = Duration::from_millis(300);

/// A pipeline and what must live as long as it.
pub(super) struct Running {
    pipeline: gst::Pipeline,
    fits: Arc<std::sync::Mutex<Vec<VideoFit>>>,
    file: Option<FilePlayback>,
    /// What leads packets into the pipeline from outside.
    feed: Option<Feed>,
    still: bool,
    screen_losses: Option<u64>,
    /// The generator's own filter, which takes the wanted size.
    generator: Option<gst::Element>,
    /// The want by which a camera's mode was chosen.
    mode_for: Option<VideoWant>,
    _portal: Option<PortalCast>,
}

impl Running {
    pub(super) fn new(pipeline: gst::Pipeline) -> Self {
        Self {
            pipeline,
            fits: Arc::default(),
            file: None,
            feed: None,
            still: false,
            screen_losses: None,
            generator: None,
            mode_for: None,
            _portal: None,
        }
    }

    pub(super) fn with_branch(self, branch: &Branch) -> Self {
        if let (Some(fit), Ok(mut fits)) = (branch.fit(), self.fits.lock()) {
            fits.push(fit);
        }
        self
    }

    pub(super) fn with_file(self, playback: FilePlayback) -> Self {
        Self {
            fits: playback.fits(),
            file: Some(playback),
            ..self
        }
    }

    /// A pipeline that packets are handed to.
    pub(super) fn with_feed(self, feed: Feed, fits: Arc<std::sync::Mutex<Vec<VideoFit>>>) -> Self {
        Self {
            feed: Some(feed),
            fits,
            ..self
        }
    }

    pub(super) fn showing_still(self) -> Self {
        Self {
            still: true,
            ..self
        }
    }

    /// A generator whose own filter takes the wanted size.
    pub(super) fn with_generator(self, filter: gst::Element) -> Self {
        Self {
            generator: Some(filter),
            ..self
        }
    }

    /// A camera whose mode was chosen for `want`.
    pub(super) fn with_mode_for(self, want: VideoWant) -> Self {
        Self {
            mode_for: Some(want),
            ..self
        }
    }

    pub(super) fn with_portal(self, cast: PortalCast) -> Self {
        Self {
            _portal: Some(cast),
            ..self
        }
    }

    pub(super) fn with_screen(self, losses: u64) -> Self {
        Self {
            screen_losses: Some(losses),
            ..self
        }
    }

    /// The captured screen or window went away without a word on the bus.
    pub(super) fn screen_lost(&self) -> bool {
        self.screen_losses
            .is_some_and(|losses| losses != platform::screen_losses())
    }

    pub(super) fn start(&self) -> Result<()> {
        // A file is first filled up, so that it can be told to loop before it plays.
        let state = if self.file.is_some() {
            gst::State::Paused
        } else {
            gst::State::Playing
        };
        self.pipeline.set_state(state)?;
        Ok(())
    }

    pub(super) fn prerolled(&mut self) -> Result<()> {
        self.file
            .as_mut()
            .map_or(Ok(()), |file| file.prerolled(&self.pipeline))
    }

    pub(super) fn next_round(&mut self) -> Result<()> {
        self.file
            .as_mut()
            .map_or(Ok(()), |file| file.next_round(&self.pipeline))
    }

    pub(super) fn on_end(&mut self) -> Next {
        self.file
            .as_mut()
            .map_or(Next::Failed, |file| file.on_end(&self.pipeline))
    }

    /// More is wanted now than the camera's mode was chosen for: it has to be opened anew.
    pub(super) fn outgrown(&self, want: VideoWant) -> bool {
        self.mode_for.is_some_and(|mode| {
            want.max_fps > mode.max_fps
                || u64::from(want.width) * u64::from(want.height)
                    > u64::from(mode.width) * u64::from(mode.height)
        })
    }

    pub(super) fn want_changed(&self, want: VideoWant) {
        if let Some(filter) = &self.generator {
            filter.set_property("caps", generator_caps(want));
        }
        if let Ok(fits) = self.fits.lock() {
            for fit in fits.iter() {
                fit.apply();
            }
        }
    }

    /// One frame is all there will ever be.
    pub(super) fn shows_still(&self) -> bool {
        self.still
    }

    /// Frees what the pipeline holds. A driver or server that hangs does not take us along: after
    /// [`CLOSE_WITHIN`] the pipeline is left behind.
    pub(super) fn release(&self) {
        // First, so that nobody adds to a pipeline that is closing.
        if let Some(feed) = &self.feed {
            feed.detach();
        }
        let pipeline = self.pipeline.clone();
        let (done, closed) = std::sync::mpsc::sync_channel(1);
        let closing = std::thread::Builder::new()
            .name("input close".to_owned())
            .spawn(move || {
                if pipeline.set_state(gst::State::Null).is_err() {
                    tracing::debug!("an input pipeline did not close");
                }
                // Nobody listens any more when it took too long.
                let _ = done.send(());
            });
        let patience = if self.screen_lost() {
            CLOSE_LOST_WITHIN
        } else {
            CLOSE_WITHIN
        };
        if closing.is_err() || closed.recv_timeout(patience).is_err() {
            tracing::warn!(pipeline = %self.pipeline.name(), "left behind: it does not close");
        }
    }

    pub(super) fn end(self) {
        self.release();
    }
}

/// What a generator is to make.
pub(super) fn generator_caps(want: VideoWant) -> gst::Caps {
    gst::Caps::builder("video/x-raw")
        .field("format", "I420")
        .field("width", i32::try_from(want.width & !1).unwrap_or(1280))
        .field("height", i32::try_from(want.height & !1).unwrap_or(720))
        .field("framerate", rate(want))
        .build()
}

/// The wanted frame rate.
pub(super) fn rate(want: VideoWant) -> gst::Fraction {
    gst::Fraction::new(i32::try_from(want.max_fps.clamp(1, 120)).unwrap_or(30), 1)
}
