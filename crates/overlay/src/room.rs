//! Room for what comes to the picture beside the usual parts: some give way, some wait.

use crate::{CanvasSize, Layer};

/// Parts that move out of the way, in this order: what was placed before stays.
const MOVE: [&str; 5] = ["goal", "ticker", "next", "question", "lower-third"];
/// The same while a game stands on an upright picture.
const MOVE_IN_GAME: [&str; 8] = [
    "ticker",
    "poll",
    "lottery",
    "auction",
    "goal",
    "next",
    "question",
    "lower-third",
];
/// Parts of an offer that nobody misses for a while.
const WAIT: [&str; 4] = ["origin", "next", "code", "perks"];
/// What says what is sold and for how much: nothing is moved onto it.
const OFFER: [&str; 4] = ["card", "countdown", "stock", "drop"];
/// What goes beside the card where there is no room above it, else waits; rather the first than the last.
const ASIDE: [&str; 4] = ["goal", "lower-third", "logo", "question"];
/// Between two parts, in lines of 1080.
const GAP: f32 = 12.0;
/// A drawing's soft rim may lie on its neighbour, in lines of 1080.
const RIM: f32 = 34.0;

/// Moves parts off what they would cover, and leaves out those that wait. `stays` are parts that a hand put where they
/// are; nothing else that stands by itself is moved.
pub(crate) fn make_room(list: &mut Vec<Layer>, canvas: CanvasSize, stays: impl Fn(&str) -> bool) {
    let upright = canvas.height > canvas.width;
    let is_game = |layer: &Layer| matches!(layer.id, "poll" | "lottery" | "auction");
    let in_game = upright && list.iter().any(is_game);
    let comes = |layer: &Layer| matches!(layer.id, "logo" | "goal" | "lower-third");
    if !in_game && !list.iter().any(comes) {
        return;
    }
    let unit = canvas.width.min(canvas.height) as f32 / 1080.0;
    let rim = (RIM * unit) as i32;
    let offer = OFFER.into_iter().filter_map(|id| {
        let area = Area::of(list.iter().find(|layer| layer.id == id)?);
        // Only the card has a rim of its own.
        Some(if id == "card" { area.within(rim) } else { area })
    });
    let room = Room {
        canvas,
        gap: (GAP * unit) as i32,
        rim,
        offer: offer.collect(),
    };
    let (moved, fixed) = room.best(list, in_game, &stays);
    *list = moved;
    list.retain(|layer| {
        let waits = WAIT.contains(&layer.id) && (upright || layer.id != "next");
        let area = Area::of(layer);
        !waits || !fixed.iter().any(|it| it.overlaps(&area, room.rim))
    });
}

/// What parts are moved in.
struct Room {
    canvas: CanvasSize,
    gap: i32,
    rim: i32,
    /// Where the offer stands, the card first.
    offer: Vec<Area>,
}

impl Room {
    /// The arrangement in which nothing lies on the offer, the fewest parts wait and the fewest stand aside.
    fn best(
        &self,
        list: &[Layer],
        in_game: bool,
        stays: impl Fn(&str) -> bool,
    ) -> (Vec<Layer>, Vec<Area>) {
        let upright = self.canvas.height > self.canvas.width;
        let moves = |id: &str| list.iter().any(|layer| layer.id == id) && !stays(id);
        let try_with = |aside: &[&str]| {
            let mut moved = list.to_vec();
            let fixed = self.arrange(&mut moved, in_game, aside, &stays);
            let crowded = upright && self.is_crowded(&moved, &stays);
            let cost = (crowded, list.len() - moved.len(), aside.len());
            (cost, moved, fixed)
        };
        let mut best = try_with(&[]);
        for set in 1..1_u32 << ASIDE.len() {
            let (crowded, waiting, _) = best.0;
            if !crowded && waiting == 0 {
                break;
            }
            let chosen = |(bit, _): &(usize, &&str)| set >> bit & 1 == 1;
            let aside = ASIDE.iter().enumerate().filter(chosen);
            let aside: Vec<&str> = aside.map(|(_, id)| *id).collect();
            if !aside.iter().all(|id| moves(id)) {
                continue;
            }
            let next = try_with(&aside);
            if next.0 < best.0 {
                best = next;
            }
        }
        let (_, moved, fixed) = best;
        (moved, fixed)
    }

    /// Moves every part that moves, those `aside` beside the card or away; what stands then.
    fn arrange(
        &self,
        list: &mut Vec<Layer>,
        in_game: bool,
        aside: &[&str],
        stays: impl Fn(&str) -> bool,
    ) -> Vec<Area> {
        let upright = self.canvas.height > self.canvas.width;
        let mut fixed: Vec<Area> = list
            .iter()
            .filter(|layer| layer.id == "logo" && !aside.contains(&layer.id))
            .map(Area::of)
            .collect();
        let order: &[&str] = if in_game { &MOVE_IN_GAME } else { &MOVE };
        for id in order {
            // On an upright picture what comes next stands on the card.
            if (upright && *id == "next") || aside.contains(id) {
                continue;
            }
            let Some(layer) = list.iter_mut().find(|layer| layer.id == *id) else {
                continue;
            };
            if !stays(id) {
                layer.y = self.clear(Area::of(layer), &fixed);
            }
            fixed.push(Area::of(layer));
        }
        for id in aside {
            let Some(at) = list.iter().position(|layer| layer.id == *id) else {
                continue;
            };
            match self.beside(Area::of(&list[at]), &fixed) {
                Some(area) => {
                    (list[at].x, list[at].y) = (area.x, area.y);
                    fixed.push(area);
                }
                None => drop(list.remove(at)),
            }
        }
        fixed
    }

    /// The upper edge where a part covers nothing of what stands.
    fn clear(&self, mut area: Area, fixed: &[Area]) -> i32 {
        let down = area.y + area.height / 2 < self.canvas.height as i32 / 2;
        // Each step passes one of them, so this ends.
        for _ in 0..=fixed.len() {
            let Some(under) = fixed
                .iter()
                .find(|it| it.overlaps(&area, self.rim.min(area.height / 3)))
            else {
                break;
            };
            area.y = if down {
                under.y + under.height + self.gap - area.rim(self.rim) - under.rim(self.rim)
            } else {
                under.y - area.height - self.gap + area.rim(self.rim) + under.rim(self.rim)
            };
        }
        let last = self.canvas.height as i32 - area.height;
        area.y.clamp(0, last.max(0)) & !1
    }

    /// A place at the right of the card, where there is one.
    fn beside(&self, mut area: Area, fixed: &[Area]) -> Option<Area> {
        let card = self.offer.first()?;
        let right = self.offer.iter().map(|part| part.x + part.width).max()?;
        area.x = (right + self.gap + 1) & !1;
        area.y = (card.y + 1) & !1;
        if area.x + area.width > self.canvas.width as i32 - self.gap {
            return None;
        }
        let mut others: Vec<_> = fixed.iter().chain(&self.offer).collect();
        others.sort_by_key(|other| other.y);
        for other in others {
            if other.overlaps(&area, 0) {
                area.y = (other.y + other.height + self.gap + 1) & !1;
            }
        }
        (area.y + area.height <= card.y + card.height).then_some(area)
    }

    /// Whether a part that was moved lies on the offer.
    fn is_crowded(&self, list: &[Layer], stays: impl Fn(&str) -> bool) -> bool {
        let moved = list
            .iter()
            .filter(|layer| MOVE_IN_GAME.contains(&layer.id) && layer.id != "next");
        moved.filter(|layer| !stays(layer.id)).any(|layer| {
            let area = Area::of(layer);
            let area = area.within(area.rim(self.rim));
            self.offer.iter().any(|part| part.overlaps(&area, 0))
        })
    }
}

/// A rectangle on the canvas.
#[derive(Clone, Copy)]
struct Area {
    x: i32,
    y: i32,
    width: i32,
    height: i32,
    soft: bool,
}

impl Area {
    fn of(layer: &Layer) -> Self {
        Self {
            x: layer.x,
            y: layer.y,
            width: i32::try_from(layer.width).unwrap_or(i32::MAX),
            height: i32::try_from(layer.height).unwrap_or(i32::MAX),
            soft: layer.id == "question",
        }
    }

    /// Without so much at each side.
    fn within(mut self, rim: i32) -> Self {
        (self.x, self.y) = (self.x + rim, self.y + rim);
        self.width = (self.width - 2 * rim).max(1);
        self.height = (self.height - 2 * rim).max(1);
        self
    }

    /// How much of the drawing's upper and lower side is a shadow.
    fn rim(&self, rim: i32) -> i32 {
        if self.soft { rim * 2 / 3 } else { 0 }
    }

    fn overlaps(&self, other: &Area, rim: i32) -> bool {
        let soft = if self.soft || other.soft { rim } else { 0 };
        let reach =
            |a: i32, length: i32, b: i32, other: i32| (a + length).min(b + other) - a.max(b);
        reach(self.x, self.width, other.x, other.width) > soft
            && reach(self.y, self.height, other.y, other.height) > soft
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(id: &'static str, x: i32, y: i32, width: u32, height: u32) -> Layer {
        Layer {
            id,
            version: 1,
            x,
            y,
            width,
            height,
            rgba: Vec::new().into(),
        }
    }

    const UPRIGHT: CanvasSize = CanvasSize {
        width: 1080,
        height: 1920,
    };

    fn at(list: &[Layer], id: &str) -> Option<i32> {
        list.iter()
            .find(|layer| layer.id == id)
            .map(|layer| layer.y)
    }

    #[test]
    fn a_question_goes_below_the_mark_and_what_it_then_covers_waits() {
        let mut list = vec![
            layer("card", 40, 952, 900, 328),
            layer("origin", 65, 598, 460, 72),
            layer("ticker", 53, 257, 974, 92),
            layer("question", 37, 325, 836, 292),
        ];
        let before = list.clone();
        make_room(&mut list, UPRIGHT, |_| false);
        assert_eq!(list, before, "nothing came");
        list.push(layer("logo", 800, 269, 215, 90));
        make_room(&mut list, UPRIGHT, |_| false);
        let (ticker, question) = (at(&list, "ticker").unwrap(), at(&list, "question").unwrap());
        assert!(ticker >= 359, "{ticker}");
        assert!(question + 28 >= ticker + 80, "{question} {ticker}");
        assert_eq!(at(&list, "origin"), None);
        assert_eq!(at(&list, "card"), Some(952));
    }

    #[test]
    fn what_a_hand_placed_stays_there() {
        let mut list = vec![
            layer("ticker", 53, 257, 974, 92),
            layer("logo", 800, 269, 215, 90),
        ];
        make_room(&mut list, UPRIGHT, |id| id == "ticker");
        assert_eq!(at(&list, "ticker"), Some(257));
    }
}
