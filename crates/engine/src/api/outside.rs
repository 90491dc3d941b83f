//! The team's way in from outside: this machine dials out to the relay, and each request that the relay brings is served as a
//! connection to the team's own listener is, by the same router, guard and limits. Nothing listens for it here.

use std::future::pending;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{Method, Request, Response, StatusCode};
use bytes::Bytes;
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use stallcast_chat::{ChatErrorCode, RelayRoom};
use stallcast_hooks::{DOOR_STREAMS, DOOR_WINDOW, FROM_HEADER};
use stallcast_wire::{OutsideView, RunState};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::Api;
use super::connections::{Places, serve};
use super::paced::Pace;
use super::team_door::{By, Doorway, MAX_FROM_ONE};
use crate::wire_name::wire_name;

/// Streams at one time; somewhat more than the relay opens, as some are about to close.
const STREAMS: u32 = DOOR_STREAMS as u32 + 40;
/// Of these from one address.
const FROM_ONE: usize = MAX_FROM_ONE + 40;
/// Bytes that wait to be sent on a stream.
const WAITING: usize = 64 * 1024;
/// How often the relay is asked whether it is there, and how long it may take to answer: what is on its way before the
/// question may need most of it on a line that is full.
const ASK_EVERY: Duration = Duration::from_secs(10);
const ANSWER_WITHIN: Duration = Duration::from_secs(25);
/// Pause before the next try; doubled up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(300);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A connection that lasted so long was a good one.
const GOOD: Duration = Duration::from_secs(20);
/// Another studio has the room: it is left that one for a while.
const REPLACED_PAUSE: Duration = Duration::from_secs(30);
/// How long to wait before a wrong key is tried again.
const KEY_PAUSE: Duration = Duration::from_secs(10);

/// Keeps the way open while it is wanted, until the studio ends.
pub(super) async fn keep(api: Api) {
    let team = api.team.clone();
    let (mut settings, mut relay) = (team.settings(), api.studio.chat().relay_room());
    let pace = Pace::new();
    loop {
        let wanted = {
            let settings = settings.borrow_and_update();
            settings.on && settings.outside
        };
        let room = relay.borrow_and_update().clone();
        let changed = async {
            tokio::select! {
                // Another port of the listener is no change here.
                _ = settings.wait_for(|now| (now.on && now.outside) != wanted) => {}
                _ = relay.changed() => {}
            }
        };
        let opened = async {
            match room.filter(|_| wanted) {
                Some(room) => keep_open(&api, &room, &pace).await,
                None => {
                    team.learn_outside(wanted.then(|| OutsideView {
                        run: RunState::Stopped,
                        error: wire_name(&ChatErrorCode::NoRelay),
                        page: String::new(),
                    }));
                    pending().await
                }
            }
        };
        tokio::select! {
            () = opened => {}
            () = changed => {}
            _ = api.studio.ended() => return,
        }
    }
}

/// Dials, and dials again.
async fn keep_open(api: &Api, room: &RelayRoom, pace: &Pace) {
    let page = room.page();
    let mut view = OutsideView {
        run: RunState::Starting,
        error: String::new(),
        page: page.as_ref().map(url::Url::to_string).unwrap_or_default(),
    };
    let Some(page) = page else {
        view.run = RunState::Stopped;
        view.error = wire_name(&ChatErrorCode::InvalidUrl);
        api.team.learn_outside(Some(view));
        return pending().await;
    };
    let origin: Arc<str> = page.origin().ascii_serialization().into();
    let mut attempt = 0_u32;
    loop {
        api.team.learn_outside(Some(view.clone()));
        let began = Instant::now();
        let code = let_in(api, room, &origin, pace, &view).await;
        if began.elapsed() > GOOD {
            attempt = 0;
        }
        let pause = match code {
            ChatErrorCode::Replaced => REPLACED_PAUSE,
            ChatErrorCode::TokenRefused => KEY_PAUSE,
            _ => {
                let full = FIRST_PAUSE * 2_u32.saturating_pow(attempt.min(8));
                full.min(LONGEST_PAUSE)
                    .mul_f64(rand::random_range(0.8..1.0))
            }
        };
        attempt = attempt.saturating_add(1);
        view.error = wire_name(&code);
        view.run = RunState::Retrying {
            attempt,
            next_in_ms: u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
        };
        tracing::info!(?code, attempt, "the team's way in over the relay is closed");
        api.team.learn_outside(Some(view.clone()));
        sleep(pause).await;
    }
}

/// Serves what one connection brings; why it ended.
async fn let_in(
    api: &Api,
    room: &RelayRoom,
    origin: &Arc<str>,
    pace: &Pace,
    view: &OutsideView,
) -> ChatErrorCode {
    let door = match room.open_door().await {
        Ok(door) => door,
        Err(code) => return code,
    };
    api.team.learn_outside(Some(OutsideView {
        run: RunState::Live,
        error: String::new(),
        page: view.page.clone(),
    }));
    let (stream, over) = door.run();
    let (stay, gone) = watch::channel(());
    let places = Places::new(usize::from(DOOR_STREAMS) + 40, FROM_ONE);
    let welcome = service_fn(|request| {
        let answer = welcome(api, origin, pace, &places, &gone, request);
        async move { Ok::<_, std::convert::Infallible>(answer) }
    });
    let serving = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .initial_stream_window_size(DOOR_WINDOW)
        .initial_connection_window_size(DOOR_WINDOW * STREAMS)
        .max_send_buf_size(WAITING)
        .keep_alive_interval(ASK_EVERY)
        .keep_alive_timeout(ANSWER_WITHIN)
        .serve_connection(TokioIo::new(stream), welcome);
    let code = tokio::select! {
        biased;
        code = over => code,
        _ = serving => ChatErrorCode::ClosedByPeer,
    };
    // Whoever came by it goes, also those that stay silent.
    drop(stay);
    code
}

/// Takes a stream, as the team's listener takes a connection.
fn welcome(
    api: &Api,
    origin: &Arc<str>,
    pace: &Pace,
    places: &Places,
    gone: &watch::Receiver<()>,
    mut request: Request<Incoming>,
) -> Response<Empty<Bytes>> {
    let from = request.headers().get(FROM_HEADER);
    let from = from.and_then(|from| from.to_str().ok()?.parse::<IpAddr>().ok());
    let mut response = Response::new(Empty::new());
    let (Some(from), &Method::CONNECT) = (from, request.method()) else {
        *response.status_mut() = StatusCode::BAD_REQUEST;
        return response;
    };
    let Some(place) = places.take(from) else {
        tracing::info!(%from, "turned away at the relay's door");
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        return response;
    };
    let mut api = api.clone();
    api.doorway = Some(Doorway {
        from,
        by: By::Relay(Arc::clone(origin)),
    });
    api._place = Some(Arc::new(place));
    let stream = hyper::upgrade::on(&mut request);
    let pace = pace.clone();
    let mut gone = gone.clone();
    tokio::spawn(async move {
        let served = async {
            match stream.await {
                Ok(stream) => serve(api.team_app(), pace.of(TokioIo::new(stream)), pending()).await,
                Err(error) => tracing::debug!(%error, "a stream of the relay did not open"),
            }
        };
        tokio::select! {
            () = served => {}
            // Nothing is ever sent: the door is closed when the sender goes.
            _ = gone.changed() => {}
        }
    });
    response
}
