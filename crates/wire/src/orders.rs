//! Orders of shops and the watched list of stock, as their settings show them.

use serde::{Deserialize, Serialize};
use stallcast_show::Shop;
use ts_rs::TS;

#[cfg(doc)]
use crate::Request;

/// Answer to [`Request::Orders`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct OrdersView {
    /// The shops, always in the same order.
    pub shops: Vec<ShopView>,
    /// The watched list; `None` = none is chosen.
    pub list: Option<StockListView>,
    /// Goods that were ordered and are none of the show's, the most ordered first; at most twenty.
    pub unknown: Vec<UnknownGoods>,
    /// Refunds of a part of an order that name no goods.
    pub unnamed_refunds: u32,
}

/// What a shop tells, and whether it can. Counts since the engine started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ShopView {
    /// Which.
    pub shop: Shop,
    /// Address of its webhook on this machine.
    pub address: String,
    /// Orders placed from then on count, ms since 1970 UTC; `None` = nothing of this shop is taken.
    pub since: Option<i64>,
    /// Whether its secret is at hand; the keychain may still be locked.
    pub has_secret: bool,
    /// When something with a good signature came last, ms since 1970 UTC.
    pub heard_at: Option<i64>,
    /// What it was of: the shop's own word for it.
    pub topic: String,
    /// What changed something.
    pub taken: u32,
    /// What was known already.
    pub repeated: u32,
    /// Of orders placed before `since`.
    pub older: u32,
    /// What a wrong signature came with; nothing of it was read.
    pub unsigned: u32,
    /// Why the last one was not taken: `signature`, `too_large`, `not_an_order`, `order_field`, `order_lines`, `journal`,
    /// `locked`, `busy`; empty when it was.
    pub error: String,
}

/// A list of stock that is read when it changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct StockListView {
    /// The file on the engine's machine.
    pub path: String,
    /// When a good list was last read, ms since 1970 UTC.
    pub read_at: Option<i64>,
    /// Rows with a count in it.
    pub rows: u32,
    /// Rows of which the show has no product.
    pub unknown: u32,
    /// Where the first of them stand, as a spreadsheet counts; at most five.
    pub unknown_lines: Vec<u32>,
    /// Rows whose count cannot be read.
    pub bad_rows: u32,
    /// Where the first of them stand; at most five.
    pub bad_lines: Vec<u32>,
    /// Why the newest file was not taken: `missing`, `unreadable`, `too_large`, `no_header`, `empty`, `not_text`,
    /// `journal`; empty when it was. What was read before holds.
    pub error: String,
}

/// Goods of orders that the show does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct UnknownGoods {
    /// What the shop calls them.
    pub called: String,
    /// Units ordered.
    pub units: u32,
}
