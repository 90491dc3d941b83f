//! A product as a card theme would show it, before it is on air.

use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use stallcast_overlay::CanvasSize;
use stallcast_show::{Canvas, CardLang, CardLook, ProductId};

use super::Api;
use crate::clock::now;

/// Sides of a preview, pixels: what the settings page shows, once more for sharp screens.
const LONG: u32 = 960;
const SHORT: u32 = 540;

/// What to draw.
#[derive(Deserialize)]
pub struct Wanted {
    theme: String,
    lang: CardLang,
    canvas: Canvas,
    product: Option<ProductId>,
    #[serde(default)]
    code: bool,
    #[serde(default)]
    next_up: bool,
}

/// Sends the picture. The guard asks for the session's token, so a page shows it from memory.
pub async fn preview(State(api): State<Api>, Query(wanted): Query<Wanted>) -> Response {
    let size = match wanted.canvas {
        Canvas::Landscape => (LONG, SHORT),
        Canvas::Portrait => (SHORT, LONG),
    };
    let canvas = CanvasSize {
        width: size.0,
        height: size.1,
    };
    let show = api.studio.desk().show();
    let look = CardLook {
        colours: show.card_look.colours.clone(),
        theme: Some(wanted.theme),
        lang: Some(wanted.lang),
        code: wanted.code,
        next_up: wanted.next_up,
        ..CardLook::default()
    };
    let looks = api.studio.looks();
    match looks
        .preview(&show, wanted.product.as_ref(), look, canvas, now())
        .await
    {
        Ok(file) => ([(header::CONTENT_TYPE, "image/png")], file).into_response(),
        Err(fault) => (StatusCode::NOT_FOUND, axum::Json(fault)).into_response(),
    }
}
