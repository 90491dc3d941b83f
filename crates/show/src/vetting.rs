//! Vetting: what somebody looked at before a product comes before viewers, who did and when, and what keeps it from them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::check;
use crate::{Actor, At, Command, Event, Offer, Product, ProductId, Refusal, Show};

/// Most points of one's own: a list that nobody goes through is worse than a short one.
const OWN_MAX: usize = 10;
/// A point is a line to tick.
const OWN_LENGTH: usize = 60;

/// A point of the list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum VetItem {
    /// A sample was seen and tried.
    Sample,
    /// Label and licence were seen.
    Label,
    /// Prices and their evidence are right.
    Price,
    /// As many as are offered are there.
    Stock,
    /// What is said of it is true.
    Claims,
    /// A point that this seller added.
    Own(String),
}

impl VetItem {
    /// The points that every seller has.
    pub const USUAL: [VetItem; 5] = [
        VetItem::Sample,
        VetItem::Label,
        VetItem::Price,
        VetItem::Stock,
        VetItem::Claims,
    ];
}

/// One point that somebody looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct VetTick {
    /// Which.
    pub item: VetItem,
    /// Who.
    pub by: String,
    /// When.
    pub at: At,
}

/// Whether products are kept from viewers until they were looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum VettingAsked {
    /// In a live show; rehearsals have no viewers.
    #[default]
    Live,
    /// Never.
    Never,
}

/// What is asked for in this show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default)]
pub struct VettingRule {
    /// Whether.
    pub asked: VettingAsked,
    /// Points beside the usual ones; at most ten of 1 to 60 characters, each once.
    pub own: Vec<String>,
}

/// Why a product comes before viewers although nobody looked at all points; until the show ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct VettingOverride {
    /// 1 to 300 characters.
    pub reason: String,
    /// Who answers for it.
    pub by: String,
    /// When.
    pub at: At,
}

impl Command {
    /// The command with the name of whoever sent it, where it says who did something. Names do not cross the wire:
    /// nobody signs for somebody else.
    pub fn signed(mut self, actor: &Actor) -> Self {
        if let Command::SetVetted { by, .. }
        | Command::VetProducts { by, .. }
        | Command::OverrideVetting { by, .. }
        | Command::NotePlatformAct { by, .. }
        | Command::SendNote { by, .. }
        | Command::ClaimQuestion { by, .. } = &mut self
        {
            by.clone_from(&actor.name);
        }
        self
    }
}

impl Show {
    /// The points that are asked for.
    pub fn vet_items(&self) -> impl Iterator<Item = VetItem> {
        let own = self.vetting.own.iter().cloned().map(VetItem::Own);
        VetItem::USUAL.into_iter().chain(own)
    }

    /// How many points of a product nobody has looked at.
    pub fn vet_items_open(&self, product: &ProductId) -> usize {
        let ticks = self.vetted.get(product).map_or(&[][..], Vec::as_slice);
        let is_open = |item: &VetItem| !ticks.iter().any(|tick| tick.item == *item);
        self.vet_items().filter(is_open).count()
    }

    /// Whether a product may come before viewers: looked at, or let through with a reason, and its offer holds now.
    ///
    /// # Errors
    /// [`Refusal::NotVetted`], [`Refusal::OfferNotBegun`], [`Refusal::OfferOver`].
    pub fn fit_for_viewers(&self, product: &ProductId, at: At) -> Result<(), Refusal> {
        let Some(known) = self.products.get(product) else {
            return Ok(());
        };
        known.offer.holds(product, at)?;
        let open = self.vet_items_open(product);
        let is_let = open == 0
            || self.vetting.asked == VettingAsked::Never
            || self.vetting_overrides.contains_key(product);
        if is_let {
            return Ok(());
        }
        let product = product.clone();
        Err(Refusal::NotVetted { product, open })
    }

    pub(crate) fn decide_set_vetted(
        &self,
        product: ProductId,
        item: VetItem,
        done: bool,
        by: String,
        at: At,
    ) -> Result<Vec<Event>, Refusal> {
        self.known_product(&product)?;
        if !self.vet_items().any(|known| known == item) {
            return Err(Refusal::NothingToDo { field: "vet_items" });
        }
        let mut ticks = self.vetted.get(&product).cloned().unwrap_or_default();
        if ticks.iter().any(|tick| tick.item == item) == done {
            return Ok(Vec::new());
        }
        if done {
            ticks.push(VetTick { item, by, at });
        } else {
            ticks.retain(|tick| tick.item != item);
        }
        let vetted = BTreeMap::from([(product, ticks)]);
        Ok(vec![Event::VettingSet { vetted }])
    }

    /// Ticks what is open; what somebody looked at before stays theirs.
    pub(crate) fn decide_vet_products(
        &self,
        products: Option<Vec<ProductId>>,
        by: &str,
        at: At,
    ) -> Result<Vec<Event>, Refusal> {
        let listed = || self.rundown.iter().map(|item| item.product.clone());
        let products = products.unwrap_or_else(|| listed().collect());
        let mut vetted = BTreeMap::new();
        for product in products {
            self.known_product(&product)?;
            let mut ticks = self.vetted.get(&product).cloned().unwrap_or_default();
            let before = ticks.len();
            for item in self.vet_items() {
                if !ticks.iter().any(|tick| tick.item == item) {
                    let by = by.to_owned();
                    ticks.push(VetTick { item, by, at });
                }
            }
            if ticks.len() > before {
                vetted.insert(product, ticks);
            }
        }
        if vetted.is_empty() {
            return Ok(Vec::new());
        }
        Ok(vec![Event::VettingSet { vetted }])
    }

    pub(crate) fn decide_set_vetting(&self, rule: VettingRule) -> Result<Vec<Event>, Refusal> {
        let VettingRule { asked, own } = rule;
        let own: Vec<String> = own.iter().map(|text| text.trim().to_owned()).collect();
        check::at_most("vet_items", own.len(), OWN_MAX)?;
        own.iter()
            .try_for_each(|text| check::filled("vet_items", text, OWN_LENGTH))?;
        let mut seen = BTreeSet::new();
        let own = own.into_iter().filter(|text| seen.insert(text.clone()));
        let own = own.collect();
        let rule = VettingRule { asked, own };
        if rule == self.vetting {
            return Ok(Vec::new());
        }
        Ok(vec![Event::VettingRuleSet { rule }])
    }

    pub(crate) fn decide_override_vetting(
        &self,
        product: ProductId,
        reason: &str,
        by: String,
        at: At,
    ) -> Result<Vec<Event>, Refusal> {
        self.known_product(&product)?;
        let reason = reason.trim().to_owned();
        check::filled("reason", &reason, 300)?;
        if self.vetting_overrides.contains_key(&product) {
            return Ok(Vec::new());
        }
        let reason = VettingOverride { reason, by, at };
        Ok(vec![Event::VettingOverridden { product, reason }])
    }

    pub(crate) fn apply_vetting(&mut self, event: &Event) {
        match event {
            Event::VettingSet { vetted } => {
                for (product, ticks) in vetted {
                    if ticks.is_empty() || !self.products.contains_key(product) {
                        self.vetted.remove(product);
                    } else {
                        self.vetted.insert(product.clone(), ticks.clone());
                    }
                }
            }
            Event::VettingRuleSet { rule } => self.vetting = rule.clone(),
            Event::VettingOverridden { product, reason } => {
                self.vetting_overrides
                    .insert(product.clone(), reason.clone());
            }
            _ => {}
        }
    }

    /// What was looked at is no longer what is sold: the points that a change touches are open again.
    pub(crate) fn reopen_vetting(&mut self, before: &Product, now: &Product) {
        let Some(ticks) = self.vetted.get_mut(&now.id) else {
            return;
        };
        let uncounted = |offer: &Offer| Offer {
            quantity: None,
            ..offer.clone()
        };
        let price = uncounted(&before.offer) != uncounted(&now.offer);
        let stock = before.offer.quantity != now.offer.quantity;
        let claims = said(before) != said(now);
        ticks.retain(|tick| match tick.item {
            VetItem::Price => !price,
            VetItem::Stock => !stock,
            VetItem::Claims => !claims,
            _ => true,
        });
        if ticks.is_empty() {
            self.vetted.remove(&now.id);
        }
    }

    pub(crate) fn forget_vetting(&mut self, product: &ProductId) {
        self.vetted.remove(product);
        self.vetting_overrides.remove(product);
    }
}

/// Everything that a product says of itself beside its offer.
fn said(product: &Product) -> impl PartialEq + '_ {
    (
        (&product.title, &product.short_title, &product.spec),
        (&product.talking_points, &product.origin, &product.facts),
    )
}
