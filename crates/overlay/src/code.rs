//! A QR code in its box: whole pixels for each square, and the quiet zone that readers need.

use std::sync::Arc;

use fast_qr::{ECL, QRBuilder};
use resvg::tiny_skia::{Color, Paint, Pixmap, Rect, Transform};

use crate::{draw::pixel_box, theme::Slot};

/// Light squares around the code (ISO 18004: four on each side).
const QUIET: u32 = 4;
/// Smallest square in pixels: an encoder at 2.5 Mbit/s keeps two, one it smears.
const SMALLEST: u32 = 2;

/// The squares of one code.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Code {
    size: u32,
    dark: Vec<bool>,
}

impl Code {
    /// `None` for what no code can hold.
    pub(crate) fn of(text: &str) -> Option<Arc<Self>> {
        // Level M repairs 15 %: what an encoder smears of a still picture is less.
        let code = QRBuilder::new(text).ecl(ECL::M).build().ok()?;
        let dark = (0..code.size)
            .flat_map(|row| {
                code[row]
                    .iter()
                    .take(code.size)
                    .map(|square| square.value())
            })
            .collect();
        let size = u32::try_from(code.size).ok()?;
        Some(Arc::new(Self { size, dark }))
    }

    /// Pixels of one square in a box; `None` where a camera could not read it.
    pub(crate) fn square(&self, slot: &Slot, scale: f32) -> Option<u32> {
        let (_, _, width, height) = pixel_box(slot, scale);
        let square = width.min(height) / (self.size + 2 * QUIET);
        (square >= SMALLEST).then_some(square)
    }

    /// Draws the code into the middle of its box, which is white.
    pub(crate) fn draw(&self, slot: &Slot, scale: f32, onto: &mut Pixmap) {
        let Some(square) = self.square(slot, scale) else {
            return;
        };
        let (left, top, width, height) = pixel_box(slot, scale);
        let mut fill = |x: f32, y: f32, width: f32, height: f32, colour: Color| {
            let mut paint = Paint {
                anti_alias: false,
                ..Paint::default()
            };
            paint.set_color(colour);
            if let Some(rect) = Rect::from_xywh(x, y, width, height) {
                onto.fill_rect(rect, &paint, Transform::identity(), None);
            }
        };
        let (left, top) = (left as f32, top as f32);
        fill(left, top, width as f32, height as f32, Color::WHITE);
        let side = self.size * square;
        let first = |length: u32| ((length - side) / 2) as f32;
        for (index, _) in self.dark.iter().enumerate().filter(|(_, dark)| **dark) {
            let index = index as u32;
            let x = left + first(width) + (index % self.size * square) as f32;
            let y = top + first(height) + (index / self.size * square) as f32;
            fill(x, y, square as f32, square as f32, Color::BLACK);
        }
    }
}

/// The code of one link, made once.
#[derive(Debug, Default)]
pub(crate) struct Codes {
    last: Option<(String, Option<Arc<Code>>)>,
}

impl Codes {
    /// The code of a link; `None` for what no code can hold.
    pub(crate) fn of(&mut self, link: &str) -> Option<Arc<Code>> {
        if let Some((known, code)) = &self.last
            && known == link
        {
            return code.clone();
        }
        let code = Code::of(link);
        self.last = Some((link.to_owned(), code.clone()));
        code
    }
}
