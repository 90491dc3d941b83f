//! The slate: a whole quiet picture for when there is nothing to show.

use resvg::tiny_skia::{Color, Pixmap};
use stallcast_show::Text;

use crate::{
    CanvasSize, Fonts, Lang, Picture, Piece, Theme,
    content::{Content, Words},
    draw::draw_svg,
    lettering::{Digits, Which, draw_words},
    overlay::lay,
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

/// Draws the theme's slate over the whole canvas.
pub fn slate(
    theme: &Theme,
    fonts: &Fonts,
    kind: SlateKind,
    lang: Lang,
    canvas: CanvasSize,
) -> Picture {
    let (width, height) = (canvas.width.max(1), canvas.height.max(1));
    let theme = &theme.clone().shaped(canvas);
    let pixels = drawn(theme, fonts, kind, lang, CanvasSize { width, height })
        .map(Pixmap::take)
        .unwrap_or_else(|| [0, 0, 0, 255].repeat(width as usize * height as usize));
    Picture {
        width,
        height,
        rgba: pixels.into(),
    }
}

fn drawn(
    theme: &Theme,
    fonts: &Fonts,
    kind: SlateKind,
    lang: Lang,
    canvas: CanvasSize,
) -> Option<Pixmap> {
    let mut picture = Pixmap::new(canvas.width, canvas.height)?;
    let [red, green, blue] = theme.settings.slate_rgb().unwrap_or_default();
    picture.fill(Color::from_rgba8(red, green, blue, 255));
    let words = &theme.settings.words;
    let (holding, headline, detail) = match kind {
        SlateKind::NoInput => ("no-input", &words.no_input, &words.no_input_detail),
        SlateKind::NoSource if is_said(&words.no_source) => {
            ("back-soon", &words.no_source, &words.no_source_detail)
        }
        // A theme of before it was told apart.
        SlateKind::NoSource => ("back-soon", &words.back_soon, &words.back_soon_detail),
        SlateKind::BackSoon => ("back-soon", &words.back_soon, &words.back_soon_detail),
    };
    let mut content = Content::new(lang);
    content.holding.push(holding);
    content.says("headline", Words::Text(clean(pick(headline, lang))));
    content.says("detail", Words::Text(clean(pick(detail, lang))));
    // A canvas too small for words still gets its colour.
    if let Some(place) = place(theme, Piece::Slate, canvas)
        && let Some(template) = theme.template(Piece::Slate)
        && let Some(mut part) = Pixmap::new(place.width, place.height)
    {
        let drawing = template.drawing(&content.holding, Half::Under);
        draw_svg(fonts, &drawing, place.scale, &mut part);
        draw_words(
            fonts,
            template,
            place.scale,
            &content,
            Which::Standing,
            &mut Digits::default(),
            &mut part,
        );
        lay(&mut picture, &part, place);
    }
    Some(picture)
}

fn is_said(text: &Text) -> bool {
    !text.zh.trim().is_empty() || !text.en.trim().is_empty()
}
