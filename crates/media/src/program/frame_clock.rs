//! Owns the program's beat: one thread that makes a picture for every place on the frame grid,
//! whatever the inputs do.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gst::prelude::*;
use gstreamer as gst;

use super::compose::{Composer, Picture};
use super::encode::EncodePipeline;
use super::event::{EventSink, MediaEvent, OnAir};
use super::inputs::Inputs;
use super::slate::Backdrops;
use super::spec::{CanvasSpec, Scene, Transition};
use super::stats::Counters;
use super::strain::Strain;
use crate::error::MediaError;

/// Longest cross-fade.
const LONGEST_FADE: std::time::Duration = std::time::Duration::from_secs(5);

/// Frames the clock may be behind and still make up for: a busy moment then costs no picture. More
/// than the encoder's queues can take at once would only be thrown away.
const CATCH_UP_FRAMES: u64 = 4;

/// For so long after a beat under strain the sources are given time.
const STRAIN_LASTS: gst::ClockTime = gst::ClockTime::from_seconds(1);

/// `GST_BUFFER_OFFSET_NONE`.
const NO_OFFSET: u64 = u64::MAX;

/// What the clock's thread shares with the program.
pub(crate) struct Beat {
    pub canvas: CanvasSpec,
    pub inputs: Arc<Inputs>,
    pub counters: Arc<Counters>,
    pub events: EventSink,
    stage: Mutex<Staged>,
    backdrops: Mutex<Arc<Backdrops>>,
    encode: Mutex<Option<Arc<EncodePipeline>>>,
    /// Whether the overlay will draw, so that a picture shared with its source is copied first.
    pub overlay_draws: AtomicBool,
    stop: AtomicBool,
    /// Pictures to leave out, for tests.
    #[cfg(test)]
    leave_out: std::sync::atomic::AtomicU32,
}

struct Staged {
    current: Arc<Scene>,
    fade: Option<Fade>,
}

struct Fade {
    from: Arc<Scene>,
    frames: u32,
    done: u32,
}

/// What one frame is made of.
struct Moment {
    current: Arc<Scene>,
    /// The scene that fades out, and the weight of the new one in 1/256.
    fading: Option<(Arc<Scene>, u16)>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Beat {
    pub fn new(
        canvas: CanvasSpec,
        inputs: Arc<Inputs>,
        counters: Arc<Counters>,
        events: EventSink,
        backdrops: Backdrops,
    ) -> Self {
        Self {
            canvas,
            inputs,
            counters,
            events,
            stage: Mutex::new(Staged {
                current: Arc::default(),
                fade: None,
            }),
            backdrops: Mutex::new(Arc::new(backdrops)),
            encode: Mutex::new(None),
            overlay_draws: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            #[cfg(test)]
            leave_out: std::sync::atomic::AtomicU32::new(0),
        }
    }

    pub fn set_scene(&self, scene: Scene, transition: Transition) {
        let mut stage = lock(&self.stage);
        let from = std::mem::replace(&mut stage.current, Arc::new(scene));
        stage.fade = match transition {
            Transition::Cut => None,
            Transition::Fade(length) => {
                let length = length.min(LONGEST_FADE).as_secs_f64();
                let frames = (length * f64::from(self.canvas.fps)).round() as u32;
                (frames > 0).then_some(Fade {
                    from,
                    frames,
                    done: 0,
                })
            }
        };
    }

    pub fn set_backdrops(&self, backdrops: Backdrops) {
        *lock(&self.backdrops) = Arc::new(backdrops);
    }

    pub fn encode(&self) -> Option<Arc<EncodePipeline>> {
        lock(&self.encode).clone()
    }

    /// Puts another encode pipeline in place and returns the old one.
    pub fn swap_encode(&self, encode: Option<EncodePipeline>) -> Option<Arc<EncodePipeline>> {
        std::mem::replace(&mut *lock(&self.encode), encode.map(Arc::new))
    }

    pub fn stop(&self) {
        self.stop.store(true, Ordering::Release);
    }

    /// Leaves pictures out as a busy machine would.
    #[cfg(test)]
    pub fn leave_out(&self, frames: u32) {
        self.leave_out.fetch_add(frames, Ordering::Relaxed);
    }

    #[cfg(test)]
    fn is_left_out(&self) -> bool {
        let less = |left: u32| left.checked_sub(1);
        self.leave_out
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
            .is_ok()
    }

    /// The thread's body: returns when [`Beat::stop`] was called.
    pub fn run(&self, composer: &mut Composer) {
        let clock = self.inputs.clock();
        let frame = self.time_of(1);
        // Frames reach their queue up to about a frame after their time: wait that long for them.
        let latency = frame;
        let mut number = clock.running_time().nseconds() / frame.nseconds().max(1) + 1;
        let mut on_air = None;
        let mut strain = Strain::new(self.canvas.fps);
        let mut made_us = 0;
        while !self.stop.load(Ordering::Acquire) {
            let pts = self.time_of(number);
            let due = pts + latency;
            let wait = clock.clock().new_single_shot_id(clock.base_time() + due);
            // Early means that the moment has passed: the frame is late, and counted as such below.
            if let (Err(error), _) = wait.wait()
                && error != gst::ClockError::Early
            {
                tracing::warn!(?error, "the frame clock's wait failed");
            }
            let now = clock.running_time();
            let behind = now.saturating_sub(due);
            if behind > frame * CATCH_UP_FRAMES {
                let missed = behind.nseconds() / frame.nseconds().max(1);
                self.counters.skipped(missed);
                strain.passed(missed, false);
                if strain.is_high() {
                    clock.strain_until(now + STRAIN_LASTS);
                }
                number += missed;
                continue;
            }
            let is_late = behind > frame / 2;
            if is_late {
                self.counters.late();
                let behind_us = behind.useconds();
                tracing::debug!(
                    behind_us,
                    made_us,
                    "a late picture; the one before was made in made_us"
                );
            }
            let refused = self.counters.refusals();
            #[cfg(test)]
            if self.is_left_out() {
                number += 1;
                continue;
            }
            match self.make(composer, pts, now) {
                Ok(shows) => {
                    if on_air.replace(shows) != Some(shows) {
                        self.events.send(MediaEvent::OnAir {
                            canvas: self.canvas.id.clone(),
                            shows,
                        });
                    }
                }
                Err(error) => tracing::error!(%error, "no picture for a place on the grid"),
            }
            made_us = clock.running_time().saturating_sub(now).useconds();
            strain.passed(1, !is_late && self.counters.refusals() == refused);
            if strain.is_high() {
                clock.strain_until(now + STRAIN_LASTS);
            }
            number += 1;
        }
    }

    /// Running time of a place on the grid. Exact at every full second.
    fn time_of(&self, number: u64) -> gst::ClockTime {
        let fps = u64::from(self.canvas.fps.max(1));
        let (seconds, rest) = (number / fps, number % fps);
        gst::ClockTime::from_nseconds(seconds * 1_000_000_000 + rest * 1_000_000_000 / fps)
    }

    fn moment(&self) -> Moment {
        let mut stage = lock(&self.stage);
        let fading = stage.fade.as_mut().and_then(|fade| {
            fade.done += 1;
            (fade.done <= fade.frames).then(|| {
                let weight = 256 * fade.done / (fade.frames + 1);
                (fade.from.clone(), weight as u16)
            })
        });
        if fading.is_none() {
            stage.fade = None;
        }
        Moment {
            current: stage.current.clone(),
            fading,
        }
    }

    fn make(
        &self,
        composer: &mut Composer,
        pts: gst::ClockTime,
        now: gst::ClockTime,
    ) -> Result<OnAir, MediaError> {
        let Some(encode) = self.encode() else {
            self.counters.refused();
            return Ok(OnAir::Slate);
        };
        let moment = self.moment();
        let backdrops = lock(&self.backdrops).clone();
        let find = |id: &str| self.inputs.frames(id);
        let mut picture = composer.compose(&moment.current, &find, &backdrops, pts, now)?;
        if let Some((from, weight)) = &moment.fading {
            let from = composer.compose(from, &find, &backdrops, pts, now)?;
            picture = composer.fade(&from, &picture, *weight)?;
        }
        let Picture { on_air, .. } = picture;
        let (mut buffer, shared) =
            composer.own(picture, self.overlay_draws.load(Ordering::Acquire))?;
        {
            let buffer = buffer.make_mut();
            buffer.set_pts(pts);
            buffer.set_dts(gst::ClockTime::NONE);
            buffer.set_duration(self.time_of(1));
            buffer.set_offset(NO_OFFSET);
            buffer.set_offset_end(NO_OFFSET);
            buffer.unset_flags(gst::BufferFlags::DISCONT | gst::BufferFlags::DELTA_UNIT);
        }
        if encode.push(buffer) {
            self.counters.produced(shared, on_air == OnAir::Slate);
        } else {
            self.counters.refused();
        }
        Ok(on_air)
    }
}
