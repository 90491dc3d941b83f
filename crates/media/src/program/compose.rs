//! Owns making one canvas picture out of a scene: what is visible, what is missing, and copying no
//! more than needed.

use std::collections::HashMap;

use gst::prelude::*;
use gstreamer as gst;
use gstreamer_video as gst_video;

use super::blit::{copy_frame, fill};
use super::event::OnAir;
use super::layout::Layout;
use super::scale::Scaler;
use super::slate::Backdrops;
use super::spec::{CanvasSpec, Placement, Scene};
use crate::blend::cross_fade;
use crate::error::MediaError;
use crate::frame::{FrameQueue, VideoFrame};

/// Silence after which a source is no longer shown: the slate is up within the promised second,
/// and a camera that only stutters is not taken off.
pub(crate) const STALL_AFTER: std::time::Duration = std::time::Duration::from_millis(700);

/// How far a frame may lie from the grid's moment to avoid showing one twice or leaving one out.
/// Cameras stamp their frames with a jitter of milliseconds; where that straddles the grid's beat,
/// the strict choice would judder for seconds.
const SLACK: gst::ClockTime = gst::ClockTime::from_mseconds(10);

/// What an input showed longer ago is not kept: it stands in no scene any more, and its picture is a device's memory.
/// Longer than any hiccup of the frame clock.
const KEPT_FOR: gst::ClockTime = gst::ClockTime::from_seconds(2);

/// Black in limited-range YUV.
const BLACK: [u8; 3] = [16, 128, 128];

/// A picture of canvas size.
pub(crate) struct Picture {
    /// Shared with its source unless it was composed; timestamps are not set.
    pub buffer: gst::Buffer,
    pub on_air: OnAir,
    exclusive: bool,
}

/// Makes canvas pictures.
pub(crate) struct Composer {
    info: gst_video::VideoInfo,
    pool: gst::BufferPool,
    scaler: Scaler,
    /// What each input showed last, and at which moment.
    shown: HashMap<String, (gst::ClockTime, VideoFrame)>,
}

struct Visible {
    frame: VideoFrame,
    layout: Layout,
}

impl Composer {
    pub fn new(canvas: &CanvasSpec) -> Result<Self, MediaError> {
        let info = canvas_info(canvas)?;
        let pool = gst_video::VideoBufferPool::new();
        let mut config = pool.config();
        // The encoder holds a look-ahead's worth of frames at most; no upper bound, because a
        // missing buffer must not stop the clock.
        config.set_params(Some(&info.to_caps()?), info.size() as u32, 4, 0);
        config.add_option(gst_video::BUFFER_POOL_OPTION_VIDEO_META);
        pool.set_config(config)?;
        pool.set_active(true)?;
        Ok(Self {
            info,
            pool: pool.upcast(),
            scaler: Scaler::default(),
            shown: HashMap::new(),
        })
    }

    pub fn info(&self) -> &gst_video::VideoInfo {
        &self.info
    }

    /// Composes the scene as it is at running time `at`; `now` decides who has stalled, `find`
    /// knows the inputs.
    pub fn compose(
        &mut self,
        scene: &Scene,
        find: &dyn Fn(&str) -> Option<FrameQueue>,
        backdrops: &Backdrops,
        at: gst::ClockTime,
        now: gst::ClockTime,
    ) -> Result<Picture, MediaError> {
        self.shown
            .retain(|_, (moment, _)| at.saturating_sub(*moment) <= KEPT_FOR);
        let canvas = (self.info.width(), self.info.height());
        let mut visible = Vec::with_capacity(scene.placements.len());
        let mut main_missing = scene.placements.is_empty();
        for placement in &scene.placements {
            let frames = find(&placement.input);
            match frames.and_then(|frames| self.due(&placement.input, &frames, at, now)) {
                Some(frame) => {
                    let (width, height) = (frame.info.width(), frame.info.height());
                    let layout = Layout::new(placement, width, height);
                    if layout.hides_below(canvas.0, canvas.1) {
                        visible.clear();
                        main_missing = false;
                    }
                    visible.push(Visible { frame, layout });
                }
                None => main_missing |= is_main(placement, canvas),
            }
        }
        let (on_air, backdrop) = if main_missing {
            (OnAir::Slate, &backdrops.slate)
        } else {
            (OnAir::Scene, &backdrops.plain)
        };
        if visible.is_empty() {
            return Ok(Picture::shared(backdrop.clone(), on_air));
        }
        if let [only] = visible.as_slice() {
            let frame = (only.frame.info.width(), only.frame.info.height());
            if only.layout.is_whole_canvas(frame, canvas) {
                return Ok(Picture::shared(only.frame.buffer.clone(), on_air));
            }
        }
        let covered = visible[0].layout.hides_below(canvas.0, canvas.1);
        let mut scaler = std::mem::take(&mut self.scaler);
        let buffer = self.draw(|to| {
            if !covered {
                copy_frame(to, &readable(backdrop, &self.info)?);
            }
            for Visible { frame, layout } in &visible {
                if let Some(bars) = layout.bars {
                    fill(to, bars, BLACK);
                }
                let from = readable(&frame.buffer, &frame.info)?;
                scaler.draw(to, layout.place, &from, layout.source)?;
            }
            Ok(())
        });
        self.scaler = scaler;
        let buffer = buffer?;
        Ok(Picture {
            buffer,
            on_air,
            exclusive: true,
        })
    }

    /// The frame an input shows at `at`, or `None` when it has stalled.
    fn due(
        &mut self,
        input: &str,
        frames: &FrameQueue,
        at: gst::ClockTime,
        now: gst::ClockTime,
    ) -> Option<VideoFrame> {
        let patience = frames.patience(STALL_AFTER);
        if frames
            .last_arrival()
            .is_none_or(|silent_since| patience < now.saturating_sub(silent_since).into())
        {
            self.shown.remove(input);
            return None;
        }
        let frame = match self.shown.get(input) {
            // Shown twice in one picture: the same frame, or a fade would flicker.
            Some((moment, frame)) if *moment == at => return Some(frame.clone()),
            // A beat that is behind may find newer pictures only: the one before stays, and the source is no slate.
            Some((_, last)) => {
                steady(frames, at, last.running_time).unwrap_or_else(|| last.clone())
            }
            None => frames.pick(at)?,
        };
        self.shown.insert(input.to_owned(), (at, frame.clone()));
        Some(frame)
    }

    /// A cross-fade between two pictures; `weight` of `to` is 0..=256.
    pub fn fade(&self, from: &Picture, to: &Picture, weight: u16) -> Result<Picture, MediaError> {
        let buffer = self.draw(|out| {
            let from = readable(&from.buffer, &self.info)?;
            let to = readable(&to.buffer, &self.info)?;
            cross_fade(out, &from, &to, weight);
            Ok(())
        })?;
        Ok(Picture {
            buffer,
            on_air: to.on_air,
            exclusive: true,
        })
    }

    /// The picture as a buffer of its own whose metadata can be set; the pixels too if they are
    /// `to_be_drawn_on`, or they stay shared with the source.
    /// The flag says whether they are shared.
    pub fn own(
        &self,
        picture: Picture,
        to_be_drawn_on: bool,
    ) -> Result<(gst::Buffer, bool), MediaError> {
        if picture.exclusive {
            return Ok((picture.buffer, false));
        }
        if !to_be_drawn_on {
            return Ok((picture.buffer.copy(), true));
        }
        let buffer = self.draw(|to| {
            copy_frame(to, &readable(&picture.buffer, &self.info)?);
            Ok(())
        })?;
        Ok((buffer, false))
    }

    fn draw(
        &self,
        work: impl FnOnce(&mut gst_video::VideoFrameRef<&mut gst::BufferRef>) -> Result<(), MediaError>,
    ) -> Result<gst::Buffer, MediaError> {
        let mut buffer = self
            .pool
            .acquire_buffer(None)
            .map_err(|error| MediaError::Build(format!("no canvas buffer: {error}")))?;
        {
            let buffer = buffer
                .get_mut()
                .ok_or_else(|| MediaError::Build("the pool's buffer is shared".to_owned()))?;
            let mut frame = gst_video::VideoFrameRef::from_buffer_ref_writable(buffer, &self.info)?;
            work(&mut frame)?;
        }
        Ok(buffer)
    }
}

impl Drop for Composer {
    fn drop(&mut self) {
        if let Err(error) = self.pool.set_active(false) {
            tracing::warn!(%error, "canvas pool does not stop");
        }
    }
}

impl Picture {
    fn shared(buffer: gst::Buffer, on_air: OnAir) -> Self {
        Self {
            buffer,
            on_air,
            exclusive: false,
        }
    }
}

/// I420 at the canvas's size, rate and colours.
pub(crate) fn canvas_info(canvas: &CanvasSpec) -> Result<gst_video::VideoInfo, MediaError> {
    // Players assume BT.601 below 720 lines and BT.709 from there on when a stream says nothing.
    let colours = if canvas.height >= 720 {
        "bt709"
    } else {
        "bt601"
    };
    let colorimetry = colours.parse::<gst_video::VideoColorimetry>()?;
    Ok(
        gst_video::VideoInfo::builder(gst_video::VideoFormat::I420, canvas.width, canvas.height)
            .fps(gst::Fraction::new(canvas.fps as i32, 1))
            .par(gst::Fraction::new(1, 1))
            .colorimetry(&colorimetry)
            .build()?,
    )
}

fn readable<'b>(
    buffer: &'b gst::Buffer,
    info: &gst_video::VideoInfo,
) -> Result<gst_video::VideoFrameRef<&'b gst::BufferRef>, MediaError> {
    Ok(gst_video::VideoFrameRef::from_buffer_ref_readable(
        buffer, info,
    )?)
}

/// The frame for `at` after the one of time `last`: neither repeated nor skipped while that needs
/// no more than [`SLACK`].
fn steady(frames: &FrameQueue, at: gst::ClockTime, last: gst::ClockTime) -> Option<VideoFrame> {
    let strict = frames.pick(at)?;
    if strict.running_time == last {
        let next = frames.pick(at + SLACK)?;
        return Some(if next.running_time > last {
            next
        } else {
            strict
        });
    }
    let earlier = frames.pick(at.saturating_sub(SLACK));
    Some(match earlier {
        Some(earlier) if earlier.running_time > last => earlier,
        _ => strict,
    })
}

/// Whether the picture is nothing without this source: it has half the canvas or more.
fn is_main(placement: &Placement, canvas: (u32, u32)) -> bool {
    let area = |width: u32, height: u32| u64::from(width) * u64::from(height);
    2 * area(placement.width, placement.height) >= area(canvas.0, canvas.1)
}
