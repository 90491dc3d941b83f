//! When a recording goes on in another file.

use serde::{Deserialize, Serialize};

use crate::check;
use crate::{Event, Refusal, Show};

/// Longest file, minutes: half a day.
const MINUTES_MAX: i32 = 720;
/// Largest file, gigabytes.
const GIGABYTES_MAX: i32 = 1_000;

/// When a recording goes on in another file. Files are split before a keyframe: none lacks a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum RecordingSplit {
    /// Never, except where the disk takes no file over 4 GB (sticks and cards with FAT32).
    Never,
    /// After so many minutes.
    Minutes {
        /// 1 to 720.
        minutes: u32,
    },
    /// Before so many gigabytes of 1 000 000 000 bytes.
    Gigabytes {
        /// 1 to 1000.
        gigabytes: u32,
    },
}

impl Default for RecordingSplit {
    /// What every disk takes.
    fn default() -> Self {
        Self::Gigabytes { gigabytes: 4 }
    }
}

impl Show {
    pub(crate) fn decide_set_recording_split(
        &self,
        split: RecordingSplit,
    ) -> Result<Vec<Event>, Refusal> {
        let number = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
        match split {
            RecordingSplit::Never => {}
            RecordingSplit::Minutes { minutes } => {
                check::range("recording_minutes", number(minutes), 1, MINUTES_MAX)?;
            }
            RecordingSplit::Gigabytes { gigabytes } => {
                check::range("recording_gigabytes", number(gigabytes), 1, GIGABYTES_MAX)?;
            }
        }
        if split == self.recording_split {
            return Ok(Vec::new());
        }
        Ok(vec![Event::RecordingSplitSet { split }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{At, Command, decide};

    #[test]
    fn a_split_outside_its_range_is_refused_and_the_same_one_changes_nothing() {
        let mut show = Show::new("show");
        let ask = |show: &Show, split| decide(show, Command::SetRecordingSplit { split }, At(0));
        for split in [
            RecordingSplit::Minutes { minutes: 0 },
            RecordingSplit::Minutes { minutes: 721 },
            RecordingSplit::Gigabytes { gigabytes: 0 },
            RecordingSplit::Gigabytes { gigabytes: 1_001 },
        ] {
            assert_eq!(ask(&show, split).unwrap_err().code(), "out_of_range");
        }
        let usual = RecordingSplit::Gigabytes { gigabytes: 4 };
        assert!(ask(&show, usual).unwrap().is_empty());
        let hourly = RecordingSplit::Minutes { minutes: 60 };
        let events = ask(&show, hourly).unwrap();
        show.apply_all(&events);
        assert_eq!(show.recording_split, hourly);
    }
}
