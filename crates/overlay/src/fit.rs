//! Makes a text fit its box: shrink, then wrap, then an ellipsis; measured with the fonts that draw it.

use resvg::usvg::{Group, Node, Tree};
use unicode_segmentation::UnicodeSegmentation;

use crate::{
    Fonts,
    fonts::{Boldness, Face},
    price::MoneyParts,
    words::{escape, segments},
};

/// Distance of baselines, in text sizes.
pub(crate) const LINE: f32 = 1.24;
/// Size texts are measured at.
const RULER: f32 = 100.0;
/// Sizes tried between the largest and the smallest when a text wraps.
const STEPS: u8 = 6;
/// Shaping rounds advances: a hair of the width is kept free.
const SLACK: f32 = 0.997;
/// Sign and fraction of a price beside its whole units.
const SIGN_SHARE: f32 = 0.56;
const FRACTION_SHARE: f32 = 0.62;

/// The look of a text, as far as its width depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Look {
    pub face: Face,
    pub boldness: Boldness,
}

/// A box to fit into, in units of the drawing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Frame {
    pub width: f32,
    pub height: f32,
    pub size: f32,
    pub smallest: f32,
    pub lines: usize,
}

/// A stretch of text of one size.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Run {
    pub text: String,
    /// Share of the line's size.
    pub share: f32,
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    pub runs: Vec<Run>,
    /// In text sizes.
    pub width: f32,
    /// Left edge of every character in text sizes, when they stand in fixed cells.
    pub cells: Option<Vec<f32>>,
}

/// A text that fits its box.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fitted {
    pub lines: Vec<Line>,
    pub size: f32,
}

/// Widths of the ten digits and the colon in one look; a clock would tremble without them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct DigitCells {
    digit: f32,
    colon: f32,
}

/// Widths of texts in text sizes.
pub(crate) fn widths(fonts: &Fonts, look: Look, texts: &[&str]) -> Vec<f32> {
    let weight = weight(look.boldness);
    let family = look.face.family();
    let mut svg = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"10\" height=\"10\" xml:space=\"preserve\">",
    );
    for (index, text) in texts.iter().enumerate() {
        svg.push_str(&format!(
            "<text id=\"t{index}\" font-family=\"{family}\" font-weight=\"{weight}\" font-size=\"{RULER}\">{}</text>",
            escape(text)
        ));
    }
    svg.push_str("</svg>");
    let mut out = vec![0.0; texts.len()];
    match Tree::from_str(&svg, &fonts.options()) {
        Ok(tree) => collect(tree.root(), &mut out),
        Err(error) => tracing::error!(%error, "a text could not be measured"),
    }
    out
}

fn collect(group: &Group, out: &mut [f32]) {
    for node in group.children() {
        match node {
            Node::Text(text) => {
                let index = text.id().strip_prefix('t').and_then(|id| id.parse().ok());
                if let Some(width) = index.and_then(|index: usize| out.get_mut(index)) {
                    *width = text.bounding_box().width() / RULER;
                }
            }
            Node::Group(inner) => collect(inner, out),
            _ => {}
        }
    }
}

pub(crate) fn weight(boldness: Boldness) -> u16 {
    match boldness {
        Boldness::Regular => 400,
        Boldness::Bold => 700,
    }
}

/// Fits a cleaned text; an empty one gives no lines.
pub(crate) fn fit(fonts: &Fonts, look: Look, frame: Frame, text: &str) -> Fitted {
    if let Some(whole) = fit_whole(fonts, look, frame, text) {
        return whole;
    }
    let limit = lines_at(frame, frame.smallest);
    let room = frame.width / frame.smallest * SLACK;
    let mut lines = wrap(fonts, look, text, room);
    if lines.len() > limit {
        let rest = lines.split_off(limit.saturating_sub(1)).concat();
        lines.push(cut(fonts, look, &rest, room));
    }
    verified(fonts, look, frame, lines, frame.smallest)
}

/// Fits a text onto as many pages as it needs, at one size for all of them.
pub(crate) fn fit_pages(fonts: &Fonts, look: Look, frame: Frame, text: &str) -> Vec<Fitted> {
    if let Some(whole) = fit_whole(fonts, look, frame, text) {
        return vec![whole];
    }
    let limit = lines_at(frame, frame.smallest);
    let room = frame.width / frame.smallest * SLACK;
    wrap(fonts, look, text, room)
        .chunks(limit)
        .map(|lines| verified(fonts, look, frame, lines.to_vec(), frame.smallest))
        .collect()
}

/// The whole text on one line down to the smallest size, else on more lines; `None` when it needs a cut.
fn fit_whole(fonts: &Fonts, look: Look, frame: Frame, text: &str) -> Option<Fitted> {
    if text.is_empty() {
        return Some(Fitted {
            lines: Vec::new(),
            size: frame.size,
        });
    }
    let width = widths(fonts, look, &[text]).first().copied()?;
    let largest = frame.size.min(frame.height / LINE);
    let smallest = frame.smallest.min(largest);
    let size = largest.min(frame.width * SLACK / width.max(0.01));
    if size >= smallest {
        return Some(Fitted {
            lines: vec![plain(text, width)],
            size,
        });
    }
    for step in 0..=STEPS {
        let size = frame.size - (frame.size - frame.smallest) * f32::from(step) / f32::from(STEPS);
        let limit = lines_at(frame, size);
        // One line was tried above; a size at which not even two fit is too large.
        if limit < 2 || width * size > frame.width * limit as f32 {
            continue;
        }
        let lines = wrap(fonts, look, text, frame.width / size * SLACK);
        if lines.len() <= limit {
            return Some(verified(fonts, look, frame, lines, size));
        }
    }
    None
}

fn lines_at(frame: Frame, size: f32) -> usize {
    frame.lines.min((frame.height / (size * LINE) + 0.01) as usize).max(1)
}

fn plain(text: &str, width: f32) -> Line {
    Line {
        runs: vec![Run {
            text: text.to_owned(),
            share: 1.0,
        }],
        width,
        cells: None,
    }
}

/// Measures the lines as they will be drawn and takes back what shaping them together added.
fn verified(fonts: &Fonts, look: Look, frame: Frame, lines: Vec<String>, size: f32) -> Fitted {
    let texts: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    let widths = widths(fonts, look, &texts);
    let widest = widths.iter().copied().fold(0.01, f32::max);
    Fitted {
        size: size.min(frame.width / widest).min(frame.height / LINE),
        lines: texts
            .iter()
            .zip(widths)
            .map(|(text, width)| plain(text, width))
            .collect(),
    }
}

/// Breaks a text into lines of at most `room` text sizes. A word longer than a line is cut between
/// graphemes.
fn wrap(fonts: &Fonts, look: Look, text: &str, room: f32) -> Vec<String> {
    let mut pieces: Vec<&str> = segments(text);
    let mut measured = inked(fonts, look, &pieces);
    if measured.iter().any(|(ink, _)| *ink > room) {
        pieces = pieces
            .iter()
            .zip(&measured)
            .flat_map(|(piece, (ink, _))| {
                if *ink > room {
                    piece.graphemes(true).collect()
                } else {
                    vec![*piece]
                }
            })
            .collect();
        measured = inked(fonts, look, &pieces);
    }
    let mut lines = vec![String::new()];
    let mut used = 0.0;
    for (piece, (ink, advance)) in pieces.iter().zip(measured) {
        if used > 0.0 && used + ink > room {
            lines.push(String::new());
            used = 0.0;
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(piece);
        }
        used += advance;
    }
    lines
}

/// Width of each piece without and with its trailing space.
fn inked(fonts: &Fonts, look: Look, pieces: &[&str]) -> Vec<(f32, f32)> {
    let mut texts: Vec<&str> = pieces.iter().map(|piece| piece.trim_end()).collect();
    // A space alone has no box: its width is the difference it makes between two letters.
    texts.extend(["nn", "n n"]);
    let all = widths(fonts, look, &texts);
    let space = match all.as_slice() {
        [.., without, with] => with - without,
        _ => 0.0,
    };
    pieces
        .iter()
        .zip(&all)
        .map(|(piece, ink)| {
            let trailing = if piece.ends_with(' ') { space } else { 0.0 };
            (*ink, ink + trailing)
        })
        .collect()
}

/// The longest beginning of a text that fits with an ellipsis behind it.
fn cut(fonts: &Fonts, look: Look, text: &str, room: f32) -> String {
    let graphemes: Vec<&str> = text.graphemes(true).collect();
    let (mut fits, mut too_many) = (0, graphemes.len());
    let candidate = |count: usize| format!("{}…", graphemes[..count].concat().trim_end());
    while too_many - fits > 1 {
        let middle = usize::midpoint(fits, too_many);
        let text = candidate(middle);
        let width = widths(fonts, look, &[&text]).first().copied().unwrap_or(0.0);
        if width <= room {
            fits = middle;
        } else {
            too_many = middle;
        }
    }
    candidate(fits)
}

/// A price: never cut, only shrunk.
pub(crate) fn fit_price(fonts: &Fonts, look: Look, frame: Frame, price: &MoneyParts) -> Fitted {
    let runs: Vec<Run> = [
        (&price.sign, SIGN_SHARE),
        (&price.whole, 1.0),
        (&price.fraction, FRACTION_SHARE),
    ]
    .into_iter()
    .filter(|(text, _)| !text.is_empty())
    .map(|(text, share)| Run {
        text: text.clone(),
        share,
    })
    .collect();
    let texts: Vec<&str> = runs.iter().map(|run| run.text.as_str()).collect();
    let width = widths(fonts, look, &texts)
        .iter()
        .zip(&runs)
        .map(|(width, run)| width * run.share)
        .sum::<f32>()
        .max(0.01);
    let size = frame
        .size
        .min(frame.height / LINE)
        .min(frame.width * SLACK / width);
    Fitted {
        lines: vec![Line {
            runs,
            width,
            cells: None,
        }],
        size,
    }
}

/// Measures the cells of a clock.
pub(crate) fn digit_cells(fonts: &Fonts, look: Look) -> DigitCells {
    let texts = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", ":"];
    let widths = widths(fonts, look, &texts);
    DigitCells {
        digit: widths.iter().take(10).copied().fold(0.0, f32::max),
        colon: widths.last().copied().unwrap_or(0.0),
    }
}

/// A clock: digits in equal cells, shrunk when there are hours.
pub(crate) fn fit_digits(cells: DigitCells, frame: Frame, text: &str) -> Fitted {
    let mut edges = Vec::with_capacity(text.len());
    let mut width = 0.0;
    for c in text.chars() {
        edges.push(width);
        width += if c == ':' { cells.colon } else { cells.digit };
    }
    let size = frame
        .size
        .min(frame.height / LINE)
        .min(frame.width / f32::max(width, 0.01));
    Fitted {
        lines: vec![Line {
            runs: vec![Run {
                text: text.to_owned(),
                share: 1.0,
            }],
            width,
            cells: Some(edges),
        }],
        size,
    }
}
