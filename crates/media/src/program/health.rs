//! Owns the judgement whether an encoder still works: one that takes pictures and gives none has hung.

use std::time::Duration;

/// How often an encoder's health is looked at.
pub(crate) const LOOK: Duration = Duration::from_millis(100);
/// A chip that was at work is silent for so long only when its driver hangs. With a look, and the start of the
/// next encoder, a stream has a hole of less than a second.
const CHIP_SILENCE: Duration = Duration::from_millis(600);
/// The CPU's encoder is slow on a busy machine, and hardly ever hangs.
const CPU_SILENCE: Duration = Duration::from_secs(3);
/// The first picture may take a chip's driver longer than any other.
const FIRST_SILENCE: Duration = Duration::from_secs(3);

/// Progress of one running encoder.
#[derive(Debug, Default)]
pub(crate) struct Health {
    given: u64,
    taken: u64,
    silent: Duration,
}

impl Health {
    /// Of an encoder that begins when `taken` pictures were taken by those before it.
    pub fn from(taken: u64) -> Self {
        Self {
            taken,
            ..Self::default()
        }
    }

    /// `given` packets came out and `taken` pictures went in by now, `since` the last look. A message when it has
    /// hung. A machine that slept, or kept this thread waiting, counts as two looks at most.
    pub fn look(
        &mut self,
        hardware: bool,
        given: u64,
        taken: u64,
        since: Duration,
    ) -> Option<String> {
        if given != self.given || taken == self.taken {
            (self.given, self.taken, self.silent) = (given, taken, Duration::ZERO);
            return None;
        }
        self.silent += since.min(LOOK * 2);
        let limit = match (given, hardware) {
            (0, _) => FIRST_SILENCE,
            (_, true) => CHIP_SILENCE,
            (_, false) => CPU_SILENCE,
        };
        (self.silent >= limit).then(|| format!("no packet for {} ms", self.silent.as_millis()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks until it has hung, at most 100 times.
    fn looks(hardware: bool, given: u64, since: Duration) -> usize {
        let mut health = Health::from(7);
        assert_eq!(health.look(hardware, given, 8, since), None);
        let hung = |n: &usize| {
            let taken = 9 + *n as u64;
            health.look(hardware, given, taken, since).is_some()
        };
        (1..100).find(hung).unwrap()
    }

    #[test]
    fn a_chip_is_given_up_within_a_second_and_the_cpu_has_three() {
        assert_eq!(looks(true, 50, LOOK), 6);
        assert_eq!(looks(false, 50, LOOK), 30);
        // Nothing came yet.
        assert_eq!(looks(true, 0, LOOK), 29);
    }

    #[test]
    fn a_machine_that_slept_for_an_hour_does_not_make_it_hang() {
        assert_eq!(looks(true, 50, Duration::from_secs(3600)), 3);
        let mut health = Health::from(0);
        assert_eq!(health.look(true, 5, 10, LOOK), None);
        assert_eq!(health.look(true, 5, 11, Duration::from_secs(3600)), None);
        assert_eq!(health.look(true, 6, 12, LOOK), None);
    }

    #[test]
    fn an_encoder_without_pictures_has_nothing_to_give() {
        let mut health = Health::from(0);
        for _ in 0..100 {
            assert_eq!(health.look(true, 5, 10, LOOK), None);
        }
    }
}
