//! Names of recordings' files.

use stallcast_show::Canvas;

/// At the end of the name of every part of the portrait canvas.
const PORTRAIT: &str = "-portrait.mp4";

/// `20261122-101500` in UTC: what every name begins with.
pub fn moment_name(unix_ms: i64) -> String {
    let name = part_name(unix_ms, 0, Canvas::Landscape);
    name.chars().take("20261122-101500".len()).collect()
}

/// `20261122-101500-01.mp4` in UTC, so that parts sort by time whatever the machine's zone; of the portrait canvas
/// `20261122-101500-01-portrait.mp4`.
pub fn part_name(unix_ms: i64, part: usize, canvas: Canvas) -> String {
    let seconds = unix_ms.div_euclid(1000);
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Civil date from days since 1970 (the proleptic Gregorian calendar counted from 1 March).
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    let end = match canvas {
        Canvas::Landscape => ".mp4",
        Canvas::Portrait => PORTRAIT,
    };
    format!("{year:04}{month:02}{day:02}-{hour:02}{minute:02}{second:02}-{part:02}{end}")
}

/// Which canvas a part of this name is of.
pub fn canvas_of(name: &str) -> Canvas {
    if name.ends_with(PORTRAIT) {
        Canvas::Portrait
    } else {
        Canvas::Landscape
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_named_by_their_moment_in_utc() {
        assert_eq!(part_name(0, 1, Canvas::Landscape), "19700101-000000-01.mp4");
        assert_eq!(
            part_name(951_782_399_000, 2, Canvas::Landscape),
            "20000228-235959-02.mp4"
        );
        assert_eq!(
            part_name(1_709_164_800_000, 3, Canvas::Landscape),
            "20240229-000000-03.mp4"
        );
        assert_eq!(
            part_name(1_795_305_600_000, 12, Canvas::Landscape),
            "20261122-000000-12.mp4"
        );
        let tall = part_name(0, 1, Canvas::Portrait);
        assert_eq!(tall, "19700101-000000-01-portrait.mp4");
        assert_eq!(canvas_of(&tall), Canvas::Portrait);
        assert_eq!(canvas_of("19700101-000000-01.mp4"), Canvas::Landscape);
    }
}
