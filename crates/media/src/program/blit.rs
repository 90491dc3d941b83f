//! Owns putting one I420 picture into another: copied where the sizes agree, else resampled.
//!
//! Inputs deliver the size they are asked for, so the copy is the rule; resampling covers the
//! moments until a new size arrives, and sources smaller than their place.

use gst_video::prelude::*;
use gstreamer as gst;
use gstreamer_video as gst_video;

use crate::blend::planes::{Plane, PlaneMut, with_planes_mut};

/// A rectangle in luma pixels; all four even once it reaches [`blit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rect {
    pub x: i32,
    pub y: i32,
    pub width: u32,
    pub height: u32,
}

impl Rect {
    /// The rectangle on even pixels, at least 2x2.
    pub fn even(self) -> Self {
        Self {
            x: self.x & !1,
            y: self.y & !1,
            width: (self.width & !1).max(2),
            height: (self.height & !1).max(2),
        }
    }

    fn halved(self) -> Self {
        Self {
            x: self.x / 2,
            y: self.y / 2,
            width: self.width / 2,
            height: self.height / 2,
        }
    }

    /// Whether it covers a canvas of this size.
    pub fn covers(self, width: u32, height: u32) -> bool {
        self.x <= 0
            && self.y <= 0
            && i64::from(self.x) + i64::from(self.width) >= i64::from(width)
            && i64::from(self.y) + i64::from(self.height) >= i64::from(height)
    }
}

type Mapped<'b> = gst_video::VideoFrameRef<&'b gst::BufferRef>;
type MappedMut<'b> = gst_video::VideoFrameRef<&'b mut gst::BufferRef>;

/// Draws `source` (a rectangle of `from`) over `place` (a rectangle of `to`), clipped to `to`.
pub(crate) fn blit(to: &mut MappedMut<'_>, place: Rect, from: &Mapped<'_>, source: Rect) {
    let (place, source) = (place.even(), source.even());
    with_planes_mut(to, |planes| {
        for (index, mut plane) in planes.into_iter().enumerate() {
            let (place, source) = if index == 0 {
                (place, source)
            } else {
                (place.halved(), source.halved())
            };
            let from = Plane::of(from, index as u32);
            if (place.width, place.height) == (source.width, source.height) {
                copy_plane(&mut plane, place, &from, source);
            } else {
                resample_plane(&mut plane, place, &from, source);
            }
        }
    });
}

/// Copies a whole frame into another of the same size.
pub(crate) fn copy_frame(to: &mut MappedMut<'_>, from: &Mapped<'_>) {
    let whole = Rect {
        x: 0,
        y: 0,
        width: from.width(),
        height: from.height(),
    };
    blit(to, whole, from, whole);
}

/// Fills a rectangle with one colour.
pub(crate) fn fill(to: &mut MappedMut<'_>, place: Rect, yuv: [u8; 3]) {
    let place = place.even();
    with_planes_mut(to, |planes| {
        for (index, mut plane) in planes.into_iter().enumerate() {
            let place = if index == 0 { place } else { place.halved() };
            let Some(clip) = Clip::new(place, &plane) else {
                continue;
            };
            for y in clip.rows {
                if let Some(row) = plane.row(y) {
                    row[clip.from..clip.to].fill(yuv[index]);
                }
            }
        }
    });
}

/// The visible part of a place in plane pixels.
struct Clip {
    rows: std::ops::Range<usize>,
    from: usize,
    to: usize,
}

impl Clip {
    fn new(place: Rect, plane: &PlaneMut<'_>) -> Option<Self> {
        let range = |start: i32, length: u32, limit: usize| {
            let from = i64::from(start).max(0);
            let to = (i64::from(start) + i64::from(length)).min(limit as i64);
            (from < to).then_some((from as usize, to as usize))
        };
        let (from, to) = range(place.x, place.width, plane.width)?;
        let (top, bottom) = range(place.y, place.height, plane.height)?;
        Some(Self {
            rows: top..bottom,
            from,
            to,
        })
    }
}

fn copy_plane(to: &mut PlaneMut<'_>, place: Rect, from: &Plane<'_>, source: Rect) {
    let Some(clip) = Clip::new(place, to) else {
        return;
    };
    let left = (clip.from as i64 - i64::from(place.x) + i64::from(source.x)).max(0) as usize;
    for y in clip.rows {
        let source_y = y as i64 - i64::from(place.y) + i64::from(source.y);
        let Some(from_row) = usize::try_from(source_y).ok().and_then(|y| from.row(y)) else {
            continue;
        };
        let Some(to_row) = to.row(y) else { continue };
        let length = (clip.to - clip.from).min(from_row.len().saturating_sub(left));
        to_row[clip.from..clip.from + length].copy_from_slice(&from_row[left..left + length]);
    }
}

/// Bilinear: two source rows are mixed (a loop the compiler vectorises), then the row is stretched
/// by a table of positions.
fn resample_plane(to: &mut PlaneMut<'_>, place: Rect, from: &Plane<'_>, source: Rect) {
    let Some(clip) = Clip::new(place, to) else {
        return;
    };
    if from.width == 0 || from.height == 0 || source.width == 0 || source.height == 0 {
        return;
    }
    let columns: Vec<(u32, u16)> = (clip.from..clip.to)
        .map(|x| {
            let offset = (x as i64 - i64::from(place.x)) as u32;
            let limit = from.width as i64 - 1 - i64::from(source.x);
            position(offset, place.width, source.width, limit)
        })
        .collect();
    let mut mixed = vec![0_u8; from.width + 1];
    let left = source.x.max(0) as usize;
    for y in clip.rows {
        let offset = (y as i64 - i64::from(place.y)) as u32;
        let limit = from.height as i64 - 1 - i64::from(source.y);
        let (row, weight) = position(offset, place.height, source.height, limit);
        let top = source.y.max(0) as usize + row as usize;
        let (Some(upper), Some(to_row)) = (from.row(top), to.row(y)) else {
            continue;
        };
        let lower = from.row(top + 1).unwrap_or(upper);
        crate::blend::mix_row(&mut mixed[..from.width], upper, lower, weight);
        // One more column, so that the last pixel has a right neighbour.
        mixed[from.width] = mixed[from.width - 1];
        for (pixel, &(column, weight)) in to_row[clip.from..clip.to].iter_mut().zip(&columns) {
            let at = (left + column as usize).min(from.width - 1);
            let (a, b) = (u32::from(mixed[at]), u32::from(mixed[at + 1]));
            let weight = u32::from(weight);
            *pixel = ((a * (256 - weight) + b * weight + 128) >> 8) as u8;
        }
    }
}

/// (source pixel, weight of the next one in 1/256) for the centre of a destination pixel.
fn position(offset: u32, to: u32, from: u32, limit: i64) -> (u32, u16) {
    let centre = (u64::from(offset) * 2 + 1) * u64::from(from) * 128 / u64::from(to.max(1));
    let at = centre.saturating_sub(128);
    let last = limit.clamp(0, i64::from(from.saturating_sub(1))) as u64;
    if (at >> 8) >= last {
        return (last as u32, 0);
    }
    ((at >> 8) as u32, (at & 255) as u16)
}
