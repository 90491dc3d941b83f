//! Owns level metering over plain sample slices.

use super::{CHANNELS, Level, SILENCE_DB};

/// Collects samples between two readings.
#[derive(Clone, Debug, Default)]
pub(super) struct Meter {
    peak: [f32; CHANNELS],
    squares: [f32; CHANNELS],
    frames: u32,
}

impl Meter {
    /// Adds interleaved stereo samples; their own RMS on the louder side, in dBFS.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn add(&mut self, samples: &[f32]) -> f32 {
        let (mut peak, mut squares) = ([0.0f32; CHANNELS], [0.0f32; CHANNELS]);
        let (frames, _) = samples.as_chunks::<CHANNELS>();
        for frame in frames {
            for channel in 0..CHANNELS {
                let sample = frame[channel];
                peak[channel] = peak[channel].max(sample.abs());
                squares[channel] += sample * sample;
            }
        }
        for channel in 0..CHANNELS {
            self.peak[channel] = self.peak[channel].max(peak[channel]);
            self.squares[channel] += squares[channel];
        }
        self.frames += u32::try_from(frames.len()).unwrap_or(0);
        let mean = squares[0].max(squares[1]) / frames.len().max(1) as f32;
        decibels(mean.sqrt())
    }

    /// The level since the last reading. Without samples it is silence: an input that is gone is
    /// not to be heard.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn read(&mut self) -> Level {
        let own = std::mem::take(self);
        if own.frames == 0 {
            return Level::SILENT;
        }
        let frames = own.frames as f32;
        Level {
            peak_db: own.peak.map(decibels),
            rms_db: own.squares.map(|sum| decibels((sum / frames).sqrt())),
        }
    }

    /// Sample pairs since the last reading.
    pub(super) fn frames(&self) -> u32 {
        self.frames
    }
}

/// Amplitude to dBFS, not below [`SILENCE_DB`]; what is not a number is silence.
pub(super) fn decibels(amplitude: f32) -> f32 {
    (20.0 * amplitude.log10()).max(SILENCE_DB)
}

/// dB to a factor.
pub(super) fn factor(gain_db: f32) -> f32 {
    10.0f32.powf(gain_db / 20.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_scale_square_is_zero_db_and_half_is_six_less() {
        let mut meter = Meter::default();
        meter.add(&[1.0, 0.5, -1.0, -0.5]);
        let level = meter.read();
        assert!(level.peak_db[0].abs() < 0.01 && level.rms_db[0].abs() < 0.01);
        assert!((level.peak_db[1] + 6.02).abs() < 0.01);
        assert_eq!(meter.read(), Level::SILENT);
    }

    #[test]
    fn gain_and_level_are_inverse() {
        for db in [-60.0, -6.0, 0.0, 12.0] {
            assert!((decibels(factor(db)) - db).abs() < 0.01);
        }
    }
}
