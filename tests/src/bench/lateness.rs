//! Pictures of a show that were made late, and which of them would have been in time had the machine not stood still.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::rounded;
use super::standstill::{Standstill, Standstills};

/// Shorter standstills of the machine are nothing beside a late picture.
const LEAST: Duration = Duration::from_millis(4);

/// Looks on from [`Lateness::watch`] to [`Lateness::end`].
#[derive(Debug)]
pub struct Lateness {
    since: f64,
    frame_ms: f64,
    machine: Option<Standstills>,
}

impl Lateness {
    /// What the engine's surroundings must say, so that its log tells each late picture.
    pub fn engine_env() -> BTreeMap<String, String> {
        let log = "info,stallcast_media::program::frame_clock=debug";
        let env = [("STALLCAST_LOG", log), ("NO_COLOR", "1")];
        env.map(|(name, value)| (name.into(), value.into())).into()
    }

    /// Begins; `fps` is the show's. Where threads of this user may not go before all others, the machine is not looked at.
    pub fn watch(fps: f64) -> Self {
        Self {
            since: ms_of(SystemTime::now()),
            frame_ms: 1000.0 / fps,
            machine: Standstills::watch(LEAST),
        }
    }

    /// Prints every late picture of the engine's log and every standstill; gives their numbers.
    pub fn end(self, log: &str) -> Value {
        let standstills = self.machine.map(Standstills::end);
        let mut late = LatePicture::all(log);
        late.retain(|picture| picture.at >= self.since);
        for picture in &late {
            println!(
                "late picture: at {:.0}, {:.1} ms behind, the one before made in {:.1} ms",
                picture.at, picture.behind_ms, picture.made_ms
            );
        }
        let Some(standstills) = standstills else {
            return json!({ "machine_looked_at": false, "pictures_late_told": late.len() });
        };
        for one in &standstills {
            println!(
                "the machine stood still: to {:.0}, {:?}",
                ms_of(one.end),
                one.length
            );
        }
        let lengths = standstills.iter().map(ms_long);
        let is_its = |picture: &&LatePicture| picture.is_the_machine_s(&standstills, self.frame_ms);
        let over_half = lengths
            .clone()
            .filter(|length| *length > self.frame_ms / 2.0);
        json!({
            "machine_looked_at": true,
            "pictures_late_told": late.len(),
            "pictures_late_as_the_machine_stood_still": late.iter().filter(is_its).count(),
            "standstills": standstills.len(),
            "standstills_over_half_a_frame": over_half.count(),
            "longest_standstill_ms": rounded(lengths.fold(0.0, f64::max)),
        })
    }
}

/// A picture that was made late, as the engine's log tells it.
#[derive(Debug)]
struct LatePicture {
    /// When its making began, milliseconds since 1970.
    at: f64,
    behind_ms: f64,
    /// How long the one before took.
    made_ms: f64,
}

impl LatePicture {
    fn all(log: &str) -> Vec<Self> {
        let number = |line: &str, name: &str| -> f64 {
            let (_, rest) = line.split_once(&format!("{name}=")).unwrap();
            rest.split_whitespace().next().unwrap().parse().unwrap()
        };
        let lines = log.lines().filter(|line| line.contains("a late picture"));
        lines
            .map(|line| Self {
                at: ms_of(
                    line.split_once(' ')
                        .unwrap()
                        .0
                        .parse::<jiff::Timestamp>()
                        .unwrap()
                        .into(),
                ),
                behind_ms: number(line, "behind_us") / 1000.0,
                made_ms: number(line, "made_us") / 1000.0,
            })
            .collect()
    }

    /// Whether it, and the one before it, would have been in time had the machine not stood still.
    fn is_the_machine_s(&self, standstills: &[Standstill], frame_ms: f64) -> bool {
        let begin = self.at - self.behind_ms - frame_ms;
        let stood = standstills.iter().map(|one| {
            let end = ms_of(one.end);
            end.min(self.at) - (end - ms_long(one)).max(begin)
        });
        self.behind_ms - stood.fold(0.0, f64::max) <= frame_ms / 2.0
    }
}

/// Milliseconds since 1970.
fn ms_of(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap().as_secs_f64() * 1000.0
}

fn ms_long(one: &Standstill) -> f64 {
    one.length.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME_MS: f64 = 1000.0 / 30.0;

    fn standstill(end_ms: u64, length_ms: u64) -> Standstill {
        Standstill {
            end: UNIX_EPOCH + Duration::from_millis(end_ms),
            length: Duration::from_millis(length_ms),
        }
    }

    #[test]
    fn late_pictures_are_read_off_the_log() {
        let log = "1970-01-01T00:00:10.500000Z  INFO engine: on air\n\
                   1970-01-01T00:00:11.500000Z DEBUG clock: a late picture behind_us=20500 made_us=400\n";
        let [late] = &LatePicture::all(log)[..] else {
            panic!("one line tells of one");
        };
        assert_eq!(
            (late.at, late.behind_ms, late.made_ms),
            (11_500.0, 20.5, 0.4)
        );
    }

    #[test]
    fn only_a_standstill_that_made_it_late_excuses_a_picture() {
        let late = LatePicture {
            at: 10_000.0,
            behind_ms: 40.0,
            made_ms: 1.0,
        };
        let excused = |standstills: &[Standstill]| late.is_the_machine_s(standstills, FRAME_MS);
        assert!(!excused(&[]));
        assert!(excused(&[standstill(10_000, 39)]));
        assert!(excused(&[standstill(9_970, 30)]), "the one before waited");
        assert!(!excused(&[standstill(10_000, 20)]), "late without it");
        assert!(!excused(&[standstill(9_000, 100)]), "long before");
        assert!(!excused(&[standstill(10_200, 100)]), "long after");
    }
}
