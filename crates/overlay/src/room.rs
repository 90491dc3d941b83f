//! Room for everything that is on: what lies on something more important goes to the nearest free place, or waits.

use stallcast_show::PicturePart;

use crate::Layer;

/// What gives way to each other, the most important first. What was pressed for a moment comes before what only goes
/// along; the offer and the brand mark stand before all of them and are never moved.
const ORDER: [&str; 12] = [
    "correction",
    "poll",
    "lottery",
    "auction",
    "question",
    "code",
    "lower-third",
    "goal",
    "perks",
    "ticker",
    "origin",
    "next",
];
/// What says what is sold and for how much.
const OFFER: [&str; 4] = ["card", "countdown", "stock", "drop"];
/// Parts that never wait: where there is no room they stand in their own place, over others.
const MUST: usize = 4;
/// Between two parts, in lines of 1080.
const GAP: f32 = 8.0;
/// Parts that a theme lets touch each other may share so many lines of 1080.
const TOUCH: f32 = 5.0;
/// Places looked at for each part in each arrangement, and arrangements followed at once.
const SPOTS: usize = 6;
const FOLLOWED: usize = 48;
/// Two places nearer than this are one, in lines of 1080.
const SAME: i32 = 36;
/// What moving a part costs beside the way, in lines of 1080: rather one part far than several a little.
const MOVED: u64 = 90;
/// More than any way: the least important part that waits costs this, each before it twice as much.
const WAITS: u64 = 1 << 20;

/// A rectangle on the canvas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Area {
    pub x: i32,
    pub y: i32,
    pub width: i32,
    pub height: i32,
}

/// A part on the picture: what is seen of it, without a soft rim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    pub id: &'static str,
    pub area: Area,
    /// Nothing moves it: a hand put it there, or it is no part that moves.
    pub stays: bool,
}

/// What was done about it: how far each part goes, by its place in the list; `None` = it waits.
pub(crate) type Moves = Vec<Option<(i32, i32)>>;

/// The last arrangement: a step of a clock changes no place.
#[derive(Debug, Default)]
pub(crate) struct Room {
    of: Vec<Standing>,
    moves: Moves,
}

impl Room {
    /// Moves layers off what they would cover and takes those out that wait; which these are. `safe` is where parts may
    /// go, `unit` the pixels of one line of 1080.
    pub(crate) fn make(
        &mut self,
        list: &mut Vec<Layer>,
        standing: Vec<Standing>,
        safe: Area,
        unit: f32,
    ) -> Vec<PicturePart> {
        if self.of != standing {
            self.moves = arrange(&standing, safe, unit);
            self.of = standing;
        }
        let mut waiting = Vec::new();
        let mut moves = self.moves.iter();
        list.retain_mut(|layer| match moves.next() {
            Some(Some((x, y))) => {
                (layer.x, layer.y) = (layer.x + x, layer.y + y);
                true
            }
            Some(None) => {
                waiting.extend(PicturePart::named(layer.id));
                false
            }
            None => true,
        });
        waiting
    }
}

/// One arrangement in the making.
#[derive(Clone)]
struct Plan {
    cost: u64,
    placed: Vec<Placed>,
    moves: Moves,
}

#[derive(Clone, Copy)]
struct Placed {
    area: Area,
    moved: bool,
    /// Of the offer: what a theme lays on it, or a hand under it, stands where they want it.
    offer: bool,
}

struct Bounds {
    safe: Area,
    gap: i32,
    touch: i32,
    unit: f32,
}

fn arrange(standing: &[Standing], safe: Area, unit: f32) -> Moves {
    let pixels = |lines: f32| (lines * unit).round() as i32;
    let bounds = Bounds {
        safe,
        gap: pixels(GAP),
        touch: pixels(TOUCH),
        unit,
    };
    let rank = |part: &Standing| {
        let known = ORDER.iter().position(|id| *id == part.id);
        known.filter(|_| !part.stays)
    };
    let fixed = standing.iter().filter(|part| rank(part).is_none());
    let placed = fixed.map(|part| Placed {
        area: part.area,
        moved: false,
        offer: OFFER.contains(&part.id),
    });
    let mut plans = vec![Plan {
        cost: 0,
        placed: placed.collect(),
        moves: vec![Some((0, 0)); standing.len()],
    }];
    let mut parts: Vec<(usize, usize)> = standing
        .iter()
        .enumerate()
        .filter_map(|(at, part)| Some((rank(part)?, at)))
        .collect();
    parts.sort_unstable();
    for (rank, at) in parts {
        let Some(part) = standing.get(at) else {
            continue;
        };
        let ahead = |plan: &Plan| bounds.with(plan, part.area, rank, at);
        plans = plans.iter().flat_map(ahead).collect();
        plans.sort_by_key(|plan| plan.cost);
        plans.truncate(FOLLOWED);
    }
    let best = plans.into_iter().next();
    best.map_or_else(Vec::new, |plan| plan.moves)
}

impl Bounds {
    /// The arrangement with one more part: in its own place, in others near it, and without it.
    fn with(&self, plan: &Plan, own: Area, rank: usize, at: usize) -> Vec<Plan> {
        let standing = |area: Area, cost: u64| {
            let mut next = plan.clone();
            let by = (area.x - own.x, area.y - own.y);
            next.cost += cost;
            next.placed.push(Placed {
                area,
                moved: by != (0, 0),
                offer: false,
            });
            if let Some(moves) = next.moves.get_mut(at) {
                *moves = Some(by);
            }
            next
        };
        let mut plans = Vec::new();
        if self.is_free_at_home(own, &plan.placed) {
            plans.push(standing(own, 0));
        }
        for area in self.spots(own, &plan.placed) {
            plans.push(standing(area, MOVED + self.way(own, area)));
        }
        let cost = WAITS << (ORDER.len() - rank);
        if rank < MUST {
            plans.push(standing(own, cost));
        } else {
            let mut next = plan.clone();
            next.cost += cost;
            if let Some(moves) = next.moves.get_mut(at) {
                *moves = None;
            }
            plans.push(next);
        }
        plans
    }

    fn is_free_at_home(&self, own: Area, placed: &[Placed]) -> bool {
        placed.iter().all(|other| {
            let least = if other.moved { self.gap } else { -self.touch };
            other.offer || own.is_apart(other.area, least)
        })
    }

    /// Free places, the nearest first: beside what stands, and at the sides of where parts may go.
    fn spots(&self, own: Area, placed: &[Placed]) -> Vec<Area> {
        let others = || placed.iter().map(|other| other.area);
        let right = self.safe.x + self.safe.width - own.width;
        let bottom = self.safe.y + self.safe.height - own.height;
        let mut columns = vec![own.x, self.safe.x, right];
        let mut rows = vec![own.y, self.safe.y, bottom];
        for other in others() {
            columns.extend([
                other.x,
                other.x + other.width + self.gap,
                other.x - own.width - self.gap,
            ]);
            rows.extend([
                other.y,
                other.y + other.height + self.gap,
                other.y - own.height - self.gap,
            ]);
        }
        // Layers stand on even pixels: their way is even, towards the middle of the gap.
        let even = |at: i32, home: i32| home + (at - home + 1).div_euclid(2) * 2;
        let tidy = |all: &mut Vec<i32>, home: i32, from: i32, to: i32| {
            for at in all.iter_mut() {
                *at = even(*at, home);
            }
            all.retain(|at| (from..=to + 1).contains(at));
            all.sort_unstable();
            all.dedup();
        };
        tidy(
            &mut columns,
            own.x,
            self.safe.x.min(own.x),
            right.max(own.x),
        );
        tidy(&mut rows, own.y, self.safe.y.min(own.y), bottom.max(own.y));
        let mut all: Vec<Area> = columns
            .iter()
            .flat_map(|x| {
                rows.iter().map(move |y| Area {
                    x: *x,
                    y: *y,
                    ..own
                })
            })
            .filter(|area| *area != own)
            .collect();
        all.sort_by_key(|area| self.way(own, *area));
        let same = (SAME as f32 * self.unit) as i32;
        let mut free: Vec<Area> = Vec::new();
        for area in all {
            let is_new = |known: &Area| (known.x - area.x).abs() + (known.y - area.y).abs() > same;
            // Rounding to even pixels may take one off the gap.
            let stands = || others().all(|other| area.is_apart(other, self.gap - 2));
            if free.iter().all(is_new) && stands() {
                free.push(area);
                if free.len() == SPOTS {
                    break;
                }
            }
        }
        free
    }

    /// How far it is, in lines of 1080.
    fn way(&self, from: Area, to: Area) -> u64 {
        let way = (from.x - to.x).abs() + (from.y - to.y).abs();
        (way as f32 / self.unit.max(0.01)) as u64
    }
}

impl Area {
    /// What a layer covers.
    pub(crate) fn of(layer: &Layer) -> Self {
        Self {
            x: layer.x,
            y: layer.y,
            width: i32::try_from(layer.width).unwrap_or(i32::MAX / 4),
            height: i32::try_from(layer.height).unwrap_or(i32::MAX / 4),
        }
    }

    /// Without so much at each side.
    pub(crate) fn within(mut self, rim: i32) -> Self {
        (self.x, self.y) = (self.x + rim, self.y + rim);
        self.width = (self.width - 2 * rim).max(1);
        self.height = (self.height - 2 * rim).max(1);
        self
    }

    /// What two have in common.
    pub(crate) fn and(self, other: Area) -> Self {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        let right = (self.x + self.width).min(other.x + other.width);
        let bottom = (self.y + self.height).min(other.y + other.height);
        Self {
            x,
            y,
            width: (right - x).max(1),
            height: (bottom - y).max(1),
        }
    }

    /// Whether at least so much lies between two.
    fn is_apart(self, other: Area, gap: i32) -> bool {
        self.x >= other.x + other.width + gap
            || other.x >= self.x + self.width + gap
            || self.y >= other.y + other.height + gap
            || other.y >= self.y + self.height + gap
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAFE: Area = Area {
        x: 65,
        y: 269,
        width: 950,
        height: 979,
    };

    fn part(id: &'static str, x: i32, y: i32, width: i32, height: i32) -> Standing {
        Standing {
            id,
            area: Area {
                x,
                y,
                width,
                height,
            },
            stays: false,
        }
    }

    fn moves(parts: &[Standing]) -> Moves {
        arrange(parts, SAFE, 1.0)
    }

    #[test]
    fn a_question_and_a_code_find_room_for_both_and_the_mark_stays() {
        let parts = [
            part("card", 65, 984, 864, 264),
            part("code", 697, 600, 232, 284),
            part("question", 65, 353, 780, 260),
            part("logo", 800, 269, 215, 97),
        ];
        let moved = moves(&parts);
        assert_eq!(moved[0], Some((0, 0)));
        assert_eq!(moved[3], Some((0, 0)), "the mark keeps its corner");
        assert!(moved[1].is_some() && moved[2].is_some(), "{moved:?}");
        let at = |index: usize| {
            let (x, y) = moved[index].unwrap();
            let area = parts[index].area;
            Area {
                x: area.x + x,
                y: area.y + y,
                ..area
            }
        };
        assert!(at(1).is_apart(at(2), 6), "{:?} {:?}", at(1), at(2));
        assert!(at(2).is_apart(at(3), 6), "{:?} {:?}", at(2), at(3));
    }

    #[test]
    fn where_there_is_no_room_the_least_important_waits() {
        let parts = [
            part("card", 65, 600, 950, 648),
            part("next", 65, 440, 520, 90),
            part("goal", 65, 269, 560, 128),
            part("question", 65, 353, 780, 236),
        ];
        let moved = moves(&parts);
        assert_eq!(moved[1], None, "{moved:?}");
        assert!(moved[2].is_none() && moved[3].is_some(), "{moved:?}");
    }

    #[test]
    fn what_a_theme_lays_on_the_card_and_what_a_hand_put_there_is_not_moved() {
        let on_card = part("origin", 100, 1_000, 460, 72);
        let card = part("card", 65, 984, 864, 264);
        assert_eq!(moves(&[card, on_card])[1], Some((0, 0)));
        let mut ticker = part("ticker", 65, 269, 950, 68);
        ticker.stays = true;
        let goal = part("goal", 65, 269, 560, 128);
        let moved = moves(&[ticker, goal]);
        assert_eq!(moved[0], Some((0, 0)));
        assert_eq!(moved[1], Some((0, 76)));
    }

    #[test]
    fn a_notice_that_must_stand_never_waits() {
        let logo = part("logo", 65, 269, 950, 979);
        let parts = [logo, part("correction", 65, 269, 950, 100)];
        assert_eq!(moves(&parts)[1], Some((0, 0)));
    }
}
