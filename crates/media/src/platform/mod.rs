//! Owns what differs between operating systems, as data: one table per system, no code per system.
//!
//! The rest of the crate asks for rows and tries them in order; which table applies is decided
//! once, in [`table`].

mod file_size;
mod free_bytes;
mod heap;
mod linux;
mod macos;
mod own_plugins;
mod own_program;
#[cfg(target_os = "linux")]
mod portal;
pub(crate) mod precedence;
#[cfg(target_os = "linux")]
mod v4l2;
mod windows;
#[cfg(target_os = "linux")]
mod x11;

use std::any::Any;

use gstreamer as gst;

pub use file_size::largest_file;
pub use free_bytes::free_bytes;
pub use heap::prepare_heap;
pub use own_plugins::use_own_plugins;
pub use own_program::own_program;

use crate::cameras::{Controls, Write};

#[cfg(not(target_os = "linux"))]
use crate::error::MediaError;
use crate::error::Result;

/// What a row captures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CaptureKind {
    /// A camera or a capture card.
    Camera,
    /// A whole screen.
    Screen,
    /// One window.
    Window,
    /// A microphone or line input.
    Microphone,
    /// What the computer plays.
    DesktopAudio,
}

/// A fixed value for an element's property.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The property. A property that the installed version of the element lacks is left out.
    pub property: &'static str,
    /// The value as GStreamer's own syntax writes it (`true`, `5`, `p,node.dont-reconnect=true`).
    pub value: &'static str,
}

/// One way to capture something: an element and how it is told which device to use.
#[derive(Clone, Copy, Debug)]
pub struct CaptureRow {
    /// What it captures.
    pub kind: CaptureKind,
    /// GStreamer's element factory.
    pub factory: &'static str,
    /// Prefix of the ids of its devices: `v4l2` in `v4l2:/dev/video0`.
    pub id_prefix: &'static str,
    /// The element's property that takes the device's own name, if it can choose.
    pub device_property: Option<&'static str>,
    /// Elements by which the device monitor lists its devices (a sink for what a computer plays;
    /// PipeWire's provider hides PulseAudio's and uses the same names).
    pub listed_as: &'static [&'static str],
    /// The device monitor's properties, best first, that hold that name and survive a replug.
    /// Empty when the monitor does not list such devices.
    pub name_from: &'static [&'static str],
    /// Appended to the device's own name (`.monitor` for what a PulseAudio sink plays).
    pub name_suffix: &'static str,
    /// Fixed properties.
    pub settings: &'static [Setting],
    /// What to know about it, for the doctor page and the reader.
    pub note: &'static str,
}

/// How the program is offered to other programs as a camera.
#[derive(Clone, Copy, Debug)]
pub struct VirtualCameraRow {
    /// GStreamer's element factory; none where there is no way yet.
    pub factory: Option<&'static str>,
    /// What to know about it.
    pub note: &'static str,
}

/// The rows of one operating system, in order of preference within a kind.
#[derive(Clone, Copy, Debug)]
pub struct PlatformTable {
    /// Name as in `std::env::consts::OS`.
    pub os: &'static str,
    /// All rows.
    pub captures: &'static [CaptureRow],
    /// The program as a camera.
    pub virtual_camera: VirtualCameraRow,
    /// The screen can only be had by asking the user through the desktop portal when this
    /// environment variable is set (Wayland).
    pub portal_when_env: Option<&'static str>,
}

/// All tables, for documentation and tests.
pub const TABLES: &[&PlatformTable] = &[&linux::TABLE, &macos::TABLE, &windows::TABLE];

/// The table of the system this was built for.
#[must_use]
pub fn table() -> &'static PlatformTable {
    TABLES
        .iter()
        .find(|table| table.os == std::env::consts::OS)
        .copied()
        .unwrap_or(&linux::TABLE)
}

/// Asks the desktop for a screen to share: the source element and what must live as long as it.
pub(crate) fn portal_source() -> Result<(gst::Element, Box<dyn Any + Send>)> {
    #[cfg(target_os = "linux")]
    return portal::source();
    #[cfg(not(target_os = "linux"))]
    Err(MediaError::Unsupported("desktop portal"))
}

/// Whether the desktop has a portal that can share screens; nobody is asked for one.
pub(crate) fn portal_answers() -> Result<()> {
    #[cfg(target_os = "linux")]
    return portal::answers();
    #[cfg(not(target_os = "linux"))]
    Err(MediaError::Unsupported("desktop portal"))
}

/// Whether this system lets us at the controls of cameras.
pub(crate) fn has_camera_controls() -> bool {
    cfg!(target_os = "linux")
}

/// The controls of the camera with this device file.
pub(crate) fn camera_controls(path: &std::path::Path) -> Controls {
    #[cfg(target_os = "linux")]
    return v4l2::read(path);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = path;
        Err(crate::cameras::NoControls::System)
    }
}

/// Writes controls of the camera with this device file; what it refuses is logged.
pub(crate) fn set_camera_controls(path: &std::path::Path, writes: &[Write]) {
    #[cfg(target_os = "linux")]
    if let Err(error) = v4l2::write(path, writes) {
        tracing::warn!(%error, ?path, "a camera's controls cannot be written");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (path, writes);
}

/// Counts screens and windows that were lost without their element saying so. A capture is to be
/// built anew when the count differs from the one at its start.
pub(crate) fn screen_losses() -> u64 {
    #[cfg(target_os = "linux")]
    return x11::losses();
    #[cfg(not(target_os = "linux"))]
    0
}

/// Whether a window is there to be captured.
pub(crate) fn window_exists(display: Option<&str>, window: u64) -> bool {
    #[cfg(target_os = "linux")]
    return x11::window_exists(display, window);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (display, window);
        true
    }
}

impl PlatformTable {
    /// The rows for a kind whose element is installed, best first.
    pub fn rows(&self, kind: CaptureKind) -> impl Iterator<Item = &'static CaptureRow> + use<> {
        self.captures
            .iter()
            .filter(move |row| row.kind == kind && gst::ElementFactory::find(row.factory).is_some())
    }

    /// The row that a device id belongs to, and the device's own name in it.
    #[must_use]
    pub fn row_for<'a>(
        &self,
        kind: CaptureKind,
        id: &'a str,
    ) -> Option<(&'static CaptureRow, &'a str)> {
        let (prefix, name) = id.split_once(':')?;
        self.captures
            .iter()
            .find(|row| row.kind == kind && row.id_prefix == prefix)
            .map(|row| (row, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_system_can_capture_a_camera_a_screen_and_a_microphone() {
        for table in TABLES {
            for kind in [
                CaptureKind::Camera,
                CaptureKind::Screen,
                CaptureKind::Microphone,
            ] {
                assert!(
                    table.captures.iter().any(|row| row.kind == kind),
                    "{} lacks {kind:?}",
                    table.os
                );
            }
        }
    }

    #[test]
    fn an_id_leads_back_to_its_row() {
        let (row, name) = linux::TABLE
            .row_for(CaptureKind::Camera, "v4l2:/dev/video0")
            .unwrap();
        assert_eq!((row.factory, name), ("v4l2src", "/dev/video0"));
        assert!(
            linux::TABLE
                .row_for(CaptureKind::Camera, "nonsense")
                .is_none()
        );
    }

    #[test]
    fn prefixes_are_unique_within_a_kind() {
        for table in TABLES {
            for (index, row) in table.captures.iter().enumerate() {
                assert!(
                    !table.captures[..index]
                        .iter()
                        .any(|other| other.kind == row.kind && other.id_prefix == row.id_prefix),
                    "{} {}",
                    table.os,
                    row.id_prefix
                );
            }
        }
    }
}
