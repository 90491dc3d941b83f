//! Names of recordings' files.

use stallcast_clips::Utc;
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
    let at = Utc::at(unix_ms.div_euclid(1000));
    let end = match canvas {
        Canvas::Landscape => ".mp4",
        Canvas::Portrait => PORTRAIT,
    };
    format!("{}-{}-{part:02}{end}", at.date(""), at.time(""))
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
