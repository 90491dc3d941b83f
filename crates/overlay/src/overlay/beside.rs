//! The parts beside the card, and the notice of a break over everything.

use resvg::tiny_skia::{Color, Pixmap};
use stallcast_show::{At, Break, PicturePart, Product, Show};

use super::{Overlay, earlier};
use crate::{
    Lang, Layer, Layers, Piece,
    content::{Content, Words},
    extras,
    lettering::look,
    place::place,
    words::{clean, pick},
};

impl Overlay {
    /// Perks, the next fall of the price, origin, code and what comes next.
    pub(super) fn beside_card(
        &mut self,
        show: &Show,
        product: &Product,
        now: At,
        lang: Lang,
        layers: &mut Layers,
    ) {
        let settings = &self.theme.settings;
        let perks = extras::perks(settings, show, product, now, lang);
        let origin = extras::origin(settings, product, lang);
        let next = extras::next_up(settings, show, product, &self.kept_off, now, lang);
        let fall = extras::fall(settings, show, product, now, lang);
        if let Some((_, next_change)) = &fall {
            layers.next_change = earlier(layers.next_change, Some(*next_change));
        }
        if let Some((_, Some(ends))) = &next {
            layers.next_change = earlier(layers.next_change, Some(*ends));
        }
        let code = self.code(show, product, lang);
        if code.is_none() && wants_code(show, product) {
            layers.waiting.push(PicturePart::Code);
        }
        self.put(Piece::Perks, perks, None, layers);
        self.put(Piece::Drop, fall.map(|(content, _)| content), None, layers);
        self.put(Piece::Origin, origin, None, layers);
        self.put(Piece::Code, code, None, layers);
        self.put(Piece::Next, next.map(|(content, _)| content), None, layers);
    }

    /// The code to the product, where it is wanted, can be bought, and a camera could read it.
    fn code(&mut self, show: &Show, product: &Product, lang: Lang) -> Option<Content> {
        let link = product.link.as_deref()?;
        if !wants_code(show, product) {
            return None;
        }
        let place = place(&self.theme, Piece::Code, self.canvas)?;
        let slots = &self.theme.template(Piece::Code)?.slots;
        let slot = slots.iter().find(|slot| slot.name == "code")?;
        let code = self.codes.of(link)?;
        code.square(slot, place.scale)?;
        let mut content = Content::new(lang);
        content.says("code", Words::Code(code));
        let label = clean(pick(&self.theme.settings.words.code, lang));
        content.says("code-label", Words::Text(label));
        Some(content)
    }

    /// Draws the digits of all clocks once; false when they lie ready.
    pub(super) fn warm_digits(&mut self, lang: Lang) -> bool {
        if self.digits_warm {
            return false;
        }
        self.digits_warm = true;
        for (piece, name) in [
            (Piece::Countdown, "countdown"),
            (Piece::Drop, "drop"),
            (Piece::Pause, "pause-clock"),
        ] {
            let (Some(place), Some(template)) = (
                place(&self.theme, piece, self.canvas),
                self.theme.template(piece),
            ) else {
                continue;
            };
            for slot in template.slots.iter().filter(|slot| slot.name == name) {
                let look = look(slot, lang);
                self.digits.warm(&self.fonts, slot, look, place.scale);
            }
        }
        true
    }

    /// The break's notice covers everything else.
    pub(super) fn pause(&mut self, pause: &Break, now: At, lang: Lang, layers: &mut Layers) {
        if self.ground.is_none() {
            self.ground = self.ground();
        }
        layers.list.extend(self.ground.clone());
        let (content, next) = extras::pause(&self.theme.settings, pause, now, lang);
        layers.next_change = next;
        self.put(Piece::Pause, Some(content), None, layers);
    }

    fn ground(&mut self) -> Option<Layer> {
        let (width, height) = (self.canvas.width, self.canvas.height);
        let mut pixels = Pixmap::new(width, height)?;
        let [red, green, blue] = self.theme.settings.slate_rgb().unwrap_or_default();
        pixels.fill(Color::from_rgba8(red, green, blue, 255));
        self.redraws += 1;
        Some(Layer {
            id: "ground",
            version: self.redraws,
            x: 0,
            y: 0,
            width,
            height,
            rgba: pixels.take().into(),
        })
    }
}

/// Whether a code is on and there is something to buy behind it.
fn wants_code(show: &Show, product: &Product) -> bool {
    let has_link = product.link.as_deref().is_some_and(|it| !it.is_empty());
    show.card_look.code && has_link && show.stock.get(&product.id) != Some(&0)
}
