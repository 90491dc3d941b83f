//! Formats as kinds of cameras list them, and what is chosen among them.

use std::str::FromStr;

use gstreamer as gst;
use proptest::prelude::*;

use super::*;

/// A UVC camera of the C920's kind: raw at full rate up to 640x480 only, JPEG up to 1080p30.
const WEBCAM_1080: &str = "\
    video/x-raw,format=YUY2,width=2304,height=1536,framerate=2/1; \
    video/x-raw,format=YUY2,width=1920,height=1080,framerate=5/1; \
    video/x-raw,format=YUY2,width=1280,height=720,framerate={10/1,15/2,5/1}; \
    video/x-raw,format=YUY2,width=640,height=480,framerate={30/1,24/1,15/1,5/1}; \
    image/jpeg,width=1920,height=1080,framerate={30/1,24/1,15/1,5/1}; \
    image/jpeg,width=1280,height=720,framerate={30/1,24/1,15/1,5/1}; \
    image/jpeg,width=640,height=480,framerate={30/1,15/1}; \
    video/x-h264,width=1920,height=1080,framerate={30/1,15/1}";
/// A cheap laptop camera: 720p in JPEG, raw slow.
const LAPTOP_720: &str = "\
    image/jpeg,width=1280,height=720,framerate=30/1; \
    video/x-raw,format=YUY2,width=1280,height=720,framerate=10/1; \
    video/x-raw,format=YUY2,width=640,height=480,framerate=30/1";
/// A stick for HDMI on USB 2: JPEG up to 1080p30 and 720p60, raw at a crawl.
const GRABBER_USB2: &str = "\
    image/jpeg,width=1920,height=1080,framerate={30/1,25/1,20/1,10/1,5/1}; \
    image/jpeg,width=1280,height=720,framerate={60/1,50/1,30/1,20/1,10/1}; \
    video/x-raw,format=YUY2,width=1920,height=1080,framerate=5/1; \
    video/x-raw,format=YUY2,width=1280,height=720,framerate=10/1; \
    video/x-raw,format=YUY2,width=640,height=480,framerate={30/1,20/1,10/1,5/1}";
/// A grabber on USB 3: one size, as the HDMI signal has it.
const GRABBER_USB3: &str = "\
    video/x-raw,format={YUY2,NV12},width=1920,height=1080,framerate=60000/1001";
/// A phone that plays USB webcam.
const PHONE_UVC: &str = "\
    image/jpeg,width=1920,height=1080,framerate=30/1; \
    image/jpeg,width=1280,height=720,framerate=30/1; \
    video/x-raw,format=YUY2,width=640,height=480,framerate=30/1";
/// A v4l2loopback device with OBS on the other side: what OBS sends, and nothing else.
const OBS_VIRTUAL: &str = "video/x-raw,format=YUY2,width=1920,height=1080,framerate=30/1";
/// A Mac's own camera through AVFoundation.
const MAC_720: &str = "\
    video/x-raw,format={NV12,UYVY,YUY2,BGRA},width=1280,height=720,framerate=[1/1,30/1]; \
    video/x-raw,format={NV12,UYVY,YUY2,BGRA},width=640,height=480,framerate=[1/1,30/1]";
/// A virtual camera of PipeWire that takes anything.
const ANYTHING: &str = "\
    video/x-raw,format={BGRx,NV12,YUY2},width=[16,4096,16],height=[16,2160],framerate=[1/1,60/1]";

fn listed(caps: &str) -> Vec<Offer> {
    gst::init().unwrap();
    offers(&gst::Caps::from_str(caps).unwrap())
}

fn chosen(caps: &str, width: u32, height: u32, fps: u32) -> (Coding, u32, u32, u32) {
    let offers = listed(caps);
    let mut want = VideoWant::new(width, height);
    want.max_fps = fps;
    let mode = best(&offers, want).unwrap().mode;
    (mode.coding, mode.width, mode.height, mode.fps_milli)
}

#[test]
fn the_choice_for_each_kind_of_camera_and_canvas() {
    use Coding::{Mjpeg, Nv12, Yuyv};
    let table = [
        (WEBCAM_1080, (1280, 720, 30), (Mjpeg, 1280, 720, 30_000)),
        (WEBCAM_1080, (1920, 1080, 30), (Mjpeg, 1920, 1080, 30_000)),
        // A small picture in the corner: no JPEG needed.
        (WEBCAM_1080, (426, 240, 30), (Yuyv, 640, 480, 30_000)),
        // An upright canvas takes the middle of a wide picture.
        (WEBCAM_1080, (720, 1280, 30), (Mjpeg, 1920, 1080, 30_000)),
        (LAPTOP_720, (1280, 720, 30), (Mjpeg, 1280, 720, 30_000)),
        (LAPTOP_720, (1920, 1080, 30), (Mjpeg, 1280, 720, 30_000)),
        (GRABBER_USB2, (1280, 720, 30), (Mjpeg, 1280, 720, 30_000)),
        (GRABBER_USB2, (1280, 720, 60), (Mjpeg, 1280, 720, 60_000)),
        (GRABBER_USB2, (1920, 1080, 25), (Mjpeg, 1920, 1080, 25_000)),
        (GRABBER_USB3, (1280, 720, 30), (Nv12, 1920, 1080, 59_940)),
        (PHONE_UVC, (1280, 720, 30), (Mjpeg, 1280, 720, 30_000)),
        (OBS_VIRTUAL, (1280, 720, 30), (Yuyv, 1920, 1080, 30_000)),
        (MAC_720, (1280, 720, 30), (Nv12, 1280, 720, 30_000)),
        (MAC_720, (1280, 720, 25), (Nv12, 1280, 720, 25_000)),
        (ANYTHING, (1280, 720, 30), (Nv12, 1280, 720, 30_000)),
    ];
    for (caps, (width, height, fps), expected) in table {
        assert_eq!(
            chosen(caps, width, height, fps),
            expected,
            "{width}x{height}@{fps} of {caps}"
        );
    }
}

#[test]
fn a_format_is_asked_for_exactly_as_it_was_listed() {
    let offers = listed(GRABBER_USB3);
    let caps = best(&offers, VideoWant::new(1280, 720)).unwrap().caps();
    assert_eq!(
        caps.to_string(),
        "video/x-raw, width=(int)1920, height=(int)1080, format=(string)NV12, \
         framerate=(fraction)60000/1001"
    );
    assert!(caps.can_intersect(&gst::Caps::from_str(GRABBER_USB3).unwrap()));
}

#[test]
fn formats_are_listed_once_largest_first_and_only_those_that_can_be_used() {
    let modes: Vec<_> = listed(WEBCAM_1080).iter().map(|offer| offer.mode).collect();
    assert_eq!((modes[0].width, modes[0].height), (2304, 1536));
    assert_eq!(modes.len(), 1 + 1 + 3 + 4 + 4 + 4 + 2);
    let graphics = "video/x-raw(memory:DMABuf),format=NV12,width=1280,height=720,framerate=30/1; \
                    video/x-raw,format=YUY2,width=1280,height=720,framerate=30/1";
    let modes: Vec<_> = listed(graphics).iter().map(|o| o.mode.coding).collect();
    assert_eq!(modes, [Coding::Yuyv]);
    assert!(listed("video/x-bayer,format=grbg,width=640,height=480").is_empty());
}

#[test]
fn a_camera_that_says_no_rate_is_taken_as_it_comes() {
    let offers = listed("video/x-raw,format=YUY2,width=1280,height=720");
    assert_eq!(offers[0].mode.fps_milli, 0);
    assert!(!offers[0].caps().to_string().contains("framerate"));
}

proptest! {
    /// Whatever else a camera offers, exactly what is wanted in the cheapest coding is taken.
    #[test]
    fn the_wanted_size_raw_at_the_wanted_rate_is_never_passed_over(
        others in prop::collection::vec((1i32..500, 1i32..300, 1i32..120, any::<bool>()), 0..20),
    ) {
        gst::init().unwrap();
        let mut caps = String::from("video/x-raw,format=NV12,width=1280,height=720,framerate=30/1");
        for (w, h, fps, jpeg) in others {
            let media = if jpeg { "image/jpeg" } else { "video/x-raw,format=YUY2" };
            caps.push_str(&format!(";{media},width={},height={},framerate={fps}/1", w * 8, h * 8));
        }
        let chosen = chosen(&caps, 1280, 720, 30);
        prop_assert_eq!(chosen, (Coding::Nv12, 1280, 720, 30_000));
    }
}
