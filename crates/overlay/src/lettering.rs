//! Puts the words of a part into its boxes; the digits of the clock are kept ready as small pictures.

use std::collections::HashMap;

use resvg::tiny_skia::{Pixmap, PixmapPaint, Transform};

use crate::{
    Fonts, Lang,
    content::{Content, Words},
    draw::{draw_bar, draw_text},
    fit::{Fitted, Frame, LINE, Line, Look, Run, fit, fit_never_cut, fit_whole},
    fonts::Face,
    numbers::{DigitCells, digit_cells, fit_digits, fit_price},
    theme::{Align, Slot, Template},
};

/// Which words are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// Titles, labels, prices.
    Standing,
    /// The clock's digits and pages of texts: what changes by itself.
    Changing,
}

impl Which {
    pub(crate) fn has(self, words: &Words) -> bool {
        let changing = matches!(words, Words::Digits(_) | Words::Page(_) | Words::Gauge(_));
        changing == (self == Which::Changing)
    }
}

/// Digits measured and drawn before. A clock in one theme needs 33: eleven glyphs in three colours.
#[derive(Debug, Default)]
pub(crate) struct Digits {
    cells: Option<(Look, DigitCells)>,
    pictures: HashMap<(String, u32, String), Pixmap>,
}

/// Digit pictures kept, then all are dropped; a clock with hours is set smaller and needs its own.
const KEPT: usize = 132;

/// Room around a digit for the ink that leaves its cell, in pixels.
const RIM: u32 = 3;

/// Draws the texts of a part into their boxes.
pub(crate) fn draw_words(
    fonts: &Fonts,
    template: &Template,
    scale: f32,
    content: &Content,
    which: Which,
    digits: &mut Digits,
    picture: &mut Pixmap,
) {
    for slot in template.active(&content.holding) {
        let said = content.words.iter().find(|(name, _)| *name == slot.name);
        let Some((_, words)) = said.filter(|(_, words)| which.has(words)) else {
            continue;
        };
        let look = look(slot, content.lang);
        let fitted: Fitted = match words {
            Words::Text(text) => fit(fonts, look, frame(slot), text),
            Words::Either(text, short) => fit_whole(fonts, look, frame(slot), text)
                .unwrap_or_else(|| fit(fonts, look, frame(slot), short)),
            Words::Whole(text) => fit_never_cut(fonts, look, frame(slot), text),
            Words::Price(parts) => fit_price(fonts, look, frame(slot), parts),
            Words::Page(fitted) => fitted.clone(),
            Words::Bar(share) | Words::Gauge(share) => {
                draw_bar(slot, *share, scale, picture);
                continue;
            }
            Words::Code(code) => {
                code.draw(slot, scale, picture);
                continue;
            }
            Words::Digits(text) => {
                let fitted = fit_digits(digits.cells(fonts, look), frame(slot), text);
                digits.draw(fonts, slot, look, &fitted, scale, picture);
                continue;
            }
        };
        draw_text(fonts, slot, look, &fitted, scale, picture);
    }
}

impl Digits {
    fn cells(&mut self, fonts: &Fonts, look: Look) -> &DigitCells {
        if self.cells.as_ref().is_none_or(|(known, _)| *known != look) {
            self.cells = None;
        }
        let (_, cells) = self
            .cells
            .get_or_insert_with(|| (look, digit_cells(fonts, look)));
        cells
    }

    /// Draws every digit of a clock below an hour, so that none is drawn while it ticks.
    pub(crate) fn warm(&mut self, fonts: &Fonts, slot: &Slot, look: Look, scale: f32) {
        let cells = self.cells(fonts, look);
        let size = fit_digits(cells, frame(slot), "00:00").size;
        let all = fit_digits(cells, frame(slot), "0123456789:");
        for run in all.lines.iter().flat_map(|line| &line.runs) {
            self.picture(fonts, slot, look, run, size, scale);
        }
    }

    /// Lays ready digits side by side, on whole pixels.
    fn draw(
        &mut self,
        fonts: &Fonts,
        slot: &Slot,
        look: Look,
        fitted: &Fitted,
        scale: f32,
        onto: &mut Pixmap,
    ) {
        let size = fitted.size * scale;
        for line in &fitted.lines {
            let free = slot.width * scale - line.width * size;
            let left = slot.x * scale
                + match slot.align {
                    Align::Start => 0.0,
                    Align::Middle => free / 2.0,
                    Align::End => free,
                };
            for run in &line.runs {
                let Some(digit) = self.picture(fonts, slot, look, run, fitted.size, scale) else {
                    continue;
                };
                let x = left + run.x * size - RIM as f32;
                let y = (slot.y + slot.height / 2.0) * scale - digit.height() as f32 / 2.0;
                onto.draw_pixmap(
                    x.round() as i32,
                    y.round() as i32,
                    digit.as_ref(),
                    &PixmapPaint::default(),
                    Transform::identity(),
                    None,
                );
            }
        }
    }

    fn picture(
        &mut self,
        fonts: &Fonts,
        slot: &Slot,
        look: Look,
        run: &Run,
        size: f32,
        scale: f32,
    ) -> Option<&Pixmap> {
        let pixels = size * scale;
        let key = (slot.colour.clone(), pixels.to_bits(), run.text.clone());
        if !self.pictures.contains_key(&key) {
            if self.pictures.len() >= KEPT {
                self.pictures.clear();
            }
            // No digit is wider than its text size.
            let width = pixels.ceil() as u32 + 2 * RIM;
            let height = (pixels * LINE).ceil() as u32 + 2 * RIM;
            let cell = Slot {
                x: 0.0,
                y: 0.0,
                width: width as f32 / scale,
                height: height as f32 / scale,
                align: Align::Start,
                valign: Align::Middle,
                ..slot.clone()
            };
            let alone = Fitted {
                lines: vec![Line {
                    runs: vec![Run {
                        x: RIM as f32 / pixels,
                        ..run.clone()
                    }],
                    width: 1.0,
                }],
                size,
            };
            let mut fresh = Pixmap::new(width, height)?;
            draw_text(fonts, &cell, look, &alone, scale, &mut fresh);
            self.pictures.insert(key.clone(), fresh);
        }
        self.pictures.get(&key)
    }
}

pub(crate) fn look(slot: &Slot, lang: Lang) -> Look {
    Look {
        face: slot.face.unwrap_or(match lang {
            Lang::Zh => Face::Chinese,
            Lang::En => Face::Latin,
        }),
        boldness: slot.boldness,
    }
}

pub(crate) fn frame(slot: &Slot) -> Frame {
    Frame {
        width: slot.width,
        height: slot.height,
        size: slot.size,
        smallest: slot.smallest,
        lines: slot.lines,
    }
}
