//! Product photos for the page, and those it brings.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use stallcast_show::Role;
use stallcast_wire::{ErrorCode, PhotoView, WireError};

use super::Api;
use super::plain_name::is_plain;
use crate::photo_folder::{ending, keep, name_of};

/// Sends one photo of the show's photo folder. The guard asks for the session's token, so a page shows it from memory.
pub async fn photo(State(api): State<Api>, Path(name): Path<String>) -> Response {
    let kind = match name
        .rsplit('.')
        .next()
        .map(str::to_ascii_lowercase)
        .as_deref()
    {
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("webp") => "image/webp",
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    if !is_plain(&name) {
        return StatusCode::NOT_FOUND.into_response();
    }
    match tokio::fs::read(api.studio.folders().photos().join(name)).await {
        Ok(bytes) => (
            [
                (header::CONTENT_TYPE, kind),
                (header::CACHE_CONTROL, "private, max-age=60"),
            ],
            bytes,
        )
            .into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Takes one photo into the photo folder and answers with its name there; the same photo twice is one file.
pub async fn add(
    State(api): State<Api>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    match take(&api, &headers, body).await {
        Ok(view) => Json(view).into_response(),
        Err((status, error)) => (status, Json(error)).into_response(),
    }
}

async fn take(
    api: &Api,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<PhotoView, (StatusCode, WireError)> {
    let refused = |status, code| (status, WireError::new(code));
    let actor = api
        .actor_of(headers)
        .map_err(|error| (StatusCode::UNAUTHORIZED, error))?;
    if actor.role < Role::Producer {
        return Err(refused(StatusCode::FORBIDDEN, ErrorCode::Forbidden));
    }
    let photo = body.map_err(|_| refused(StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::TooLarge))?;
    let ending = ending(&photo).ok_or_else(|| {
        refused(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ErrorCode::PhotoUnreadable,
        )
    })?;
    let name = format!("{}.{ending}", name_of("own", &photo));
    let folder = api.studio.folders().photos();
    keep(&folder, &name, &photo).await.map_err(|error| {
        tracing::warn!(%error, name, "a photo could not be kept");
        let told = WireError::new(ErrorCode::FileUnwritable).with("cause", error.to_string());
        (StatusCode::INSUFFICIENT_STORAGE, told)
    })?;
    Ok(PhotoView { photo: name })
}
