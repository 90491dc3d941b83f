//! Parts that a hand moved: what only moves keeps its pixels, what was resized is drawn again.

use stallcast_show::{Canvas, PicturePart, PictureText, Show};

use super::Overlay;
use crate::{
    Layer, Layers, Piece, Span,
    draw::pixel_box,
    place::{Place, place, rim},
};

/// Words on a part that can be changed there. In canvas pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextAt {
    /// Which.
    pub text: PictureText,
    /// Left edge.
    pub x: i32,
    /// Upper edge.
    pub y: i32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

/// A part that a hand can move, where it is drawn. In canvas pixels, the soft rim included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartAt {
    /// Which.
    pub part: PicturePart,
    /// Left edge.
    pub x: i32,
    /// Upper edge.
    pub y: i32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
    /// The rim (a shadow) at each side.
    pub rim: u32,
    /// Per cent of the theme's size.
    pub size: i32,
    /// What can be changed on it.
    pub texts: Vec<TextAt>,
}

impl Overlay {
    pub(super) fn shape(&self) -> Canvas {
        if self.canvas.height > self.canvas.width {
            Canvas::Portrait
        } else {
            Canvas::Landscape
        }
    }

    /// Takes up where the show has the parts of this canvas.
    pub(super) fn arrange(&mut self, show: &Show) {
        let wanted = show.part_places(self.shape());
        let placed = &self.theme.settings.placed;
        if wanted.map_or(placed.is_empty(), |wanted| wanted == placed) {
            return;
        }
        let places = |this: &Self| Piece::ALL.map(|piece| place(&this.theme, piece, this.canvas));
        let before = places(self);
        self.theme.settings.placed = wanted.cloned().unwrap_or_default();
        let after = places(self);
        for ((piece, before), after) in Piece::ALL.into_iter().zip(before).zip(after) {
            if before == after {
                continue;
            }
            match (before, after) {
                (Some(before), Some(after)) if before.scale == after.scale => {
                    self.shift(piece, after);
                }
                _ => self.forget(piece),
            }
        }
    }

    fn shift(&mut self, piece: Piece, to: Place) {
        let shelf = self.shelf.iter_mut().filter(|_| piece == Piece::Card);
        for drawn in self.drawn.get_mut(&piece).into_iter().chain(shelf) {
            drawn.layer.x = i32::try_from(to.x).unwrap_or(i32::MAX);
            drawn.layer.y = i32::try_from(to.y).unwrap_or(i32::MAX);
        }
    }

    fn forget(&mut self, piece: Piece) {
        self.drawn.remove(&piece);
        self.backdrops.retain(|(of, _), _| *of != piece);
        if piece == Piece::Card {
            self.shelf.clear();
        }
        self.digits_warm = false;
    }

    /// What these layers cover, without their soft rims and what is clear in them.
    pub fn taken(&self, layers: &Layers) -> Vec<Span> {
        let spans = layers.list.iter().filter(|layer| layer.id != "ground");
        let spans = spans.map(|layer| {
            let seen = self.standing(layer).area;
            Span {
                left: seen.x,
                top: seen.y,
                right: seen.x + seen.width,
                bottom: seen.y + seen.height,
            }
        });
        spans.collect()
    }

    /// The parts among these layers that a hand can move, bottom first.
    pub fn parts(&self, layers: &Layers) -> Vec<PartAt> {
        let placed = &self.theme.settings.placed;
        let known = layers.list.iter().filter_map(|layer| {
            let part = PicturePart::named(layer.id)?;
            // The brand mark is no drawing of a theme.
            let piece = Piece::ALL.into_iter().find(|p| p.id() == layer.id);
            let scale = piece
                .and_then(|piece| place(&self.theme, piece, self.canvas))
                .map_or(0.0, |place| place.scale);
            Some(PartAt {
                part,
                texts: piece.map_or_else(Vec::new, |piece| self.texts(piece, layer, scale)),
                x: layer.x,
                y: layer.y,
                width: layer.width,
                height: layer.height,
                rim: piece.map_or(0, |piece| rim(&self.theme, piece, scale)),
                size: placed.get(&part).map_or(100, |place| place.size),
            })
        });
        known.collect()
    }

    /// Where a part's words can be changed.
    fn texts(&self, piece: Piece, layer: &Layer, scale: f32) -> Vec<TextAt> {
        let (Some(drawn), Some(template)) = (self.drawn.get(&piece), self.theme.template(piece))
        else {
            return Vec::new();
        };
        let content = &drawn.content;
        let boxes = content.texts.iter().filter_map(|(name, text)| {
            let mut slots = template.active(&content.holding);
            let slot = slots.find(|slot| slot.name == *name)?;
            let (x, y, width, height) = pixel_box(slot, scale);
            Some(TextAt {
                text: *text,
                x: layer.x + x,
                y: layer.y + y,
                width,
                height,
            })
        });
        boxes.collect()
    }
}
