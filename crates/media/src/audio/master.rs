//! Owns the last step of the mix before the encoder: the limiter and the master's meters.

use std::sync::{Arc, Mutex, PoisonError};

use gstreamer as gst;
use gstreamer::prelude::*;

use super::limiter::Limiter;
use super::meter::Meter;
use super::mixer::{Metering, MixShared};
use super::tap::samples_mut;

/// Samples between two meter readings: five blocks, 106 ms.
const METER_FRAMES: u32 = 4_608;

#[derive(Debug)]
struct Master {
    limiter: Limiter,
    meter: Meter,
}

/// Limits and meters the mix in place.
pub(super) fn watch_master(mixer: &gst::Element, shared: &Arc<MixShared>) {
    let Some(pad) = mixer.static_pad("src") else {
        return;
    };
    let master = Mutex::new(Master {
        limiter: Limiter::new(),
        meter: Meter::default(),
    });
    let shared = Arc::downgrade(shared);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let Some(buffer) = info.buffer_mut() else {
            return gst::PadProbeReturn::Ok;
        };
        let buffer = buffer.make_mut();
        if let Ok(mut map) = buffer.map_writable()
            && let Some(samples) = samples_mut(map.as_mut_slice())
        {
            let mut master = master.lock().unwrap_or_else(PoisonError::into_inner);
            master.limiter.process(samples);
            if let Some(shared) = shared.upgrade()
                && shared.metering == Metering::Full
            {
                master.meter.add(samples);
                shared.loudness().add(samples);
                if master.meter.frames() >= METER_FRAMES {
                    let limited_db = master.limiter.reduction_db();
                    shared.publish_meters(master.meter.read(), limited_db);
                }
            }
        }
        // What was silence when it came in leaves with the end of what came before it.
        buffer.unset_flags(gst::BufferFlags::GAP);
        gst::PadProbeReturn::Ok
    });
}
