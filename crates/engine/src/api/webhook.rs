//! Chat lines pushed to the studio: `POST /api/chat`, the generic webhook.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Api;

/// Takes chat lines as JSON. 429 when the chat room is full.
pub async fn receive(State(api): State<Api>, headers: HeaderMap, body: Bytes) -> Response {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let drafts = match stallcast_chat::webhook::parse(&body, content_type) {
        Ok(drafts) => drafts,
        Err(error) => return (StatusCode::UNPROCESSABLE_ENTITY, error.to_string()).into_response(),
    };
    if api.studio.chat().push_drafts(drafts) {
        StatusCode::ACCEPTED.into_response()
    } else {
        (
            StatusCode::TOO_MANY_REQUESTS,
            "the chat room is full; send again in a second",
        )
            .into_response()
    }
}
