//! Owns the ceiling of the mix: a limiter that looks ahead, so that nothing is ever clipped.
//!
//! The gain a frame needs is known before the frame leaves: the smallest one of a window is taken,
//! let go slowly, and averaged over the same window. An average of numbers none of which is too
//! large is not too large either, so the ceiling holds without a hard edge.

use std::collections::VecDeque;

use super::CHANNELS;
use super::delay::DelayLine;

/// Nothing louder leaves: -1 dBTP, which EBU R128 and the platforms ask for. A lossy codec adds a
/// little, and has room for it.
pub(super) const CEILING: f32 = 0.891_250_94;
/// Frames by which the sound comes out later: 5 ms, long enough for a gain that moves unheard.
/// Whoever gives the frames their time takes them off again.
pub(super) const DELAY_FRAMES: usize = 240;

/// Points between two samples at which the wave is looked at, besides the samples themselves: the
/// fourfold oversampling of BS.1770-4, annex 2.
const POINTS: usize = 3;
/// Samples each of these points is reckoned from.
const TAPS: usize = 12;
/// Samples after a place that its points need.
const AHEAD: usize = TAPS / 2;
/// Places reckoned at once.
const LANES: usize = 8;
/// Frames of the window.
const WINDOW: usize = DELAY_FRAMES - AHEAD + 1;
/// The share of a gain's way back to 1 in one frame: 150 ms to two thirds, fast enough to give a
/// single knock away and slow enough not to pump.
const RELEASE: f32 = 1.0 / (0.150 * 48_000.0);
/// A gain this close to 1 is 1: 0.004 dB. Nearer to it the steps of the release are too small for
/// a float.
const OPEN: f32 = 0.999_5;

/// Limits both channels alike, so that the picture of the sound stays where it is.
#[derive(Debug)]
pub(super) struct Limiter {
    points: [[f32; TAPS]; POINTS],
    /// No point between samples is higher than this many times the highest sample.
    overshoot: f32,
    line: DelayLine,
    /// The last frames, each channel apart, for the points of those to come.
    before: [[f32; TAPS - 1]; CHANNELS],
    /// The highest sample of the last block.
    last_peak: f32,
    /// The highest point of the last interval.
    last_point: f32,
    /// Gains of the window that may still be its smallest, with their frame's number.
    lowest: VecDeque<(u64, f32)>,
    frame: u64,
    released: f32,
    /// The last gains after release, and their sum.
    averaged: VecDeque<f32>,
    sum: f64,
    /// Since when the gain, before it is averaged, is 1.
    open_since: u64,
    scratch: Scratch,
}

/// Memory of one block.
#[derive(Debug, Default)]
struct Scratch {
    wave: Vec<f32>,
    peaks: Vec<f32>,
    highest: Vec<f32>,
}

impl Limiter {
    pub(super) fn new() -> Self {
        let points = points();
        let sums = points
            .iter()
            .map(|taps| taps.iter().map(|tap| tap.abs()).sum());
        Self {
            overshoot: sums.fold(1.0, f32::max),
            points,
            line: DelayLine::new(DELAY_FRAMES),
            before: [[0.0; TAPS - 1]; CHANNELS],
            last_peak: 0.0,
            last_point: 0.0,
            lowest: VecDeque::with_capacity(WINDOW + 1),
            frame: 0,
            released: 1.0,
            averaged: std::iter::repeat_n(1.0, WINDOW).collect(),
            sum: WINDOW as f64,
            open_since: 0,
            scratch: Scratch::default(),
        }
    }

    /// Replaces interleaved samples by those [`DELAY_FRAMES`] before, none above [`CEILING`]. What
    /// is not a number is silence.
    pub(super) fn process(&mut self, samples: &mut [f32]) {
        let peak = clean_peak(samples);
        let (frames, _) = samples.as_chunks_mut::<CHANNELS>();
        let count = frames.len() as u64;
        let may_pass = peak.max(self.last_peak) * self.overshoot > CEILING;
        self.last_peak = peak;
        if !may_pass && self.is_open() {
            self.remember(frames);
            self.last_point = 0.0;
            self.frame += count;
            self.line.process(frames);
            return;
        }
        let highest = self.find_highest(frames);
        self.remember(frames);
        self.line.process(frames);
        if highest <= CEILING && self.is_open() {
            self.frame += count;
            return;
        }
        let highest = std::mem::take(&mut self.scratch.highest);
        for (frame, highest) in frames.iter_mut().zip(&highest) {
            let gain = self.next_gain(*highest);
            for sample in frame {
                *sample = (*sample * gain).clamp(-CEILING, CEILING);
            }
        }
        self.scratch.highest = highest;
    }

    /// By how many dB the sound is lowered now; 0 = not at all.
    pub(super) fn reduction_db(&self) -> f32 {
        let gain = (self.sum / WINDOW as f64) as f32;
        if gain >= OPEN {
            0.0
        } else {
            -20.0 * gain.log10()
        }
    }

    /// Every gain that is still averaged is 1.
    fn is_open(&self) -> bool {
        self.released == 1.0 && self.frame - self.open_since > WINDOW as u64
    }

    /// Keeps the end of the block for the points of the next.
    fn remember(&mut self, frames: &[[f32; CHANNELS]]) {
        for (channel, before) in self.before.iter_mut().enumerate() {
            let new = frames.len().min(TAPS - 1);
            before.copy_within(new.., 0);
            for (kept, frame) in before[TAPS - 1 - new..]
                .iter_mut()
                .zip(&frames[frames.len() - new..])
            {
                *kept = frame[channel];
            }
        }
    }

    /// For every new frame, how high the wave is around the frame [`AHEAD`] before it; the highest of all.
    fn find_highest(&mut self, frames: &[[f32; CHANNELS]]) -> f32 {
        let Scratch {
            wave,
            peaks,
            highest,
        } = &mut self.scratch;
        let count = frames.len();
        // The interval after a frame is its own, the one before it its predecessor's. A little longer
        // than needed, for whole lanes.
        highest.clear();
        highest.resize(1 + count.next_multiple_of(LANES), 0.0);
        for (channel, before) in self.before.iter().enumerate() {
            wave.clear();
            wave.extend_from_slice(before);
            wave.extend(frames.iter().map(|frame| frame[channel]));
            wave.resize(count.next_multiple_of(LANES) + 2 * LANES, 0.0);
            peaks.clear();
            let (lanes, _) = wave.as_chunks::<LANES>();
            peaks.extend(
                lanes
                    .iter()
                    .map(|lane| lane.iter().fold(0.0, |a, b| larger(a, b.abs()))),
            );
            for (at, highest) in highest[1..]
                .as_chunks_mut::<LANES>()
                .0
                .iter_mut()
                .enumerate()
            {
                // All samples these points are reckoned from; most of the time none is high enough.
                let near = peaks[at..at + 3].iter().copied().fold(0.0, larger);
                if near * self.overshoot > CEILING {
                    highest_points(&self.points, &wave[at * LANES..], highest);
                }
            }
        }
        highest.truncate(count + 1);
        highest[0] = self.last_point;
        self.last_point = highest[count];
        for place in 0..count {
            highest[place] = larger(highest[place], highest[place + 1]);
        }
        highest.truncate(count);
        for (channel, before) in self.before.iter().enumerate() {
            // `before` and the new frames, from the frame AHEAD before the first new one on.
            let old = &before[TAPS - 1 - AHEAD..];
            let all = old
                .iter()
                .copied()
                .chain(frames.iter().map(|frame| frame[channel]));
            for (highest, sample) in highest.iter_mut().zip(all) {
                *highest = larger(*highest, sample.abs());
            }
        }
        highest.iter().copied().fold(0.0, larger)
    }

    /// The gain for the frame that leaves while one that is `highest` high comes into the window.
    fn next_gain(&mut self, highest: f32) -> f32 {
        let needed = if highest > CEILING {
            CEILING / highest
        } else {
            1.0
        };
        while self.lowest.back().is_some_and(|(_, gain)| *gain >= needed) {
            self.lowest.pop_back();
        }
        self.lowest.push_back((self.frame, needed));
        let oldest = (self.frame + 1).saturating_sub(WINDOW as u64);
        while self
            .lowest
            .front()
            .is_some_and(|(frame, _)| *frame < oldest)
        {
            self.lowest.pop_front();
        }
        self.frame += 1;
        let smallest = self.lowest.front().map_or(1.0, |(_, gain)| *gain);
        let letting_go = self.released + (1.0 - self.released) * RELEASE;
        self.released = smallest.min(if letting_go > OPEN { 1.0 } else { letting_go });
        if self.released < 1.0 {
            self.open_since = self.frame;
        }
        self.averaged.push_back(self.released);
        let left = self.averaged.pop_front().unwrap_or(1.0);
        self.sum += f64::from(self.released) - f64::from(left);
        (self.sum / WINDOW as f64) as f32
    }
}

/// Raises `highest` to the highest points of the intervals that begin with each sample of `wave` from
/// the [`AHEAD`]th on.
fn highest_points(points: &[[f32; TAPS]; POINTS], wave: &[f32], highest: &mut [f32; LANES]) {
    let mut sums = [[0.0f32; LANES]; POINTS];
    for tap in 0..TAPS {
        let Some(samples) = wave[tap..].first_chunk::<LANES>() else {
            return;
        };
        for (sums, taps) in sums.iter_mut().zip(points) {
            for (sum, sample) in sums.iter_mut().zip(samples) {
                *sum += taps[tap] * sample;
            }
        }
    }
    for sums in sums {
        for (highest, sum) in highest.iter_mut().zip(sums) {
            *highest = larger(*highest, sum.abs());
        }
    }
}

/// `f32::max` must heed what is not a number, and costs for it; here there is none.
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// The highest sample. As integers the largest is found with one comparison for eight samples, and
/// what is not a number is larger than all numbers.
fn clean_peak(samples: &mut [f32]) -> f32 {
    const SIGN: u32 = 1 << 31;
    let bits = |sample: &f32| (sample.to_bits() & !SIGN).cast_signed();
    let highest = samples.iter().map(bits).fold(0, i32::max);
    let peak = f32::from_bits(highest.cast_unsigned());
    if peak.is_finite() {
        return peak;
    }
    for sample in samples.iter_mut().filter(|sample| !sample.is_finite()) {
        *sample = 0.0;
    }
    f32::MAX
}

/// What each sample contributes to the points at a quarter, half and three quarters of the way from
/// the middle sample to the next: a sinc in a Hann window.
fn points() -> [[f32; TAPS]; POINTS] {
    std::array::from_fn(|point| {
        let place = (point + 1) as f64 / (POINTS + 1) as f64;
        let taps: [f64; TAPS] = std::array::from_fn(|tap| {
            let x = tap as f64 - (AHEAD - 1) as f64 - place;
            let window = (std::f64::consts::PI * x / TAPS as f64).cos().powi(2);
            window * (std::f64::consts::PI * x).sin() / (std::f64::consts::PI * x)
        });
        let sum: f64 = taps.iter().sum();
        taps.map(|tap| (tap / sum) as f32)
    })
}

#[cfg(test)]
mod tests {
    use ebur128::{EbuR128, Mode};
    use proptest::prelude::*;

    use super::*;

    /// In blocks as the mixer gives them.
    fn limited(sound: &[f32]) -> Vec<f32> {
        let mut limiter = Limiter::new();
        let mut out = sound.to_vec();
        for block in out.chunks_mut(2 * 1_024) {
            limiter.process(block);
        }
        out
    }

    fn sine(hz: f32, amplitude: f32, seconds: f32, phase: f32) -> Vec<f32> {
        (0..(48_000.0 * seconds) as usize)
            .flat_map(|n| {
                let wave = (std::f32::consts::TAU * hz * n as f32 / 48_000.0 + phase).sin();
                [amplitude * wave; 2]
            })
            .collect()
    }

    fn true_peak(sound: &[f32]) -> f64 {
        let mut judge = EbuR128::new(2, 48_000, Mode::TRUE_PEAK).unwrap();
        judge.add_frames_f32(sound).unwrap();
        judge.true_peak(0).unwrap().max(judge.true_peak(1).unwrap())
    }

    proptest! {
        #[test]
        fn nothing_passes_the_ceiling_whatever_comes(
            sound in prop::collection::vec(prop_oneof![
                8 => -2.0f32..2.0,
                1 => any::<f32>(),
                1 => Just(f32::NAN),
            ], 2..6_000),
            block in 1usize..1_500,
        ) {
            let mut limiter = Limiter::new();
            let mut out = sound;
            for block in out.chunks_mut(2 * block) {
                limiter.process(block);
            }
            let (frames, _) = out.as_chunks::<2>();
            prop_assert!(frames.as_flattened().iter().all(|sample| sample.abs() <= CEILING));
        }

        #[test]
        fn quiet_sound_comes_out_as_it_went_in(
            sound in prop::collection::vec(-0.4f32..0.4, 1_000..6_000),
            block in 1usize..1_500,
        ) {
            let mut limiter = Limiter::new();
            let mut out = sound[..sound.len() & !1].to_vec();
            for block in out.chunks_mut(2 * block) {
                limiter.process(block);
            }
            prop_assert!(out[..2 * DELAY_FRAMES].iter().all(|sample| *sample == 0.0));
            prop_assert_eq!(&out[2 * DELAY_FRAMES..], &sound[..out.len() - 2 * DELAY_FRAMES]);
        }
    }

    #[test]
    fn what_is_between_the_samples_keeps_to_the_ceiling_too() {
        // A quarter of the rate, 45° off: the samples are 3 dB below the wave's top.
        let sound = sine(12_000.0, 1.2, 1.0, std::f32::consts::FRAC_PI_4);
        let samples = sound.iter().fold(0.0f32, |max, s| max.max(s.abs()));
        assert!(samples < CEILING);
        assert!(true_peak(&sound) > 1.1);
        let after = true_peak(&limited(&sound));
        assert!(after < f64::from(CEILING) * 1.012, "{after}");
        for (hz, amplitude) in [(60.0, 4.0), (440.0, 1.5), (997.0, 8.0), (7_000.0, 2.0)] {
            let after = true_peak(&limited(&sine(hz, amplitude, 1.0, 0.3)));
            assert!(after < f64::from(CEILING) * 1.012, "{hz} Hz: {after}");
        }
    }

    #[test]
    fn what_is_too_loud_is_turned_down_and_not_bent() {
        let out = limited(&sine(1_000.0, 1.782, 2.0, 0.0));
        // 6 dB over: after the first moments a clean sine again, at the ceiling.
        let later = &out[48_000..];
        let peak = later.iter().fold(0.0f32, |max, s| max.max(s.abs()));
        assert!(peak > 0.98 * CEILING, "{peak}");
        let (mut sine, mut cosine, mut all) = (0.0f64, 0.0, 0.0);
        for (n, frame) in later.as_chunks::<2>().0.iter().enumerate() {
            let at = std::f64::consts::TAU * 1_000.0 * n as f64 / 48_000.0;
            sine += f64::from(frame[0]) * at.sin();
            cosine += f64::from(frame[0]) * at.cos();
            all += f64::from(frame[0]).powi(2);
        }
        let frames = (later.len() / 2) as f64;
        let tone = 2.0 * (sine * sine + cosine * cosine) / frames;
        assert!(
            1.0 - tone / all < 1e-4,
            "{} of it is distortion",
            1.0 - tone / all
        );
    }

    #[test]
    fn a_knock_is_forgotten_within_two_seconds() {
        let mut limiter = Limiter::new();
        let mut knock = vec![0.1f32; 2 * 1_024];
        knock[1_000] = 5.0;
        limiter.process(&mut knock);
        assert!(limiter.reduction_db() > 6.0, "{}", limiter.reduction_db());
        let mut last = limiter.reduction_db();
        for _ in 0..94 {
            limiter.process(&mut vec![0.1f32; 2 * 1_024]);
            assert!(limiter.reduction_db() <= last + 0.01);
            last = limiter.reduction_db();
        }
        assert_eq!(last, 0.0);
        assert!(limiter.is_open());
    }
}
