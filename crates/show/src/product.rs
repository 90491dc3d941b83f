//! What is sold: products, their offers, and the order they are shown in.

use serde::{Deserialize, Serialize};

use crate::{Money, ProductId};

/// One text in the two languages of the program; either may be empty, never both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Text {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// What a viewer pays and gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Offer {
    /// The usual price, shown struck; same currency as `live_price` and above it.
    pub list_price: Option<Money>,
    /// The price during the show.
    pub live_price: Money,
    /// Units offered at the start of the show; `None` = not counted.
    pub quantity: Option<u32>,
    /// How long the live price runs once the product is on air, in seconds (1 to 86 400).
    pub countdown_s: Option<u32>,
}

/// A product of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Product {
    /// Stable id.
    pub id: ProductId,
    /// Full title.
    pub title: Text,
    /// Title for the card; empty = the full title is used.
    pub short_title: Text,
    /// Photo as a file name below the show's photo folder; `None` = the card shows its placeholder.
    pub photo: Option<String>,
    /// Size, weight, count as shown on the card, for example `5 斤装`.
    pub spec: Text,
    /// Price and quantity.
    pub offer: Offer,
    /// GTIN-8, -12, -13 or -14, check digit verified at import.
    pub gtin: Option<String>,
    /// Where it can be bought.
    pub link: Option<String>,
    /// What the anchor says about it.
    pub talking_points: Vec<String>,
}

/// One line of the rundown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RundownItem {
    /// The product shown.
    pub product: ProductId,
    /// Minutes planned for it, in seconds; 0 = open.
    pub planned_s: u32,
}
