//! Owns the two calm pictures behind everything: the plain backdrop and the slate.

use gstreamer as gst;
use gstreamer_video as gst_video;

use crate::blend::planes::{plane_rows_mut, with_planes_mut};
use crate::blend::{Layer, Matrix, YuvPicture};
use crate::error::MediaError;

/// Luma at the top and at the bottom of the gradient, limited range: dark, but not the black that
/// viewers take for a dead stream.
const GRADIENT: (u32, u32) = (52, 24);
/// A slightly blue grey.
const CHROMA: [u8; 2] = [134, 125];

/// Pictures of canvas size, prepared once and shared by every frame that shows them.
#[derive(Debug, Clone)]
pub(crate) struct Backdrops {
    /// Behind sources that leave something free.
    pub plain: gst::Buffer,
    /// Instead of a missing source.
    pub slate: gst::Buffer,
}

impl Backdrops {
    /// The gradient, and the gradient with `layer` (the slate's text) on it.
    pub fn new(info: &gst_video::VideoInfo, layer: Option<&Layer>) -> Result<Self, MediaError> {
        let plain = gradient(info)?;
        let slate = match layer {
            None => plain.clone(),
            Some(layer) => {
                let mut slate = gradient(info)?;
                let buffer = slate
                    .get_mut()
                    .ok_or_else(|| MediaError::Build("a new buffer is shared".to_owned()))?;
                let mut frame = gst_video::VideoFrameRef::from_buffer_ref_writable(buffer, info)?;
                let matrix = Matrix::for_height(info.height());
                if let Some(picture) = YuvPicture::convert(layer, matrix) {
                    picture.blend_into(&mut frame);
                }
                drop(frame);
                slate
            }
        };
        Ok(Self { plain, slate })
    }
}

fn gradient(info: &gst_video::VideoInfo) -> Result<gst::Buffer, MediaError> {
    let mut buffer = gst::Buffer::with_size(info.size())?;
    {
        let writable = buffer
            .get_mut()
            .ok_or_else(|| MediaError::Build("a new buffer is shared".to_owned()))?;
        let mut frame = gst_video::VideoFrameRef::from_buffer_ref_writable(writable, info)?;
        let height = info.height();
        for (y, row) in plane_rows_mut(&mut frame, 0).enumerate() {
            let fall = (GRADIENT.0 - GRADIENT.1) * y as u32 / height;
            row.fill((GRADIENT.0 - fall) as u8);
        }
        with_planes_mut(&mut frame, |[_, u, v]| {
            for (mut plane, value) in [u, v].into_iter().zip(CHROMA) {
                for y in 0..plane.height {
                    if let Some(row) = plane.row(y) {
                        row.fill(value);
                    }
                }
            }
        });
    }
    Ok(buffer)
}
