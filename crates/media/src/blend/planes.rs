//! Owns safe access to the rows of a mapped I420 frame.

use gst_video::prelude::*;
use gstreamer as gst;
use gstreamer_video as gst_video;

/// The rows of one plane, each cut to the plane's width; empty when the plane cannot be read.
pub(crate) fn plane_rows<'f>(
    frame: &'f gst_video::VideoFrameRef<&gst::BufferRef>,
    plane: u32,
) -> impl Iterator<Item = &'f [u8]> {
    let (stride, width, height) = geometry(frame, plane);
    let data = frame.plane_data(plane).unwrap_or(&[]);
    data.chunks(stride)
        .take(height)
        .map(move |row| &row[..width.min(row.len())])
}

/// As [`plane_rows`], to be written.
pub(crate) fn plane_rows_mut<'f>(
    frame: &'f mut gst_video::VideoFrameRef<&mut gst::BufferRef>,
    plane: u32,
) -> impl Iterator<Item = &'f mut [u8]> {
    let (stride, width, height) = geometry(frame, plane);
    let data = frame.plane_data_mut(plane).unwrap_or(&mut []);
    data.chunks_mut(stride).take(height).map(move |row| {
        let width = width.min(row.len());
        &mut row[..width]
    })
}

/// (stride in bytes, at least 1; width; height) of a plane of an I420 frame.
fn geometry(
    frame: &gst_video::VideoFrameRef<&gst::BufferRef>,
    plane: u32,
) -> (usize, usize, usize) {
    let index = plane as usize;
    let stride = frame.plane_stride().get(index).copied().unwrap_or(0);
    (
        usize::try_from(stride).unwrap_or(0).max(1),
        frame.comp_width(plane) as usize,
        frame.comp_height(plane) as usize,
    )
}

/// One plane as bytes with its geometry, for code that needs random access to rows.
pub(crate) struct PlaneMut<'f> {
    data: &'f mut [u8],
    stride: usize,
    /// Visible bytes of a row.
    pub width: usize,
    /// Visible rows.
    pub height: usize,
}

impl<'f> PlaneMut<'f> {
    /// The visible part of row `y`, or `None` below the picture.
    #[inline]
    pub fn row(&mut self, y: usize) -> Option<&mut [u8]> {
        if y >= self.height {
            return None;
        }
        let start = y * self.stride;
        self.data.get_mut(start..start + self.width)
    }
}

/// One plane to be read by row number.
pub(crate) struct Plane<'f> {
    data: &'f [u8],
    stride: usize,
    /// Visible bytes of a row.
    pub width: usize,
    /// Visible rows.
    pub height: usize,
}

impl<'f> Plane<'f> {
    /// Plane `index` of `frame`.
    pub fn of(frame: &'f gst_video::VideoFrameRef<&gst::BufferRef>, index: u32) -> Self {
        let (stride, width, height) = geometry(frame, index);
        Self {
            data: frame.plane_data(index).unwrap_or(&[]),
            stride,
            width,
            height,
        }
    }

    /// The visible part of row `y`, or `None` below the picture.
    #[inline]
    pub fn row(&self, y: usize) -> Option<&'f [u8]> {
        if y >= self.height {
            return None;
        }
        let start = y * self.stride;
        self.data.get(start..start + self.width)
    }
}

/// Hands the three planes of a frame to `work`.
pub(crate) fn with_planes_mut<R>(
    frame: &mut gst_video::VideoFrameRef<&mut gst::BufferRef>,
    work: impl FnOnce([PlaneMut<'_>; 3]) -> R,
) -> R {
    let shapes = [0, 1, 2].map(|plane| geometry(frame, plane));
    let [y, u, v, _] = frame.planes_data_mut();
    let plane = |data, (stride, width, height): (usize, usize, usize)| PlaneMut {
        data,
        stride,
        width,
        height,
    };
    work([
        plane(y, shapes[0]),
        plane(u, shapes[1]),
        plane(v, shapes[2]),
    ])
}
