//! The door that phones call in by: WHIP (RFC 9725), an offer in and an answer out, one call a room.
//!
//! Whoever does not know a room's key is turned away; connections, sizes and times are bounded as at the RTMP door.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, post};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use stallcast_delivery::Secret;
use stallcast_media::input::{Call, CallError, Feed};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;

use super::addresses::admits;
use super::kept::secret;

/// Connections at one time. A show has a handful of phones, and each asks once.
const MAX_CONNECTIONS: usize = 16;
/// Time to say the whole request and to take the answer.
const REQUEST: Duration = Duration::from_secs(15);
/// Time to say its head.
const HEAD: Duration = Duration::from_secs(5);
/// Largest offer, bytes; a browser's with every codec has some 8,000.
const MAX_OFFER: usize = 64 * 1024;
/// Wait after a connection could not be taken (out of descriptors, mostly).
const PAUSE: Duration = Duration::from_millis(200);
/// What offer and answer are (RFC 9725, 4.2).
const SDP: &str = "application/sdp";

/// Where phones call.
pub(super) const PATH: &str = "/whip";

/// A place to call in.
#[derive(Clone, Debug)]
pub(super) struct CallRoom {
    /// Id of the source.
    pub id: String,
    /// What a phone has to know.
    pub key: Secret,
    /// Where its stream goes.
    pub feed: Feed,
}

/// An open door. Dropping it closes it and ends every call.
#[derive(Debug)]
pub(super) struct CallDoor {
    port: u16,
    rooms: Arc<Rooms>,
    listening: JoinHandle<()>,
}

impl CallDoor {
    /// Listens on `port` of every interface (0 = any free one), on the current runtime.
    pub async fn open(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await?;
        let port = listener.local_addr()?.port();
        let rooms = Arc::new(Rooms::default());
        let listening = tokio::spawn(listen(listener, Arc::clone(&rooms)));
        Ok(Self {
            port,
            rooms,
            listening,
        })
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Replaces the rooms whole; calls in rooms that stay go on.
    pub fn set_rooms(&self, rooms: Vec<CallRoom>) {
        self.rooms.set(rooms);
    }

    /// From where somebody calls in a room now.
    pub fn guest(&self, room: &str) -> Option<IpAddr> {
        let places = self.rooms.places();
        let place = places.iter().find(|place| place.room.id == room)?;
        Some(place.seat.as_ref()?.from)
    }
}

impl Drop for CallDoor {
    fn drop(&mut self) {
        self.listening.abort();
        self.rooms.set(Vec::new());
    }
}

/// A call that stands. Dropping it ends the call.
#[derive(Debug)]
struct Seat {
    session: String,
    from: IpAddr,
    _hung_up_when_dropped: oneshot::Sender<()>,
}

#[derive(Debug)]
struct Place {
    room: CallRoom,
    seat: Option<Seat>,
}

#[derive(Debug, Default)]
struct Rooms(Mutex<Vec<Place>>);

impl Rooms {
    fn places(&self) -> MutexGuard<'_, Vec<Place>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, rooms: Vec<CallRoom>) {
        let mut places = self.places();
        let mut before = std::mem::take(&mut *places);
        *places = rooms
            .into_iter()
            .map(|room| {
                let known = before.iter_mut().find(|place| {
                    place.room.id == room.id && place.room.key.reveal() == room.key.reveal()
                });
                Place {
                    seat: known.and_then(|place| place.seat.take()),
                    room,
                }
            })
            .collect();
    }

    /// The room of a key, empty: whoever comes with the key is the phone again, its old call a dead one.
    fn enter(&self, key: &str) -> Option<CallRoom> {
        let mut places = self.places();
        let place = places
            .iter_mut()
            .find(|place| place.room.key.reveal() == key)?;
        place.seat = None;
        Some(place.room.clone())
    }

    /// Gives a call its place; `None` when the room has gone meanwhile. What is given is told when it has to end.
    fn seat(&self, room: &CallRoom, session: &str, from: IpAddr) -> Option<oneshot::Receiver<()>> {
        let (stay, gone) = oneshot::channel();
        let mut places = self.places();
        let place = places.iter_mut().find(|place| place.room.id == room.id)?;
        place.seat = Some(Seat {
            session: session.to_owned(),
            from,
            _hung_up_when_dropped: stay,
        });
        Some(gone)
    }

    /// Empties the place of a session; false when there is none.
    fn leave(&self, session: &str) -> bool {
        let mut places = self.places();
        let is_it = |place: &&mut Place| {
            place
                .seat
                .as_ref()
                .is_some_and(|seat| seat.session == session)
        };
        places
            .iter_mut()
            .find(is_it)
            .is_some_and(|place| place.seat.take().is_some())
    }
}

async fn listen(listener: TcpListener, rooms: Arc<Rooms>) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let (stream, from) = match listener.accept().await {
            Ok((stream, from)) => (stream, from.ip().to_canonical()),
            Err(error) => {
                tracing::warn!(%error, "the door for calls could not take a connection");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let place = Arc::clone(&places).try_acquire_owned();
        let (Ok(place), true) = (place, admits(from)) else {
            tracing::info!(%from, "turned away at the door for calls");
            continue;
        };
        let rooms = Arc::clone(&rooms);
        tokio::spawn(async move {
            serve(stream, from, rooms).await;
            drop(place);
        });
    }
}

/// Serves one request.
async fn serve(stream: TcpStream, from: IpAddr, rooms: Arc<Rooms>) {
    let app = Router::new()
        .route(PATH, post(call))
        .route(&format!("{PATH}/{{key}}"), post(call_by_address))
        .route(&format!("{PATH}/call/{{session}}"), delete(hang_up))
        .layer(DefaultBodyLimit::max(MAX_OFFER))
        .with_state(Asked { rooms, from });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(app));
    match tokio::time::timeout(REQUEST, serving).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%from, %error, "a caller's connection broke"),
        Err(_) => tracing::info!(%from, "a caller took too long"),
    }
}

/// Who asks, and where.
#[derive(Clone)]
struct Asked {
    rooms: Arc<Rooms>,
    from: IpAddr,
}

/// The key in the header, as RFC 9725, 4.7 wants it.
async fn call(State(asked): State<Asked>, headers: HeaderMap, offer: String) -> Response {
    let key = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map_or("", |(_, key)| key.trim());
    take(&asked, key, &headers, &offer).await
}

/// The key in the address, for an app that scans one code.
async fn call_by_address(
    State(asked): State<Asked>,
    Path(key): Path<String>,
    headers: HeaderMap,
    offer: String,
) -> Response {
    take(&asked, &key, &headers, &offer).await
}

async fn take(asked: &Asked, key: &str, headers: &HeaderMap, offer: &str) -> Response {
    let is_sdp = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case(SDP));
    if !is_sdp {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let Some(room) = asked.rooms.enter(key) else {
        tracing::info!(from = %asked.from, "a caller without the right key was turned away");
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let (call, answer) = match Call::answer(offer, &room.feed).await {
        Ok(taken) => taken,
        Err(error) => {
            tracing::info!(from = %asked.from, %error, "a call was not taken");
            return match error {
                CallError::BadOffer => StatusCode::BAD_REQUEST,
                CallError::NoCommonFormat => StatusCode::NOT_ACCEPTABLE,
                CallError::Media(_) => StatusCode::INTERNAL_SERVER_ERROR,
            }
            .into_response();
        }
    };
    let session = secret();
    let Some(gone) = asked.rooms.seat(&room, &session, asked.from) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    tokio::spawn(stay(call, gone, Arc::clone(&asked.rooms), session.clone()));
    let location = format!("{PATH}/call/{session}");
    let headers = [(LOCATION, location.as_str()), (CONTENT_TYPE, SDP)];
    (StatusCode::CREATED, headers, answer).into_response()
}

/// Holds a call until it ends or has to.
async fn stay(mut call: Call, gone: oneshot::Receiver<()>, rooms: Arc<Rooms>, session: String) {
    tokio::select! {
        () = call.ended() => { rooms.leave(&session); }
        _ = gone => {}
    }
    call.end().await;
}

async fn hang_up(State(asked): State<Asked>, Path(session): Path<String>) -> StatusCode {
    if asked.rooms.leave(&session) {
        StatusCode::OK
    } else {
        StatusCode::NOT_FOUND
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    fn room(id: &str, key: &str) -> CallRoom {
        CallRoom {
            id: id.to_owned(),
            key: Secret::new(key),
            feed: Feed::default(),
        }
    }

    /// The first line of the answer.
    async fn ask(port: u16, request: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8(answer).unwrap();
        answer.lines().next().unwrap_or_default().to_owned()
    }

    fn post(path: &str, headers: &str, body: &str) -> String {
        let length = body.len();
        format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\n{headers}content-length: {length}\r\n\r\n{body}"
        )
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn strangers_and_nonsense_are_turned_away() {
        let door = CallDoor::open(0).await.unwrap();
        door.set_rooms(vec![room("a", "peach")]);
        let sdp = "content-type: application/sdp\r\n";
        let bearer = "authorization: Bearer peach\r\n";
        let huge = "x".repeat(MAX_OFFER + 1);
        for (request, status) in [
            (post("/whip/plum", sdp, "v=0"), "401"),
            (post("/whip", sdp, "v=0"), "401"),
            (post("/whip/peach", "", "v=0"), "415"),
            (post("/whip/peach", sdp, "hello"), "406"),
            (post("/whip", &format!("{sdp}{bearer}"), "hello"), "406"),
            (post("/whip/peach", sdp, &huge), "413"),
            (
                "DELETE /whip/call/x HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
                "404",
            ),
            (
                "PATCH /whip/call/x HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
                "405",
            ),
            ("GET / HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(), "404"),
            ("nonsense\r\n\r\n".to_owned(), "400"),
        ] {
            let said = ask(door.port(), &request).await;
            assert!(
                said.starts_with(&format!("HTTP/1.1 {status}")),
                "{said}: {}",
                &request[..40.min(request.len())]
            );
        }
        assert_eq!(door.guest("a"), None);
    }

    #[tokio::test]
    async fn a_call_ends_with_its_room_its_session_and_the_next_one() {
        let rooms = Rooms::default();
        let here = IpAddr::from([127, 0, 0, 1]);
        rooms.set(vec![room("a", "peach")]);
        let taken = rooms.enter("peach").unwrap();
        let first = rooms.seat(&taken, "one", here).unwrap();
        rooms.set(vec![room("b", "plum"), room("a", "peach")]);
        assert!(rooms.leave("one"), "it stayed through the change");
        assert!(first.await.is_err());
        assert!(!rooms.leave("one"));
        let second = rooms.seat(&taken, "two", here).unwrap();
        rooms.enter("peach").unwrap();
        assert!(second.await.is_err(), "the next call ends it");
        let third = rooms.seat(&taken, "three", here).unwrap();
        rooms.set(vec![room("a", "another key")]);
        assert!(third.await.is_err());
        assert!(rooms.enter("peach").is_none());
        rooms.set(Vec::new());
        assert!(rooms.seat(&taken, "four", here).is_none());
    }
}
