//! Owns a studio's connection: what waits for it goes out in order, what it has taken is removed, and the last one that came
//! has the room.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::consumer::pull::Ordered;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use stallcast_hooks::{Hook, Lane, ON_THE_WAY, ON_THE_WAY_BYTES, ToRelay, ToStudio};
use tokio::time::{Instant, timeout};

use crate::hooks::short;
use crate::rooms::{Room, RoomError};
use crate::server::{Copy, Peer, is_true};
use crate::store::StoreError;

/// Largest message of a studio, in bytes.
const HEARD_BYTES: usize = 4 * 1024;
/// How long one message may take to be written: a studio that reads nothing is gone.
pub(crate) const SAY_WITHIN: Duration = Duration::from_secs(10);
/// How long a studio is heard after it was told that the connection is over.
const FAREWELL: Duration = Duration::from_secs(2);
/// How often a studio is asked whether it is there, and how long its silence is borne.
const ASK_EVERY: Duration = Duration::from_secs(15);
const SILENCE: Duration = Duration::from_secs(40);
/// How often what was taken is removed from the store.
const FORGET_EVERY: Duration = Duration::from_millis(500);
/// How often the key is looked at again.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Why a connection ends, as the code of its close frame (4000 and up are ours to give).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    /// The studio is gone.
    Gone,
    /// This copy ends; another one is there, or soon this one again.
    Restart,
    /// The store is away.
    Away,
    /// Another connection has the room.
    Replaced,
    /// The key opens nothing any more.
    Locked,
    /// What it said cannot be read.
    Unreadable,
    /// It reads nothing.
    Slow,
}

impl Over {
    pub(crate) fn code(self) -> u16 {
        match self {
            Self::Gone => 1000,
            Self::Restart => 1012,
            Self::Away => 1013,
            Self::Replaced => 4001,
            Self::Locked => 4002,
            Self::Unreadable => 1003,
            Self::Slow => 4003,
        }
    }
}

impl From<StoreError> for Over {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "a studio cannot be served");
        Self::Away
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
            .max_message_size(HEARD_BYTES)
            .max_frame_size(HEARD_BYTES)
            .max_write_buffer_size(2 * stallcast_hooks::FRAME_BYTES)
            .on_upgrade(move |socket| async move {
                serve(copy, room, found, socket).await;
                drop(peer);
            }),
        Err(error) => error.status().into_response(),
    }
}

/// The key that a studio shows; empty without one.
pub(crate) fn key_of(headers: &HeaderMap) -> &str {
    let key = headers.get(header::AUTHORIZATION);
    let key = key.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    key.unwrap_or_default()
}

async fn serve(copy: Arc<Copy>, room: String, found: Room, mut socket: WebSocket) {
    let over = match begin(&copy, &room).await {
        Ok(mut session) => {
            let over = tokio::select! {
                over = talk(&copy, &room, &found, &mut session, &mut socket) => match over {
                    Ok(never) => match never {},
                    Err(over) => over,
                },
                () = copy.store.lost() => Over::Away,
                () = is_true(copy.ended.clone()) => Over::Restart,
            };
            // What it took is removed, or the next connection begins with it.
            if over != Over::Away && clear(&copy, &room, &mut session.rows).await.is_err() {
                tracing::warn!(room = short(&room), "what a studio took stays in the store");
            }
            over
        }
        Err(over) => over,
    };
    tracing::info!(room = short(&room), ?over, "a studio's connection is over");
    let (mut out, mut coming) = socket.split();
    say_goodbye(&mut out, &mut coming, over).await;
}

/// Says why a connection is over, and lets it end.
pub(crate) async fn say_goodbye(
    out: &mut (impl Sink<Message> + Unpin),
    coming: &mut (impl Stream<Item = Result<Message, axum::Error>> + Unpin),
    over: Over,
) {
    let close = CloseFrame {
        code: over.code(),
        reason: "".into(),
    };
    let _ = timeout(SAY_WITHIN, out.send(Message::Close(Some(close)))).await;
    // What it said meanwhile is read: closed over unread words, a connection is cut, and the reason with it.
    let silence = async { while let Some(Ok(_)) = coming.next().await {} };
    let _ = timeout(FAREWELL, silence).await;
}

/// What a connection works with.
struct Session {
    name: String,
    others: async_nats::Subscriber,
    /// Chat and orders, as in [`Lane::ALL`].
    rows: [Row; 2],
}

/// A lane on its way to the studio.
struct Row {
    lane: Lane,
    coming: Ordered,
    /// Places that were sent and not taken yet, in order, each with the bytes of its body.
    sent: VecDeque<(u64, usize)>,
    /// Up to here it has taken them, and up to here the store has forgotten them.
    taken: u64,
    forgotten: u64,
}

impl Row {
    async fn open(copy: &Copy, room: &str, lane: Lane) -> Result<Self, Over> {
        Ok(Self {
            lane,
            coming: copy.store.follow(room, lane).await?,
            sent: VecDeque::new(),
            taken: 0,
            forgotten: 0,
        })
    }

    fn has_room(&self) -> bool {
        let bytes: usize = self.sent.iter().map(|(_, bytes)| bytes).sum();
        self.sent.len() < ON_THE_WAY && bytes < ON_THE_WAY_BYTES
    }

    /// The studio has everything up to this place. A place that was never sent is no answer.
    fn take(&mut self, upto: u64) -> Result<(), Over> {
        if upto <= self.taken {
            return Ok(());
        }
        if !self.sent.iter().any(|(seq, _)| *seq == upto) {
            return Err(Over::Unreadable);
        }
        self.sent.retain(|(seq, _)| *seq > upto);
        self.taken = upto;
        Ok(())
    }
}

async fn begin(copy: &Copy, room: &str) -> Result<Session, Over> {
    let name = format!("{:032x}", rand::random::<u128>());
    // Heard from now on, so that of two that come at once both learn of the other; the studio comes again after a while.
    let others = copy.store.watch_over(room).await?;
    copy.store.take_over(room, &name).await?;
    let [chat, orders] = Lane::ALL;
    let rows = [
        Row::open(copy, room, chat).await?,
        Row::open(copy, room, orders).await?,
    ];
    Ok(Session { name, others, rows })
}

async fn talk(
    copy: &Copy,
    room: &str,
    found: &Room,
    session: &mut Session,
    socket: &mut WebSocket,
) -> Result<std::convert::Infallible, Over> {
    say(socket, ToStudio::Welcome.to_bytes()).await?;
    tracing::info!(room = short(room), "a studio is here");
    let Session { name, others, rows } = session;
    let mut ask = tokio::time::interval(ASK_EVERY);
    let mut forget = tokio::time::interval(FORGET_EVERY);
    forget.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut look = tokio::time::interval(LOOK_EVERY);
    let mut heard = Instant::now();
    loop {
        let [chat, orders] = &mut *rows;
        tokio::select! {
            // Orders first: there are few, and each is somebody's.
            biased;
            other = others.next() => match other {
                Some(other) if other.payload != name.as_bytes() => return Err(Over::Replaced),
                Some(_) => {}
                None => return Err(Over::Away),
            },
            said = socket.recv() => {
                heard = Instant::now();
                match said {
                    Some(Ok(Message::Binary(bytes))) => {
                        let ToRelay::Taken { lane, seq } =
                            ToRelay::from_bytes(&bytes).ok_or(Over::Unreadable)?;
                        match lane {
                            Lane::Chat => chat.take(seq)?,
                            Lane::Orders => orders.take(seq)?,
                        }
                    }
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(Message::Text(_))) => return Err(Over::Unreadable),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Over::Gone),
                }
            }
            _ = forget.tick() => {
                clear(copy, room, rows).await?;
                if heard.elapsed() > SILENCE {
                    return Err(Over::Gone);
                }
            }
            _ = ask.tick() => {
                let asking = socket.send(Message::Ping(Bytes::new()));
                timeout(SAY_WITHIN, asking).await.map_err(|_| Over::Slow)?.map_err(|_| Over::Gone)?;
            }
            _ = look.tick() => match copy.rooms.find(room).await {
                Ok(now) if now.key_hash == found.key_hash => {}
                // Looked at again the next time.
                Err(RoomError::Busy) => {}
                Ok(_) | Err(RoomError::Unknown) => return Err(Over::Locked),
                Err(_) => return Err(Over::Away),
            },
            next = orders.coming.next(), if orders.has_room() => pass(socket, orders, next).await?,
            next = chat.coming.next(), if chat.has_room() => pass(socket, chat, next).await?,
        }
    }
}

type Next = Option<
    Result<async_nats::jetstream::Message, async_nats::jetstream::consumer::pull::OrderedError>,
>;

/// Sends the next webhook of a lane.
async fn pass(socket: &mut WebSocket, row: &mut Row, next: Next) -> Result<(), Over> {
    let message = match next {
        Some(Ok(message)) => message,
        Some(Err(error)) => {
            tracing::warn!(%error, "the store broke off");
            return Err(Over::Away);
        }
        None => return Err(Over::Away),
    };
    let info = message.info().map_err(|error| {
        tracing::warn!(%error, "the store gave a webhook without its place");
        Over::Away
    })?;
    let seq = info.stream_sequence;
    let Some(hook) = Hook::from_bytes(&message.payload) else {
        // Written by nobody of ours: it would stand in the way for ever.
        tracing::error!(seq, "what stands in the store is no webhook");
        if row.sent.is_empty() {
            row.taken = row.taken.max(seq);
        }
        return Ok(());
    };
    let lane = row.lane;
    row.sent.push_back((seq, hook.body.len()));
    say(socket, ToStudio::Hook { lane, seq, hook }.to_bytes()).await
}

async fn say(socket: &mut WebSocket, bytes: Bytes) -> Result<(), Over> {
    timeout(SAY_WITHIN, socket.send(Message::Binary(bytes)))
        .await
        .map_err(|_| Over::Slow)?
        .map_err(|_| Over::Gone)
}

/// Has the store forget what was taken.
async fn clear(copy: &Copy, room: &str, rows: &mut [Row; 2]) -> Result<(), Over> {
    for row in rows {
        if row.taken > row.forgotten {
            copy.store.forget(room, row.lane, row.taken).await?;
            row.forgotten = row.taken;
        }
    }
    Ok(())
}
