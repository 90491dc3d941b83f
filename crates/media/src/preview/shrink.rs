//! Owns making a canvas picture small and ready for JPEG.

use gst_video::prelude::*;
use gstreamer as gst;
use gstreamer_video as gst_video;

use super::bilinear::shrink;
use super::colours::ToJpeg;
use crate::error::MediaError;

/// Makes small pictures of one size from canvas pictures.
pub(super) struct Shrinker {
    from: gst_video::VideoInfo,
    to: gst_video::VideoInfo,
    pool: gst::BufferPool,
    colours: ToJpeg,
}

impl Shrinker {
    /// From pictures like `from` to `size` in pixels.
    pub fn new(from: &gst_video::VideoInfo, size: (u32, u32)) -> Result<Self, MediaError> {
        let builder = gst_video::VideoInfo::builder(gst_video::VideoFormat::I420, size.0, size.1);
        let to = builder.par(gst::Fraction::new(1, 1)).build()?;
        let pool = gst_video::VideoBufferPool::new();
        let mut config = pool.config();
        // One is filled, one waits, one is encoded.
        config.set_params(Some(&to.to_caps()?), to.size() as u32, 3, 0);
        config.add_option(gst_video::BUFFER_POOL_OPTION_VIDEO_META);
        pool.set_config(config)?;
        pool.set_active(true)?;
        Ok(Self {
            colours: ToJpeg::of(from),
            from: from.clone(),
            to,
            pool: pool.upcast(),
        })
    }

    /// Format of the small pictures.
    pub fn caps(&self) -> Result<gst::Caps, MediaError> {
        Ok(self.to.to_caps()?)
    }

    /// In pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.to.width(), self.to.height())
    }

    /// A small picture of `picture`, with its time.
    pub fn shrink(&self, picture: &gst::Buffer) -> Result<gst::Buffer, MediaError> {
        let from = gst_video::VideoFrameRef::from_buffer_ref_readable(picture, &self.from)?;
        let mut small = self
            .pool
            .acquire_buffer(None)
            .map_err(|error| MediaError::Build(format!("no preview buffer: {error}")))?;
        let buffer = small
            .get_mut()
            .ok_or_else(|| MediaError::Build("the pool's buffer is shared".to_owned()))?;
        buffer.set_pts(picture.pts());
        let mut to = gst_video::VideoFrameRef::from_buffer_ref_writable(buffer, &self.to)?;
        shrink(&mut to, &from);
        self.colours.convert(&mut to);
        drop(to);
        Ok(small)
    }
}

impl Drop for Shrinker {
    fn drop(&mut self) {
        if let Err(error) = self.pool.set_active(false) {
            tracing::warn!(%error, "preview pool does not stop");
        }
    }
}
