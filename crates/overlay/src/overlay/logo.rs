//! The brand mark: a picture of one's own, whole, in a corner.

use std::{path::Path, sync::Arc};

use image::{DynamicImage, imageops::FilterType};
use stallcast_show::{Corner, Logo, PartPlace, PicturePart, Show};

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
    /// Per cent of the size that the logo says.
    percent: i32,
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
        let hand = self.theme.settings.placed.get(&PicturePart::Logo).copied();
        let percent = hand.map_or(100, |hand| hand.size);
        let same = |mark: &Mark| mark.key == key && mark.logo == *logo && mark.percent == percent;
        let drawn = self.mark.take().filter(same);
        let mark = drawn.unwrap_or_else(|| {
            let layer = open(key.path())
                .inspect_err(|reason| {
                    tracing::warn!(file = logo.file, reason, "the brand mark cannot be shown");
                })
                .ok()
                .and_then(|picture| self.draw_mark(logo, percent, &picture));
            Mark {
                key,
                logo: logo.clone(),
                percent,
                layer,
            }
        });
        match &mark.layer {
            Some(layer) => {
                let mut layer = layer.clone();
                if let Some(hand) = hand {
                    (layer.x, layer.y) = by_hand(hand, self.canvas, (layer.width, layer.height));
                }
                layers.list.push(layer);
            }
            None => layers
                .notices
                .push(Notice::PhotoUnreadable { file: file() }),
        }
        self.mark = Some(mark);
    }

    fn draw_mark(&mut self, logo: &Logo, percent: i32, picture: &DynamicImage) -> Option<Layer> {
        let canvas = self.canvas;
        let (width, height) = (
            picture.width().max(1) as f32,
            picture.height().max(1) as f32,
        );
        let short = canvas.width.min(canvas.height) as f32;
        let scale =
            (short * logo.size as f32 / 1000.0 / height).min(canvas.width as f32 * WIDEST / width);
        let (wide, high) = (canvas.width as f32 / width, canvas.height as f32 / height);
        let scale = (scale * percent as f32 / 100.0).min(wide).min(high);
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

/// The upper left pixel of a mark that a hand moved.
fn by_hand(hand: PartPlace, canvas: CanvasSize, (wide, high): (u32, u32)) -> (i32, i32) {
    let at = |whole: u32, side: u32, share: i32| {
        let room = f64::from(whole.saturating_sub(side));
        (room * f64::from(share.clamp(0, 10_000)) / 10_000.0) as i32 & !1
    };
    (
        at(canvas.width, wide, hand.x),
        at(canvas.height, high, hand.y),
    )
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
