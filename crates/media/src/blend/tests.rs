//! Pixel tests of the conversion and the blend against a straightforward reference.

use std::sync::Arc;

use gst_video::prelude::*;
use gstreamer as gst;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

use super::*;

const WIDTH: u32 = 64;
const HEIGHT: u32 = 48;

fn info() -> gst_video::VideoInfo {
    gst::init().unwrap();
    gst_video::VideoInfo::builder(gst_video::VideoFormat::I420, WIDTH, HEIGHT)
        .colorimetry(&"bt709".parse().unwrap())
        .build()
        .unwrap()
}

/// A frame with a different value in every place, so that a shift by one shows.
fn frame(info: &gst_video::VideoInfo) -> gst::Buffer {
    let mut buffer = gst::Buffer::with_size(info.size()).unwrap();
    {
        let mut frame =
            gst_video::VideoFrameRef::from_buffer_ref_writable(buffer.get_mut().unwrap(), info)
                .unwrap();
        for plane in 0..3 {
            for (y, row) in planes::plane_rows_mut(&mut frame, plane).enumerate() {
                for (x, value) in row.iter_mut().enumerate() {
                    *value = 16 + ((x * 3 + y * 7 + plane as usize * 31) % 220) as u8;
                }
            }
        }
    }
    buffer
}

fn planes_of(buffer: &gst::Buffer, info: &gst_video::VideoInfo) -> [Vec<u8>; 3] {
    let frame = gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, info).unwrap();
    [0, 1, 2].map(|plane| {
        planes::plane_rows(&frame, plane)
            .flatten()
            .copied()
            .collect()
    })
}

/// Deterministic noise: premultiplied pixels with runs of transparent and opaque ones.
fn layer(x: i32, y: i32, width: u32, height: u32, opacity: f32) -> Layer {
    let mut seed = 12345_u32;
    let mut next = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed >> 24
    };
    let mut rgba = Vec::new();
    for row in 0..height {
        for column in 0..width {
            let alpha = match (column / 9 + row / 5) % 3 {
                0 => 0,
                1 => 255,
                _ => next(),
            };
            rgba.extend((0..3).map(|_| (next() * alpha / 255) as u8));
            rgba.push(alpha as u8);
        }
    }
    Layer {
        id: "test".to_owned(),
        version: 1,
        x,
        y,
        width,
        height,
        rgba: Arc::from(rgba),
        opacity,
        motion: None,
    }
}

/// The definition, in floating point: each canvas pixel's colour is made, chroma is the average of
/// the 2x2 block, and blending is plain alpha compositing.
fn reference(layer: &Layer, planes: &mut [Vec<u8>; 3]) {
    let pixel = |x: i32, y: i32| -> [f64; 4] {
        let (lx, ly) = (x - layer.x, y - layer.y);
        if lx < 0 || ly < 0 || lx >= layer.width as i32 || ly >= layer.height as i32 {
            return [0.0; 4];
        }
        let at = ((ly as u32 * layer.width + lx as u32) * 4) as usize;
        let opacity = f64::from(layer.opacity);
        [0, 1, 2, 3].map(|c| f64::from(layer.rgba[at + c]) * opacity)
    };
    let yuv = |[r, g, b, a]: [f64; 4]| {
        let y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
        [
            16.0 * a / 255.0 + y * 219.0 / 255.0,
            128.0 * a / 255.0 + (b - y) / 1.8556 * 224.0 / 255.0,
            128.0 * a / 255.0 + (r - y) / 1.5748 * 224.0 / 255.0,
        ]
    };
    let over = |old: u8, new: f64, alpha: f64| {
        (f64::from(old) * (1.0 - alpha / 255.0) + new).round() as u8
    };
    for y in 0..HEIGHT as i32 {
        for x in 0..WIDTH as i32 {
            let p = pixel(x, y);
            let at = (y * WIDTH as i32 + x) as usize;
            planes[0][at] = over(planes[0][at], yuv(p)[0], p[3]);
        }
    }
    for cy in 0..HEIGHT as i32 / 2 {
        for cx in 0..WIDTH as i32 / 2 {
            let mut mean = [0.0; 4];
            for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                for (m, p) in mean.iter_mut().zip(pixel(2 * cx + dx, 2 * cy + dy)) {
                    *m += p / 4.0;
                }
            }
            let at = (cy * WIDTH as i32 / 2 + cx) as usize;
            for plane in [1, 2] {
                planes[plane][at] = over(planes[plane][at], yuv(mean)[plane], mean[3]);
            }
        }
    }
}

fn largest_difference(a: &[Vec<u8>; 3], b: &[Vec<u8>; 3]) -> u8 {
    a.iter()
        .zip(b)
        .flat_map(|(a, b)| a.iter().zip(b))
        .map(|(a, b)| a.abs_diff(*b))
        .max()
        .unwrap()
}

fn blended(layer: &Layer) -> ([Vec<u8>; 3], [Vec<u8>; 3]) {
    let info = info();
    let mut buffer = frame(&info);
    let mut expected = planes_of(&buffer, &info);
    reference(layer, &mut expected);
    if let Some(picture) = YuvPicture::convert(layer, Matrix::Bt709) {
        let mut frame =
            gst_video::VideoFrameRef::from_buffer_ref_writable(buffer.get_mut().unwrap(), &info)
                .unwrap();
        picture.blend_into(&mut frame);
    }
    (planes_of(&buffer, &info), expected)
}

#[test]
fn the_blend_stays_within_two_of_the_reference_at_every_parity_and_edge() {
    for (x, y) in [
        (0, 0),
        (1, 0),
        (0, 1),
        (7, 5),
        (-5, -3),
        (50, 41),
        (-40, 20),
        (70, 10),
    ] {
        for (width, height) in [(33, 21), (20, 16), (1, 1)] {
            for opacity in [1.0, 0.4, 0.0] {
                let layer = layer(x, y, width, height, opacity);
                let (drawn, expected) = blended(&layer);
                let difference = largest_difference(&drawn, &expected);
                assert!(
                    difference <= 2,
                    "{difference} at {x},{y} {width}x{height} {opacity}"
                );
            }
        }
    }
}

#[test]
fn a_layer_that_moves_by_an_odd_step_still_matches_the_reference() {
    let mut stack = LayerStack::new(Matrix::Bt709);
    let info = info();
    for (x, conversions) in [(4, 1), (10, 1), (11, 2), (11, 2), (-7, 2), (4, 3)] {
        let layer = layer(x, 3, 21, 17, 1.0);
        let pictures = stack.replace(std::slice::from_ref(&layer));
        assert_eq!(stack.conversions(), conversions, "at {x}");
        let mut buffer = frame(&info);
        let mut expected = planes_of(&buffer, &info);
        reference(&layer, &mut expected);
        let mut mapped =
            gst_video::VideoFrameRef::from_buffer_ref_writable(buffer.get_mut().unwrap(), &info)
                .unwrap();
        pictures[0].picture.blend_into(&mut mapped);
        drop(mapped);
        assert!(largest_difference(&planes_of(&buffer, &info), &expected) <= 2);
    }
}

#[test]
fn a_layer_on_its_way_is_as_faint_and_as_low_as_its_frame_says() {
    let info = info();
    let motion = Motion {
        course: Course::In,
        from: std::time::Duration::from_secs(3),
        length: std::time::Duration::from_millis(200),
        rise: 8,
    };
    let whole = layer(7, 5, 33, 21, 1.0);
    let picture = YuvPicture::convert(&whole, Matrix::Bt709).unwrap();
    for ms in [2_000, 3_000, 3_033, 3_066, 3_150, 3_200, 9_000] {
        let step = motion.at(std::time::Duration::from_millis(ms));
        let mut buffer = frame(&info);
        let mut expected = planes_of(&buffer, &info);
        let seen = Layer {
            opacity: f32::from(step.weight) / 256.0,
            y: whole.y + step.lower,
            ..whole.clone()
        };
        reference(&seen, &mut expected);
        let mut mapped =
            gst_video::VideoFrameRef::from_buffer_ref_writable(buffer.get_mut().unwrap(), &info)
                .unwrap();
        picture.blend_step(&mut mapped, step);
        drop(mapped);
        let difference = largest_difference(&planes_of(&buffer, &info), &expected);
        assert!(difference <= 3, "{difference} at {ms} ms, {step:?}");
    }
}

#[test]
fn an_unchanged_layer_is_not_converted_again_whatever_happens_to_the_others() {
    let mut stack = LayerStack::new(Matrix::Bt709);
    let card = layer(4, 4, 20, 20, 1.0);
    let mut clock = Layer {
        id: "clock".to_owned(),
        ..layer(30, 4, 10, 10, 1.0)
    };
    stack.replace(&[card.clone(), clock.clone()]);
    for version in 2..10 {
        clock.version = version;
        assert_eq!(stack.replace(&[clock.clone(), card.clone()]).len(), 2);
    }
    assert_eq!(stack.conversions(), 2 + 8);
}

#[test]
fn a_layer_whose_bytes_do_not_match_its_size_is_left_out() {
    let mut broken = layer(0, 0, 20, 20, 1.0);
    broken.width = 21;
    let mut stack = LayerStack::new(Matrix::Bt709);
    assert!(stack.replace(&[broken]).is_empty());
}

/// The element in a real pipeline: a shared buffer must not be changed, and without layers it must
/// come out as the very same memory.
#[test]
fn the_element_passes_through_without_layers_and_never_draws_on_a_shared_buffer() {
    let info = info();
    let overlay = StallcastOverlay::make().unwrap();
    let source = gst_app::AppSrc::builder()
        .caps(&info.to_caps().unwrap())
        .format(gst::Format::Time)
        .build();
    let sink = gst_app::AppSink::builder().sync(false).build();
    let pipeline = gst::Pipeline::new();
    pipeline
        .add_many([
            source.upcast_ref::<gst::Element>(),
            overlay.upcast_ref(),
            sink.upcast_ref(),
        ])
        .unwrap();
    gst::Element::link_many([
        source.upcast_ref::<gst::Element>(),
        overlay.upcast_ref(),
        sink.upcast_ref(),
    ])
    .unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();

    let original = frame(&info);
    let untouched = planes_of(&original, &info);
    let run = |layers: &[Layer]| {
        overlay.set_layers(layers);
        source.push_buffer(original.clone()).unwrap();
        sink.pull_sample().unwrap().buffer_owned().unwrap()
    };
    let out = run(&[]);
    assert_eq!(
        out.map_readable().unwrap().as_ptr(),
        original.map_readable().unwrap().as_ptr(),
        "copied although there was nothing to draw"
    );
    drop(out);
    let card = layer(7, 5, 33, 21, 1.0);
    let mut expected = untouched.clone();
    reference(&card, &mut expected);
    let out = run(std::slice::from_ref(&card));
    assert!(largest_difference(&planes_of(&out, &info), &expected) <= 2);
    assert_eq!(
        planes_of(&original, &info),
        untouched,
        "drew on the source's own frame"
    );
    let out = run(&[]);
    assert_eq!(planes_of(&out, &info), untouched);
    pipeline.set_state(gst::State::Null).unwrap();
}
