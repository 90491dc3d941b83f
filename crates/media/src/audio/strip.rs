//! Owns what one input's sound goes through before the mix: noise suppression, delay, gain, ducking,
//! meter. Plain samples in, plain samples out.

use super::CHANNELS;
use super::Level;
use super::delay::DelayLine;
use super::denoise::Denoiser;
use super::duck::Ducker;
use super::meter::{Meter, factor};

/// A change of gain or mute takes 10 ms: too short to notice, too long to click.
const RAMP_FRAMES: f32 = 480.0;

/// What an input's sound is to the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SoundRole {
    /// Somebody who speaks: music goes down meanwhile.
    Speech,
    /// Goes down while somebody speaks.
    Music,
    /// Neither.
    #[default]
    Other,
}

/// Whether steady noise is taken out of an input's sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoiseSuppression {
    /// The sound stays as it is, and costs nothing.
    #[default]
    Off,
    /// By RNNoise. The sound keeps its time; it reaches the mix up to 20 ms later.
    On,
}

/// How an input is set.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fader {
    pub gain_db: f32,
    pub muted: bool,
    pub delay_frames: usize,
    pub role: SoundRole,
    pub noise: NoiseSuppression,
}

/// One input's sound on its way.
#[derive(Debug)]
pub(super) struct Strip {
    wanted: Fader,
    /// The gain of the last sample.
    now: f32,
    delay: DelayLine,
    /// The gain of the last sample that went into the delay.
    entering: f32,
    denoiser: Option<Denoiser>,
    ducker: Ducker,
    meter: Meter,
    /// Whether sound has gone through: what was never heard need not fade.
    heard: bool,
}

impl Strip {
    pub(super) fn new(fader: Fader) -> Self {
        let mut strip = Self {
            wanted: fader,
            now: factor(fader.gain_db),
            delay: DelayLine::default(),
            entering: 1.0,
            denoiser: None,
            ducker: Ducker::default(),
            meter: Meter::default(),
            heard: false,
        };
        if fader.muted {
            strip.now = 0.0;
        }
        strip
    }

    pub(super) fn set(&mut self, fader: Fader) {
        self.wanted = fader;
    }

    pub(super) fn role(&self) -> SoundRole {
        self.wanted.role
    }

    /// Takes over a new delay or noise suppression between two blocks, once the sound has faded
    /// out for it; true when the sound that follows does not continue the last.
    pub(super) fn take_over(&mut self) -> bool {
        if !self.waits() || (self.heard && self.now > 0.0) {
            return false;
        }
        if self.delay.frames() != self.wanted.delay_frames {
            self.delay = DelayLine::new(self.wanted.delay_frames);
            // What goes in fades in: it comes out after the line's silence.
            self.entering = if self.heard { 0.0 } else { 1.0 };
        }
        let had = self.denoiser.is_some();
        match self.wanted.noise {
            NoiseSuppression::On if !had => self.denoiser = Some(Denoiser::new()),
            NoiseSuppression::Off => self.denoiser = None,
            NoiseSuppression::On => {}
        }
        had && self.denoiser.is_none()
    }

    /// A setting waits for the sound to be faded out.
    fn waits(&self) -> bool {
        self.delay.frames() != self.wanted.delay_frames
            || self.denoiser.is_some() != (self.wanted.noise == NoiseSuppression::On)
    }

    /// Suppresses noise; what comes out, and how many frames before the first of `frames` it
    /// belongs. `None` = noise suppression is off.
    pub(super) fn denoise(
        &mut self,
        frames: &[[f32; CHANNELS]],
    ) -> Option<(Vec<[f32; CHANNELS]>, usize)> {
        let denoiser = self.denoiser.as_mut()?;
        let behind = denoiser.behind();
        Some((denoiser.process(frames), behind))
    }

    /// The next sound to be denoised does not continue the last.
    pub(super) fn denoise_anew(&mut self) {
        if let Some(denoiser) = &mut self.denoiser {
            *denoiser = Denoiser::new();
        }
    }

    /// So many frames did not come.
    pub(super) fn skip(&mut self, frames: usize) {
        self.delay.skip(frames);
    }

    /// Delays interleaved samples and gives them their gain.
    pub(super) fn shape(&mut self, samples: &mut [f32]) {
        self.heard = true;
        self.entering = apply_gain(samples, self.entering, 1.0);
        self.delay.process(samples.as_chunks_mut::<CHANNELS>().0);
        let target = if self.wanted.muted || self.waits() {
            0.0
        } else {
            factor(self.wanted.gain_db)
        };
        self.now = apply_gain(samples, self.now, target);
    }

    /// Lowers music to `depth_db`, which is 0 or less.
    pub(super) fn duck(&mut self, samples: &mut [f32], depth_db: f32) {
        self.ducker.process(samples, depth_db);
    }

    /// Meters interleaved samples; the RMS of the louder side, in dBFS.
    pub(super) fn meter(&mut self, samples: &[f32]) -> f32 {
        self.meter.add(samples)
    }

    pub(super) fn read_level(&mut self) -> Level {
        self.meter.read()
    }

    /// By how many dB it is lowered under speech.
    pub(super) fn ducked_db(&self) -> f32 {
        self.ducker.reduction_db()
    }
}

/// Multiplies interleaved stereo samples, moving from `now` to `target`; returns the factor after
/// the last sample.
fn apply_gain(samples: &mut [f32], mut now: f32, target: f32) -> f32 {
    let mut rest = samples;
    if (now - target).abs() > f32::EPSILON {
        // At least as steep as a whole step from silence to full in the ramp's time.
        let step = (1.0f32.max(target).max(now)) / RAMP_FRAMES;
        let mut done = 0;
        for frame in rest.as_chunks_mut::<CHANNELS>().0 {
            now = if now < target {
                (now + step).min(target)
            } else {
                (now - step).max(target)
            };
            for sample in frame {
                *sample *= now;
            }
            done += CHANNELS;
            if (now - target).abs() <= f32::EPSILON {
                now = target;
                break;
            }
        }
        rest = &mut rest[done..];
    }
    if target == 0.0 {
        rest.fill(0.0);
    } else if (target - 1.0).abs() > f32::EPSILON {
        for sample in rest {
            *sample *= now;
        }
    }
    now
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mute_ramps_down_without_a_step_and_then_is_silent() {
        let mut samples = vec![1.0f32; 2 * 1024];
        let now = apply_gain(&mut samples, 1.0, 0.0);
        assert_eq!(now, 0.0);
        assert!(samples.chunks(2).is_sorted_by(|a, b| a[0] >= b[0]));
        assert!(
            samples
                .chunks(2)
                .zip(samples.chunks(2).skip(1))
                .all(|(a, b)| a[0] - b[0] < 0.003)
        );
        assert!(samples[2 * 480..].iter().all(|sample| *sample == 0.0));
    }

    #[test]
    fn a_ramp_goes_on_across_buffers() {
        let mut now = 0.0;
        for _ in 0..5 {
            let mut samples = vec![1.0f32; 2 * 100];
            now = apply_gain(&mut samples, now, 2.0);
        }
        assert_eq!(now, 2.0);
        let mut samples = vec![0.25f32; 4];
        apply_gain(&mut samples, now, 2.0);
        assert_eq!(samples, [0.5; 4]);
    }

    #[test]
    fn unit_gain_leaves_samples_alone() {
        let mut samples = vec![0.1f32, -0.2, 0.3, -0.4];
        apply_gain(&mut samples, 1.0, 1.0);
        assert_eq!(samples, [0.1, -0.2, 0.3, -0.4]);
    }

    #[test]
    fn a_new_delay_is_taken_over_in_silence_and_without_a_step() {
        let mut strip = Strip::new(Fader::default());
        let mut heard = Vec::new();
        let mut play = |strip: &mut Strip, blocks: usize| {
            for _ in 0..blocks {
                strip.take_over();
                let mut samples = vec![0.5f32; 2 * 1_024];
                strip.shape(&mut samples);
                heard.extend(samples);
            }
        };
        play(&mut strip, 3);
        for delay_frames in [9_600, 100, 0] {
            let fader = Fader {
                delay_frames,
                ..Fader::default()
            };
            strip.set(fader);
            play(&mut strip, 20);
        }
        assert!(heard.windows(3).all(|w| (w[0] - w[2]).abs() < 0.003));
        assert_eq!(heard.last(), Some(&0.5));
        let silent = heard.iter().filter(|sample| **sample == 0.0).count() / 2;
        // Each new delay, and half a block before it.
        assert!((9_700..9_700 + 4 * 1_024).contains(&silent), "{silent}");
    }

    #[test]
    fn what_is_set_before_the_first_sound_holds_from_its_first_sample() {
        let mut strip = Strip::new(Fader {
            delay_frames: 10,
            gain_db: -6.0,
            ..Fader::default()
        });
        strip.take_over();
        let mut samples = vec![1.0f32; 2 * 100];
        strip.shape(&mut samples);
        assert!(samples[..20].iter().all(|sample| *sample == 0.0));
        assert!(
            samples[20..]
                .iter()
                .all(|sample| (*sample - 0.501).abs() < 0.001)
        );
    }
}
