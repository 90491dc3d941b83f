//! Owns what is known of the pictures that come: their size and how many a second.

use std::collections::VecDeque;
use std::time::Duration;

/// Pictures of the last two seconds are counted: steady to read, and soon true after a change.
const WINDOW: Duration = Duration::from_secs(2);
/// Arrivals kept: two seconds at 120 pictures a second.
const MOST: usize = 240;

/// What an input delivers, before anything is left out or scaled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sight {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Pictures a second over the last two seconds; 0 when none came.
    pub fps: f64,
}

/// Counts pictures.
#[derive(Debug, Default)]
pub(super) struct Counted {
    size: Option<(u32, u32)>,
    arrivals: VecDeque<Duration>,
}

impl Counted {
    pub(super) fn size(&mut self, width: u32, height: u32) {
        self.size = Some((width, height));
    }

    /// A picture came.
    pub(super) fn picture(&mut self, now: Duration) {
        if self.arrivals.len() == MOST {
            self.arrivals.pop_front();
        }
        self.arrivals.push_back(now);
    }

    /// What is to be seen; none before the first picture.
    pub(super) fn sight(&self, now: Duration) -> Option<Sight> {
        let (width, height) = self.size?;
        let from = now.saturating_sub(WINDOW);
        let recent = self.arrivals.iter().filter(|at| **at >= from);
        let (count, first, last) = recent.fold((0u32, None, now), |(count, first, _), at| {
            (count + 1, first.or(Some(*at)), *at)
        });
        let span = first.map_or(0.0, |first| (last - first).as_secs_f64());
        let fps = if span > 0.0 {
            f64::from(count - 1) / span
        } else {
            0.0
        };
        Some(Sight { width, height, fps })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_counted_over_two_seconds_and_forgotten_after() {
        let mut counted = Counted::default();
        assert_eq!(counted.sight(Duration::ZERO), None);
        counted.size(1280, 720);
        for n in 0..90 {
            counted.picture(Duration::from_millis(n * 40));
        }
        let sight = counted.sight(Duration::from_millis(3_600)).unwrap();
        assert_eq!((sight.width, sight.height), (1280, 720));
        assert!((sight.fps - 25.0).abs() < 0.1, "{}", sight.fps);
        let later = counted.sight(Duration::from_secs(60)).unwrap();
        assert!(later.fps.abs() < f64::EPSILON);
    }
}
