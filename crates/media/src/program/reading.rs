//! Owns reading what an encoder gives: what its pictures are decoded with, and whether they are pictures at all.

use bytes::Bytes;
use gstreamer as gst;

use super::access_unit::{Units, is_picture};
use super::av1;
use crate::encoder::VideoCodec;

/// Reads one encoder's pictures.
pub(crate) struct Reading {
    codec: VideoCodec,
    units: Units,
    caps: Option<gst::Caps>,
    /// The AV1 sequence header's record that was told last.
    record: Option<Bytes>,
}

/// What one picture is.
pub(crate) struct Read {
    /// The codec's configuration record, where it is another than before.
    pub config: Option<Bytes>,
    /// The picture as containers carry it; `None` for what is no picture.
    pub data: Option<Bytes>,
}

impl Reading {
    pub fn of(codec: VideoCodec) -> Self {
        Self {
            codec,
            units: Units::default(),
            caps: None,
            record: None,
        }
    }

    /// Reads a picture that came with these caps.
    pub fn read(&mut self, caps: Option<gst::Caps>, bytes: &[u8], keyframe: bool) -> Read {
        if self.codec == VideoCodec::Av1 {
            return self.read_av1(bytes, keyframe);
        }
        let mut config = None;
        if let Some(caps) = caps
            && self.caps.as_ref() != Some(&caps)
        {
            config = codec_data(&caps);
            if let Some(config) = &config {
                self.units = Units::of(self.codec, config);
            }
            self.caps = Some(caps);
        }
        let data = is_picture(bytes, &self.units).then(|| Bytes::copy_from_slice(bytes));
        Read { config, data }
    }

    /// Not every encoder and parser tells the record in its caps; the sequence header always does.
    fn read_av1(&mut self, bytes: &[u8], keyframe: bool) -> Read {
        let record = match keyframe {
            true => av1::config_record(bytes),
            false => None,
        };
        let config = record.filter(|record| self.record.as_ref() != Some(record));
        if config.is_some() {
            self.record.clone_from(&config);
        }
        Read {
            config,
            data: av1::contained(bytes),
        }
    }
}

fn codec_data(caps: &gst::Caps) -> Option<Bytes> {
    let buffer = caps.structure(0)?.get::<gst::Buffer>("codec_data").ok()?;
    let map = buffer.map_readable().ok()?;
    Some(Bytes::copy_from_slice(&map))
}
