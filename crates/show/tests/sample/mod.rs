//! A product for the tests, to be changed where it matters.

use stallcast_show::{Currency, Money, Offer, Product, ProductId, Text};

/// Has a name and a price of so many fen, and nothing else.
pub fn product(id: ProductId, fen: i64) -> Product {
    let title = Text {
        zh: "水蜜桃".to_owned(),
        en: String::new(),
    };
    let price = Money::new(fen, Currency("CNY".to_owned()));
    Product::new(id, title, Offer::at(price))
}
