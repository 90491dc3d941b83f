//! What is sold: products, their offers, and the order they are shown in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{At, Bundle, Money, ProductId, Refusal};

/// One text in the two languages of the program; either may be empty, never both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Text {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// What a viewer pays and gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Offer {
    /// The usual price, shown struck; same currency as `live_price` and above it.
    pub list_price: Option<Money>,
    /// The price during the show.
    pub live_price: Money,
    /// Units offered at the start of the show; `None` = not counted.
    pub quantity: Option<u32>,
    /// How long the live price runs once the product is on air, in seconds (1 to 86 400).
    pub countdown_s: Option<u32>,
    /// Where the usual price can be looked up: a receipt, a page, a period; empty = no evidence was given.
    #[serde(default)]
    pub list_price_evidence: String,
    /// What comes off beside the live price.
    #[serde(default)]
    pub coupon: Option<Coupon>,
    /// What comes with it; empty = nothing.
    #[serde(default)]
    pub gift: Text,
    /// Most units for one buyer, 1 or more; `None` = no limit.
    #[serde(default)]
    pub limit_per_person: Option<u32>,
    /// When the offer begins; `None` = it has.
    #[serde(default)]
    pub starts: Option<At>,
    /// When it ends: the product is not shown to viewers from then on; `None` = it does not.
    #[serde(default)]
    pub ends: Option<At>,
    /// Several units or products together at one price.
    #[serde(default)]
    pub bundle: Option<Bundle>,
    /// The live price falls in these steps while the product is on air; at most ten, ever later and ever lower.
    #[serde(default)]
    pub steps: Vec<PriceStep>,
}

impl Offer {
    /// An offer at this price, with nothing else.
    pub fn at(live_price: Money) -> Self {
        Self {
            list_price: None,
            live_price,
            quantity: None,
            countdown_s: None,
            list_price_evidence: String::new(),
            coupon: None,
            gift: Text::default(),
            limit_per_person: None,
            starts: None,
            ends: None,
            bundle: None,
            steps: Vec::new(),
        }
    }

    /// Whether it holds at that moment.
    ///
    /// # Errors
    /// [`Refusal::OfferNotBegun`], [`Refusal::OfferOver`], with the product's name.
    pub fn holds(&self, product: &ProductId, now: At) -> Result<(), Refusal> {
        let product = || product.clone();
        match (self.starts, self.ends) {
            (Some(at), _) if now < at => Err(Refusal::OfferNotBegun {
                product: product(),
                at,
            }),
            (_, Some(at)) if now >= at => Err(Refusal::OfferOver {
                product: product(),
                at,
            }),
            _ => Ok(()),
        }
    }

    /// The price once the product has been on air for so many milliseconds.
    pub fn price_after(&self, on_air_ms: i64) -> &Money {
        let reached = |step: &&PriceStep| i64::from(step.after_s) * 1000 <= on_air_ms;
        let step = self.steps.iter().take_while(reached).last();
        step.map_or(&self.live_price, |step| &step.price)
    }

    /// The next fall of the price after so many milliseconds on air.
    pub fn next_step(&self, on_air_ms: i64) -> Option<&PriceStep> {
        let ahead = |step: &&PriceStep| i64::from(step.after_s) * 1000 > on_air_ms;
        self.steps.iter().find(ahead)
    }
}

/// What comes off a price for whoever has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Coupon {
    /// What a viewer reads, for example how to get it; either may be empty where `off` is given.
    pub text: Text,
    /// How much comes off, less than the live price; `None` = the text says it.
    pub off: Option<Money>,
}

/// One fall of the live price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PriceStep {
    /// Seconds after the product went on air, 1 to 86 400.
    pub after_s: u32,
    /// The price from then on, below the one before.
    pub price: Money,
}

/// Where a product comes from; every part may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default)]
pub struct Origin {
    /// Village, county, country.
    pub place: Text,
    /// Who grew or made it.
    pub grower: Text,
    /// Day of the harvest as `2026-10-28`.
    pub harvested: String,
    /// Batch and what proves the claim (certificate number, photo, page).
    pub evidence: String,
}

/// What viewers ask about, answered once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default)]
pub struct Facts {
    /// When and how it is sent, what it costs.
    pub shipping: Text,
    /// How long it keeps, and how.
    pub shelf_life: Text,
    /// Sizes and what they mean.
    pub size: Text,
    /// How it is used or eaten.
    pub usage: Text,
    /// Returns and damage.
    pub after_sales: Text,
}

impl Facts {
    pub(crate) fn texts(&self) -> [&Text; 5] {
        [
            &self.shipping,
            &self.shelf_life,
            &self.size,
            &self.usage,
            &self.after_sales,
        ]
    }

    pub(crate) fn texts_mut(&mut self) -> [&mut Text; 5] {
        [
            &mut self.shipping,
            &mut self.shelf_life,
            &mut self.size,
            &mut self.usage,
            &mut self.after_sales,
        ]
    }
}

/// A product of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Product {
    /// Stable id.
    pub id: ProductId,
    /// Full title.
    pub title: Text,
    /// Title for the card; empty = the full title is used.
    pub short_title: Text,
    /// Photo as a file name below the show's photo folder; `None` = the card shows its placeholder.
    pub photo: Option<String>,
    /// Size, weight, count as shown on the card, for example `5 斤装`.
    pub spec: Text,
    /// Price and quantity.
    pub offer: Offer,
    /// GTIN-8, -12, -13 or -14, check digit verified at import.
    pub gtin: Option<String>,
    /// Where it can be bought.
    pub link: Option<String>,
    /// What the anchor says about it.
    pub talking_points: Vec<String>,
    /// More photos beside `photo`, named like it; at most nine.
    #[serde(default)]
    pub more_photos: Vec<String>,
    /// Where it can be bought on a platform, by the id of the platform's preset.
    #[serde(default)]
    pub links: BTreeMap<String, String>,
    /// Where it comes from; `None` = nothing is said of it.
    #[serde(default)]
    pub origin: Option<Origin>,
    /// Answers to what viewers ask; `None` = none are kept.
    #[serde(default)]
    pub facts: Option<Facts>,
    /// What one unit costs the seller, in the offer's currency; for the team's producers only.
    #[serde(default)]
    pub cost: Option<Money>,
}

impl Product {
    /// A product with a title and an offer, and nothing else.
    pub fn new(id: ProductId, title: Text, offer: Offer) -> Self {
        Self {
            id,
            title,
            short_title: Text::default(),
            photo: None,
            spec: Text::default(),
            offer,
            gtin: None,
            link: None,
            talking_points: Vec::new(),
            more_photos: Vec::new(),
            links: BTreeMap::new(),
            origin: None,
            facts: None,
            cost: None,
        }
    }

    /// The product without what only those see who move prices.
    pub fn without_private(mut self) -> Self {
        self.cost = None;
        self
    }
}

/// One line of the rundown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RundownItem {
    /// The product shown.
    pub product: ProductId,
    /// Minutes planned for it, in seconds; 0 = open.
    pub planned_s: u32,
    /// What is shown with it: cut one open, weigh it; empty = nothing is planned.
    #[serde(default)]
    pub demonstration: String,
    /// Who holds or presents it; empty = whoever is there.
    #[serde(default)]
    pub holder: String,
}

impl RundownItem {
    /// A line for this product with nothing planned.
    pub fn open(product: ProductId) -> Self {
        Self {
            product,
            planned_s: 0,
            demonstration: String::new(),
            holder: String::new(),
        }
    }
}
