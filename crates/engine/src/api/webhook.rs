//! Chat lines pushed to the studio: `POST /api/chat`, the generic webhook as crates/chat/GENERIC.md describes it, with
//! a token of its own that opens nothing else.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use stallcast_chat::webhook::{self, BODY_BYTES, WebhookError};
use stallcast_wire::WebhookView;

use super::{Api, same};

/// Where chat lines are pushed to.
pub const PATH: &str = "/api/chat";

/// The webhook's token beside the session's: it lasts as long, and the session's cannot be told from it.
pub(super) fn token_beside(session: &str) -> String {
    let digest = Sha256::digest(format!("stallcast webhook {session}"));
    digest[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

impl Api {
    /// What the owner is shown of the webhook.
    pub(super) fn webhook(&self) -> WebhookView {
        WebhookView {
            address: format!("http://127.0.0.1:{}{PATH}", self.port),
            token: self.webhook_token.to_string(),
        }
    }

    /// Whether a request bears the webhook's token.
    pub(super) fn is_webhook(&self, headers: &HeaderMap) -> bool {
        bears(headers, &self.webhook_token)
    }
}

/// Whether this token is borne.
pub(super) fn bears(headers: &HeaderMap, token: &str) -> bool {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
        .is_some_and(|given| same(given.as_bytes(), token.as_bytes()))
}

/// Takes chat lines as JSON, all or none of them.
pub async fn receive(
    State(api): State<Api>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &header::HeaderValue| value.to_str().ok())
            .unwrap_or_default()
    };
    let body = match body {
        Ok(body) => body,
        Err(cause) if cause.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            let announced = text(header::CONTENT_LENGTH).parse().unwrap_or(0);
            return refusal(&WebhookError::TooLarge {
                bytes: BODY_BYTES.saturating_add(1).max(announced),
            });
        }
        // The sender went away in the middle: nobody reads the answer.
        Err(cause) => return cause.status().into_response(),
    };
    let drafts = match webhook::parse(&body, text(header::CONTENT_TYPE)) {
        Ok(drafts) => drafts,
        Err(error) => return refusal(&error),
    };
    if api.studio.chat().push_drafts(drafts) {
        return StatusCode::ACCEPTED.into_response();
    }
    let again = [(header::RETRY_AFTER, "1")];
    let full = Json(serde_json::json!({ "code": "full" }));
    (StatusCode::TOO_MANY_REQUESTS, again, full).into_response()
}

fn refusal(error: &WebhookError) -> Response {
    let status = match error {
        WebhookError::TooLarge { .. } | WebhookError::TooManyLines { .. } => {
            StatusCode::PAYLOAD_TOO_LARGE
        }
        WebhookError::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    (status, Json(error)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_webhook_s_token_follows_the_session_s_and_is_another() {
        let token = token_beside("0123456789abcdef0123456789abcdef");
        assert_eq!(token.len(), 32);
        assert_eq!(token, token_beside("0123456789abcdef0123456789abcdef"));
        assert_ne!(token, token_beside("1123456789abcdef0123456789abcdef"));
    }
}
