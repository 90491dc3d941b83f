//! Owns the loudness of the mix as EBU R128 measures it (ITU-R BS.1770-4, EBU Tech 3341).
//!
//! Measured here and not by the crate `ebur128`, which the tests have as a judge: that keeps three
//! seconds of samples and adds them all up for every reading, ten times a second. Here each sample
//! is filtered and squared once, and a reading adds up thirty numbers.

use serde::{Deserialize, Serialize};

use super::{CHANNELS, SAMPLE_RATE, SILENCE_DB};

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

/// Frames between two readings: 100 ms, the step of Tech 3341's gating blocks.
const STEP_FRAMES: usize = SAMPLE_RATE as usize / 10;
/// Steps of the momentary loudness, and of a gating block: 400 ms.
const MOMENTARY_STEPS: usize = 4;
/// Steps of the short-term loudness: 3 s.
const SHORT_TERM_STEPS: usize = 30;
/// Gating blocks quieter than this never count, in LUFS.
const ABSOLUTE_GATE: f64 = -70.0;
/// Gating blocks this much quieter than the rest do not count, in LU.
const RELATIVE_GATE: f64 = -10.0;
/// Width of a bin of the gating blocks, in LU: the relative gate is this exact.
const BIN_LU: f64 = 0.1;
/// Bins from -70 LUFS up to +10, which no sound within full scale passes; what does falls in the last.
const BINS: usize = 800;
/// Smaller states of the filter are taken for silence, or they would become numbers so small that
/// a processor takes a hundred times as long for them.
const SILENT_STATE: f64 = 1e-30;

/// A filter of second order over both channels side by side, which a processor does at once.
#[derive(Clone, Copy, Debug)]
struct Biquad {
    b: [f64; 3],
    a: [f64; 2],
    state: [[f64; CHANNELS]; 2],
}

impl Biquad {
    /// BS.1770-4, table 1: the head as a sphere, at 48 kHz.
    const SHELF: Self = Self {
        b: [
            1.535_124_859_586_97,
            -2.691_696_189_406_38,
            1.198_392_810_852_85,
        ],
        a: [-1.690_659_293_182_41, 0.732_480_774_215_85],
        state: [[0.0; CHANNELS]; 2],
    };
    /// Table 2: what is too low to be loud.
    const HIGH_PASS: Self = Self {
        b: [1.0, -2.0, 1.0],
        a: [-1.990_047_454_833_98, 0.990_072_250_366_21],
        state: [[0.0; CHANNELS]; 2],
    };

    #[inline(always)]
    fn next(&mut self, x: [f64; CHANNELS]) -> [f64; CHANNELS] {
        let [first, second] = self.state;
        let y: [f64; CHANNELS] = std::array::from_fn(|c| self.b[0] * x[c] + first[c]);
        self.state[0] = std::array::from_fn(|c| self.b[1] * x[c] - self.a[0] * y[c] + second[c]);
        self.state[1] = std::array::from_fn(|c| self.b[2] * x[c] - self.a[1] * y[c]);
        y
    }

    fn settle(&mut self) {
        for state in self.state.as_flattened_mut() {
            // Not a number stays for ever where it once came in.
            if !(state.abs() > SILENT_STATE && state.is_finite()) {
                *state = 0.0;
            }
        }
    }
}

/// Gating blocks of one tenth of a LU.
#[derive(Clone, Copy, Debug, Default)]
struct Bin {
    blocks: u64,
    energy: f64,
}

/// Measures for as long as the show lasts, in a memory that stays as it is.
#[derive(Debug)]
pub(super) struct LoudnessMeter {
    shelf: Biquad,
    high_pass: Biquad,
    /// Of the step that is under way: squares of both channels, and frames.
    squares: [f64; CHANNELS],
    frames: usize,
    /// Mean squares of the last steps, the newest at `newest`.
    steps: [f64; SHORT_TERM_STEPS],
    newest: usize,
    /// Steps so far, as many as a gating block needs at most.
    begun: usize,
    bins: Box<[Bin; BINS]>,
}

impl LoudnessMeter {
    pub(super) fn new() -> Self {
        Self {
            shelf: Biquad::SHELF,
            high_pass: Biquad::HIGH_PASS,
            squares: [0.0; CHANNELS],
            frames: 0,
            steps: [0.0; SHORT_TERM_STEPS],
            newest: 0,
            begun: 0,
            bins: Box::new([Bin::default(); BINS]),
        }
    }

    /// Adds interleaved stereo samples.
    pub(super) fn add(&mut self, samples: &[f32]) {
        let (mut frames, _) = samples.as_chunks::<CHANNELS>();
        while !frames.is_empty() {
            let (now, later) = frames.split_at(frames.len().min(STEP_FRAMES - self.frames));
            self.filter(now);
            self.frames += now.len();
            frames = later;
            if self.frames == STEP_FRAMES {
                self.end_step();
            }
        }
        self.shelf.settle();
        self.high_pass.settle();
    }

    fn filter(&mut self, frames: &[[f32; CHANNELS]]) {
        // Copies, so that they stay in registers.
        let (mut shelf, mut high_pass) = (self.shelf, self.high_pass);
        let mut squares = [0.0; CHANNELS];
        for frame in frames {
            let weighted = high_pass.next(shelf.next(frame.map(f64::from)));
            for (sum, sample) in squares.iter_mut().zip(weighted) {
                *sum += sample * sample;
            }
        }
        (self.shelf, self.high_pass) = (shelf, high_pass);
        for (sum, more) in self.squares.iter_mut().zip(squares) {
            *sum += more;
        }
    }

    #[allow(clippy::cast_precision_loss)]
    fn end_step(&mut self) {
        let energy = self.squares.iter().sum::<f64>() / STEP_FRAMES as f64;
        self.newest = (self.newest + 1) % SHORT_TERM_STEPS;
        self.steps[self.newest] = if energy.is_finite() { energy } else { 0.0 };
        self.squares = [0.0; CHANNELS];
        self.frames = 0;
        self.begun = (self.begun + 1).min(MOMENTARY_STEPS);
        let block = self.mean_of(MOMENTARY_STEPS);
        if self.begun == MOMENTARY_STEPS
            && let Some(bin) = bin_of(lufs(block))
        {
            self.bins[bin].blocks += 1;
            self.bins[bin].energy += block;
        }
    }

    /// Mean square of the newest steps.
    #[allow(clippy::cast_precision_loss)]
    fn mean_of(&self, steps: usize) -> f64 {
        let newest = (0..steps).map(|back| {
            let at = (self.newest + SHORT_TERM_STEPS - back) % SHORT_TERM_STEPS;
            self.steps[at]
        });
        newest.sum::<f64>() / steps as f64
    }

    fn integrated(&self) -> f64 {
        let all = mean(&self.bins[..]);
        let from = bin_of(lufs(all) + RELATIVE_GATE).unwrap_or(0);
        mean(&self.bins[from..])
    }

    /// The integrated loudness begins anew; the others go on.
    pub(super) fn restart(&mut self) {
        self.bins.fill(Bin::default());
        // A block that began before the restart is not of the new programme.
        self.begun = 0;
    }

    #[allow(clippy::cast_possible_truncation)]
    pub(super) fn read(&self) -> Loudness {
        let shown = |energy: f64| (lufs(energy) as f32).max(SILENCE_DB);
        Loudness {
            momentary_lufs: shown(self.mean_of(MOMENTARY_STEPS)),
            short_term_lufs: shown(self.mean_of(SHORT_TERM_STEPS)),
            integrated_lufs: shown(self.integrated()),
        }
    }
}

/// BS.1770-4, equation 2: both channels count fully.
fn lufs(energy: f64) -> f64 {
    -0.691 + 10.0 * energy.log10()
}

/// Where a loudness is counted; nowhere below the absolute gate.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn bin_of(lufs: f64) -> Option<usize> {
    (lufs >= ABSOLUTE_GATE).then(|| (((lufs - ABSOLUTE_GATE) / BIN_LU) as usize).min(BINS - 1))
}

#[allow(clippy::cast_precision_loss)]
fn mean(bins: &[Bin]) -> f64 {
    let blocks: u64 = bins.iter().map(|bin| bin.blocks).sum();
    let energy: f64 = bins.iter().map(|bin| bin.energy).sum();
    if blocks == 0 {
        0.0
    } else {
        energy / blocks as f64
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
            let mut meter = LoudnessMeter::new();
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
        let mut meter = LoudnessMeter::new();
        play(&mut meter, -36.0, 10);
        play(&mut meter, -23.0, 60);
        play(&mut meter, -36.0, 10);
        let read = meter.read();
        assert!(close(read.integrated_lufs, -23.0), "{read:?}");
        assert!(close(read.short_term_lufs, -36.0), "{read:?}");
    }

    #[test]
    fn silence_has_a_floor() {
        let mut meter = LoudnessMeter::new();
        assert_eq!(meter.read(), Loudness::SILENT);
        meter.add(&vec![0.0; 2 * 48_000]);
        assert_eq!(meter.read(), Loudness::SILENT);
    }

    /// The same sound in the crate's hands: a voice-like tone that swells, with pauses and a click.
    #[test]
    fn it_says_what_another_meter_says() {
        use ebur128::{EbuR128, Mode};
        use std::f32::consts::TAU;
        let mut judge = EbuR128::new(
            2,
            SAMPLE_RATE,
            Mode::M | Mode::S | Mode::I | Mode::HISTOGRAM,
        )
        .unwrap();
        let mut meter = LoudnessMeter::new();
        let rate = SAMPLE_RATE as f32;
        let sound: Vec<f32> = (0..SAMPLE_RATE * 25)
            .flat_map(|n| {
                let t = n as f32 / rate;
                let swell = (t * 0.7).sin().max(0.0) * 10f32.powf((t * 0.2).sin() - 1.0);
                let tone = (t * TAU * 140.0).sin() + 0.3 * (t * TAU * 2_300.0).sin();
                let click = if n % 96_000 == 0 { 0.9 } else { 0.0 };
                [swell * tone + click, swell * tone * 0.4]
            })
            .collect();
        for (index, block) in sound.chunks(2 * 1_024).enumerate() {
            meter.add(block);
            judge.add_frames_f32(block).unwrap();
            if index > 200 && index % 100 == 0 {
                let read = meter.read();
                let integrated = judge.loudness_global().unwrap() as f32;
                assert!(
                    close(read.integrated_lufs, integrated),
                    "{read:?}, {integrated}"
                );
            }
        }
        // The judge reads at any sample, the meter at whole steps: compared where both end one.
        let (mut meter, mut judge) = (
            LoudnessMeter::new(),
            EbuR128::new(2, SAMPLE_RATE, Mode::M | Mode::S).unwrap(),
        );
        for step in sound.chunks(2 * STEP_FRAMES) {
            meter.add(step);
            judge.add_frames_f32(step).unwrap();
            let read = meter.read();
            for (own, other) in [
                (read.momentary_lufs, judge.loudness_momentary().unwrap()),
                (read.short_term_lufs, judge.loudness_shortterm().unwrap()),
            ] {
                let other = (other as f32).max(SILENCE_DB);
                assert!(
                    (own - other).abs() < 0.02 || other < -80.0,
                    "{own} and {other}"
                );
            }
        }
    }

    #[test]
    fn a_broadcast_that_begins_does_not_count_what_was_before() {
        let mut meter = LoudnessMeter::new();
        play(&mut meter, -10.0, 5);
        meter.restart();
        assert_eq!(meter.read().integrated_lufs, SILENCE_DB);
        play(&mut meter, -30.0, 5);
        let read = meter.read();
        // One block more than the gate lets in would be heard as 12 dB more.
        assert!(close(read.integrated_lufs, -30.0), "{read:?}");
    }

    #[test]
    fn what_is_not_a_number_does_not_stay() {
        let mut meter = LoudnessMeter::new();
        meter.add(&[f32::NAN, f32::INFINITY, 0.0, f32::MAX]);
        play(&mut meter, -20.0, 4);
        assert!(
            close(meter.read().momentary_lufs, -20.0),
            "{:?}",
            meter.read()
        );
    }
}
