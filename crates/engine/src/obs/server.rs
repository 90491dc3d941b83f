//! The listener: under this machine's own names, with a bounded number of clients; from other computers only when the owner
//! wants that, and only from near ones. Pages of browsers may come too, for there are decks that are web pages. All need the
//! password; pages and other computers have few places, and each other computer tries of its own, so that neither can keep
//! a deck out.

use std::collections::BTreeMap;
use std::future::{Future, pending};
use std::net::{IpAddr, SocketAddr};
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
use tokio::task::JoinSet;

use super::{Obs, client, follow};
use crate::api::connections::{self, PAUSE, Places};
use crate::phones::admits;
use crate::studio::Studio;

/// Clients at once.
const CLIENTS: usize = 16;
/// Pages of browsers among them.
const PAGES: usize = 4;
/// Connections of this machine, whatever becomes of them.
const CONNECTIONS: usize = 64;
/// Connections of other computers; fewer than there are clients.
const FROM_AFAR: usize = 8;
/// Of them from one.
const FROM_ONE: usize = 4;
/// Those whose wrong passwords are remembered; of more at once nobody's is looked at.
const REMEMBERED: usize = 256;
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
    tries: Arc<Mutex<BTreeMap<Whose, Tries>>>,
    began: Instant,
}

/// Whose wrong passwords are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Whose {
    /// This machine's programs.
    Own,
    /// Pages in this machine's browsers.
    Page,
    /// Whatever another computer runs.
    Afar(IpAddr),
}

/// Somebody who connected.
#[derive(Clone)]
struct Caller {
    server: Server,
    /// Address of this machine that was called.
    called: SocketAddr,
    from: IpAddr,
    connection: Arc<connections::Place>,
}

/// A client's place, given back when dropped.
pub(super) struct Place {
    _client: OwnedSemaphorePermit,
    _page: Option<OwnedSemaphorePermit>,
    _connection: Arc<connections::Place>,
    pub(super) whose: Whose,
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
        }
    }

    /// Serves until `over` says why not any more; then everybody is sent away. Gives why.
    pub(super) async fn serve(
        self,
        listener: TcpListener,
        over: impl Future<Output = Close>,
    ) -> Close {
        let (boards, tell_over) = (self.tell_boards.clone(), Arc::clone(&self.tell_over));
        let following = follow::follow(self.studio.clone(), boards, self.events.clone());
        let clients = Arc::clone(&self.clients);
        let close = tokio::select! {
            () = self.listen(listener) => Close::OFF,
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

    /// Takes connections for as long as it is polled; those that came no further than that go with it.
    async fn listen(self, listener: TcpListener) {
        let (own, afar) = (
            Places::new(CONNECTIONS, CONNECTIONS),
            Places::new(FROM_AFAR, FROM_ONE),
        );
        let mut serving = JoinSet::new();
        loop {
            let (stream, from) = tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, from)) => (stream, from.ip().to_canonical()),
                    Err(error) => {
                        tracing::warn!(%error, "obs-websocket could not take a connection");
                        tokio::time::sleep(PAUSE).await;
                        continue;
                    }
                },
                Some(_) = serving.join_next() => continue,
            };
            let places = if from.is_loopback() { &own } else { &afar };
            let (true, Some(connection), Ok(called)) =
                (admits(from), places.take(from), stream.local_addr())
            else {
                tracing::info!(%from, "turned away from obs-websocket");
                continue;
            };
            // What is said is short and wanted now.
            let _ = stream.set_nodelay(true);
            let caller = Caller {
                server: self.clone(),
                called,
                from,
                connection: Arc::new(connection),
            };
            let app = Router::new().fallback(open).with_state(caller);
            serving.spawn(connections::serve(app, stream, pending()));
        }
    }

    /// Looks at, or notes, the wrong passwords of somebody; `None` when too many are remembered already.
    pub(super) fn tries<T>(
        &self,
        whose: Whose,
        look: impl FnOnce(&mut Tries, u64) -> T,
    ) -> Option<T> {
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        let now_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        tries.retain(|of, tries| *of == whose || !tries.is_clean(now_ms));
        let is_full = tries.len() >= REMEMBERED && !tries.contains_key(&whose);
        let is_own = matches!(whose, Whose::Own | Whose::Page);
        (is_own || !is_full).then(|| look(tries.entry(whose).or_default(), now_ms))
    }
}

impl Caller {
    fn place(&self, is_page: bool) -> Option<Place> {
        let page = is_page.then(|| Arc::clone(&self.server.pages).try_acquire_owned());
        let whose = match (self.from.is_loopback(), is_page) {
            (false, _) => Whose::Afar(self.from),
            (true, true) => Whose::Page,
            (true, false) => Whose::Own,
        };
        Some(Place {
            _page: page.transpose().ok()?,
            _client: Arc::clone(&self.server.clients).try_acquire_owned().ok()?,
            _connection: Arc::clone(&self.connection),
            whose,
        })
    }

    /// Whether it comes from a page of a browser. Some programs name our own address, where there are no pages.
    fn is_page(&self, headers: &HeaderMap) -> bool {
        let origin = headers.get(header::ORIGIN);
        origin.is_some_and(|origin| {
            let host = origin
                .to_str()
                .ok()
                .and_then(|it| it.strip_prefix("http://"));
            !host.is_some_and(|host| self.is_name(host))
        })
    }

    /// The address that was called; on this machine also its other names.
    fn is_name(&self, host: &str) -> bool {
        let (ip, port) = (self.called.ip().to_canonical(), self.called.port());
        let own = ["127.0.0.1", "localhost", "[::1]"];
        SocketAddr::new(ip, port).to_string() == host
            || (self.from.is_loopback() && own.iter().any(|own| format!("{own}:{port}") == host))
    }

    /// Only this machine's own names: a page cannot come by a name of its own that points here.
    fn is_ours(&self, headers: &HeaderMap) -> bool {
        let host = headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok());
        host.is_some_and(|host| self.is_name(host))
    }
}

async fn open(
    State(caller): State<Caller>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !caller.is_ours(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let Some(place) = caller.place(caller.is_page(&headers)) else {
        return (StatusCode::SERVICE_UNAVAILABLE, Close::FULL.reason).into_response();
    };
    let upgrade = upgrade
        .protocols(PROTOCOLS)
        .max_message_size(MESSAGE_MAX_BYTES)
        .max_frame_size(MESSAGE_MAX_BYTES);
    let protocol = upgrade.selected_protocol();
    let encoding = Encoding::of(protocol.and_then(|protocol| protocol.to_str().ok()));
    upgrade.on_upgrade(move |socket| client::talk(caller.server, socket, encoding, place))
}
