//! Products for this crate's tests.

use stallcast_show::{Currency, Money, Offer, Product, Text};

/// A product for so many fen, with nothing but its title.
pub fn product(id: &str, title: &str, fen: i64) -> Product {
    Product {
        id: id.into(),
        title: Text {
            zh: String::new(),
            en: title.to_owned(),
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
        talking_points: vec![],
    }
}
