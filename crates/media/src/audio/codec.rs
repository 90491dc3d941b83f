//! Owns the choice of the AAC encoder.

use gstreamer as gst;
use gstreamer::prelude::*;

use super::AAC_BITRATE;
use crate::error::{MediaError, Result};

/// An AAC-LC encoder element and what it needs.
struct AacRow {
    factory: &'static str,
    settings: &'static [(&'static str, &'static str)],
    /// Samples by which the encoder's stream lags its timestamps: the priming frame that decoders
    /// put out first. avenc_aac and voaacenc measured with a click through encoder and decoder;
    /// atenc as Apple documents it (TN2258); mfaacenc not measured: a frame, as is usual.
    priming_samples: u64,
}

/// In order of preference. fdkaacenc is left out: its licence forbids giving it away.
const ROWS: &[AacRow] = &[
    AacRow {
        factory: "avenc_aac",
        settings: &[("aac-coder", "fast")],
        priming_samples: 1024,
    },
    AacRow {
        factory: "atenc",
        settings: &[],
        priming_samples: 2112,
    },
    AacRow {
        factory: "mfaacenc",
        settings: &[],
        priming_samples: 1024,
    },
    AacRow {
        factory: "voaacenc",
        settings: &[],
        priming_samples: 1600,
    },
];

/// The best installed encoder, and by how many samples its stream lags.
pub(super) fn encoder() -> Result<(gst::Element, u64)> {
    let row = ROWS
        .iter()
        .find(|row| gst::ElementFactory::find(row.factory).is_some())
        .ok_or(MediaError::NoElementFor("AAC"))?;
    let element = gst::ElementFactory::make(row.factory)
        .build()
        .map_err(|_| MediaError::MissingElement(row.factory.to_owned()))?;
    for (property, value) in row.settings {
        if element.find_property(property).is_some() {
            element.set_property_from_str(property, value);
        }
    }
    if let Some(spec) = element.find_property("bitrate") {
        // The encoders differ in the type of the property, not in its unit.
        let bitrate = i64::from(AAC_BITRATE)
            .to_value()
            .transform_with_type(spec.value_type())
            .map_err(|_| MediaError::Build("bitrate".to_owned()))?;
        element.set_property_from_value("bitrate", &bitrate);
    }
    Ok((element, row.priming_samples))
}
