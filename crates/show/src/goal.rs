//! The goal on the picture: how far it is, and by what that is known.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::check;
use crate::{At, Currency, Event, Money, Order, ProductId, Refusal, Show, visible};

/// What fits over the bar.
const TITLE_MAX: usize = 24;
/// Greatest goal and count: a billion pieces, or ten million in a currency with two decimals.
const MOST: u64 = 1_000_000_000;

/// What a goal is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "unit", rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum GoalUnit {
    /// Orders, as shops tell of them or as a person counts them.
    Orders,
    /// Units sold.
    Pieces,
    /// What they cost at the moment they were sold, in the currency's smallest unit.
    Money {
        /// Of goods in this currency alone.
        currency: Currency,
    },
}

/// What moves the bar. The picture says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum GoalCount {
    /// The products' stock, as it goes down.
    Stock,
    /// What shops say was paid and kept since the show began (all that is known before a first live show); of money the
    /// amounts they say.
    Shops,
    /// A person.
    ByHand,
}

/// What is aimed at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct GoalPlan {
    /// What viewers read, at most 24 characters; empty = the theme's word.
    pub title: String,
    /// What it is in.
    pub of: GoalUnit,
    /// How much, 1 to 1 000 000 000; of money in the smallest unit.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub target: u64,
    /// What moves the bar.
    pub count: GoalCount,
}

/// What was counted of one product, to be taken back when it returns to the stock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Counted {
    /// Units.
    pub units: u32,
    /// What they counted for, in the goal's unit.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub value: u64,
}

/// The goal of a show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Goal {
    /// What is aimed at.
    pub plan: GoalPlan,
    /// How far it is, in the plan's unit.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub done: u64,
    /// What the stock of each product counted for.
    pub counted: BTreeMap<ProductId, Counted>,
    /// Whether it is on the picture.
    pub shown: bool,
}

impl Goal {
    /// How far it is, in thousandths; 1000 from the goal on.
    pub fn share(&self) -> u32 {
        let share = u128::from(self.done) * 1000 / u128::from(self.plan.target.max(1));
        u32::try_from(share.min(1000)).unwrap_or(1000)
    }
}

impl Show {
    pub(crate) fn decide_set_goal(&self, plan: Option<GoalPlan>) -> Result<Vec<Event>, Refusal> {
        let plan = match plan {
            Some(mut plan) => {
                plan.title = visible(&plan.title).trim().to_owned();
                check::text("goal_title", &plan.title, TITLE_MAX)?;
                let target = i32::try_from(plan.target).unwrap_or(i32::MAX);
                check::range("goal", target, 1, MOST as i32)?;
                if let GoalUnit::Money { currency } = &plan.of {
                    Money::new(1, currency.clone())
                        .check_price()
                        .map_err(|fault| Refusal::PriceInvalid { fault })?;
                }
                if plan.of == GoalUnit::Orders && plan.count == GoalCount::Stock {
                    return Err(Refusal::OrdersUnknown);
                }
                Some(plan)
            }
            None => None,
        };
        if plan.as_ref() == self.goal.as_ref().map(|goal| &goal.plan) {
            return Ok(Vec::new());
        }
        Ok(vec![Event::GoalSet { plan }])
    }

    pub(crate) fn decide_show_goal(&self, on: bool) -> Result<Vec<Event>, Refusal> {
        match &self.goal {
            None if on => Err(Refusal::NoGoal),
            Some(goal) if goal.shown != on => Ok(vec![Event::GoalShown { on }]),
            _ => Ok(Vec::new()),
        }
    }

    /// By hand alone: what the stock or shops count, nobody corrects.
    pub(crate) fn decide_count_goal(&self, done: u64) -> Result<Vec<Event>, Refusal> {
        let by_hand = |goal: &&crate::Goal| goal.plan.count == GoalCount::ByHand;
        let goal = self.goal.as_ref().filter(by_hand).ok_or(Refusal::NoGoal)?;
        let number = i32::try_from(done).unwrap_or(i32::MAX);
        check::range("goal_done", number, 0, MOST as i32)?;
        if goal.done == done {
            return Ok(Vec::new());
        }
        Ok(vec![Event::GoalCounted {
            done,
            product: None,
            counted: Counted::default(),
        }])
    }

    /// What changes of the stock, not folded in yet, mean for the goal: counted by a person or told by a shop. What comes
    /// back is taken off as far as it was counted; more than that is new stock, and no sale was undone by it.
    pub(crate) fn counted_by_goal(&self, mut events: Vec<Event>, at: At) -> Vec<Event> {
        let by_stock = |goal: &Goal| goal.plan.count == GoalCount::Stock;
        if events.is_empty() || !self.goal.as_ref().is_some_and(by_stock) {
            return events;
        }
        let mut after = self.clone();
        after.apply_all(&events);
        let mut counting = self.clone();
        for (product, left) in self.stock.changes_to(&after.stock) {
            if let Some(event) = counting.goal_after(product, *left, at) {
                counting.apply_goal(&event);
                events.push(event);
            }
        }
        events
    }

    fn goal_after(&self, product: &ProductId, left: u32, at: At) -> Option<Event> {
        let goal = self.goal.as_ref()?;
        let before = self.stock_left(product)?;
        if goal.plan.count != GoalCount::Stock || before == left {
            return None;
        }
        let known = goal.counted.get(product).copied().unwrap_or_default();
        let (done, counted) = if left < before {
            let units = before - left;
            let value = self.goal_value(product, units, at)?;
            let counted = Counted {
                units: known.units.saturating_add(units),
                value: known.value.saturating_add(value),
            };
            (goal.done.saturating_add(value).min(MOST), counted)
        } else {
            let units = left - before;
            if units > known.units || known.units == 0 {
                return None;
            }
            let value = known.value * u64::from(units) / u64::from(known.units);
            let counted = Counted {
                units: known.units - units,
                value: known.value - value,
            };
            (goal.done.saturating_sub(value), counted)
        };
        Some(Event::GoalCounted {
            done,
            product: Some(product.clone()),
            counted,
        })
    }

    /// What so many units count for now; `None` = nothing, for goods in another currency.
    fn goal_value(&self, product: &ProductId, units: u32, at: At) -> Option<u64> {
        let GoalUnit::Money { currency } = &self.goal.as_ref()?.plan.of else {
            return Some(u64::from(units));
        };
        let offer = &self.products.get(product)?.offer;
        let on_air = self.on_air.as_ref().filter(|on| on.product == *product);
        let on_air_ms = on_air.map_or(0, |on| at.0.saturating_sub(on.since.0).max(0));
        let price = offer.price_after(on_air_ms);
        if price.currency != *currency {
            return None;
        }
        let minor = u64::try_from(price.minor).ok()?;
        minor.checked_mul(u64::from(units))
    }

    pub(crate) fn apply_goal(&mut self, event: &Event) {
        match event {
            Event::GoalSet { plan } => {
                let shown = self.goal.as_ref().is_some_and(|goal| goal.shown);
                self.goal = plan.clone().map(|plan| Goal {
                    plan,
                    done: 0,
                    counted: BTreeMap::new(),
                    shown,
                });
                self.count_orders();
            }
            Event::GoalTitled { title } => {
                if let Some(goal) = &mut self.goal {
                    goal.plan.title.clone_from(title);
                }
            }
            Event::GoalShown { on } => {
                if let Some(goal) = &mut self.goal {
                    goal.shown = *on;
                }
            }
            Event::GoalCounted {
                done,
                product,
                counted,
            } => {
                if let Some(goal) = &mut self.goal {
                    goal.done = *done;
                    if let Some(product) = product {
                        goal.counted.insert(product.clone(), *counted);
                    }
                }
            }
            _ => {}
        }
    }

    /// Counts anew for a goal that follows the shops.
    pub(crate) fn count_orders(&mut self) {
        let orders = self.orders.since(self.selling_since);
        let done = orders.map(|order| self.goal_counts(order)).sum();
        if let Some(goal) = &mut self.goal
            && goal.plan.count == GoalCount::Shops
        {
            goal.done = done;
        }
    }

    /// An order is known anew: one told twice counts once, one that is refunded or cancelled no more.
    pub(crate) fn follow_order(&mut self, before: Option<&Order>, after: &Order) {
        let before = before.map_or(0, |order| self.goal_counts(order));
        let after = self.goal_counts(after);
        if let Some(goal) = &mut self.goal {
            goal.done = goal.done.saturating_add(after).saturating_sub(before);
        }
    }

    /// What an order counts for the goal, in its unit; nothing where the goal does not follow the shops.
    fn goal_counts(&self, order: &Order) -> u64 {
        let follows = |goal: &&Goal| goal.plan.count == GoalCount::Shops;
        let counts = |since| order.placed() >= Some(since);
        let Some(goal) = self.goal.as_ref().filter(follows) else {
            return 0;
        };
        if !self.selling_since.is_none_or(counts) {
            return 0;
        }
        let sales = order.sales();
        let units = || sales.values().map(|sales| u64::from(sales.paid)).sum();
        match &goal.plan.of {
            GoalUnit::Pieces => units(),
            GoalUnit::Orders => u64::from(units() > 0),
            GoalUnit::Money { currency } => {
                let own = order.takings().filter(|(_, of, _)| *of == currency);
                let minor: i64 = own.fold(0, |sum, (_, _, taken)| sum.saturating_add(taken.paid));
                u64::try_from(minor.min(Money::MAX_MINOR)).unwrap_or(0)
            }
        }
    }

    /// What a rehearsal or an earlier show counted is no sale of a new one.
    pub(crate) fn begin_goal_anew(&mut self) {
        if let Some(goal) = &mut self.goal {
            goal.done = 0;
            goal.counted.clear();
        }
    }
}

#[cfg(test)]
#[path = "goal_tests.rs"]
mod tests;
