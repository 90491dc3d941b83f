//! Owns the last step of the mix before the encoder: the limiter and the master's meter.

use std::sync::{Arc, Mutex, PoisonError};

use gstreamer as gst;
use gstreamer::prelude::*;

use super::meter::Meter;
use super::mixer::MixShared;
use super::tap::{samples, samples_mut};

/// Samples between two meter readings: five blocks, 106 ms.
const METER_FRAMES: u32 = 4_608;
/// Louder samples are bent instead of clipped: -1 dBFS.
const LIMIT_FROM: f32 = 0.891;

/// Limits and meters the mix in place.
pub(super) fn watch_master(mixer: &gst::Element, shared: &Arc<MixShared>) {
    let Some(pad) = mixer.static_pad("src") else {
        return;
    };
    let meter = Mutex::new(Meter::default());
    let shared = Arc::downgrade(shared);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let Some(buffer) = info.buffer_mut() else {
            return gst::PadProbeReturn::Ok;
        };
        let loud = buffer
            .map_readable()
            .ok()
            .and_then(|map| samples(map.as_slice()).map(|s| s.iter().any(|s| s.abs() > LIMIT_FROM)))
            .unwrap_or(false);
        if loud
            && let Ok(mut map) = buffer.make_mut().map_writable()
            && let Some(samples) = samples_mut(map.as_mut_slice())
        {
            limit(samples);
        }
        if let Ok(map) = buffer.map_readable()
            && let Some(samples) = samples(map.as_slice())
        {
            let mut meter = meter.lock().unwrap_or_else(PoisonError::into_inner);
            meter.add(samples);
            if let Some(shared) = shared.upgrade() {
                shared.loudness().add(samples);
                if meter.frames() >= METER_FRAMES {
                    shared.publish_meters(meter.read());
                }
            }
        }
        gst::PadProbeReturn::Ok
    });
}

/// Bends what is above the limit towards full scale, which it never reaches.
fn limit(samples: &mut [f32]) {
    let room = 1.0 - LIMIT_FROM;
    for sample in samples {
        let over = sample.abs() - LIMIT_FROM;
        if over > 0.0 {
            *sample = sample.signum() * (LIMIT_FROM + room * over / (over + room));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limiter_keeps_quiet_sound_and_never_passes_full_scale() {
        let mut sound = [0.5, -0.8, 1.5, -30.0];
        limit(&mut sound);
        assert_eq!(sound[..2], [0.5, -0.8]);
        assert!(sound[2] > LIMIT_FROM && sound[2] < 1.0);
        assert!(sound[3] > -1.0 && sound[3] < -0.99);
    }
}
