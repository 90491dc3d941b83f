//! What was promised of each product when viewers first saw it in a show, and how its struck price changed after.

use std::collections::BTreeMap;

use stallcast_show::{At, Event, Money, Offer, ProductId, Show};

/// A product's prices as they came before viewers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// When it was put on the picture, or changed after that.
    pub at: At,
    /// Which product.
    pub product: ProductId,
    /// The first time in this show; a later one tells of a struck price only.
    pub first: bool,
    /// What it cost.
    pub live: Money,
    /// The struck price, and the words of its evidence.
    pub list: Option<(Money, String)>,
    /// The struck price before.
    pub list_before: Option<Money>,
}

/// Collects them from the events of one show.
#[derive(Debug, Default)]
pub struct Offers {
    seen: BTreeMap<ProductId, Option<(Money, String)>>,
    offered: Vec<Offered>,
}

impl Offers {
    /// Begins with the show as it was when it began at `at`.
    pub fn begin(show: &Show, at: At) -> Self {
        let mut offers = Self::default();
        if let Some(on_air) = &show.on_air {
            offers.see(show, &on_air.product, at);
        }
        offers
    }

    /// Takes the next event, which is in `show` already.
    pub fn take(&mut self, show: &Show, at: At, event: &Event) {
        match event {
            Event::WentOnAir { on_air } => self.see(show, &on_air.product, on_air.since),
            Event::ProductsImported { products } => {
                for product in products {
                    if self.seen.contains_key(&product.id) {
                        self.see(show, &product.id, at);
                    }
                }
            }
            _ => {}
        }
    }

    /// All of them, in the order of time.
    pub fn finish(self) -> Vec<Offered> {
        self.offered
    }

    fn see(&mut self, show: &Show, product: &ProductId, at: At) {
        let Some(offer) = show.products.get(product).map(|known| &known.offer) else {
            return;
        };
        let list = struck(offer);
        let before = self.seen.insert(product.clone(), list.clone());
        if before.as_ref() == Some(&list) {
            return;
        }
        self.offered.push(Offered {
            at,
            product: product.clone(),
            first: before.is_none(),
            live: offer.live_price.clone(),
            list,
            list_before: before.flatten().map(|(price, _)| price),
        });
    }
}

fn struck(offer: &Offer) -> Option<(Money, String)> {
    let list = offer.list_price.clone()?;
    Some((list, offer.list_price_evidence.clone()))
}

#[cfg(test)]
mod tests {
    use stallcast_show::{Currency, OnAir};

    use super::*;
    use crate::sample::product;

    #[test]
    fn a_product_that_came_during_the_show_is_told_from_when_it_was_shown_with_every_struck_price()
    {
        let mut show = Show::new("orchard");
        let mut offers = Offers::begin(&show, At(1));
        let mut take = |at: i64, event: Event| {
            show.apply(&event);
            offers.take(&show, At(at), &event);
        };
        let yuan = |minor| Money::new(minor, Currency("CNY".into()));
        let apples = |list: Option<i64>, evidence: &str| {
            let mut apples = product("a", "Apples", 2990);
            apples.offer.list_price = list.map(yuan);
            apples.offer.list_price_evidence = evidence.into();
            let products = vec![apples, product("p", "Pears", 990)];
            Event::ProductsImported { products }
        };
        let on_air = |at: i64| {
            let product = "a".into();
            let since = At(at);
            Event::WentOnAir {
                on_air: OnAir { product, since },
            }
        };
        take(10, apples(Some(4990), ""));
        take(20, on_air(20));
        take(30, Event::WentOffAir { at: At(30) });
        take(40, on_air(40));
        take(50, apples(Some(4990), "receipt of May"));
        take(60, apples(None, ""));

        let told = offers.finish().into_iter();
        let told: Vec<_> = told
            .map(|it| {
                let list = it.list.map(|(price, evidence)| (price.minor, evidence));
                (it.at.0, it.first, list, it.list_before.map(|it| it.minor))
            })
            .collect();
        let wanted = [
            (20, true, Some((4990, String::new())), None),
            (
                50,
                false,
                Some((4990, "receipt of May".to_owned())),
                Some(4990),
            ),
            (60, false, None, Some(4990)),
        ];
        assert_eq!(told, wanted);
    }
}
