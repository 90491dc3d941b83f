//! Owns the elements between raw I420 and whole encoded pictures, and their settings.

use gst::prelude::*;
use gstreamer as gst;
use gstreamer_video as gst_video;

use super::table::{BitrateUnit, Controls, EncoderKind, LiveBitrate};
use crate::error::MediaError;

/// The encoder with what it needs around it: `videoconvert ! encoder ! h264parse ! avc caps`, or the parser and caps of
/// another codec.
#[derive(Debug, Clone)]
pub(crate) struct EncoderBranch {
    kind: &'static EncoderKind,
    encoder: gst::Element,
    elements: Vec<gst::Element>,
}

impl EncoderBranch {
    /// Makes the elements; they are not in a pipeline yet.
    pub fn make(
        kind: &'static EncoderKind,
        kbps: u32,
        keyframe_frames: u32,
    ) -> Result<Self, MediaError> {
        let make = |name: &str| {
            gst::ElementFactory::make(name)
                .build()
                .map_err(|_| MediaError::MissingElement(name.to_owned()))
        };
        let encoder = make(kind.element)?;
        for (name, value) in kind.settings {
            if encoder.has_property(name) {
                let value = value.replace("{kbps}", &kbps.to_string());
                set_from_text(&encoder, name, &value);
            }
        }
        let parse = make(kind.codec.parser())?;
        let caps = make("capsfilter")?;
        caps.set_property("caps", kind.codec.caps());
        // Chips mostly want NV12: videoconvert is free where I420 is taken as it is.
        let mut elements = Vec::new();
        if kind.hardware {
            elements.push(make("videoconvert")?);
        }
        elements.extend([encoder.clone(), parse, caps]);
        let branch = Self {
            kind,
            encoder,
            elements,
        };
        branch.set_controls(kbps, keyframe_frames);
        branch.refuse_foreign_keyframes()?;
        Ok(branch)
    }

    /// The elements in the order they are linked in.
    pub fn elements(&self) -> &[gst::Element] {
        &self.elements
    }

    /// Changes the target while playing. A driver may hang in it.
    pub fn set_bitrate_kbps(&self, kbps: u32) {
        match self.kind.controls {
            Controls::Properties {
                bitrate: (name, unit),
                ..
            } => set_number(&self.encoder, name, in_unit(kbps, unit)),
            Controls::V4l2 => {
                // The device keeps the others.
                let bitrate = in_unit(kbps, BitrateUnit::Bit) as i32;
                let controls = gst::Structure::builder("controls")
                    .field("video_bitrate", bitrate)
                    .build();
                self.encoder.set_property("extra-controls", controls);
            }
        }
    }

    /// What a bitrate change does to the stream.
    pub fn live_bitrate(&self) -> LiveBitrate {
        self.kind.live_bitrate
    }

    fn set_controls(&self, kbps: u32, keyframe_frames: u32) {
        match self.kind.controls {
            Controls::Properties {
                bitrate: (name, unit),
                keyframe_distance,
            } => {
                set_number(&self.encoder, name, in_unit(kbps, unit));
                set_number(&self.encoder, keyframe_distance, keyframe_frames);
            }
            Controls::V4l2 => {
                let controls = gst::Structure::builder("controls")
                    .field("video_bitrate", in_unit(kbps, BitrateUnit::Bit) as i32)
                    .field("video_bitrate_mode", 1_i32)
                    .field("video_b_frames", 0_i32)
                    .field("h264_i_frame_period", keyframe_frames as i32)
                    .field("video_gop_size", keyframe_frames as i32)
                    .build();
                self.encoder.set_property("extra-controls", controls);
            }
        }
    }

    /// One encoder feeds everybody: a request for a keyframe from downstream would cost all
    /// destinations quality, so it ends here. The program's own schedule comes from upstream.
    fn refuse_foreign_keyframes(&self) -> Result<(), MediaError> {
        let pad = self
            .encoder
            .static_pad("src")
            .ok_or_else(|| MediaError::Build(format!("{} has no src pad", self.kind.element)))?;
        pad.add_probe(gst::PadProbeType::EVENT_UPSTREAM, |_, info| {
            match info.event() {
                Some(event) if gst_video::ForceKeyUnitEvent::is(event) => {
                    gst::PadProbeReturn::Handled
                }
                _ => gst::PadProbeReturn::Ok,
            }
        });
        Ok(())
    }
}

fn in_unit(kbps: u32, unit: BitrateUnit) -> u32 {
    match unit {
        BitrateUnit::Kilobit => kbps,
        BitrateUnit::Bit => kbps.saturating_mul(1000),
    }
}

/// Sets a text value that may not be known to the installed version: that is not an error.
fn set_from_text(element: &gst::Element, name: &str, value: &str) {
    let Some(spec) = element.find_property(name) else {
        return;
    };
    match gst::glib::Value::deserialize_with_pspec(value, &spec) {
        Ok(value) => element.set_property(name, value),
        Err(error) => tracing::debug!(%error, name, value, "encoder setting not understood"),
    }
}

/// Sets a number whatever integer type the property has (encoders differ).
fn set_number(element: &gst::Element, name: &str, number: u32) {
    set_from_text(element, name, &number.to_string());
}
