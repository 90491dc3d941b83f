//! Owns how a layer comes and goes: what of it is seen in the frame of a moment. Worked out from the frame's own time,
//! so that a late frame is no slower and every canvas shows the same step.

use std::time::Duration;

/// Whether a layer comes or goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// It fades in and rises to its place.
    In,
    /// It fades out where it stands and sinks a little.
    Out,
}

/// A layer's way in or out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Motion {
    /// Which way.
    pub course: Course,
    /// Running time at which it begins.
    pub from: Duration,
    /// How long it takes; none = at once.
    pub length: Duration,
    /// How far it rises, in pixels of the canvas.
    pub rise: u16,
}

/// What of a layer is seen in one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    /// 0 (nothing) to 256 (all).
    pub weight: u16,
    /// Even, so that no colour has to be worked out anew.
    pub lower: i32,
}

impl Step {
    /// The layer as it is.
    pub const WHOLE: Self = Self {
        weight: 256,
        lower: 0,
    };
}

impl Motion {
    /// The step in the frame of this running time.
    pub(crate) fn at(&self, frame: Duration) -> Step {
        let since = frame.saturating_sub(self.from).as_secs_f64();
        let length = self.length.as_secs_f64();
        let done = if length > 0.0 {
            (since / length).min(1.0)
        } else {
            1.0
        };
        // Fast first: the words can be read at the earliest, and what goes is gone soon.
        let eased = 1.0 - (1.0 - done).powi(3);
        let seen = match self.course {
            Course::In => eased,
            Course::Out => 1.0 - eased,
        };
        let lower = (f64::from(self.rise) * (1.0 - seen) / 2.0).round() as i32 * 2;
        Step {
            weight: (seen * 256.0).round() as u16,
            lower,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: Duration = Duration::from_secs(7);

    fn motion(course: Course) -> Motion {
        Motion {
            course,
            from: FROM,
            length: Duration::from_millis(240),
            rise: 24,
        }
    }

    fn ms(ms: u64) -> Duration {
        FROM + Duration::from_millis(ms)
    }

    #[test]
    fn it_comes_steadily_and_stands_whole_from_the_end_on() {
        let motion = motion(Course::In);
        assert_eq!(motion.at(ms(0)).weight, 0);
        assert_eq!(motion.at(Duration::ZERO).weight, 0);
        let steps: Vec<Step> = (0..=8).map(|n| motion.at(ms(30 * n))).collect();
        assert!(steps.is_sorted_by(|a, b| a.weight <= b.weight && a.lower >= b.lower));
        assert!(steps.iter().all(|step| step.lower % 2 == 0));
        // The second frame of 30 a second already shows more than half of it.
        assert!(motion.at(ms(66)).weight > 150, "{:?}", motion.at(ms(66)));
        assert_eq!(motion.at(ms(240)), Step::WHOLE);
        assert_eq!(motion.at(ms(100_000)), Step::WHOLE);
    }

    #[test]
    fn what_goes_is_gone_at_the_end() {
        let motion = motion(Course::Out);
        assert_eq!(motion.at(ms(0)), Step::WHOLE);
        assert_eq!(motion.at(ms(240)).weight, 0);
        assert!(motion.at(ms(120)).weight < 64);
    }

    #[test]
    fn without_length_there_is_no_step_between() {
        let at_once = |course| Motion {
            length: Duration::ZERO,
            ..motion(course)
        };
        assert_eq!(at_once(Course::In).at(ms(0)), Step::WHOLE);
        assert_eq!(at_once(Course::Out).at(ms(0)).weight, 0);
    }
}
