//! The system's clock: whether something keeps it right. How far it is off is not asked of anybody: the studio uses no
//! time of others.

use std::path::Path;

use stallcast_wire::{DoctorCode as Code, DoctorLine, DoctorPart};

use super::tool;

/// No computer that runs this program lives before this: 2026-01-01, ms since 1970 UTC.
const BEFORE_US: i64 = 1_767_225_600_000;

pub fn see() -> Vec<DoctorLine> {
    let kept = match std::env::consts::OS {
        "linux" => linux(),
        _ => None,
    };
    codes(crate::clock::wall().0, kept)
        .map(|code| DoctorLine::new(DoctorPart::Clock, code))
        .collect()
}

fn codes(now: i64, kept: Option<bool>) -> impl Iterator<Item = Code> {
    let wrong = (now < BEFORE_US).then_some(Code::ClockWrong);
    let kept = match kept {
        Some(true) => Code::ClockSynced,
        Some(false) => Code::ClockUnsynced,
        None => Code::ClockUnknown,
    };
    wrong.into_iter().chain([kept, Code::ClockOffset])
}

fn linux() -> Option<bool> {
    let asked = ["show", "--property=NTPSynchronized", "--value"];
    match tool::says("timedatectl", &asked).as_deref() {
        Some("yes") => Some(true),
        Some("no") => Some(false),
        _ => Path::new("/run/systemd/timesync/synchronized")
            .exists()
            .then_some(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_of_before_this_program_is_a_fault() {
        let codes = |now, kept| codes(now, kept).collect::<Vec<_>>();
        assert_eq!(
            codes(0, Some(false)),
            [Code::ClockWrong, Code::ClockUnsynced, Code::ClockOffset]
        );
        assert_eq!(
            codes(BEFORE_US, Some(true)),
            [Code::ClockSynced, Code::ClockOffset]
        );
        assert_eq!(
            codes(BEFORE_US, None),
            [Code::ClockUnknown, Code::ClockOffset]
        );
    }
}
