//! When an offer begins and ends, as people and shops write it. What names no time zone is meant in that of the list.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use stallcast_show::At;

use super::cells::RowCells;
use super::details::day;
use super::table::{Cell, Kind};
use super::{Field, ProblemCode};

/// The time zone of moments that name none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// That of this computer, with its summer time; UTC where it has none that is known.
    pub fn of_this_computer() -> Self {
        Self(TimeZone::system())
    }

    /// So many minutes east of UTC, all year; UTC where there is no such zone.
    pub fn minutes_east(minutes: i32) -> Self {
        let offset = Offset::from_seconds(minutes.saturating_mul(60));
        Self(offset.map_or(TimeZone::UTC, TimeZone::fixed))
    }
}

/// Which end of an offer a moment is; a day without a time begins at midnight and ends with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    Starts,
    Ends,
}

impl RowCells<'_> {
    /// When the row's offer begins and ends. Dates of a shop's sale price say nothing of a row without one.
    pub(super) fn times(&mut self) -> (Option<At>, Option<At>) {
        let no_sale = self.columns.cell(self.row, Field::LivePrice).is_none();
        if self.columns.dates_are_of_sale && no_sale {
            return (None, None);
        }
        let (from, to) = self.period();
        let starts = self.moment(Field::Starts, Edge::Starts).or(from);
        let ends = self.moment(Field::Ends, Edge::Ends).or(to);
        if let (Some(starts), Some(ends)) = (starts, ends)
            && ends <= starts
        {
            let fields = [Field::Ends, Field::OfferPeriod, Field::Starts];
            let (columns, row) = (self.columns, self.row);
            let said = fields
                .into_iter()
                .find_map(|field| Some((field, columns.cell(row, field)?)));
            if let Some((field, cell)) = said {
                self.fault(field, ProblemCode::EndsBeforeStart, &cell.text);
            }
            return (None, None);
        }
        (starts, ends)
    }

    fn moment(&mut self, field: Field, edge: Edge) -> Option<At> {
        let (columns, row) = (self.columns, self.row);
        let cell = columns.cell(row, field)?;
        let zone = &columns.zone;
        let read = match cell.kind {
            Kind::Days(days) if days >= 1.0 => of_workbook(cell, days, edge, zone),
            Kind::Days(_) => moment(&cell.text, edge, zone),
            _ => {
                let words = self.words(field)?;
                if matches!(words, "-" | "–" | "—" | "无" | "不限") {
                    return None;
                }
                moment(words, edge, zone)
            }
        };
        if read.is_none() {
            self.fault(field, ProblemCode::MomentUnreadable, &cell.text);
        }
        read
    }

    /// Both in one cell, as Google's feed and people write them.
    fn period(&mut self) -> (Option<At>, Option<At>) {
        let Some(words) = self.words(Field::OfferPeriod) else {
            return (None, None);
        };
        let columns = self.columns;
        let zone = &columns.zone;
        let read = halves(words).and_then(|(from, to)| {
            let starts = moment(from, Edge::Starts, zone)?;
            Some((starts, moment(to, Edge::Ends, zone)?))
        });
        match read {
            Some((starts, ends)) => (Some(starts), Some(ends)),
            None => {
                self.fault(Field::OfferPeriod, ProblemCode::MomentUnreadable, words);
                (None, None)
            }
        }
    }
}

fn halves(words: &str) -> Option<(&str, &str)> {
    const BETWEEN: [&str; 9] = [" to ", " - ", " – ", " — ", "至", "到", "~", "～", "--"];
    if let Some(both) = BETWEEN.iter().find_map(|mark| words.split_once(mark)) {
        return Some(both);
    }
    // A slash may also stand within a date.
    (words.matches('/').count() == 1)
        .then(|| words.split_once('/'))
        .flatten()
}

/// A date of a workbook; without a time of day it is a day.
fn of_workbook(cell: &Cell, days: f64, edge: Edge, zone: &Zone) -> Option<At> {
    let seconds = (days.fract() * 86_400.0).round().clamp(0.0, 86_399.0);
    // The range makes the conversion exact.
    #[allow(clippy::cast_possible_truncation)]
    let seconds = seconds as i64;
    if seconds == 0 {
        return moment(&cell.text, edge, zone);
    }
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let words = format!("{} {hour:02}:{minute:02}:{second:02}", cell.text);
    moment(&words, edge, zone)
}

/// `2026-11-22T20:05:07-05:00`, `2026/11/22 20:05`, `2026年11月22日 20点`, `2026-11-22`.
fn moment(words: &str, edge: Edge, zone: &Zone) -> Option<At> {
    let words: String = words.trim().chars().map(narrow).collect();
    let at = words.find(['日', '号', 'T', 't', ' ']);
    let (date, rest) = match at {
        Some(at) => {
            let (date, rest) = words.split_at(at);
            (date, rest.get(rest.chars().next()?.len_utf8()..)?)
        }
        None => (words.as_str(), ""),
    };
    let date = day(date)?;
    let mut parts = date.splitn(3, '-');
    let year: i16 = parts.next()?.parse().ok()?;
    let month: i8 = parts.next()?.parse().ok()?;
    let of_month: i8 = parts.next()?.parse().ok()?;
    let rest: String = rest.chars().filter(|c| !c.is_whitespace()).collect();
    let (time, zone) = match rest.find(['+', '-', 'Z', 'z']) {
        Some(at) => {
            let (time, name) = rest.split_at(at);
            (time, fixed(name)?)
        }
        None => (rest.as_str(), zone.0.clone()),
    };
    let (hour, minute, second) = match time {
        "" => (0, 0, 0),
        time => clock(time)?,
    };
    let civil = DateTime::new(year, month, of_month, hour, minute, second, 0).ok()?;
    let civil = match (time, edge) {
        ("", Edge::Ends) => civil.tomorrow().ok()?,
        _ => civil,
    };
    let stamp = zone.to_timestamp(civil).ok()?;
    Some(At(stamp.as_millisecond())).filter(|at| at.0 >= 0)
}

/// `20:05`, `20:05:07.000`, `20点`, `20时05分`.
fn clock(time: &str) -> Option<(i8, i8, i8)> {
    let plain: String = time
        .chars()
        .map(|c| {
            if matches!(c, '点' | '时' | '分') {
                ':'
            } else {
                c
            }
        })
        .filter(|c| *c != '秒')
        .collect();
    let named = plain != time;
    let plain = plain.trim_end_matches(':');
    let parts: Vec<&str> = plain.split(':').collect();
    let number = |part: &str| -> Option<i8> {
        let fits = (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| part.parse().ok()).flatten()
    };
    match parts[..] {
        // "20" alone may be anything.
        [hour] if named => Some((number(hour)?, 0, 0)),
        [hour, minute] => Some((number(hour)?, number(minute)?, 0)),
        [hour, minute, second] => {
            let second = second.split('.').next()?;
            Some((number(hour)?, number(minute)?, number(second)?))
        }
        _ => None,
    }
}

/// `Z`, `+08:00`, `+0800`, `-05`.
fn fixed(name: &str) -> Option<TimeZone> {
    if name.eq_ignore_ascii_case("z") {
        return Some(TimeZone::UTC);
    }
    let sign = if name.starts_with('-') { -1 } else { 1 };
    let digits: String = name.get(1..)?.chars().filter(|c| *c != ':').collect();
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let hours: i32 = digits.get(..2)?.parse().ok()?;
    let minutes: i32 = match digits.get(2..)? {
        "" => 0,
        minutes => minutes.parse().ok()?,
    };
    if hours > 15 || minutes > 59 {
        return None;
    }
    let offset = Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()?;
    Some(TimeZone::fixed(offset))
}

/// Full-width forms as their plain twins.
fn narrow(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '\u{3000}' => ' ',
        other => other,
    }
}

/// A moment for a person or a program to read, in UTC: `2026-11-22T12:05:07Z`.
pub(super) fn written(at: At) -> String {
    jiff::Timestamp::from_millisecond(at.0).map_or_else(|_| at.0.to_string(), |it| it.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_795_348_800_000;

    #[test]
    fn moments_are_read_as_people_and_shops_write_them() {
        let zone = Zone::minutes_east(480);
        let read = |words| moment(words, Edge::Starts, &zone).map(|at| at.0 - NOON);
        // 12:00 UTC on 2026-11-22 is 20:00 in China.
        for words in [
            "2026-11-22 20:00",
            "2026/11/22 20:00:00",
            "2026.11.22 20:00",
            "2026年11月22日 20:00",
            "2026年11月22日20点",
            "2026年11月22日 20时00分",
            "２０２６-１１-２２　２０：００",
            "20261122 20:00",
            "2026-11-22T20:00",
            "2026-11-22T12:00:00Z",
            "2026-11-22T12:00:00.000Z",
            "2026-11-22T07:00:00-05:00",
            "2026-11-22T07:00-0500",
            "2026-11-22 13:00 +01",
        ] {
            assert_eq!(read(words), Some(0), "{words}");
        }
        for words in [
            "",
            "soon",
            "11-22 20:00",
            "22/11/2026 20:00",
            "2026-13-01",
            "2026-02-30",
            "2026-11-22 20",
            "2026-11-22 25:00",
            "2026-11-22 8pm",
            "2026-11-22 20:00 CET",
            "2026-11-22 20:00+99:00",
            "20:00",
            "1950-01-01",
        ] {
            assert_eq!(read(words), None, "{words}");
        }
    }

    #[test]
    fn a_day_begins_at_midnight_and_ends_with_it() {
        let zone = Zone::minutes_east(0);
        let at = |edge| moment("2026-11-22", edge, &zone).unwrap().0 - NOON;
        assert_eq!(
            (at(Edge::Starts), at(Edge::Ends)),
            (-43_200_000, 43_200_000)
        );
        let end = moment("2026-12-31", Edge::Ends, &zone).unwrap();
        assert_eq!(written(end), "2027-01-01T00:00:00Z");
    }

    #[test]
    fn both_ends_stand_in_one_cell() {
        for words in [
            "2016-02-24T11:07+0100/2016-02-29T23:07+0100",
            "2026/11/22 20:00 至 2026/11/23 20:00",
            "2026-11-22 - 2026-11-23",
            "2026-11-22~2026-11-23",
        ] {
            let (from, to) = halves(words).unwrap();
            let zone = Zone::minutes_east(0);
            assert!(
                moment(from, Edge::Starts, &zone) < moment(to, Edge::Ends, &zone),
                "{words}"
            );
        }
        assert_eq!(halves("2026/11/22"), None);
    }

    #[test]
    fn summer_time_is_that_of_the_day() {
        let zone = Zone(TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap());
        let at = |words| written(moment(words, Edge::Starts, &zone).unwrap());
        assert_eq!(at("2026-07-01 12:00"), "2026-07-01T10:00:00Z");
        assert_eq!(at("2026-12-01 12:00"), "2026-12-01T11:00:00Z");
    }
}
