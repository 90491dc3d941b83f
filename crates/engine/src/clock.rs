//! The one place where the engine reads clocks. What it calls now runs on evenly from the time of day at its start: a
//! system clock that is put forward by an hour in a show ends no offer.

use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use stallcast_show::At;

/// Further off the time of day than this it is set right, when nothing depends on it.
const OFF: Duration = Duration::from_secs(2);

static STEADY: LazyLock<Mutex<Steady>> = LazyLock::new(|| {
    let (wall, at) = both();
    Mutex::new(Steady::set(wall, at))
});

/// Now, in milliseconds since 1970 UTC as they were counted when the engine started, and evenly since.
pub fn now() -> At {
    let steady = STEADY.lock().unwrap_or_else(PoisonError::into_inner);
    steady.at(Instant::now())
}

/// The time of day in milliseconds since 1970 UTC, which people and other programs may set.
pub fn wall() -> At {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    At(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The time of day and the moment it was read: a thread that stands still between the two reads again.
fn both() -> (At, Instant) {
    loop {
        let (before, wall) = (Instant::now(), wall());
        if before.elapsed() < Duration::from_millis(1) {
            return (wall, before);
        }
    }
}

/// Sets [`now`] by the time of day, if they differ by more than moments. For when no clock runs on the picture and
/// nobody watches: after the computer slept, or its clock was set.
pub fn settle() {
    let (wall, at) = both();
    let mut steady = STEADY.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(by_ms) = steady.settle(wall, at) {
        tracing::info!(by_ms, "the time of day was set, or the computer slept");
    }
}

/// A time of day that runs on evenly.
#[derive(Debug, Clone, Copy)]
struct Steady {
    wall: At,
    since: Instant,
}

impl Steady {
    fn set(wall: At, since: Instant) -> Self {
        Self { wall, since }
    }

    fn at(&self, now: Instant) -> At {
        let gone = now.saturating_duration_since(self.since).as_millis();
        let gone = i64::try_from(gone).unwrap_or(i64::MAX);
        At(self.wall.0.saturating_add(gone))
    }

    /// By how much it was put, ms; `None` when it was right.
    fn settle(&mut self, wall: At, now: Instant) -> Option<i64> {
        let by_ms = wall.0.saturating_sub(self.at(now).0);
        if u128::from(by_ms.unsigned_abs()) <= OFF.as_millis() {
            return None;
        }
        *self = Self::set(wall, now);
        Some(by_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_that_the_system_clock_jumps_is_none_in_a_show_and_is_taken_over_after_it() {
        let start = Instant::now();
        let mut steady = Steady::set(At(1_000_000), start);
        let later = start + Duration::from_secs(10);
        // Whatever the time of day is by then, it is not asked.
        assert_eq!(steady.at(later), At(1_010_000));
        let jumped = At(1_010_000 + 3_600_000);
        assert_eq!(steady.settle(jumped, later), Some(3_600_000));
        assert_eq!(
            steady.at(later + Duration::from_secs(1)),
            At(jumped.0 + 1_000)
        );
        // Moments are no jump: a countdown that is begun now must not stumble over them.
        assert_eq!(steady.settle(At(jumped.0 + 1_500), later), None);
        assert_eq!(steady.at(later), jumped);
    }

    #[test]
    fn now_is_the_time_of_day_of_the_start() {
        assert!((now().0 - wall().0).abs() < 60_000);
    }
}
