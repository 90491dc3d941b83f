//! What differs between a product and the same one after an import, field by field, for a person to read.

use serde::{Deserialize, Serialize};
use stallcast_show::{
    At, Bundle, Coupon, Facts, Money, Origin, PriceStep, Product, ProductId, Text,
};

use super::{Field, moments};

/// One field of a product, before and after; an empty text = nothing there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Which.
    pub field: Field,
    /// As it is.
    pub from: String,
    /// As it would be.
    pub to: String,
}

/// A product that an import would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductChange {
    /// Which.
    pub product: ProductId,
    /// What of it; never empty.
    pub fields: Vec<FieldChange>,
}

/// What is different in `after`; nothing when they are the same.
pub fn field_changes(before: &Product, after: &Product) -> Vec<FieldChange> {
    let (old, new) = (values(before), values(after));
    let both = old.into_iter().zip(new);
    both.filter(|((_, from), (_, to))| from != to)
        .map(|((field, from), (_, to))| FieldChange { field, from, to })
        .collect()
}

/// Every field that an import can change, in the order in which a person looks at them.
fn values(product: &Product) -> Vec<(Field, String)> {
    let nowhere = Origin::default();
    let unsaid = Facts::default();
    let offer = &product.offer;
    let origin = product.origin.as_ref().unwrap_or(&nowhere);
    let facts = product.facts.as_ref().unwrap_or(&unsaid);
    let count = |n: Option<u32>| n.map(|n| n.to_string()).unwrap_or_default();
    let photos = product.photo.iter().chain(&product.more_photos);
    vec![
        (Field::TitleZh, product.title.zh.clone()),
        (Field::TitleEn, product.title.en.clone()),
        (Field::ShortTitle, both(&product.short_title)),
        (Field::LivePrice, amount(&offer.live_price)),
        (
            Field::ListPrice,
            offer.list_price.as_ref().map(amount).unwrap_or_default(),
        ),
        (Field::ListPriceEvidence, offer.list_price_evidence.clone()),
        (Field::Quantity, count(offer.quantity)),
        (Field::Countdown, count(offer.countdown_s)),
        (Field::Steps, steps(&offer.steps)),
        (Field::Starts, moment(offer.starts)),
        (Field::Ends, moment(offer.ends)),
        (
            Field::Coupon,
            offer.coupon.as_ref().map(coupon).unwrap_or_default(),
        ),
        (
            Field::Bundle,
            offer.bundle.as_ref().map(bundle).unwrap_or_default(),
        ),
        (
            Field::Cost,
            product.cost.as_ref().map(amount).unwrap_or_default(),
        ),
        (Field::Gift, both(&offer.gift)),
        (Field::LimitPerPerson, count(offer.limit_per_person)),
        (Field::Spec, both(&product.spec)),
        (
            Field::Photo,
            photos.cloned().collect::<Vec<_>>().join(" · "),
        ),
        (Field::Link, product.link.clone().unwrap_or_default()),
        (Field::Gtin, product.gtin.clone().unwrap_or_default()),
        (Field::TalkingPoints, product.talking_points.join(" · ")),
        (Field::Origin, both(&origin.place)),
        (Field::Grower, both(&origin.grower)),
        (Field::Harvested, origin.harvested.clone()),
        (Field::OriginEvidence, origin.evidence.clone()),
        (Field::Shipping, both(&facts.shipping)),
        (Field::ShelfLife, both(&facts.shelf_life)),
        (Field::SizeGuide, both(&facts.size)),
        (Field::Usage, both(&facts.usage)),
        (Field::AfterSales, both(&facts.after_sales)),
    ]
}

fn both(text: &Text) -> String {
    match (text.zh.is_empty(), text.en.is_empty()) {
        (false, false) => format!("{} / {}", text.zh, text.en),
        _ => format!("{}{}", text.zh, text.en),
    }
}

/// In UTC, for a page to write as its reader does.
fn moment(at: Option<At>) -> String {
    at.map(moments::written).unwrap_or_default()
}

fn amount(money: &Money) -> String {
    format!("{} {}", money.display_full(), money.currency.0)
}

fn coupon(coupon: &Coupon) -> String {
    let off = coupon.off.as_ref().map(|off| format!("−{}", amount(off)));
    let words = Some(both(&coupon.text)).filter(|words| !words.is_empty());
    off.into_iter().chain(words).collect::<Vec<_>>().join(" ")
}

fn bundle(bundle: &Bundle) -> String {
    format!("{} × {}", bundle.units, amount(&bundle.price))
}

fn steps(steps: &[PriceStep]) -> String {
    let step = |step: &PriceStep| {
        let (minutes, seconds) = (step.after_s / 60, step.after_s % 60);
        format!("{minutes}:{seconds:02} {}", amount(&step.price))
    };
    steps.iter().map(step).collect::<Vec<_>>().join(" · ")
}

#[cfg(test)]
mod tests {
    use stallcast_show::{Currency, Offer};

    use super::*;

    #[test]
    fn every_field_that_can_differ_is_told() {
        let price = |minor| Money {
            minor,
            currency: Currency("CNY".to_owned()),
        };
        let title = Text {
            zh: "桃".to_owned(),
            en: String::new(),
        };
        let before = Product::new("a".into(), title, Offer::at(price(2990)));
        assert_eq!(field_changes(&before, &before), []);
        let mut after = before.clone();
        after.offer.live_price = price(1990);
        after.offer.steps = vec![PriceStep {
            after_s: 185,
            price: price(990),
        }];
        after.offer.ends = Some(At(1_795_348_800_000));
        after.facts = Some(Facts {
            shelf_life: Text {
                zh: "三天".to_owned(),
                en: "3 days".to_owned(),
            },
            ..Facts::default()
        });
        let told: Vec<(Field, String, String)> = field_changes(&before, &after)
            .into_iter()
            .map(|change| (change.field, change.from, change.to))
            .collect();
        let expected = [
            (Field::LivePrice, "29.90 CNY", "19.90 CNY"),
            (Field::Steps, "", "3:05 9.90 CNY"),
            (Field::Ends, "", "2026-11-22T12:00:00Z"),
            (Field::ShelfLife, "", "三天 / 3 days"),
        ];
        let expected = expected.map(|(field, from, to)| (field, from.to_owned(), to.to_owned()));
        assert_eq!(told, expected);
    }
}
