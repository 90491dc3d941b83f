//! Whether the screen can be had: by the desktop's portal, or by taking a picture of it.

use stallcast_media::devices::{self, DeviceKind};
use stallcast_media::diagnosis;
use stallcast_media::platform::CaptureKind;
use stallcast_wire::{DoctorCode as Code, DoctorLine, DoctorPart};

use super::devices::size;

pub fn see(light: bool) -> Vec<DoctorLine> {
    let line = |code| DoctorLine::new(DoctorPart::Screen, code);
    match diagnosis::portal() {
        Ok(Some(())) => return vec![line(Code::ScreenAsks)],
        Err(error) => return vec![line(Code::ScreenPortalNone).with("cause", error)],
        Ok(None) => {}
    }
    let Some(id) = own_screen() else {
        return vec![line(Code::ScreenNone)];
    };
    let way = id.split(':').next().unwrap_or_default().to_owned();
    let line = |code| line(code).with("way", &way);
    if light {
        return vec![line(Code::ScreenListed)];
    }
    vec![match diagnosis::try_capture(CaptureKind::Screen, &id) {
        // What macOS gives to a program without the permission.
        Ok(seen) if seen.is_silent && way == "avf-screen" => {
            line(Code::ScreenFails).with("cause", "only black: no permission")
        }
        Ok(seen) => line(Code::ScreenWorks).with("size", size(&seen)),
        Err(error) => line(Code::ScreenFails).with("cause", error),
    }]
}

/// The screen that this program's windows would be on, else the first.
fn own_screen() -> Option<String> {
    if std::env::consts::OS == "linux" {
        let display = std::env::var("DISPLAY").ok();
        let display = display.filter(|display| !display.is_empty())?;
        return Some(format!("x11:{display}"));
    }
    let found = devices::list().into_iter();
    let mut screens = found.filter(|device| device.kind == DeviceKind::Screen);
    screens.next().map(|device| device.id)
}
