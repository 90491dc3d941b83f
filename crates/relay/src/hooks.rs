//! Owns the door for webhooks: who is refused before a body is read, how long it may take, and the answer.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use stallcast_hooks::{BODY_BYTES, HEADERS_BYTES, Hook, Kind};
use tokio::time::{Instant, timeout};

use crate::limits::Limit;
use crate::rooms::RoomError;
use crate::server::Copy;
use crate::store::StoreError;

/// How long a body may take: platforms send theirs at once.
const BODY_WITHIN: Duration = Duration::from_secs(5);

/// Takes a webhook: it is answered once the store has it.
pub(crate) async fn receive(
    State(copy): State<Arc<Copy>>,
    Path((room, kind)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Some(kind) = Kind::of_name(&kind) else {
        return said(StatusCode::NOT_FOUND, "unknown");
    };
    match take(&copy, &room, kind, &headers, body).await {
        Ok(()) => (StatusCode::OK, Json(serde_json::json!({}))).into_response(),
        Err((status, code)) => said(status, code),
    }
}

/// Platforms ask whether an address answers (Douyin: by HEAD). Which rooms there are is not told.
pub(crate) async fn is_here() -> StatusCode {
    StatusCode::OK
}

type Refusal = (StatusCode, &'static str);

async fn take(
    copy: &Copy,
    room: &str,
    kind: Kind,
    headers: &HeaderMap,
    body: Body,
) -> Result<(), Refusal> {
    copy.rooms.find(room).await.map_err(|error| match error {
        RoomError::Busy => (StatusCode::TOO_MANY_REQUESTS, "too_many"),
        RoomError::Store(error) => store_refuses(&error),
        _ => (StatusCode::NOT_FOUND, "unknown"),
    })?;
    let turn = copy.limits.turn(room, kind.lane(), Instant::now());
    let _turn = turn.map_err(|limit| match limit {
        Limit::Rate => (StatusCode::TOO_MANY_REQUESTS, "too_many"),
        Limit::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
    })?;
    let announced = headers.get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let too_large = (StatusCode::PAYLOAD_TOO_LARGE, "too_large");
    if announced.is_some_and(|length| length > BODY_BYTES) {
        return Err(too_large);
    }
    let kept = kept(kind, headers);
    let of_headers: usize = kept.iter().map(|(n, v)| n.len() + v.len()).sum();
    if of_headers > HEADERS_BYTES {
        return Err((StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "headers"));
    }
    let body = match timeout(BODY_WITHIN, to_bytes(body, BODY_BYTES)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return Err(too_large),
        Err(_) => return Err((StatusCode::REQUEST_TIMEOUT, "too_slow")),
    };
    let hook = Hook {
        kind,
        at: now_ms(),
        headers: kept,
        body,
    };
    let put = copy.store.put(room, &hook).await;
    put.map_err(|error| {
        tracing::warn!(%error, kind = kind.name(), room = short(room), "a webhook was not taken");
        store_refuses(&error)
    })
}

fn store_refuses(error: &StoreError) -> Refusal {
    match error {
        StoreError::NoRoom => (StatusCode::NOT_FOUND, "unknown"),
        StoreError::Full => (StatusCode::SERVICE_UNAVAILABLE, "full"),
        StoreError::Away(_) => (StatusCode::SERVICE_UNAVAILABLE, "store"),
    }
}

/// The headers that are kept, as they came. One that is no text says nothing that a signature covers.
fn kept(kind: Kind, headers: &HeaderMap) -> Vec<(String, String)> {
    let kept = headers.iter().filter(|(name, _)| kind.keeps(name.as_str()));
    let text = kept.filter_map(|(name, value)| {
        let value = std::str::from_utf8(value.as_bytes()).ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    });
    text.collect()
}

fn said(status: StatusCode, code: &str) -> Response {
    let code = Json(serde_json::json!({ "code": code }));
    if matches!(
        status,
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS
    ) {
        return (status, [(header::RETRY_AFTER, "5")], code).into_response();
    }
    (status, code).into_response()
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}

/// A room's id for a log: whoever has all of it can send.
pub(crate) fn short(room: &str) -> &str {
    room.get(..6).unwrap_or_default()
}
