//! Owns what a key may use in a day, by the platform's own count of units, and when its day begins.

use std::time::Duration;

use stallcast_show::At;

use crate::connector::{ChatErrorCode, End, Quota};
use crate::outlet::Outlet;

/// Where the platform's day begins.
const ZONE: &str = "America/Los_Angeles";

/// What one source used of it; others with the same key are not in it.
pub(super) struct Allowance {
    of: u32,
    used: u32,
    day: Option<At>,
}

impl Allowance {
    /// So many units a day.
    pub(super) fn of(units: u32) -> Self {
        Self {
            of: units,
            used: 0,
            day: None,
        }
    }

    /// Whether four fifths are used.
    pub(super) fn is_low(&self) -> bool {
        self.used >= self.of / 5 * 4
    }

    /// Whether the day has so many units left; gives when it began.
    pub(super) fn afford(&mut self, units: u32, now: At) -> Result<At, End> {
        let (midnight, _) = day_of(now);
        if self.day.is_none_or(|day| day < midnight) {
            self.used = 0;
        }
        let day = self.day.unwrap_or(now).max(midnight);
        self.day = Some(day);
        if self.used.saturating_add(units) > self.of {
            return Err(spent(now));
        }
        Ok(day)
    }

    /// Counts units, or says that the day has none left.
    pub(super) fn spend(&mut self, units: u32, outlet: &Outlet) -> Result<(), End> {
        let since = self.afford(units, outlet.now())?;
        self.used += units;
        outlet.quota(Quota {
            used: self.used,
            of: self.of,
            since,
        });
        Ok(())
    }
}

/// The day's units are used up: not before the platform's midnight.
pub(super) fn spent(now: At) -> End {
    End::Later(ChatErrorCode::QuotaSpent, until(now, day_of(now).1))
}

/// The last midnight where the platform counts, and the next.
fn day_of(now: At) -> (At, At) {
    let found = || -> Result<(At, At), jiff::Error> {
        let here = jiff::Timestamp::from_millisecond(now.0)?.in_tz(ZONE)?;
        let last = here.start_of_day()?;
        let next = here.tomorrow()?.start_of_day()?;
        let at = |moment: jiff::Zoned| At(moment.timestamp().as_millisecond());
        Ok((at(last), at(next)))
    };
    // Without the zone, days of UTC.
    let day = 24 * 60 * 60 * 1_000;
    found().unwrap_or_else(|_| {
        let last = now.0 - now.0.rem_euclid(day);
        (At(last), At(last + day))
    })
}

fn until(now: At, then: At) -> Duration {
    let ms = then.0.saturating_sub(now.0).max(1_000);
    Duration::from_millis(u64::try_from(ms).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_goes_from_midnight_to_midnight_on_the_west_coast() {
        // 2026-11-01, when clocks there go back: a day of 25 hours that began at 07:00 UTC.
        let noon: jiff::Timestamp = "2026-11-01T20:00:00Z".parse().unwrap();
        let (last, next) = day_of(At(noon.as_millisecond()));
        let hours = |ms: i64| ms / 3_600_000;
        assert_eq!(hours(noon.as_millisecond() - last.0), 13);
        assert_eq!(hours(next.0 - last.0), 25);
    }
}
