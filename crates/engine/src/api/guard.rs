//! The guard at both doors: only this machine's own names as Host (against DNS rebinding) and only our own
//! pages as Origin; and nothing of the API without the session's token (or, for chat lines, the webhook's), before a
//! body is read. A refusal says its code as JSON.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use stallcast_wire::{ErrorCode, WireError};

use super::connections::in_time;
use super::team_door::Doorway;
use super::{Api, orders, team, webhook};

/// Pages of the desktop window: Tauri's scheme on Linux and macOS, its host on Windows.
const DESKTOP_ORIGINS: [&str; 3] = [
    "tauri://localhost",
    "http://tauri.localhost",
    "https://tauri.localhost",
];

/// What asks for no bearer token: the sign of life, and the sockets, which ask for it in their first message.
const OPEN: [&str; 3] = ["/api/health", "/api/ws", "/api/preview"];

/// Lets a request pass, or refuses it before any handler sees it.
pub async fn check(State(api): State<Api>, request: Request, next: Next) -> Response {
    let is_asked = is_api(request.uri().path());
    let mut response = answer(api, request.map(in_time), next).await;
    if is_asked {
        response = with_code(response);
    }
    // What somebody uploaded is never taken for a page.
    let nosniff = HeaderValue::from_static("nosniff");
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    response
}

/// Two names are none: whoever stands before us may have looked at the other one.
fn is_ambiguous(headers: &HeaderMap) -> bool {
    [header::HOST, header::ORIGIN, header::AUTHORIZATION]
        .into_iter()
        .any(|name| headers.get_all(name).iter().count() > 1)
}

fn is_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

/// A refusal by a code of the closed set, also where it is the server's own and has words of its own or none.
fn with_code(response: Response) -> Response {
    let status = response.status();
    let is_said = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind == "application/json");
    if is_said || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let code = match status {
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => ErrorCode::NotFound,
        StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::TooLarge,
        status if status.is_client_error() => ErrorCode::Malformed,
        _ => ErrorCode::Internal,
    };
    let mut said = (status, Json(WireError::new(code))).into_response();
    // Whom it may be shown to, what else may be asked, when to come again.
    for (name, value) in response.headers() {
        if !said.headers().contains_key(name) && *name != header::CONTENT_LENGTH {
            said.headers_mut().append(name.clone(), value.clone());
        }
    }
    said
}

async fn answer(api: Api, request: Request, next: Next) -> Response {
    if is_ambiguous(request.headers()) {
        return refusal(StatusCode::FORBIDDEN, "forbidden");
    }
    if let Some(doorway) = &api.doorway {
        return match permit_member(&api, doorway, &request) {
            Ok(()) => next.run(request).await,
            Err(refusal) => *refusal,
        };
    }
    // A shop comes by whatever name it was given, and shows who it is by its signature.
    if orders::is_from_a_shop(&request) {
        return next.run(request).await;
    }
    let desktop = match permit(request.headers(), api.port) {
        Some(desktop) => desktop,
        None => {
            return refusal(StatusCode::FORBIDDEN, "forbidden");
        }
    };
    if desktop.is_some() && request.method() == axum::http::Method::OPTIONS {
        return cross_origin(StatusCode::NO_CONTENT.into_response(), desktop);
    }
    let path = request.uri().path();
    if path.starts_with("/api/")
        && !OPEN.contains(&path)
        && api.actor_of(request.headers()).is_err()
        && !(path == webhook::PATH && api.is_webhook(request.headers()))
    {
        return cross_origin(refusal(StatusCode::UNAUTHORIZED, "unauthorized"), desktop);
    }
    cross_origin(next.run(request).await, desktop)
}

/// Looks at what comes by the team's door. Nobody there has the owner's rights, and the owner's token is none.
fn permit_member(api: &Api, doorway: &Doorway, request: &Request) -> Result<(), Box<Response>> {
    let headers = request.headers();
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str());
    let permits = match (text(header::HOST), text(header::ORIGIN).transpose()) {
        (Some(Ok(host)), Ok(origin)) => doorway.permits(host, origin),
        _ => false,
    };
    if !permits {
        return Err(Box::new(refusal(StatusCode::FORBIDDEN, "forbidden")));
    }
    let path = request.uri().path();
    let is_open = OPEN.contains(&path) || path == team::INVITE || path == team::JOIN;
    if is_open || !is_api(path) {
        return Ok(());
    }
    let actor = api
        .actor_of(headers)
        .map_err(|error| Box::new(team::refused(error)))?;
    if actor.role < team::least_role_of_path(path) {
        return Err(Box::new(refusal(StatusCode::FORBIDDEN, "forbidden")));
    }
    Ok(())
}

fn refusal(status: StatusCode, code: &str) -> Response {
    (status, Json(serde_json::json!({ "code": code }))).into_response()
}

/// `None` = refused; `Some(Some(origin))` = a page of the desktop window, which needs CORS headers.
fn permit(headers: &HeaderMap, port: u16) -> Option<Option<&'static str>> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let ours = ["127.0.0.1", "localhost", "[::1]"].map(|name| format!("{name}:{port}"));
    if !ours.iter().any(|own| own == host) {
        return None;
    }
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Some(None);
    };
    let origin = origin.to_str().ok()?;
    if let Some(desktop) = DESKTOP_ORIGINS.into_iter().find(|own| *own == origin) {
        return Some(Some(desktop));
    }
    ours.iter()
        .any(|own| origin.strip_prefix("http://") == Some(own))
        .then_some(None)
}

fn cross_origin(mut response: Response, desktop: Option<&'static str>) -> Response {
    if let Some(origin) = desktop {
        let headers = response.headers_mut();
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_ORIGIN,
            HeaderValue::from_static(origin),
        );
        headers.insert(header::VARY, HeaderValue::from_static("Origin"));
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("authorization, content-type, x-file-name"),
        );
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(host: &str, origin: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_rebound_name_is_refused() {
        assert!(permit(&headers("evil.example:4460", None), 4460).is_none());
        assert!(permit(&headers("127.0.0.1:4460", None), 4460).is_some());
    }

    #[test]
    fn a_foreign_page_is_refused_and_our_own_is_not() {
        assert!(permit(&headers("127.0.0.1:1", Some("https://evil.example")), 1).is_none());
        assert!(permit(&headers("127.0.0.1:1", Some("http://127.0.0.1:2")), 1).is_none());
        assert_eq!(
            permit(&headers("127.0.0.1:1", Some("http://127.0.0.1:1")), 1),
            Some(None)
        );
        assert_eq!(
            permit(&headers("127.0.0.1:1", Some("tauri://localhost")), 1),
            Some(Some("tauri://localhost"))
        );
    }
}
