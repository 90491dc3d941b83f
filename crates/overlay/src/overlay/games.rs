//! The game on the picture.

use stallcast_show::{At, Show};

use super::{Overlay, earlier};
use crate::{
    Lang, Layers, Piece, auction,
    content::{Content, Words},
    games,
};

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
