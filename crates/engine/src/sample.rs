//! Products and destinations for this crate's tests.

use stallcast_show::{Currency, Destination, Money, Offer, Product, Text};

/// A product for so many fen, with nothing but its title.
pub fn product(id: &str, title: &str, fen: i64) -> Product {
    let title = Text {
        zh: String::new(),
        en: title.to_owned(),
    };
    let price = Money::new(fen, Currency("CNY".to_owned()));
    Product::new(id.into(), title, Offer::at(price))
}

/// A destination that is sent the landscape picture.
pub fn destination(id: &str) -> Destination {
    let said = serde_json::json!({
        "id": id, "name": "抖音", "platform": "douyin", "url": "rtmp://x/live", "enabled": true,
        "priority": "normal",
    });
    serde_json::from_value(said).unwrap()
}
