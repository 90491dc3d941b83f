//! Owns the connections by which studios let their teams in: HTTP/2 inside a WebSocket, of which this copy is the client. Each
//! request of a phone is one stream, with its own window, so that a slow phone holds up nobody. The last connection that came
//! has the room, at whichever copy.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_nats::client::RequestErrorKind;
use async_nats::{Message as Asked, Subscriber};
use axum::body::Body;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use serde::{Deserialize, Serialize};
use stallcast_hooks::{DOOR_PIECE, DOOR_STREAMS, DOOR_WINDOW, FROM_HEADER};
use tokio::io::{
    AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, copy_bidirectional, duplex,
    split,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{interval, timeout};

use crate::hooks::short;
use crate::pipe::{self, Side};
use crate::rooms::{Room, RoomError};
use crate::server::{Copy, Peer, is_true};
use crate::store::Store;
use crate::studio::{LOOK_EVERY, Over, SAY_WITHIN, key_of, say_goodbye};

/// How often a studio is asked whether it is there, and how long it may take to answer.
const ASK_EVERY: Duration = Duration::from_secs(10);
const ANSWER_WITHIN: Duration = Duration::from_secs(25);
/// How long a studio may take to open a stream, and another copy to say that it does.
const OPEN_WITHIN: Duration = Duration::from_secs(8);
/// Bytes between a connection and what is spoken over it.
const BETWEEN: usize = 64 * 1024;
/// Where a stream leads.
const STUDIO: &str = "studio:1";
/// Whoever asks for the studio of a room is answered by one copy, also while two have it.
const ONE_OF_THEM: &str = "door";

/// Bytes both ways.
pub(crate) trait Bytes2: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Bytes2 for T {}

/// A stream to a studio.
pub(crate) struct Way {
    pub(crate) bytes: Box<dyn Bytes2>,
    /// Where its place among the studio's streams is this copy's to give back.
    pub(crate) place: Option<OwnedSemaphorePermit>,
}

/// Why there is no way to a studio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoWay {
    /// No copy has a connection of it.
    Away,
    /// It takes no more for now.
    Busy,
    /// NATS is away.
    Store,
}

/// The studios whose connections hang at this copy.
#[derive(Default)]
pub(crate) struct Doors {
    rooms: Mutex<HashMap<String, Door>>,
}

#[derive(Clone)]
struct Door {
    name: String,
    streams: http2::SendRequest<Body>,
    places: Arc<Semaphore>,
}

/// What a copy asks the one that has a studio.
#[derive(Serialize, Deserialize)]
struct Wanted {
    pipe: String,
    from: IpAddr,
}

impl Doors {
    fn rooms(&self) -> MutexGuard<'_, HashMap<String, Door>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A stream to the room's studio for somebody from there, wherever its connection hangs.
    pub(crate) async fn way(&self, store: &Store, room: &str, from: IpAddr) -> Result<Way, NoWay> {
        let door = self.rooms().get(room).cloned();
        match door {
            Some(door) => door.open(from).await,
            None => way_over_there(store, room, from).await,
        }
    }

    fn leave(&self, room: &str, name: &str) {
        let mut rooms = self.rooms();
        if rooms.get(room).is_some_and(|door| door.name == name) {
            rooms.remove(room);
        }
    }
}

impl Door {
    async fn open(mut self, from: IpAddr) -> Result<Way, NoWay> {
        let place = self.places.try_acquire_owned().map_err(|_| NoWay::Busy)?;
        let wanted = Request::connect(STUDIO).header(FROM_HEADER, from.to_string());
        let wanted = wanted.body(Body::empty()).map_err(|_| NoWay::Away)?;
        let opening = async {
            let answer = self.streams.send_request(wanted).await;
            let answer = answer.map_err(|_| NoWay::Away)?;
            if answer.status() != StatusCode::OK {
                return Err(NoWay::Busy);
            }
            hyper::upgrade::on(answer).await.map_err(|_| NoWay::Away)
        };
        let opened = timeout(OPEN_WITHIN, opening).await;
        let stream = TokioIo::new(opened.map_err(|_| NoWay::Away)??);
        Ok(Way {
            bytes: Box::new(stream),
            place: Some(place),
        })
    }
}

fn asking(room: &str) -> String {
    format!("stallcast.door.{room}")
}

/// As a seat of its own: webhooks and the team are two connections of one studio.
fn seat(room: &str) -> String {
    format!("{room}.team")
}

/// A stream over the copy at which the studio's connection hangs.
async fn way_over_there(store: &Store, room: &str, from: IpAddr) -> Result<Way, NoWay> {
    let client = store.client.clone();
    let pipe = format!("{:032x}", rand::random::<u128>());
    let wanted = Wanted {
        pipe: pipe.clone(),
        from,
    };
    let wanted = serde_json::to_vec(&wanted).map_err(|_| NoWay::Away)?;
    let heard = client.subscribe(pipe::subject(&pipe, Side::Phone));
    let coming = heard.await.map_err(|_| NoWay::Store)?;
    let asked = timeout(OPEN_WITHIN, client.request(asking(room), wanted.into()));
    match asked.await {
        Ok(Ok(answer)) if answer.payload.as_ref() == b"ok" => {}
        Ok(Ok(_)) => return Err(NoWay::Busy),
        Ok(Err(error)) if error.kind() == RequestErrorKind::NoResponders => {
            return Err(NoWay::Away);
        }
        Ok(Err(_)) | Err(_) if store.is_there() => return Err(NoWay::Away),
        Ok(Err(_)) | Err(_) => return Err(NoWay::Store),
    }
    let (near, far) = duplex(BETWEEN);
    tokio::spawn(async move {
        if let Err(error) = pipe::run(&client, &pipe, Side::Phone, coming, far).await {
            tracing::debug!(%error, "a pipe broke");
        }
    });
    Ok(Way {
        bytes: Box::new(near),
        place: None,
    })
}

/// Opens a stream for a phone that came to another copy.
async fn serve_over_here(store: Store, door: Door, asked: Asked) {
    let client = &store.client;
    let (Some(reply), Ok(Wanted { pipe, from })) =
        (asked.reply, serde_json::from_slice(&asked.payload))
    else {
        return;
    };
    // The name is a part of a subject.
    if pipe.len() != 32 || !pipe.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return;
    }
    let Ok(coming) = client.subscribe(pipe::subject(&pipe, Side::Studio)).await else {
        return;
    };
    let (said, way) = match door.open(from).await {
        Ok(way) => (&b"ok"[..], Some(way)),
        Err(_) => (&b"busy"[..], None),
    };
    let answered = client.publish(reply, Bytes::from_static(said)).await;
    let (Ok(()), Some(mut way)) = (answered, way) else {
        return;
    };
    let (mut near, far) = duplex(BETWEEN);
    // Whichever breaks lets go of its end, and so the other one ends.
    let carried = async move {
        let Way { bytes, .. } = &mut way;
        copy_bidirectional(&mut near, bytes).await
    };
    let piped = pipe::run(client, &pipe, Side::Studio, coming, far);
    if let (Err(error), _) = tokio::join!(carried, piped) {
        tracing::debug!(%error, "a stream to a studio broke");
    }
}

/// Lets a studio in by its key.
pub(crate) async fn open(
    State(copy): State<Arc<Copy>>,
    Extension(peer): Extension<Peer>,
    Path(room): Path<String>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    match copy.rooms.admit(&room, key_of(&headers)).await {
        Ok(found) => upgrade
            .max_message_size(DOOR_PIECE)
            .max_frame_size(DOOR_PIECE)
            // Each piece goes out at once.
            .write_buffer_size(0)
            .max_write_buffer_size(4 * DOOR_PIECE)
            .on_upgrade(move |socket| async move {
                serve(copy, room, found, socket).await;
                drop(peer);
            }),
        Err(error) => error.status().into_response(),
    }
}

async fn serve(copy: Arc<Copy>, room: String, found: Room, socket: WebSocket) {
    let (mut out, mut coming) = socket.split();
    let (near, far) = duplex(BETWEEN);
    // A room is not taken over late: its studio may be at another copy by then.
    let begun = tokio::select! {
        begun = timeout(OPEN_WITHIN, begin(&copy, &room, near)) => begun.unwrap_or(Err(Over::Away)),
        () = copy.store.lost() => Err(Over::Away),
    };
    let over = match begun {
        Ok((mut session, connection)) => {
            tracing::info!(room = short(&room), "a studio lets its team in");
            let over = tokio::select! {
                over = carry(&mut out, &mut coming, far) => over,
                _ = connection => Over::Gone,
                over = stay(&copy, &room, &found, &mut session) => over,
                () = copy.store.lost() => Over::Away,
                () = is_true(copy.ended.clone()) => Over::Restart,
            };
            copy.doors.leave(&room, &session.door.name);
            over
        }
        Err(over) => over,
    };
    tracing::info!(room = short(&room), ?over, "a studio's door is over");
    say_goodbye(&mut out, &mut coming, over).await;
}

/// What a connection works with.
struct Session {
    door: Door,
    others: Subscriber,
    asked: Subscriber,
}

type Connection = http2::Connection<TokioIo<DuplexStream>, Body, TokioExecutor>;

async fn begin(copy: &Copy, room: &str, near: DuplexStream) -> Result<(Session, Connection), Over> {
    let window = DOOR_WINDOW * u32::from(DOOR_STREAMS);
    let shaken = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .initial_stream_window_size(DOOR_WINDOW)
        .initial_connection_window_size(window)
        .max_send_buf_size(BETWEEN)
        .keep_alive_interval(ASK_EVERY)
        .keep_alive_timeout(ANSWER_WITHIN)
        .keep_alive_while_idle(true)
        .handshake(TokioIo::new(near))
        .await;
    let (streams, connection) = shaken.map_err(|_| Over::Gone)?;
    let door = Door {
        name: format!("{:032x}", rand::random::<u128>()),
        streams,
        places: Arc::new(Semaphore::new(usize::from(DOOR_STREAMS))),
    };
    // Heard from now on, so that of two that come at once both learn of the other.
    let others = copy.store.watch_over(&seat(room)).await?;
    copy.store.take_over(&seat(room), &door.name).await?;
    let client = &copy.store.client;
    let asked = client.queue_subscribe(asking(room), ONE_OF_THEM.to_owned());
    let asked = asked.await.map_err(|_| Over::Away)?;
    copy.doors.rooms().insert(room.to_owned(), door.clone());
    let session = Session {
        door,
        others,
        asked,
    };
    Ok((session, connection))
}

/// Answers other copies for as long as this connection has the room.
async fn stay(copy: &Copy, room: &str, found: &Room, session: &mut Session) -> Over {
    let Session {
        door,
        others,
        asked,
    } = session;
    let mut look = interval(LOOK_EVERY);
    loop {
        tokio::select! {
            other = others.next() => match other {
                Some(other) if other.payload != door.name.as_bytes() => return Over::Replaced,
                Some(_) => {}
                None => return Over::Away,
            },
            asked = asked.next() => match asked {
                Some(asked) => {
                    // Ends with the connection, whose streams it opens, and says so to the other copy.
                    tokio::spawn(serve_over_here(copy.store.clone(), door.clone(), asked));
                }
                None => return Over::Away,
            },
            _ = look.tick() => match copy.rooms.find(room).await {
                Ok(now) if now.key_hash == found.key_hash => {}
                // Looked at again the next time.
                Err(RoomError::Busy) => {}
                Ok(_) | Err(RoomError::Unknown) => return Over::Locked,
                Err(_) => return Over::Away,
            },
        }
    }
}

/// Moves bytes between the studio's messages and what is spoken in them.
async fn carry(
    out: &mut (impl futures_util::Sink<Message> + Unpin),
    coming: &mut (impl futures_util::Stream<Item = Result<Message, axum::Error>> + Unpin),
    far: DuplexStream,
) -> Over {
    let (mut read, mut write) = split(far);
    let hearing = async {
        loop {
            match coming.next().await {
                Some(Ok(Message::Binary(bytes))) => {
                    if write.write_all(&bytes).await.is_err() {
                        return Over::Gone;
                    }
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Text(_))) => return Over::Unreadable,
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Over::Gone,
            }
        }
    };
    let saying = async {
        let mut piece = vec![0; DOOR_PIECE];
        loop {
            let Ok(length @ 1..) = read.read(&mut piece).await else {
                return Over::Gone;
            };
            let bytes = Bytes::copy_from_slice(piece.get(..length).unwrap_or_default());
            match timeout(SAY_WITHIN, out.send(Message::Binary(bytes))).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Over::Gone,
                Err(_) => return Over::Slow,
            }
        }
    };
    tokio::select! {
        over = hearing => over,
        over = saying => over,
    }
}
