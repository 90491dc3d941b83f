//! What comes onto a picture and what leaves it: a layer that was not there fades in, one that is not there any more
//! stays a moment to fade out. Only when is decided here; each frame works out its own step.

use std::collections::BTreeMap;
use std::time::Duration;

use stallcast_media::blend::{Course, Layer, Motion};

/// How long a part takes to come or go. Under the 300 ms from which on people feel that they wait, and over the 100 ms
/// below which it is a flicker (Nielsen's limits, Material's 150 to 250 ms for small parts).
pub const LENGTH: Duration = Duration::from_millis(240);
/// How far a part rises, in pixels of a picture 1080 lines high.
const RISE: u32 = 24;

/// Whether parts fade in and out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// They fade.
    Smooth,
    /// They are there, or not, from one frame to the next.
    Still,
}

/// What is on one canvas, and since when.
#[derive(Debug, Default)]
pub struct Comings {
    /// The last layers that were asked for; `None` before the first.
    shown: Option<Vec<Layer>>,
    /// When layers came that were not there, by id; one that stands for long has none.
    since: BTreeMap<String, Duration>,
    leaving: Vec<Layer>,
}

impl Comings {
    /// The layers as they are to be drawn, bottom first, and how long until there is something to take away. `now` and
    /// the layers' times are the program's running time; canvases that are asked with the same `now` move alike.
    pub fn next(
        &mut self,
        layers: Vec<Layer>,
        now: Duration,
        lines: u32,
        pace: Pace,
    ) -> (Vec<Layer>, Option<Duration>) {
        let over = |from: Duration| from + LENGTH <= now;
        let rise = u16::try_from(RISE * lines / 1080).unwrap_or(0);
        let motion = |course, from| {
            Some(Motion {
                course,
                from,
                length: LENGTH,
                rise,
            })
        };
        let is_there = |id: &str| layers.iter().any(|layer| layer.id == id);
        self.leaving.retain(|layer| {
            let from = layer.motion.map_or(Duration::ZERO, |motion| motion.from);
            !over(from) && !is_there(&layer.id)
        });
        self.since.retain(|id, from| !over(*from) && is_there(id));
        if pace == Pace::Still {
            self.leaving.clear();
            self.since.clear();
        } else if let Some(before) = &self.shown {
            for layer in &layers {
                if !before.iter().any(|known| known.id == layer.id) {
                    self.since.insert(layer.id.clone(), now);
                }
            }
            let gone = before.iter().filter(|known| !is_there(&known.id));
            self.leaving.extend(gone.map(|layer| Layer {
                motion: motion(Course::Out, now),
                ..layer.clone()
            }));
        }
        self.shown = Some(layers.clone());
        let coming = layers.into_iter().map(|layer| Layer {
            motion: self
                .since
                .get(&layer.id)
                .and_then(|from| motion(Course::In, *from)),
            ..layer
        });
        // What leaves lies under what stands: a new card is read at once.
        let all: Vec<Layer> = self.leaving.iter().cloned().chain(coming).collect();
        let ends = all.iter().filter_map(|layer| layer.motion);
        let next = ends.map(|motion| (motion.from + LENGTH).saturating_sub(now));
        let next = next.min();
        (all, next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(id: &str) -> Layer {
        Layer {
            id: id.to_owned(),
            version: 1,
            x: 0,
            y: 0,
            width: 2,
            height: 2,
            rgba: vec![255; 16].into(),
            opacity: 1.0,
            motion: None,
        }
    }

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn ask(comings: &mut Comings, ids: &[&str], ms: u64, pace: Pace) -> (Vec<String>, Option<u64>) {
        let layers = ids.iter().map(|id| layer(id)).collect();
        let (drawn, next) = comings.next(layers, at(ms), 1080, pace);
        let said = drawn.iter().map(|layer| {
            let way = match layer.motion {
                None => "",
                Some(motion) if motion.course == Course::In => " in",
                Some(_) => " out",
            };
            format!("{}{way}", layer.id)
        });
        (said.collect(), next.map(|next| next.as_millis() as u64))
    }

    #[test]
    fn what_was_not_there_comes_and_what_is_gone_leaves_and_is_taken_away() {
        let mut comings = Comings::default();
        let mut ask = |ids: &[&str], ms| ask(&mut comings, ids, ms, Pace::Smooth);
        // What stood when the picture began did not come just now.
        assert_eq!(ask(&["ticker"], 1_000), (vec!["ticker".into()], None));
        let (drawn, next) = ask(&["card", "ticker"], 2_000);
        assert_eq!(
            (drawn, next),
            (vec!["card in".into(), "ticker".into()], Some(240))
        );
        // A step of the clock in between begins nothing anew.
        let (drawn, next) = ask(&["card", "ticker"], 2_100);
        assert_eq!(
            (drawn, next),
            (vec!["card in".into(), "ticker".into()], Some(140))
        );
        let (drawn, next) = ask(&["card", "ticker"], 2_240);
        assert_eq!((drawn, next), (vec!["card".into(), "ticker".into()], None));
        let (drawn, next) = ask(&["ticker"], 3_000);
        assert_eq!(
            (drawn, next),
            (vec!["card out".into(), "ticker".into()], Some(240))
        );
        assert_eq!(ask(&["ticker"], 3_240), (vec!["ticker".into()], None));
    }

    #[test]
    fn what_comes_back_while_it_leaves_is_drawn_once() {
        let mut comings = Comings::default();
        let mut ask = |ids: &[&str], ms| ask(&mut comings, ids, ms, Pace::Smooth).0;
        ask(&["card"], 0);
        assert_eq!(ask(&[], 100), ["card out"]);
        assert_eq!(ask(&["card"], 200), ["card in"]);
        assert_eq!(ask(&[], 250), ["card out"]);
    }

    #[test]
    fn without_motion_nothing_comes_or_goes_slowly_and_what_moves_stands_at_once() {
        let mut comings = Comings::default();
        assert_eq!(ask(&mut comings, &[], 0, Pace::Still).0.len(), 0);
        assert_eq!(
            ask(&mut comings, &["card"], 50, Pace::Still),
            (vec!["card".into()], None)
        );
        assert_eq!(ask(&mut comings, &[], 100, Pace::Still), (vec![], None));
        ask(&mut comings, &["card"], 200, Pace::Smooth);
        assert_eq!(ask(&mut comings, &["card"], 210, Pace::Still).0, ["card"]);
    }

    #[test]
    fn two_canvases_asked_for_the_same_moment_move_alike() {
        let (mut wide, mut tall) = (Comings::default(), Comings::default());
        for comings in [&mut wide, &mut tall] {
            comings.next(vec![], at(0), 1080, Pace::Smooth);
        }
        let steps = |comings: &mut Comings, lines| {
            let (drawn, _) = comings.next(vec![layer("card")], at(500), lines, Pace::Smooth);
            drawn[0]
                .motion
                .map(|motion| (motion.course, motion.from, motion.length))
        };
        let (one, other) = (steps(&mut wide, 1080), steps(&mut tall, 1920));
        assert_eq!(one, other);
        assert!(one.is_some() && LENGTH <= Duration::from_millis(300));
    }
}
