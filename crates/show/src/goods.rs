//! Products, rundown, the product on air, its clock and its stock: what may happen and what it changes.

use std::collections::BTreeSet;

use crate::bulk::RUNDOWN_MOST;
use crate::check;
use crate::{
    At, Catalogue, Countdown, Event, OnAir, Product, ProductId, Refusal, RundownItem, Show,
};

impl Show {
    pub(crate) fn known_product(&self, product: &ProductId) -> Result<&Product, Refusal> {
        self.products
            .get(product)
            .ok_or_else(|| Refusal::UnknownProduct {
                product: product.clone(),
            })
    }

    pub(crate) fn decide_import(&self, products: Vec<Product>) -> Result<Vec<Event>, Refusal> {
        if products.is_empty() {
            return Err(Refusal::NothingToDo { field: "products" });
        }
        let products: Vec<Product> = products
            .into_iter()
            .map(checked)
            .collect::<Result<_, Refusal>>()?;
        if let Some(product) = check::first_twice(products.iter().map(|p| &p.id)) {
            return Err(Refusal::DuplicateProduct {
                product: product.clone(),
            });
        }
        let added = products
            .iter()
            .filter(|p| !self.products.contains_key(&p.id))
            .count();
        check::at_most("products", self.products.len() + added, Catalogue::MOST)?;
        if products.iter().all(|p| self.products.get(&p.id) == Some(p)) {
            return Ok(Vec::new());
        }
        let rundown = self.listed_by_import(&products, added);
        let mut events = vec![Event::ProductsImported { products }];
        events.extend(rundown);
        Ok(events)
    }

    pub(crate) fn decide_put_product(
        &self,
        product: Product,
        was: Option<&Product>,
    ) -> Result<Vec<Event>, Refusal> {
        let product = checked(product)?;
        let now = self.products.get(&product.id);
        if now == Some(&product) {
            return Ok(Vec::new());
        }
        if now != was {
            let product = product.id;
            return Err(Refusal::ProductChanged { product });
        }
        let added = usize::from(now.is_none());
        check::at_most("products", self.products.len() + added, Catalogue::MOST)?;
        let products = vec![product];
        // A full rundown stays as it is.
        let rundown = self.listed_by_import(&products, added);
        let mut events = vec![Event::ProductsImported { products }];
        events.extend(rundown);
        Ok(events)
    }

    pub(crate) fn decide_remove_product(&self, product: ProductId) -> Result<Vec<Event>, Refusal> {
        self.known_product(&product)?;
        if self.is_on_air(&product) {
            return Err(Refusal::ProductOnAir { product });
        }
        Ok(vec![Event::ProductRemoved { product }])
    }

    pub(crate) fn decide_rundown(&self, items: Vec<RundownItem>) -> Result<Vec<Event>, Refusal> {
        let items: Vec<RundownItem> = items
            .into_iter()
            .map(RundownItem::without_invisible)
            .collect();
        for item in &items {
            self.known_product(&item.product)?;
            // 0 = open.
            if item.planned_s > 0 {
                check::seconds("planned", item.planned_s)?;
            }
            check::text("demonstration", &item.demonstration, 500)?;
            check::text("holder", &item.holder, check::NAME_MAX)?;
        }
        if let Some(product) = check::first_twice(items.iter().map(|item| &item.product)) {
            return Err(Refusal::DuplicateProduct {
                product: product.clone(),
            });
        }
        if items == self.rundown {
            return Ok(Vec::new());
        }
        check::at_most("rundown", items.len(), RUNDOWN_MOST.max(self.rundown.len()))?;
        Ok(vec![Event::RundownSet { items }])
    }

    pub(crate) fn decide_put_on_air(
        &self,
        product: ProductId,
        at: At,
    ) -> Result<Vec<Event>, Refusal> {
        let offer = &self.known_product(&product)?.offer;
        if self.is_on_air(&product) {
            return Ok(Vec::new());
        }
        let mut events = vec![Event::WentOnAir {
            on_air: OnAir {
                product: product.clone(),
                since: at,
            },
        }];
        if let Some(clock) = clock(&product, offer.countdown_s, offer.ends, at) {
            events.push(clock);
        }
        // Counting begins when it is first shown; what a person set or switched off stays.
        let first_count = offer
            .quantity
            .filter(|_| !self.stock.contains_key(&product) && !self.uncounted.contains(&product));
        if let Some(quantity) = first_count {
            events.push(Event::StockSet {
                product,
                left: Some(quantity),
            });
        }
        Ok(events)
    }

    /// For the first viewers the product on the picture goes on air now: its time and its price steps begin, and its
    /// clock, as long as it was set.
    pub(crate) fn begin_turn_anew(&self, at: At) -> Vec<Event> {
        let Some(on) = &self.on_air else {
            return Vec::new();
        };
        let product = on.product.clone();
        let offer = self.products.get(&product).map(|it| &it.offer);
        // Rounded up: an offer's end may have cut it to less than a second.
        let set = self.countdown.as_ref();
        let set = set.map(|clock| clock.seconds_left(clock.started));
        let clock = offer.and_then(|it| clock(&product, set.or(it.countdown_s), it.ends, at));
        // One that a person stopped stays stopped.
        let clock = clock.filter(|_| !self.clock_stopped);
        let since = at;
        let went = Event::WentOnAir {
            on_air: OnAir { product, since },
        };
        let mut events = vec![Event::WentOffAir { at }, went];
        events.extend(clock);
        events
    }

    pub(crate) fn decide_take_off_air(&self, at: At) -> Vec<Event> {
        match self.on_air {
            Some(_) => vec![Event::WentOffAir { at }],
            None => Vec::new(),
        }
    }

    pub(crate) fn decide_start_countdown(
        &self,
        seconds: u32,
        at: At,
    ) -> Result<Vec<Event>, Refusal> {
        check::seconds("countdown", seconds)?;
        let on_air = self.on_air.as_ref().ok_or(Refusal::NotOnAir)?;
        let product = &on_air.product;
        let ends = self.products.get(product).and_then(|it| it.offer.ends);
        Ok(clock(product, Some(seconds), ends, at)
            .into_iter()
            .collect())
    }

    pub(crate) fn decide_stop_countdown(&self, at: At) -> Vec<Event> {
        match self.countdown {
            Some(_) => vec![Event::CountdownStopped { at }],
            None => Vec::new(),
        }
    }

    pub(crate) fn decide_set_stock(
        &self,
        product: ProductId,
        left: Option<u32>,
    ) -> Result<Vec<Event>, Refusal> {
        self.known_product(&product)?;
        let unchanged = match left {
            Some(left) => self.stock.get(&product) == Some(&left),
            None => self.uncounted.contains(&product),
        };
        if unchanged {
            return Ok(Vec::new());
        }
        Ok(vec![Event::StockSet { product, left }])
    }

    pub(crate) fn decide_adjust_stock(
        &self,
        product: ProductId,
        by: i32,
    ) -> Result<Vec<Event>, Refusal> {
        self.known_product(&product)?;
        let Some(left) = self.stock_left(&product) else {
            return Err(Refusal::NotCounted { product });
        };
        if by == 0 {
            return Ok(Vec::new());
        }
        let wanted = i64::from(left) + i64::from(by);
        if wanted < 0 {
            return Err(Refusal::StockBelowZero { product, left, by });
        }
        match u32::try_from(wanted) {
            Ok(left) => Ok(vec![Event::StockSet {
                product,
                left: Some(left),
            }]),
            Err(_) => Err(Refusal::StockTooLarge { product }),
        }
    }

    pub(crate) fn apply_goods(&mut self, event: &Event) {
        match event {
            Event::ProductsImported { products } => self.add_products(products),
            Event::ProductRemoved { product } => {
                self.rundown.retain(|item| item.product != *product);
                self.forget_product(product);
            }
            Event::ProductsRemoved { products } => self.remove_products(products),
            Event::RundownSet { items } => self.rundown.clone_from(items),
            Event::WentOnAir { on_air } => {
                // The clock belonged to the product before.
                self.countdown = None;
                self.clock_stopped = false;
                self.on_air = Some(on_air.clone());
            }
            Event::WentOffAir { .. } => {
                self.countdown = None;
                self.clock_stopped = false;
                self.on_air = None;
            }
            Event::CountdownStarted { countdown } => {
                self.countdown = Some(countdown.clone());
                self.clock_stopped = false;
            }
            Event::CountdownStopped { .. } => {
                self.countdown = None;
                self.clock_stopped = true;
            }
            Event::StockSet {
                product,
                left: Some(left),
            } => {
                self.uncounted.remove(product);
                self.oversold.remove(product);
                self.stock.insert(product.clone(), *left);
            }
            Event::StockSet {
                product,
                left: None,
            } => {
                self.stock.remove(product);
                self.oversold.remove(product);
                self.uncounted.insert(product.clone());
            }
            _ => {}
        }
    }

    /// All of it but its line of the rundown.
    pub(crate) fn forget_product(&mut self, product: &ProductId) {
        self.products.remove(product);
        self.stock.remove(product);
        self.oversold.remove(product);
        self.uncounted.remove(product);
        self.forget_vetting(product);
    }

    fn add_products(&mut self, products: &[Product]) {
        // A set, so that importing many products stays linear.
        let listed: BTreeSet<ProductId> = self
            .rundown
            .iter()
            .map(|item| item.product.clone())
            .collect();
        for product in products {
            let before = self.products.insert(product.id.clone(), product.clone());
            if let Some(before) = &before {
                self.reopen_vetting(before, product);
            }
            // A known product that a person took out of the rundown stays out.
            if before.is_none() && !listed.contains(&product.id) {
                self.rundown.push(RundownItem::open(product.id.clone()));
            }
        }
    }
}

/// The product without marks that nobody sees, if it can stand in a catalogue.
fn checked(product: Product) -> Result<Product, Refusal> {
    let product = product.without_invisible();
    match product.check() {
        Ok(()) => Ok(product),
        Err(why) => Err(Refusal::InProduct {
            product: product.id,
            why: Box::new(why),
        }),
    }
}

/// The clock of a product: its own, and no longer than its offer; the offer's end alone in its last day.
fn clock(product: &ProductId, seconds: Option<u32>, ends: Option<At>, at: At) -> Option<Event> {
    let ends = ends.filter(|ends| *ends > at);
    let own = seconds.map(|seconds| At(at.0.saturating_add(i64::from(seconds) * 1000)));
    let last_day = At(at.0.saturating_add(i64::from(check::SECONDS_MAX) * 1000));
    let deadline = match (own, ends) {
        (Some(own), Some(ends)) => own.min(ends),
        (Some(own), None) => own,
        (None, Some(ends)) if ends <= last_day => ends,
        (None, _) => return None,
    };
    Some(Event::CountdownStarted {
        countdown: Countdown {
            product: product.clone(),
            started: at,
            deadline,
        },
    })
}
