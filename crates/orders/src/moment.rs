//! Moments as shops write them: `2026-11-22T20:05:07-05:00` (Shopify), `2026-11-22T20:05:07` for UTC (WooCommerce's
//! `_gmt` fields).

use stallcast_show::At;

/// The moment a text says; without a zone it is UTC. `None` = it says none, or one outside of 1970 to 9999.
pub fn moment(text: &str) -> Option<At> {
    let text = text.trim();
    let number = |from: usize, to: usize| -> Option<i64> {
        let part = text.get(from..to)?;
        let plain = part.bytes().all(|byte| byte.is_ascii_digit());
        if plain { part.parse().ok() } else { None }
    };
    let marked = |at: usize, marks: &[u8]| Some(marks.contains(text.as_bytes().get(at)?));
    let shaped = marked(4, b"-")?
        && marked(7, b"-")?
        && marked(10, b"T ")?
        && marked(13, b":")?
        && marked(16, b":")?;
    if !shaped {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let sane = year >= 1970
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !sane {
        return None;
    }
    let (millis, zone) = fraction(text.get(19..)?)?;
    let seconds = days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - zone;
    Some(At(seconds * 1_000 + millis))
}

/// Milliseconds of a fraction, and the seconds of the zone after it.
fn fraction(rest: &str) -> Option<(i64, i64)> {
    let Some(after) = rest.strip_prefix('.') else {
        return Some((0, zone(rest)?));
    };
    let digits = after.bytes().take_while(u8::is_ascii_digit).count();
    let kept: String = after.chars().take(digits.min(3)).collect();
    let millis = format!("{kept:0<3}").parse().ok()?;
    Some((millis, zone(after.get(digits..)?)?))
}

fn zone(text: &str) -> Option<i64> {
    if text.is_empty() || text == "Z" || text == "z" {
        return Some(0);
    }
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let digits: String = rest.chars().filter(|c| *c != ':').collect();
    let plain = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let (hours, minutes): (i64, i64) = if plain {
        (
            digits.get(..2)?.parse().ok()?,
            digits.get(2..)?.parse().ok()?,
        )
    } else {
        return None;
    };
    (hours <= 15 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60))
}

/// Days since 1970-01-01 of a day of the Gregorian calendar, counted in eras of 400 years that begin in March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_shops_write_them() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:00:00", 951_825_600),
            ("2026-11-22T20:05:07-05:00", 1_795_395_907),
            ("2026-11-23T01:05:07+0000", 1_795_395_907),
            ("2026-11-23T09:05:07+08:00", 1_795_395_907),
        ] {
            assert_eq!(moment(text), Some(At(seconds * 1_000)), "{text}");
        }
        assert_eq!(moment("1970-01-01T00:00:01.25Z"), Some(At(1_250)));
    }

    #[test]
    fn what_is_no_moment_is_none() {
        for text in [
            "",
            "now",
            "2026-13-01T00:00:00Z",
            "2026-11-22",
            "2026-11-22T20:05",
            "+026-11-22T20:05:07Z",
            "2026-11-22T20:05:07+99:00",
            "2026-11-22T20:05:07 CET",
            "20２6-11-22T20:05:07Z",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}
