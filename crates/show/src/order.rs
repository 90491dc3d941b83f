//! Orders as shops tell of them, put together so that neither their sequence nor their repetition changes a sum.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use imbl::OrdMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{At, Currency, ProductId};

/// Orders kept at most; beyond, the one placed first is forgotten. Its stock stays as it is, its sums go.
pub(crate) const ORDERS_MAX: usize = 20_000;

/// A shop that can tell of its orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Shop {
    /// Shopify.
    Shopify,
    /// WooCommerce.
    Woocommerce,
}

impl Shop {
    /// All of them, in the order of pages.
    pub const ALL: [Shop; 2] = [Shop::Shopify, Shop::Woocommerce];

    /// Its name in addresses, ids and files.
    pub fn name(self) -> &'static str {
        match self {
            Shop::Shopify => "shopify",
            Shop::Woocommerce => "woocommerce",
        }
    }
}

/// How far an order is. Of two things a shop said at one moment, the later in this list counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum OrderState {
    /// Placed, not paid.
    Open,
    /// Paid.
    Paid,
    /// All of the money went back.
    Refunded,
    /// Cancelled before it was paid.
    Cancelled,
    /// Cancelled after it was paid.
    CancelledPaid,
}

/// One line of an order: a product, or something that the show does not sell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct OrderLine {
    /// The shop's id of the line.
    pub line: String,
    /// The product; `None` = none of the show's.
    pub product: Option<ProductId>,
    /// What the shop calls it, where it is none of the show's; else empty.
    #[serde(default)]
    pub called: String,
    /// Units ordered.
    pub units: u32,
    /// What they cost together as the buyer pays it, without shipping, in the smallest unit of the order's currency;
    /// `None` = not said.
    #[serde(default)]
    #[cfg_attr(feature = "ts", ts(type = "number | null"))]
    pub amount: Option<i64>,
}

/// An order as the shop said it was at a moment. The one with the greatest moment counts, and of two of one moment the
/// greater one: so it does not matter which comes first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct OrderSaid {
    /// When the shop last changed it, by the shop's clock.
    pub updated: At,
    /// How far it was.
    pub state: OrderState,
    /// When it was placed, by the shop's clock.
    pub placed: At,
    /// Its lines.
    pub lines: Vec<OrderLine>,
    /// What its amounts are in; `None` = not said.
    #[serde(default)]
    pub currency: Option<Currency>,
}

/// Units of a line that went back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RefundLine {
    /// The shop's id of the line.
    pub line: String,
    /// Units.
    pub units: u32,
    /// Whether the shop has them on sale again.
    pub restocked: bool,
}

/// What is known of an order: no name, no address, nothing of the buyer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Order {
    /// What the shop said last; `None` = only a refund was heard of so far.
    pub said: Option<OrderSaid>,
    /// Refunds by their ids; one without lines names no goods.
    pub refunds: BTreeMap<String, Vec<RefundLine>>,
}

/// Units of a product, apart by what became of them; together they are what was ordered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Sales {
    /// Ordered, not paid.
    pub open: u32,
    /// Paid.
    pub paid: u32,
    /// Paid, and the money went back.
    pub refunded: u32,
    /// Ordered, and the order or the line was cancelled.
    pub cancelled: u32,
}

impl Sales {
    /// Adds others.
    pub fn add(&mut self, other: Sales) {
        for (mine, theirs) in [
            (&mut self.open, other.open),
            (&mut self.paid, other.paid),
            (&mut self.refunded, other.refunded),
            (&mut self.cancelled, other.cancelled),
        ] {
            *mine = mine.saturating_add(theirs);
        }
    }
}

impl Order {
    /// Takes over what else is known: commutative, associative and idempotent.
    pub fn join(&mut self, other: &Order) {
        if other.said > self.said {
            self.said.clone_from(&other.said);
        }
        for (refund, lines) in &other.refunds {
            let known = self.refunds.entry(refund.clone()).or_default();
            if lines > known {
                known.clone_from(lines);
            }
        }
    }

    /// When it was placed; `None` = not known yet.
    pub fn placed(&self) -> Option<At> {
        self.said.as_ref().map(|said| said.placed)
    }

    /// What became of the units of every line whose product is known.
    pub fn sales(&self) -> BTreeMap<ProductId, Sales> {
        let mut sales: BTreeMap<ProductId, Sales> = BTreeMap::new();
        for (line, state) in self.lines() {
            if let Some(product) = &line.product {
                let own = self.line_sales(line, state);
                sales.entry(product.clone()).or_default().add(own);
            }
        }
        sales
    }

    /// Units that the stock lacks because of this order: ordered ones, less those cancelled or on sale again.
    pub(crate) fn held(&self) -> BTreeMap<ProductId, i64> {
        let mut held = BTreeMap::new();
        for (line, state) in self.lines() {
            let gone = match state {
                OrderState::Cancelled | OrderState::CancelledPaid => 0,
                _ => line.units - self.back(line, |back| back.restocked),
            };
            if let Some(product) = &line.product {
                *held.entry(product.clone()).or_insert(0) += i64::from(gone);
            }
        }
        held
    }

    /// Units of lines that no product of the show is meant by, with what the shop calls them.
    pub fn unknown(&self) -> impl Iterator<Item = (&str, u32)> {
        let unknown = self.lines().filter(|(line, _)| line.product.is_none());
        unknown.map(|(line, _)| (line.called.as_str(), line.units))
    }

    /// Refunds of a part that name no goods.
    pub fn unnamed_refunds(&self) -> usize {
        let is_part = self.said.as_ref().is_some_and(|said| {
            !matches!(said.state, OrderState::Refunded | OrderState::CancelledPaid)
        });
        let unnamed = self.refunds.values().filter(|lines| lines.is_empty());
        if is_part { unnamed.count() } else { 0 }
    }

    fn lines(&self) -> impl Iterator<Item = (&OrderLine, OrderState)> {
        let said = self.said.iter();
        said.flat_map(|said| said.lines.iter().map(|line| (line, said.state)))
    }

    pub(crate) fn line_sales(&self, line: &OrderLine, state: OrderState) -> Sales {
        let back = self.back(line, |_| true);
        let rest = line.units - back;
        let none = Sales::default();
        match state {
            OrderState::Open => Sales {
                open: rest,
                cancelled: back,
                ..none
            },
            OrderState::Paid => Sales {
                paid: rest,
                refunded: back,
                ..none
            },
            OrderState::Refunded => Sales {
                refunded: line.units,
                ..none
            },
            OrderState::Cancelled => Sales {
                cancelled: line.units,
                ..none
            },
            OrderState::CancelledPaid => Sales {
                refunded: back,
                cancelled: rest,
                ..none
            },
        }
    }

    /// Units of a line that went back in refunds of a kind; never more than were ordered.
    fn back(&self, line: &OrderLine, counts: impl Fn(&RefundLine) -> bool) -> u32 {
        let refunds = self.refunds.values().flatten();
        let own = refunds.filter(|back| back.line == line.line && counts(back));
        let units = own.fold(0u32, |sum, back| sum.saturating_add(back.units));
        units.min(line.units)
    }
}

/// The orders known, by `shop:id`. Cheap to copy with the show, and to add to: copies share what they have in common.
#[derive(Debug, Clone, Default)]
pub struct Orders {
    known: OrdMap<String, Arc<Order>>,
    /// What they come to, once somebody asked; of these orders only.
    sales: Arc<OnceLock<Summed>>,
}

/// What orders come to that were placed since a moment.
#[derive(Debug)]
struct Summed {
    since: Option<At>,
    sales: BTreeMap<ProductId, Sales>,
}

impl Orders {
    /// An order.
    pub fn get(&self, id: &str) -> Option<&Order> {
        self.known.get(id).map(|order| &**order)
    }

    /// Those placed from `from` to `to`, in the order of their ids.
    pub(crate) fn within(&self, from: At, to: At) -> Vec<Arc<Order>> {
        let known = self.known.values().filter(|order| {
            let placed = order.placed();
            placed.is_some_and(|placed| placed >= from && placed <= to)
        });
        known.cloned().collect()
    }

    /// All, in the order of their ids.
    pub fn values(&self) -> impl Iterator<Item = &Order> {
        self.known.values().map(|order| &**order)
    }

    /// Those placed since a moment; `None` = all.
    pub(crate) fn since(&self, since: Option<At>) -> impl Iterator<Item = &Order> {
        self.values()
            .filter(move |order| since.is_none_or(|since| order.placed() >= Some(since)))
    }

    /// What those come to, product by product. Every page asks for it with every change of the show: it is added up when
    /// an order changed.
    pub(crate) fn sales(&self, since: Option<At>) -> BTreeMap<ProductId, Sales> {
        let add_up = || {
            let mut sales: BTreeMap<ProductId, Sales> = BTreeMap::new();
            for (product, own) in self.since(since).flat_map(Order::sales) {
                sales.entry(product).or_default().add(own);
            }
            Summed { since, sales }
        };
        let summed = self.sales.get_or_init(add_up);
        if summed.since == since {
            summed.sales.clone()
        } else {
            add_up().sales
        }
    }

    /// Keeps an order; the one placed first goes when there are too many.
    pub(crate) fn keep(&mut self, id: &str, order: &Order) {
        self.known.insert(id.to_owned(), Arc::new(order.clone()));
        if self.known.len() > ORDERS_MAX {
            let first = self.known.iter().min_by_key(|(_, order)| order.placed());
            if let Some(first) = first.map(|(id, _)| id.clone()) {
                self.known.remove(&first);
            }
        }
        self.count_anew();
    }

    /// Another moment counts, or other orders.
    pub(crate) fn count_anew(&mut self) {
        self.sales = Arc::default();
    }
}

impl PartialEq for Orders {
    fn eq(&self, other: &Self) -> bool {
        self.known == other.known
    }
}

impl Eq for Orders {}

// As a map of its orders, as every journal has it.
impl Serialize for Orders {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.known.iter().map(|(id, order)| (id, &**order)))
    }
}

impl<'de> Deserialize<'de> for Orders {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let known = BTreeMap::<String, Order>::deserialize(deserializer)?;
        let known = known.into_iter().map(|(id, order)| (id, Arc::new(order)));
        Ok(Self {
            known: known.collect(),
            sales: Arc::default(),
        })
    }
}
