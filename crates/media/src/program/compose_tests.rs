//! The composer on frames made by hand.

use gstreamer as gst;
use gstreamer_video as gst_video;

use super::compose::{Composer, Picture};
use super::slate::Backdrops;
use super::tests::{canvas, scene};
use super::*;
use crate::blend::planes::{plane_rows, plane_rows_mut};
use crate::clock::MediaClock;
use crate::frame::{FrameQueue, VideoFrame};
use crate::input::Fit;

fn ms(ms: u64) -> gst::ClockTime {
    gst::ClockTime::from_mseconds(ms)
}

/// A frame whose luma is `shade(x, y)`.
fn frame(
    width: u32,
    height: u32,
    at: gst::ClockTime,
    shade: impl Fn(usize, usize) -> u8,
) -> VideoFrame {
    let info = gst_video::VideoInfo::builder(gst_video::VideoFormat::I420, width, height)
        .build()
        .unwrap();
    let mut buffer = gst::Buffer::with_size(info.size()).unwrap();
    {
        let writable = buffer.get_mut().unwrap();
        let mut mapped =
            gst_video::VideoFrameRef::from_buffer_ref_writable(writable, &info).unwrap();
        for (y, row) in plane_rows_mut(&mut mapped, 0).enumerate() {
            for (x, value) in row.iter_mut().enumerate() {
                *value = shade(x, y);
            }
        }
    }
    VideoFrame {
        buffer,
        info,
        running_time: at,
    }
}

struct Bench {
    composer: Composer,
    backdrops: Backdrops,
    clock: MediaClock,
    queues: HashMap<String, FrameQueue>,
}

impl Bench {
    fn new() -> Self {
        let composer = Composer::new(&canvas()).unwrap();
        let backdrops = Backdrops::new(composer.info(), None).unwrap();
        Self {
            composer,
            backdrops,
            clock: MediaClock::new(),
            queues: HashMap::new(),
        }
    }

    fn queue(&mut self, id: &str) -> FrameQueue {
        let queue = FrameQueue::new(&self.clock);
        self.queues.insert(id.to_owned(), queue.clone());
        queue
    }

    fn compose(&mut self, scene: &Scene, at: gst::ClockTime, now: gst::ClockTime) -> Picture {
        let queues = &self.queues;
        let find = |id: &str| queues.get(id).cloned();
        self.composer
            .compose(scene, &find, &self.backdrops, at, now)
            .unwrap()
    }

    fn luma(&self, picture: &Picture) -> Vec<Vec<u8>> {
        let mapped = gst_video::VideoFrameRef::from_buffer_ref_readable(
            &picture.buffer,
            self.composer.info(),
        )
        .unwrap();
        plane_rows(&mapped, 0).map(<[u8]>::to_vec).collect()
    }
}

#[test]
fn a_source_silent_for_700_ms_gives_way_to_the_slate_and_comes_back() {
    let mut bench = Bench::new();
    let queue = bench.queue("cam");
    let scene = scene(vec![Placement::full("cam", &canvas())]);
    queue.push(frame(128, 72, ms(0), |_, _| 200));
    let arrived = queue.last_arrival().unwrap();
    let live = bench.compose(&scene, ms(10), arrived + ms(690));
    assert_eq!(live.on_air, OnAir::Scene);
    assert_eq!(bench.luma(&live)[30][30], 200);
    let stalled = bench.compose(&scene, ms(710), arrived + ms(710));
    assert_eq!(stalled.on_air, OnAir::Slate);
    assert!(bench.luma(&stalled)[30][30] < 60);
    queue.push(frame(128, 72, ms(800), |_, _| 180));
    let arrived = queue.last_arrival().unwrap();
    assert_eq!(bench.compose(&scene, ms(810), arrived).on_air, OnAir::Scene);
}

#[test]
fn a_source_that_comes_back_into_a_scene_shows_nothing_of_long_ago() {
    let mut bench = Bench::new();
    let queue = bench.queue("cam");
    let with = scene(vec![Placement::full("cam", &canvas())]);
    queue.push(frame(128, 72, ms(0), |_, _| 200));
    let arrived = queue.last_arrival().unwrap();
    let before = bench.compose(&with, ms(10), arrived);
    assert_eq!(bench.luma(&before)[30][30], 200);
    // A beat that is behind finds newer pictures only.
    for n in 0..10 {
        queue.push(frame(128, 72, ms(5_200 + n * 33), |_, _| 100));
    }
    let arrived = queue.last_arrival().unwrap();
    let after = bench.compose(&with, ms(5_000), arrived);
    assert_ne!(bench.luma(&after)[30][30], 200);
    let shown = bench.compose(&with, ms(5_600), arrived);
    assert_eq!(bench.luma(&shown)[30][30], 100);
}

#[test]
fn on_a_machine_that_does_not_keep_up_a_source_is_given_more_time() {
    let mut bench = Bench::new();
    let queue = bench.queue("cam");
    let scene = scene(vec![Placement::full("cam", &canvas())]);
    queue.push(frame(128, 72, ms(0), |_, _| 200));
    let arrived = queue.last_arrival().unwrap();
    bench.clock.strain_until(ms(3_600_000));
    let starved = bench.compose(&scene, ms(10), arrived + ms(1500));
    assert_eq!(starved.on_air, OnAir::Scene);
    let gone = bench.compose(&scene, ms(20), arrived + ms(2200));
    assert_eq!(gone.on_air, OnAir::Slate);
}

#[test]
fn a_beat_that_is_behind_keeps_the_last_picture_of_a_source_that_ran_ahead() {
    let mut bench = Bench::new();
    let queue = bench.queue("cam");
    let scene = scene(vec![Placement::full("cam", &canvas())]);
    queue.push(frame(128, 72, ms(0), |_, _| 200));
    let arrived = queue.last_arrival().unwrap();
    bench.compose(&scene, ms(10), arrived);
    for number in 0..8 {
        queue.push(frame(128, 72, ms(300 + 33 * number), |_, _| 120));
    }
    let behind = bench.compose(&scene, ms(43), arrived);
    assert_eq!(behind.on_air, OnAir::Scene);
    assert_eq!(bench.luma(&behind)[30][30], 200);
}

#[test]
fn a_missing_inset_leaves_the_main_picture_on_air() {
    let mut bench = Bench::new();
    bench.queue("cam").push(frame(128, 72, ms(0), |_, _| 200));
    let mut inset = Placement::full("gone", &canvas());
    (inset.width, inset.height) = (40, 24);
    let scene = scene(vec![Placement::full("cam", &canvas()), inset]);
    let picture = bench.compose(&scene, ms(10), ms(10));
    assert_eq!(picture.on_air, OnAir::Scene);
    assert_eq!(bench.luma(&picture)[5][5], 200);
}

#[test]
fn a_whole_canvas_frame_is_passed_on_without_a_copy_and_what_lies_below_costs_nothing() {
    let mut bench = Bench::new();
    bench.queue("below").push(frame(64, 64, ms(0), |_, _| 20));
    let top = frame(128, 72, ms(0), |_, _| 200);
    bench.queue("top").push(top.clone());
    let scene = scene(vec![
        Placement::full("below", &canvas()),
        Placement::full("top", &canvas()),
    ]);
    let picture = bench.compose(&scene, ms(10), ms(10));
    assert_eq!(picture.buffer.as_ptr(), top.buffer.as_ptr());
    let (own, shared) = bench.composer.own(picture, true).unwrap();
    assert!(!shared);
    assert_ne!(
        own.map_readable().unwrap().as_ptr(),
        top.buffer.map_readable().unwrap().as_ptr()
    );
}

#[test]
fn a_cropped_source_shows_its_part_pixel_for_pixel() {
    let mut bench = Bench::new();
    bench
        .queue("cam")
        .push(frame(128, 72, ms(0), |x, y| (x + y) as u8));
    let scene = scene(vec![Placement {
        x: 10,
        y: 6,
        width: 64,
        height: 36,
        crop: Crop {
            left: 0.5,
            top: 0.5,
            ..Crop::default()
        },
        ..Placement::full("cam", &canvas())
    }]);
    let picture = bench.compose(&scene, ms(10), ms(10));
    let luma = bench.luma(&picture);
    for (y, x) in [(6, 10), (6, 73), (41, 10), (41, 73), (20, 40)] {
        assert_eq!(luma[y][x] as usize, x - 10 + 64 + y - 6 + 36, "{x},{y}");
    }
    assert!(luma[5][40] < 60 && luma[20][74] < 60);
}

#[test]
fn a_smaller_source_is_enlarged_smoothly_and_a_tall_one_gets_black_bars() {
    let mut bench = Bench::new();
    bench
        .queue("small")
        .push(frame(64, 36, ms(0), |x, _| (x * 3) as u8));
    let whole = scene(vec![Placement::full("small", &canvas())]);
    let picture = bench.compose(&whole, ms(10), ms(10));
    let luma = bench.luma(&picture);
    for (x, value) in luma[20].iter().enumerate() {
        let exact = (x as f64 + 0.5) / 2.0 - 0.5;
        let exact = exact.clamp(0.0, 63.0) * 3.0;
        assert!(
            (f64::from(*value) - exact).abs() <= 1.5,
            "{x}: {value} instead of {exact}"
        );
    }
    bench.queue("tall").push(frame(40, 72, ms(0), |_, _| 200));
    let bars = scene(vec![Placement {
        fit: Fit::Letterbox,
        ..Placement::full("tall", &canvas())
    }]);
    let picture = bench.compose(&bars, ms(10), ms(10));
    let luma = bench.luma(&picture);
    assert_eq!((luma[10][20], luma[10][64], luma[10][110]), (16, 200, 16));
}

/// A camera whose stamps jitter around the grid's beat: each frame is shown once.
#[test]
fn jitter_around_the_beat_neither_repeats_nor_skips_a_frame() {
    let mut bench = Bench::new();
    let queue = bench.queue("cam");
    let scene = scene(vec![Placement::full("cam", &canvas())]);
    let mut shown = Vec::new();
    for n in 0..60_u64 {
        let beat = 1_000 + n * 33;
        // 6 ms early, 6 ms late, in turns.
        let jitter = if n % 2 == 0 { 6 } else { 0 };
        queue.push(frame(128, 72, ms(beat - 3 + jitter), |_, _| n as u8));
        let arrived = queue.last_arrival().unwrap();
        let picture = bench.compose(&scene, ms(beat), arrived);
        shown.push(bench.luma(&picture)[0][0]);
    }
    for pair in shown[2..].windows(2) {
        assert_eq!(pair[1], pair[0] + 1, "{shown:?}");
    }
}
