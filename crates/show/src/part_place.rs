//! Where a hand put the parts of the picture, on each canvas by itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Canvas, Event, Refusal, Show, check};

/// All the room there is beside a part, in ten-thousandths.
const ROOM: i32 = 10_000;
/// Smallest size, per cent of the theme's: below that no phone shows its words.
const SIZE_LEAST: i32 = 75;
/// Largest size, per cent of the theme's; more fills the picture.
const SIZE_MOST: i32 = 200;

/// Declares the parts, each with the name of the layer it is drawn in: another part is another row.
macro_rules! parts {
    ($($(#[$doc:meta])* $part:ident = $layer:literal;)*) => {
        /// A part of the picture that can be moved by hand.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[cfg_attr(feature = "ts", derive(ts_rs::TS))]
        pub enum PicturePart {
            $($(#[$doc])* $part),*
        }

        impl PicturePart {
            /// All there are.
            pub const ALL: [PicturePart; [$($layer),*].len()] = [$(PicturePart::$part),*];

            /// Its name: that of the layer it is drawn in.
            pub fn name(self) -> &'static str {
                match self {
                    $(PicturePart::$part => $layer),*
                }
            }
        }
    };
}

parts! {
    /// Photo, title and prices; what the theme fastens to it goes along.
    Card = "card";
    /// What is left.
    Stock = "stock";
    /// The price clock.
    Countdown = "countdown";
    /// The lower line of notices.
    Ticker = "ticker";
    /// A viewer's question.
    Question = "question";
    /// Coupon, gift and limit.
    Perks = "perks";
    /// The next fall of the price.
    Drop = "drop";
    /// Where the product comes from.
    Origin = "origin";
    /// The QR code.
    Code = "code";
    /// What comes next.
    Next = "next";
    /// How far the goal is.
    Goal = "goal";
    /// The name and role of whoever speaks.
    LowerThird = "lower-third";
    /// The brand mark.
    Logo = "logo";
    /// A poll with its bars.
    Poll = "poll";
    /// A draw among viewers.
    Lottery = "lottery";
    /// An auction with its highest bid.
    Auction = "auction";
    /// The break's notice.
    Pause = "pause";
}

impl PicturePart {
    /// The part of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }
}

/// Where a part stands. Said as shares of the room beside it, so that no size and no theme takes it off the canvas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PartPlace {
    /// Ten-thousandths of the free width that lie left of it; 0 to 10 000.
    pub x: i32,
    /// Ten-thousandths of the free height that lie above it; 0 to 10 000.
    pub y: i32,
    /// Per cent of the size that the theme gives it; 75 to 200.
    pub size: i32,
}

/// The parts of one canvas that a hand moved.
pub type PartPlaces = BTreeMap<PicturePart, PartPlace>;

impl Show {
    /// Where a hand put parts on this canvas; the others stand where the theme has them.
    pub fn part_places(&self, canvas: Canvas) -> Option<&PartPlaces> {
        self.part_places.get(&canvas)
    }

    pub(crate) fn decide_place_part(
        &self,
        canvas: Canvas,
        part: PicturePart,
        place: Option<PartPlace>,
    ) -> Result<Vec<Event>, Refusal> {
        if let Some(place) = &place {
            check::range("part_x", place.x, 0, ROOM)?;
            check::range("part_y", place.y, 0, ROOM)?;
            check::range("part_size", place.size, SIZE_LEAST, SIZE_MOST)?;
        }
        let now = self.part_places(canvas).and_then(|all| all.get(&part));
        if now == place.as_ref() {
            return Ok(Vec::new());
        }
        Ok(vec![Event::PartPlaced {
            canvas,
            part,
            place,
        }])
    }

    /// Everything stands where the theme has it again.
    pub(crate) fn decide_reset_parts(&self, canvas: Canvas) -> Vec<Event> {
        let moved = self.part_places(canvas).into_iter().flatten();
        moved
            .map(|(part, _)| Event::PartPlaced {
                canvas,
                part: *part,
                place: None,
            })
            .collect()
    }

    pub(crate) fn apply_part_place(&mut self, event: &Event) {
        let Event::PartPlaced {
            canvas,
            part,
            place,
        } = event
        else {
            return;
        };
        let places = self.part_places.entry(*canvas).or_default();
        match place {
            Some(place) => places.insert(*part, *place),
            None => places.remove(part),
        };
        self.part_places.retain(|_, places| !places.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{At, Command, decide};

    fn run(show: &mut Show, command: Command) -> Result<usize, Refusal> {
        let events = decide(show, command, At(0))?;
        show.apply_all(&events);
        Ok(events.len())
    }

    fn put(part: PicturePart, place: Option<PartPlace>) -> Command {
        Command::PlacePart {
            canvas: Canvas::Portrait,
            part,
            place,
        }
    }

    const HERE: PartPlace = PartPlace {
        x: 0,
        y: 10_000,
        size: 120,
    };

    #[test]
    fn a_part_is_moved_on_one_canvas_and_taken_back_to_where_the_theme_has_it() {
        let mut show = Show::new("orchard");
        assert_eq!(run(&mut show, put(PicturePart::Card, Some(HERE))), Ok(1));
        assert_eq!(run(&mut show, put(PicturePart::Card, Some(HERE))), Ok(0));
        assert_eq!(
            show.part_places(Canvas::Portrait),
            Some(&PartPlaces::from([(PicturePart::Card, HERE)]))
        );
        assert_eq!(show.part_places(Canvas::Landscape), None);
        assert_eq!(run(&mut show, put(PicturePart::Card, None)), Ok(1));
        assert_eq!(run(&mut show, put(PicturePart::Card, None)), Ok(0));
        assert_eq!(show, Show::new("orchard"));
    }

    #[test]
    fn resetting_a_canvas_leaves_the_other_as_it_is() {
        let mut show = Show::new("orchard");
        for part in [PicturePart::Card, PicturePart::Ticker] {
            run(&mut show, put(part, Some(HERE))).unwrap();
        }
        let landscape = Command::PlacePart {
            canvas: Canvas::Landscape,
            part: PicturePart::Code,
            place: Some(HERE),
        };
        run(&mut show, landscape).unwrap();
        let reset = Command::ResetParts {
            canvas: Canvas::Portrait,
        };
        assert_eq!(run(&mut show, reset.clone()), Ok(2));
        assert_eq!(run(&mut show, reset), Ok(0));
        assert!(show.part_places(Canvas::Portrait).is_none());
        assert!(show.part_places(Canvas::Landscape).is_some());
    }

    #[test]
    fn no_place_leads_off_the_canvas_and_no_size_out_of_sight() {
        let mut show = Show::new("orchard");
        for place in [
            PartPlace { x: -1, ..HERE },
            PartPlace { x: 10_001, ..HERE },
            PartPlace { y: 10_001, ..HERE },
            PartPlace { size: 74, ..HERE },
            PartPlace { size: 201, ..HERE },
        ] {
            let refused = run(&mut show, put(PicturePart::Card, Some(place)));
            assert_eq!(refused.unwrap_err().code(), "out_of_range");
        }
        assert_eq!(show, Show::new("orchard"));
    }

    #[test]
    fn a_show_written_before_parts_could_be_moved_is_read_and_places_survive_the_journal() {
        let mut show = Show::new("orchard");
        run(&mut show, put(PicturePart::Card, Some(HERE))).unwrap();
        let mut value = serde_json::to_value(&show).unwrap();
        assert_eq!(serde_json::from_value::<Show>(value.clone()).unwrap(), show);
        value.as_object_mut().unwrap().remove("part_places");
        let before: Show = serde_json::from_value(value).unwrap();
        assert_eq!(before, Show::new("orchard"));
    }
}
