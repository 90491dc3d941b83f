//! Owns a delay: sound comes out as it went in, a whole number of frames later.

use super::CHANNELS;

/// Frames on their way. Without length it does nothing and holds no memory.
#[derive(Clone, Debug, Default)]
pub(super) struct DelayLine {
    ring: Vec<[f32; CHANNELS]>,
    /// Where the oldest frame is.
    oldest: usize,
}

impl DelayLine {
    /// A line of silence.
    pub(super) fn new(frames: usize) -> Self {
        Self {
            ring: vec![[0.0; CHANNELS]; frames],
            oldest: 0,
        }
    }

    /// Frames between in and out.
    pub(super) fn frames(&self) -> usize {
        self.ring.len()
    }

    /// Puts `frames` in and those from [`DelayLine::frames`] ago in their place.
    pub(super) fn process(&mut self, mut frames: &mut [[f32; CHANNELS]]) {
        if self.ring.is_empty() {
            return;
        }
        while !frames.is_empty() {
            let length = frames.len().min(self.ring.len() - self.oldest);
            let (now, later) = frames.split_at_mut(length);
            self.ring[self.oldest..self.oldest + length].swap_with_slice(now);
            self.oldest = (self.oldest + length) % self.ring.len();
            frames = later;
        }
    }

    /// Lets time pass in which nothing came in: what would have come out is lost, silence follows.
    pub(super) fn skip(&mut self, frames: usize) {
        for _ in 0..frames.min(self.ring.len()) {
            self.ring[self.oldest] = [0.0; CHANNELS];
            self.oldest = (self.oldest + 1) % self.ring.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counted(from: usize, to: usize) -> Vec<[f32; 2]> {
        (from..to).map(|n| [n as f32, -(n as f32)]).collect()
    }

    proptest! {
        #[test]
        fn every_frame_comes_out_exactly_so_much_later(
            delay in 0usize..3_000,
            blocks in prop::collection::vec(1usize..2_000, 1..12),
        ) {
            let mut line = DelayLine::new(delay);
            let mut out = Vec::new();
            let mut fed = 1;
            for block in blocks {
                let mut sound = counted(fed, fed + block);
                fed += block;
                line.process(&mut sound);
                out.extend(sound);
            }
            for (at, frame) in out.iter().enumerate() {
                let was = (at + 1).saturating_sub(delay) as f32;
                prop_assert_eq!(*frame, [was, -was]);
            }
        }
    }

    #[test]
    fn after_a_hole_in_what_comes_in_the_delay_is_what_it_was() {
        let mut line = DelayLine::new(100);
        let mut sound = counted(1, 201);
        line.process(&mut sound);
        // Frames 201 to 240 never came.
        line.skip(40);
        let mut sound = counted(241, 441);
        line.process(&mut sound);
        assert_eq!(sound[0][0], 141.0);
        assert_eq!(sound[59][0], 200.0);
        assert!(sound[60..100].iter().all(|frame| frame[0] == 0.0));
        assert_eq!(sound[100][0], 241.0);
        line.skip(usize::MAX);
        let mut sound = counted(441, 541);
        line.process(&mut sound);
        assert!(sound.iter().all(|frame| frame[0] == 0.0));
    }
}
