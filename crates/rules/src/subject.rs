//! What is looked at: a product with everything said of it, or the ticker.

use stallcast_show::{At, Offered, Product, ProductId, Show, Text};

/// Where something stands.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Title.
    Title,
    /// Title on the card.
    ShortTitle,
    /// Specification.
    Spec,
    /// What the anchor says.
    TalkingPoint,
    /// Coupon.
    Coupon,
    /// Gift.
    Gift,
    /// What is planned to be shown.
    Demonstration,
    /// Origin: place or grower.
    Origin,
    /// Answers to what viewers ask.
    Facts,
    /// Prices.
    Price,
    /// Ticker of the show.
    Ticker,
    /// Something else that stands on the picture: a game, an answer, a goal, a name, a break's notice.
    Picture,
}

/// What is looked at, and what is known of it.
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    pub(crate) texts: Vec<(Place, &'a str)>,
    pub(crate) product: Option<&'a Product>,
    /// Prices at which it was on air before, oldest first.
    pub(crate) offered: &'a [Offered],
    /// Units left; `None` = not counted.
    pub(crate) stock_left: Option<u32>,
    pub(crate) now: At,
}

impl<'a> Subject<'a> {
    /// A product of the show; `None` when there is no such product.
    pub fn product(show: &'a Show, id: &ProductId, now: At) -> Option<Self> {
        let product = show.products.get(id)?;
        let mut texts = Vec::new();
        let mut both =
            |place, text: &'a Text| texts.extend([(place, &*text.zh), (place, &*text.en)]);
        both(Place::Title, &product.title);
        both(Place::ShortTitle, &product.short_title);
        both(Place::Spec, &product.spec);
        both(Place::Gift, &product.offer.gift);
        if let Some(coupon) = &product.offer.coupon {
            both(Place::Coupon, &coupon.text);
        }
        if let Some(origin) = &product.origin {
            both(Place::Origin, &origin.place);
            both(Place::Origin, &origin.grower);
        }
        if let Some(facts) = &product.facts {
            let all = [
                &facts.shipping,
                &facts.shelf_life,
                &facts.size,
                &facts.usage,
                &facts.after_sales,
            ];
            all.into_iter().for_each(|text| both(Place::Facts, text));
        }
        let points = product.talking_points.iter();
        texts.extend(points.map(|point| (Place::TalkingPoint, point.as_str())));
        let item = show.rundown.iter().find(|item| item.product == *id);
        texts.extend(item.map(|item| (Place::Demonstration, item.demonstration.as_str())));
        texts.retain(|(_, text)| !text.trim().is_empty());
        Some(Self {
            texts,
            product: Some(product),
            offered: show.offered.get(id).map_or(&[], Vec::as_slice),
            stock_left: show.stock_left(id),
            now,
        })
    }

    /// The ticker.
    pub fn ticker(text: &'a Text, now: At) -> Self {
        Self::words(Place::Ticker, [&*text.zh, &*text.en], now)
    }

    /// Words that stand on the picture beside the products.
    pub fn words(place: Place, texts: impl IntoIterator<Item = &'a str>, now: At) -> Self {
        let texts = texts.into_iter().map(|text| (place, text));
        Self {
            texts: texts.collect(),
            product: None,
            offered: &[],
            stock_left: None,
            now,
        }
    }
}
