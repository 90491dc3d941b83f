//! Owns copying one I420 picture into another. Where the sizes differ, [`super::scale`] draws.

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

/// Copies `source` (a rectangle of `from`) to `place` (a rectangle of `to` of the same size), clipped to `to`.
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
            copy_plane(&mut plane, place, &from, source);
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
