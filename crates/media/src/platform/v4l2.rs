//! Owns a V4L2 camera's controls: reading and writing them with ioctls on its device file, which may
//! be open elsewhere (by PipeWire, by our own pipeline) at the same time.
//!
//! Numbers and layouts are those of `linux/videodev2.h` and `linux/v4l2-controls.h`.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;

use crate::cameras::{Choice, Control, ControlName, Controls, NoControls, Pair, Write};

const QUERYCTRL: u32 = 0xC044_5624;
const G_CTRL: u32 = 0xC008_561B;
const S_CTRL: u32 = 0xC008_561C;
const QUERYMENU: u32 = 0xC02C_5625;

const FLAG_DISABLED: u32 = 0x0001;
const FLAG_READ_ONLY: u32 = 0x0004;

const EXPOSURE_AUTO: u32 = 0x009A_0901;
const EXPOSURE_ABSOLUTE: u32 = 0x009A_0902;
const AUTO_WHITE_BALANCE: u32 = 0x0098_090C;
const WHITE_BALANCE_TEMPERATURE: u32 = 0x0098_091A;
const FOCUS_AUTO: u32 = 0x009A_090C;
const FOCUS_ABSOLUTE: u32 = 0x009A_090A;
const AUTOGAIN: u32 = 0x0098_0912;
const GAIN: u32 = 0x0098_0913;
const ZOOM_ABSOLUTE: u32 = 0x009A_090D;
const POWER_LINE_FREQUENCY: u32 = 0x0098_0918;
const BRIGHTNESS: u32 = 0x0098_0900;

/// Values of [`EXPOSURE_AUTO`]: everything automatic, nothing, and the time alone (a lens without an
/// iris that moves).
const EXPOSURE_ALL_AUTO: i32 = 0;
const EXPOSURE_MANUAL: i32 = 1;
const EXPOSURE_TIME_AUTO: i32 = 3;

/// The words of [`POWER_LINE_FREQUENCY`].
const POWER_LINE: [(u32, &str); 4] = [(0, "off"), (1, "hz50"), (2, "hz60"), (3, "auto")];

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
struct QueryCtrl {
    id: u32,
    kind: u32,
    name: [u8; 32],
    minimum: i32,
    maximum: i32,
    step: i32,
    default_value: i32,
    flags: u32,
    reserved: [u32; 2],
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
struct CtrlValue {
    id: u32,
    value: i32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct QueryMenu {
    id: u32,
    index: u32,
    name: [u8; 32],
    reserved: u32,
}

const _: () = assert!(size_of::<QueryCtrl>() == 68);
const _: () = assert!(size_of::<CtrlValue>() == 8);
const _: () = assert!(size_of::<QueryMenu>() == 44);

/// What the kernel can be asked.
trait Driver {
    fn query(&self, id: u32) -> io::Result<QueryCtrl>;
    fn get(&self, id: u32) -> io::Result<i32>;
    fn set(&self, id: u32, value: i32) -> io::Result<()>;
    fn has_menu(&self, id: u32, index: u32) -> bool;
}

struct Device(File);

impl Device {
    fn call<T>(&self, request: u32, argument: &mut T) -> io::Result<()> {
        // SAFETY: the descriptor is open as long as `self`; every request here is used with the
        // structure whose size it carries in bits 16 to 29, so the kernel reads and writes no
        // further than `argument`.
        let done = unsafe {
            libc::ioctl(
                self.0.as_raw_fd(),
                libc::Ioctl::from(request),
                std::ptr::from_mut(argument),
            )
        };
        if done < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }
}

impl Driver for Device {
    fn query(&self, id: u32) -> io::Result<QueryCtrl> {
        let mut query = QueryCtrl {
            id,
            ..QueryCtrl::default()
        };
        self.call(QUERYCTRL, &mut query)?;
        Ok(query)
    }

    fn get(&self, id: u32) -> io::Result<i32> {
        let mut control = CtrlValue { id, value: 0 };
        self.call(G_CTRL, &mut control)?;
        Ok(control.value)
    }

    fn set(&self, id: u32, value: i32) -> io::Result<()> {
        self.call(S_CTRL, &mut CtrlValue { id, value })
    }

    fn has_menu(&self, id: u32, index: u32) -> bool {
        let mut menu = QueryMenu {
            id,
            index,
            name: [0; 32],
            reserved: 0,
        };
        self.call(QUERYMENU, &mut menu).is_ok()
    }
}

/// Where a control's value and its automatic are.
fn ids(name: ControlName) -> (u32, Option<u32>) {
    match name {
        ControlName::Exposure => (EXPOSURE_ABSOLUTE, Some(EXPOSURE_AUTO)),
        ControlName::WhiteBalance => (WHITE_BALANCE_TEMPERATURE, Some(AUTO_WHITE_BALANCE)),
        ControlName::Focus => (FOCUS_ABSOLUTE, Some(FOCUS_AUTO)),
        ControlName::Gain => (GAIN, Some(AUTOGAIN)),
        ControlName::Zoom => (ZOOM_ABSOLUTE, None),
        ControlName::PowerLine => (POWER_LINE_FREQUENCY, None),
        ControlName::Brightness => (BRIGHTNESS, None),
    }
}

/// The controls of the camera at `path`.
pub(super) fn read(path: &Path) -> Controls {
    let file = File::open(path).map_err(|error| {
        tracing::debug!(%error, ?path, "a camera's controls cannot be read");
        NoControls::Busy
    })?;
    list(&Device(file))
}

/// Writes to the camera at `path`. What it refuses is logged and passed over.
pub(super) fn write(path: &Path, writes: &[Write]) -> io::Result<()> {
    let device = Device(File::options().read(true).write(true).open(path)?);
    for write in writes {
        if let Err(error) = put(&device, *write) {
            tracing::warn!(%error, ?write, ?path, "a camera refused a control");
        }
    }
    Ok(())
}

fn list(driver: &impl Driver) -> Controls {
    let found: Vec<Control> = ControlName::ALL
        .into_iter()
        .filter_map(|name| control(driver, name))
        .collect();
    if found.is_empty() {
        return Err(NoControls::None);
    }
    Ok(found)
}

/// One that can be changed.
fn usable(driver: &impl Driver, id: u32) -> Option<QueryCtrl> {
    let query = driver.query(id).ok()?;
    (query.flags & (FLAG_DISABLED | FLAG_READ_ONLY) == 0).then_some(query)
}

fn control(driver: &impl Driver, name: ControlName) -> Option<Control> {
    let (id, automatic) = ids(name);
    let query = usable(driver, id)?;
    let automatic = automatic.filter(|id| usable(driver, *id).is_some());
    let auto = automatic
        .and_then(|id| driver.get(id).ok())
        .map(|value| match name {
            ControlName::Exposure => [EXPOSURE_ALL_AUTO, EXPOSURE_TIME_AUTO].contains(&value),
            _ => value != 0,
        });
    let choices = match name {
        ControlName::PowerLine => POWER_LINE
            .iter()
            .filter(|(index, _)| driver.has_menu(id, *index))
            .filter_map(|(index, name)| {
                let value = i32::try_from(*index).ok()?;
                Some(Choice { value, name })
            })
            .collect(),
        _ => Vec::new(),
    };
    Some(Control {
        name,
        min: query.minimum,
        max: query.maximum,
        step: query.step.max(1),
        default: query.default_value,
        value: driver.get(id).unwrap_or(query.default_value),
        auto,
        choices,
    })
}

fn put(driver: &impl Driver, write: Write) -> io::Result<()> {
    let (id, automatic) = ids(write.name);
    let unknown = || io::Error::from(io::ErrorKind::Unsupported);
    match write.what {
        Pair::Value(value) => driver.set(id, value),
        Pair::Auto(on) => {
            let automatic = automatic.ok_or_else(unknown)?;
            let value = match (write.name, on) {
                (ControlName::Exposure, false) => EXPOSURE_MANUAL,
                (ControlName::Exposure, true) => {
                    let index = u32::try_from(EXPOSURE_TIME_AUTO).unwrap_or_default();
                    if driver.has_menu(automatic, index) {
                        EXPOSURE_TIME_AUTO
                    } else {
                        EXPOSURE_ALL_AUTO
                    }
                }
                (_, on) => i32::from(on),
            };
            driver.set(automatic, value)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cameras::{ControlSetting, plan};
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    /// A webcam as the UVC driver shows one: what is automatic refuses a value.
    #[derive(Default)]
    struct Webcam {
        values: RefCell<BTreeMap<u32, i32>>,
        asked: RefCell<Vec<(u32, i32)>>,
    }

    impl Webcam {
        fn new() -> Self {
            let values = [
                (EXPOSURE_AUTO, EXPOSURE_TIME_AUTO),
                (EXPOSURE_ABSOLUTE, 250),
                (AUTO_WHITE_BALANCE, 1),
                (WHITE_BALANCE_TEMPERATURE, 4000),
                (POWER_LINE_FREQUENCY, 2),
            ];
            Self {
                values: RefCell::new(values.into()),
                asked: RefCell::default(),
            }
        }
    }

    impl Driver for Webcam {
        fn query(&self, id: u32) -> io::Result<QueryCtrl> {
            let known = self.values.borrow().contains_key(&id);
            if !known {
                return Err(io::Error::from_raw_os_error(libc::EINVAL));
            }
            Ok(QueryCtrl {
                id,
                minimum: 3,
                maximum: 10_000,
                step: 1,
                default_value: 250,
                ..QueryCtrl::default()
            })
        }

        fn get(&self, id: u32) -> io::Result<i32> {
            let known = self.values.borrow().get(&id).copied();
            known.ok_or_else(|| io::Error::from_raw_os_error(libc::EINVAL))
        }

        fn set(&self, id: u32, value: i32) -> io::Result<()> {
            let automatic = self.get(EXPOSURE_AUTO)? == EXPOSURE_TIME_AUTO;
            if id == EXPOSURE_ABSOLUTE && automatic {
                return Err(io::Error::from_raw_os_error(libc::EACCES));
            }
            self.asked.borrow_mut().push((id, value));
            self.values.borrow_mut().insert(id, value);
            Ok(())
        }

        fn has_menu(&self, id: u32, index: u32) -> bool {
            match id {
                EXPOSURE_AUTO => index == 1 || index == 3,
                POWER_LINE_FREQUENCY => index < 3,
                _ => false,
            }
        }
    }

    #[test]
    fn a_webcam_s_controls_are_found_with_their_automatics_and_words() {
        let found = list(&Webcam::new()).unwrap();
        let summary: Vec<_> = found.iter().map(|c| (c.name, c.auto, c.value)).collect();
        assert_eq!(
            summary,
            [
                (ControlName::Exposure, Some(true), 250),
                (ControlName::WhiteBalance, Some(true), 4000),
                (ControlName::PowerLine, None, 2),
            ]
        );
        let words: Vec<_> = found[2].choices.iter().map(|choice| choice.name).collect();
        assert_eq!(words, ["off", "hz50", "hz60"]);
    }

    #[test]
    fn a_planned_change_reaches_a_camera_that_refuses_values_while_it_decides() {
        let webcam = Webcam::new();
        let set = [
            (ControlName::Exposure, ControlSetting::Fixed(100)),
            (ControlName::PowerLine, ControlSetting::Fixed(1)),
        ];
        for write in plan(&list(&webcam).unwrap(), &BTreeMap::new(), &set.into()) {
            put(&webcam, write).unwrap();
        }
        assert_eq!(
            *webcam.asked.borrow(),
            [
                (EXPOSURE_AUTO, EXPOSURE_MANUAL),
                (EXPOSURE_ABSOLUTE, 100),
                (POWER_LINE_FREQUENCY, 1)
            ]
        );
        put(
            &webcam,
            Write {
                name: ControlName::Exposure,
                what: Pair::Auto(true),
            },
        )
        .unwrap();
        assert_eq!(webcam.get(EXPOSURE_AUTO).unwrap(), EXPOSURE_TIME_AUTO);
    }

    #[test]
    fn a_file_that_is_no_camera_has_no_controls_and_refuses_in_peace() {
        assert_eq!(read(Path::new("/dev/null")), Err(NoControls::None));
        assert_eq!(
            read(Path::new("/dev/no-such-camera")),
            Err(NoControls::Busy)
        );
        let any = Write {
            name: ControlName::Gain,
            what: Pair::Value(1),
        };
        assert!(write(Path::new("/dev/null"), &[any]).is_ok());
    }
}
