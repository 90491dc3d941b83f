//! Covers of clips for the page.

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Api;
use super::plain_name::is_plain;

/// Sends the cover of a clip. The guard asks for the session's token.
pub async fn cover(State(api): State<Api>, Path(name): Path<String>) -> Response {
    let found = api.studio.after().cover(&name);
    let Some(path) = found.filter(|_| is_plain(&name)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match tokio::fs::read(path).await {
        Ok(bytes) => ([(header::CONTENT_TYPE, "image/jpeg")], bytes).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}
