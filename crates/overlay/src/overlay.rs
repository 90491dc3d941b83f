//! The overlay of one canvas: compares what each part says with what is drawn, and draws the difference.

mod arrange;
mod beside;
mod correction;
mod drawn;
mod games;
mod goal;
mod logo;
mod person;
mod question;
mod standing;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::Path,
    sync::Arc,
};

use resvg::tiny_skia::Pixmap;
use stallcast_show::{At, Money, PictureText, Product, ProductId, Show};

pub use arrange::{PartAt, TextAt};

use crate::{
    CanvasSize, Fonts, Lang, Layer, Layers, Notice, Piece, Theme,
    code::Codes,
    content::{self, Content, Words},
    draw::pixel_box,
    extras,
    fit::{Frame, Look},
    lettering::{Digits, frame, look},
    pages::Pages,
    photo::Photos,
    place::place,
    room::{Area, Room},
    words::{clean, pick},
};

/// Draws the layers of one canvas. Not for the thread that moves the picture: a new card takes tens of
/// milliseconds (a large photo more), a step of the clock under four.
#[derive(Debug)]
pub struct Overlay {
    theme: Theme,
    fonts: Fonts,
    canvas: CanvasSize,
    drawn: BTreeMap<Piece, Drawn>,
    /// Cards drawn before they are needed, oldest first.
    shelf: VecDeque<Drawn>,
    photos: Photos,
    /// Everything of a part but what changes by itself, by condition: a clock step lays only digits.
    backdrops: BTreeMap<(Piece, Vec<&'static str>), drawn::Backdrop>,
    digits: Digits,
    digits_warm: bool,
    ticker: Pages,
    winners: Pages,
    asked: question::Asked,
    codes: Codes,
    mark: Option<logo::Mark>,
    /// What lies under the break's notice: the whole canvas in one colour.
    ground: Option<Layer>,
    room: Room,
    /// Products whose words a rule keeps off the picture.
    kept_off: Arc<BTreeSet<ProductId>>,
    redraws: u64,
}

/// Cards kept ready: a page of number keys and a few more. A card at 1080 lines is some 2 MB.
pub const SHELF: usize = 12;

#[derive(Debug, Clone)]
struct Drawn {
    content: Content,
    layer: Layer,
    /// What is seen of the layer: left, top, width and height in it.
    ink: Area,
}

impl Overlay {
    /// An overlay that has drawn nothing yet.
    pub fn new(theme: Theme, fonts: Fonts, canvas: CanvasSize) -> Self {
        Self {
            theme: theme.shaped(canvas),
            fonts,
            canvas,
            drawn: BTreeMap::new(),
            shelf: VecDeque::new(),
            photos: Photos::default(),
            backdrops: BTreeMap::new(),
            digits: Digits::default(),
            digits_warm: false,
            ticker: Pages::default(),
            winners: Pages::default(),
            asked: question::Asked::default(),
            codes: Codes::default(),
            mark: None,
            ground: None,
            room: Room::default(),
            kept_off: Arc::default(),
            redraws: 0,
        }
    }

    /// The canvas the layers are made for.
    pub fn canvas(&self) -> CanvasSize {
        self.canvas
    }

    /// Takes another theme; everything is drawn again at the next call of [`Overlay::layers`].
    pub fn set_theme(&mut self, theme: Theme) {
        *self = Self {
            // Versions go on counting: a version must not come back with other pixels.
            redraws: self.redraws,
            kept_off: Arc::clone(&self.kept_off),
            ..Self::new(theme, self.fonts.clone(), self.canvas)
        };
    }

    /// Which products the strip of what comes next must not name, since a rule forbids their words; from the next call of
    /// [`Overlay::layers`] on.
    pub fn keep_off(&mut self, products: &Arc<BTreeSet<ProductId>>) {
        self.kept_off = Arc::clone(products);
    }

    /// How many parts were drawn since the overlay was made.
    pub fn redraws(&self) -> u64 {
        self.redraws
    }

    /// The layers at `now`. `photos` is the folder product photos are named in. A part that says the same
    /// as before is not drawn again: its version and its pixels stay.
    pub fn layers(&mut self, show: &Show, now: At, lang: Lang, photos: &Path) -> Layers {
        self.arrange(show);
        let mut layers = Layers::default();
        if let Some(pause) = &show.pause {
            self.pause(pause, now, lang, &mut layers);
            self.logo(show, photos, &mut layers);
            return layers;
        }
        if let Some(product) = content::on_air(show) {
            let price = extras::price(show, product, now);
            self.card(show, product, price, lang, photos, &mut layers);
            let stock = content::stock(&self.theme.settings, show, product, lang);
            self.put(Piece::Stock, stock, None, &mut layers);
            let clock = content::countdown(&self.theme.settings, show, product, now, lang);
            // Themes of before have no place for a day.
            let clock = clock.filter(|clock| {
                let slot = |name| self.page_box(Piece::Countdown, name, &["day"], lang);
                !clock.holding.contains(&"day") || slot("countdown-day").is_some()
            });
            self.put(Piece::Countdown, clock, None, &mut layers);
            layers.next_change = content::next_second(show, product, now);
            self.beside_card(show, product, now, lang, &mut layers);
        }
        if !self.correction(show, now, lang, &mut layers) {
            self.ticker(show, now, lang, &mut layers);
        }
        self.question(show, now, lang, &mut layers);
        self.goal(show, lang, &mut layers);
        self.lower_third(show, lang, &mut layers);
        self.logo(show, photos, &mut layers);
        self.game(show, now, lang, &mut layers);
        self.make_room(&mut layers);
        layers
    }

    /// Draws the card of a product before it is on air, so that putting it there costs no drawing; that of the product on
    /// air as it will be after the next fall of its price. Does nothing when it lies ready; false then. At most
    /// [`SHELF`] cards are kept, the oldest go first.
    pub fn prepare(
        &mut self,
        show: &Show,
        product: &Product,
        now: At,
        lang: Lang,
        photos: &Path,
    ) -> bool {
        self.arrange(show);
        let price = extras::coming_price(show, product, now);
        let (content, photo, _) = self.card_content(show, product, price, lang, photos);
        let warmed = self.warm_digits(lang);
        if self.is_ready(&content) {
            return warmed;
        }
        if let Some(drawn) = self.redraw(Piece::Card, content, photo.as_deref()) {
            if self.shelf.len() == SHELF {
                self.shelf.pop_front();
            }
            self.shelf.push_back(drawn);
        }
        true
    }

    fn is_ready(&self, card: &Content) -> bool {
        let on_picture = self.drawn.get(&Piece::Card);
        on_picture
            .into_iter()
            .chain(&self.shelf)
            .any(|drawn| drawn.content == *card)
    }

    fn card(
        &mut self,
        show: &Show,
        product: &Product,
        price: &Money,
        lang: Lang,
        folder: &Path,
        layers: &mut Layers,
    ) {
        let (content, photo, notice) = self.card_content(show, product, price, lang, folder);
        layers.notices.extend(notice);
        self.put(Piece::Card, Some(content), photo, layers);
    }

    fn card_content(
        &mut self,
        show: &Show,
        product: &Product,
        price: &Money,
        lang: Lang,
        folder: &Path,
    ) -> (Content, Option<Arc<Pixmap>>, Option<Notice>) {
        let mut content = content::card(&self.theme.settings, show, product, price, lang);
        let (mut pixels, mut missing) = (None, None);
        if let Some(file) = &product.photo
            && let Some(size) = self.photo_size()
        {
            match self.photos.get(folder, file, size) {
                Ok((key, photo)) => {
                    content.photo = Some(key);
                    pixels = Some(photo);
                }
                Err(notice) => missing = Some(notice),
            }
        }
        content.holding.push(if pixels.is_some() {
            "photo"
        } else {
            "no-photo"
        });
        (content, pixels, missing)
    }

    fn photo_size(&self) -> Option<(u32, u32)> {
        let place = place(&self.theme, Piece::Card, self.canvas)?;
        let slot = self
            .theme
            .template(Piece::Card)?
            .slots
            .iter()
            .find(|slot| slot.name == "photo")?;
        let (_, _, width, height) = pixel_box(slot, place.scale);
        Some((width, height))
    }

    fn ticker(&mut self, show: &Show, now: At, lang: Lang, layers: &mut Layers) {
        if show.ticker_look.hidden {
            return;
        }
        let text = pick(&show.ticker, lang);
        let Some((look, frame)) = self.page_box(Piece::Ticker, "ticker", &[], lang) else {
            return;
        };
        self.ticker.set_news(&self.fonts, look, frame, text, lang);
        let page_ms = match show.ticker_look.page_s {
            0 => self.page_ms(),
            seconds => i64::from(seconds) * 1000,
        };
        // Counted from 1970, so that every canvas turns the page at the same moment.
        let Some(page) = self.ticker.at(At(0), now, page_ms) else {
            return;
        };
        let mut content = Content::new(lang);
        content.tells("ticker", PictureText::Ticker, Words::Page(page.fitted));
        let label = clean(pick(&self.theme.settings.words.ticker, lang));
        content.says("ticker-label", Words::Text(label));
        layers.next_change = earlier(layers.next_change, page.next);
        self.put(Piece::Ticker, Some(content), None, layers);
    }

    fn page_ms(&self) -> i64 {
        i64::from(self.theme.settings.page_s) * 1000
    }

    fn page_box(
        &self,
        piece: Piece,
        slot: &str,
        holding: &[&'static str],
        lang: Lang,
    ) -> Option<(Look, Frame)> {
        let mut slots = self.theme.template(piece)?.active(holding);
        let slot = slots.find(|known| known.name == slot)?;
        Some((look(slot, lang), frame(slot)))
    }
}

fn earlier(a: Option<At>, b: Option<At>) -> Option<At> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, other) => one.or(other),
    }
}
