//! utc owns the calendar: which date and time a moment is, in UTC.

/// A moment in UTC, to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Utc {
    /// Of the common era; 0 and less before it.
    pub year: i64,
    /// 1 to 12.
    pub month: i64,
    /// 1 to 31.
    pub day: i64,
    /// 0 to 23.
    pub hour: i64,
    /// 0 to 59.
    pub minute: i64,
    /// 0 to 59: Unix time has no leap seconds.
    pub second: i64,
}

impl Utc {
    /// The moment so many seconds after the beginning of 1970.
    #[must_use]
    pub fn at(unix_s: i64) -> Self {
        let (days, rest) = (unix_s.div_euclid(86_400), unix_s.rem_euclid(86_400));
        // Civil date from days since 1970 (the proleptic Gregorian calendar counted from 1 March).
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month,
            day,
            hour: rest / 3_600,
            minute: rest / 60 % 60,
            second: rest % 60,
        }
    }

    /// Year, month and day, `2026-11-22` with a dash between them.
    #[must_use]
    pub fn date(&self, between: &str) -> String {
        let Self {
            year, month, day, ..
        } = self;
        format!("{year:04}{between}{month:02}{between}{day:02}")
    }

    /// Hour, minute and second, `10:15:00` with a colon between them.
    #[must_use]
    pub fn time(&self, between: &str) -> String {
        let Self {
            hour,
            minute,
            second,
            ..
        } = self;
        format!("{hour:02}{between}{minute:02}{between}{second:02}")
    }
}
