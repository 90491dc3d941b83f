//! Where shops tell of orders: `POST /api/orders/shopify` and `/api/orders/woocommerce`. Off until a shop's secret is
//! entered. A shop has no token of ours; its signature over the raw body says who it is, whatever name of this machine a
//! tunnel calls it by.

use std::time::Duration;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use stallcast_orders::{BODY_MAX_BYTES, headers as names};
use stallcast_show::Shop;
use stallcast_wire::OrdersView;

use super::{Api, nothing};
use crate::orders::Received;

const PREFIX: &str = "/api/orders/";

/// How long a body may take; shops wait five seconds for the whole answer (Shopify's documentation).
const BODY_WITHIN: Duration = Duration::from_secs(10);

impl Api {
    /// What the owner is shown of orders.
    pub(super) fn orders_view(&self) -> OrdersView {
        let address = format!("http://127.0.0.1:{}{PREFIX}", self.port);
        self.studio.orders_of_shops().view(&address)
    }
}

/// Whether a request may be a shop's: no page of a browser, which always says where it is from.
pub(super) fn is_from_a_shop(request: &Request) -> bool {
    let name = request.uri().path().strip_prefix(PREFIX);
    request.method() == Method::POST
        && !request.headers().contains_key(header::ORIGIN)
        && name.is_some_and(|name| named(name).is_some())
}

fn named(name: &str) -> Option<Shop> {
    Shop::ALL.into_iter().find(|shop| shop.name() == name)
}

/// Takes what a shop tells.
pub(super) async fn receive(
    State(api): State<Api>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let orders = api.studio.orders_of_shops();
    let Some(shop) = named(&name).filter(|shop| orders.is_on(*shop)) else {
        return nothing().await.into_response();
    };
    let Some(_place) = orders.place(shop) else {
        return said(StatusCode::SERVICE_UNAVAILABLE, "busy");
    };
    let body = match tokio::time::timeout(BODY_WITHIN, to_bytes(body, BODY_MAX_BYTES)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => {
            orders.too_large(shop);
            return said(StatusCode::PAYLOAD_TOO_LARGE, "too_large");
        }
        Err(_) => return said(StatusCode::REQUEST_TIMEOUT, "too_slow"),
    };
    let text = |name: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    };
    let its = names(shop);
    let received = orders.receive(shop, text(its.topic), text(its.signature), &body);
    match received.await {
        Received::Taken
        | Received::Repeated
        | Received::Older
        | Received::Other
        | Received::Ping => StatusCode::OK.into_response(),
        Received::Off => nothing().await.into_response(),
        Received::Unsigned => said(StatusCode::UNAUTHORIZED, "signature"),
        Received::TooLarge => said(StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
        Received::Unreadable(code) => said(StatusCode::UNPROCESSABLE_ENTITY, code),
        Received::Locked => said(StatusCode::SERVICE_UNAVAILABLE, "locked"),
        Received::Unwritten => said(StatusCode::SERVICE_UNAVAILABLE, "journal"),
    }
}

fn said(status: StatusCode, code: &str) -> Response {
    let code = Json(serde_json::json!({ "code": code }));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        return (status, [(header::RETRY_AFTER, "5")], code).into_response();
    }
    (status, code).into_response()
}
