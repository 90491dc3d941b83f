//! Owns the opening of a camera: which one, in which format, and its controls as they were set.

use super::build::{caps_filter, capture_element};
use super::shared::Shared;
use super::sinks::make;
use super::want::VideoWant;
use crate::cameras::{self, CameraMode, Coding, Offer};
use crate::devices::DeviceWatch;
use crate::error::{MediaError, Result};
use crate::platform::{self, CaptureKind};

/// The elements from the camera to raw pictures. Fails when the camera is not there.
pub(super) fn source(
    device: Option<&str>,
    want: VideoWant,
    devices: Option<&DeviceWatch>,
    shared: &Shared,
) -> Result<Vec<gstreamer::Element>> {
    let table = platform::table();
    let known = devices.map(DeviceWatch::cameras).unwrap_or_default();
    let id = match device {
        Some(id) => id.to_owned(),
        None => known
            .first()
            .map(|(device, _)| device.id.clone())
            .ok_or_else(|| MediaError::DeviceMissing("camera".to_owned()))?,
    };
    let (row, name) = table
        .row_for(CaptureKind::Camera, &id)
        .ok_or_else(|| MediaError::DeviceMissing(id.clone()))?;
    let listed = known.iter().find(|(device, _)| device.id == id);
    // Asked for a camera that is gone, PipeWire hands out another one.
    if listed.is_none() && !row.name_from.is_empty() {
        return Err(MediaError::DeviceMissing(id));
    }
    let source = capture_element(row, Some(name))?;
    let set = shared.book.of(&id).mode;
    shared.use_camera(&id, set);
    let offers = listed.and_then(|(_, caps)| Some(cameras::offers(caps.as_ref()?)));
    let Some(offer) = offers
        .as_deref()
        .and_then(|offers| choose(offers, set, want))
    else {
        return Ok(vec![source]);
    };
    tracing::debug!(camera = %id, mode = ?offer.mode, "camera mode");
    let mut elements = vec![source, caps_filter(&offer.caps())?];
    if offer.mode.coding == Coding::Mjpeg {
        elements.push(make("jpegdec")?);
    }
    Ok(elements)
}

/// What a person set, as long as the camera offers it, else the best.
fn choose(offers: &[Offer], set: Option<CameraMode>, want: VideoWant) -> Option<&Offer> {
    offers
        .iter()
        .find(|offer| Some(offer.mode) == set)
        .or_else(|| cameras::best(offers, want))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::str::FromStr;

    #[test]
    fn what_a_person_set_goes_before_the_best_as_long_as_the_camera_has_it() {
        gstreamer::init().unwrap();
        let caps = gstreamer::Caps::from_str(
            "video/x-raw,format=YUY2,width=1280,height=720,framerate=30/1; \
             image/jpeg,width=1920,height=1080,framerate=30/1",
        );
        let offers = cameras::offers(&caps.unwrap());
        let want = VideoWant::new(1280, 720);
        let best = choose(&offers, None, want).unwrap().mode;
        assert_eq!(best.coding, Coding::Yuyv);
        let other = CameraMode {
            coding: Coding::Mjpeg,
            width: 1920,
            height: 1080,
            fps_milli: 30_000,
        };
        assert_eq!(choose(&offers, Some(other), want).unwrap().mode, other);
        let gone = CameraMode {
            width: 3840,
            ..other
        };
        assert_eq!(choose(&offers, Some(gone), want).unwrap().mode, best);
    }
}
