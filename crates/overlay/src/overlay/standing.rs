//! What stands on the picture as it is seen, and the room that is made for all of it.

use stallcast_show::{Canvas, PicturePart};

use super::Overlay;
use crate::{
    Layer, Layers, Piece,
    place::{place, rim},
    room::{Area, Standing},
};

impl Overlay {
    /// Nothing lies on what is more important; what finds no room is named.
    pub(super) fn make_room(&mut self, layers: &mut Layers) {
        let standing = layers.list.iter().map(|layer| self.standing(layer));
        let standing = standing.collect();
        let canvas = self.canvas;
        let margins = self.theme.settings.margins;
        let (width, height) = (canvas.width as f32, canvas.height as f32);
        let safe = Area {
            x: (width * margins.sides).round() as i32,
            y: (height * margins.top).round() as i32,
            width: (width * (1.0 - 2.0 * margins.sides)).round() as i32,
            height: (height * (1.0 - margins.top - margins.bottom)).round() as i32,
        };
        let unit = width.min(height) / 1080.0;
        let waiting = self.room.make(&mut layers.list, standing, safe, unit);
        layers.waiting.extend(waiting);
    }

    /// What is seen of a layer, and whether it stays where it is.
    pub(super) fn standing(&self, layer: &Layer) -> Standing {
        let piece = Piece::ALL.into_iter().find(|p| p.id() == layer.id);
        let area = Area::of(layer);
        let area = piece.map_or(area, |piece| {
            let scale = place(&self.theme, piece, self.canvas).map_or(0.0, |place| place.scale);
            let rim = i32::try_from(rim(&self.theme, piece, scale)).unwrap_or(0);
            let seen = self.drawn.get(&piece).map_or(area, |drawn| Area {
                x: layer.x + drawn.ink.x,
                y: layer.y + drawn.ink.y,
                ..drawn.ink
            });
            area.within(rim).and(seen)
        });
        let is_game = matches!(piece, Some(Piece::Poll | Piece::Lottery | Piece::Auction));
        let part = PicturePart::named(layer.id);
        let placed = &self.theme.settings.placed;
        Standing {
            id: layer.id,
            area,
            // Beside the card of a wide picture a game has a place of its own.
            stays: part.is_some_and(|part| placed.contains_key(&part))
                || (is_game && self.shape() == Canvas::Landscape),
        }
    }
}
