//! Where a part stands on a canvas: inside the safe area, scaled from 1080 lines, on even pixels.

use crate::{
    CanvasSize, Piece, Theme,
    theme::{Position, middle, place_of_goal, place_of_names},
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
    let positions = &theme.settings.positions;
    let position = match piece {
        Piece::Card => positions.card,
        Piece::Stock => positions.stock,
        Piece::Countdown => positions.countdown,
        Piece::Ticker => positions.ticker,
        Piece::Question => positions.question,
        Piece::Slate => positions.slate,
        Piece::Perks => positions.perks?,
        Piece::Drop => positions.drop?,
        Piece::Origin => positions.origin?,
        Piece::Code => positions.code?,
        Piece::Next => positions.next?,
        Piece::Pause => positions.pause.unwrap_or_else(middle),
        Piece::Poll | Piece::Lottery => theme.settings.margins.game(),
        Piece::Goal => positions
            .goal
            .unwrap_or_else(|| place_of_goal(theme.settings.margins)),
        Piece::LowerThird => positions
            .lower_third
            .unwrap_or_else(|| place_of_names(theme.settings.margins)),
    };
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

fn exact(
    theme: &Theme,
    piece: Piece,
    position: Position,
    canvas: CanvasSize,
) -> Option<(f32, f32, f32)> {
    match position {
        Position::Safe {
            anchor,
            dx,
            dy,
            bleed,
        } => {
            let template = theme.template(piece)?;
            let (canvas_width, canvas_height) = (canvas.width as f32, canvas.height as f32);
            let margins = theme.settings.margins;
            let safe_width = canvas_width * (1.0 - 2.0 * margins.sides);
            let safe_height = canvas_height * (1.0 - margins.top - margins.bottom);
            let width = (template.width - 2.0 * bleed).max(1.0);
            let height = (template.height - 2.0 * bleed).max(1.0);
            let scale = (canvas_width.min(canvas_height) / 1080.0 * theme.settings.scale)
                .min(safe_width / width)
                .min(safe_height / height);
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
            Some((x + card_x * scale, y + card_y * scale, scale))
        }
    }
}

/// The picture's colours are stored for two by two pixels: odd edges would blur.
fn even_up(length: f32) -> u32 {
    (length.ceil() as u32).next_multiple_of(2)
}

fn even_inside(start: f32, length: u32, whole: u32) -> u32 {
    let last = whole.saturating_sub(length);
    (start.round().max(0.0) as u32).min(last) & !1
}
