//! What a show was, for the page after it. What nobody told the studio (viewers; sales, where no shop
//! told of orders) is not in it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::takings::TakenIn;
use crate::{At, Canvas, Correction, Money, Phase, ProductId, Sales, Takings, Text};

/// Whether people could watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum ShowKind {
    /// Sent to destinations.
    Live,
    /// Seen by the built-in receiver alone.
    Rehearsal,
}

/// A stretch during which one product was on the picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RecapSegment {
    /// Which.
    pub product: ProductId,
    /// When it came.
    pub from: At,
    /// When it went.
    pub to: At,
    /// Chat lines meanwhile.
    pub chat_lines: u32,
    /// Questions among them.
    pub questions: u32,
    /// What was ordered of it meanwhile, and what became of that by now.
    #[serde(default)]
    pub sales: Sales,
}

/// How the count of a product went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RecapStock {
    /// Units before.
    pub before: u32,
    /// Units at the end.
    pub after: u32,
    /// Units counted down, in all.
    pub down: u32,
    /// Units counted up, in all.
    pub up: u32,
}

/// A product that was shown, counted or priced anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RecapProduct {
    /// Which.
    pub product: ProductId,
    /// Title, as it was last.
    pub title: Text,
    /// Size, weight, count.
    pub spec: Text,
    /// Where it can be bought.
    pub link: Option<String>,
    /// Where it can be bought on a platform.
    pub links: BTreeMap<String, String>,
    /// How long it was planned for, in seconds; 0 = open.
    pub planned_s: u32,
    /// How long it was on the picture, in milliseconds.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub on_air_ms: i64,
    /// How often it was put on.
    pub times: u32,
    /// Chat lines while it was on.
    pub chat_lines: u32,
    /// Questions among them.
    pub questions: u32,
    /// Questions that were put on the picture while it was on.
    pub pinned: u32,
    /// Its count; `None` = it was not counted.
    pub stock: Option<RecapStock>,
    /// What was ordered of it in the show, and what became of that by now; `None` = no shop told of any.
    #[serde(default)]
    pub sales: Option<Sales>,
    /// What that came to, where the shop said amounts; one for each currency.
    #[serde(default)]
    pub takings: Vec<Takings>,
    /// The live price at the beginning.
    pub price_before: Money,
    /// The live price at the end, without the steps of its offer.
    pub price_after: Money,
}

/// A question that stood on the picture. Who asked is left out: a recap is passed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RecapPinned {
    /// Since when.
    pub at: At,
    /// Until when.
    pub until: At,
    /// The words.
    pub text: String,
    /// The last answer that stood below it; empty = none.
    #[serde(default)]
    pub answer: String,
    /// What was on the picture.
    pub product: Option<ProductId>,
}

/// Why a price changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum PriceCause {
    /// Somebody changed it.
    Edited,
    /// A step of the offer was reached on air.
    Step,
}

/// A change of a live price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RecapPrice {
    /// When.
    pub at: At,
    /// Whose.
    pub product: ProductId,
    /// Before.
    pub from: Money,
    /// After.
    pub to: Money,
    /// Why.
    pub cause: PriceCause,
}

/// A file of the recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RecapPart {
    /// Its name below the recordings folder.
    pub file: String,
    /// When its first frame was taken.
    pub at: At,
    /// Of which canvas.
    pub canvas: Canvas,
}

/// The chat and the sales of one minute.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RecapMinute {
    /// Lines.
    pub chat_lines: u32,
    /// Questions among them.
    pub questions: u32,
    /// What was ordered in it, and what became of that by now.
    #[serde(default)]
    pub sales: Sales,
    /// What that came to, where the shop said amounts; one for each currency.
    #[serde(default)]
    pub takings: Vec<Takings>,
}

/// The figures that two shows are compared by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RecapTotals {
    /// When it began.
    pub began: At,
    /// How long it was, in milliseconds.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub length_ms: i64,
    /// Products that were on the picture.
    pub products: u32,
    /// Chat lines that people wrote.
    pub chat_lines: u32,
    /// Questions among them.
    pub questions: u32,
    /// Questions that were put on the picture.
    pub pinned: u32,
    /// Those among them that were answered there.
    #[serde(default)]
    pub answered: u32,
    /// Units counted down; `None` = nothing was counted.
    pub stock_down: Option<u32>,
    /// What was ordered, and what became of it by now; `None` = no shop told of any.
    #[serde(default)]
    pub sales: Option<Sales>,
    /// What that came to, where the shop said amounts; one for each currency.
    #[serde(default)]
    pub takings: Vec<Takings>,
}

/// A whole show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Recap {
    /// The show's name.
    pub name: String,
    /// Whether people could watch.
    pub kind: ShowKind,
    /// When it began.
    pub began: At,
    /// When it ended.
    pub ended: At,
    /// What was on the picture, in order.
    pub segments: Vec<RecapSegment>,
    /// Products, in the order in which something happened to them.
    pub products: Vec<RecapProduct>,
    /// Questions on the picture, in order.
    pub pinned: Vec<RecapPinned>,
    /// Changes of prices, in order.
    pub prices: Vec<RecapPrice>,
    /// What was corrected on the picture, in order.
    pub corrections: Vec<Correction>,
    /// What went wrong with the stream, in order; nothing in journals before this was noted.
    #[serde(default)]
    pub incidents: Vec<crate::RecapIncident>,
    /// Pictures that destinations did not get, minute by minute.
    #[serde(default)]
    pub drops: Vec<crate::RecapDrop>,
    /// Polls, draws and auctions, in order.
    #[serde(default)]
    pub games: Vec<crate::RecapGame>,
    /// The recording's files, in order.
    pub parts: Vec<RecapPart>,
    /// Chat and sales, minute by minute from the beginning; what is later than a day counts for the last one.
    pub minutes: Vec<RecapMinute>,
    /// Chat lines that platforms took back.
    pub taken_back: u32,
    /// What was done on platforms through their chats, in order; nothing in journals before this was noted.
    #[serde(default)]
    pub acts: Vec<crate::RecapAct>,
}

impl Recap {
    fn sales(&self) -> Option<Sales> {
        let mut known = self.products.iter().filter_map(|product| product.sales);
        let mut all = known.next()?;
        known.for_each(|sales| all.add(sales));
        Some(all)
    }

    fn takings(&self) -> Vec<Takings> {
        let mut all = TakenIn::default();
        let products = self.products.iter();
        products.for_each(|product| all.add_told(&product.takings));
        all.told()
    }

    /// The figures that shows are compared by.
    pub fn totals(&self) -> RecapTotals {
        let sum = |of: fn(&RecapMinute) -> u32| self.minutes.iter().map(of).sum();
        let counted: Vec<u32> = self
            .products
            .iter()
            .filter_map(|product| Some(product.stock?.down))
            .collect();
        let shown = self.products.iter().filter(|product| product.times > 0);
        RecapTotals {
            began: self.began,
            length_ms: self.ended.0 - self.began.0,
            products: count(shown.count()),
            chat_lines: sum(|minute| minute.chat_lines),
            questions: sum(|minute| minute.questions),
            pinned: count(self.pinned.len()),
            answered: count(
                self.pinned
                    .iter()
                    .filter(|it| !it.answer.is_empty())
                    .count(),
            ),
            stock_down: (!counted.is_empty()).then(|| counted.iter().sum()),
            sales: self.sales(),
            takings: self.takings(),
        }
    }
}

impl ShowKind {
    /// What a phase is for; `None` for none.
    pub fn of(phase: &Phase) -> Option<Self> {
        match phase {
            Phase::Idle => None,
            Phase::Rehearsing { .. } => Some(ShowKind::Rehearsal),
            Phase::Live { .. } => Some(ShowKind::Live),
        }
    }
}

pub(crate) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
