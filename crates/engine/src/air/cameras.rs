//! What was set on cameras, in the media crate's words, and the program as a camera.

use std::collections::HashMap;

use stallcast_media::cameras::{
    self, CameraMode, CameraSettings, Coding, Control, ControlName, ControlSetting,
};
use stallcast_media::input::VideoWant;
use stallcast_media::virtual_camera::{
    VIRTUAL_CAMERA_NAME, VirtualCameraFault, VirtualCameraState,
};
use stallcast_show::Show;
use stallcast_wire::{CameraControlView, CameraView, ControlChoice, RunState, VirtualCameraView};

use crate::wire_name::wire_name;

/// What is set on every camera.
pub fn settings(show: &Show) -> HashMap<String, CameraSettings> {
    let cameras = show.cameras.iter();
    cameras
        .map(|(device, set)| (device.clone(), of_show(set)))
        .collect()
}

fn of_show(set: &stallcast_show::CameraSettings) -> CameraSettings {
    let controls = set.controls.iter().filter_map(|(name, control)| {
        let setting = match control {
            stallcast_show::CameraControl::Auto => ControlSetting::Auto,
            stallcast_show::CameraControl::Fixed { value } => ControlSetting::Fixed(*value),
        };
        Some((ControlName::parse(name)?, setting))
    });
    CameraSettings {
        mode: set.mode.as_ref().and_then(|mode| {
            Some(CameraMode {
                coding: serde_json::from_value::<Coding>(mode.coding.clone().into()).ok()?,
                width: mode.width,
                height: mode.height,
                fps_milli: mode.fps_milli,
            })
        }),
        controls: controls.collect(),
    }
}

/// What a camera can do, for the page; `None` when it is not there. Asks the device: may take a moment.
pub fn view(device: &str, want: VideoWant) -> Option<CameraView> {
    let (modes, best) = cameras::modes(device, want)?;
    let (controls, no_controls) = match cameras::controls(device) {
        Ok(controls) => (controls.into_iter().map(control).collect(), String::new()),
        Err(why) => (Vec::new(), why.code().to_owned()),
    };
    Some(CameraView {
        modes: modes.iter().map(to_show).collect(),
        best: best.as_ref().map(to_show),
        controls,
        no_controls,
    })
}

fn to_show(mode: &CameraMode) -> stallcast_show::CameraMode {
    stallcast_show::CameraMode {
        coding: wire_name(&mode.coding),
        width: mode.width,
        height: mode.height,
        fps_milli: mode.fps_milli,
    }
}

fn control(control: Control) -> CameraControlView {
    let choices = control.choices.iter().map(|choice| ControlChoice {
        value: choice.value,
        name: choice.name.to_owned(),
    });
    CameraControlView {
        name: control.name.as_str().to_owned(),
        min: control.min,
        max: control.max,
        step: control.step,
        default: control.default,
        value: control.value,
        auto: control.auto,
        choices: choices.collect(),
    }
}

/// The program as a camera, for the page.
pub fn virtual_camera(state: VirtualCameraState) -> VirtualCameraView {
    let (run, detail) = match state {
        VirtualCameraState::Off => (RunState::Stopped, ""),
        VirtualCameraState::Unsupported => (RunState::Stopped, "virtual_camera_unsupported"),
        VirtualCameraState::Starting => (RunState::Starting, ""),
        VirtualCameraState::Live => (RunState::Live, ""),
        VirtualCameraState::Retrying(VirtualCameraFault::NoService) => {
            (RunState::Stalled, "virtual_camera_no_pipewire")
        }
        VirtualCameraState::Retrying(VirtualCameraFault::Broken) => {
            (RunState::Stalled, "virtual_camera_failed")
        }
    };
    VirtualCameraView {
        run,
        name: VIRTUAL_CAMERA_NAME.to_owned(),
        detail: detail.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stallcast_show::CameraControl;

    #[test]
    fn settings_of_the_show_are_understood_and_words_of_another_version_are_left_out() {
        let mut set = stallcast_show::CameraSettings {
            mode: Some(to_show(&CameraMode {
                coding: Coding::Mjpeg,
                width: 1920,
                height: 1080,
                fps_milli: 29_970,
            })),
            ..Default::default()
        };
        set.controls
            .insert("white_balance".into(), CameraControl::Fixed { value: 4600 });
        set.controls.insert("iris".into(), CameraControl::Auto);
        let understood = of_show(&set);
        assert_eq!(understood.mode.unwrap().coding, Coding::Mjpeg);
        let expected = [(ControlName::WhiteBalance, ControlSetting::Fixed(4600))];
        assert_eq!(understood.controls, expected.into());
        set.mode.as_mut().unwrap().coding = "av1".into();
        assert_eq!(of_show(&set).mode, None);
    }

    #[test]
    fn a_camera_that_is_not_there_has_no_view() {
        assert!(view("v4l2:/dev/no-such-camera", VideoWant::new(1280, 720)).is_none());
    }
}
