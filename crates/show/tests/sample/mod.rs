//! A product for the tests, to be changed where it matters.

use stallcast_show::{Currency, Money, Offer, Product, ProductId, Text};

/// Has a name and a price of so many fen, and nothing else.
pub fn product(id: ProductId, fen: i64) -> Product {
    Product {
        id,
        title: Text {
            zh: "水蜜桃".to_owned(),
            en: String::new(),
        },
        short_title: Text::default(),
        photo: None,
        spec: Text::default(),
        offer: Offer {
            list_price: None,
            live_price: Money::new(fen, Currency("CNY".to_owned())),
            quantity: None,
            countdown_s: None,
        },
        gtin: None,
        link: None,
        talking_points: Vec::new(),
    }
}
