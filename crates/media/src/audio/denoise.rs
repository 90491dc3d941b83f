//! Owns noise suppression: RNNoise's network on frames of 10 ms, whatever blocks the sound comes in.
//!
//! Fans, traffic and hum go by more than 40 dB; white noise, which no room makes, by little.

use nnnoiseless::DenoiseState;

use super::CHANNELS;

/// Samples RNNoise works on at a time.
const FRAME: usize = DenoiseState::FRAME_SIZE;
/// RNNoise takes samples as 16-bit integers have them.
const FULL_SCALE: f32 = 32_768.0;

/// One input's sound without its noise.
pub(super) struct Denoiser {
    left: Box<DenoiseState<'static>>,
    /// Only for a source whose sides differ; a microphone's are the same.
    right: Option<Box<DenoiseState<'static>>>,
    /// The begin of a frame.
    waiting: Vec<[f32; CHANNELS]>,
    /// The first frame that comes out is from before the first that went in.
    begun: bool,
}

impl std::fmt::Debug for Denoiser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Denoiser")
            .field("waiting", &self.waiting.len())
            .finish_non_exhaustive()
    }
}

impl Denoiser {
    pub(super) fn new() -> Self {
        Self {
            left: DenoiseState::new(),
            right: None,
            waiting: Vec::with_capacity(FRAME),
            begun: false,
        }
    }

    /// How many frames before the next one that goes in the next one comes out, 0 at first and
    /// less than 20 ms.
    pub(super) fn behind(&self) -> usize {
        if self.begun {
            FRAME + self.waiting.len()
        } else {
            self.waiting.len()
        }
    }

    /// Puts `frames` in; gives what comes out, in whole frames of 10 ms.
    pub(super) fn process(&mut self, mut frames: &[[f32; CHANNELS]]) -> Vec<[f32; CHANNELS]> {
        let mut out = Vec::with_capacity(frames.len() + FRAME);
        while !frames.is_empty() {
            let (now, later) = frames.split_at(frames.len().min(FRAME - self.waiting.len()));
            self.waiting.extend_from_slice(now);
            frames = later;
            if self.waiting.len() == FRAME {
                self.next_frame(&mut out);
            }
        }
        out
    }

    fn next_frame(&mut self, out: &mut Vec<[f32; CHANNELS]>) {
        let is_mono = self.waiting.iter().all(|[left, right]| left == right);
        let left = run(&mut self.left, &self.waiting, 0);
        let right = if is_mono && self.right.is_none() {
            left
        } else {
            let state = self.right.get_or_insert_with(DenoiseState::new);
            run(state, &self.waiting, 1)
        };
        self.waiting.clear();
        if self.begun {
            out.extend(
                left.into_iter()
                    .zip(right)
                    .map(|(left, right)| [left, right]),
            );
        }
        self.begun = true;
    }
}

fn run(
    state: &mut DenoiseState<'static>,
    frames: &[[f32; CHANNELS]],
    channel: usize,
) -> [f32; FRAME] {
    let mut noisy = [0.0; FRAME];
    for (sample, frame) in noisy.iter_mut().zip(frames) {
        *sample = frame[channel] * FULL_SCALE;
    }
    let mut clean = [0.0; FRAME];
    state.process_frame(&mut clean, &noisy);
    clean.map(|sample| sample / FULL_SCALE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rms(frames: &[[f32; 2]]) -> f32 {
        let squares: f32 = frames.iter().map(|[left, _]| left * left).sum();
        (squares / frames.len() as f32).sqrt()
    }

    /// A fan: noise of this RMS with little above 1 kHz, the same for ever.
    fn fan(frames: usize, level: f32) -> Vec<[f32; 2]> {
        let (mut state, mut low) = (1u32, 0.0f32);
        let mut sound: Vec<_> = (0..frames)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                low = low * 0.9 + (state as f32 / u32::MAX as f32 - 0.5);
                [low; 2]
            })
            .collect();
        let gain = level / rms(&sound);
        for frame in &mut sound {
            *frame = frame.map(|sample| sample * gain);
        }
        sound
    }

    /// Something like a vowel: a low buzz in three formants that opens and closes.
    fn voice(frames: usize) -> Vec<[f32; 2]> {
        (0..frames)
            .map(|n| {
                let t = n as f32 / 48_000.0;
                let pitch = 130.0 + 8.0 * (t * 5.0).sin();
                let open = (t * 18.0).sin().max(0.0).sqrt();
                let sum: f32 = (1..30)
                    .map(|harmonic| {
                        let hz = pitch * harmonic as f32;
                        let near =
                            |formant: f32, width: f32| (-((hz - formant) / width).powi(2)).exp();
                        let weight = near(600.0, 180.0)
                            + 0.6 * near(1_200.0, 250.0)
                            + 0.2 * near(2_600.0, 400.0);
                        weight * (std::f32::consts::TAU * pitch * harmonic as f32 * t).sin()
                    })
                    .sum();
                [0.08 * open * sum; 2]
            })
            .collect()
    }

    #[test]
    fn noise_is_gone_after_a_second_and_a_voice_stays() {
        let mut denoiser = Denoiser::new();
        let out = denoiser.process(&fan(3 * 48_000, 0.01));
        let left = rms(&out[48_000..]);
        assert!(left < 0.01 * 0.03, "{left} of 0.01 is left");
        let mut denoiser = Denoiser::new();
        let said = voice(3 * 48_000);
        let out = denoiser.process(&said);
        let kept = rms(&out[48_000..]) / rms(&said[48_000..]);
        assert!(kept > 0.7, "{kept} of a voice is left");
    }

    #[test]
    fn what_comes_out_is_as_late_as_it_says_whatever_the_blocks() {
        let said = voice(48_000);
        for block in [100, 480, 960, 1_024] {
            let mut denoiser = Denoiser::new();
            let mut out: Vec<(usize, [f32; 2])> = Vec::new();
            for (number, frames) in said.chunks(block).enumerate() {
                // The place of the first frame that comes out now, by what the denoiser says.
                let at = number * block - denoiser.behind();
                let clean = denoiser.process(frames);
                assert!(denoiser.behind() < 2 * FRAME);
                out.extend(
                    clean
                        .into_iter()
                        .enumerate()
                        .map(|(n, frame)| (at + n, frame)),
                );
            }
            // Without a hole and without an overlap, from the first frame on.
            assert!(
                out.iter().enumerate().all(|(n, (at, _))| n == *at),
                "blocks of {block}"
            );
            assert!(out.len() > 48_000 - 2 * FRAME);
            // Most like what went in where it says it is.
            let likeness = |shift: i64| -> f64 {
                let there = |n: usize| {
                    usize::try_from(n as i64 + shift)
                        .ok()
                        .and_then(|n| said.get(n))
                };
                let pairs = out[9_600..40_000].iter();
                pairs
                    .filter_map(|(at, frame)| Some(f64::from(frame[0] * there(*at)?[0])))
                    .sum()
            };
            let best = (-960i64..=960)
                .step_by(4)
                .max_by(|a, b| likeness(*a).total_cmp(&likeness(*b)));
            assert!(
                best.is_some_and(|best| best.abs() <= 8),
                "blocks of {block}: {best:?}"
            );
        }
    }

    #[test]
    fn two_sides_that_differ_stay_two() {
        let said = voice(48_000);
        let sides: Vec<_> = said.iter().map(|[left, _]| [*left, 0.0]).collect();
        let out = Denoiser::new().process(&sides);
        assert!(rms(&out) > 0.005);
        assert!(out.iter().all(|[_, right]| right.abs() < 1e-3));
    }
}
