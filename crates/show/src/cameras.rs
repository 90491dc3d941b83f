//! What a person set on the machine's cameras, kept by device, and whether the program is offered as one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::check;
use crate::{Event, Refusal, Show};

/// Most cameras whose settings are kept, and controls of one.
const CAMERAS_MAX: usize = 64;
const CONTROLS_MAX: usize = 32;
/// Longest id of a device, in characters (Windows' device paths have some 200).
const DEVICE_MAX: usize = 4_096;
/// Longest name of a coding or a control, in characters.
const WORD_MAX: usize = 40;
/// Largest side of a picture and highest rate a camera may be asked for.
const SIDE_MAX: i32 = 16_384;
const FPS_MILLI_MAX: i32 = 1_000_000;

/// A picture format of a camera.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CameraMode {
    /// How pictures leave the camera, as the engine lists it (`mjpeg`, `yuyv`, `nv12`, …).
    pub coding: String,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Thousandths of a picture a second: 29970 is 30000/1001.
    pub fps_milli: u32,
}

/// What a control of a camera is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "set", rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum CameraControl {
    /// The camera decides.
    Auto,
    /// This value, in the camera's own units; the nearest it has.
    Fixed {
        /// The value.
        value: i32,
    },
}

/// What a person set on a camera; what is not set is the program's or the camera's choice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CameraSettings {
    /// The format; `None` = the best for the canvas.
    #[serde(default)]
    pub mode: Option<CameraMode>,
    /// Controls by the engine's names (`exposure`, `white_balance`, `focus`, …).
    #[serde(default)]
    pub controls: BTreeMap<String, CameraControl>,
}

impl Show {
    pub(crate) fn decide_set_camera(
        &self,
        device: String,
        settings: CameraSettings,
    ) -> Result<Vec<Event>, Refusal> {
        check::filled("device", &device, DEVICE_MAX)?;
        check::at_most("controls", settings.controls.len(), CONTROLS_MAX)?;
        for name in settings.controls.keys() {
            check::filled("control", name, WORD_MAX)?;
        }
        if let Some(mode) = &settings.mode {
            let number = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
            check::filled("coding", &mode.coding, WORD_MAX)?;
            check::range("width", number(mode.width), 1, SIDE_MAX)?;
            check::range("height", number(mode.height), 1, SIDE_MAX)?;
            check::range("fps", number(mode.fps_milli), 1, FPS_MILLI_MAX)?;
        }
        let known = self.cameras.get(&device);
        if known.cloned().unwrap_or_default() == settings {
            return Ok(Vec::new());
        }
        if known.is_none() {
            check::at_most("cameras", self.cameras.len() + 1, CAMERAS_MAX)?;
        }
        Ok(vec![Event::CameraSet { device, settings }])
    }

    pub(crate) fn decide_set_virtual_camera(&self, on: bool) -> Vec<Event> {
        if on == self.virtual_camera {
            return Vec::new();
        }
        vec![Event::VirtualCameraSet { on }]
    }

    pub(crate) fn apply_cameras(&mut self, event: &Event) {
        match event {
            Event::CameraSet { device, settings } if *settings == CameraSettings::default() => {
                self.cameras.remove(device);
            }
            Event::CameraSet { device, settings } => {
                self.cameras.insert(device.clone(), settings.clone());
            }
            Event::VirtualCameraSet { on } => self.virtual_camera = *on,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{At, Command, decide};

    fn settings(value: i32) -> CameraSettings {
        CameraSettings {
            mode: Some(CameraMode {
                coding: "mjpeg".into(),
                width: 1920,
                height: 1080,
                fps_milli: 30_000,
            }),
            controls: [("exposure".to_owned(), CameraControl::Fixed { value })].into(),
        }
    }

    fn set(show: &mut Show, settings: CameraSettings) -> Result<usize, Refusal> {
        let command = Command::SetCamera {
            device: "v4l2:/dev/video0".into(),
            settings,
        };
        let events = decide(show, command, At(0))?;
        show.apply_all(&events);
        Ok(events.len())
    }

    #[test]
    fn a_camera_keeps_what_was_set_until_it_is_all_taken_back() {
        let mut show = Show::new("orchard");
        assert_eq!(set(&mut show, CameraSettings::default()), Ok(0));
        assert_eq!(set(&mut show, settings(250)), Ok(1));
        assert_eq!(set(&mut show, settings(250)), Ok(0));
        assert_eq!(show.cameras["v4l2:/dev/video0"], settings(250));
        assert_eq!(set(&mut show, CameraSettings::default()), Ok(1));
        assert!(show.cameras.is_empty());
    }

    #[test]
    fn impossible_formats_and_nameless_controls_are_refused() {
        let mut show = Show::new("orchard");
        let mut wide = settings(1);
        wide.mode.as_mut().unwrap().width = 100_000;
        assert_eq!(set(&mut show, wide).unwrap_err().code(), "out_of_range");
        let mut nameless = settings(1);
        nameless.controls.insert(String::new(), CameraControl::Auto);
        assert_eq!(set(&mut show, nameless).unwrap_err().code(), "text_empty");
    }

    #[test]
    fn the_virtual_camera_is_off_until_somebody_wants_it() {
        let mut show = Show::new("orchard");
        assert!(!show.virtual_camera);
        for (on, events) in [(true, 1), (true, 0), (false, 1)] {
            let decided = decide(&show, Command::SetVirtualCamera { on }, At(0)).unwrap();
            assert_eq!(decided.len(), events);
            show.apply_all(&decided);
            assert_eq!(show.virtual_camera, on);
        }
    }
}
