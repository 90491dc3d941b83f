//! Owns the loudness of the mix as EBU R128 measures it.

use ebur128::{EbuR128, Mode};
use serde::{Deserialize, Serialize};

use super::{CHANNELS, SAMPLE_RATE, SILENCE_DB};
use crate::error::{MediaError, Result};

/// Loudness in LUFS, not below [`SILENCE_DB`]. -23 is the target of EBU R128, some -14 what
/// streaming platforms play at.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Loudness {
    /// Over the last 400 ms.
    pub momentary_lufs: f32,
    /// Over the last 3 s.
    pub short_term_lufs: f32,
    /// Since the mix began, without its pauses.
    pub integrated_lufs: f32,
}

impl Loudness {
    /// Nothing to hear.
    pub const SILENT: Self = Self {
        momentary_lufs: SILENCE_DB,
        short_term_lufs: SILENCE_DB,
        integrated_lufs: SILENCE_DB,
    };
}

/// Measures for as long as the show lasts: the histogram keeps its memory as it is.
pub(super) struct LoudnessMeter(EbuR128);

impl std::fmt::Debug for LoudnessMeter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LoudnessMeter")
    }
}

impl LoudnessMeter {
    pub(super) fn new() -> Result<Self> {
        let channels = u32::try_from(CHANNELS).unwrap_or(2);
        EbuR128::new(
            channels,
            SAMPLE_RATE,
            Mode::M | Mode::S | Mode::I | Mode::HISTOGRAM,
        )
        .map(Self)
        .map_err(|error| MediaError::Build(format!("no loudness meter: {error}")))
    }

    /// Adds interleaved stereo samples.
    pub(super) fn add(&mut self, samples: &[f32]) {
        if let Err(error) = self.0.add_frames_f32(samples) {
            tracing::debug!(%error, "the loudness was not measured");
        }
    }

    pub(super) fn read(&self) -> Loudness {
        // The crate says minus infinity where there was nothing loud enough to count.
        #[allow(clippy::cast_possible_truncation)]
        let lufs = |read: std::result::Result<f64, ebur128::Error>| {
            read.map_or(SILENCE_DB, |lufs| (lufs as f32).max(SILENCE_DB))
        };
        Loudness {
            momentary_lufs: lufs(self.0.loudness_momentary()),
            short_term_lufs: lufs(self.0.loudness_shortterm()),
            integrated_lufs: lufs(self.0.loudness_global()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds a stereo sine of 1 kHz whose peak is at `dbfs`, in blocks as the mixer gives them.
    fn play(meter: &mut LoudnessMeter, dbfs: f64, seconds: u32) {
        let amplitude = 10f64.powf(dbfs / 20.0);
        let sound: Vec<f32> = (0..SAMPLE_RATE * seconds)
            .flat_map(|n| {
                let phase = std::f64::consts::TAU * 1_000.0 * f64::from(n) / f64::from(SAMPLE_RATE);
                [(amplitude * phase.sin()) as f32; 2]
            })
            .collect();
        for block in sound.chunks(2 * 1_024) {
            meter.add(block);
        }
    }

    fn close(measured: f32, expected: f32) -> bool {
        (measured - expected).abs() <= 0.1
    }

    /// EBU Tech 3341, minimum requirements, cases 1 and 2: 20 s at -23 and -33 dBFS.
    #[test]
    fn a_sine_of_minus_23_dbfs_is_minus_23_lufs_and_one_of_minus_33_is_minus_33() {
        for dbfs in [-23.0, -33.0] {
            let mut meter = LoudnessMeter::new().unwrap();
            play(&mut meter, dbfs, 20);
            let read = meter.read();
            for lufs in [
                read.momentary_lufs,
                read.short_term_lufs,
                read.integrated_lufs,
            ] {
                assert!(close(lufs, dbfs as f32), "{read:?} at {dbfs}");
            }
        }
    }

    /// Case 3: what is far quieter than the rest does not count as part of the programme.
    #[test]
    fn pauses_do_not_make_a_show_quieter() {
        let mut meter = LoudnessMeter::new().unwrap();
        play(&mut meter, -36.0, 10);
        play(&mut meter, -23.0, 60);
        play(&mut meter, -36.0, 10);
        let read = meter.read();
        assert!(close(read.integrated_lufs, -23.0), "{read:?}");
        assert!(close(read.short_term_lufs, -36.0), "{read:?}");
    }

    #[test]
    fn silence_has_a_floor() {
        let mut meter = LoudnessMeter::new().unwrap();
        assert_eq!(meter.read(), Loudness::SILENT);
        meter.add(&vec![0.0; 2 * 48_000]);
        assert_eq!(meter.read(), Loudness::SILENT);
    }
}
