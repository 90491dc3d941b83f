//! The window's way to put a newer program in place: `POST /api/replacement`, at the studio's own door alone.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use stallcast_show::Role;
use stallcast_wire::{ErrorCode, ReplacementAsk, WireError};

use super::Api;

/// Does what is asked. The answer to an end is sent before the connection closes with the engine.
pub(super) async fn replacement(
    State(api): State<Api>,
    headers: HeaderMap,
    Json(ask): Json<ReplacementAsk>,
) -> Response {
    let is_owner = api
        .actor_of(&headers)
        .map(|actor| actor.role == Role::Owner);
    let asked = match is_owner {
        Ok(true) => api.studio.replacement(ask).await,
        Ok(false) => Err(WireError::new(ErrorCode::Forbidden)),
        Err(error) => Err(error),
    };
    match asked {
        Ok(held) => Json(held).into_response(),
        Err(error) => {
            let status = match error.code {
                ErrorCode::Unauthorized => StatusCode::UNAUTHORIZED,
                ErrorCode::Forbidden => StatusCode::FORBIDDEN,
                ErrorCode::NotFound => StatusCode::NOT_FOUND,
                _ => StatusCode::CONFLICT,
            };
            (status, Json(error)).into_response()
        }
    }
}
