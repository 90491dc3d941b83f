//! Owns the measurement of the overlay blend: what a card on 1080p30 costs, in % of a core.
//!
//! The same prepared frames run through `appsrc ! fakesink` and through
//! `appsrc ! element ! fakesink`; the difference in CPU time is the element's. GStreamer's own
//! `overlaycomposition` is measured in the same run, because absolute figures depend on the
//! machine. The last line is one JSON object.

use std::error::Error;
use std::sync::Arc;

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;
use stallcast_media::blend::{Layer, StallcastOverlay};
use stallcast_tests::bench::{Better, report, rounded};

type Failure = Box<dyn Error + Send + Sync>;

const WIDTH: u32 = 1920;
const HEIGHT: u32 = 1080;
const FPS: f64 = 30.0;
/// Rounds of each measurement; the median counts.
const ROUNDS: usize = 5;
/// Frames in flight: more than any cache holds, as in a running show.
const POOL: u32 = 8;

fn main() -> Result<(), Failure> {
    gst::init()?;
    let card = layer(600, 300, 1200, 700);
    let full = layer(WIDTH, HEIGHT, 0, 0);
    let ours = |layer: &Layer| -> Result<gst::Element, Failure> {
        let element = StallcastOverlay::make()?;
        element.set_layers(std::slice::from_ref(layer));
        Ok(element.upcast())
    };

    let card_cost = cost("stallcastoverlay 600x300", 600, || ours(&card))?;
    let full_cost = cost("stallcastoverlay full frame", 300, || ours(&full))?;
    let theirs_card = cost("overlaycomposition 600x300", 150, || composition(&card))?;
    let theirs_full = cost("overlaycomposition full frame", 60, || composition(&full))?;

    let detail = serde_json::json!({
        "full_frame": rounded(full_cost),
        "overlaycomposition_card": rounded(theirs_card),
        "overlaycomposition_full": rounded(theirs_full),
    });
    let unit = "% of a core";
    report(
        "overlay-blend",
        card_cost,
        unit,
        0.5,
        Better::Lower,
        &detail,
    );
    Ok(())
}

/// % of a core at 30 frames/s that `make`'s element adds.
fn cost(
    name: &str,
    frames: u32,
    make: impl Fn() -> Result<gst::Element, Failure>,
) -> Result<f64, Failure> {
    let mut costs = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let with = run(Some(make()?), frames)?;
        let without = run(None, frames)?;
        costs.push((with - without) / f64::from(frames) * FPS * 100.0);
    }
    costs.sort_by(f64::total_cmp);
    let median = costs[ROUNDS / 2];
    println!("{name}: {median:.3} % of a core (rounds: {costs:.3?})");
    Ok(median)
}

/// CPU seconds that `frames` frames take.
fn run(element: Option<gst::Element>, frames: u32) -> Result<f64, Failure> {
    let info = gst_video::VideoInfo::builder(gst_video::VideoFormat::I420, WIDTH, HEIGHT)
        .fps(gst::Fraction::new(30, 1))
        .build()?;
    let caps = info.to_caps()?;
    let source = gst_app::AppSrc::builder()
        .caps(&caps)
        .format(gst::Format::Time)
        .max_buffers(2)
        .max_bytes(0)
        .block(true)
        .build();
    let sink = gst::ElementFactory::make("fakesink")
        .property("sync", false)
        .build()?;
    let mut chain = vec![source.clone().upcast::<gst::Element>()];
    chain.extend(element);
    chain.push(sink);
    let pipeline = gst::Pipeline::new();
    pipeline.add_many(&chain)?;
    gst::Element::link_many(&chain)?;

    let pool = gst_video::VideoBufferPool::new();
    let mut config = pool.config();
    config.set_params(Some(&caps), info.size() as u32, POOL, POOL);
    config.add_option(gst_video::BUFFER_POOL_OPTION_VIDEO_META);
    pool.set_config(config)?;
    pool.set_active(true)?;
    let mut prepared = Vec::new();
    for _ in 0..POOL {
        let mut buffer = pool.acquire_buffer(None)?;
        let writable = buffer.get_mut().ok_or("a pool's buffer is shared")?;
        let mut map = writable.map_writable()?;
        for (index, byte) in map.iter_mut().enumerate() {
            *byte = 16 + (index * 7 % 200) as u8;
        }
        drop(map);
        prepared.push(buffer);
    }
    drop(prepared);

    pipeline.set_state(gst::State::Playing)?;
    // The first frames negotiate and fill caches.
    let mut started = 0.0;
    for number in 0..frames + POOL {
        if number == POOL {
            started = cpu_seconds()?;
        }
        let mut buffer = pool.acquire_buffer(None)?;
        buffer
            .get_mut()
            .ok_or("a pool's buffer is shared")?
            .set_pts(gst::ClockTime::from_mseconds(u64::from(number) * 33));
        source.push_buffer(buffer)?;
    }
    source.end_of_stream()?;
    let bus = pipeline.bus().ok_or("no bus")?;
    let end = bus.timed_pop_filtered(
        gst::ClockTime::from_seconds(120),
        &[gst::MessageType::Eos, gst::MessageType::Error],
    );
    let used = cpu_seconds()? - started;
    pipeline.set_state(gst::State::Null)?;
    pool.set_active(false)?;
    match end.as_ref().map(|message| message.view()) {
        Some(gst::MessageView::Eos(_)) => Ok(used),
        Some(gst::MessageView::Error(error)) => Err(error.error().to_string().into()),
        _ => Err("the pipeline did not end".into()),
    }
}

/// CPU time of this process, user and system, in seconds.
fn cpu_seconds() -> Result<f64, Failure> {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::uninit();
    // SAFETY: getrusage fills the whole struct when it returns 0.
    let usage = unsafe {
        if libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) != 0 {
            return Err(std::io::Error::last_os_error().into());
        }
        usage.assume_init()
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    Ok(seconds(usage.ru_utime) + seconds(usage.ru_stime))
}

/// A card as themes draw them: soft edges, a half-transparent ground and opaque text-like bars.
fn layer(width: u32, height: u32, x: i32, y: i32) -> Layer {
    let mut rgba = Vec::with_capacity((width * height * 4) as usize);
    for row in 0..height {
        for column in 0..width {
            let edge = [column, row, width - 1 - column, height - 1 - row]
                .into_iter()
                .min()
                .unwrap_or(0);
            let alpha = if row % 40 < 12 && column % 90 < 60 && edge > 20 {
                255
            } else {
                (edge * 12).min(190)
            };
            let colour = |value: u32| (value % 256 * alpha / 255) as u8;
            rgba.extend([
                colour(column),
                colour(row),
                colour(column + row),
                alpha as u8,
            ]);
        }
    }
    Layer {
        id: "bench".to_owned(),
        version: 1,
        x,
        y,
        width,
        height,
        rgba: Arc::from(rgba),
        opacity: 1.0,
        motion: None,
    }
}

/// GStreamer's `overlaycomposition` with the same picture, prepared once.
fn composition(layer: &Layer) -> Result<gst::Element, Failure> {
    // The element wants BGRA on little-endian machines.
    let mut bgra = layer.rgba.to_vec();
    for pixel in bgra.chunks_exact_mut(4) {
        pixel.swap(0, 2);
    }
    let mut buffer = gst::Buffer::from_mut_slice(bgra);
    gst_video::VideoMeta::add(
        buffer.get_mut().ok_or("a new buffer is shared")?,
        gst_video::VideoFrameFlags::empty(),
        gst_video::VideoFormat::Bgra,
        layer.width,
        layer.height,
    )?;
    let rectangle = gst_video::VideoOverlayRectangle::new_raw(
        &buffer,
        layer.x,
        layer.y,
        layer.width,
        layer.height,
        gst_video::VideoOverlayFormatFlags::PREMULTIPLIED_ALPHA,
    );
    let composition = gst_video::VideoOverlayComposition::new(Some(&rectangle))?;
    let element = gst::ElementFactory::make("overlaycomposition").build()?;
    element.connect_closure(
        "draw",
        false,
        glib::closure!(move |_: gst::Element, _: gst::Sample| composition.clone()),
    );
    Ok(element)
}
