//! Where is sold to, which decides whose rules of selling apply.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Currency, Event, Product, Show};

/// Where is sold to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Market {
    /// Mainland China.
    Cn,
    /// European Union.
    Eu,
    /// United States.
    Us,
}

impl Market {
    /// Every market there are rules for.
    pub const ALL: [Market; 3] = [Market::Cn, Market::Eu, Market::Us];

    /// The market that is sold to in a currency; `None` where there are no rules for it.
    pub fn of(currency: &Currency) -> Option<Self> {
        // Members of the European Union without the euro, 2026.
        match currency.0.as_str() {
            "CNY" => Some(Market::Cn),
            "EUR" | "CZK" | "DKK" | "HUF" | "PLN" | "RON" | "SEK" => Some(Market::Eu),
            "USD" => Some(Market::Us),
            _ => None,
        }
    }

    /// Stable code: `cn`, `eu`, `us`.
    pub fn code(self) -> &'static str {
        match self {
            Market::Cn => "cn",
            Market::Eu => "eu",
            Market::Us => "us",
        }
    }
}

impl Show {
    /// The markets whose rules a product is held to: those chosen, else that of its price's currency; none where there
    /// are no rules for it.
    pub fn markets_of(&self, product: &Product) -> Vec<Market> {
        if self.markets.is_empty() {
            return Market::of(&product.offer.live_price.currency)
                .into_iter()
                .collect();
        }
        self.markets.iter().copied().collect()
    }

    pub(crate) fn decide_set_markets(&self, markets: BTreeSet<Market>) -> Vec<Event> {
        if markets == self.markets {
            return Vec::new();
        }
        vec![Event::MarketsSet { markets }]
    }
}
