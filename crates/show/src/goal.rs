//! The goal on the picture: how far it is, and by what that is known.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::check;
use crate::{At, Currency, Event, Money, ProductId, Refusal, Show, visible};

/// What fits over the bar.
const TITLE_MAX: usize = 24;
/// Greatest goal and count: a billion pieces, or ten million in a currency with two decimals.
const MOST: u64 = 1_000_000_000;

/// What a goal is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "unit", rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum GoalUnit {
    /// Orders. Nobody tells the studio of them: they are counted by hand.
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

    /// By hand alone: what the stock counts, nobody corrects.
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

    /// What a rehearsal or an earlier show counted is no sale of a new one.
    pub(crate) fn begin_goal_anew(&mut self) {
        if let Some(goal) = &mut self.goal {
            goal.done = 0;
            goal.counted.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Command, NewsLine, NewsOfOrder, Offer, OrderNews, OrderState, Phase, PriceStep, Product,
        Shop, Text, decide,
    };

    fn yuan(minor: i64) -> Money {
        Money::new(minor, Currency("CNY".into()))
    }

    fn stall() -> Show {
        let mut show = Show::new("orchard");
        let title = Text {
            zh: "苹果".into(),
            en: String::new(),
        };
        let mut offer = Offer::at(yuan(2_990));
        offer.quantity = Some(100);
        offer.steps = vec![PriceStep {
            after_s: 60,
            price: yuan(1_990),
        }];
        let products = vec![Product::new("apple".into(), title, offer)];
        run(&mut show, Command::ImportProducts { products }, 0).unwrap();
        run(
            &mut show,
            Command::PutOnAir {
                product: "apple".into(),
            },
            0,
        )
        .unwrap();
        show
    }

    fn run(show: &mut Show, command: Command, at: i64) -> Result<(), &'static str> {
        let events = decide(show, command, At(at)).map_err(|refusal| refusal.code())?;
        show.apply_all(&events);
        Ok(())
    }

    fn plan(of: GoalUnit, count: GoalCount, target: u64) -> Command {
        let plan = GoalPlan {
            title: String::new(),
            of,
            target,
            count,
        };
        Command::SetGoal { plan: Some(plan) }
    }

    fn money() -> GoalUnit {
        GoalUnit::Money {
            currency: Currency("CNY".into()),
        }
    }

    fn adjust(by: i32) -> Command {
        Command::AdjustStock {
            product: "apple".into(),
            by,
        }
    }

    fn done(show: &Show) -> u64 {
        show.goal.as_ref().unwrap().done
    }

    #[test]
    fn stock_that_goes_down_moves_the_bar_and_what_comes_back_is_taken_off() {
        let mut show = stall();
        run(&mut show, plan(GoalUnit::Pieces, GoalCount::Stock, 40), 0).unwrap();
        run(&mut show, adjust(-3), 1).unwrap();
        assert_eq!((done(&show), show.goal.as_ref().unwrap().share()), (3, 75));
        run(&mut show, adjust(1), 2).unwrap();
        assert_eq!(done(&show), 2, "a press too much");
        run(&mut show, adjust(50), 3).unwrap();
        assert_eq!(done(&show), 2, "new stock undoes no sale");
        let set = Command::SetStock {
            product: "apple".into(),
            left: Some(100),
        };
        run(&mut show, set, 4).unwrap();
        assert_eq!(done(&show), 50, "148 were left");
        assert_eq!(
            run(&mut show, Command::CountGoal { done: 9 }, 5),
            Err("no_goal")
        );
    }

    #[test]
    fn what_a_shop_sells_moves_the_bar_and_a_cancelled_order_takes_it_back() {
        let mut show = stall();
        run(&mut show, plan(GoalUnit::Pieces, GoalCount::Stock, 40), 0).unwrap();
        let order = |updated: i64, state: OrderState| Command::NoteOrder {
            news: OrderNews {
                shop: Shop::Shopify,
                order: "1".into(),
                said: Some(NewsOfOrder {
                    updated: At(updated),
                    state,
                    placed: At(1),
                    lines: vec![NewsLine {
                        line: "1".into(),
                        names: vec!["apple".into()],
                        titles: vec![],
                        units: 4,
                    }],
                }),
                refunds: BTreeMap::new(),
            },
        };
        run(&mut show, order(1, OrderState::Paid), 1).unwrap();
        assert_eq!(done(&show), 4);
        run(&mut show, order(1, OrderState::Paid), 2).unwrap();
        assert_eq!(done(&show), 4, "told twice");
        run(&mut show, order(3, OrderState::CancelledPaid), 3).unwrap();
        assert_eq!(done(&show), 0);
    }

    #[test]
    fn money_is_counted_at_the_price_of_the_moment() {
        let mut show = stall();
        run(&mut show, plan(money(), GoalCount::Stock, 100_000), 0).unwrap();
        run(&mut show, adjust(-2), 10_000).unwrap();
        run(&mut show, adjust(-1), 61_000).unwrap();
        assert_eq!(done(&show), 2 * 2_990 + 1_990);
        run(&mut show, adjust(3), 62_000).unwrap();
        assert_eq!(done(&show), 0, "all of it came back");
    }

    #[test]
    fn orders_are_counted_by_hand_and_the_goal_begins_anew_with_a_show() {
        let mut show = stall();
        let orders = |count| plan(GoalUnit::Orders, count, 200);
        assert_eq!(
            run(&mut show, orders(GoalCount::Stock), 0),
            Err("orders_unknown")
        );
        let on = Command::ShowGoal { on: true };
        assert_eq!(run(&mut show, on.clone(), 0), Err("no_goal"));
        run(&mut show, orders(GoalCount::ByHand), 0).unwrap();
        run(&mut show, on, 0).unwrap();
        run(&mut show, Command::CountGoal { done: 50 }, 0).unwrap();
        run(&mut show, adjust(-3), 1).unwrap();
        assert_eq!(
            show.goal.as_ref().unwrap().share(),
            250,
            "stock is no order"
        );
        assert_eq!(run(&mut show, orders(GoalCount::ByHand), 2), Ok(()));
        assert_eq!(done(&show), 50, "the same plan again restarts nothing");
        let phase = Phase::Live { since: At(3) };
        show.apply(&Event::PhaseChanged { phase });
        assert_eq!((done(&show), show.goal.as_ref().unwrap().shown), (0, true));
        assert_eq!(
            run(&mut show, plan(money(), GoalCount::Stock, 0), 4),
            Err("out_of_range")
        );
    }
}
