//! How a device joins: `POST /api/team/invite` says what an invite is for, `POST /api/team/join` uses it up. The secret
//! comes in the body; links have it in their fragment, which no server and no list of addresses ever sees.

use std::time::Duration;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use stallcast_show::Role;
use stallcast_wire::{ErrorCode, NoticeLevel, WireError};

use super::{Api, nothing};
use crate::team::{Offered, device_of};

/// Where an invite is looked at.
pub(super) const INVITE: &str = "/api/team/invite";
/// Where it is used.
pub(super) const JOIN: &str = "/api/team/join";

/// Largest body, bytes: a secret and what stands around it.
const BODY_MAX: usize = 1024;
/// How long a body may take.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// Says what an invite is for.
pub(super) async fn invited(State(api): State<Api>, headers: HeaderMap, body: Body) -> Response {
    let Some(from) = api.doorway.as_ref().map(|doorway| doorway.from) else {
        return nothing().await.into_response();
    };
    let show = api.studio.desk().show().name.clone();
    match offered(&headers, body).await {
        Ok(offered) => match api.team.invited(&offered, &show, from) {
            Ok(view) => Json(view).into_response(),
            Err(error) => refused(error),
        },
        Err(error) => refused(error),
    }
}

/// Uses an invite up, and gives the device its token.
pub(super) async fn join(State(api): State<Api>, headers: HeaderMap, body: Body) -> Response {
    let Some(from) = api.doorway.as_ref().map(|doorway| doorway.from) else {
        return nothing().await.into_response();
    };
    let offered = match offered(&headers, body).await {
        Ok(offered) => offered,
        Err(error) => return refused(error),
    };
    let agent = headers.get(header::USER_AGENT);
    let device = device_of(agent.and_then(|it| it.to_str().ok()).unwrap_or_default());
    match api.team.join(offered, device, from).await {
        Ok((joined, waits)) => {
            if let Some(name) = waits {
                let params = [("name", name)];
                api.studio
                    .tell(NoticeLevel::Warn, "notice.team_waits", &params);
            }
            ([(header::CACHE_CONTROL, "no-store")], Json(joined)).into_response()
        }
        Err(error) => refused(error),
    }
}

async fn offered(headers: &HeaderMap, body: Body) -> Result<Offered, WireError> {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|it| it.to_str().ok()?.split(';').next());
    let malformed = || WireError::new(ErrorCode::Malformed);
    // No form of another page can send this unasked.
    if !kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json")) {
        return Err(malformed());
    }
    let body = tokio::time::timeout(BODY_WITHIN, to_bytes(body, BODY_MAX)).await;
    let body = body.map_err(|_| malformed())?;
    let body = body.map_err(|_| WireError::new(ErrorCode::TooLarge))?;
    serde_json::from_slice(&body).map_err(|_| malformed())
}

/// An error as an answer over HTTP.
pub(super) fn refused(error: WireError) -> Response {
    let status = match error.code {
        ErrorCode::InviteUnknown | ErrorCode::InviteUsed | ErrorCode::InviteExpired => {
            StatusCode::GONE
        }
        ErrorCode::Unauthorized | ErrorCode::AccessEnded | ErrorCode::AwaitsYes => {
            StatusCode::UNAUTHORIZED
        }
        ErrorCode::Forbidden => StatusCode::FORBIDDEN,
        ErrorCode::TooManyTries => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::TeamFull => StatusCode::CONFLICT,
        ErrorCode::Malformed => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Json(error)).into_response()
}

/// The least role for what is asked over HTTP with a token, besides what each handler asks for.
pub(super) fn least_role_of_path(path: &str) -> Role {
    let first = path.trim_start_matches("/api/").split('/').next();
    match first {
        Some("photo") => Role::Viewer,
        Some("cover" | "look") => Role::Producer,
        Some("import") => Role::Lead,
        _ => Role::Owner,
    }
}
