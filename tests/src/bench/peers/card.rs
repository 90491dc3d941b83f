//! The card of the comparison as a still picture, drawn by the same overlay as the engine's, for programs that draw none.

use std::path::{Path, PathBuf};

use image::{Rgba, RgbaImage};
use stallcast_overlay::Layer;
use stallcast_show::{At, Countdown, OnAir, Show};

use crate::probe::card::{drawn_at, overlay_of};

/// A picture, and where it lies.
#[derive(Debug, Clone)]
pub struct Card {
    /// PNG with transparency.
    pub file: PathBuf,
    /// Left upper corner, pixels.
    pub at: (u32, u32),
    /// Width and height, pixels.
    pub size: (u32, u32),
}

/// When the picture is taken: the card has come to rest.
const AT: At = At(5_000);

impl Card {
    /// The second product of the rundown with its clock at an hour, on a canvas of this size.
    pub fn of(mut show: Show, size: (u32, u32), folder: &Path) -> Self {
        let product = show.rundown[1].product.clone();
        show.on_air = Some(OnAir {
            product: product.clone(),
            since: At(0),
        });
        show.countdown = Some(Countdown {
            product,
            started: At(0),
            deadline: At(3_600_000),
        });
        let layers = drawn_at(&mut overlay_of("orchard", size.0, size.1), &show, AT);
        let file = folder.join("card.png");
        let card = Self::around(&layers, file);
        let mut picture = RgbaImage::new(card.size.0, card.size.1);
        for layer in &layers {
            blend(&mut picture, layer, card.at);
        }
        for pixel in picture.pixels_mut() {
            *pixel = straight(*pixel);
        }
        picture.save(&card.file).unwrap();
        card
    }

    fn around(layers: &[Layer], file: PathBuf) -> Self {
        let edge = |side: fn(&Layer) -> i32, most: fn(i32, i32) -> i32| {
            let sides = layers.iter().map(side);
            u32::try_from(sides.reduce(most).expect("a card")).unwrap()
        };
        let at = (edge(|l| l.x, i32::min), edge(|l| l.y, i32::min));
        let right = edge(|l| l.x + l.width as i32, i32::max);
        let low = edge(|l| l.y + l.height as i32, i32::max);
        let size = (right - at.0, low - at.1);
        Self { file, at, size }
    }
}

/// Lays a layer (premultiplied) over a picture (premultiplied) whose corner is at `corner` of the canvas.
fn blend(picture: &mut RgbaImage, layer: &Layer, corner: (u32, u32)) {
    let pixels = layer.rgba.chunks_exact(4);
    for (place, over) in (0_u32..).zip(pixels) {
        let x = layer.x as u32 - corner.0 + place % layer.width;
        let y = layer.y as u32 - corner.1 + place / layer.width;
        let under = picture.get_pixel_mut(x, y);
        let rest = 255 - u32::from(over[3]);
        for (old, new) in under.0.iter_mut().zip(over) {
            *old = (u32::from(*new) + u32::from(*old) * rest / 255).min(255) as u8;
        }
    }
}

/// A premultiplied pixel as PNG has it.
fn straight(pixel: Rgba<u8>) -> Rgba<u8> {
    let [red, green, blue, alpha] = pixel.0;
    if alpha == 0 {
        return pixel;
    }
    let part = |value: u8| (u32::from(value) * 255 / u32::from(alpha)).min(255) as u8;
    Rgba([part(red), part(green), part(blue), alpha])
}
