//! Owns reading a room of Bilibili through its open platform, with the user's own key pair and the anchor's code. The
//! packet format follows the platform's documents; read only, as the platform gives others no way to write or moderate.

mod open;
mod packet;

use std::convert::Infallible;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use stallcast_show::{At, MessageId};
use tokio::time::{Instant, interval_at, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::connector::{ChatErrorCode, Clock, ConnectorState, End};
use crate::draft::LineDraft;
use crate::outlet::Outlet;
use crate::socket::{Heard, Silence, Socket};
use crate::spec::{BilibiliSpec, Tls};
use open::Session;
use packet::{Packet, operation};

/// Its short id.
const PLATFORM: &str = "bilibili";
/// The largest frame taken; unpacked it may be [`packet::UNPACKED_BYTES`].
const FRAME_BYTES: usize = 1024 * 1024;
/// How often the socket is to hear from us (the platform's documents).
const HEARTBEAT: Duration = Duration::from_secs(30);
/// Two heartbeats without an answer and a little: the connection is dead.
const SILENT: Duration = Duration::from_secs(70);
/// How often the session is to hear from us; the platform ends it after 60 s (its documents).
const SESSION_HEARTBEAT: Duration = Duration::from_secs(20);
/// Session heartbeats that may fail in a row before the session counts as lost.
const BEATS_LOST: u32 = 2;
/// From opening the socket to being let in.
const LET_IN_WITHIN: Duration = Duration::from_secs(10);
/// How long the goodbye may take when the studio ends.
const LEAVE_WITHIN: Duration = Duration::from_secs(3);

/// A room.
pub(crate) struct Bilibili {
    spec: BilibiliSpec,
    clock: Clock,
    /// Kept while only the socket breaks: beginning anew is limited.
    session: Option<Session>,
    /// Sockets of this session opened since the last one that let us in.
    attempts: usize,
}

#[derive(Deserialize)]
struct Command {
    cmd: String,
    #[serde(default)]
    data: Value,
}

/// A line, or one that was paid for (whose text is `message`).
#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    uname: String,
    #[serde(default)]
    open_id: String,
    #[serde(default)]
    msg: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    msg_id: String,
    #[serde(default)]
    message_id: i64,
    /// Seconds since 1970.
    #[serde(default)]
    timestamp: i64,
}

#[derive(Deserialize)]
struct Gone {
    message_ids: Vec<i64>,
}

#[derive(Deserialize)]
struct LetIn {
    code: i64,
}

impl Bilibili {
    pub(crate) fn new(spec: BilibiliSpec, clock: Clock) -> Self {
        Self {
            spec,
            clock,
            session: None,
            attempts: 0,
        }
    }

    pub(crate) async fn attend(&mut self, outlet: &mut Outlet) -> Result<Infallible, End> {
        let Self {
            spec,
            clock,
            session,
            attempts,
        } = self;
        let kept = match session.take() {
            Some(session) => session,
            None => open::start(spec, clock()).await?,
        };
        let session = &*session.insert(kept);
        let link = session.links.get(*attempts % session.links.len());
        let link = link.cloned().unwrap_or_default();
        *attempts += 1;
        let ended = tokio::select! {
            ended = converse(session, &link, attempts, outlet) => ended,
            ended = keep(spec, &session.game, clock) => ended,
        };
        // Refused or over: a new one is asked for. A mere break keeps it, unless it lets us in nowhere.
        let over = matches!(
            ended,
            Err(End::Lost(
                ChatErrorCode::LoginRefused | ChatErrorCode::ReconnectAsked
            ))
        );
        if over || *attempts > session.links.len() + 1 {
            self.attempts = 0;
            self.leave().await;
        }
        ended
    }

    /// Ends the session, so that the room can be opened again at once.
    pub(crate) async fn leave(&mut self) {
        let Some(session) = self.session.take() else {
            return;
        };
        if session.game.is_empty() {
            return;
        }
        let goodbye = open::end(&self.spec, &session.game, (self.clock)());
        if !matches!(timeout(LEAVE_WITHIN, goodbye).await, Ok(Ok(()))) {
            tracing::info!("a session at Bilibili was not ended; it ends by itself");
        }
    }
}

/// Says every 20 s that the session is wanted.
async fn keep(spec: &BilibiliSpec, game: &str, clock: &Clock) -> Result<Infallible, End> {
    if game.is_empty() {
        return std::future::pending().await;
    }
    let mut lost = 0;
    loop {
        sleep(SESSION_HEARTBEAT).await;
        match open::beat(spec, game, clock()).await {
            Ok(()) => lost = 0,
            Err(End::Lost(ChatErrorCode::ReconnectAsked)) => {
                return Err(End::Lost(ChatErrorCode::ReconnectAsked));
            }
            Err(_) if lost < BEATS_LOST => lost += 1,
            Err(_) => return Err(End::Lost(ChatErrorCode::ReconnectAsked)),
        }
    }
}

async fn converse(
    session: &Session,
    link: &str,
    attempts: &mut usize,
    outlet: &mut Outlet,
) -> Result<Infallible, End> {
    let opened = Socket::open(&Tls::System, link, FRAME_BYTES, Silence::Borne(SILENT)).await;
    // The address is the platform's: what is wrong with it is not the user's.
    let mut socket = opened.map_err(|end| match end {
        End::Hopeless(ChatErrorCode::InvalidUrl) => End::Lost(ChatErrorCode::Protocol),
        end => end,
    })?;
    let mut sequence = 1;
    let auth = packet::write(operation::AUTH, sequence, session.auth.reveal().as_bytes());
    socket.say(Message::binary(auth)).await?;
    let mut heartbeat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
    let let_in_by = sleep(LET_IN_WITHIN);
    tokio::pin!(let_in_by);
    let mut let_in = false;
    loop {
        let heard = tokio::select! {
            heard = socket.hear() => heard?,
            _ = heartbeat.tick() => {
                sequence += 1;
                let beat = packet::write(operation::HEARTBEAT, sequence, b"");
                socket.say(Message::binary(beat)).await?;
                continue;
            }
            () = &mut let_in_by, if !let_in => return Err(End::Lost(ChatErrorCode::TimedOut)),
        };
        let Heard::Binary(frame) = heard else {
            outlet.malformed();
            continue;
        };
        let (packets, broken) = packet::read(&frame);
        for packet in packets {
            match packet.operation {
                operation::AUTH_REPLY => {
                    answer_of(&packet)?;
                    let_in = true;
                    *attempts = 0;
                    outlet.state(ConnectorState::Live);
                }
                operation::MESSAGE if let_in && !packet.body.is_empty() => {
                    take(&packet.body, &session.game, outlet).await?;
                }
                _ => {}
            }
        }
        if let Some(broken) = broken {
            tracing::debug!(%broken, "a frame of Bilibili was not read to its end");
            outlet.malformed();
        }
    }
}

fn answer_of(packet: &Packet) -> Result<(), End> {
    match serde_json::from_slice::<LetIn>(&packet.body) {
        Ok(LetIn { code: 0 }) => Ok(()),
        Ok(_) => Err(End::Lost(ChatErrorCode::LoginRefused)),
        Err(_) => Err(End::Lost(ChatErrorCode::Protocol)),
    }
}

pub(crate) async fn take(body: &[u8], game: &str, outlet: &mut Outlet) -> Result<(), End> {
    let Ok(command) = serde_json::from_slice::<Command>(body) else {
        outlet.malformed();
        return Ok(());
    };
    let data = command.data;
    match command.cmd.as_str() {
        "LIVE_OPEN_PLATFORM_DM" => match serde_json::from_value::<Said>(data) {
            Ok(said) => {
                let id = Some(said.msg_id.clone());
                put(said.msg.clone(), id, said, outlet).await?;
            }
            Err(_) => outlet.malformed(),
        },
        // By its own number, by which it is taken back.
        "LIVE_OPEN_PLATFORM_SUPER_CHAT" => match serde_json::from_value::<Said>(data) {
            Ok(said) => {
                let id = Some(paid(said.message_id));
                put(said.message.clone(), id, said, outlet).await?;
            }
            Err(_) => outlet.malformed(),
        },
        "LIVE_OPEN_PLATFORM_SUPER_CHAT_DEL" => match serde_json::from_value::<Gone>(data) {
            Ok(gone) => {
                let ids = gone.message_ids.into_iter().take(1_000);
                let ids = ids.map(|id| MessageId(format!("{PLATFORM}:{}", paid(id))));
                outlet.remove(ids.collect()).await?;
            }
            Err(_) => outlet.malformed(),
        },
        "LIVE_OPEN_PLATFORM_INTERACTION_END" if data["game_id"] == game => {
            return Err(End::Lost(ChatErrorCode::ReconnectAsked));
        }
        // Gifts, likes and people coming in are no lines.
        _ => {}
    }
    Ok(())
}

fn paid(id: i64) -> String {
    format!("sc-{id}")
}

async fn put(text: String, id: Option<String>, said: Said, outlet: &mut Outlet) -> Result<(), End> {
    let at = said.timestamp.checked_mul(1_000).filter(|ms| *ms > 0);
    let draft = LineDraft {
        id: id.filter(|id| !id.is_empty()),
        platform: PLATFORM.to_owned(),
        author: said.uname,
        text,
        at: at.map(At),
    };
    outlet.put_of(draft, Some(&said.open_id)).await?;
    Ok(())
}
