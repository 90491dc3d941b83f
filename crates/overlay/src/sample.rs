//! What a theme looks like, as one picture: for choosing it before it is on air.

use std::path::Path;

use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
use stallcast_show::{At, Show};

use crate::{CanvasSize, Fonts, Lang, Overlay, Picture, Theme};

/// Colours behind the sample from the top and from the bottom: neither light nor dark, like most pictures.
const GROUND: [[f32; 3]; 2] = [[150.0, 164.0, 150.0], [74.0, 88.0, 84.0]];

/// Draws all parts of a show over a quiet ground.
pub fn sample(
    theme: Theme,
    fonts: &Fonts,
    show: &Show,
    now: At,
    lang: Lang,
    photos: &Path,
    canvas: CanvasSize,
) -> Picture {
    let layers = Overlay::new(theme, fonts.clone(), canvas).layers(show, now, lang, photos);
    let mut picture = ground(canvas);
    for layer in &layers.list {
        for row in 0..layer.height {
            for column in 0..layer.width {
                let from = ((row * layer.width + column) * 4) as usize;
                let (x, y) = (layer.x + column as i32, layer.y + row as i32);
                let to = (y as usize * canvas.width as usize + x as usize) * 4;
                let (Some(over), Some(under)) =
                    (layer.rgba.get(from..from + 4), picture.get_mut(to..to + 4))
                else {
                    continue;
                };
                for (under, over_channel) in under.iter_mut().zip(over).take(3) {
                    let kept = u16::from(*under) * (255 - u16::from(over[3])) / 255;
                    *under = (kept + u16::from(*over_channel)).min(255) as u8;
                }
            }
        }
    }
    Picture {
        width: canvas.width,
        height: canvas.height,
        rgba: picture.into(),
    }
}

fn ground(canvas: CanvasSize) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(canvas.width as usize * canvas.height as usize * 4);
    for row in 0..canvas.height {
        let share = row as f32 / canvas.height.max(1) as f32;
        let mix = |channel: usize| {
            (GROUND[0][channel] * (1.0 - share) + GROUND[1][channel] * share) as u8
        };
        let pixel = [mix(0), mix(1), mix(2), 255];
        pixels.extend(pixel.repeat(canvas.width as usize));
    }
    pixels
}

impl Picture {
    /// The picture as a PNG file; `None` when it has no pixels.
    pub fn png(&self) -> Option<Vec<u8>> {
        let mut file = Vec::new();
        PngEncoder::new(&mut file)
            .write_image(
                &self.rgba,
                self.width,
                self.height,
                ExtendedColorType::Rgba8,
            )
            .ok()?;
        Some(file)
    }
}
