//! Days as cards say them.

use stallcast_show::At;

use crate::Lang;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const DAY_MS: i64 = 86_400_000;

/// `10月28日`, `28 Oct`; `None` where there is no such month.
pub(crate) fn day(month: usize, of_month: usize, lang: Lang) -> Option<String> {
    let name = MONTHS.get(month.checked_sub(1)?)?;
    Some(match lang {
        Lang::Zh => format!("{month}月{of_month}日"),
        Lang::En => format!("{of_month} {name}"),
    })
}

/// `11月30日 20:00`, `30 Nov 20:00` of a moment that was moved into its time zone before.
pub(crate) fn day_and_hour(local: At, lang: Lang) -> String {
    let (days, ms) = (local.0.div_euclid(DAY_MS), local.0.rem_euclid(DAY_MS));
    let (hour, minute) = (ms / 3_600_000, ms / 60_000 % 60);
    let (month, of_month) = month_and_day(days);
    let day = day(month, of_month, lang).unwrap_or_default();
    format!("{day} {hour:02}:{minute:02}")
}

/// Month (1 to 12) and day of the month of a day counted from 1970-01-01, by the Gregorian calendar: years begin in March,
/// so that the leap day is the last one, and repeat every 400.
fn month_and_day(days: i64) -> (usize, usize) {
    let day = (days + 719_468).rem_euclid(146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let whole = |number: i64| usize::try_from(number).unwrap_or(1);
    (whole(month), whole(of_month))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_said_as_calendars_have_them() {
        for (seconds, zh, en) in [
            (0, "1月1日 00:00", "1 Jan 00:00"),
            (951_782_399, "2月28日 23:59", "28 Feb 23:59"),
            (951_782_400, "2月29日 00:00", "29 Feb 00:00"),
            (1_796_068_800, "11月30日 20:00", "30 Nov 20:00"),
            (4_107_542_400, "3月1日 00:00", "1 Mar 00:00"),
            (-1, "12月31日 23:59", "31 Dec 23:59"),
        ] {
            let at = At(seconds * 1000);
            assert_eq!(day_and_hour(at, Lang::Zh), zh, "{seconds}");
            assert_eq!(day_and_hour(at, Lang::En), en, "{seconds}");
        }
    }

    #[test]
    fn every_day_of_four_centuries_follows_the_one_before() {
        let mut last = month_and_day(-1);
        for days in 0..146_097 {
            let now = month_and_day(days);
            let next = now.0 == last.0 && now.1 == last.1 + 1;
            let month = now.1 == 1 && now.0 == last.0 % 12 + 1 && last.1 >= 28;
            assert!(next || month, "{days}: {last:?} {now:?}");
            last = now;
        }
        assert_eq!(last, (12, 31));
    }
}
