//! Owns scaling a source's picture into its place on a canvas: in one pass where it fills the canvas, else by way of a
//! picture of the place's size. GStreamer's converter does it with the machine's vector instructions (a 720x1280 canvas
//! from the middle of 1280x720 takes 1.1 ms); it is made once for a size and a place.

use gst_video::prelude::*;
use gstreamer as gst;
use gstreamer_video as gst_video;

use super::blit::{Rect, blit};
use crate::error::MediaError;

/// Converters kept: the places of two scenes that fade, and some more. The one unused for longest goes.
const KEPT: usize = 16;

type Mapped<'b> = gst_video::VideoFrameRef<&'b gst::BufferRef>;
type MappedMut<'b> = gst_video::VideoFrameRef<&'b mut gst::BufferRef>;

/// What a converter was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Job {
    from: (u32, u32),
    to: (u32, u32),
    source: Rect,
    place: Rect,
}

/// A converter and what it needs.
struct Made {
    job: Job,
    converter: gst_video::VideoConverter,
    /// Where it draws when the place is a part of the canvas only: with borders GStreamer 1.22's converter takes
    /// its slow way, and writes over what is beside the place.
    between: Option<(gst_video::VideoInfo, gst::Buffer)>,
}

/// Draws pictures, scaled where they need it.
#[derive(Default)]
pub(crate) struct Scaler {
    made: Vec<Made>,
}

impl Scaler {
    /// Draws `source` (a rectangle of `from`) over `place` (a rectangle of `to`), clipped to `to`; copies where
    /// the sizes agree.
    pub fn draw(
        &mut self,
        to: &mut MappedMut<'_>,
        place: Rect,
        from: &Mapped<'_>,
        source: Rect,
    ) -> Result<(), MediaError> {
        let (place, source) = (place.even(), source.even());
        let canvas = (to.width(), to.height());
        if (place.width, place.height) == (source.width, source.height) {
            blit(to, place, from, source);
            return Ok(());
        }
        let Some((place, source)) = visible(place, source, canvas) else {
            return Ok(());
        };
        let job = Job {
            from: (from.width(), from.height()),
            to: canvas,
            source,
            place,
        };
        match self.made.iter().position(|made| made.job == job) {
            Some(at) => {
                let known = self.made.remove(at);
                self.made.push(known);
            }
            None => {
                if self.made.len() == KEPT {
                    self.made.remove(0);
                }
                self.made.push(make(job)?);
            }
        }
        let Some(Made {
            converter, between, ..
        }) = self.made.last_mut()
        else {
            return Ok(());
        };
        let Some((info, between)) = between else {
            converter.frame_ref(from, to);
            return Ok(());
        };
        let whole = Rect {
            x: 0,
            y: 0,
            width: info.width(),
            height: info.height(),
        };
        let scaled = between
            .get_mut()
            .ok_or_else(|| MediaError::Build("the scaler's buffer is shared".to_owned()))?;
        {
            let mut scaled =
                gst_video::VideoFrameRef::from_buffer_ref_writable(&mut *scaled, info)?;
            converter.frame_ref(from, &mut scaled);
        }
        let scaled = gst_video::VideoFrameRef::from_buffer_ref_readable(&*scaled, info)?;
        blit(to, place, &scaled, whole);
        Ok(())
    }
}

fn make(job: Job) -> Result<Made, MediaError> {
    // The colours stay as they are, so both sides may claim the same: nothing is converted but the size.
    let info = |(width, height)| {
        gst_video::VideoInfo::builder(gst_video::VideoFormat::I420, width, height).build()
    };
    let side = |length: u32| i32::try_from(length).ok();
    let mut config = gst_video::VideoConverterConfig::new();
    // As many taps as shrinking needs, so that fine patterns do not flicker.
    config.set_resampler_method(gst_video::VideoResamplerMethod::Linear);
    config.set_chroma_resampler_method(gst_video::VideoResamplerMethod::Linear);
    config.set_dither_method(gst_video::VideoDitherMethod::None);
    config.set_src_x(job.source.x);
    config.set_src_y(job.source.y);
    config.set_src_width(side(job.source.width));
    config.set_src_height(side(job.source.height));
    let size = (job.place.width, job.place.height);
    let (from, to) = (info(job.from)?, info(size)?);
    let converter = gst_video::VideoConverter::new(&from, &to, Some(config))
        .map_err(|error| MediaError::Build(format!("no scaler: {error}")))?;
    let between = if size == job.to {
        None
    } else {
        let buffer = gst::Buffer::with_size(to.size())
            .map_err(|error| MediaError::Build(format!("no buffer: {error}")))?;
        Some((to, buffer))
    };
    Ok(Made {
        job,
        converter,
        between,
    })
}

/// The part of a place that is on the canvas, and what of the source shows there.
fn visible(place: Rect, source: Rect, canvas: (u32, u32)) -> Option<(Rect, Rect)> {
    let (x, width, from_x, from_width) =
        along(place.x, place.width, source.x, source.width, canvas.0)?;
    let (y, height, from_y, from_height) =
        along(place.y, place.height, source.y, source.height, canvas.1)?;
    let on_canvas = Rect {
        x,
        y,
        width,
        height,
    };
    let seen = Rect {
        x: from_x,
        y: from_y,
        width: from_width,
        height: from_height,
    };
    Some((on_canvas, seen.even()))
}

/// The same in one direction: (place, its length, source, its length).
fn along(at: i32, length: u32, source: i32, of: u32, canvas: u32) -> Option<(i32, u32, i32, u32)> {
    let (start, end) = (i64::from(at), i64::from(at) + i64::from(length));
    let (from, to) = (start.max(0), end.min(i64::from(canvas)));
    if to - from < 2 {
        return None;
    }
    let share = |distance: i64| distance * i64::from(of) / i64::from(length.max(1));
    let left = share(from - start);
    let kept = (share(to - start) - left).max(2);
    Some((
        i32::try_from(from).ok()?,
        u32::try_from(to - from).ok()?,
        source + i32::try_from(left).ok()?,
        u32::try_from(kept).ok()?,
    ))
}

#[cfg(test)]
mod tests {

    use super::*;

    fn info(width: u32, height: u32) -> gst_video::VideoInfo {
        gst::init().unwrap();
        gst_video::VideoInfo::builder(gst_video::VideoFormat::I420, width, height)
            .build()
            .unwrap()
    }

    /// A picture whose brightness rises from left to right, its colour from top to bottom.
    fn slope(info: &gst_video::VideoInfo) -> gst::Buffer {
        let mut buffer = gst::Buffer::with_size(info.size()).unwrap();
        let whole = buffer.get_mut().unwrap();
        let mut frame = gst_video::VideoFrameRef::from_buffer_ref_writable(whole, info).unwrap();
        for plane in 0..3 {
            let stride = frame.plane_stride()[plane as usize] as usize;
            let (width, height) = if plane == 0 {
                (info.width(), info.height())
            } else {
                (info.width() / 2, info.height() / 2)
            };
            let data = frame.plane_data_mut(plane).unwrap();
            for y in 0..height as usize {
                for x in 0..width as usize {
                    data[y * stride + x] = if plane == 0 {
                        (x * 200 / width as usize) as u8 + 20
                    } else {
                        (y * 200 / height as usize) as u8 + 20
                    };
                }
            }
        }
        drop(frame);
        buffer
    }

    fn drawn(place: Rect, source: Rect) -> (gst_video::VideoInfo, gst::Buffer) {
        let (from_info, to_info) = (info(320, 180), info(180, 320));
        let from = slope(&from_info);
        let from = gst_video::VideoFrameRef::from_buffer_ref_readable(&from, &from_info).unwrap();
        let mut to = gst::Buffer::from_mut_slice(vec![1_u8; to_info.size()]);
        let mut canvas =
            gst_video::VideoFrameRef::from_buffer_ref_writable(to.get_mut().unwrap(), &to_info)
                .unwrap();
        let mut scaler = Scaler::default();
        for _ in 0..2 {
            scaler.draw(&mut canvas, place, &from, source).unwrap();
        }
        assert!(scaler.made.len() <= 1, "made once");
        drop(canvas);
        (to_info, to)
    }

    fn luma(picture: &(gst_video::VideoInfo, gst::Buffer), x: usize, y: usize) -> u8 {
        let frame =
            gst_video::VideoFrameRef::from_buffer_ref_readable(&picture.1, &picture.0).unwrap();
        let stride = frame.plane_stride()[0] as usize;
        frame.plane_data(0).unwrap()[y * stride + x]
    }

    const fn rect(x: i32, y: i32, width: u32, height: u32) -> Rect {
        Rect {
            x,
            y,
            width,
            height,
        }
    }

    #[test]
    fn the_middle_of_a_wide_picture_fills_an_upright_canvas() {
        let picture = drawn(rect(0, 0, 180, 320), rect(108, 0, 102, 180));
        for (x, wanted) in [(2, 89), (90, 120), (177, 150)] {
            for y in [0, 160, 319] {
                let found = luma(&picture, x, y);
                assert!(found.abs_diff(wanted) <= 3, "{found} at {x},{y}");
            }
        }
    }

    #[test]
    fn nothing_beside_the_place_is_touched() {
        let picture = drawn(rect(20, 100, 100, 56), rect(0, 0, 320, 180));
        assert_eq!(luma(&picture, 18, 120), 1);
        assert_eq!(luma(&picture, 120, 120), 1);
        assert_eq!(luma(&picture, 60, 98), 1);
        assert_eq!(luma(&picture, 60, 156), 1);
        assert!(luma(&picture, 20, 100) < 30 && luma(&picture, 118, 154) > 210);
    }

    #[test]
    fn what_hangs_over_the_edge_is_cut_without_being_squeezed() {
        let picture = drawn(rect(-100, -50, 200, 100), rect(0, 0, 320, 180));
        // The middle of the source stands at the canvas's corner.
        assert!(luma(&picture, 0, 0).abs_diff(120) <= 4);
        assert!(luma(&picture, 98, 48) > 210);
        assert_eq!(luma(&picture, 100, 48), 1);
        let beside = drawn(rect(400, 0, 100, 100), rect(0, 0, 320, 180));
        assert_eq!(luma(&beside, 179, 0), 1);
    }
}
