//! What viewers got of a clip whose pictures are numbered: which came, which were left out, and for how long one stood.

use std::time::Instant;

use super::arrivals::Arrived;

/// What came in a stretch of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// Pictures of the clip that were due from the first that came to the last.
    pub due: u64,
    /// Of these, the ones that came.
    pub shown: u64,
    /// Pictures that show what the one before did.
    pub repeated: u64,
    /// Pictures whose number could not be read.
    pub unreadable: u64,
    /// Pictures that are missing by the stream's own times.
    pub missing_by_time: u64,
    /// The longest that one picture stood, ms of the stream's time.
    pub longest_ms: f64,
    /// By how much the clip fell behind the clock meanwhile, seconds; a picture or two are chance.
    pub behind_s: f64,
}

impl Shown {
    /// Of what came at or after `from` and before `until`. The clip must not begin anew meanwhile.
    pub fn of(pictures: &[Arrived], from: Instant, until: Instant, fps: f64) -> Self {
        let within = pictures
            .iter()
            .filter(|picture| (from..until).contains(&picture.at));
        let mut shown = Self {
            due: 0,
            shown: 0,
            repeated: 0,
            unreadable: 0,
            missing_by_time: 0,
            longest_ms: 0.0,
            behind_s: 0.0,
        };
        let (mut first, mut last, mut before_s) = (None, None::<(u64, f64)>, None);
        for picture in within {
            let distance = before_s.map_or(1.0, |before| (picture.stream_s - before) * fps);
            shown.missing_by_time += (f64::round(distance) - 1.0).max(0.0) as u64;
            before_s = Some(picture.stream_s);
            let Some(number) = picture.number else {
                shown.unreadable += 1;
                continue;
            };
            match last {
                Some((known, _)) if known == number => {
                    shown.repeated += 1;
                    continue;
                }
                Some((known, since)) => {
                    assert!(
                        number > known,
                        "the clip goes back from {known} to {number}"
                    );
                    let stood = (picture.stream_s - since) * 1000.0;
                    shown.longest_ms = shown.longest_ms.max(stood);
                }
                None => first = Some(number),
            }
            shown.shown += 1;
            last = Some((number, picture.stream_s));
        }
        if let (Some(first), Some((last, _))) = (first, last) {
            shown.due = last - first + 1;
        }
        shown.behind_s = (until - from).as_secs_f64() - shown.due as f64 / fps;
        shown
    }

    /// Pictures that never came, % of those due.
    pub fn lost_percent(&self) -> f64 {
        (self.due - self.shown) as f64 / self.due.max(1) as f64 * 100.0
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_left_out_repeated_and_late_is_counted() {
        let from = Instant::now();
        let at = |place: u32| from + Duration::from_millis(100) * place;
        // Number 3 never came, 4 came twice, one cannot be read; the stream's own time jumps once.
        let told = [
            (0, Some(1), 0.0),
            (1, Some(2), 0.1),
            (2, Some(4), 0.2),
            (3, Some(4), 0.3),
            (4, None, 0.5),
            (5, Some(6), 0.6),
        ];
        let pictures = told.map(|(place, number, stream_s)| Arrived {
            stream_s,
            at: at(place),
            number,
        });
        let shown = Shown::of(&pictures, from, at(10), 10.0);
        assert_eq!((shown.due, shown.shown), (6, 4));
        assert_eq!((shown.repeated, shown.unreadable), (1, 1));
        assert_eq!(shown.missing_by_time, 1);
        assert!((shown.longest_ms - 400.0).abs() < 0.01, "{shown:?}");
        assert!((shown.behind_s - 0.4).abs() < 0.01, "{shown:?}");
        assert!((shown.lost_percent() - 100.0 / 3.0).abs() < 0.01);
        // What came before or after is not looked at.
        let later = Shown::of(&pictures, at(1), at(3), 10.0);
        assert_eq!((later.due, later.shown), (3, 2));
    }
}
