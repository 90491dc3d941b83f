//! Prices and clocks: set in parts, shrunk when too wide, never cut.

use crate::{
    Fonts,
    fit::{Fitted, Frame, LINE, Line, Look, Run, SLACK, lines},
    price::MoneyParts,
};

/// Sign and fraction of a price beside its whole units.
const SIGN_SHARE: f32 = 0.56;
const FRACTION_SHARE: f32 = 0.62;

/// The ten digits and the colon in one look, in cells of one width: a clock would tremble without them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DigitCells {
    glyphs: Vec<(char, Line)>,
    digit: f32,
    colon: f32,
}

/// A price: never cut, only shrunk.
pub(crate) fn fit_price(fonts: &Fonts, look: Look, frame: Frame, price: &MoneyParts) -> Fitted {
    let parts = [&price.sign, &price.whole, &price.fraction].map(String::as_str);
    let mut whole = Line::default();
    for (part, share) in
        lines(fonts, look, &parts)
            .into_iter()
            .zip([SIGN_SHARE, 1.0, FRACTION_SHARE])
    {
        whole.runs.extend(part.runs.into_iter().map(|run| Run {
            x: whole.width + run.x * share,
            share,
            ..run
        }));
        whole.width += part.width * share;
    }
    Fitted {
        size: frame
            .size
            .min(frame.height / LINE)
            .min(frame.width * SLACK / whole.width.max(0.01)),
        lines: vec![whole],
    }
}

/// Measures the cells of a clock.
pub(crate) fn digit_cells(fonts: &Fonts, look: Look) -> DigitCells {
    let glyphs = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", ":"];
    let lines = lines(fonts, look, &glyphs);
    DigitCells {
        digit: lines
            .iter()
            .take(10)
            .map(|line| line.width)
            .fold(0.0, f32::max),
        colon: lines.last().map_or(0.0, |line| line.width),
        glyphs: "0123456789:".chars().zip(lines).collect(),
    }
}

/// A clock: digits in equal cells, shrunk when there are hours.
pub(crate) fn fit_digits(cells: &DigitCells, frame: Frame, text: &str) -> Fitted {
    let mut whole = Line::default();
    for c in text.chars() {
        let cell = if c == ':' { cells.colon } else { cells.digit };
        if let Some((_, glyph)) = cells.glyphs.iter().find(|(known, _)| *known == c) {
            let x = whole.width + (cell - glyph.width) / 2.0;
            whole
                .runs
                .extend(glyph.runs.iter().map(|run| Run { x, ..run.clone() }));
        }
        whole.width += cell;
    }
    Fitted {
        size: frame
            .size
            .min(frame.height / LINE)
            .min(frame.width / whole.width.max(0.01)),
        lines: vec![whole],
    }
}
