//! Owns the way of one input's sound into the mixer: gain, mute, meter and time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gstreamer as gst;

use super::meter::{Meter, factor};
use super::mix::Branch;
use super::mixer::MixerCore;
use super::{CHANNELS, Level, SAMPLE_RATE};

/// A change of gain or mute takes 10 ms: too short to notice, too long to click.
const RAMP_FRAMES: f32 = 480.0;
/// Buffers further than this from where the last one ended start anew at their own time; smaller
/// steps are a capture clock's jitter.
const JUMP: gst::ClockTime = gst::ClockTime::from_mseconds(20);

/// The writing end of one input's sound. Clones write to the same branch; the branch leaves the
/// mixer with the last of them.
#[derive(Clone, Debug)]
pub struct AudioTap {
    inner: Arc<TapInner>,
}

#[derive(Debug)]
pub(super) struct TapInner {
    pub(super) id: String,
    /// Keeps the mixer running as long as something writes to it.
    _mixer: Arc<MixerCore>,
    state: Mutex<TapState>,
}

#[derive(Debug)]
struct TapState {
    /// Into the pipeline at work; none while there is none.
    branch: Option<Branch>,
    gain: f32,
    muted: bool,
    now: f32,
    delay_ns: i64,
    expected: Option<gst::ClockTime>,
    meter: Meter,
}

impl AudioTap {
    pub(super) fn new(id: &str, branch: Option<Branch>, mixer: Arc<MixerCore>) -> Self {
        Self {
            inner: Arc::new(TapInner {
                id: id.to_owned(),
                _mixer: mixer,
                state: Mutex::new(TapState {
                    branch,
                    gain: 1.0,
                    muted: false,
                    now: 1.0,
                    delay_ns: 0,
                    expected: None,
                    meter: Meter::default(),
                }),
            }),
        }
    }

    pub(super) fn weak(&self) -> std::sync::Weak<TapInner> {
        Arc::downgrade(&self.inner)
    }

    /// Hands in sound (48 kHz stereo F32LE) whose first sample belongs to `running_time`. Never
    /// waits: half a second behind, the oldest sound is dropped.
    pub fn push(&self, mut buffer: gst::Buffer, running_time: gst::ClockTime) {
        let mut state = self.inner.lock();
        let own = buffer.make_mut();
        let frames = {
            let Ok(mut map) = own.map_writable() else {
                return;
            };
            let Some(samples) = samples_mut(map.as_mut_slice()) else {
                return;
            };
            let target = if state.muted { 0.0 } else { state.gain };
            state.now = apply_gain(samples, state.now, target);
            state.meter.add(samples);
            samples.len() / CHANNELS
        };
        let length = gst::ClockTime::from_nseconds(
            u64::try_from(frames).unwrap_or(0) * 1_000_000_000 / u64::from(SAMPLE_RATE),
        );
        let at = shifted(running_time, state.delay_ns);
        let jumps = state
            .expected
            .is_none_or(|expected| expected.absdiff(at) > JUMP);
        state.expected = Some(at + length);
        let branch = state.branch.clone();
        drop(state);
        own.set_dts(gst::ClockTime::NONE);
        own.set_duration(length);
        own.set_offset(u64::MAX);
        own.set_offset_end(u64::MAX);
        own.unset_flags(gst::BufferFlags::DISCONT | gst::BufferFlags::RESYNC);
        if jumps {
            // Without the mark the mixer waits a while whether the time recovers, and plays late.
            own.set_flags(gst::BufferFlags::DISCONT | gst::BufferFlags::RESYNC);
        }
        if let Some(branch) = branch {
            branch.push(buffer, at);
        }
    }

    /// The next sound does not continue the last.
    pub fn interrupted(&self) {
        self.inner.lock().expected = None;
    }
}

impl TapInner {
    fn lock(&self) -> MutexGuard<'_, TapState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leads into another pipeline from now on; the branch into the old one goes with it.
    pub(super) fn set_branch(&self, branch: Option<Branch>) {
        let mut state = self.lock();
        state.branch = branch;
        state.expected = None;
    }

    pub(super) fn set_gain_db(&self, gain_db: f32) {
        self.lock().gain = factor(gain_db);
    }

    pub(super) fn set_mute(&self, muted: bool) {
        self.lock().muted = muted;
    }

    pub(super) fn set_delay_ns(&self, delay_ns: i64) {
        self.lock().delay_ns = delay_ns;
    }

    pub(super) fn read_level(&self) -> Level {
        self.lock().meter.read()
    }
}

impl Drop for TapInner {
    fn drop(&mut self) {
        let branch = self.lock().branch.take();
        if let Some(branch) = branch {
            branch.detach();
        }
    }
}

fn shifted(time: gst::ClockTime, by_ns: i64) -> gst::ClockTime {
    let by = gst::ClockTime::from_nseconds(by_ns.unsigned_abs());
    if by_ns < 0 {
        time.saturating_sub(by)
    } else {
        time + by
    }
}

/// Interleaved samples of a mapped buffer; none when it is not aligned for floats.
pub(super) fn samples_mut(bytes: &mut [u8]) -> Option<&mut [f32]> {
    // SAFETY: every bit pattern is a valid f32; align_to_mut keeps to the aligned middle.
    let (before, samples, after) = unsafe { bytes.align_to_mut::<f32>() };
    (before.is_empty() && after.is_empty()).then_some(samples)
}

/// The same for reading.
pub(super) fn samples(bytes: &[u8]) -> Option<&[f32]> {
    // SAFETY: as above.
    let (before, samples, after) = unsafe { bytes.align_to::<f32>() };
    (before.is_empty() && after.is_empty()).then_some(samples)
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
}
