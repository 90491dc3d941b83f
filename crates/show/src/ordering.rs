//! What shops tell of orders: which products are meant, what it does to the stock, and what was sold.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::{
    At, Currency, Event, Money, Order, OrderLine, OrderSaid, OrderState, ProductId, RefundLine,
    Refusal, Sales, Shop, Show, check,
};

/// Most lines of an order and of its refunds; shops take some hundreds.
const LINES_MAX: usize = 1_000;

/// What a shop told of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct OrderNews {
    /// Which shop.
    pub shop: Shop,
    /// The shop's id of the order.
    pub order: String,
    /// The order as it is; `None` = this is of a refund alone.
    pub said: Option<NewsOfOrder>,
    /// Refunds by their ids.
    pub refunds: BTreeMap<String, Vec<RefundLine>>,
}

/// An order as a shop names its goods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct NewsOfOrder {
    /// When the shop last changed it.
    pub updated: At,
    /// How far it is.
    pub state: OrderState,
    /// When it was placed.
    pub placed: At,
    /// Its lines.
    pub lines: Vec<NewsLine>,
    /// What its amounts are in; `None` = not said.
    pub currency: Option<Currency>,
}

/// A line as a shop names its goods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct NewsLine {
    /// The shop's id of the line.
    pub line: String,
    /// SKU, barcode and ids, the surest first.
    pub names: Vec<String>,
    /// Titles, the longest first.
    pub titles: Vec<String>,
    /// Units ordered.
    pub units: u32,
    /// What they cost together as the buyer pays it, without shipping, in the smallest unit of the order's currency;
    /// `None` = not said.
    #[cfg_attr(feature = "ts", ts(type = "number | null"))]
    pub amount: Option<i64>,
}

impl Show {
    /// Units of each product ordered since viewers could last begin to watch (all that are known before a first live
    /// show), apart by what became of them.
    pub fn sales(&self) -> BTreeMap<ProductId, Sales> {
        self.orders.sales(self.selling_since)
    }

    /// The orders that [`Show::sales`] counts.
    pub fn orders_since_begin(&self) -> impl Iterator<Item = &Order> {
        self.orders.since(self.selling_since)
    }

    /// The products that lines of a shop or a list mean: by SKU, id or barcode, then by the last part or the variant of
    /// their link, then by a title; each where one product alone has it.
    pub fn products_meant(&self, lines: &[NewsLine]) -> Vec<Option<ProductId>> {
        let called = Called::of(self, lines);
        let lines = lines.iter();
        lines
            .map(|line| called.product(self, line).cloned())
            .collect()
    }

    pub(crate) fn decide_note_order(&self, news: OrderNews) -> Result<Vec<Event>, Refusal> {
        check::filled("order", &news.order, check::NAME_MAX)?;
        let backs: usize = news.refunds.values().map(|lines| lines.len().max(1)).sum();
        check::at_most("order_lines", backs, LINES_MAX)?;
        if let Some(said) = &news.said {
            check::at_most("order_lines", said.lines.len(), LINES_MAX)?;
        }
        let id = format!("{}:{}", news.shop.name(), news.order);
        let told = Order {
            said: news.said.map(|said| self.understood(said)),
            refunds: news.refunds,
        };
        let known = self.orders.get(&id);
        let mut order = known.cloned().unwrap_or_default();
        order.join(&told);
        if known == Some(&order) {
            return Ok(Vec::new());
        }
        Ok(vec![Event::OrderNoted { id, order }])
    }

    fn understood(&self, said: NewsOfOrder) -> OrderSaid {
        let meant = self.products_meant(&said.lines);
        let understand = |(line, product): (&NewsLine, Option<ProductId>)| {
            let words = || line.titles.iter().chain(&line.names).next();
            let words = match product {
                Some(_) => String::new(),
                None => words().map_or_else(String::new, |name| name.chars().take(80).collect()),
            };
            OrderLine {
                line: line.line.clone(),
                product,
                called: words,
                units: line.units,
                amount: line
                    .amount
                    .filter(|minor| (0..=Money::MAX_MINOR).contains(minor)),
            }
        };
        let mut lines: Vec<OrderLine> = said.lines.iter().zip(meant).map(understand).collect();
        // Shops may list them in any sequence.
        lines.sort();
        OrderSaid {
            updated: said.updated,
            state: said.state,
            placed: said.placed,
            lines,
            currency: said.currency.filter(Currency::is_valid),
        }
    }

    pub(crate) fn decide_count_stock(
        &self,
        counts: BTreeMap<ProductId, u32>,
    ) -> Result<Vec<Event>, Refusal> {
        let mut events = Vec::new();
        for (product, left) in counts {
            self.known_product(&product)?;
            if self.stock.get(&product) != Some(&left) || self.oversold.contains_key(&product) {
                events.push(Event::StockSet {
                    product,
                    left: Some(left),
                });
            }
        }
        Ok(events)
    }

    /// Keeps an order and takes what it needs now, beyond what it took before, off the stock.
    pub(crate) fn apply_order(&mut self, id: &str, order: &Order) {
        let before = self.orders.get(id).map(Order::held).unwrap_or_default();
        let after = order.held();
        let touched: BTreeSet<&ProductId> = before.keys().chain(after.keys()).collect();
        for product in touched {
            let units = |of: &BTreeMap<ProductId, i64>| of.get(product).copied().unwrap_or(0);
            self.take_off_stock(product, units(&after) - units(&before));
        }
        let known = self.orders.get(id).cloned();
        self.follow_order(known.as_ref(), order);
        self.orders.keep(id, order);
    }

    /// What is not there any more is owed, and paid back first: so it does not matter whether a cancellation or the next
    /// order comes first.
    fn take_off_stock(&mut self, product: &ProductId, units: i64) {
        let Some(left) = self.stock_left(product).filter(|_| units != 0) else {
            return;
        };
        let owed = self.oversold.get(product).copied().unwrap_or(0);
        let now = i64::from(left) - i64::from(owed) - units;
        let count = |units: i64| u32::try_from(units.max(0)).unwrap_or(u32::MAX);
        self.stock.insert(product.clone(), count(now));
        if now < 0 {
            self.oversold.insert(product.clone(), count(-now));
        } else {
            self.oversold.remove(product);
        }
    }
}

/// What the goods of an order are called in the show. Found in one pass: a catalogue may have 50 000 products, and the
/// desk waits.
#[derive(Default)]
struct Called<'a> {
    /// By barcode, and by the SKU of a variant `handle/sku` (see the import of Shopify's lists).
    codes: Named<'a>,
    /// By the last part or the variant of a link.
    links: Named<'a>,
    titles: Named<'a>,
}

/// The product that has a name to itself; `None` = several have it.
type Named<'a> = HashMap<&'a str, Option<&'a ProductId>>;

impl<'a> Called<'a> {
    fn of(show: &'a Show, lines: &[NewsLine]) -> Self {
        let texts = lines
            .iter()
            .flat_map(|line| line.names.iter().chain(&line.titles));
        let wanted: HashSet<&str> = texts.map(String::as_str).collect();
        let mut called = Called::default();
        for product in show.products.values() {
            let id = &product.id;
            let note = |named: &mut Named<'a>, name: &'a str| {
                if !name.is_empty() && wanted.contains(name) {
                    let only = named.entry(name).or_insert(Some(id));
                    if *only != Some(id) {
                        *only = None;
                    }
                }
            };
            let variant = id.as_str().rsplit_once('/').map(|(_, sku)| sku);
            let codes = product.gtin.as_deref().into_iter().chain(variant);
            codes.for_each(|code| note(&mut called.codes, code));
            let links = product.link.iter().chain(product.links.values());
            for name in links.flat_map(|link| named_by(link)) {
                note(&mut called.links, name);
            }
            for title in [&product.title, &product.short_title] {
                note(&mut called.titles, &title.zh);
                note(&mut called.titles, &title.en);
            }
        }
        called
    }

    fn product(&self, show: &'a Show, line: &NewsLine) -> Option<&'a ProductId> {
        let by_id = |name: &String| show.products.get(&ProductId::from(name.as_str()));
        let one = |named: &Named<'a>, name: &String| named.get(name.as_str()).copied().flatten();
        let names = || line.names.iter();
        let by_id = names().find_map(|name| Some(&by_id(name)?.id));
        by_id
            .or_else(|| names().find_map(|name| one(&self.codes, name)))
            .or_else(|| names().find_map(|name| one(&self.links, name)))
            .or_else(|| {
                line.titles
                    .iter()
                    .find_map(|title| one(&self.titles, title))
            })
    }
}

/// The last part of a link, and its `variant`.
fn named_by(link: &str) -> impl Iterator<Item = &str> {
    let link = link.split('#').next().unwrap_or_default();
    let (path, query) = link.split_once('?').unwrap_or((link, ""));
    let last = path.trim_end_matches('/').rsplit('/').next();
    let variant = query
        .split('&')
        .find_map(|part| part.strip_prefix("variant="));
    last.into_iter().chain(variant)
}
