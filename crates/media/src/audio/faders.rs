//! Owns what can be set of the mix and of each of its inputs.

use std::time::Duration;

use super::SAMPLE_RATE;
use super::duck::DUCK_RANGE_DB;
use super::mixer::AudioMixer;
use super::strip::{Fader, NoiseSuppression, SoundRole};
use crate::error::{MediaError, Result};

/// Allowed gain of an input, in dB.
pub const GAIN_RANGE_DB: std::ops::RangeInclusive<f32> = -60.0..=24.0;
/// Most an input's sound may be behind, to match a picture that is late.
pub const DELAY_MOST: Duration = Duration::from_secs(1);

impl AudioMixer {
    /// Sets an input's gain (ramped over 10 ms). Remembered for inputs that are not there yet, as
    /// everything that is set for an input.
    ///
    /// # Errors
    /// Outside [`GAIN_RANGE_DB`].
    pub fn set_gain_db(&self, input: &str, gain_db: f32) -> Result<()> {
        if !GAIN_RANGE_DB.contains(&gain_db) {
            return Err(MediaError::OutOfRange("gain"));
        }
        self.change(input, |fader| fader.gain_db = gain_db);
        Ok(())
    }

    /// Mutes or unmutes an input (ramped over 10 ms).
    pub fn set_mute(&self, input: &str, muted: bool) {
        self.change(input, |fader| fader.muted = muted);
    }

    /// Puts an input's sound behind its picture. A sound that is heard fades out and in for it.
    ///
    /// # Errors
    /// Over [`DELAY_MOST`].
    pub fn set_delay(&self, input: &str, delay: Duration) -> Result<()> {
        if delay > DELAY_MOST {
            return Err(MediaError::OutOfRange("delay"));
        }
        let frames = delay.as_micros() * u128::from(SAMPLE_RATE) / 1_000_000;
        self.change(input, |fader| {
            fader.delay_frames = usize::try_from(frames).unwrap_or(0);
        });
        Ok(())
    }

    /// Says what an input's sound is to the others.
    pub fn set_role(&self, input: &str, role: SoundRole) {
        self.change(input, |fader| fader.role = role);
    }

    /// Switches an input's noise suppression. A sound that is heard fades out and in for it.
    pub fn set_noise_suppression(&self, input: &str, noise: NoiseSuppression) {
        self.change(input, |fader| fader.noise = noise);
    }

    /// By how many dB music goes down while somebody speaks; 0 = it stays as it is.
    ///
    /// # Errors
    /// Outside [`DUCK_RANGE_DB`].
    pub fn set_ducking_db(&self, depth_db: f32) -> Result<()> {
        if !DUCK_RANGE_DB.contains(&depth_db) {
            return Err(MediaError::OutOfRange("ducking"));
        }
        self.core.shared().ducking.set_depth_db(depth_db);
        Ok(())
    }

    /// The integrated loudness is measured from now on: a broadcast begins.
    pub fn restart_loudness(&self) {
        self.core.shared().loudness().restart();
    }

    /// Silences what writes under this name now, for good: another input is to take the name.
    pub(crate) fn retire(&self, input: &str) {
        let taps = self.core.shared().live_taps();
        self.core
            .shared()
            .taps()
            .retain(|tap| tap.upgrade().is_some_and(|tap| tap.id != input));
        for tap in taps.iter().filter(|tap| tap.id == input) {
            tap.retire();
        }
    }

    fn change(&self, input: &str, change: impl Fn(&mut Fader)) {
        let fader = {
            let mut faders = self.core.shared().faders();
            let fader = faders.entry(input.to_owned()).or_default();
            change(fader);
            *fader
        };
        for tap in self.core.shared().live_taps() {
            if tap.id == input {
                tap.set(fader);
            }
        }
    }
}
