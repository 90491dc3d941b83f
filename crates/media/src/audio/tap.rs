//! Owns the way of one input's sound into the mixer: through its strip, at its time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gstreamer as gst;

use super::mix::Branch;
use super::mixer::MixerCore;
use super::strip::{Fader, SoundRole, Strip};
use super::{CHANNELS, Level, SAMPLE_RATE};

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
    mixer: Arc<MixerCore>,
    state: Mutex<TapState>,
}

/// Lock order: a tap before the one its copy goes to, which belongs to another mixer.
#[derive(Debug)]
struct TapState {
    /// Into the pipeline at work; none while there is none.
    branch: Option<Branch>,
    strip: Strip,
    /// Where the sound is wanted alone as well, before it is ducked.
    copy: Option<AudioTap>,
    /// Another tap has taken its place: nothing of this one is heard any more.
    retired: bool,
    /// Where the last sound that came in ended.
    came_until: Option<gst::ClockTime>,
    /// Where the last sound that went out ended.
    expected: Option<gst::ClockTime>,
    /// The next sound that goes out does not continue the last, wherever it begins.
    interrupted: bool,
}

impl AudioTap {
    pub(super) fn new(
        id: &str,
        branch: Option<Branch>,
        mixer: Arc<MixerCore>,
        fader: Fader,
    ) -> Self {
        Self {
            inner: Arc::new(TapInner {
                id: id.to_owned(),
                mixer,
                state: Mutex::new(TapState {
                    branch,
                    strip: Strip::new(fader),
                    copy: None,
                    retired: false,
                    came_until: None,
                    expected: None,
                    interrupted: false,
                }),
            }),
        }
    }

    pub(super) fn weak(&self) -> std::sync::Weak<TapInner> {
        Arc::downgrade(&self.inner)
    }

    /// Hands in sound (48 kHz stereo F32LE) whose first sample belongs to `running_time`. Never
    /// waits: half a second behind, the oldest sound is dropped.
    pub fn push(&self, buffer: gst::Buffer, running_time: gst::ClockTime) {
        let mut state = self.inner.lock();
        if state.retired {
            return;
        }
        if state.strip.take_over() {
            state.interrupted = true;
        }
        let Some((mut buffer, at)) = state.denoised(buffer, running_time) else {
            return;
        };
        let own = buffer.make_mut();
        let frames = own.size() / (CHANNELS * size_of::<f32>());
        let length = time_of(frames);
        let jumps = state.begin(at, length);
        let copy = {
            let Ok(mut map) = own.map_writable() else {
                return;
            };
            let Some(samples) = samples_mut(map.as_mut_slice()) else {
                return;
            };
            state.strip.shape(samples);
            let copy = state.copy.clone().map(|tap| (tap, buffer_of(samples)));
            self.inner
                .heed_others(&mut state.strip, samples, at, length);
            copy
        };
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
        if let Some((tap, Some(buffer))) = copy {
            tap.push(buffer, at);
        }
    }

    /// The next sound does not continue the last.
    pub fn interrupted(&self) {
        let mut state = self.inner.lock();
        state.interrupted = true;
        state.came_until = None;
    }
}

impl TapState {
    /// The sound without its noise, and where it belongs; none when nothing comes out yet.
    fn denoised(
        &mut self,
        buffer: gst::Buffer,
        at: gst::ClockTime,
    ) -> Option<(gst::Buffer, gst::ClockTime)> {
        let frames = buffer.size() / (CHANNELS * size_of::<f32>());
        let continues = self
            .came_until
            .is_some_and(|until| until.absdiff(at) <= JUMP);
        self.came_until = Some(at + time_of(frames));
        if !continues {
            self.strip.denoise_anew();
        }
        let clean = {
            let map = buffer.map_readable().ok()?;
            let (frames, _) = samples(map.as_slice())?.as_chunks::<CHANNELS>();
            self.strip.denoise(frames)
        };
        let Some((clean, behind)) = clean else {
            return Some((buffer, at));
        };
        if clean.is_empty() {
            return None;
        }
        Some((
            buffer_of(clean.as_flattened())?,
            at.saturating_sub(time_of(behind)),
        ))
    }

    /// Sound from `at` on goes out; true when it does not continue the last.
    fn begin(&mut self, at: gst::ClockTime, length: gst::ClockTime) -> bool {
        let expected = self.expected.replace(at + length);
        let jumps = std::mem::take(&mut self.interrupted)
            || expected.is_none_or(|expected| expected.absdiff(at) > JUMP);
        if jumps && let Some(expected) = expected {
            let missing = at.checked_sub(expected).map(frames_of);
            // Back in time: what was delayed belongs to a time that is over.
            self.strip.skip(missing.unwrap_or(usize::MAX));
        }
        jumps
    }
}

impl TapInner {
    fn lock(&self) -> MutexGuard<'_, TapState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Speech is told of, music goes down under it, and all is metered.
    fn heed_others(
        &self,
        strip: &mut Strip,
        samples: &mut [f32],
        at: gst::ClockTime,
        length: gst::ClockTime,
    ) {
        let ducking = self.mixer.ducking();
        if strip.role() == SoundRole::Music {
            strip.duck(samples, ducking.depth_db_at(at));
        } else if strip.ducked_db() > 0.0 {
            // It was music a moment ago.
            strip.duck(samples, 0.0);
        }
        let level = strip.meter(samples);
        if strip.role() == SoundRole::Speech {
            ducking.hear(at, at + length, level);
        }
    }

    /// Leads into another pipeline from now on; the branch into the old one goes with it.
    pub(super) fn set_branch(&self, branch: Option<Branch>) {
        let mut state = self.lock();
        state.branch = branch;
        state.interrupted = true;
    }

    pub(super) fn set(&self, fader: Fader) {
        self.lock().strip.set(fader);
    }

    /// Sends the sound, as it is before ducking, to another mixer as well; or no longer.
    pub(super) fn set_copy(&self, copy: Option<AudioTap>) {
        let old = std::mem::replace(&mut self.lock().copy, copy);
        // With nothing locked: its branch leaves its mixer.
        drop(old);
    }

    /// Silences it for good: another tap is to have its name.
    pub(super) fn retire(&self) {
        let (branch, copy) = {
            let mut state = self.lock();
            state.retired = true;
            (state.branch.take(), state.copy.take())
        };
        if let Some(branch) = branch {
            branch.detach();
        }
        drop(copy);
    }

    pub(super) fn read_level(&self) -> Level {
        self.lock().strip.read_level()
    }

    /// By how many dB it is lowered under speech.
    pub(super) fn ducked_db(&self) -> f32 {
        self.lock().strip.ducked_db()
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

fn time_of(frames: usize) -> gst::ClockTime {
    let frames = u64::try_from(frames).unwrap_or(u64::MAX);
    gst::ClockTime::from_nseconds(frames.saturating_mul(1_000_000_000) / u64::from(SAMPLE_RATE))
}

fn frames_of(time: gst::ClockTime) -> usize {
    let frames = u128::from(time.nseconds()) * u128::from(SAMPLE_RATE) / 1_000_000_000;
    usize::try_from(frames).unwrap_or(usize::MAX)
}

/// A buffer of its own with these samples.
fn buffer_of(samples: &[f32]) -> Option<gst::Buffer> {
    let mut buffer = gst::Buffer::with_size(size_of_val(samples)).ok()?;
    {
        let mut map = buffer.get_mut()?.map_writable().ok()?;
        samples_mut(map.as_mut_slice())?.copy_from_slice(samples);
    }
    Some(buffer)
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
