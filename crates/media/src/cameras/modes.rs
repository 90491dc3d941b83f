//! Owns the choice among the formats a camera offers: near the wanted size and rate, at the least
//! work for the processor. Pure, over what the device lists.

use gstreamer as gst;
use serde::{Deserialize, Serialize};

use crate::input::VideoWant;

/// How pictures leave a camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coding {
    /// Planar 4:2:0: what the program works with.
    I420,
    /// 4:2:0 with interleaved colour.
    Nv12,
    /// 4:2:2, Y first.
    Yuyv,
    /// 4:2:2, colour first.
    Uyvy,
    /// JPEG pictures.
    Mjpeg,
    /// 24 or 32 bits of red, green and blue.
    Rgb,
}

impl Coding {
    /// Processor time, nanoseconds a pixel, to make the program's picture of it on a machine of
    /// 2020 (libjpeg-turbo decodes some 200 million pixels a second, videoconvert turns packed 4:2:2
    /// into 4:2:0 at 1.2 thousand million).
    fn cost_ns(self) -> f64 {
        match self {
            Self::I420 => 0.3,
            Self::Nv12 => 0.4,
            Self::Yuyv | Self::Uyvy => 0.8,
            Self::Rgb => 2.0,
            Self::Mjpeg => 5.0,
        }
    }

    fn of(media: &str, format: &str) -> Option<Self> {
        match (media, format) {
            ("image/jpeg", _) => Some(Self::Mjpeg),
            ("video/x-raw", "I420" | "YV12") => Some(Self::I420),
            ("video/x-raw", "NV12" | "NV21") => Some(Self::Nv12),
            ("video/x-raw", "YUY2" | "YVYU") => Some(Self::Yuyv),
            ("video/x-raw", "UYVY") => Some(Self::Uyvy),
            ("video/x-raw", format) if format.contains("RGB") || format.contains("BGR") => {
                Some(Self::Rgb)
            }
            _ => None,
        }
    }
}

/// A format of a camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CameraMode {
    /// How pictures leave it.
    pub coding: Coding,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Thousandths of a picture a second; 0 = the camera does not say.
    pub fps_milli: u32,
}

/// A format together with what GStreamer is told to get it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) mode: CameraMode,
    /// GStreamer's name of the raw format.
    format: Option<String>,
    rate: Option<(i32, i32)>,
}

impl Offer {
    /// The caps that ask for this format and no other.
    pub(crate) fn caps(&self) -> gst::Caps {
        let media = match self.mode.coding {
            Coding::Mjpeg => "image/jpeg",
            _ => "video/x-raw",
        };
        let side = |side: u32| i32::try_from(side).unwrap_or(i32::MAX);
        let mut caps = gst::Structure::builder(media)
            .field("width", side(self.mode.width))
            .field("height", side(self.mode.height))
            .build();
        if let Some(format) = &self.format {
            caps.set("format", format);
        }
        if let Some((numerator, denominator)) = self.rate {
            caps.set("framerate", gst::Fraction::new(numerator, denominator));
        }
        gst::Caps::builder_full().structure(caps).build()
    }
}

/// Sizes offered of a camera that takes any (virtual ones, AVFoundation).
const USUAL_SIZES: &[(i32, i32)] = &[
    (3840, 2160),
    (2560, 1440),
    (1920, 1080),
    (1280, 720),
    (960, 540),
    (640, 480),
    (640, 360),
    (1080, 1920),
    (720, 1280),
];
/// Rates offered of a camera that takes any.
const USUAL_RATES: &[i32] = &[60, 50, 30, 25, 24, 15];
/// Most formats listed of one camera; real ones have some eighty.
const MOST: usize = 400;

/// Every format in a device's caps, largest and fastest first. Memory of a graphics card is left
/// out: the program works with the processor's.
pub(crate) fn offers(caps: &gst::CapsRef) -> Vec<Offer> {
    let mut all: Vec<Offer> = Vec::new();
    for (structure, features) in caps.iter_with_features() {
        let system = features.is_any() || features.contains("memory:SystemMemory");
        if !system || all.len() >= MOST {
            continue;
        }
        let media = structure.name().as_str();
        let formats: Vec<Option<String>> = if media == "image/jpeg" {
            vec![None]
        } else {
            words(structure.value("format").ok())
                .into_iter()
                .map(Some)
                .collect()
        };
        let rates = rates(structure.value("framerate").ok());
        for (width, height) in sizes(structure) {
            for format in &formats {
                let Some(coding) = Coding::of(media, format.as_deref().unwrap_or_default()) else {
                    continue;
                };
                for rate in &rates {
                    let fps_milli = rate.map_or(0, milli);
                    let mode = CameraMode {
                        coding,
                        width,
                        height,
                        fps_milli,
                    };
                    if all.len() < MOST && !all.iter().any(|offer| offer.mode == mode) {
                        all.push(Offer {
                            mode,
                            format: format.clone(),
                            rate: *rate,
                        });
                    }
                }
            }
        }
    }
    let order = |offer: &Offer| {
        let mode = offer.mode;
        let area = u64::from(mode.width) * u64::from(mode.height);
        (
            std::cmp::Reverse((area, mode.width, mode.fps_milli)),
            mode.coding,
        )
    };
    all.sort_by_key(order);
    all
}

/// The best of them for what is wanted; none of none.
pub(crate) fn best(offers: &[Offer], want: VideoWant) -> Option<&Offer> {
    offers
        .iter()
        .min_by(|a, b| penalty(a.mode, want).total_cmp(&penalty(b.mode, want)))
}

/// How far a format is from what is wanted, in percent of a core or what is worth as much. Half of
/// the picture missing weighs as two cores, half of the rate as three.
fn penalty(mode: CameraMode, want: VideoWant) -> f64 {
    const PICTURE: f64 = 400.0;
    const RATE: f64 = 600.0;
    let part = |has: u32, wanted: u32| (f64::from(has) / f64::from(wanted.max(1))).min(1.0);
    let missing = 1.0 - part(mode.width, want.width) * part(mode.height, want.height);
    let wanted_milli = want.max_fps.saturating_mul(1000);
    let (slow, fps) = match mode.fps_milli {
        0 => (0.0, f64::from(want.max_fps)),
        fps => (1.0 - part(fps, wanted_milli), f64::from(fps) / 1000.0),
    };
    let pixels = f64::from(mode.width) * f64::from(mode.height);
    // Every picture that comes is decoded; converted and scaled are only those that are wanted.
    let all = pixels * fps;
    let used = pixels * fps.min(f64::from(want.max_fps));
    let ns_a_second = match mode.coding {
        Coding::Mjpeg => all * Coding::Mjpeg.cost_ns(),
        // Those that are left out were copied by the kernel.
        coding => used * coding.cost_ns() + (all - used) * 0.1,
    };
    let larger = pixels > f64::from(want.width) * f64::from(want.height);
    let scaling = if larger { used } else { 0.0 };
    let core_percent = (ns_a_second + scaling) / 1e7;
    // The second core is worth more than the first: the encoder needs it.
    let work = core_percent * (1.0 + core_percent / 50.0);
    PICTURE * missing + RATE * slow + work
}

fn milli((numerator, denominator): (i32, i32)) -> u32 {
    let rate = f64::from(numerator) * 1000.0 / f64::from(denominator.max(1));
    rate.round().clamp(0.0, 1e6) as u32
}

fn words(value: Option<&gst::glib::SendValue>) -> Vec<String> {
    let Some(value) = value else {
        return Vec::new();
    };
    if let Ok(one) = value.get::<String>() {
        return vec![one];
    }
    value.get::<gst::List>().map_or_else(
        |_| Vec::new(),
        |list| list.iter().filter_map(|v| v.get().ok()).collect(),
    )
}

/// Each size that width and height allow together. Lists of both mean every pair; no camera lists
/// sizes so.
fn sizes(structure: &gst::StructureRef) -> Vec<(u32, u32)> {
    let (Ok(widths), Ok(heights)) = (structure.value("width"), structure.value("height")) else {
        return Vec::new();
    };
    let usual = |pick: fn(&(i32, i32)) -> i32| USUAL_SIZES.iter().map(pick).collect::<Vec<_>>();
    let fixed = |value: &gst::glib::SendValue| value.get::<gst::IntRange<i32>>().is_err();
    let (some_w, some_h) = (
        sides(widths, &usual(|size| size.0)),
        sides(heights, &usual(|size| size.1)),
    );
    let pairs: Vec<(i32, i32)> = if fixed(widths) || fixed(heights) {
        some_w
            .iter()
            .flat_map(|w| some_h.iter().map(move |h| (*w, *h)))
            .collect()
    } else {
        let usual = USUAL_SIZES.iter().copied();
        usual
            .filter(|(w, h)| some_w.contains(w) && some_h.contains(h))
            .collect()
    };
    pairs
        .into_iter()
        .filter_map(|(w, h)| Some((u32::try_from(w).ok()?, u32::try_from(h).ok()?)))
        .filter(|(w, h)| *w > 0 && *h > 0)
        .collect()
}

/// The values of a side: fixed, listed, or those of `usual` that a range holds.
fn sides(value: &gst::glib::SendValue, usual: &[i32]) -> Vec<i32> {
    if let Ok(fixed) = value.get::<i32>() {
        return vec![fixed];
    }
    if let Ok(range) = value.get::<gst::IntRange<i32>>() {
        let step = range.step().max(1);
        let holds = |side: &i32| {
            (range.min()..=range.max()).contains(side) && (side - range.min()) % step == 0
        };
        return usual.iter().copied().filter(holds).collect();
    }
    value.get::<gst::List>().map_or_else(
        |_| Vec::new(),
        |list| list.iter().filter_map(|v| v.get().ok()).collect(),
    )
}

/// The rates; one of none when the camera does not say.
fn rates(value: Option<&gst::glib::SendValue>) -> Vec<Option<(i32, i32)>> {
    let pair = |f: gst::Fraction| (f.numer(), f.denom().max(1));
    let Some(value) = value else {
        return vec![None];
    };
    let found: Vec<(i32, i32)> = if let Ok(fixed) = value.get::<gst::Fraction>() {
        vec![pair(fixed)]
    } else if let Ok(range) = value.get::<gst::FractionRange>() {
        let rate = |f: gst::Fraction| f64::from(f.numer()) / f64::from(f.denom().max(1));
        let (least, most) = (rate(range.min()), rate(range.max()));
        let usual = USUAL_RATES.iter().map(|fps| (*fps, 1));
        let inside: Vec<_> = usual
            .filter(|(fps, _)| (least..=most).contains(&f64::from(*fps)))
            .collect();
        if inside.is_empty() {
            vec![pair(range.max())]
        } else {
            inside
        }
    } else if let Ok(list) = value.get::<gst::List>() {
        list.iter()
            .filter_map(|v| v.get::<gst::Fraction>().ok().map(pair))
            .collect()
    } else {
        Vec::new()
    };
    // A rate of zero means "as it comes".
    let known: Vec<_> = found
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(Some)
        .collect();
    if known.is_empty() { vec![None] } else { known }
}

#[cfg(test)]
#[path = "modes_tests.rs"]
mod tests;
