//! A part's pixels: kept while it says the same, drawn in halves so that a step of a clock lays only digits.

use std::sync::Arc;

use resvg::tiny_skia::Pixmap;

use super::{Drawn, Overlay};
use crate::{
    Lang, Layer, Layers, Piece,
    content::{Content, Words},
    draw::{draw_photo, draw_svg},
    lettering::{Which, draw_words},
    place::{Place, place},
    room::Area,
    theme::Half,
};

#[derive(Debug)]
pub(super) struct Backdrop {
    standing: Vec<(&'static str, Words)>,
    lang: Lang,
    pixels: Pixmap,
}

impl Overlay {
    /// Lists a part, drawn again only if it says something else than before.
    pub(super) fn put(
        &mut self,
        piece: Piece,
        content: Option<Content>,
        photo: Option<Arc<Pixmap>>,
        layers: &mut Layers,
    ) {
        let Some(content) = content else {
            return;
        };
        if let Some(drawn) = self.drawn.get(&piece)
            && drawn.content == content
        {
            layers.list.push(drawn.layer.clone());
            return;
        }
        let shelved = self
            .shelf
            .iter()
            .find(|card| piece == Piece::Card && card.content == content);
        let drawn = match shelved {
            Some(card) => Some(card.clone()),
            None => self.redraw(piece, content, photo.as_deref()),
        };
        if let Some(drawn) = drawn {
            layers.list.push(drawn.layer.clone());
            self.drawn.insert(piece, drawn);
        }
    }

    pub(super) fn redraw(
        &mut self,
        piece: Piece,
        content: Content,
        photo: Option<&Pixmap>,
    ) -> Option<Drawn> {
        let place = place(&self.theme, piece, self.canvas)?;
        let pixels = self.draw(piece, place, &content, photo)?;
        let ink = inked(&pixels);
        self.redraws += 1;
        let layer = Layer {
            id: piece.id(),
            version: self.redraws,
            x: i32::try_from(place.x).unwrap_or(i32::MAX),
            y: i32::try_from(place.y).unwrap_or(i32::MAX),
            width: place.width,
            height: place.height,
            rgba: pixels.take().into(),
        };
        Some(Drawn {
            content,
            layer,
            ink,
        })
    }

    fn draw(
        &mut self,
        piece: Piece,
        place: Place,
        content: &Content,
        photo: Option<&Pixmap>,
    ) -> Option<Pixmap> {
        let template = self.theme.template(piece)?;
        let standing: Vec<_> = content
            .words
            .iter()
            .filter(|(_, words)| Which::Standing.has(words))
            .cloned()
            .collect();
        let kept = self.backdrops.get(&(piece, content.holding.clone()));
        let mut picture = match kept {
            Some(kept) if kept.standing == standing && kept.lang == content.lang => {
                kept.pixels.clone()
            }
            _ => {
                let mut fresh = Pixmap::new(place.width, place.height)?;
                let drawing = template.drawing(&content.holding, Half::Under);
                draw_svg(&self.fonts, &drawing, place.scale, &mut fresh);
                let photo_slot = template
                    .active(&content.holding)
                    .find(|slot| slot.name == "photo");
                if let (Some(photo), Some(slot)) = (photo, photo_slot) {
                    draw_photo(slot, photo, place.scale, &mut fresh);
                }
                if template.has_over_photo() {
                    let drawing = template.drawing(&content.holding, Half::Over);
                    draw_svg(&self.fonts, &drawing, place.scale, &mut fresh);
                }
                draw_words(
                    &self.fonts,
                    template,
                    place.scale,
                    content,
                    Which::Standing,
                    &mut self.digits,
                    &mut fresh,
                );
                // A card has nothing that changes by itself: keeping it would only cost memory.
                if piece != Piece::Card {
                    let backdrop = Backdrop {
                        standing,
                        lang: content.lang,
                        pixels: fresh.clone(),
                    };
                    self.backdrops
                        .insert((piece, content.holding.clone()), backdrop);
                }
                fresh
            }
        };
        draw_words(
            &self.fonts,
            template,
            place.scale,
            content,
            Which::Changing,
            &mut self.digits,
            &mut picture,
        );
        Some(picture)
    }
}

/// The rectangle in which anything is drawn. Looks at nothing inside of it.
fn inked(pixels: &Pixmap) -> Area {
    let (width, height) = (pixels.width() as usize, pixels.height() as usize);
    let data = pixels.data();
    let is_ink = |x: usize, y: usize| data.get((y * width + x) * 4 + 3).is_some_and(|a| *a > 8);
    let has_row = |y: &usize| (0..width).any(|x| is_ink(x, *y));
    let top = (0..height).find(has_row).unwrap_or(0);
    let bottom = (top..height).rfind(has_row).map_or(height, |y| y + 1);
    let has_column = |x: &usize| (top..bottom).any(|y| is_ink(*x, y));
    let left = (0..width).find(has_column).unwrap_or(0);
    let right = (left..width).rfind(has_column).map_or(width, |x| x + 1);
    let side = |length: usize| i32::try_from(length).unwrap_or(i32::MAX / 4);
    Area {
        x: side(left),
        y: side(top),
        width: side(right - left),
        height: side(bottom - top),
    }
}
