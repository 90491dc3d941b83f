//! Owns what a stream shows of a press and of a clock: when its pictures carry the new card, and which second they show.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use stallcast_overlay::Layer;
use stallcast_show::{At, Show};

use super::card::{drawn_at, overlay_of};
use super::luma::{Luma, each_luma, level_of, stream_ahead_s};
use super::stream::first_frame_unix_ms;

/// One frame at 30 a second, ms.
pub const FRAME_MS: f64 = 1000.0 / 30.0;
/// Pictures looked at before and after a press, ms.
const BEFORE_MS: f64 = 300.0;
const AFTER_MS: f64 = 1_200.0;
/// A machine that is behind makes up for so many pictures: one that bears an earlier time may be made after the press.
const CATCH_UP: f64 = -4.5;
/// A card has come to rest after this, ms.
const AT_REST_MS: i64 = 2_000;
/// Of how much of the new card a picture carries it: what compression makes of a card at rest stays below a hundredth.
const CARRIES: f64 = 0.04;
/// From then on the card is there as a whole.
const WHOLE: f64 = 0.9;
/// Only pixels tell two cards, or two seconds, apart that differ by this much.
const TELLS: f64 = 24.0;

/// A product was put on air.
#[derive(Debug, Clone)]
pub struct Press {
    /// When the command was accepted, as the journal has it.
    pub at: At,
    /// What was on the picture before.
    pub before: Show,
    /// What is on it from then on.
    pub after: Show,
}

/// How late a press is in a stream, in frames from its acceptance to the moment at which a picture is made, which is one
/// frame after the time that the picture bears.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Late {
    /// Of the first picture that carries the new card.
    pub first: f64,
    /// Of the first that shows it whole: later by its entrance.
    pub whole: f64,
}

/// A canvas as a server received it, with the time at which each picture was taken.
#[derive(Debug)]
pub struct Stream {
    file: PathBuf,
    /// Unix time of the stream's time 0, ms.
    began_ms: f64,
    size: (u32, u32),
}

impl Stream {
    /// What a server `received`; the `recording` of the same pictures says when they were taken.
    pub fn of(received: &Path, recording: &Path, size: (u32, u32)) -> Self {
        let began_ms = first_frame_unix_ms(recording).expect("the recording says when it began");
        let ahead_s = stream_ahead_s(received, recording);
        Self {
            file: received.to_owned(),
            began_ms: began_ms - ahead_s * 1000.0,
            size,
        }
    }

    /// How late each press is in this stream.
    pub fn late(&self, presses: &[Press]) -> Vec<Late> {
        let mut looks: Vec<Look> = presses.iter().map(|press| self.look(press)).collect();
        let near = |at_s: f64| {
            let taken_ms = self.began_ms + at_s * 1000.0;
            presses.iter().position(|press| {
                let since = taken_ms - press.at.0 as f64;
                (-BEFORE_MS..AFTER_MS).contains(&since)
            })
        };
        each_luma(
            &self.file,
            |at| near(at).is_some(),
            |at, picture| {
                let made_ms = self.began_ms + at * 1000.0 + FRAME_MS;
                if let Some(press) = near(at) {
                    let late = (made_ms - presses[press].at.0 as f64) / FRAME_MS;
                    looks[press].see(late, picture);
                }
            },
        );
        looks.into_iter().map(Look::late).collect()
    }

    fn look(&self, press: &Press) -> Look {
        let mut overlay = overlay_of("orchard", self.size.0, self.size.1);
        let old = drawn_at(&mut overlay, &press.before, press.at);
        let rest = At(press.at.0 + AT_REST_MS);
        let new = drawn_at(&mut overlay, &press.after, rest);
        let telling = telling(&[&old, &new], "card");
        Look {
            telling: telling
                .into_iter()
                .map(|(x, y, l)| (x, y, l[0], l[1]))
                .collect(),
            shares: Vec::new(),
        }
    }
}

/// What is seen around a press: where the two cards differ, and the new one's share of every picture.
struct Look {
    telling: Vec<(i32, i32, f64, f64)>,
    shares: Vec<(f64, f64)>,
}

impl Look {
    fn see(&mut self, late: f64, picture: &Luma) {
        let (mut along, mut whole) = (0.0, 0.0);
        for (x, y, old, new) in &self.telling {
            let seen = picture.at(*x, *y).expect("the card is on the picture");
            along += (seen - old) * (new - old);
            whole += (new - old) * (new - old);
        }
        self.shares.push((late, along / whole));
    }

    fn late(self) -> Late {
        let earlier = self.shares.iter().filter(|(late, _)| *late <= CATCH_UP);
        let (mut before, mut most) = (0, 0.0_f64);
        for (_, share) in earlier {
            before += 1;
            most = most.max(*share);
        }
        assert!(before > 0 && most < CARRIES, "{:.2?}", self.shares);
        let first_with = |least: f64| {
            let found = self.shares.iter().find(|(_, share)| *share >= least);
            found
                .unwrap_or_else(|| panic!("no card: {:.2?}", self.shares))
                .0
        };
        Late {
            first: first_with(CARRIES),
            whole: first_with(WHOLE),
        }
    }
}

/// The pixels of a part that tell several drawings of it apart, with its brightness in each.
fn telling(drawings: &[&[Layer]], id: &str) -> Vec<(i32, i32, Vec<f64>)> {
    let parts: Vec<&Layer> = drawings
        .iter()
        .map(|all| all.iter().find(|layer| layer.id == id).unwrap())
        .collect();
    // What lies above changes by itself.
    let above: Vec<&Layer> = drawings
        .iter()
        .flat_map(|all| all.iter().skip_while(|layer| layer.id != id).skip(1))
        .collect();
    let covered = |x: i32, y: i32| {
        above.iter().any(|layer| {
            let (x, y) = (x - layer.x, y - layer.y);
            x >= 0 && y >= 0 && x < layer.width as i32 && y < layer.height as i32
        })
    };
    let mut found = Vec::new();
    let one = parts[0];
    for y in one.y..one.y + one.height as i32 {
        for x in one.x..one.x + one.width as i32 {
            let levels = parts.iter().map(|part| level_of(part, x, y));
            let Some(levels) = levels.collect::<Option<Vec<f64>>>() else {
                continue;
            };
            let (low, high) = levels.iter().fold((f64::MAX, f64::MIN), |(low, high), l| {
                (low.min(*l), high.max(*l))
            });
            if high - low >= TELLS && !covered(x, y) {
                found.push((x, y, levels));
            }
        }
    }
    assert!(found.len() > 100, "{id}: {} pixels tell", found.len());
    found
}

/// The seconds that a stream's clock shows.
#[derive(Debug)]
pub struct Clock {
    seconds: Vec<u32>,
    telling: Vec<(i32, i32, Vec<f64>)>,
}

impl Clock {
    /// Reads the clock of `show` on a canvas of this size, where it shows some of these seconds.
    pub fn of(show: &Show, size: (u32, u32), seconds: std::ops::RangeInclusive<u32>) -> Self {
        let deadline = show.countdown.as_ref().unwrap().deadline.0;
        let mut overlay = overlay_of("orchard", size.0, size.1);
        let drawings: Vec<Vec<Layer>> = seconds
            .clone()
            .map(|left| {
                let at = At(deadline - i64::from(left) * 1000);
                drawn_at(&mut overlay, show, at)
            })
            .collect();
        let all: Vec<&[Layer]> = drawings.iter().map(Vec::as_slice).collect();
        Self {
            seconds: seconds.collect(),
            telling: telling(&all, "countdown"),
        }
    }

    /// The second whose drawing fits best, and how far the next best is from it: over 1 it is certain.
    pub fn read(&self, picture: &Luma) -> (u32, f64) {
        let mut errors = vec![0.0; self.seconds.len()];
        for (x, y, levels) in &self.telling {
            let seen = picture.at(*x, *y).expect("the clock is on the picture");
            for (error, level) in errors.iter_mut().zip(levels) {
                *error += (seen - level) * (seen - level);
            }
        }
        let mut order: Vec<(f64, u32)> = errors.into_iter().zip(self.seconds.clone()).collect();
        order.sort_by(|one, other| one.0.total_cmp(&other.0));
        (order[0].1, order[1].0 / order[0].0.max(1.0))
    }
}

impl Stream {
    /// The seconds that `clock` shows on every picture taken within these Unix times, ms, by the picture's time, ms.
    pub fn seconds(
        &self,
        clock: &Clock,
        within: std::ops::Range<f64>,
    ) -> BTreeMap<i64, (u32, f64)> {
        let taken = |at: f64| self.began_ms + at * 1000.0;
        let mut shown = BTreeMap::new();
        each_luma(
            &self.file,
            |at| within.contains(&taken(at)),
            |at, picture| {
                shown.insert(taken(at).round() as i64, clock.read(picture));
            },
        );
        shown
    }
}
