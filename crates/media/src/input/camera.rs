//! Owns the choice of a camera's mode: near the wanted size, at the least work for the processor.

use gstreamer as gst;

use super::build::{caps_filter, capture_element};
use super::sinks::make;
use super::want::VideoWant;
use crate::devices::DeviceWatch;
use crate::error::{MediaError, Result};
use crate::platform::{self, CaptureKind};

/// How frames leave the camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Raw,
    Jpeg,
}

/// One mode of a camera.
#[derive(Clone, Debug)]
struct Mode {
    coding: Coding,
    caps: gst::Caps,
    penalty: f64,
}

/// The elements from the camera to raw pictures. Fails when the camera is not there.
pub(super) fn source(
    device: Option<&str>,
    want: VideoWant,
    devices: Option<&DeviceWatch>,
) -> Result<Vec<gst::Element>> {
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
    let caps = listed.and_then(|(_, caps)| caps.clone());
    let Some(mode) = caps.as_deref().and_then(|caps| best_mode(caps, want)) else {
        return Ok(vec![source]);
    };
    tracing::debug!(camera = %id, caps = %mode.caps, "camera mode");
    let mut elements = vec![source, caps_filter(&mode.caps)?];
    if mode.coding == Coding::Jpeg {
        elements.push(make("jpegdec")?);
    }
    Ok(elements)
}

fn best_mode(caps: &gst::CapsRef, want: VideoWant) -> Option<Mode> {
    caps.iter()
        .filter_map(|structure| mode(structure, want))
        .min_by(|a, b| a.penalty.total_cmp(&b.penalty))
}

fn mode(structure: &gst::StructureRef, want: VideoWant) -> Option<Mode> {
    let coding = match structure.name().as_str() {
        "video/x-raw" => Coding::Raw,
        "image/jpeg" => Coding::Jpeg,
        _ => return None,
    };
    let width = nearest(structure.value("width").ok()?, want.width)?;
    let height = nearest(structure.value("height").ok()?, want.height)?;
    let fps = structure
        .value("framerate")
        .ok()
        .and_then(|value| nearest_rate(value, want.max_fps));
    let mut caps = gst::Structure::builder(structure.name().as_str())
        .field("width", width)
        .field("height", height)
        .build();
    let mut penalty = 0.0;
    if let Some(fps) = fps {
        caps.set("framerate", fps);
        let rate = f64::from(fps.numer()) / f64::from(fps.denom().max(1));
        // A slow picture is worse than a wrong size; a fast one is thinned out, at some cost.
        penalty += match rate {
            ..15.0 => 1_000.0,
            15.0..24.0 => 300.0,
            _ => (rate - f64::from(want.max_fps)).max(0.0),
        };
    }
    if coding == Coding::Raw {
        let (format, cost) = cheapest_format(structure.value("format").ok()?)?;
        caps.set("format", format);
        penalty += cost;
    } else {
        // Decoding a JPEG costs as much as scaling down a picture twice the size.
        penalty += 60.0;
    }
    let area = f64::from(width) * f64::from(height);
    let wanted = f64::from(want.width) * f64::from(want.height);
    penalty += if area < wanted {
        400.0 * (1.0 - area / wanted)
    } else {
        40.0 * (area / wanted - 1.0)
    };
    Some(Mode {
        coding,
        caps: gst::Caps::builder_full().structure(caps).build(),
        penalty,
    })
}

/// The value nearest to `want` that a fixed value, list or range allows.
fn nearest(value: &gst::glib::SendValue, want: u32) -> Option<i32> {
    let want = i32::try_from(want).ok()?;
    let chosen = if let Ok(fixed) = value.get::<i32>() {
        fixed
    } else if let Ok(range) = value.get::<gst::IntRange<i32>>() {
        let step = range.step().max(1);
        let inside = want.clamp(range.min(), range.max());
        range.min() + (inside - range.min()) / step * step
    } else if let Ok(list) = value.get::<gst::List>() {
        list.iter()
            .filter_map(|value| value.get::<i32>().ok())
            .min_by_key(|value| value.abs_diff(want))?
    } else {
        return None;
    };
    Some(chosen)
}

fn nearest_rate(value: &gst::glib::SendValue, want: u32) -> Option<gst::Fraction> {
    let rate =
        |fraction: &gst::Fraction| f64::from(fraction.numer()) / f64::from(fraction.denom().max(1));
    let want = gst::Fraction::new(i32::try_from(want).ok()?, 1);
    if let Ok(fixed) = value.get::<gst::Fraction>() {
        Some(fixed)
    } else if let Ok(range) = value.get::<gst::FractionRange>() {
        Some(if rate(&want) > rate(&range.max()) {
            range.max()
        } else if rate(&want) < rate(&range.min()) {
            range.min()
        } else {
            want
        })
    } else if let Ok(list) = value.get::<gst::List>() {
        list.iter()
            .filter_map(|value| value.get::<gst::Fraction>().ok())
            .min_by(|a, b| {
                let off = |f: &gst::Fraction| (rate(f) - rate(&want)).abs();
                off(a).total_cmp(&off(b))
            })
    } else {
        None
    }
}

/// The format that is the least work to turn into I420, with its penalty.
fn cheapest_format(value: &gst::glib::SendValue) -> Option<(String, f64)> {
    let cost = |format: &str| -> f64 {
        match format {
            "I420" | "YV12" => 0.0,
            "NV12" | "NV21" => 2.0,
            "YUY2" | "UYVY" | "YVYU" => 5.0,
            _ => 20.0,
        }
    };
    let formats: Vec<String> = if let Ok(one) = value.get::<String>() {
        vec![one]
    } else if let Ok(list) = value.get::<gst::List>() {
        list.iter()
            .filter_map(|value| value.get::<String>().ok())
            .collect()
    } else {
        return None;
    };
    formats
        .into_iter()
        .map(|format| (cost(&format), format))
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(cost, format)| (format, cost))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::str::FromStr;

    fn chosen(caps: &str) -> String {
        gst::init().unwrap();
        let caps = gst::Caps::from_str(caps).unwrap();
        let mode = best_mode(&caps, VideoWant::new(1280, 720)).unwrap();
        mode.caps.to_string()
    }

    #[test]
    fn raw_at_the_wanted_size_beats_jpeg() {
        let caps = chosen(
            "image/jpeg,width=1280,height=720,framerate=30/1; \
             video/x-raw,format=YUY2,width=1280,height=720,framerate=30/1; \
             video/x-raw,format=YUY2,width=1920,height=1080,framerate=30/1",
        );
        assert!(caps.contains("YUY2") && caps.contains("1280"), "{caps}");
    }

    #[test]
    fn jpeg_at_full_rate_beats_raw_at_a_crawl() {
        let caps = chosen(
            "video/x-raw,format=YUY2,width=1280,height=720,framerate={10/1,5/1}; \
             image/jpeg,width=1280,height=720,framerate={30/1,15/1}",
        );
        assert!(caps.starts_with("image/jpeg"), "{caps}");
        assert!(caps.contains("30/1"), "{caps}");
    }

    #[test]
    fn ranges_and_lists_are_narrowed_to_what_is_wanted() {
        let caps = chosen(
            "video/x-raw,format={BGRx,NV12,YUY2},width=[16,4096,16],height=[16,2160],framerate=[1/1,60/1]",
        );
        assert!(caps.contains("NV12"), "{caps}");
        assert!(caps.contains("1280") && caps.contains("720"), "{caps}");
        assert!(caps.contains("30/1"), "{caps}");
    }
}
