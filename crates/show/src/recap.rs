//! What a show was, told from its events: a pure fold for the page after the show. What nobody told the studio (viewers,
//! sales) is not in it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{At, Canvas, Correction, Event, Money, Phase, Product, ProductId, Show, Text};

/// Chat is counted by minutes up to so many; a day.
const MINUTES_MAX: usize = 24 * 60;

/// Whether people could watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum ShowKind {
    /// Sent to destinations.
    Live,
    /// Seen by the built-in receiver alone.
    Rehearsal,
}

/// A stretch during which one product was on the picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RecapSegment {
    /// Which.
    pub product: ProductId,
    /// When it came.
    pub from: At,
    /// When it went.
    pub to: At,
    /// Chat lines meanwhile.
    pub chat_lines: u32,
    /// Questions among them.
    pub questions: u32,
}

/// How the count of a product went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RecapStock {
    /// Units before.
    pub before: u32,
    /// Units at the end.
    pub after: u32,
    /// Units counted down, in all.
    pub down: u32,
    /// Units counted up, in all.
    pub up: u32,
}

/// A product that was shown, counted or priced anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RecapProduct {
    /// Which.
    pub product: ProductId,
    /// Title, as it was last.
    pub title: Text,
    /// Size, weight, count.
    pub spec: Text,
    /// Where it can be bought.
    pub link: Option<String>,
    /// Where it can be bought on a platform.
    pub links: BTreeMap<String, String>,
    /// How long it was planned for, in seconds; 0 = open.
    pub planned_s: u32,
    /// How long it was on the picture, in milliseconds.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub on_air_ms: i64,
    /// How often it was put on.
    pub times: u32,
    /// Chat lines while it was on.
    pub chat_lines: u32,
    /// Questions among them.
    pub questions: u32,
    /// Questions that were put on the picture while it was on.
    pub pinned: u32,
    /// Its count; `None` = it was not counted.
    pub stock: Option<RecapStock>,
    /// The live price at the beginning.
    pub price_before: Money,
    /// The live price at the end, without the steps of its offer.
    pub price_after: Money,
}

/// A question that stood on the picture. Who asked is left out: a recap is passed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RecapPinned {
    /// Since when.
    pub at: At,
    /// Until when.
    pub until: At,
    /// The words.
    pub text: String,
    /// What was on the picture.
    pub product: Option<ProductId>,
}

/// Why a price changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum PriceCause {
    /// Somebody changed it.
    Edited,
    /// A step of the offer was reached on air.
    Step,
}

/// A change of a live price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RecapPrice {
    /// When.
    pub at: At,
    /// Whose.
    pub product: ProductId,
    /// Before.
    pub from: Money,
    /// After.
    pub to: Money,
    /// Why.
    pub cause: PriceCause,
}

/// A file of the recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RecapPart {
    /// Its name below the recordings folder.
    pub file: String,
    /// When its first frame was taken.
    pub at: At,
    /// Of which canvas.
    pub canvas: Canvas,
}

/// The chat of one minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RecapMinute {
    /// Lines.
    pub chat_lines: u32,
    /// Questions among them.
    pub questions: u32,
}

/// The figures that two shows are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RecapTotals {
    /// When it began.
    pub began: At,
    /// How long it was, in milliseconds.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub length_ms: i64,
    /// Products that were on the picture.
    pub products: u32,
    /// Chat lines that people wrote.
    pub chat_lines: u32,
    /// Questions among them.
    pub questions: u32,
    /// Questions that were put on the picture.
    pub pinned: u32,
    /// Units counted down; `None` = nothing was counted.
    pub stock_down: Option<u32>,
}

/// A whole show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Recap {
    /// The show's name.
    pub name: String,
    /// Whether people could watch.
    pub kind: ShowKind,
    /// When it began.
    pub began: At,
    /// When it ended.
    pub ended: At,
    /// What was on the picture, in order.
    pub segments: Vec<RecapSegment>,
    /// Products, in the order in which something happened to them.
    pub products: Vec<RecapProduct>,
    /// Questions on the picture, in order.
    pub pinned: Vec<RecapPinned>,
    /// Changes of prices, in order.
    pub prices: Vec<RecapPrice>,
    /// What was corrected on the picture, in order.
    pub corrections: Vec<Correction>,
    /// The recording's files, in order.
    pub parts: Vec<RecapPart>,
    /// Chat, minute by minute from the beginning; what is later than a day counts for the last one.
    pub minutes: Vec<RecapMinute>,
    /// Chat lines that platforms took back.
    pub taken_back: u32,
}

impl Recap {
    /// The figures that shows are compared by.
    pub fn totals(&self) -> RecapTotals {
        let sum = |of: fn(&RecapMinute) -> u32| self.minutes.iter().map(of).sum();
        let counted: Vec<u32> = self
            .products
            .iter()
            .filter_map(|product| Some(product.stock?.down))
            .collect();
        let shown = self.products.iter().filter(|product| product.times > 0);
        RecapTotals {
            began: self.began,
            length_ms: self.ended.0 - self.began.0,
            products: count(shown.count()),
            chat_lines: sum(|minute| minute.chat_lines),
            questions: sum(|minute| minute.questions),
            pinned: count(self.pinned.len()),
            stock_down: (!counted.is_empty()).then(|| counted.iter().sum()),
        }
    }
}

/// Folds the events of one show, from its beginning to its end, into its [`Recap`].
#[derive(Debug)]
pub struct RecapFold {
    show: Show,
    recap: Recap,
    /// The question on the picture is the last of the list and still stands.
    stands: bool,
    /// The last segment is still on.
    runs: bool,
}

impl RecapFold {
    /// Begins with the show as it was when it went live or began to rehearse at `at`; `parts` are recordings that were
    /// being written already.
    pub fn begin(show: Show, kind: ShowKind, at: At, parts: Vec<RecapPart>) -> Self {
        let recap = Recap {
            name: show.name.clone(),
            kind,
            began: at,
            ended: at,
            segments: Vec::new(),
            products: Vec::new(),
            pinned: Vec::new(),
            prices: Vec::new(),
            corrections: Vec::new(),
            parts,
            minutes: Vec::new(),
            taken_back: 0,
        };
        let mut fold = Self {
            show,
            recap,
            stands: false,
            runs: false,
        };
        if let Some(on_air) = fold.show.on_air.clone() {
            fold.open(on_air.product, at);
        }
        if let Some(question) = fold.show.pinned.clone() {
            fold.pin(question.text, at);
        }
        fold
    }

    /// Takes the next event, decided at `at`.
    pub fn take(&mut self, at: At, event: &Event) {
        match event {
            Event::Renamed { name } => self.recap.name.clone_from(name),
            Event::WentOnAir { on_air } => {
                self.close(on_air.since);
                self.open(on_air.product.clone(), on_air.since);
            }
            Event::WentOffAir { at } => self.close(*at),
            Event::ProductsImported { products } => self.price(products, at),
            Event::StockSet { product, left } => self.stock(product, *left),
            Event::QuestionPinned { question } => {
                self.unpin(question.since);
                self.pin(question.text.clone(), question.since);
            }
            Event::CorrectionShown { correction } => {
                self.recap.corrections.push(correction.clone());
            }
            Event::QuestionUnpinned => self.unpin(at),
            Event::RecordingPartOpened { file, at, canvas } => self.recap.parts.push(RecapPart {
                file: file.clone(),
                at: *at,
                canvas: *canvas,
            }),
            Event::ChatNoted { lines } => {
                for line in lines.iter().filter(|line| !line.id.is_invented()) {
                    self.hear(line.at, line.question);
                }
            }
            Event::ChatTakenBack { messages } => {
                self.recap.taken_back += count(messages.len());
            }
            _ => {}
        }
        self.show.apply(event);
        self.recap.ended = self.recap.ended.max(at);
    }

    /// The recap of the show that ended at `at`.
    pub fn finish(mut self, at: At) -> Recap {
        self.close(at);
        self.unpin(at);
        self.recap.ended = self.recap.began.max(at);
        self.recap.prices.sort_by_key(|price| price.at);
        let minutes = (self.recap.ended.0 - self.recap.began.0) / 60_000 + 1;
        let minutes = usize::try_from(minutes).unwrap_or(1).min(MINUTES_MAX);
        if self.recap.minutes.len() < minutes {
            self.recap.minutes.resize(minutes, RecapMinute::default());
        }
        for entry in &mut self.recap.products {
            if let Some(product) = self.show.products.get(&entry.product) {
                describe(entry, product);
            }
        }
        self.recap
    }

    fn open(&mut self, product: ProductId, at: At) {
        if self.entry(&product).is_none() {
            return;
        }
        let left = self.show.stock_left(&product);
        if let Some(entry) = self.entry(&product) {
            entry.times += 1;
            entry.stock = entry.stock.or(left.map(untouched));
        }
        self.recap.segments.push(RecapSegment {
            product,
            from: at,
            to: at,
            chat_lines: 0,
            questions: 0,
        });
        self.runs = true;
    }

    fn close(&mut self, at: At) {
        if !std::mem::take(&mut self.runs) {
            return;
        }
        let Some(segment) = self.recap.segments.last_mut() else {
            return;
        };
        segment.to = at.max(segment.from);
        let segment = segment.clone();
        let began = self
            .show
            .on_air
            .as_ref()
            .map_or(segment.from, |on| on.since);
        if let Some(product) = self.show.products.get(&segment.product) {
            let mut before = product.offer.live_price.clone();
            for step in &product.offer.steps {
                let due = At(began.0.saturating_add(i64::from(step.after_s) * 1000));
                if due >= segment.from && due <= segment.to {
                    self.recap.prices.push(RecapPrice {
                        at: due,
                        product: segment.product.clone(),
                        from: before,
                        to: step.price.clone(),
                        cause: PriceCause::Step,
                    });
                }
                before = step.price.clone();
            }
        }
        if let Some(entry) = self.entry(&segment.product) {
            entry.on_air_ms += segment.to.0 - segment.from.0;
        }
    }

    fn price(&mut self, products: &[Product], at: At) {
        for product in products {
            let Some(known) = self.show.products.get(&product.id) else {
                continue;
            };
            let before = known.offer.live_price.clone();
            let after = product.offer.live_price.clone();
            if before == after {
                continue;
            }
            self.recap.prices.push(RecapPrice {
                at,
                product: product.id.clone(),
                from: before,
                to: after.clone(),
                cause: PriceCause::Edited,
            });
            if let Some(entry) = self.entry(&product.id) {
                entry.price_after = after;
            }
        }
    }

    fn stock(&mut self, product: &ProductId, left: Option<u32>) {
        let before = self.show.stock_left(product);
        let Some(left) = left else {
            return;
        };
        let Some(entry) = self.entry(product) else {
            return;
        };
        let stock = entry.stock.get_or_insert(untouched(before.unwrap_or(left)));
        let before = before.unwrap_or(left);
        stock.down += before.saturating_sub(left);
        stock.up += left.saturating_sub(before);
        stock.after = left;
    }

    fn pin(&mut self, text: String, at: At) {
        let product = self.show.on_air.as_ref().map(|on| on.product.clone());
        if let Some(entry) = product.as_ref().and_then(|product| self.entry(product)) {
            entry.pinned += 1;
        }
        self.recap.pinned.push(RecapPinned {
            at,
            until: at,
            text,
            product,
        });
        self.stands = true;
    }

    fn unpin(&mut self, at: At) {
        if std::mem::take(&mut self.stands)
            && let Some(pinned) = self.recap.pinned.last_mut()
        {
            pinned.until = at.max(pinned.at);
        }
    }

    fn hear(&mut self, at: At, is_question: bool) {
        let minute = (at.0 - self.recap.began.0).max(0) / 60_000;
        let minute = usize::try_from(minute).unwrap_or(0).min(MINUTES_MAX - 1);
        if self.recap.minutes.len() <= minute {
            self.recap
                .minutes
                .resize(minute + 1, RecapMinute::default());
        }
        let questions = u32::from(is_question);
        self.recap.minutes[minute].chat_lines += 1;
        self.recap.minutes[minute].questions += questions;
        if !self.runs {
            return;
        }
        if let Some(segment) = self.recap.segments.last_mut() {
            segment.chat_lines += 1;
            segment.questions += questions;
            let product = segment.product.clone();
            if let Some(entry) = self.entry(&product) {
                entry.chat_lines += 1;
                entry.questions += questions;
            }
        }
    }

    /// The product's line, made when something happens to it for the first time; `None` for one that is not known.
    fn entry(&mut self, id: &ProductId) -> Option<&mut RecapProduct> {
        let place = self
            .recap
            .products
            .iter()
            .position(|known| known.product == *id);
        if let Some(place) = place {
            return self.recap.products.get_mut(place);
        }
        let product = self.show.products.get(id)?;
        let planned = self.show.rundown.iter().find(|item| item.product == *id);
        let mut entry = RecapProduct {
            product: id.clone(),
            title: Text::default(),
            spec: Text::default(),
            link: None,
            links: BTreeMap::new(),
            planned_s: planned.map_or(0, |item| item.planned_s),
            on_air_ms: 0,
            times: 0,
            chat_lines: 0,
            questions: 0,
            pinned: 0,
            stock: None,
            price_before: product.offer.live_price.clone(),
            price_after: product.offer.live_price.clone(),
        };
        describe(&mut entry, product);
        self.recap.products.push(entry);
        self.recap.products.last_mut()
    }
}

impl ShowKind {
    /// What a phase is for; `None` for none.
    pub fn of(phase: &Phase) -> Option<Self> {
        match phase {
            Phase::Idle => None,
            Phase::Rehearsing { .. } => Some(ShowKind::Rehearsal),
            Phase::Live { .. } => Some(ShowKind::Live),
        }
    }
}

fn describe(entry: &mut RecapProduct, product: &Product) {
    entry.title.clone_from(&product.title);
    entry.spec.clone_from(&product.spec);
    entry.link.clone_from(&product.link);
    entry.links.clone_from(&product.links);
}

fn untouched(left: u32) -> RecapStock {
    RecapStock {
        before: left,
        after: left,
        down: 0,
        up: 0,
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
