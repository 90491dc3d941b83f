//! Owns the isolated track: one input's sound alone, through a mix of its own.
//!
//! A mix and not only an encoder: it goes on in silence while the input is away, is replaced should
//! it break, and gives its frames the same times as the main mix.

use std::sync::{MutexGuard, PoisonError};

use super::EncodedAudio;
use super::mixer::{AudioMixer, Metering};
use super::tap::AudioTap;
use crate::error::Result;

/// What of the mix is wanted alone, and where it goes.
#[derive(Debug, Default)]
pub(super) struct Isolation {
    input: Option<String>,
    /// None while nobody takes it: it costs an encoder.
    mixer: Option<AudioMixer>,
}

impl AudioMixer {
    /// Chooses the input whose sound is given out alone while [`AudioMixer::start_isolated`] has
    /// somebody who takes it: after its gain and mute, before it is lowered under speech.
    pub fn isolate(&self, input: Option<&str>) {
        let mut isolation = self.isolation();
        if isolation.input.as_deref() != input {
            isolation.input = input.map(str::to_owned);
            self.copy_anew(isolation);
        }
    }

    /// Gives the isolated sound to `on_audio` from now on, every AAC frame in order and without gaps,
    /// silence while there is none; replaces who took it before. The configuration is that of the mix.
    ///
    /// # Errors
    /// As [`AudioMixer::start`].
    pub fn start_isolated(
        &self,
        on_audio: impl Fn(EncodedAudio) + Send + Sync + 'static,
    ) -> Result<()> {
        let clock = &self.core.shared().clock;
        let mixer = Self::start_metering(clock, on_audio, |_| {}, Metering::Off)?;
        let mut isolation = self.isolation();
        let old = isolation.mixer.replace(mixer);
        self.copy_anew(isolation);
        drop(old);
        Ok(())
    }

    /// Ends it.
    pub fn stop_isolated(&self) {
        let mut isolation = self.isolation();
        let old = isolation.mixer.take();
        self.copy_anew(isolation);
        drop(old);
    }

    fn isolation(&self) -> MutexGuard<'_, Isolation> {
        let isolation = &self.core.shared().isolation;
        isolation.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has every tap copied that should be, and no other.
    fn copy_anew(&self, isolation: MutexGuard<'_, Isolation>) {
        let taps = self.core.shared().live_taps();
        for tap in &taps {
            tap.set_copy(isolation.copy_of(&tap.id));
        }
        drop(isolation);
    }

    /// The same for a new one.
    pub(super) fn copy_if_isolated(&self, tap: &AudioTap) {
        let isolation = self.isolation();
        if let Some(tap) = tap.weak().upgrade()
            && let Some(copy) = isolation.copy_of(&tap.id)
        {
            tap.set_copy(Some(copy));
        }
    }
}

impl Isolation {
    fn copy_of(&self, id: &str) -> Option<AudioTap> {
        if self.input.as_deref() != Some(id) {
            return None;
        }
        match self.mixer.as_ref()?.attach(id) {
            Ok(tap) => Some(tap),
            Err(error) => {
                tracing::error!(input = id, %error, "not on the isolated track");
                None
            }
        }
    }
}
