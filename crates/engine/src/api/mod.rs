//! The API: HTTP and WebSocket on loopback, for the desktop window, browsers and the command line; and a smaller one for
//! the team, on a listener of its own and over the relay.

mod abandoned;
pub(crate) mod connections;
mod covers;
mod guard;
mod imports;
mod look;
mod look_up;
mod once;
mod orders;
mod outside;
mod paced;
mod page;
mod photos;
mod plain_name;
mod preview;
mod relayed;
mod replacement;
mod shown_chat;
mod shown_products;
mod shown_to;
mod shown_vetting;
mod silence;
mod socket;
mod team;
mod team_door;
mod upload;
mod webhook;

use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{any, get, post};
use axum::{Json, Router};
use stallcast_show::{Actor, Role};
use stallcast_wire::{ErrorCode, WireError};
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use self::connections::{PAUSE, Place, Places};
use self::imports::Imports;
use self::once::Once;
use self::team_door::Doorway;
use crate::obs::Obs;
use crate::photo_folder::PHOTO_MAX_BYTES;
use crate::studio::Studio;
use crate::team::{Presence, Team};

/// Largest spreadsheet taken, bytes.
const MAX_UPLOAD: usize = 64 << 20;

/// Connections at one time on loopback: pages, previews, decks' scripts and what shops and chats push.
const MAX_CONNECTIONS: usize = 256;

/// How long open connections may take to close at the end.
const FAREWELL: std::time::Duration = std::time::Duration::from_secs(2);

/// The owner's name in the journal.
const OWNER: &str = "studio";

/// What every handler needs.
#[derive(Clone)]
pub struct Api {
    studio: Studio,
    token: Arc<str>,
    webhook_token: Arc<str>,
    obs: Obs,
    ui: Option<PathBuf>,
    port: u16,
    imports: Imports,
    team: Team,
    once: Once,
    /// Which run of the engine this is.
    run: Arc<str>,
    /// How the team came; `None` = on loopback.
    doorway: Option<Doorway>,
    /// The connection's place; a WebSocket holds it for as long as it is open.
    _place: Option<Arc<Place>>,
}

impl Api {
    /// Prepares the API of `studio` for a listener on `port`; `ui` overrides the built-in page.
    pub fn new(studio: Studio, token: &str, port: u16, ui: Option<PathBuf>, obs: Obs) -> Self {
        let team = Team::open(studio.folders().team_file());
        Self {
            team,
            once: Once::default(),
            run: format!("{:016x}", rand::random::<u64>()).into(),
            doorway: None,
            _place: None,
            studio,
            token: token.into(),
            webhook_token: webhook::token_beside(token).into(),
            obs,
            ui,
            port,
            imports: Imports::default(),
        }
    }

    /// Answers until the studio is told to end.
    pub async fn serve(self, listener: TcpListener) {
        let studio = self.studio.clone();
        tokio::spawn(team_door::keep(self.clone()));
        tokio::spawn(outside::keep(self.clone()));
        tokio::spawn(abandoned::give_back(self.clone()));
        tokio::spawn(relayed::take(self.clone()));
        // Nobody comes from afar here, and this machine's programs are told apart by nothing.
        let places = Places::new(MAX_CONNECTIONS, MAX_CONNECTIONS);
        let mut serving = JoinSet::new();
        loop {
            let (stream, from) = tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be taken");
                        tokio::time::sleep(PAUSE).await;
                        continue;
                    }
                },
                Some(_) = serving.join_next() => continue,
                _ = studio.ended() => break,
            };
            let Some(place) = places.take(from.ip()) else {
                tracing::warn!("more connections than there are places");
                continue;
            };
            // What is said is short and wanted now.
            let _ = stream.set_nodelay(true);
            let mut api = self.clone();
            api._place = Some(Arc::new(place));
            let studio = studio.clone();
            serving.spawn(async move {
                let ended = async {
                    studio.ended().await;
                };
                connections::serve(api.own_app(), stream, ended).await;
            });
        }
        // A page that does not read must not keep the engine from ending.
        let closing = async { while serving.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(FAREWELL, closing).await;
    }

    /// What a connection on loopback reaches.
    fn own_app(self) -> Router {
        let app = Self::routes()
            .route(
                "/api/chat",
                post(webhook::receive)
                    .layer(DefaultBodyLimit::max(stallcast_chat::webhook::BODY_BYTES)),
            )
            .route("/api/orders/{shop}", post(orders::receive))
            .route("/api/replacement", post(replacement::replacement));
        self.guarded(app)
    }

    /// What a member's connection reaches: neither the webhook of chat nor that of shops.
    fn team_app(self) -> Router {
        let app = Self::routes()
            .route(team::INVITE, post(team::invited))
            .route(team::JOIN, post(team::join));
        self.guarded(app)
    }

    /// What all doors have.
    fn routes() -> Router<Self> {
        Router::new()
            .route("/api/health", get(|| async { "stallcast" }))
            .route("/api/ws", get(socket::open))
            .route("/api/preview", get(preview::open))
            .route(
                "/api/import",
                post(upload::import_route)
                    .layer(DefaultBodyLimit::max(MAX_UPLOAD))
                    .get(imports::progress)
                    .delete(imports::end),
            )
            .route("/api/cover/{*name}", get(covers::cover))
            .route("/api/photo/{*name}", get(photos::photo))
            .route(
                "/api/photo",
                post(photos::add).layer(DefaultBodyLimit::max(PHOTO_MAX_BYTES)),
            )
            .route("/api/look", get(look::preview))
            .route("/api", any(nothing))
            .route("/api/{*rest}", any(nothing))
            .fallback(page::serve)
    }

    fn guarded(self, app: Router<Self>) -> Router {
        app.layer(axum::middleware::from_fn_with_state(
            self.clone(),
            guard::check,
        ))
        .with_state(self)
    }

    /// The owner, if this is the owner's token. It opens nothing where the team comes in.
    fn owner(&self, token: &str) -> Result<Actor, WireError> {
        let is_owners = same(token.as_bytes(), self.token.as_bytes());
        is_owners
            .then(|| Actor {
                name: OWNER.into(),
                role: Role::Owner,
            })
            .ok_or_else(|| WireError::new(ErrorCode::Unauthorized))
    }

    /// Who stands behind a token, for one request.
    fn actor(&self, token: &str) -> Result<Actor, WireError> {
        match &self.doorway {
            None => self.owner(token),
            Some(doorway) => self.team.actor(token, doorway.from),
        }
    }

    /// Who stands behind a token, for as long as a page of theirs is connected.
    fn enter(&self, token: &str) -> Result<(Actor, Option<Presence>), WireError> {
        match &self.doorway {
            None => Ok((self.owner(token)?, None)),
            Some(doorway) => {
                let (actor, presence) = self.team.enter(token, doorway.from)?;
                // A socket that said nothing until the door was closed finds it closed.
                if !doorway.is_open(&self.team.settings().borrow()) {
                    return Err(WireError::new(ErrorCode::AccessEnded));
                }
                Ok((actor, Some(presence)))
            }
        }
    }

    /// Who stands behind a request's `Authorization: Bearer` header.
    fn actor_of(&self, headers: &HeaderMap) -> Result<Actor, WireError> {
        let bearer = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        self.actor(bearer.ok_or_else(|| WireError::new(ErrorCode::Unauthorized))?)
    }
}

/// The page is no answer to a program that asks for something of the API that is not there.
async fn nothing() -> impl IntoResponse {
    (
        StatusCode::NOT_FOUND,
        Json(WireError::new(ErrorCode::NotFound)),
    )
}

/// Compares without telling by its duration where the difference is.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}
