//! The layout of a scene on a canvas: the one a person made, or one made from the other canvas's.

use std::borrow::Cow;

use crate::{Area, Canvas, Placement, Scene, Show, SourceId, SourceKind};

/// Ten-thousandths in a whole.
const WHOLE: i32 = 10_000;
/// A picture of this share of the canvas and more is one of its main ones, in ten-thousandths.
const MAIN_SHARE: i64 = 2_500;
/// What the bars of a phone's live player cover of a portrait canvas, above; 12 % is its host and audience line.
const PHONE_TOP: i32 = 1_200;
/// Where the chat of a phone's live player begins; small pictures stay above.
const PHONE_CHAT: i32 = 6_200;
/// A whole 16:9 picture across a portrait canvas: 9/16 of 9/16 of its height.
const BAND: i32 = 3_164;
/// Where that band stands when it is alone: a little above the middle, as the eye expects.
const BAND_ALONE: i32 = 2_600;
/// Largest width of a small picture on a portrait canvas, and largest height on a landscape one.
const SMALL_MOST: i32 = 4_600;

impl Show {
    /// What stands where when a scene is shown on a canvas, bottom first. A scene without a layout of its own for
    /// it gets one from the other canvas's: cameras and clips fill the place, a screen or window is shown whole
    /// with the camera below, small pictures keep their size and their corner.
    pub fn layout<'a>(&'a self, scene: &'a Scene, canvas: Canvas) -> Cow<'a, [Placement]> {
        if let Some(own) = scene.layouts.get(&canvas.id()) {
            return Cow::Borrowed(own);
        }
        let other = scene.layouts.get(&canvas.other().id());
        Cow::Owned(other.map_or_else(Vec::new, |other| self.turned(other, canvas)))
    }

    fn turned(&self, placements: &[Placement], to: Canvas) -> Vec<Placement> {
        let must_be_whole = |source: &SourceId| {
            let kind = self.sources.get(source).map(|source| &source.kind);
            matches!(
                kind,
                Some(SourceKind::Screen { .. } | SourceKind::Window { .. })
            )
        };
        let shares = |placement: &Placement| {
            i64::from(placement.area.width) * i64::from(placement.area.height) / i64::from(WHOLE)
        };
        let screen = placements
            .iter()
            .rposition(|placement| is_full(placement.area) && must_be_whole(&placement.source));
        // Who speaks beside the screen: the largest of the others.
        let speaker = (0..placements.len())
            .filter(|index| !must_be_whole(&placements[*index].source))
            .filter(|index| screen.is_none_or(|screen| *index > screen))
            .max_by_key(|index| (shares(&placements[*index]), std::cmp::Reverse(*index)));
        let area = |index: usize, placement: &Placement| match to {
            Canvas::Portrait if screen == Some(index) => match speaker {
                Some(_) => band(PHONE_TOP),
                None => band(BAND_ALONE),
            },
            Canvas::Portrait if screen.is_some() && speaker == Some(index) => Area {
                x: 0,
                y: PHONE_TOP + BAND,
                width: WHOLE,
                height: WHOLE - PHONE_TOP - BAND,
            },
            Canvas::Landscape if must_be_whole(&placement.source) && is_wide(placement.area) => {
                Area::FULL
            }
            _ if is_full(placement.area) => Area::FULL,
            _ if shares(placement) >= MAIN_SHARE => Area {
                x: placement.area.y,
                y: placement.area.x,
                width: placement.area.height,
                height: placement.area.width,
            },
            _ => small(placement.area, to),
        };
        placements
            .iter()
            .enumerate()
            .map(|(index, placement)| Placement {
                area: area(index, placement),
                ..placement.clone()
            })
            .collect()
    }
}

fn is_full(area: Area) -> bool {
    area.x <= 0 && area.y <= 0 && area.x + area.width >= WHOLE && area.y + area.height >= WHOLE
}

fn is_wide(area: Area) -> bool {
    area.x <= 0 && area.x + area.width >= WHOLE
}

fn band(y: i32) -> Area {
    Area {
        x: 0,
        y,
        width: WHOLE,
        height: BAND,
    }
}

/// As many pixels as on the other canvas where that is not too large, in the same corner.
fn small(area: Area, to: Canvas) -> Area {
    let (wider, lower) = ((16, 9), (9, 16));
    let ((a, b), (top, bottom)) = match to {
        Canvas::Portrait => (wider, (PHONE_TOP, PHONE_CHAT)),
        Canvas::Landscape => (lower, (0, WHOLE)),
    };
    let (width, height) = (area.width * a / b, area.height * b / a);
    let longest = match to {
        Canvas::Portrait => width,
        Canvas::Landscape => height,
    };
    let fit = |side: i32| (side * SMALL_MOST / longest.max(SMALL_MOST)).max(1);
    let (width, height) = (fit(width), fit(height));
    let along = |at: i32, side: i32, from: i32, to: i32, new: i32| {
        let free = (WHOLE - side).max(1);
        from + i64_part(at.clamp(0, free), free, (to - from - new).max(0))
    };
    Area {
        x: along(area.x, area.width, 0, WHOLE, width),
        y: along(area.y, area.height, top, bottom, height),
        width,
        height,
    }
}

fn i64_part(of: i32, whole: i32, length: i32) -> i32 {
    let part = i64::from(of) * i64::from(length) / i64::from(whole);
    i32::try_from(part).unwrap_or(length)
}
