//! Which products and offers can be: texts, prices, price steps, photos, links, origin.

use crate::check::{
    ID_MAX, NAME_MAX, SECONDS_MAX, at_most, below_folder, both, either, filled, gtin_is_valid,
    range, seconds, text, url,
};
use crate::{Coupon, Money, MoneyFault, Offer, Origin, Product, Refusal};

/// Most falls of one price.
const STEPS_MAX: usize = 10;
/// Most photos beside the first.
const MORE_PHOTOS_MAX: usize = 9;
/// Most platforms that a product has an address on.
const LINKS_MAX: usize = 20;

impl Offer {
    /// Whether prices, quantity and countdown can be right.
    ///
    /// # Errors
    /// [`Refusal::PriceInvalid`], [`Refusal::InvalidLength`].
    pub fn check(&self) -> Result<(), Refusal> {
        let price = |fault: MoneyFault| Refusal::PriceInvalid { fault };
        self.live_price.check_price().map_err(price)?;
        if let Some(list) = &self.list_price {
            list.check_price().map_err(price)?;
            if list.currency != self.live_price.currency {
                return Err(price(MoneyFault::CurrencyDiffers));
            }
            if list.minor <= self.live_price.minor {
                return Err(price(MoneyFault::ListNotAboveLive));
            }
        }
        if let Some(value) = self.countdown_s {
            seconds("countdown", value)?;
        }
        text("list_price_evidence", &self.list_price_evidence, 500)?;
        both("gift", &self.gift, 100)?;
        if let Some(limit) = self.limit_per_person {
            range("limit_per_person", limit.min(100_000) as i32, 1, 99_999)?;
        }
        if let Some(coupon) = &self.coupon {
            coupon.check(&self.live_price)?;
        }
        if let (Some(starts), Some(ends)) = (self.starts, self.ends)
            && ends <= starts
        {
            return Err(Refusal::OfferTimesInvalid);
        }
        if let Some(bundle) = &self.bundle {
            bundle.check(&self.live_price)?;
        }
        self.check_steps()
    }

    fn check_steps(&self) -> Result<(), Refusal> {
        at_most("steps", self.steps.len(), STEPS_MAX)?;
        let (mut after_s, mut price) = (0, &self.live_price);
        for step in &self.steps {
            seconds("steps", step.after_s)?;
            if step.after_s <= after_s {
                return Err(Refusal::InvalidLength {
                    field: "steps",
                    value: i64::from(step.after_s),
                    min: i64::from(after_s) + 1,
                    max: i64::from(SECONDS_MAX),
                });
            }
            below(&step.price, price, MoneyFault::StepNotBelow)?;
            (after_s, price) = (step.after_s, &step.price);
        }
        Ok(())
    }

    /// What a viewer saves against the usual price.
    pub fn saved(&self) -> Option<Money> {
        self.list_price
            .as_ref()
            .and_then(|list| list.checked_sub(&self.live_price).ok())
    }
}

impl Product {
    /// Whether the product can stand in a catalogue: the same check an import command makes, so that
    /// a reader of files can name the bad row instead of losing the batch.
    ///
    /// # Errors
    /// The first thing that is wrong, as a [`Refusal`].
    pub fn check(&self) -> Result<(), Refusal> {
        filled("product_id", self.id.as_str(), ID_MAX)?;
        either("title", &self.title, 300)?;
        both("short_title", &self.short_title, 100)?;
        both("spec", &self.spec, 200)?;
        self.offer.check()?;
        let bundled = self.offer.bundle.iter().flat_map(|bundle| &bundle.with);
        if let Some(itself) = bundled.into_iter().find(|part| part.product == self.id) {
            let product = itself.product.clone();
            return Err(Refusal::DuplicateProduct { product });
        }
        if let Some(photo) = &self.photo {
            below_folder("photo", photo)?;
        }
        if let Some(gtin) = &self.gtin
            && !gtin_is_valid(gtin)
        {
            return Err(Refusal::GtinInvalid);
        }
        if let Some(link) = &self.link {
            url("link", link, &["http", "https"])?;
        }
        at_most("talking_points", self.talking_points.len(), 50)?;
        self.talking_points
            .iter()
            .try_for_each(|point| filled("talking_points", point, 500))?;
        at_most("more_photos", self.more_photos.len(), MORE_PHOTOS_MAX)?;
        self.more_photos
            .iter()
            .try_for_each(|photo| below_folder("more_photos", photo))?;
        at_most("links", self.links.len(), LINKS_MAX)?;
        self.links.iter().try_for_each(|(platform, link)| {
            filled("links", platform, NAME_MAX)?;
            url("link", link, &["http", "https"])
        })?;
        if let Some(origin) = &self.origin {
            origin.check()?;
        }
        if let Some(cost) = &self.cost {
            let refused = |fault| Refusal::PriceInvalid { fault };
            cost.check_price().map_err(refused)?;
            if cost.currency != self.offer.live_price.currency {
                return Err(refused(MoneyFault::CurrencyDiffers));
            }
        }
        match &self.facts {
            Some(facts) => facts
                .texts()
                .into_iter()
                .try_for_each(|fact| both("facts", fact, 500)),
            None => Ok(()),
        }
    }
}

impl Coupon {
    fn check(&self, live_price: &Money) -> Result<(), Refusal> {
        both("coupon", &self.text, 60)?;
        match &self.off {
            Some(off) => below(off, live_price, MoneyFault::CouponNotBelow),
            None => either("coupon", &self.text, 60),
        }
    }
}

impl Origin {
    fn check(&self) -> Result<(), Refusal> {
        both("origin", &self.place, 80)?;
        both("origin", &self.grower, 80)?;
        text("origin", &self.evidence, 500)?;
        if self.harvested.is_empty() || day_is_valid(&self.harvested) {
            return Ok(());
        }
        Err(Refusal::DayInvalid)
    }
}

fn below(amount: &Money, bound: &Money, fault: MoneyFault) -> Result<(), Refusal> {
    let refused = |fault| Err(Refusal::PriceInvalid { fault });
    if let Err(fault) = amount.check_price() {
        return refused(fault);
    }
    if amount.currency != bound.currency {
        return refused(MoneyFault::CurrencyDiffers);
    }
    if amount.minor >= bound.minor {
        return refused(fault);
    }
    Ok(())
}

/// A day of the Gregorian calendar as `2026-10-28` (ISO 8601, extended form).
fn day_is_valid(day: &str) -> bool {
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let number = |part: &str| part.parse().ok().filter(|_| digits(part));
    let numbers: Option<Vec<u32>> = day.split('-').map(number).collect();
    let Some([year, month, of_month]) = numbers.as_deref() else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    day.len() == 10 && (1..=days).contains(of_month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_is_in_no_calendar_is_refused() {
        for day in ["2026-10-28", "2024-02-29", "2000-02-29"] {
            assert!(day_is_valid(day), "{day}");
        }
        for day in [
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-4-31",
            "28.10.2026",
            "2026-10",
            "+026-10-28",
        ] {
            assert!(!day_is_valid(day), "{day}");
        }
    }
}
