//! Owns what a recording does about a disk that fills up: a pure judgement.

use std::path::Path;
use std::time::Duration;

use crate::platform::free_bytes;

/// A warning that was given comes again only after there was room for half as long again.
const REARM: u32 = 3;
const REARM_OVER: u32 = 2;
/// What may still be on its way to the disk when recording stops.
const ON_ITS_WAY: Duration = Duration::from_secs(4);

/// When a recording warns of a filling disk and when it stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskPolicy {
    /// Warn when the room left is less than this much recording at the current rate.
    pub warn_ahead: Duration,
    /// What the recording leaves free for everything else, the journal above all. It stops, with a
    /// finished file, before it takes any of it.
    pub keep_free_bytes: u64,
}

impl Default for DiskPolicy {
    /// A warning 15 minutes ahead, in time to do something; 256 MiB are left, far more than the
    /// journal of a long show.
    fn default() -> Self {
        Self {
            warn_ahead: Duration::from_secs(15 * 60),
            keep_free_bytes: 256 << 20,
        }
    }
}

impl DiskPolicy {
    /// Free bytes under which a recording at `bytes_per_s`, whose index takes `index_bytes`, stops.
    #[must_use]
    pub fn stop_below(&self, bytes_per_s: u64, index_bytes: u64) -> u64 {
        self.keep_free_bytes
            .saturating_add(index_bytes)
            .saturating_add(bytes_per_s.saturating_mul(ON_ITS_WAY.as_secs()))
    }

    /// Whether a recording at `bytes_per_s` in `folder` is worth beginning: there is room for a
    /// minute, or the system does not say.
    #[must_use]
    pub fn has_room(&self, folder: &Path, bytes_per_s: u64) -> bool {
        free_bytes(folder).is_none_or(|free| self.is_worth_it(free, bytes_per_s))
    }

    /// Seconds of a recording at `bytes_per_s` that fit before it stops; 0 when it stops now.
    #[must_use]
    pub fn room_s(&self, free: u64, bytes_per_s: u64, index_bytes: u64) -> u64 {
        let floor = self.stop_below(bytes_per_s, index_bytes);
        free.saturating_sub(floor) / bytes_per_s.max(1)
    }

    fn is_worth_it(&self, free: u64, bytes_per_s: u64) -> bool {
        let minute = bytes_per_s.saturating_mul(60);
        free >= self.stop_below(bytes_per_s, 0).saturating_add(minute)
    }
}

/// What a look at the disk means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DiskVerdict {
    Enough,
    /// To be told now: so much recording has room.
    Low(Duration),
    Stop,
}

/// Judges one look after the other.
#[derive(Debug)]
pub(super) struct DiskWatch {
    policy: DiskPolicy,
    warned: bool,
}

impl DiskWatch {
    pub fn new(policy: DiskPolicy) -> Self {
        Self {
            policy,
            warned: false,
        }
    }

    pub fn look(&mut self, free: u64, bytes_per_s: u64, index_bytes: u64) -> DiskVerdict {
        let floor = self.policy.stop_below(bytes_per_s, index_bytes);
        if free < floor {
            return DiskVerdict::Stop;
        }
        let left = Duration::from_secs(self.policy.room_s(free, bytes_per_s, index_bytes));
        if left < self.policy.warn_ahead {
            if std::mem::replace(&mut self.warned, true) {
                return DiskVerdict::Enough;
            }
            return DiskVerdict::Low(left);
        }
        if left >= self.policy.warn_ahead * REARM / REARM_OVER {
            self.warned = false;
        }
        DiskVerdict::Enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u64 = 1_000_000;

    fn watch() -> DiskWatch {
        DiskWatch::new(DiskPolicy {
            warn_ahead: Duration::from_secs(60),
            keep_free_bytes: 10_000_000,
        })
    }

    #[test]
    fn the_warning_comes_once_and_again_after_room_was_made() {
        let mut watch = watch();
        let floor = 10_000_000 + 4 * RATE;
        assert_eq!(watch.look(floor + 61 * RATE, RATE, 0), DiskVerdict::Enough);
        let low = DiskVerdict::Low(Duration::from_secs(59));
        assert_eq!(watch.look(floor + 59 * RATE, RATE, 0), low);
        assert_eq!(watch.look(floor + 30 * RATE, RATE, 0), DiskVerdict::Enough);
        // Swaying around the limit is no news.
        assert_eq!(watch.look(floor + 70 * RATE, RATE, 0), DiskVerdict::Enough);
        assert_eq!(watch.look(floor + 59 * RATE, RATE, 0), DiskVerdict::Enough);
        assert_eq!(watch.look(floor + 90 * RATE, RATE, 0), DiskVerdict::Enough);
        assert_eq!(watch.look(floor + 59 * RATE, RATE, 0), low);
    }

    #[test]
    fn recording_stops_while_its_index_and_the_reserve_still_fit() {
        let mut watch = watch();
        let index = 3_000_000;
        let floor = 10_000_000 + 4 * RATE + index;
        assert_ne!(watch.look(floor, RATE, index), DiskVerdict::Stop);
        assert_eq!(watch.look(floor - 1, RATE, index), DiskVerdict::Stop);
    }

    #[test]
    fn what_stopped_a_recording_does_not_let_the_next_one_begin() {
        let policy = watch().policy;
        let floor = policy.stop_below(RATE, 0);
        assert!(!policy.is_worth_it(floor, RATE));
        assert!(policy.is_worth_it(floor + 60 * RATE, RATE));
        assert!(policy.has_room(Path::new("/no/such/folder"), RATE));
    }

    #[test]
    fn twice_the_rate_warns_twice_as_early() {
        let free = 10_000_000 + 8 * RATE + 100 * RATE;
        assert_eq!(watch().look(free, RATE, 0), DiskVerdict::Enough);
        assert!(matches!(
            watch().look(free, 2 * RATE, 0),
            DiskVerdict::Low(_)
        ));
    }
}
