//! Owns ducking: who speaks, and how far and how fast music goes down under it.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use gstreamer as gst;

use super::meter::factor;
use super::{CHANNELS, SAMPLE_RATE};

/// Allowed depth of ducking, in dB; 0 = music stays as it is.
pub const DUCK_RANGE_DB: std::ops::RangeInclusive<f32> = -40.0..=0.0;

/// A voice at an arm's length is some -30 dBFS, a quiet room some -55: above this somebody speaks.
const SPEECH_DB: f32 = -42.0;
/// Who speaks already may get this quiet.
const STILL_SPEECH_DB: f32 = -48.0;
/// A pause up to this long is between two words, not the end.
const HOLD: gst::ClockTime = gst::ClockTime::from_mseconds(400);
/// Seconds for the way down: fast enough for the first word, too slow to click.
const ATTACK_S: f32 = 0.100;
/// Seconds for the way up: slow enough not to be noticed.
const RELEASE_S: f32 = 0.800;
/// Frames between two gains that are reckoned; those between lie on a line.
const STEP_FRAMES: usize = 48;

/// Until when somebody is taken to speak, told by all who may, and how far music goes down then.
/// Without a lock: sounds of many inputs pass here.
#[derive(Debug, Default)]
pub(super) struct Ducking {
    until_ns: AtomicU64,
    /// Bits of a float; those of 0 dB are 0.
    depth_db: AtomicU32,
}

impl Ducking {
    /// 0 or less.
    pub(super) fn set_depth_db(&self, depth_db: f32) {
        self.depth_db.store(depth_db.to_bits(), Ordering::Relaxed);
    }

    /// Where music at `at` belongs, in dB.
    pub(super) fn depth_db_at(&self, at: gst::ClockTime) -> f32 {
        if self.speaks_at(at) {
            f32::from_bits(self.depth_db.load(Ordering::Relaxed))
        } else {
            0.0
        }
    }

    /// Hears sound of a speaker, from `at` to `until`, with this RMS.
    pub(super) fn hear(&self, at: gst::ClockTime, until: gst::ClockTime, rms_db: f32) {
        let threshold = if self.speaks_at(at) {
            STILL_SPEECH_DB
        } else {
            SPEECH_DB
        };
        if rms_db > threshold {
            self.until_ns
                .fetch_max((until + HOLD).nseconds(), Ordering::Relaxed);
        }
    }

    /// Whether music at `at` is under speech.
    fn speaks_at(&self, at: gst::ClockTime) -> bool {
        at.nseconds() < self.until_ns.load(Ordering::Relaxed)
    }
}

/// The gain of one piece of music.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ducker {
    /// 0 or less.
    now_db: f32,
    /// How deep it was when the way back began: the way takes its time whatever its length.
    deepest_db: f32,
}

impl Ducker {
    /// By how many dB it is lowered now.
    pub(super) fn reduction_db(self) -> f32 {
        -self.now_db
    }

    /// Moves interleaved samples towards `depth_db`, which is 0 or less.
    pub(super) fn process(&mut self, samples: &mut [f32], depth_db: f32) {
        if self.now_db == 0.0 && depth_db == 0.0 {
            return;
        }
        if self.now_db == depth_db {
            let gain = factor(depth_db);
            for sample in samples {
                *sample *= gain;
            }
            return;
        }
        let (frames, _) = samples.as_chunks_mut::<CHANNELS>();
        let mut gain = factor(self.now_db);
        for frames in frames.chunks_mut(STEP_FRAMES) {
            self.move_towards(depth_db, frames.len());
            let next = factor(self.now_db);
            let step = (next - gain) / frames.len() as f32;
            for frame in frames {
                gain += step;
                for sample in frame {
                    *sample *= gain;
                }
            }
            gain = next;
        }
    }

    /// The gain so many frames later: straight in dB, the whole way in [`ATTACK_S`] or [`RELEASE_S`].
    fn move_towards(&mut self, depth_db: f32, frames: usize) {
        let share = frames as f32 / SAMPLE_RATE as f32;
        self.deepest_db = self.deepest_db.min(depth_db);
        if depth_db < self.now_db {
            self.now_db = (self.now_db + depth_db * share / ATTACK_S).max(depth_db);
        } else {
            self.now_db = (self.now_db - self.deepest_db * share / RELEASE_S).min(depth_db);
        }
        if self.now_db == 0.0 {
            self.deepest_db = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Plays ones through it; the gains.
    fn play(ducker: &mut Ducker, depth_db: f32, frames: usize) -> Vec<f32> {
        let mut sound = vec![1.0; 2 * frames];
        for block in sound.chunks_mut(2 * 1_000) {
            ducker.process(block, depth_db);
        }
        sound
            .as_chunks::<2>()
            .0
            .iter()
            .map(|frame| frame[0])
            .collect()
    }

    #[test]
    fn music_is_down_after_a_tenth_of_a_second_and_up_again_within_a_second() {
        let mut ducker = Ducker::default();
        let down = play(&mut ducker, -12.0, 4_800);
        assert!((down[2_400] - factor(-6.0)).abs() < 0.01, "{}", down[2_400]);
        assert!((down[4_799] - factor(-12.0)).abs() < 0.001);
        assert!((ducker.reduction_db() - 12.0).abs() < 0.01);
        let held = play(&mut ducker, -12.0, 4_800);
        assert!(held.iter().all(|gain| (gain - factor(-12.0)).abs() < 0.001));
        let up = play(&mut ducker, 0.0, 2 * 48_000);
        assert!(up[4_800] < factor(-10.0), "{}", up[4_800]);
        let back = up.iter().position(|gain| *gain == 1.0).unwrap();
        assert!((36_000..96_000).contains(&back), "after {back} frames");
        assert_eq!(ducker.reduction_db(), 0.0);
    }

    proptest! {
        #[test]
        fn the_gain_never_jumps_and_never_leaves_its_range(
            turns in prop::collection::vec((-40.0f32..=0.0, 1usize..9_000), 1..8),
        ) {
            let mut ducker = Ducker::default();
            let mut last = 1.0f32;
            for (depth, frames) in turns {
                for gain in play(&mut ducker, depth, frames) {
                    prop_assert!((0.009..=1.0001).contains(&gain));
                    prop_assert!((gain - last).abs() < 0.005, "{last} then {gain}");
                    last = gain;
                }
            }
        }
    }

    #[test]
    fn music_without_ducking_is_not_touched() {
        let mut sound = vec![0.3f32, -0.7, 0.1, 0.2];
        Ducker::default().process(&mut sound, 0.0);
        assert_eq!(sound, [0.3, -0.7, 0.1, 0.2]);
    }

    #[test]
    fn a_pause_between_words_is_no_end_and_a_quiet_room_no_speech() {
        let ms = gst::ClockTime::from_mseconds;
        let key = Ducking::default();
        key.hear(ms(0), ms(20), -50.0);
        assert!(!key.speaks_at(ms(0)));
        key.hear(ms(1_000), ms(1_020), -30.0);
        assert!(key.speaks_at(ms(1_020)) && key.speaks_at(ms(1_400)));
        assert!(!key.speaks_at(ms(1_430)));
        // The end of a word is quieter than its beginning.
        key.hear(ms(1_400), ms(1_420), -46.0);
        assert!(key.speaks_at(ms(1_800)));
        key.hear(ms(2_000), ms(2_020), -46.0);
        assert!(!key.speaks_at(ms(2_000)));
    }
}
