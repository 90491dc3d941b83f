//! Where a part stands on a canvas: inside the safe area, scaled from 1080 lines, on even pixels.

use stallcast_show::{PartPlace, PicturePart};

use crate::{
    CanvasSize, Piece, Theme,
    theme::{Margins, Position, middle, place_of_goal, place_of_names},
};

/// Where a part stands and how large it is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Place {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
    /// Canvas pixels for one unit of the drawing.
    pub scale: f32,
}

/// The place of a part, or `None` on a canvas too small to show it.
pub(crate) fn place(theme: &Theme, piece: Piece, canvas: CanvasSize) -> Option<Place> {
    let position = position_of(theme, piece)?;
    let (x, y, scale) = exact(theme, piece, position, canvas)?;
    let template = theme.template(piece)?;
    let width = even_up(template.width * scale).min(canvas.width & !1);
    let height = even_up(template.height * scale).min(canvas.height & !1);
    if width == 0 || height == 0 {
        return None;
    }
    Some(Place {
        x: even_inside(x, width, canvas.width),
        y: even_inside(y, height, canvas.height),
        width,
        height,
        scale,
    })
}

fn position_of(theme: &Theme, piece: Piece) -> Option<Position> {
    let positions = &theme.settings.positions;
    Some(match piece {
        Piece::Card => positions.card,
        Piece::Stock => positions.stock,
        Piece::Countdown => positions.countdown,
        Piece::Ticker => positions.ticker,
        Piece::Question => positions.question,
        Piece::Correction => positions.correction.unwrap_or(positions.ticker),
        Piece::Slate => positions.slate,
        Piece::Perks => positions.perks?,
        Piece::Drop => positions.drop?,
        Piece::Origin => positions.origin?,
        Piece::Code => positions.code?,
        Piece::Next => positions.next?,
        Piece::Pause => positions.pause.unwrap_or_else(middle),
        Piece::Goal => positions
            .goal
            .unwrap_or_else(|| place_of_goal(theme.settings.margins)),
        Piece::LowerThird => positions
            .lower_third
            .unwrap_or_else(|| place_of_names(theme.settings.margins)),
        Piece::Poll | Piece::Lottery | Piece::Auction => theme.settings.margins.game(),
    })
}

/// The rim of a part's drawing (a shadow) that lies around what is seen of it, in canvas pixels.
pub(crate) fn rim(theme: &Theme, piece: Piece, scale: f32) -> u32 {
    match position_of(theme, piece) {
        Some(Position::Safe { bleed, .. }) => (bleed * scale).round().max(0.0) as u32,
        Some(Position::OnCard { .. }) | None => 0,
    }
}

/// Where a hand put a part, if it did.
fn by_hand(theme: &Theme, piece: Piece) -> Option<PartPlace> {
    let part = match piece {
        Piece::Correction => PicturePart::Ticker,
        _ => PicturePart::named(piece.id())?,
    };
    theme.settings.placed.get(&part).copied()
}

/// Left, top and scale.
fn exact(
    theme: &Theme,
    piece: Piece,
    position: Position,
    canvas: CanvasSize,
) -> Option<(f32, f32, f32)> {
    let Some(hand) = by_hand(theme, piece) else {
        return as_the_theme_says(theme, piece, position, canvas);
    };
    let template = theme.template(piece)?;
    let (width, height) = (canvas.width as f32, canvas.height as f32);
    let size = match piece {
        // No camera reads a code that is smaller than the theme has it.
        Piece::Code => hand.size.max(100),
        _ => hand.size,
    };
    let usual = match position {
        Position::Safe { .. } => safe_scale(theme, piece, position, canvas)?,
        Position::OnCard { .. } => {
            safe_scale(theme, Piece::Card, theme.settings.positions.card, canvas)?
        }
    };
    let scale = (usual * size as f32 / 100.0)
        .min(width / template.width)
        .min(height / template.height);
    let share = |of: i32| of.clamp(0, 10_000) as f32 / 10_000.0;
    let x = (width - template.width * scale) * share(hand.x);
    let y = (height - template.height * scale) * share(hand.y);
    Some((x, y, scale))
}

fn as_the_theme_says(
    theme: &Theme,
    piece: Piece,
    position: Position,
    canvas: CanvasSize,
) -> Option<(f32, f32, f32)> {
    let template = theme.template(piece)?;
    let (canvas_width, canvas_height) = (canvas.width as f32, canvas.height as f32);
    match position {
        Position::Safe {
            anchor,
            dx,
            dy,
            bleed,
        } => {
            let margins = theme.settings.margins;
            let safe_width = canvas_width * (1.0 - 2.0 * margins.sides);
            let safe_height = canvas_height * (1.0 - margins.top - margins.bottom);
            let width = (template.width - 2.0 * bleed).max(1.0);
            let height = (template.height - 2.0 * bleed).max(1.0);
            let scale = safe_scale(theme, piece, position, canvas)?;
            let (share_x, share_y) = anchor.shares();
            let x = canvas_width * margins.sides
                + (safe_width - width * scale) * share_x
                + (dx - bleed) * scale;
            let y = canvas_height * margins.top
                + (safe_height - height * scale) * share_y
                + (dy - bleed) * scale;
            Some((x, y, scale))
        }
        Position::OnCard { card_x, card_y } => {
            let (x, y, scale) = exact(theme, Piece::Card, theme.settings.positions.card, canvas)?;
            if by_hand(theme, Piece::Card).is_none() {
                return Some((x + card_x * scale, y + card_y * scale, scale));
            }
            // What would leave the canvas with the card stands on its other side.
            let card = theme.template(Piece::Card)?;
            let beside = |card_at: f32, offset: f32, card_side: f32, side: f32, whole: f32| {
                let here = card_at + offset * scale;
                let there = card_at + (card_side - offset - side) * scale;
                let inside = |at: f32| at >= 0.0 && at + side * scale <= whole;
                if !inside(here) && inside(there) {
                    there
                } else {
                    here
                }
            };
            Some((
                beside(x, card_x, card.width, template.width, canvas_width),
                beside(y, card_y, card.height, template.height, canvas_height),
                scale,
            ))
        }
    }
}

/// Canvas pixels for one unit of a part's drawing, as the theme has it: no larger than the safe area takes.
fn safe_scale(theme: &Theme, piece: Piece, position: Position, canvas: CanvasSize) -> Option<f32> {
    let template = theme.template(piece)?;
    let bleed = match position {
        Position::Safe { bleed, .. } => bleed,
        Position::OnCard { .. } => 0.0,
    };
    let (canvas_width, canvas_height) = (canvas.width as f32, canvas.height as f32);
    let margins = theme.settings.margins;
    let safe_width = canvas_width * (1.0 - 2.0 * margins.sides);
    let safe_height = canvas_height * (1.0 - margins.top - margins.bottom);
    let width = (template.width - 2.0 * bleed).max(1.0);
    let height = (template.height - 2.0 * bleed).max(1.0);
    // What has a wide picture for itself is large enough.
    let size = match piece {
        Piece::Slate | Piece::Pause if margins == Margins::SCREEN => 1.0,
        _ => theme.settings.scale,
    };
    let scale = canvas_width.min(canvas_height) / 1080.0 * size;
    Some(scale.min(safe_width / width).min(safe_height / height))
}

/// The picture's colours are stored for two by two pixels: odd edges would blur.
fn even_up(length: f32) -> u32 {
    (length.ceil() as u32).next_multiple_of(2)
}

fn even_inside(start: f32, length: u32, whole: u32) -> u32 {
    let last = whole.saturating_sub(length);
    (start.round().max(0.0) as u32).min(last) & !1
}
