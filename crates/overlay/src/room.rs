//! Room for what comes to the picture beside the usual parts: some give way, some wait.

use crate::{CanvasSize, Layer};

/// Parts that move out of the way, in this order: what was placed before stays.
const MOVE: [&str; 5] = ["goal", "ticker", "next", "question", "lower-third"];
/// Parts of an offer that nobody misses for a while.
const WAIT: [&str; 4] = ["origin", "next", "code", "perks"];
/// Between two parts, in lines of 1080.
const GAP: f32 = 12.0;
/// A drawing's soft rim may lie on its neighbour, in lines of 1080.
const RIM: f32 = 34.0;

/// Moves parts off what they would cover, and leaves out those that wait. `stays` are parts that a hand put where they
/// are; nothing else that stands by itself is moved.
pub(crate) fn make_room(list: &mut Vec<Layer>, canvas: CanvasSize, stays: impl Fn(&str) -> bool) {
    let comes = |layer: &Layer| matches!(layer.id, "logo" | "goal" | "lower-third");
    if !list.iter().any(comes) {
        return;
    }
    let unit = canvas.width.min(canvas.height) as f32 / 1080.0;
    let (gap, rim) = ((GAP * unit) as i32, (RIM * unit) as i32);
    let upright = canvas.height > canvas.width;
    let mut fixed: Vec<Area> = list
        .iter()
        .filter(|layer| layer.id == "logo")
        .map(Area::of)
        .collect();
    for id in MOVE {
        // On an upright picture what comes next stands on the card.
        if upright && id == "next" {
            continue;
        }
        let Some(layer) = list.iter_mut().find(|layer| layer.id == id) else {
            continue;
        };
        let mut area = Area::of(layer);
        if !stays(id) {
            let down = area.y + area.height / 2 < canvas.height as i32 / 2;
            // Each step passes one of them, so this ends.
            for _ in 0..=fixed.len() {
                let Some(under) = fixed
                    .iter()
                    .find(|it| it.overlaps(&area, rim.min(area.height / 3)))
                else {
                    break;
                };
                area.y = if down {
                    under.y + under.height + gap - area.rim(rim)
                } else {
                    under.y - area.height - gap + area.rim(rim)
                };
            }
            let last = canvas.height as i32 - area.height;
            area.y = area.y.clamp(0, last.max(0)) & !1;
            layer.y = area.y;
        }
        fixed.push(area);
    }
    list.retain(|layer| {
        let waits = WAIT.contains(&layer.id) && (upright || layer.id != "next");
        let area = Area::of(layer);
        !waits || !fixed.iter().any(|it| it.overlaps(&area, rim))
    });
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
