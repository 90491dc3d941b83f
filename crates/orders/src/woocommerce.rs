//! WooCommerce's webhooks: `order.created`, `order.updated` and `order.restored` bring the order as it is. A refund of a
//! part is named by its id and its sum only, not by its goods.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use stallcast_show::{Currency, NewsLine, NewsOfOrder, OrderNews, OrderState, Shop};

use crate::amount::Amount;
use crate::body::{Bounded, at_most, id, name, needed_id, parse, said, units};
use crate::moment::moment;
use crate::{Heard, OrderFault};

#[derive(Deserialize)]
struct Body {
    id: Value,
    status: Option<String>,
    date_created_gmt: Option<String>,
    date_modified_gmt: Option<String>,
    date_paid_gmt: Option<String>,
    line_items: Option<Bounded<Line>>,
    refunds: Option<Bounded<Refund>>,
    currency: Option<String>,
}

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    id: Value,
    #[serde(default)]
    quantity: Value,
    sku: Option<String>,
    #[serde(default)]
    variation_id: Value,
    #[serde(default)]
    product_id: Value,
    name: Option<String>,
    parent_name: Option<String>,
    /// Of all its units, after discounts and without tax.
    #[serde(default)]
    total: Value,
    #[serde(default)]
    total_tax: Value,
}

#[derive(Deserialize)]
struct Refund {
    id: Value,
}

pub fn read(topic: &str, body: &[u8]) -> Result<Heard, OrderFault> {
    match topic {
        "order.created" | "order.updated" | "order.restored" => order(parse(body)?),
        _ => Ok(Heard::Other),
    }
}

fn order(body: Body) -> Result<Heard, OrderFault> {
    let paid = body.date_paid_gmt.as_deref().and_then(moment).is_some();
    let status = body.status.ok_or(OrderFault::Field("status"))?;
    let Some(state) = state(&status, paid) else {
        return Ok(Heard::Other);
    };
    let lines = body.line_items.ok_or(OrderFault::Field("line_items"))?.0;
    let refunds = body.refunds.map_or_else(Vec::new, |refunds| refunds.0);
    at_most(lines.len())?;
    at_most(refunds.len())?;
    let placed = body.date_created_gmt.as_deref().and_then(moment);
    let placed = placed.ok_or(OrderFault::Field("date_created_gmt"))?;
    let updated = body.date_modified_gmt.as_deref().and_then(moment);
    let mut parts = BTreeMap::new();
    for refund in refunds {
        parts.insert(needed_id("refunds.id", &refund.id)?, Vec::new());
    }
    let currency = body.currency.as_deref();
    let currency = currency.and_then(|code| Currency::new(code).ok());
    Ok(Heard::Order(Box::new(OrderNews {
        shop: Shop::Woocommerce,
        order: needed_id("id", &body.id)?,
        said: Some(NewsOfOrder {
            updated: updated.unwrap_or(placed),
            state,
            placed,
            lines: lines
                .into_iter()
                .map(|it| line(it, currency.as_ref()))
                .collect(),
            currency: currency.clone(),
        }),
        refunds: parts,
    })))
}

/// `None` = it is no order yet: somebody stands at the checkout. A status of another plugin is paid when money came.
fn state(status: &str, paid: bool) -> Option<OrderState> {
    Some(match status {
        "checkout-draft" | "auto-draft" => return None,
        "pending" | "on-hold" => OrderState::Open,
        "processing" | "completed" => OrderState::Paid,
        "refunded" => OrderState::Refunded,
        "cancelled" | "failed" | "trash" if paid => OrderState::CancelledPaid,
        "cancelled" | "failed" | "trash" => OrderState::Cancelled,
        _ if paid => OrderState::Paid,
        _ => OrderState::Open,
    })
}

fn line(line: Line, currency: Option<&Currency>) -> NewsLine {
    let tax = Amount::of(&line.total_tax).unwrap_or_default();
    let whole = Amount::of(&line.total).map(|total| total.plus(tax));
    let amount = whole.and_then(|whole| whole.minor(currency?));
    let text = |words: Option<String>| words.as_deref().map(name).unwrap_or_default();
    NewsLine {
        line: id(&line.id),
        names: said([text(line.sku), id(&line.variation_id), id(&line.product_id)]),
        titles: said([text(line.name), text(line.parent_name)]),
        units: units(&line.quantity),
        amount,
    }
}
