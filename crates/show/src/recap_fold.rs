//! Folds the events of a show into its recap. Pure.

use std::collections::BTreeMap;

use crate::recap::count;
use crate::recap_sales::{self, MINUTES_MAX, minute_of};
use crate::takings::TakenIn;
use crate::{
    At, Event, Order, PriceCause, Product, ProductId, Recap, RecapMinute, RecapPart, RecapPinned,
    RecapPrice, RecapProduct, RecapSegment, RecapStock, Sales, Show, ShowKind, Text,
};

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
            incidents: Vec::new(),
            drops: Vec::new(),
            games: crate::recap_games::standing(&show, at),
            parts,
            minutes: Vec::new(),
            taken_back: 0,
            acts: Vec::new(),
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
            fold.answer(&question.answer);
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
            Event::OrderNoted { order, .. } => self.order(event, order),
            Event::QuestionPinned { question } => {
                self.unpin(question.since);
                self.pin(question.text.clone(), question.since);
            }
            Event::QuestionAnswered { answer, .. } => self.answer(answer),
            Event::CorrectionShown { correction } => {
                self.recap.corrections.push(correction.clone());
            }
            Event::CorrectionEnded { at } => {
                if let Some(last) = self.recap.corrections.last_mut() {
                    last.until = last.until.min(*at);
                }
            }
            Event::IncidentNoted { incident } => {
                crate::recap_incidents::take(&mut self.recap.incidents, at, incident);
            }
            Event::PicturesDropped { note } => {
                crate::recap_drops::take(&mut self.recap.drops, self.recap.began, at, note);
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
            Event::PlatformActed { act, by } => self.recap.acts.push(crate::RecapAct {
                at,
                by: by.clone(),
                act: act.clone(),
            }),
            Event::ChatTakenBack { messages } => {
                self.recap.taken_back += count(messages.len());
            }
            _ => {}
        }
        crate::recap_games::take(&mut self.recap.games, &self.show, event);
        self.show.apply(event);
        self.recap.ended = self.recap.ended.max(at);
    }

    /// The recap of the show that ended at `at`.
    pub fn finish(mut self, at: At) -> Recap {
        self.close(at);
        self.sell(at);
        self.unpin(at);
        self.recap.ended = self.recap.began.max(at);
        crate::recap_games::finish(&mut self.recap.games, self.recap.ended);
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
            sales: Sales::default(),
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
        self.counted(product, before.unwrap_or(left), left);
    }

    fn counted(&mut self, product: &ProductId, before: u32, left: u32) {
        let Some(entry) = self.entry(product) else {
            return;
        };
        let stock = entry.stock.get_or_insert(untouched(before));
        stock.down += before.saturating_sub(left);
        stock.up += left.saturating_sub(before);
        stock.after = left;
    }

    /// What an order takes off the stock is counted down as well.
    fn order(&mut self, event: &Event, order: &Order) {
        let products: Vec<ProductId> = order.sales().into_keys().collect();
        let left = |show: &Show| -> Vec<Option<u32>> {
            products.iter().map(|id| show.stock_left(id)).collect()
        };
        let before = left(&self.show);
        // Done once more with all events, which changes nothing.
        self.show.apply(event);
        let after = left(&self.show);
        for (product, (before, after)) in products.iter().zip(before.into_iter().zip(after)) {
            if let (Some(before), Some(after)) = (before, after)
                && before != after
            {
                self.counted(product, before, after);
            }
        }
    }

    /// Takes what a shop told after the show ended: an order may be paid or cancelled later.
    pub fn hear_later(&mut self, event: &Event) {
        if let Event::OrderNoted { .. } = event {
            self.show.apply(event);
        }
    }

    /// What was ordered from the beginning to `ended`.
    fn sell(&mut self, ended: At) {
        let orders = self.show.orders.within(self.recap.began, ended);
        let mut taken: BTreeMap<ProductId, TakenIn> = BTreeMap::new();
        for order in &orders {
            for (product, own) in order.sales() {
                if let Some(entry) = self.entry(&product) {
                    entry.sales.get_or_insert_default().add(own);
                }
            }
            for (product, currency, own) in order.takings() {
                taken.entry(product.clone()).or_default().add(currency, own);
            }
        }
        for (product, taken) in taken {
            if let Some(entry) = self.entry(&product) {
                entry.takings = taken.told();
            }
        }
        recap_sales::by_time(&mut self.recap, &orders);
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
            answer: String::new(),
            product,
        });
        self.stands = true;
    }

    fn answer(&mut self, answer: &str) {
        if self.stands
            && let Some(pinned) = self.recap.pinned.last_mut()
        {
            answer.clone_into(&mut pinned.answer);
        }
    }

    fn unpin(&mut self, at: At) {
        if std::mem::take(&mut self.stands)
            && let Some(pinned) = self.recap.pinned.last_mut()
        {
            pinned.until = at.max(pinned.at);
        }
    }

    fn hear(&mut self, at: At, is_question: bool) {
        let minute = minute_of(self.recap.began, at);
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
            sales: None,
            takings: Vec::new(),
            price_before: product.offer.live_price.clone(),
            price_after: product.offer.live_price.clone(),
        };
        describe(&mut entry, product);
        self.recap.products.push(entry);
        self.recap.products.last_mut()
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
