//! The brand mark: a picture of one's own, whole, in a corner.

use std::{path::Path, sync::Arc};

use image::{DynamicImage, imageops::FilterType};
use stallcast_show::{Corner, Logo, Show};

use super::Overlay;
use crate::{
    CanvasSize, Layer, Layers, Notice,
    photo::{PhotoKey, key, open, premultiplied},
    theme::Margins,
};

/// A mark as wide as this share of the canvas is made smaller: it would be a headline.
const WIDEST: f32 = 0.34;
/// Over the ticker of themes that have it below, in lines of 1080.
const OVER_TICKER: f32 = 92.0;

/// The mark as it was drawn last.
#[derive(Debug)]
pub(super) struct Mark {
    key: PhotoKey,
    logo: Logo,
    /// `None` = it cannot be decoded; remembered so that it is not tried at every frame.
    layer: Option<Layer>,
}

impl Overlay {
    pub(super) fn logo(&mut self, show: &Show, folder: &Path, layers: &mut Layers) {
        let Some(logo) = show.logo.as_ref().filter(|logo| logo.shown) else {
            return;
        };
        let file = || logo.file.clone();
        let Some(key) = key(folder, &logo.file) else {
            layers.notices.push(Notice::PhotoMissing { file: file() });
            return;
        };
        let drawn = self.mark.take();
        let drawn = drawn.filter(|mark| mark.key == key && mark.logo == *logo);
        let mark = drawn.unwrap_or_else(|| {
            let layer = open(key.path())
                .inspect_err(|reason| {
                    tracing::warn!(file = logo.file, reason, "the brand mark cannot be shown");
                })
                .ok()
                .and_then(|picture| self.draw_mark(logo, &picture));
            Mark {
                key,
                logo: logo.clone(),
                layer,
            }
        });
        match &mark.layer {
            Some(layer) => layers.list.push(layer.clone()),
            None => layers
                .notices
                .push(Notice::PhotoUnreadable { file: file() }),
        }
        self.mark = Some(mark);
    }

    fn draw_mark(&mut self, logo: &Logo, picture: &DynamicImage) -> Option<Layer> {
        let canvas = self.canvas;
        let (width, height) = (
            picture.width().max(1) as f32,
            picture.height().max(1) as f32,
        );
        let short = canvas.width.min(canvas.height) as f32;
        let scale =
            (short * logo.size as f32 / 1000.0 / height).min(canvas.width as f32 * WIDEST / width);
        let even = |length: f32| (length.round() as u32).max(2).next_multiple_of(2);
        let (wide, high) = (even(width * scale), even(height * scale));
        let mut small = picture
            .resize_exact(wide, high, FilterType::CatmullRom)
            .into_rgba8();
        for pixel in small.pixels_mut() {
            pixel[3] = (u32::from(pixel[3]) * logo.opacity.min(100) / 100) as u8;
        }
        let pixels = premultiplied(small)?;
        let (x, y) = corner(
            logo.corner,
            canvas,
            self.theme.settings.margins,
            (wide, high),
        );
        self.redraws += 1;
        Some(Layer {
            id: "logo",
            version: self.redraws,
            x,
            y,
            width: wide,
            height: high,
            rgba: Arc::from(pixels.take()),
        })
    }
}

/// The upper left pixel of a mark in its corner of the safe area.
fn corner(
    corner: Corner,
    canvas: CanvasSize,
    margins: Margins,
    (wide, high): (u32, u32),
) -> (i32, i32) {
    let (width, height) = (canvas.width as f32, canvas.height as f32);
    let side = width * margins.sides;
    let right = width - side - wide as f32;
    let top = height * margins.top;
    let upright = canvas.height > canvas.width;
    let (x, y) = match corner {
        Corner::TopLeft => (side, top),
        Corner::BottomRight if !upright => {
            let unit = height / 1080.0;
            let bottom = height * (1.0 - margins.bottom) - OVER_TICKER * unit;
            (right, bottom - high as f32)
        }
        Corner::TopRight | Corner::BottomRight => (right, top),
    };
    let even = |at: f32| (at.max(0.0) as i32) & !1;
    (even(x), even(y))
}
