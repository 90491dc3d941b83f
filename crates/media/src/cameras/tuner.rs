//! Owns the making of a camera's controls as they are set: on a thread of its own, because a camera
//! may take seconds to answer, newest setting wins.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::controls::{ControlName, ControlSetting, plan};
use crate::devices;
use crate::platform;

type Settings = BTreeMap<ControlName, ControlSetting>;

/// Sets one input's camera.
#[derive(Debug, Default)]
pub(crate) struct Tuner(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    working: bool,
    wanted: Option<(String, Settings)>,
    /// What was set last, and on which camera.
    set: Option<(String, Settings)>,
}

impl Tuner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the controls of a camera made so; returns at once.
    pub(crate) fn tune(self: &Arc<Self>, device: &str, settings: Settings) {
        let mut state = self.lock();
        let nothing_set = state.set.as_ref().is_none_or(|(_, set)| set.is_empty());
        if settings.is_empty() && nothing_set && state.wanted.is_none() {
            return;
        }
        state.wanted = Some((device.to_owned(), settings));
        if state.working {
            return;
        }
        state.working = true;
        drop(state);
        let own = Arc::clone(self);
        let spawned = std::thread::Builder::new()
            .name("camera controls".to_owned())
            .spawn(move || own.work());
        if let Err(error) = spawned {
            tracing::error!(%error, "no thread for a camera's controls");
            self.lock().working = false;
        }
    }

    fn work(&self) {
        loop {
            let mut state = self.lock();
            let Some((device, settings)) = state.wanted.take() else {
                state.working = false;
                return;
            };
            let before = match &state.set {
                Some((known, set)) if *known == device => set.clone(),
                _ => Settings::new(),
            };
            drop(state);
            let path = devices::v4l2_path(&device);
            if let Some(path) = path
                && let Ok(has) = platform::camera_controls(&path)
            {
                platform::set_camera_controls(&path, &plan(&has, &before, &settings));
            }
            self.lock().set = Some((device, settings));
        }
    }
}
