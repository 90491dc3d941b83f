//! The game on the picture, and what makes room for it.

use stallcast_show::{At, Canvas, Show};

use super::{Overlay, earlier};
use crate::{
    Lang, Layer, Layers, Piece, auction,
    content::{Content, Words},
    games,
};

/// What may stand elsewhere or not at all while a game needs its place: a question, and what only accompanies a card.
const YIELDING: [&str; 6] = ["question", "next", "origin", "code", "goal", "lower-third"];
/// Soft shadow around a part, in pixels of 1080 lines: it may lie under a game.
const SHADOW: i32 = 28;

impl Overlay {
    /// The poll, the draw or the auction, drawn over everything but a break.
    pub(super) fn game(&mut self, show: &Show, now: At, lang: Lang, layers: &mut Layers) {
        let (piece, content, next) = match (&show.poll, &show.lottery, &show.auction) {
            (Some(poll), _, _) => {
                let (content, next) = games::poll(poll, now, lang);
                (Piece::Poll, content, next)
            }
            (None, Some(lottery), _) => {
                let (mut content, next) = games::lottery(lottery, now, lang);
                let turns = self.winners(show, now, lang, &mut content);
                (Piece::Lottery, content, earlier(next, turns))
            }
            (None, None, Some(auction)) => {
                let (content, next) = auction::auction(auction, now, lang);
                (Piece::Auction, content, next)
            }
            (None, None, None) => return,
        };
        layers.next_change = earlier(layers.next_change, next);
        self.put(piece, Some(content), None, layers);
        let Some(game) = layers
            .list
            .last()
            .filter(|layer| layer.id == piece.id())
            .cloned()
        else {
            return;
        };
        let shadow =
            SHADOW * i32::try_from(self.canvas.width.min(self.canvas.height)).unwrap_or(0) / 1080;
        // On an upright picture there may be room below the game, or beside the card.
        let finds_room = |layer: &Layer| {
            self.shape() == Canvas::Portrait && matches!(layer.id, "goal" | "lower-third")
        };
        let yields = |layer: &Layer| {
            YIELDING.contains(&layer.id) && !finds_room(layer) && meet(layer, &game, shadow)
        };
        layers.list.retain(|layer| !yields(layer));
    }

    /// The winners, page by page where there are many; when the page turns.
    fn winners(&mut self, show: &Show, now: At, lang: Lang, content: &mut Content) -> Option<At> {
        let lottery = show.lottery.as_ref()?;
        let text = games::winners(lottery, lang)?;
        let (look, frame) = self.page_box(Piece::Lottery, "winners", &["drawn"], lang)?;
        self.winners.set(&self.fonts, look, frame, &text, lang);
        let since = lottery.drawn.as_ref()?.at;
        let page = self.winners.at(since, now, self.page_ms())?;
        content.says("winners", Words::Page(page.fitted));
        page.next
    }
}

/// Whether a part without its shadow lies on the game.
fn meet(part: &Layer, game: &Layer, shadow: i32) -> bool {
    let side = |length: u32| i32::try_from(length).unwrap_or(i32::MAX / 2);
    let apart = |from: i32, length: u32, start: i32, whole: u32| {
        from + side(length) - shadow <= start || from + shadow >= start + side(whole)
    };
    !apart(part.x, part.width, game.x, game.width)
        && !apart(part.y, part.height, game.y, game.height)
}
