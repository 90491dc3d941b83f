//! What orders came to in money, as far as the shops said so: exact, and each currency by itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Currency, Money, Order, OrderLine, OrderState, ProductId};

/// What was taken for goods in one currency, as buyers paid it and without shipping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Takings {
    /// Paid and kept.
    pub paid: Money,
    /// Paid, and gone back with its goods.
    pub refunded: Money,
}

/// Minor units of one currency that were paid and kept, and that went back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    pub paid: i64,
    pub refunded: i64,
}

/// What was taken, currency by currency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TakenIn(pub BTreeMap<Currency, Taken>);

impl TakenIn {
    pub fn add(&mut self, currency: &Currency, taken: Taken) {
        let sum = self.0.entry(currency.clone()).or_default();
        let limited = |a: i64, b: i64| a.saturating_add(b).min(Money::MAX_MINOR);
        sum.paid = limited(sum.paid, taken.paid);
        sum.refunded = limited(sum.refunded, taken.refunded);
    }

    /// As recaps keep it.
    pub fn told(&self) -> Vec<Takings> {
        let told = self.0.iter().map(|(currency, taken)| Takings {
            paid: Money::new(taken.paid, currency.clone()),
            refunded: Money::new(taken.refunded, currency.clone()),
        });
        told.collect()
    }

    /// What another recap's entry told is added.
    pub fn add_told(&mut self, told: &[Takings]) {
        for takings in told {
            let taken = Taken {
                paid: takings.paid.minor,
                refunded: takings.refunded.minor,
            };
            self.add(&takings.paid.currency, taken);
        }
    }
}

impl Order {
    /// What each line of a known product brought, where the shop said its amount; nothing for what nobody paid.
    pub(crate) fn takings(&self) -> impl Iterator<Item = (&ProductId, &Currency, Taken)> {
        let said = self.said.as_ref();
        let currency = said.and_then(|said| said.currency.as_ref());
        let lines = said.into_iter().flat_map(|said| {
            let state = said.state;
            said.lines.iter().map(move |line| (line, state))
        });
        lines.filter_map(move |(line, state)| {
            let taken = self.taken(line, state)?;
            Some((line.product.as_ref()?, currency?, taken))
        })
    }

    fn taken(&self, line: &OrderLine, state: OrderState) -> Option<Taken> {
        let amount = line.amount?.clamp(0, Money::MAX_MINOR);
        let sales = self.line_sales(line, state);
        let share = |units: u32| {
            let part = i128::from(amount) * i128::from(units) / i128::from(line.units.max(1));
            i64::try_from(part).unwrap_or(amount)
        };
        match state {
            OrderState::Open | OrderState::Cancelled => None,
            // What went back is a part of the whole: no unit is lost by rounding.
            _ if sales.paid > 0 => Some(Taken {
                paid: amount - share(sales.refunded),
                refunded: share(sales.refunded),
            }),
            _ => Some(Taken {
                paid: 0,
                refunded: share(sales.refunded),
            }),
        }
    }
}
