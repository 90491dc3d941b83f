//! Products for this crate's tests.

use stallcast_show::{Currency, Money, Offer, Product, Text};

/// A product for so many fen, with nothing but its title.
pub fn product(id: &str, title: &str, fen: i64) -> Product {
    let title = Text {
        zh: String::new(),
        en: title.to_owned(),
    };
    let price = Money::new(fen, Currency("CNY".to_owned()));
    Product::new(id.into(), title, Offer::at(price))
}
