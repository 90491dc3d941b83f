//! Owns what can be chosen about a camera: its format, and its controls, with what a person set.

mod controls;
mod modes;
mod tuner;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

pub use controls::{
    Choice, Control, ControlName, ControlSetting, Controls, NoControls, Pair, Write, plan,
};
pub use modes::{CameraMode, Coding};
pub(crate) use modes::{Offer, best, offers};
pub(crate) use tuner::Tuner;

use crate::devices;
use crate::input::VideoWant;
use crate::platform;

/// What a person set on a camera; the rest is ours or the camera's own choice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CameraSettings {
    /// The format; none = the best for what is wanted. One that the camera does not offer counts as
    /// none.
    pub mode: Option<CameraMode>,
    /// What controls are to do.
    pub controls: BTreeMap<ControlName, ControlSetting>,
}

/// Settings of all cameras, by device id. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct CameraBook(Arc<Mutex<HashMap<String, CameraSettings>>>);

impl CameraBook {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, CameraSettings>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the book whole; true when it differs from what it was.
    pub fn set(&self, settings: HashMap<String, CameraSettings>) -> bool {
        let mut book = self.lock();
        let differs = *book != settings;
        *book = settings;
        differs
    }

    /// What was set on a camera.
    #[must_use]
    pub fn of(&self, device: &str) -> CameraSettings {
        self.lock().get(device).cloned().unwrap_or_default()
    }
}

/// The formats a camera offers now, largest first, and the one that would be taken for `want`; none
/// when it is not there.
#[must_use]
pub fn modes(device: &str, want: VideoWant) -> Option<(Vec<CameraMode>, Option<CameraMode>)> {
    let caps = devices::camera_caps(device)??;
    let offers = offers(&caps);
    let chosen = best(&offers, want).map(|offer| offer.mode);
    Some((offers.iter().map(|offer| offer.mode).collect(), chosen))
}

/// The controls of a camera as they are now. Asks the device: may take a moment.
///
/// # Errors
/// Why there are none.
pub fn controls(device: &str) -> Controls {
    match devices::v4l2_path(device) {
        Some(path) => platform::camera_controls(&path),
        None if platform::has_camera_controls() => Err(NoControls::None),
        None => Err(NoControls::System),
    }
}
