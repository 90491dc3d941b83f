//! Owns screen sharing through the desktop portal (Wayland): the user chooses, PipeWire delivers.

use gstreamer as gst;

use crate::error::Result;

/// Keeps the user's consent open; the desktop ends the sharing when this is dropped.
pub(super) struct PortalCast {
    _open: Box<dyn std::any::Any + Send>,
}

/// Asks the user for a screen or window and returns the source element for it. Blocks until the
/// user has answered, at most two minutes.
pub(super) fn open() -> Result<(gst::Element, PortalCast)> {
    let (element, open) = crate::platform::portal_source()?;
    Ok((element, PortalCast { _open: open }))
}
