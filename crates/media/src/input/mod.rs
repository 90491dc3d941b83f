//! Owns inputs: one supervised pipeline per device, file or test source.
//!
//! [`Input::start`] never fails because of a device: the input retries for ever and says what it
//! is doing with [`InputEvent`]s.

mod build;
mod call;
mod camera;
mod feed;
mod file;
mod glance;
mod image;
mod playout;
mod portal;
mod running;
mod shared;
mod sight;
mod sinks;
mod srt;
mod state;
mod supervise;
mod taken;
mod want;
mod watchdog;
#[cfg(test)]
mod watchdog_tests;

use std::sync::Arc;
use std::thread::JoinHandle;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::audio::AudioMixer;
use crate::cameras::CameraBook;
use crate::clock::MediaClock;
use crate::frame::FrameQueue;

pub(crate) use build::capture_element;
pub use call::{Call, CallError};
pub use feed::{FedCodec, FedFrame, Feed};
pub use playout::PLAYOUT_DELAY;
pub use sight::Sight;
pub use srt::SrtListen;
pub use state::{InputEvent, InputState};
pub use want::{Fit, VideoWant};
pub use watchdog::{
    BLACK_AFTER, FROZEN_AFTER, Fault, LATE_AFTER, LATE_BY, SILENT_AFTER, resets_after,
};

use shared::{Control, Shared};

/// What to take in, and under which name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputSpec {
    /// Unique within the engine; names the input in events and meters.
    pub id: String,
    /// Where it comes from.
    pub kind: InputKind,
}

/// Where an input comes from. Device ids are those of [`crate::devices::list`]; none means the
/// system's first or default device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum InputKind {
    /// A generated moving picture.
    TestPicture {
        /// `videotestsrc`'s name of the pattern (`smpte`, `ball`, `black`, ...).
        pattern: String,
    },
    /// A generated 440 Hz tone at -20 dB.
    TestTone,
    /// A recorded clip: picture and sound.
    File {
        /// Path in the local file system.
        path: String,
        /// Start again at the end; otherwise the input ends in `Stopped`.
        looping: bool,
    },
    /// A still picture.
    Image {
        /// Path in the local file system.
        path: String,
    },
    /// A camera or capture card.
    Camera {
        /// Device id.
        device: Option<String>,
    },
    /// A whole screen.
    Screen {
        /// Display: a device id (`x11::1`) or its bare name (`:1`).
        display: Option<String>,
    },
    /// One window.
    Window {
        /// Display the window is on.
        display: Option<String>,
        /// The window system's number of the window (X11: xid, Windows: HWND).
        xid: u64,
    },
    /// A screen or window that the user chooses in the desktop's own dialog (Wayland).
    PortalScreen,
    /// A microphone.
    Microphone {
        /// Device id.
        device: Option<String>,
    },
    /// What the computer plays.
    DesktopAudio {
        /// Device id of the sink.
        device: Option<String>,
    },
    /// Encoded packets that the caller hands in: a phone's stream that it received.
    Fed {
        /// Where they are handed in.
        #[serde(skip)]
        feed: Feed,
    },
    /// A phone that calls us over SRT with an MPEG transport stream.
    Srt {
        /// Where, and what it has to know.
        listen: SrtListen,
    },
}

impl InputKind {
    /// Whether frames are to be expected.
    #[must_use]
    pub fn has_video(&self) -> bool {
        !matches!(
            self,
            Self::TestTone | Self::Microphone { .. } | Self::DesktopAudio { .. }
        )
    }

    /// Whether sound may come from it.
    #[must_use]
    pub fn may_have_audio(&self) -> bool {
        matches!(
            self,
            Self::TestTone
                | Self::File { .. }
                | Self::Microphone { .. }
                | Self::DesktopAudio { .. }
                | Self::Fed { .. }
                | Self::Srt { .. }
        )
    }

    /// Whether it waits for somebody who may come or not: that nothing comes is no failure.
    #[must_use]
    pub fn waits_for_a_caller(&self) -> bool {
        matches!(self, Self::Fed { .. } | Self::Srt { .. })
    }
}

/// A running input. Dropping it stops it.
#[derive(Debug)]
pub struct Input {
    spec: InputSpec,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Input {
    /// Starts an input under supervision. Returns at once; what becomes of it is told by `events`
    /// (bounded: when it is full an event is dropped, [`Input::state`] always has the newest).
    ///
    /// `mixer` takes the sound; without it sound is not even decoded.
    #[must_use]
    pub fn start(
        spec: InputSpec,
        clock: &MediaClock,
        mixer: Option<&AudioMixer>,
        want: VideoWant,
        events: mpsc::Sender<InputEvent>,
    ) -> Self {
        Self::start_with(spec, clock, mixer, want, events, CameraBook::default())
    }

    /// As [`Input::start`], with what was set on cameras.
    #[must_use]
    pub fn start_with(
        spec: InputSpec,
        clock: &MediaClock,
        mixer: Option<&AudioMixer>,
        want: VideoWant,
        events: mpsc::Sender<InputEvent>,
        book: CameraBook,
    ) -> Self {
        let (shared, thread) = supervise::start(&spec, clock, mixer, want, events, book);
        Self {
            spec,
            shared,
            thread,
        }
    }

    /// Name of the input.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.spec.id
    }

    /// What was asked for.
    #[must_use]
    pub fn spec(&self) -> &InputSpec {
        &self.spec
    }

    /// Its pictures (empty for ever for an input without video).
    #[must_use]
    pub fn frames(&self) -> &FrameQueue {
        &self.shared.frames
    }

    /// What it is doing now.
    #[must_use]
    pub fn state(&self) -> InputState {
        self.shared.state()
    }

    /// What its source delivers; none before the first picture.
    #[must_use]
    pub fn sight(&self) -> Option<Sight> {
        self.shared.sight()
    }

    /// Device id of the camera in use; none before one was opened, and for other kinds.
    #[must_use]
    pub fn camera(&self) -> Option<String> {
        self.shared.camera_id()
    }

    /// Something was set on a camera: looks into the book again.
    pub fn cameras_set(&self) {
        self.shared.send(Control::BookChanged);
    }

    /// Changes the wanted picture size of a running input, without a gap.
    pub fn set_want(&self, want: VideoWant) {
        self.shared.want.set(want);
        self.shared.send(Control::WantChanged);
    }

    /// Tries again now instead of at the end of the back-off.
    pub fn retry_now(&self) {
        self.shared.send(Control::RetryNow);
    }

    /// Ends it: the pipeline is gone when this returns.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.shared.request_stop();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!(input = %self.spec.id, "supervision panicked");
        }
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        self.end();
    }
}
