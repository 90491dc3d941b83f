//! Many products at once: what a long list puts on the rundown, removing and listing several, and taking that back.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::check;
use crate::{Command, Event, Product, ProductId, Refusal, RundownItem, Show};

/// Most new products that one list puts on the rundown: at three minutes each a show of five hours. What a longer list
/// brings stays beside the rundown until somebody chooses.
pub const LISTED_BY_IMPORT: usize = 100;

/// Most lines of a rundown: at one minute each a show of sixteen hours. It is sent whole to every page; of a larger
/// catalogue the pages ask for what they show. A longer one of earlier versions stays, and may become shorter.
pub const RUNDOWN_MOST: usize = 1_000;

/// What a change of many products replaced: enough to take it back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Former {
    /// Products that were changed or removed, as they were.
    pub products: Vec<Product>,
    /// Products that were not there.
    pub added: Vec<ProductId>,
    /// The rundown.
    pub rundown: Vec<RundownItem>,
    /// Units left of removed products that were counted; `None` = a person had switched counting off.
    pub stock: BTreeMap<ProductId, Option<u32>>,
    /// What was looked at of changed and removed products.
    #[serde(default)]
    pub vetted: BTreeMap<ProductId, Vec<crate::VetTick>>,
}

impl Former {
    /// What `command` will replace in `show`; `None` for other commands than imports and removals of products,
    /// and where nothing changes: the same list once more must not take the place of what can be taken back.
    pub fn before(show: &Show, command: &Command) -> Option<Self> {
        let mut former = Former {
            rundown: show.rundown.clone(),
            ..Former::default()
        };
        match command {
            Command::ImportProducts { products } => {
                for product in products {
                    match show.products.get(&product.id) {
                        Some(known) if known == product => {}
                        Some(known) => former.products.push(known.clone()),
                        None => former.added.push(product.id.clone()),
                    }
                }
            }
            Command::RemoveProducts { products } => {
                for id in products {
                    former.products.extend(show.products.get(id).cloned());
                    if let Some(left) = show.stock.get(id) {
                        former.stock.insert(id.clone(), Some(*left));
                    } else if show.uncounted.contains(id) {
                        former.stock.insert(id.clone(), None);
                    }
                }
            }
            _ => return None,
        }
        for product in &former.products {
            if let Some(ticks) = show.vetted.get(&product.id) {
                former.vetted.insert(product.id.clone(), ticks.clone());
            }
        }
        let changes = !former.products.is_empty() || !former.added.is_empty();
        changes.then_some(former)
    }
}

impl Show {
    /// What a list of `added` new products among `products` leaves of the rundown, where that is less than all.
    pub(crate) fn listed_by_import(&self, products: &[Product], added: usize) -> Option<Event> {
        let is_short = added <= LISTED_BY_IMPORT;
        if added == 0 || (is_short && self.rundown.len() + added <= RUNDOWN_MOST) {
            return None;
        }
        let mut items = self.rundown.clone();
        // A rundown that somebody made is not filled up with the beginning of a catalogue.
        if items.is_empty() {
            let new = products.iter().map(|product| &product.id);
            let new = new.filter(|id| !self.products.contains_key(id));
            items.extend(new.take(LISTED_BY_IMPORT).cloned().map(RundownItem::open));
        }
        Some(Event::RundownSet { items })
    }

    pub(crate) fn decide_add_to_rundown(
        &self,
        products: Option<Vec<ProductId>>,
    ) -> Result<Vec<Event>, Refusal> {
        let wanted = products.unwrap_or_else(|| self.products.keys().cloned().collect());
        let mut listed: BTreeSet<&ProductId> = self.rundown.iter().map(|i| &i.product).collect();
        let mut items = self.rundown.clone();
        for id in &wanted {
            self.known_product(id)?;
            if listed.insert(id) {
                items.push(RundownItem::open(id.clone()));
            }
        }
        if items.len() == self.rundown.len() {
            return Ok(Vec::new());
        }
        check::at_most("rundown", items.len(), RUNDOWN_MOST)?;
        Ok(vec![Event::RundownSet { items }])
    }

    pub(crate) fn decide_remove_products(
        &self,
        products: Vec<ProductId>,
    ) -> Result<Vec<Event>, Refusal> {
        if products.is_empty() {
            return Err(Refusal::NothingToDo { field: "products" });
        }
        for product in &products {
            self.known_product(product)?;
            if self.is_on_air(product) {
                let product = product.clone();
                return Err(Refusal::ProductOnAir { product });
            }
        }
        if let Some(product) = check::first_twice(products.iter()) {
            return Err(Refusal::DuplicateProduct {
                product: product.clone(),
            });
        }
        Ok(vec![Event::ProductsRemoved { products }])
    }

    /// What was changed since stays: a product on air is not taken away, and what others did to the rundown is kept.
    pub(crate) fn decide_take_back_products(&self, former: Former) -> Vec<Event> {
        let mut events = Vec::new();
        let gone = |id: &ProductId| !self.products.contains_key(id);
        let remove: Vec<ProductId> = former
            .added
            .into_iter()
            .filter(|id| !gone(id) && !self.is_on_air(id))
            .collect();
        let back: BTreeSet<ProductId> = former
            .products
            .iter()
            .map(|product| product.id.clone())
            .filter(gone)
            .collect();
        let rundown = rundown_with(&self.rundown, &former.rundown, &remove, &back);
        let stock = former.stock.into_iter().filter(|(id, _)| back.contains(id));
        if !remove.is_empty() {
            events.push(Event::ProductsRemoved { products: remove });
        }
        if !former.products.is_empty() {
            events.push(Event::ProductsImported {
                products: former.products,
            });
        }
        if !back.is_empty() {
            events.push(Event::RundownSet { items: rundown });
        }
        events.extend(stock.map(|(product, left)| Event::StockSet { product, left }));
        if !former.vetted.is_empty() {
            let vetted = former.vetted;
            events.push(Event::VettingSet { vetted });
        }
        events
    }

    pub(crate) fn remove_products(&mut self, products: &[ProductId]) {
        let gone: BTreeSet<&ProductId> = products.iter().collect();
        self.rundown.retain(|item| !gone.contains(&item.product));
        for product in products {
            self.forget_product(product);
        }
    }
}

/// The rundown as it was, where it only lost what comes back; else as it is, with what comes back at its end.
fn rundown_with(
    now: &[RundownItem],
    before: &[RundownItem],
    removed: &[ProductId],
    back: &BTreeSet<ProductId>,
) -> Vec<RundownItem> {
    let removed: BTreeSet<&ProductId> = removed.iter().collect();
    let kept = now.iter().filter(|item| !removed.contains(&item.product));
    let kept: Vec<RundownItem> = kept.cloned().collect();
    let (returning, others): (Vec<_>, Vec<_>) = before
        .iter()
        .cloned()
        .partition(|item| back.contains(&item.product));
    if others == kept {
        return before.to_vec();
    }
    kept.into_iter().chain(returning).collect()
}
