//! Owns the listener of one copy: its connections are bounded in number and in time, and it ends in order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::routing::{any, get};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;

use crate::limits::Limits;
use crate::rooms::{RoomError, Rooms};
use crate::store::Store;
use crate::{hooks, studio};

/// Connections at one time: studios keep one each, webhooks come and go.
const CONNECTIONS: usize = 4_096;
/// Time to say a request's head, and to say another one.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// Largest head of a request, in bytes.
const HEAD_BYTES: usize = 32 * 1024;
/// Wait after a connection could not be taken (out of descriptors, mostly).
const PAUSE: Duration = Duration::from_millis(200);
/// How long what is under way may take at the end.
const FAREWELL: Duration = Duration::from_secs(8);

/// A connection's place among the [`CONNECTIONS`]. A studio keeps it when its connection becomes a WebSocket: it counts on, and
/// the end waits for it.
pub(crate) type Place = Arc<OwnedSemaphorePermit>;

/// One copy of the relay: nothing in it has to outlive it.
pub struct Copy {
    pub(crate) store: Store,
    pub(crate) rooms: Rooms,
    pub(crate) limits: Limits,
    pub(crate) ended: watch::Receiver<bool>,
}

/// Listens until `ended`; then what is under way is finished.
///
/// # Errors
/// When the address cannot be listened on, or NATS does not open the rooms.
pub async fn serve(
    listen: SocketAddr,
    store: Store,
    ended: watch::Receiver<bool>,
) -> Result<(), ServeError> {
    let listener = TcpListener::bind(listen).await?;
    let rooms = Rooms::open(&store).await?;
    let copy = Arc::new(Copy {
        store,
        rooms,
        limits: Limits::default(),
        ended: ended.clone(),
    });
    let app = Router::new()
        .route("/health", get(health))
        .route(
            "/hook/{room}/{kind}",
            get(hooks::is_here).post(hooks::receive),
        )
        .route("/studio/v1/{room}", any(studio::open))
        .with_state(copy);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    // Somebody who started this waits for the line.
    tracing::info!(at = %listener.local_addr()?, "the relay listens");
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = is_true(ended.clone()) => break,
        };
        let (stream, _) = match accepted {
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
        let place: Place = Arc::new(place);
        let app = app.clone().layer(Extension(place));
        tokio::spawn(greet(stream, app, ended.clone()));
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
