//! Draws one part: the theme's drawing, the photo, the words; nothing leaves its box.

use resvg::{
    tiny_skia::{
        FillRule, FilterQuality, Paint, Path, PathBuilder, Pattern, Pixmap, PixmapPaint,
        SpreadMode, Transform,
    },
    usvg::Tree,
};

use crate::{
    Fonts,
    fit::{Fitted, LINE, Look, weight},
    theme::{Align, Slot, Strike},
    words::escape,
};

/// Height of the middle of a capital or a Chinese character above the baseline, in text sizes: the mean of
/// Noto Sans (0.357) and Noto Sans CJK (0.38), so that both sit in the middle of a box.
const MIDDLE: f32 = 0.368;

/// Draws an SVG text onto a picture.
pub(crate) fn draw_svg(fonts: &Fonts, svg: &str, scale: f32, onto: &mut Pixmap) {
    match Tree::from_str(svg, &fonts.options()) {
        Ok(tree) => resvg::render(
            &tree,
            Transform::from_scale(scale, scale),
            &mut onto.as_mut(),
        ),
        // Checked when the theme was loaded, and the words are escaped.
        Err(error) => tracing::error!(%error, "a drawing could not be read"),
    }
}

/// A box in whole pixels: left, top, width, height.
pub(crate) fn pixel_box(slot: &Slot, scale: f32) -> (i32, i32, u32, u32) {
    let left = (slot.x * scale).floor();
    let top = (slot.y * scale).floor();
    let right = ((slot.x + slot.width) * scale).ceil();
    let bottom = ((slot.y + slot.height) * scale).ceil();
    (
        left as i32,
        top as i32,
        (right - left).max(1.0) as u32,
        (bottom - top).max(1.0) as u32,
    )
}

/// Draws a fitted text into its box; ink that would leave the box is cut at its edge.
pub(crate) fn draw_text(
    fonts: &Fonts,
    slot: &Slot,
    look: Look,
    fitted: &Fitted,
    scale: f32,
    onto: &mut Pixmap,
) {
    if fitted.lines.is_empty() {
        return;
    }
    let (left, top, width, height) = pixel_box(slot, scale);
    let Some(mut inside) = Pixmap::new(width, height) else {
        return;
    };
    let svg = text_svg(slot, look, fitted, scale, (left, top, width, height));
    draw_svg(fonts, &svg, 1.0, &mut inside);
    onto.draw_pixmap(
        left,
        top,
        inside.as_ref(),
        &PixmapPaint::default(),
        Transform::identity(),
        None,
    );
}

fn text_svg(
    slot: &Slot,
    look: Look,
    fitted: &Fitted,
    scale: f32,
    (left, top, width, height): (i32, i32, u32, u32),
) -> String {
    let size = fitted.size * scale;
    let step = size * LINE;
    let block = step * fitted.lines.len() as f32;
    let box_height = slot.height * scale;
    let first_middle = slot.y * scale - top as f32
        + step / 2.0
        + match slot.valign {
            Align::Start => 0.0,
            Align::Middle => (box_height - block) / 2.0,
            Align::End => box_height - block,
        };
    let decoration = match slot.strike {
        Strike::None => "",
        Strike::Through => " text-decoration=\"line-through\"",
    };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\">\
         <g font-weight=\"{}\" fill=\"{}\">",
        weight(look.boldness),
        slot.colour
    );
    for (index, line) in fitted.lines.iter().enumerate() {
        let free = slot.width * scale - line.width * size;
        let x = slot.x * scale - left as f32
            + match slot.align {
                Align::Start => 0.0,
                Align::Middle => free / 2.0,
                Align::End => free,
            };
        let y = first_middle + step * index as f32 + size * MIDDLE;
        for run in &line.runs {
            svg.push_str(&format!(
                "<text xml:space=\"preserve\" x=\"{:.2}\" y=\"{y:.2}\" font-family=\"{}\" font-size=\"{:.3}\"{decoration}>{}</text>",
                x + run.x * size,
                run.face.family(),
                size * run.share,
                escape(&run.text)
            ));
        }
    }
    svg.push_str("</g></svg>");
    svg
}

/// Draws a photo that has exactly the box's pixels, with the box's round corners.
pub(crate) fn draw_photo(slot: &Slot, photo: &Pixmap, scale: f32, onto: &mut Pixmap) {
    let (left, top, _, _) = pixel_box(slot, scale);
    let Some(path) = round_rect(
        slot.x * scale,
        slot.y * scale,
        slot.width * scale,
        slot.height * scale,
        slot.radius * scale,
    ) else {
        return;
    };
    let paint = Paint {
        shader: Pattern::new(
            photo.as_ref(),
            SpreadMode::Pad,
            FilterQuality::Nearest,
            1.0,
            Transform::from_translate(left as f32, top as f32),
        ),
        anti_alias: true,
        ..Paint::default()
    };
    onto.fill_path(
        &path,
        &paint,
        FillRule::Winding,
        Transform::identity(),
        None,
    );
}

/// Fills so many thousandths of a box from its left, with the box's colour and round corners.
pub(crate) fn draw_bar(slot: &Slot, share: u32, scale: f32, onto: &mut Pixmap) {
    let width = slot.width * share.min(1000) as f32 / 1000.0;
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\">\
         <rect x=\"{}\" y=\"{}\" width=\"{width}\" height=\"{}\" rx=\"{}\" fill=\"{}\"/></svg>",
        slot.x + slot.width,
        slot.y + slot.height,
        slot.x,
        slot.y,
        slot.height,
        slot.radius,
        slot.colour
    );
    match Tree::from_str(&svg, &resvg::usvg::Options::default()) {
        Ok(tree) => resvg::render(
            &tree,
            Transform::from_scale(scale, scale),
            &mut onto.as_mut(),
        ),
        Err(error) => tracing::error!(%error, "a bar could not be drawn"),
    }
}

fn round_rect(x: f32, y: f32, width: f32, height: f32, radius: f32) -> Option<Path> {
    let r = radius.min(width / 2.0).min(height / 2.0).max(0.0);
    // Distance of the control points that makes a cubic curve a quarter of a circle.
    let k = r * 0.447_715;
    let (right, bottom) = (x + width, y + height);
    let mut path = PathBuilder::new();
    path.move_to(x + r, y);
    path.line_to(right - r, y);
    path.cubic_to(right - k, y, right, y + k, right, y + r);
    path.line_to(right, bottom - r);
    path.cubic_to(right, bottom - k, right - k, bottom, right - r, bottom);
    path.line_to(x + r, bottom);
    path.cubic_to(x + k, bottom, x, bottom - k, x, bottom - r);
    path.line_to(x, y + r);
    path.cubic_to(x, y + k, x + k, y, x + r, y);
    path.close();
    path.finish()
}

#[cfg(test)]
mod tests;
