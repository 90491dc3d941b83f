//! Shopify's webhooks: `orders/create`, `orders/paid`, `orders/cancelled` and other words about an order bring the order
//! as it is with its refunds; `refunds/create` brings a refund alone.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use stallcast_show::{Currency, NewsLine, NewsOfOrder, OrderNews, OrderState, RefundLine, Shop};

use crate::amount::Amount;
use crate::body::{Bounded, at_most, id, name, needed_id, parse, said, units};
use crate::moment::moment;
use crate::{Heard, OrderFault};

#[derive(Deserialize)]
struct Body {
    id: Value,
    created_at: Option<String>,
    updated_at: Option<String>,
    cancelled_at: Option<String>,
    financial_status: Option<String>,
    line_items: Option<Bounded<Line>>,
    refunds: Option<Bounded<Refund>>,
    currency: Option<String>,
    #[serde(default)]
    taxes_included: Value,
}

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    id: Value,
    #[serde(default)]
    quantity: Value,
    sku: Option<String>,
    #[serde(default)]
    variant_id: Value,
    #[serde(default)]
    product_id: Value,
    title: Option<String>,
    variant_title: Option<String>,
    name: Option<String>,
    /// Of one unit, before discounts.
    #[serde(default)]
    price: Value,
    discount_allocations: Option<Bounded<Part>>,
    tax_lines: Option<Bounded<Part>>,
}

/// A part of what a line costs.
#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    amount: Value,
    #[serde(default)]
    price: Value,
}

#[derive(Deserialize)]
struct Refund {
    id: Value,
    #[serde(default)]
    order_id: Value,
    refund_line_items: Option<Bounded<Back>>,
    transactions: Option<Bounded<Paid>>,
}

#[derive(Deserialize)]
struct Back {
    #[serde(default)]
    line_item_id: Value,
    #[serde(default)]
    quantity: Value,
    restock_type: Option<String>,
}

/// A movement of money; that there is one is what counts.
#[derive(Deserialize)]
struct Paid {}

pub fn read(topic: &str, body: &[u8]) -> Result<Heard, OrderFault> {
    match topic {
        // Only the id is told, and what was sold stays sold.
        "orders/delete" => Ok(Heard::Other),
        "refunds/create" => refund(parse(body)?),
        topic if topic.starts_with("orders/") => order(parse(body)?),
        _ => Ok(Heard::Other),
    }
}

fn order(body: Body) -> Result<Heard, OrderFault> {
    let lines = body.line_items.ok_or(OrderFault::Field("line_items"))?.0;
    at_most(lines.len())?;
    let placed = body.created_at.as_deref().and_then(moment);
    let placed = placed.ok_or(OrderFault::Field("created_at"))?;
    let updated = body.updated_at.as_deref().and_then(moment);
    let order = needed_id("id", &body.id)?;
    let cancelled = body
        .cancelled_at
        .as_deref()
        .is_some_and(|at| !at.is_empty());
    let refunds = body.refunds.map_or_else(Vec::new, |refunds| refunds.0);
    let currency = body.currency.as_deref();
    let currency = currency.and_then(|code| Currency::new(code).ok());
    let taxed = body.taxes_included == Value::Bool(true);
    Ok(Heard::Order(Box::new(OrderNews {
        shop: Shop::Shopify,
        order,
        said: Some(NewsOfOrder {
            updated: updated.unwrap_or(placed),
            state: state(body.financial_status.as_deref(), cancelled),
            placed,
            lines: lines
                .into_iter()
                .map(|it| line(it, currency.as_ref(), taxed))
                .collect(),
            currency: currency.clone(),
        }),
        refunds: backs(refunds)?,
    })))
}

/// `pending`, `authorized`, `partially_paid` and `voided` are not paid, nor is what nobody knows yet.
fn state(financial: Option<&str>, cancelled: bool) -> OrderState {
    let paid = matches!(financial, Some("paid" | "partially_refunded" | "refunded"));
    match (cancelled, paid) {
        (true, true) => OrderState::CancelledPaid,
        (true, false) => OrderState::Cancelled,
        (false, _) if financial == Some("refunded") => OrderState::Refunded,
        // What was authorised is let go: nobody will pay.
        (false, _) if financial == Some("voided") => OrderState::Cancelled,
        (false, true) => OrderState::Paid,
        (false, false) => OrderState::Open,
    }
}

/// What the units of a line cost the buyer together, in the shop's currency: less its discounts, and with taxes where
/// prices are written without. `None` = the price is not said.
fn amount(line: &Line, currency: &Currency, taxed: bool) -> Option<i64> {
    let parts = |parts: &Option<Bounded<Part>>, of: fn(&Part) -> &Value| {
        let parts = parts.iter().flat_map(|parts| &parts.0);
        let amounts = parts.filter_map(|part| Amount::of(of(part)));
        amounts.fold(Amount::default(), Amount::plus)
    };
    let goods = Amount::of(&line.price)?.times(units(&line.quantity));
    let rest = goods.minus(parts(&line.discount_allocations, |part| &part.amount));
    let taxes = parts(&line.tax_lines, |part| &part.price);
    let whole = if taxed { rest } else { rest.plus(taxes) };
    whole.minor(currency)
}

fn line(line: Line, currency: Option<&Currency>, taxed: bool) -> NewsLine {
    let amount = currency.and_then(|currency| amount(&line, currency, taxed));
    let text = |words: Option<String>| words.as_deref().map(name).unwrap_or_default();
    let (whole, title) = (text(line.name), text(line.title));
    let with_variant = match text(line.variant_title) {
        variant if variant.is_empty() => String::new(),
        variant => format!("{title} - {variant}"),
    };
    NewsLine {
        line: id(&line.id),
        names: said([text(line.sku), id(&line.variant_id), id(&line.product_id)]),
        titles: said([with_variant, whole, title]),
        units: units(&line.quantity),
        amount,
    }
}

fn refund(body: Refund) -> Result<Heard, OrderFault> {
    let order = needed_id("order_id", &body.order_id)?;
    Ok(Heard::Order(Box::new(OrderNews {
        shop: Shop::Shopify,
        order,
        said: None,
        refunds: backs(vec![body])?,
    })))
}

fn backs(refunds: Vec<Refund>) -> Result<BTreeMap<String, Vec<RefundLine>>, OrderFault> {
    let mut backs = BTreeMap::new();
    let mut count = 0;
    for refund in refunds {
        let lines = refund
            .refund_line_items
            .map_or_else(Vec::new, |lines| lines.0);
        count += lines.len().max(1);
        at_most(count)?;
        let moved = refund.transactions.is_some_and(|moved| !moved.0.is_empty());
        // Neither goods nor money: a note.
        if lines.is_empty() && !moved {
            continue;
        }
        let mut lines: Vec<RefundLine> = lines.iter().map(back).collect();
        lines.sort();
        backs.insert(needed_id("refunds.id", &refund.id)?, lines);
    }
    Ok(backs)
}

fn back(back: &Back) -> RefundLine {
    let restocked = matches!(
        back.restock_type.as_deref(),
        Some("cancel" | "return" | "legacy_restock")
    );
    RefundLine {
        line: id(&back.line_item_id),
        units: units(&back.quantity),
        restocked,
    }
}
