//! The page itself: the built bundle inside the program, or a folder named on the command line.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use super::Api;
use super::plain_name::is_plain;

#[derive(RustEmbed)]
#[folder = "../../ui/dist"]
#[allow_missing = true]
struct Bundle;

/// Scripts only from here, pictures from here and from memory, sockets only to here.
const POLICY: &str = "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; \
                      connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/// Serves a file of the bundle; everything without a dot is the page.
pub async fn serve(State(api): State<Api>, uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    let name = if path.contains('.') {
        path
    } else {
        "index.html"
    };
    if !is_plain(name) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let body = match &api.ui {
        Some(folder) => tokio::fs::read(folder.join(name))
            .await
            .ok()
            .map(Bytes::from),
        None => Bundle::get(name).map(|file| Bytes::from(file.data.into_owned())),
    };
    let Some(body) = body else {
        return (StatusCode::NOT_FOUND, "the page is not part of this build").into_response();
    };
    let forever = name.starts_with("assets/");
    let headers = [
        (header::CONTENT_TYPE, kind(name)),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            header::CACHE_CONTROL,
            if forever {
                "max-age=31536000, immutable"
            } else {
                "no-cache"
            },
        ),
    ];
    (headers, body).into_response()
}

/// Content type of a bundle file.
fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "webmanifest") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("ico") => "image/x-icon",
        _ => "application/octet-stream",
    }
}
