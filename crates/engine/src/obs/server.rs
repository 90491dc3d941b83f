//! The listener: on this machine only, under this machine's names, with a bounded number of clients. Pages of browsers
//! may come too, for there are decks that are web pages; they need the password as everybody, and have few places and
//! tries of their own, so that no page can keep a deck out.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use stallcast_obsws::auth::Tries;
use stallcast_obsws::{Board, Close, Encoding, Event, MESSAGE_MAX_BYTES, PROTOCOLS};
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast, watch};

use super::{Obs, client, follow};
use crate::studio::Studio;

/// Clients at once.
const CLIENTS: usize = 16;
/// Pages of browsers among them.
const PAGES: usize = 4;
/// Events a client may lag behind before it is sent away.
const EVENTS: usize = 512;

/// A server that is on. Cheap to clone.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) studio: Studio,
    pub(super) obs: Obs,
    pub(super) password: Arc<str>,
    pub(super) boards: watch::Receiver<Arc<Board>>,
    pub(super) events: broadcast::Sender<Event>,
    /// Why everybody is sent away.
    pub(super) over: watch::Receiver<Option<Close>>,
    tell_over: Arc<watch::Sender<Option<Close>>>,
    tell_boards: watch::Sender<Arc<Board>>,
    clients: Arc<Semaphore>,
    pages: Arc<Semaphore>,
    /// Of pages, and of all others.
    tries: Arc<[Mutex<Tries>; 2]>,
    began: Instant,
    port: u16,
}

/// A client's place, given back when dropped.
pub(super) struct Place {
    _client: OwnedSemaphorePermit,
    _page: Option<OwnedSemaphorePermit>,
    /// Whether it is a page of a browser.
    pub(super) is_page: bool,
}

impl Server {
    pub(super) fn new(studio: Studio, obs: Obs, password: String) -> Self {
        let (tell_boards, boards) = watch::channel(Arc::default());
        let (tell_over, over) = watch::channel(None);
        Self {
            studio,
            obs,
            password: password.into(),
            boards,
            events: broadcast::Sender::new(EVENTS),
            over,
            tell_over: Arc::new(tell_over),
            tell_boards,
            clients: Arc::new(Semaphore::new(CLIENTS)),
            pages: Arc::new(Semaphore::new(PAGES)),
            tries: Arc::default(),
            began: Instant::now(),
            port: 0,
        }
    }

    /// Serves until `over` says why not any more; then everybody is sent away. Gives why.
    pub(super) async fn serve(
        mut self,
        listener: TcpListener,
        over: impl Future<Output = Close>,
    ) -> Close {
        self.port = listener.local_addr().map_or(0, |address| address.port());
        let (boards, tell_over) = (self.tell_boards.clone(), Arc::clone(&self.tell_over));
        let following = follow::follow(self.studio.clone(), boards, self.events.clone());
        let clients = Arc::clone(&self.clients);
        let app = Router::new().fallback(open).with_state(self);
        let close = tokio::select! {
            served = async { axum::serve(listener, app).await } => {
                tracing::error!(?served, "obs-websocket fell");
                Close::OFF
            }
            () = following => Close::ENDING,
            close = over => close,
        };
        tell_over.send_replace(Some(close));
        // Each says good-bye in its own task; the port is free by then.
        let all = u32::try_from(CLIENTS).unwrap_or_default();
        let gone = clients.acquire_many(all);
        let _ = tokio::time::timeout(client::PATIENCE, gone).await;
        close
    }

    fn place(&self, is_page: bool) -> Option<Place> {
        let page = is_page.then(|| Arc::clone(&self.pages).try_acquire_owned());
        Some(Place {
            _page: page.transpose().ok()?,
            _client: Arc::clone(&self.clients).try_acquire_owned().ok()?,
            is_page,
        })
    }

    /// Looks at, or notes, the wrong passwords of pages or of all others.
    pub(super) fn tries<T>(&self, is_page: bool, look: impl FnOnce(&mut Tries, u64) -> T) -> T {
        let mut tries = self.tries[usize::from(is_page)]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let now_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        look(&mut tries, now_ms)
    }

    /// Whether it comes from a page of a browser. Some programs name our own address, where there are no pages.
    fn is_page(&self, headers: &HeaderMap) -> bool {
        let origin = headers.get(header::ORIGIN);
        origin.is_some_and(|origin| {
            let host = origin
                .to_str()
                .ok()
                .and_then(|it| it.strip_prefix("http://"));
            !host.is_some_and(|host| self.own_names().iter().any(|own| own == host))
        })
    }

    fn own_names(&self) -> [String; 3] {
        ["127.0.0.1", "localhost", "[::1]"].map(|name| format!("{name}:{}", self.port))
    }

    /// Only this machine's own names: a page cannot come by a name of its own that points here.
    fn is_ours(&self, headers: &HeaderMap) -> bool {
        let host = headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok());
        host.is_some_and(|host| self.own_names().iter().any(|own| own == host))
    }
}

async fn open(
    State(server): State<Server>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !server.is_ours(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let Some(place) = server.place(server.is_page(&headers)) else {
        return (StatusCode::SERVICE_UNAVAILABLE, Close::FULL.reason).into_response();
    };
    let upgrade = upgrade
        .protocols(PROTOCOLS)
        .max_message_size(MESSAGE_MAX_BYTES)
        .max_frame_size(MESSAGE_MAX_BYTES);
    let protocol = upgrade.selected_protocol();
    let encoding = Encoding::of(protocol.and_then(|protocol| protocol.to_str().ok()));
    upgrade.on_upgrade(move |socket| client::talk(server, socket, encoding, place))
}
