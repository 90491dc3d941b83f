//! Bundles: several units, or several products together, at one price, and what they take off the stock.

use serde::{Deserialize, Serialize};

use crate::check::{self, ID_MAX};
use crate::{Event, Money, MoneyFault, Product, ProductId, Refusal, Show};

/// Most products that come with one; a card names no more.
const PARTS_MAX: usize = 5;
/// Most units of one product.
const UNITS_MAX: u32 = 999;

/// Several units of a product at one price, with others where `with` names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Bundle {
    /// Units of the product itself, 1 to 999; at least 2 where nothing comes with it.
    pub units: u32,
    /// For all of it together.
    pub price: Money,
    /// What comes with it; at most five, each once, none of them the product itself.
    #[serde(default)]
    pub with: Vec<BundlePart>,
}

/// Another product of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct BundlePart {
    /// Which.
    pub product: ProductId,
    /// Units of it, 1 to 999.
    pub units: u32,
}

impl Bundle {
    pub(crate) fn check(&self, live_price: &Money) -> Result<(), Refusal> {
        let refused = |fault| Refusal::PriceInvalid { fault };
        let least = if self.with.is_empty() { 2 } else { 1 };
        units(self.units, least)?;
        self.price.check_price().map_err(refused)?;
        if self.price.currency != live_price.currency {
            return Err(refused(MoneyFault::CurrencyDiffers));
        }
        if self.with.is_empty() && !self.saves_on(live_price) {
            return Err(refused(MoneyFault::BundleNotBelow));
        }
        check::at_most("bundle", self.with.len(), PARTS_MAX)?;
        for part in &self.with {
            check::filled("product_id", part.product.as_str(), ID_MAX)?;
            units(part.units, 1)?;
        }
        match check::first_twice(self.with.iter().map(|part| &part.product)) {
            Some(product) => Err(Refusal::DuplicateProduct {
                product: product.clone(),
            }),
            None => Ok(()),
        }
    }

    /// Whether the units of the product itself cost more one by one at this price.
    fn saves_on(&self, price: &Money) -> bool {
        let one_by_one = price.checked_mul(self.units);
        one_by_one.is_ok_and(|sum| self.price.minor < sum.minor)
    }
}

fn units(value: u32, least: i32) -> Result<(), Refusal> {
    let value = i32::try_from(value).unwrap_or(i32::MAX);
    check::range("bundle", value, least, UNITS_MAX as i32)
}

impl Show {
    /// What one bundle of a product takes, the product itself first; `None` = it has none, or a part of it is gone.
    pub fn bundle_parts(&self, product: &ProductId) -> Option<Vec<(&Product, u32)>> {
        let known = self.products.get(product)?;
        let bundle = known.offer.bundle.as_ref()?;
        let part = |part: &BundlePart| Some((self.products.get(&part.product)?, part.units));
        let with = bundle.with.iter().map(part);
        std::iter::once(Some((known, bundle.units)))
            .chain(with)
            .collect()
    }

    /// The bundle of a product as viewers may be offered it when it costs `price` alone: whole, in stock, and cheaper
    /// than the same one by one.
    pub fn bundle_offered(&self, product: &ProductId, price: &Money) -> Option<&Bundle> {
        let parts = self.bundle_parts(product)?;
        let bundle = self.products.get(product)?.offer.bundle.as_ref()?;
        let enough = |(part, units): &(&Product, u32)| {
            let left = self.stock_left(&part.id);
            left.is_none_or(|left| left >= *units)
        };
        let mut sum = price.checked_mul(bundle.units).ok()?;
        for (part, units) in parts.iter().skip(1) {
            let own = part.offer.live_price.checked_mul(*units).ok()?;
            sum = sum.checked_add(&own).ok()?;
        }
        (parts.iter().all(enough) && bundle.price.minor < sum.minor).then_some(bundle)
    }

    pub(crate) fn decide_adjust_bundles(
        &self,
        product: ProductId,
        by: i32,
    ) -> Result<Vec<Event>, Refusal> {
        self.known_product(&product)?;
        let Some(parts) = self.bundle_parts(&product) else {
            return Err(Refusal::NothingToDo { field: "bundle" });
        };
        let mut events = Vec::new();
        for (part, units) in parts {
            if self.stock_left(&part.id).is_none() {
                continue;
            }
            let by = i32::try_from(i64::from(by) * i64::from(units));
            let Ok(by) = by else {
                let product = part.id.clone();
                return Err(Refusal::StockTooLarge { product });
            };
            events.extend(self.decide_adjust_stock(part.id.clone(), by)?);
        }
        if events.is_empty() && by != 0 {
            return Err(Refusal::NotCounted { product });
        }
        Ok(events)
    }
}
