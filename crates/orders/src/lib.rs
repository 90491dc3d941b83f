//! What shops send when somebody orders: signatures checked over the raw body, bodies read into plain values.
//! Pure: no I/O, no clock. Nothing of a buyer is read.

mod amount;
mod body;
mod moment;
mod shopify;
mod signature;
mod woocommerce;

use stallcast_show::{OrderNews, Shop};

pub use signature::is_signed;

/// Largest body taken, bytes. An order with some hundred lines has a few 100 kB.
pub const BODY_MAX_BYTES: usize = 1 << 20;

/// Most lines of an order, and of its refunds.
const LINES_MAX: usize = 1_000;

/// Where a shop writes what the shared code of the two needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Headers {
    /// The signature: base64 of HMAC-SHA256 over the raw body.
    pub signature: &'static str,
    /// What is told.
    pub topic: &'static str,
}

/// The headers of a shop's webhooks.
pub fn headers(shop: Shop) -> Headers {
    match shop {
        Shop::Shopify => Headers {
            signature: "x-shopify-hmac-sha256",
            topic: "x-shopify-topic",
        },
        Shop::Woocommerce => Headers {
            signature: "x-wc-webhook-signature",
            topic: "x-wc-webhook-topic",
        },
    }
}

/// What a shop told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Of an order.
    Order(Box<OrderNews>),
    /// Of something that is of no use here.
    Other,
}

/// Why a body with a good signature says nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderFault {
    /// It is not JSON, or not an order.
    #[error("no order: {0}")]
    NotAnOrder(String),
    /// A field that is needed is missing or says nothing.
    #[error("`{0}` is missing or cannot be understood")]
    Field(&'static str),
    /// More lines than any shop takes.
    #[error("more than {LINES_MAX} lines")]
    TooManyLines,
}

impl OrderFault {
    /// Its name for pages.
    pub fn code(&self) -> &'static str {
        match self {
            OrderFault::NotAnOrder(_) => "not_an_order",
            OrderFault::Field(_) => "order_field",
            OrderFault::TooManyLines => "order_lines",
        }
    }
}

/// Reads a body whose signature is good.
///
/// # Errors
/// [`OrderFault`] when the topic is an order's and the body says none.
pub fn read(shop: Shop, topic: &str, body: &[u8]) -> Result<Heard, OrderFault> {
    match shop {
        Shop::Shopify => shopify::read(topic, body),
        Shop::Woocommerce => woocommerce::read(topic, body),
    }
}

/// Whether this is what WooCommerce sends, unsigned, when a webhook is saved: it only wants to hear that somebody is
/// there.
pub fn is_ping(shop: Shop, body: &[u8]) -> bool {
    let id = body.strip_prefix(b"webhook_id=");
    shop == Shop::Woocommerce
        && id
            .is_some_and(|id| !id.is_empty() && id.len() <= 20 && id.iter().all(u8::is_ascii_digit))
}
