//! Makes a text fit its box: shrink, then wrap, then an ellipsis; measured with the fonts that draw it.

use resvg::usvg::{Group, Node, Tree};
use unicode_bidi::BidiInfo;
use unicode_segmentation::UnicodeSegmentation;

use crate::{
    Fonts,
    fonts::{Boldness, Face, FaceIndex},
    words::{escape, segments},
};

/// Distance of baselines, in text sizes.
pub(crate) const LINE: f32 = 1.24;
/// Size texts are measured at.
const RULER: f32 = 100.0;
/// Sizes tried between the largest and the smallest when a text wraps.
const STEPS: u8 = 6;
/// Width of a space that stands between two fonts, in text sizes: a quarter, as in most fonts.
const BLANK: f32 = 0.25;
/// Shaping rounds advances: a hair of the width is kept free.
pub(crate) const SLACK: f32 = 0.997;
/// A text that must stand whole is made smaller in such steps, at most so many.
const SHRINK: f32 = 0.85;
const SHRINKS: usize = 5;

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

/// Which breaks a wrapped text prefers. A Chinese title has few spaces, and each parts two thoughts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Breaks {
    Anywhere,
    RatherAtSpaces,
}

/// A stretch of text of one face and one size.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Run {
    pub text: String,
    pub face: FaceIndex,
    /// Share of the line's size.
    pub share: f32,
    /// Left edge from the line's, in text sizes.
    pub x: f32,
}

/// One line, its runs from left to right.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Line {
    pub runs: Vec<Run>,
    /// In text sizes.
    pub width: f32,
}

/// A text that fits its box.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fitted {
    pub lines: Vec<Line>,
    pub size: f32,
}

/// Lays texts out as one line each.
pub(crate) fn lines(fonts: &Fonts, look: Look, texts: &[&str]) -> Vec<Line> {
    let weight = weight(look.boldness);
    let mut svg =
        String::from("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"10\" height=\"10\">");
    let mut out = Vec::with_capacity(texts.len());
    let mut count = 0;
    let mut blanks = Vec::new();
    for text in texts {
        let mut line = Line::default();
        for (part, reversed) in visual(text) {
            let mut runs = fonts.runs(part, look.face, look.boldness);
            if reversed {
                runs.reverse();
            }
            for (run, face) in runs {
                let blank = run.chars().all(char::is_whitespace);
                blanks.push(blank.then_some(BLANK * run.chars().count() as f32));
                if blank {
                    // The renderer drops a text of spaces alone.
                    line.runs.push(Run {
                        text: String::new(),
                        face,
                        share: 1.0,
                        x: 0.0,
                    });
                    continue;
                }
                svg.push_str(&format!(
                    "<text id=\"t{count}\" xml:space=\"preserve\" font-family=\"{}\" font-weight=\"{weight}\" font-size=\"{RULER}\">{}</text>",
                    face.family(),
                    escape(run)
                ));
                count += 1;
                line.runs.push(Run {
                    text: run.to_owned(),
                    face,
                    share: 1.0,
                    x: 0.0,
                });
            }
        }
        out.push(line);
    }
    svg.push_str("</svg>");
    let mut widths = vec![0.0; count];
    match Tree::from_str(&svg, &fonts.options()) {
        Ok(tree) => collect(tree.root(), &mut widths),
        Err(error) => tracing::error!(%error, "a text could not be measured"),
    }
    let mut widths = widths.into_iter();
    let mut blanks = blanks.into_iter();
    for line in &mut out {
        for run in &mut line.runs {
            run.x = line.width;
            let blank = blanks.next().flatten();
            line.width += blank.or_else(|| widths.next()).unwrap_or(0.0);
        }
        line.runs.retain(|run| !run.text.is_empty());
    }
    out
}

/// Stretches of one direction from left to right, and whether they run from right to left.
fn visual(text: &str) -> Vec<(&str, bool)> {
    let bidi = BidiInfo::new(text, None);
    if !bidi.has_rtl() {
        return vec![(text, false)];
    }
    // A cleaned text is one paragraph.
    bidi.paragraphs
        .iter()
        .flat_map(|paragraph| {
            let (levels, runs) = bidi.visual_runs(paragraph, paragraph.range.clone());
            runs.into_iter()
                .map(|run| {
                    let reversed = levels.get(run.start).is_some_and(|level| level.is_rtl());
                    (&text[run], reversed)
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Widths of texts in text sizes.
fn widths(fonts: &Fonts, look: Look, texts: &[&str]) -> Vec<f32> {
    let lines = lines(fonts, look, texts);
    lines.iter().map(|line| line.width).collect()
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
    let mut lines = wrap(fonts, look, text, room, Breaks::Anywhere);
    if lines.len() > limit {
        let rest = lines.split_off(limit.saturating_sub(1)).concat();
        lines.push(cut(fonts, look, &rest, room));
    }
    verified(fonts, look, frame, lines, frame.smallest)
}

/// Fits a text whole: with more lines and smaller than the theme has it where nothing else helps.
pub(crate) fn fit_never_cut(fonts: &Fonts, look: Look, frame: Frame, text: &str) -> Fitted {
    let mut tight = frame;
    for _ in 0..SHRINKS {
        if let Some(whole) = fit_whole(fonts, look, tight, text) {
            return whole;
        }
        tight.size = tight.smallest;
        tight.smallest *= SHRINK;
        tight.lines = (frame.height / (tight.smallest * LINE)) as usize;
    }
    fit(fonts, look, tight, text)
}

/// Fits a text onto as many pages as it needs, at one size for all of them. A page that is not the last ends in an
/// ellipsis: who sees it alone knows that more was asked.
pub(crate) fn fit_pages(fonts: &Fonts, look: Look, frame: Frame, text: &str) -> Vec<Fitted> {
    if let Some(whole) = fit_whole(fonts, look, frame, text) {
        return vec![whole];
    }
    let limit = lines_at(frame, frame.smallest);
    let room = frame.width / frame.smallest * SLACK;
    let mut pages = Vec::new();
    let mut lines = wrap(fonts, look, text, room, Breaks::RatherAtSpaces);
    while lines.len() > limit {
        let later = lines.split_off(limit).concat();
        let last = lines.pop().unwrap_or_default();
        let (shown, carried) = continued(fonts, look, &last, room);
        lines.push(shown);
        pages.push(verified(fonts, look, frame, lines, frame.smallest));
        let rest = format!("{carried}{later}");
        lines = wrap(fonts, look, &rest, room, Breaks::RatherAtSpaces);
    }
    pages.push(verified(fonts, look, frame, lines, frame.smallest));
    pages
}

/// A line with an ellipsis behind it, and what had no room beside it. Cut where a line may break, else in a word.
fn continued(fonts: &Fonts, look: Look, line: &str, room: f32) -> (String, String) {
    for pieces in [segments(line), line.graphemes(true).collect()] {
        let count = longest(fonts, look, &pieces, pieces.len() + 1, room);
        if count > 0 {
            return (with_ellipsis(&pieces[..count]), pieces[count..].concat());
        }
    }
    (line.to_owned(), String::new())
}

/// The whole text on one line down to the smallest size, else on more lines; `None` when it needs a cut.
pub(crate) fn fit_whole(fonts: &Fonts, look: Look, frame: Frame, text: &str) -> Option<Fitted> {
    if text.is_empty() {
        return Some(Fitted {
            lines: Vec::new(),
            size: frame.size,
        });
    }
    let line = lines(fonts, look, &[text]).pop()?;
    let width = line.width;
    let largest = frame.size.min(frame.height / LINE);
    let smallest = frame.smallest.min(largest);
    let size = largest.min(frame.width * SLACK / width.max(0.01));
    if size >= smallest {
        return Some(Fitted {
            lines: vec![line],
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
        let room = frame.width / size * SLACK;
        for breaks in [Breaks::RatherAtSpaces, Breaks::Anywhere] {
            let lines = wrap(fonts, look, text, room, breaks);
            if lines.len() <= limit {
                return Some(verified(fonts, look, frame, lines, size));
            }
        }
    }
    None
}

fn lines_at(frame: Frame, size: f32) -> usize {
    frame
        .lines
        .min((frame.height / (size * LINE) + 0.01) as usize)
        .max(1)
}

/// Measures the lines as they will be drawn and takes back what shaping them together added.
fn verified(fonts: &Fonts, look: Look, frame: Frame, texts: Vec<String>, size: f32) -> Fitted {
    let texts: Vec<&str> = texts.iter().map(|line| line.trim_end()).collect();
    let lines = lines(fonts, look, &texts);
    let widest = lines.iter().map(|line| line.width).fold(0.01, f32::max);
    Fitted {
        size: size.min(frame.width / widest).min(frame.height / LINE),
        lines,
    }
}

/// Breaks a text into lines of at most `room` text sizes. A word longer than a line is cut between
/// graphemes.
fn wrap(fonts: &Fonts, look: Look, text: &str, room: f32, breaks: Breaks) -> Vec<String> {
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
    // Where the last space of the line ends: bytes of the line, and width up to there.
    let mut space: Option<(usize, f32)> = None;
    for (piece, (ink, advance)) in pieces.iter().zip(measured) {
        if used > 0.0 && used + ink > room {
            let at_space = match (breaks, space) {
                (Breaks::RatherAtSpaces, Some((at, width))) if width > room * 0.4 => {
                    Some((at, width))
                }
                _ => None,
            };
            match (at_space, lines.last_mut()) {
                (Some((at, width)), Some(line)) => {
                    let carried = line.split_off(at);
                    lines.push(carried);
                    used -= width;
                }
                _ => {
                    lines.push(String::new());
                    used = 0.0;
                }
            }
            space = None;
        }
        used += advance;
        if let Some(line) = lines.last_mut() {
            line.push_str(piece);
            if piece.ends_with(' ') {
                space = Some((line.len(), used));
            }
        }
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
    let fits = longest(fonts, look, &graphemes, graphemes.len(), room);
    with_ellipsis(&graphemes[..fits])
}

/// How many pieces fit with an ellipsis behind them, fewer than `too_many`.
fn longest(fonts: &Fonts, look: Look, pieces: &[&str], too_many: usize, room: f32) -> usize {
    let (mut fits, mut too_many) = (0, too_many);
    while too_many - fits > 1 {
        let middle = usize::midpoint(fits, too_many);
        let text = with_ellipsis(&pieces[..middle]);
        let width = widths(fonts, look, &[&text])
            .first()
            .copied()
            .unwrap_or(0.0);
        if width <= room {
            fits = middle;
        } else {
            too_many = middle;
        }
    }
    fits
}

fn with_ellipsis(pieces: &[&str]) -> String {
    format!("{}…", pieces.concat().trim_end())
}
