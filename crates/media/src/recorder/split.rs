//! Owns when a part of a recording is long enough: pure, asked at every keyframe.

use std::time::Duration;

/// What a packet adds to the file besides its bytes, at most: 12 in its fragment's `trun`, 16 in the
/// tables of the finished file, and its share of boxes' heads.
const OVERHEAD_BYTES: u64 = 40;
/// Head, index boxes and codec settings of an empty file, rounded up.
const EMPTY_FILE_BYTES: u64 = 4096;
/// Keyframes may come this much off the grid without ending a part a group too early.
const TOLERANCE_US: u64 = 50_000;

/// When a recording goes on in another file. A part ends before a keyframe, so that every part
/// plays by itself and none lacks a frame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Split {
    /// Largest size of a part. It is exceeded only by a single group of pictures that is larger,
    /// or by one that is larger than all before it.
    pub max_bytes: Option<u64>,
    /// Longest part, with the same exception.
    pub max_duration: Option<Duration>,
}

/// Measures one part and says when it is due.
#[derive(Debug, Clone)]
pub(super) struct PartMeter {
    split: Split,
    bytes: u64,
    group_bytes: u64,
    group_start_us: u64,
    largest_group_bytes: u64,
    longest_group_us: u64,
}

impl PartMeter {
    pub fn new(split: Split) -> Self {
        Self {
            split,
            bytes: EMPTY_FILE_BYTES,
            group_bytes: 0,
            group_start_us: 0,
            largest_group_bytes: 0,
            longest_group_us: 0,
        }
    }

    /// From now on other limits hold.
    pub fn set_split(&mut self, split: Split) {
        self.split = split;
    }

    /// A packet of the part.
    pub fn packet(&mut self, bytes: usize) {
        let bytes = bytes as u64 + OVERHEAD_BYTES;
        self.bytes += bytes;
        self.group_bytes += bytes;
    }

    /// A keyframe at `at_us` in the part is about to be added: whether it belongs to the next part
    /// instead, because the group it begins may not fit any more.
    pub fn is_due(&mut self, at_us: u64) -> bool {
        if at_us == 0 {
            return false;
        }
        self.largest_group_bytes = self.largest_group_bytes.max(self.group_bytes);
        self.longest_group_us = self.longest_group_us.max(at_us - self.group_start_us);
        self.group_bytes = 0;
        self.group_start_us = at_us;
        let too_large = self
            .split
            .max_bytes
            .is_some_and(|max| self.bytes + self.largest_group_bytes > max);
        let too_long = self.split.max_duration.is_some_and(|max| {
            let max = u64::try_from(max.as_micros()).unwrap_or(u64::MAX);
            at_us + self.longest_group_us > max.saturating_add(TOLERANCE_US)
        });
        too_large || too_long
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lengths in seconds and sizes of the parts of 2 s groups of `group_bytes` each.
    fn parts(split: Split, groups: &[u64]) -> Vec<(u64, u64)> {
        let mut done = Vec::new();
        let (mut meter, mut start, mut bytes) = (PartMeter::new(split), 0, 0);
        for (index, group) in groups.iter().enumerate() {
            let at = index as u64 * 2_000_000;
            if meter.is_due(at - start) {
                done.push(((at - start) / 1_000_000, bytes));
                (meter, start, bytes) = (PartMeter::new(split), at, 0);
            }
            for _ in 0..60 {
                meter.packet((group / 60) as usize);
                bytes += group / 60;
            }
        }
        done.push(((groups.len() as u64 * 2_000_000 - start) / 1_000_000, bytes));
        done
    }

    #[test]
    fn without_a_limit_there_is_one_part() {
        assert_eq!(
            parts(Split::default(), &[600_000; 1000]),
            [(2000, 600_000_000)]
        );
    }

    #[test]
    fn parts_are_as_long_as_they_may_be_and_no_longer() {
        let split = Split {
            max_duration: Some(Duration::from_secs(10)),
            max_bytes: None,
        };
        let lengths: Vec<u64> = parts(split, &[6_000; 17]).iter().map(|p| p.0).collect();
        assert_eq!(lengths, [10, 10, 10, 4]);
        let split = Split {
            max_duration: Some(Duration::from_secs(9)),
            max_bytes: None,
        };
        let lengths: Vec<u64> = parts(split, &[6_000; 9]).iter().map(|p| p.0).collect();
        assert_eq!(lengths, [8, 8, 2]);
    }

    #[test]
    fn another_limit_holds_from_the_next_keyframe_on() {
        let seconds = |s| Split {
            max_duration: Some(Duration::from_secs(s)),
            max_bytes: None,
        };
        let mut meter = PartMeter::new(Split::default());
        assert!((0..30).all(|group| !meter.is_due(group * 2_000_000)));
        meter.set_split(seconds(64));
        assert!(!meter.is_due(60_000_000));
        meter.set_split(seconds(10));
        assert!(meter.is_due(62_000_000));
    }

    #[test]
    fn a_limit_below_one_group_still_gives_whole_groups() {
        let split = Split {
            max_duration: Some(Duration::from_millis(100)),
            max_bytes: Some(10),
        };
        let lengths: Vec<u64> = parts(split, &[6_000; 4]).iter().map(|p| p.0).collect();
        assert_eq!(lengths, [2, 2, 2, 2]);
    }

    #[test]
    fn thousands_of_random_shows_keep_their_parts_below_the_limit_and_lose_nothing() {
        let mut seed = 7_u64;
        let mut random = |below: u64| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..2_000 {
            // The largest group comes first, so that the meter knows it.
            let largest = 60 * (1_000 + random(10_000));
            let mut groups = vec![largest];
            groups.extend((0..random(60)).map(|_| 60 * (1 + random(largest / 60))));
            let max = EMPTY_FILE_BYTES + largest * (2 + random(8)) + 60 * OVERHEAD_BYTES * 20;
            let split = Split {
                max_bytes: Some(max),
                max_duration: None,
            };
            let parts = parts(split, &groups);
            assert!(parts[0].1 <= max);
            let whole: u64 = groups.iter().sum();
            assert_eq!(parts.iter().map(|p| p.1).sum::<u64>(), whole);
            let seconds: u64 = parts.iter().map(|p| p.0).sum();
            assert_eq!(seconds, groups.len() as u64 * 2);
        }
    }
}
