//! Owns the cross-fade of two whole canvases.

use gstreamer_video as gst_video;

use super::kernel::mix_row;
use super::planes::{plane_rows, plane_rows_mut};

/// Writes `from * (1 - weight / 256) + to * weight / 256` into `dst`. All three are I420 of the
/// same size; rows beyond the smallest are left alone.
pub(crate) fn cross_fade(
    dst: &mut gst_video::VideoFrameRef<&mut gst_video::gst::BufferRef>,
    from: &gst_video::VideoFrameRef<&gst_video::gst::BufferRef>,
    to: &gst_video::VideoFrameRef<&gst_video::gst::BufferRef>,
    weight: u16,
) {
    for plane in 0..3 {
        let rows = plane_rows_mut(dst, plane)
            .zip(plane_rows(from, plane))
            .zip(plane_rows(to, plane));
        for ((dst_row, from_row), to_row) in rows {
            mix_row(dst_row, from_row, to_row, weight);
        }
    }
}
