//! Whether the computer makes the pictures that it should: the real rate of the last seconds, and when it is too slow.

use std::collections::VecDeque;
use std::time::Duration;

/// The rate is that of so long; a busy moment is no news.
const WINDOW: Duration = Duration::from_secs(5);
/// A rate of less than so long is none.
const LEAST: Duration = Duration::from_secs(1);
/// Too slow below this share of the wanted rate: viewers see every fifth picture missing.
const SLOW: f64 = 0.8;
/// Fast enough again from this share on.
const WELL: f64 = 0.9;

/// The pace of one canvas. Pure: told the time.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// When it was looked, and how many pictures there were by then.
    looks: VecDeque<(Duration, u64)>,
    fps: Option<f64>,
    too_slow: bool,
}

impl Pace {
    /// By `at` there were `frames` pictures, of `wanted_fps` a second. Says when the verdict changed.
    pub(super) fn look(&mut self, at: Duration, frames: u64, wanted_fps: u32) -> Option<bool> {
        if self
            .looks
            .back()
            .is_some_and(|(_, before)| frames < *before)
        {
            // Another program counts from the start.
            self.looks.clear();
        }
        self.looks.push_back((at, frames));
        // The oldest look that is a whole window ago stays, as where the window begins.
        while self
            .looks
            .get(1)
            .is_some_and(|(second, _)| at.saturating_sub(*second) >= WINDOW)
        {
            self.looks.pop_front();
        }
        let (since, before) = *self.looks.front()?;
        let length = at.saturating_sub(since);
        self.fps = (length >= LEAST).then(|| (frames - before) as f64 / length.as_secs_f64());
        let share = self.fps? / f64::from(wanted_fps.max(1));
        let verdict = if self.too_slow {
            share < WELL
        } else {
            length >= WINDOW && share < SLOW
        };
        (verdict != std::mem::replace(&mut self.too_slow, verdict)).then_some(verdict)
    }

    /// Pictures a second; `None` in the first second.
    pub(super) fn fps(&self) -> Option<f64> {
        self.fps
    }

    /// Whether they are too few, for long enough.
    pub(super) fn is_too_slow(&self) -> bool {
        self.too_slow
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks twice a second for so long at this rate; how often the verdict changed.
    fn runs(pace: &mut Pace, clock: &mut (f64, f64), seconds: f64, fps: f64) -> usize {
        let mut changed = 0;
        let end = clock.0 + seconds;
        while clock.0 < end {
            clock.0 += 0.5;
            clock.1 += fps / 2.0;
            let told = pace.look(Duration::from_secs_f64(clock.0), clock.1 as u64, 30);
            changed += usize::from(told.is_some());
        }
        changed
    }

    #[test]
    fn a_busy_moment_is_no_news_and_a_slow_computer_is_until_it_keeps_up() {
        let (mut pace, mut clock) = (Pace::default(), (0.0, 0.0));
        assert_eq!(runs(&mut pace, &mut clock, 20.0, 30.0), 0);
        assert_eq!(runs(&mut pace, &mut clock, 0.5, 5.0), 0);
        assert_eq!(runs(&mut pace, &mut clock, 20.0, 30.0), 0);
        assert!(pace.fps().is_some_and(|fps| (29.0..31.0).contains(&fps)));

        assert_eq!(runs(&mut pace, &mut clock, 20.0, 5.0), 1);
        assert!(pace.is_too_slow());
        assert!(pace.fps().is_some_and(|fps| (4.0..6.0).contains(&fps)));
        // Between the two limits it stays as it is.
        assert_eq!(runs(&mut pace, &mut clock, 20.0, 25.5), 0);
        assert!(pace.is_too_slow());
        assert_eq!(runs(&mut pace, &mut clock, 20.0, 30.0), 1);
        assert!(!pace.is_too_slow());
        assert_eq!(runs(&mut pace, &mut clock, 20.0, 25.5), 0);
    }

    #[test]
    fn a_canvas_that_just_began_is_not_judged() {
        let (mut pace, mut clock) = (Pace::default(), (0.0, 0.0));
        assert_eq!(runs(&mut pace, &mut clock, 4.5, 5.0), 0);
        assert_eq!(Pace::default().fps(), None);
        // A program that was begun anew counts from nothing.
        clock.1 = 0.0;
        runs(&mut pace, &mut clock, 20.0, 30.0);
        assert!(!pace.is_too_slow());
    }
}
