//! Owns the program as a camera for other programs on this machine.
//!
//! What talks to the system's camera service runs in a process of its own: pipewiresink (0.3.65) follows a null pointer
//! when a reader comes or leaves at the wrong moment, and would take the show with it. Between the two is a place for one
//! picture, in which the newer one replaces the older: a reader that is stuck, or none at all, costs the program
//! nothing.

mod line;
mod serve;
mod service;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use gstreamer as gst;
use gstreamer_video as gst_video;

use crate::platform::{self, own_program};
use line::Line;

pub use serve::serve;

/// The name by which other programs list it.
pub const VIRTUAL_CAMERA_NAME: &str = "Stallcast";
/// The name of its node, by which we leave it out of our own list.
pub(crate) const NODE_NAME: &str = "stallcast_program";
/// The first argument of the process that serves it; the second is the pictures' caps. It answers with [`serve`].
pub const SERVE: &str = "serve-virtual-camera";

static SERVER: OnceLock<PathBuf> = OnceLock::new();

/// Says which program answers to [`SERVE`]; this one, where nothing is said. The first word counts.
pub fn served_by(program: &Path) {
    let _ = SERVER.set(program.to_owned());
}

/// What the virtual camera is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VirtualCameraState {
    /// Not wanted.
    Off,
    /// Being opened.
    Starting,
    /// Other programs can see it.
    Live,
    /// It could not be opened, or broke; it is tried again.
    Retrying(VirtualCameraFault),
    /// This system has no way.
    Unsupported,
}

/// Why there is no virtual camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VirtualCameraFault {
    /// Nobody is there to offer it to: no PipeWire session.
    NoService,
    /// It broke.
    Broken,
}

/// One program's virtual camera.
#[derive(Debug)]
pub(crate) struct VirtualCamera {
    info: gst_video::VideoInfo,
    line: Mutex<Option<Arc<Line>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl VirtualCamera {
    pub(crate) fn new(info: gst_video::VideoInfo) -> Self {
        Self {
            info,
            line: Mutex::default(),
        }
    }

    pub(crate) fn state(&self) -> VirtualCameraState {
        match &*lock(&self.line) {
            Some(line) => line.state(),
            None => VirtualCameraState::Off,
        }
    }

    /// Returns at once.
    pub(crate) fn set(&self, on: bool) {
        let mut slot = lock(&self.line);
        if !on {
            if let Some(line) = slot.take() {
                line.end();
            }
            return;
        }
        if slot.is_some() {
            return;
        }
        let line = Arc::new(Line::default());
        if platform::table().virtual_camera.factory.is_none() {
            line.say(VirtualCameraState::Unsupported);
            *slot = Some(line);
            return;
        }
        let (own, info) = (Arc::clone(&line), self.info.clone());
        let spawned = std::thread::Builder::new()
            .name("virtual camera".to_owned())
            .spawn(move || own.keep(&server(), &info));
        match spawned {
            Ok(_) => *slot = Some(line),
            Err(error) => tracing::error!(%error, "no thread for the virtual camera"),
        }
    }

    /// Takes a finished picture if somebody may want it. Called by the program's streaming thread: a
    /// reference takes the place of the one before, nothing else.
    pub(crate) fn offer(&self, picture: &gst::BufferRef) {
        // Whoever holds the lock is switching it: skip this picture.
        let Ok(slot) = self.line.try_lock() else {
            return;
        };
        if let Some(line) = &*slot {
            line.offer(picture);
        }
    }
}

impl Drop for VirtualCamera {
    fn drop(&mut self) {
        self.set(false);
    }
}

fn server() -> PathBuf {
    SERVER
        .get()
        .cloned()
        .or_else(|| own_program().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_is_switched_off_takes_no_picture_and_says_so() {
        gst::init().unwrap();
        let info = gst_video::VideoInfo::builder(gst_video::VideoFormat::I420, 64, 36)
            .build()
            .unwrap();
        let camera = VirtualCamera::new(info);
        assert_eq!(camera.state(), VirtualCameraState::Off);
        camera.offer(&gst::Buffer::with_size(3_456).unwrap());
        camera.set(false);
        assert_eq!(camera.state(), VirtualCameraState::Off);
    }
}
