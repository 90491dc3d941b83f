//! Owns what the doctor asks GStreamer: its version, which encoders and needed elements are there, and whether a device
//! really gives something. A driver may hang or crash in it: each call is for a process of its own with a time-out.

mod capture;
mod needs;

use gstreamer as gst;

pub use capture::{Captured, try_capture};
pub use needs::{NEEDS, Need, NeedFor, PluginSet, is_there};

use crate::encoder;
use crate::error::{MediaError, Result};
use crate::platform;

/// GStreamer's version, as `1.22.0`.
///
/// # Errors
/// When it cannot start.
pub fn gstreamer_version() -> Result<String> {
    begin()?;
    let (major, minor, micro, _) = gst::version();
    Ok(format!("{major}.{minor}.{micro}"))
}

/// The encoders of the table that are for this system: those that are installed, and those that are not.
///
/// # Errors
/// When GStreamer cannot start.
pub fn encoders() -> Result<(Vec<String>, Vec<String>)> {
    begin()?;
    let own = encoder::all().filter(|kind| encoder::made_for(kind.element, std::env::consts::OS));
    let (mut there, absent): (Vec<String>, Vec<String>) = own
        .map(|kind| kind.element.to_owned())
        .partition(|element| gst::ElementFactory::find(element).is_some());
    // Tests name encoders that fail on purpose.
    if cfg!(debug_assertions)
        && let Ok(named) = std::env::var("STALLCAST_DOCTOR_ALSO")
    {
        there.extend(named.split(',').map(str::to_owned));
    }
    Ok((there, absent))
}

/// How screens are shared here: by asking the desktop's portal each time, or `None` where they are taken by name.
///
/// # Errors
/// There is a desktop that wants to be asked, and no portal that does.
pub fn portal() -> Result<Option<()>> {
    let asks = platform::table().portal_when_env;
    if asks.is_none_or(|name| std::env::var_os(name).is_none()) {
        return Ok(None);
    }
    platform::portal_answers().map(Some)
}

fn begin() -> Result<()> {
    gst::init().map_err(|error| MediaError::Init(error.to_string()))
}
