//! Money: exact minor units and a currency, never a float.

use serde::{Deserialize, Serialize};

/// ISO 4217 currency code, three capital letters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Currency(pub String);

/// An exact amount.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Money {
    /// Amount in the currency's minor unit (fen, cent; whole yen for JPY). Never negative for a price.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub minor: i64,
    /// ISO 4217 code.
    pub currency: Currency,
}
