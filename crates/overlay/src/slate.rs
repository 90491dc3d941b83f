//! The slate: a whole quiet picture for when there is nothing to show.

mod room;

use resvg::tiny_skia::{Color, Pixmap, PixmapPaint, Transform};
use stallcast_show::Text;

pub use room::Span;

use crate::{
    CanvasSize, Fonts, Lang, Picture, Piece, Theme,
    content::{Content, Words},
    draw::draw_svg,
    lettering::{Digits, Which, draw_words},
    place::place,
    theme::Half,
    words::{clean, pick},
};

/// Why the slate is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SlateKind {
    /// The camera or file gives no picture.
    NoInput,
    /// There is no camera and no file yet.
    NoSource,
    /// The anchor stepped away.
    BackSoon,
}

/// Sizes that are tried, largest first; the smallest leaves a headline of 84 with 50 of 1080 lines,
/// nine points on a phone that is held upright.
const SIZES: [f32; 4] = [1.0, 0.85, 0.72, 0.6];

/// A slate, and where its words are.
#[derive(Debug, Clone)]
pub struct Slate {
    /// The whole picture.
    pub picture: Picture,
    /// All that is drawn on its ground; `None` where the canvas is too small for words.
    pub words: Option<Span>,
    /// Whether the words stand as large and where the theme has them.
    pub at_home: bool,
}

/// Draws the theme's slate over the whole canvas.
pub fn slate(
    theme: &Theme,
    fonts: &Fonts,
    kind: SlateKind,
    lang: Lang,
    canvas: CanvasSize,
) -> Picture {
    slate_beside(theme, fonts, kind, lang, canvas, &[]).picture
}

/// As [`slate`], with its words where nothing of `taken` covers them: near their place, smaller where there is little
/// room, and below the part of an upright canvas that parts stand in when that is full.
pub fn slate_beside(
    theme: &Theme,
    fonts: &Fonts,
    kind: SlateKind,
    lang: Lang,
    canvas: CanvasSize,
    taken: &[Span],
) -> Slate {
    let (width, height) = (canvas.width.max(1), canvas.height.max(1));
    let canvas = CanvasSize { width, height };
    let theme = &theme.clone().shaped(canvas);
    let whole = |rgba: Vec<u8>| Picture {
        width,
        height,
        rgba: rgba.into(),
    };
    let Some(mut picture) = Pixmap::new(width, height) else {
        let black = [0, 0, 0, 255].repeat(width as usize * height as usize);
        return Slate {
            picture: whole(black),
            words: None,
            at_home: true,
        };
    };
    let [red, green, blue] = theme.settings.slate_rgb().unwrap_or_default();
    picture.fill(Color::from_rgba8(red, green, blue, 255));
    // A canvas too small for words still gets its colour.
    let placed = placed(theme, fonts, kind, lang, canvas, taken);
    if let Some(placed) = &placed {
        lay(&mut picture, &placed.part, (placed.x, placed.y));
    }
    Slate {
        picture: whole(picture.take()),
        words: placed.as_ref().map(|placed| placed.words),
        at_home: placed.is_none_or(|placed| placed.at_home),
    }
}

/// The words, drawn, and where they go.
struct Placed {
    part: Pixmap,
    x: i32,
    y: i32,
    words: Span,
    at_home: bool,
}

fn placed(
    theme: &Theme,
    fonts: &Fonts,
    kind: SlateKind,
    lang: Lang,
    canvas: CanvasSize,
    taken: &[Span],
) -> Option<Placed> {
    let place = place(theme, Piece::Slate, canvas)?;
    let (left, top) = (place.x as i32, place.y as i32);
    let lines = canvas.width.min(canvas.height);
    let mut tried: Vec<Placed> = Vec::new();
    for area in areas(theme, canvas) {
        for (index, size) in SIZES.into_iter().enumerate() {
            if tried.len() == index {
                let part = words(theme, fonts, kind, lang, place.scale * size)?;
                // Smaller words have the same middle.
                let shift = |side: u32, drawn: u32| (side as i32 - drawn as i32) / 2;
                let x = left + shift(place.width, part.width());
                let y = top + shift(place.height, part.height());
                let words = ink(&part)?.moved(x, y);
                tried.push(Placed {
                    part,
                    x,
                    y,
                    words,
                    at_home: index == 0,
                });
            }
            let home = tried[index].words;
            if let Some(words) = room::nearest(home, area, taken, lines) {
                let mut found = tried.swap_remove(index);
                found.x += words.left - home.left;
                found.y += words.top - home.top;
                found.at_home &= words == home;
                found.words = words;
                return Some(found);
            }
        }
    }
    // No room at all: they stand where the theme has them, under what is there.
    (!tried.is_empty()).then(|| tried.swap_remove(0))
}

/// Where words may stand: what nothing of a player covers, then all but a rim.
fn areas(theme: &Theme, canvas: CanvasSize) -> [Span; 2] {
    let share = |side: u32, share: f32| (side as f32 * share) as i32;
    let (width, height) = (canvas.width, canvas.height);
    let margins = theme.settings.margins;
    let span = |sides: f32, top: f32, bottom: f32| Span {
        left: share(width, sides),
        top: share(height, top),
        right: share(width, 1.0 - sides),
        bottom: share(height, 1.0 - bottom),
    };
    [
        span(margins.sides, margins.top, margins.bottom),
        span(0.03, margins.top, 0.05),
    ]
}

fn words(theme: &Theme, fonts: &Fonts, kind: SlateKind, lang: Lang, scale: f32) -> Option<Pixmap> {
    let said = &theme.settings.words;
    let (holding, headline, detail) = match kind {
        SlateKind::NoInput => ("no-input", &said.no_input, &said.no_input_detail),
        SlateKind::NoSource if is_said(&said.no_source) => {
            ("back-soon", &said.no_source, &said.no_source_detail)
        }
        // A theme of before it was told apart.
        SlateKind::NoSource => ("back-soon", &said.back_soon, &said.back_soon_detail),
        SlateKind::BackSoon => ("back-soon", &said.back_soon, &said.back_soon_detail),
    };
    let mut content = Content::new(lang);
    content.holding.push(holding);
    content.says("headline", Words::Text(clean(pick(headline, lang))));
    content.says("detail", Words::Text(clean(pick(detail, lang))));
    let template = theme.template(Piece::Slate)?;
    let width = (template.width * scale).ceil() as u32;
    let height = (template.height * scale).ceil() as u32;
    let mut part = Pixmap::new(width, height)?;
    let drawing = template.drawing(&content.holding, Half::Under);
    draw_svg(fonts, &drawing, scale, &mut part);
    draw_words(
        fonts,
        template,
        scale,
        &content,
        Which::Standing,
        &mut Digits::default(),
        &mut part,
    );
    Some(part)
}

/// What is drawn at all of a picture.
fn ink(part: &Pixmap) -> Option<Span> {
    let width = part.width() as usize;
    let mut found: Option<Span> = None;
    for (y, row) in part.data().chunks_exact(width * 4).enumerate() {
        let seen = |pixel: &[u8]| pixel[3] > 8;
        let Some(first) = row.chunks_exact(4).position(seen) else {
            continue;
        };
        let last = row.chunks_exact(4).rposition(seen).unwrap_or(first);
        let (left, right, y) = (first as i32, last as i32 + 1, y as i32);
        let span = found.get_or_insert(Span {
            left,
            top: y,
            right,
            bottom: y + 1,
        });
        span.left = span.left.min(left);
        span.right = span.right.max(right);
        span.bottom = y + 1;
    }
    found
}

fn lay(onto: &mut Pixmap, part: &Pixmap, (x, y): (i32, i32)) {
    onto.draw_pixmap(
        x,
        y,
        part.as_ref(),
        &PixmapPaint::default(),
        Transform::identity(),
        None,
    );
}

fn is_said(text: &Text) -> bool {
    !text.zh.trim().is_empty() || !text.en.trim().is_empty()
}
