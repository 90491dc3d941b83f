//! Owns the listener of one copy: its connections are bounded in number and in time, and it ends in order.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{any, get};
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;

use crate::door::Doors;
use crate::limits::Limits;
use crate::rooms::{RoomError, Rooms};
use crate::shares::Shares;
use crate::store::Store;
use crate::{door, hooks, phones, studio};

/// Connections at one time: studios keep two each, phones some, webhooks come and go.
const CONNECTIONS: usize = 4_096;
/// Time to say a request's head, and to say another one.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// Largest head of a request, in bytes.
const HEAD_BYTES: usize = 32 * 1024;
/// Wait after a connection could not be taken (out of descriptors, mostly).
const PAUSE: Duration = Duration::from_millis(200);
/// How long what is under way may take at the end.
const FAREWELL: Duration = Duration::from_secs(8);

/// One copy of the relay: nothing in it has to outlive it.
pub struct Copy {
    pub(crate) store: Store,
    pub(crate) rooms: Rooms,
    pub(crate) limits: Limits,
    pub(crate) doors: Doors,
    pub(crate) shares: Shares,
    /// Who is believed whose requests they pass on, besides this machine.
    pub(crate) proxies: Vec<IpAddr>,
    pub(crate) ended: watch::Receiver<bool>,
}

/// Who is connected, and the connection's place: a WebSocket holds it for as long as it is open, so that the end waits for it.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    pub(crate) from: IpAddr,
    _place: Arc<OwnedSemaphorePermit>,
}

/// Listens until `ended`; then what is under way is finished. Whose requests `proxies` pass on they are believed, and so are
/// programs of this machine.
///
/// # Errors
/// When the address cannot be listened on, or NATS does not open the rooms.
pub async fn serve(
    listen: SocketAddr,
    store: Store,
    proxies: Vec<IpAddr>,
    ended: watch::Receiver<bool>,
) -> Result<(), ServeError> {
    let listener = TcpListener::bind(listen).await?;
    let rooms = Rooms::open(&store).await?;
    let copy = Arc::new(Copy {
        store,
        rooms,
        limits: Limits::default(),
        doors: Doors::default(),
        shares: Shares::default(),
        proxies,
        ended: ended.clone(),
    });
    let app = Router::new()
        .route("/health", get(health))
        .route(
            "/hook/{room}/{kind}",
            get(hooks::is_here).post(hooks::receive),
        )
        .route("/studio/v1/{room}", any(studio::open))
        .route("/door/v1/{room}", any(door::open))
        .route("/team/{room}", get(phones::to_the_page))
        .route("/team/{room}/", any(phones::pass))
        .route("/team/{room}/{*rest}", any(phones::pass))
        .with_state(copy);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    // Somebody who started this waits for the line.
    tracing::info!(at = %listener.local_addr()?, "the relay listens");
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = is_true(ended.clone()) => break,
        };
        let (stream, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            tracing::warn!("more connections than there are places");
            continue;
        };
        let peer = Peer {
            from: from.ip(),
            _place: Arc::new(place),
        };
        let app = app.clone().layer(Extension(peer));
        let ended = ended.clone();
        tokio::spawn(greet(stream, app, ended));
    }
    drop(listener);
    let all = u32::try_from(CONNECTIONS).unwrap_or(u32::MAX);
    if timeout(FAREWELL, places.acquire_many(all)).await.is_err() {
        tracing::warn!("some connections were cut at the end");
    }
    Ok(())
}

async fn greet(stream: TcpStream, app: Router, ended: watch::Receiver<bool>) {
    // What is said is short and wanted now.
    let _ = stream.set_nodelay(true);
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(app))
        .with_upgrades();
    tokio::pin!(serving);
    let served = tokio::select! {
        served = serving.as_mut() => served,
        () = is_true(ended) => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a connection broke");
    }
}

/// Waits until it says so, or nobody is left to say it.
pub(crate) async fn is_true(mut told: watch::Receiver<bool>) {
    let _ = told.wait_for(|told| *told).await.is_ok();
}

/// For a balancer: whether this copy can do its work.
async fn health(State(copy): State<Arc<Copy>>) -> (StatusCode, &'static str) {
    let is_well = copy.store.is_there() && !*copy.ended.borrow();
    if is_well {
        (StatusCode::OK, "stallcast-relay\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "no store\n")
    }
}

/// Why a copy cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Its address.
    #[error("cannot listen: {0}")]
    Listen(#[from] std::io::Error),
    /// Its rooms.
    #[error(transparent)]
    Rooms(#[from] RoomError),
}
