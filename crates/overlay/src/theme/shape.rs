//! What differs on an upright canvas: where parts stand, how large they are, and what is kept free.

use serde::Deserialize;

use super::settings::{Anchor, Position, Positions};

/// What is kept free at each side, as shares of the canvas.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Margins {
    pub sides: f32,
    pub top: f32,
    pub bottom: f32,
}

impl Margins {
    /// What a player's frame and old screens cover.
    pub(crate) const SCREEN: Margins = Margins {
        sides: 0.05,
        top: 0.05,
        bottom: 0.05,
    };
    /// What a phone's player covers: the host's line above; chat, goods and the line to write in below. Meta's business
    /// help names 14 %, 35 % and 6 % for upright video; TikTok and Douyin cover about the same.
    pub(crate) const PHONE: Margins = Margins {
        sides: 0.06,
        top: 0.14,
        bottom: 0.35,
    };
}

impl Margins {
    /// Where a game stands: beside the card on a wide canvas, below the ticker on an upright one.
    pub(crate) fn game(self) -> Position {
        let (anchor, dy) = if self == Self::PHONE {
            (Anchor::Top, 92.0)
        } else {
            (Anchor::Right, 0.0)
        };
        Position::Safe {
            anchor,
            dx: 0.0,
            dy,
            bleed: 0.0,
        }
    }
}

/// Where names stand in themes that do not say: beside the card above the ticker; upright, below the ticker.
pub(crate) fn place_of_names(margins: Margins) -> Position {
    let (anchor, dy) = if margins == Margins::PHONE {
        (Anchor::TopLeft, 84.0)
    } else {
        (Anchor::BottomRight, -92.0)
    };
    Position::Safe {
        anchor,
        dx: 0.0,
        dy,
        bleed: 0.0,
    }
}

/// Where a goal stands in themes that do not say: in an upper corner.
pub(crate) fn place_of_goal(margins: Margins) -> Position {
    let (anchor, dy) = if margins == Margins::PHONE {
        (Anchor::TopLeft, 0.0)
    } else {
        (Anchor::TopRight, 0.0)
    };
    Position::Safe {
        anchor,
        dx: 0.0,
        dy,
        bleed: 0.0,
    }
}

impl Default for Margins {
    fn default() -> Self {
        Self::SCREEN
    }
}

/// `portrait` of `theme.json`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Portrait {
    pub positions: Positions,
    /// Size of all parts, 0.5 to 2 of what 1080 pixels across would give.
    #[serde(default = "whole")]
    pub scale: f32,
}

/// The scale that changes nothing.
pub(crate) fn whole() -> f32 {
    1.0
}
