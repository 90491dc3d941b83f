//! Owns reading a Twitch channel by EventSub with the user's own token (dev.twitch.tv/docs/eventsub): the welcome, what is
//! subscribed to, silences, and the change to another socket when Twitch asks for it.

mod hands;
mod helix;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde_json::Value;
use stallcast_show::MessageId;
use tokio::time::timeout;

use crate::connector::{ChatErrorCode, ConnectorState, End};
use crate::draft::{LineDraft, moment};
use crate::outlet::Outlet;
use crate::socket::{Heard, Silence, Socket};
use crate::spec::{Tls, TwitchSpec};
pub(crate) use hands::TwitchHands;
use helix::Helix;

/// Its short id, the same as by IRC.
const PLATFORM: &str = "twitch";
/// A chat event is some kilobytes; its fragments with emotes make the largest.
const FRAME_BYTES: usize = 256 * 1024;
/// From opening a socket to its welcome.
const WELCOME_WITHIN: Duration = Duration::from_secs(10);
/// How long an old socket is heard out once the new one is there: what is on its way comes within a round trip.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Seconds of silence after which Twitch is to say that it lives: 10 to 600 may be asked for.
const KEEPALIVE_S: u64 = 15;
/// What a keepalive may be late by.
const GRACE: Duration = Duration::from_secs(5);
/// What is subscribed to: the lines, and what takes them back. All need `user:read:chat` and cost nothing.
const KINDS: [&str; 4] = [
    "channel.chat.message",
    "channel.chat.message_delete",
    "channel.chat.clear_user_messages",
    "channel.chat.clear",
];

/// A channel.
pub(crate) struct Twitch {
    spec: TwitchSpec,
    helix: Arc<Helix>,
}

#[derive(Deserialize)]
struct Message {
    metadata: Metadata,
    #[serde(default)]
    payload: Payload,
}

#[derive(Deserialize)]
struct Metadata {
    message_type: String,
    #[serde(default)]
    message_timestamp: String,
}

#[derive(Deserialize, Default)]
struct Payload {
    session: Option<Session>,
    subscription: Option<Subscription>,
    #[serde(default)]
    event: Value,
}

#[derive(Deserialize)]
struct Session {
    id: String,
    keepalive_timeout_seconds: Option<u64>,
    reconnect_url: Option<String>,
}

#[derive(Deserialize)]
struct Subscription {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Line {
    message_id: String,
    chatter_user_id: String,
    #[serde(default)]
    chatter_user_name: String,
    #[serde(default)]
    chatter_user_login: String,
    message: Words,
}

#[derive(Deserialize)]
struct Words {
    text: String,
}

#[derive(Deserialize)]
struct Gone {
    message_id: Option<String>,
    target_user_id: Option<String>,
}

impl Twitch {
    pub(crate) fn new(spec: TwitchSpec, helix: Arc<Helix>) -> Self {
        Self { spec, helix }
    }

    pub(crate) async fn attend(&mut self, outlet: &mut Outlet) -> Result<Infallible, End> {
        let (login, health) = (Arc::clone(self.helix.login()), outlet.health());
        tokio::select! {
            ended = self.read(outlet) => ended,
            never = login.tend(&health) => match never {},
        }
    }

    /// Leaves no answer about the token behind.
    pub(crate) async fn leave(&self) {
        self.helix.login().settle().await;
    }

    async fn read(&mut self, outlet: &mut Outlet) -> Result<Infallible, End> {
        // First, so that a wrong token costs no socket: those are limited to three a token.
        self.helix.people().await?;
        let mut address = url::Url::parse(&self.spec.events)
            .map_err(|_| End::Hopeless(ChatErrorCode::InvalidUrl))?;
        let seconds = KEEPALIVE_S.to_string();
        address
            .query_pairs_mut()
            .append_pair("keepalive_timeout_seconds", &seconds);
        let (mut socket, session) = welcomed(address.into()).await?;
        for kind in KINDS {
            self.helix.subscribe(kind, &session).await?;
        }
        outlet.state(ConnectorState::Live);
        let mut coming: Option<Coming> = None;
        loop {
            let heard = tokio::select! {
                next = arrival(&mut coming) => {
                    coming = None;
                    match next {
                        // What is subscribed to goes with it.
                        Ok((new, _)) => {
                            let old = std::mem::replace(&mut socket, new);
                            hear_out(old, outlet).await?;
                        }
                        // The old one goes on for as long as Twitch lets it, which is half a minute.
                        Err(end) => tracing::info!(?end, "the next socket did not come"),
                    }
                    continue;
                }
                // The old socket goes on telling until the new one is there.
                heard = socket.hear() => heard,
            };
            let heard = match (heard, coming.take()) {
                (Ok(heard), still) => {
                    coming = still;
                    heard
                }
                (Err(_), Some(coming)) => {
                    socket = coming.await?.0;
                    continue;
                }
                (Err(end), None) => return Err(end),
            };
            if let Some(elsewhere) = take(heard, outlet).await? {
                coming = Some(Box::pin(welcomed(elsewhere)));
            }
        }
    }
}

/// Takes what was said on an old socket before the new one was there; then it closes as it is dropped.
async fn hear_out(mut old: Socket, outlet: &mut Outlet) -> Result<(), End> {
    let rest = async {
        while let Ok(heard) = old.hear().await {
            take(heard, outlet).await?;
        }
        Ok(())
    };
    timeout(LAST_WORDS, rest).await.unwrap_or(Ok(()))
}

/// The next socket, under way.
type Coming = BoxFuture<'static, Result<(Socket, String), End>>;

/// When the next socket is there; never, when none is under way.
async fn arrival(coming: &mut Option<Coming>) -> Result<(Socket, String), End> {
    match coming {
        Some(coming) => coming.await,
        None => std::future::pending().await,
    }
}

/// Opens a socket and waits for its welcome; gives the session's id, too. Nothing may ever be said on it, as Twitch ends
/// a socket on which a client speaks: not even a ping.
async fn welcomed(address: String) -> Result<(Socket, String), End> {
    let opening = async {
        let silence = Silence::Borne(WELCOME_WITHIN);
        let mut socket = Socket::open(&Tls::System, &address, FRAME_BYTES, silence).await?;
        let first = match socket.hear().await? {
            Heard::Text(text) => serde_json::from_str::<Message>(&text).ok(),
            Heard::Binary(_) => None,
        };
        let welcome = first.filter(|first| first.metadata.message_type == "session_welcome");
        let session = welcome
            .and_then(|welcome| welcome.payload.session)
            .ok_or(End::Lost(ChatErrorCode::Protocol))?;
        let keepalive = session.keepalive_timeout_seconds.unwrap_or(KEEPALIVE_S);
        // At most what may be asked for, whatever is said.
        socket.bear(Silence::Borne(
            Duration::from_secs(keepalive.clamp(1, 600)) + GRACE,
        ));
        Ok((socket, session.id))
    };
    timeout(WELCOME_WITHIN, opening)
        .await
        .map_err(|_| End::Lost(ChatErrorCode::TimedOut))?
}

/// Takes a message; gives the address that Twitch asks to come to, if it does.
pub(crate) async fn take(heard: Heard, outlet: &mut Outlet) -> Result<Option<String>, End> {
    let message = match heard {
        Heard::Text(text) => serde_json::from_str::<Message>(&text).ok(),
        Heard::Binary(_) => None,
    };
    let Some(message) = message else {
        outlet.malformed();
        return Ok(None);
    };
    let payload = message.payload;
    let kind = payload.subscription.map(|it| it.kind).unwrap_or_default();
    match message.metadata.message_type.as_str() {
        "notification" => {
            let at = &message.metadata.message_timestamp;
            take_event(&kind, payload.event, at, outlet).await?;
        }
        "session_reconnect" => {
            let url = payload.session.and_then(|session| session.reconnect_url);
            return url
                .map(Some)
                .ok_or(End::Lost(ChatErrorCode::ReconnectAsked));
        }
        // The user took the right back, or was put out of the channel.
        "revocation" if KINDS.contains(&kind.as_str()) => {
            return Err(End::Hopeless(ChatErrorCode::TokenRefused));
        }
        _ => {}
    }
    Ok(None)
}

async fn take_event(kind: &str, event: Value, at: &str, outlet: &mut Outlet) -> Result<(), End> {
    if kind == KINDS[0] {
        let Ok(line) = serde_json::from_value::<Line>(event) else {
            outlet.malformed();
            return Ok(());
        };
        let author = match line.chatter_user_name {
            name if name.is_empty() => line.chatter_user_login,
            name => name,
        };
        let draft = LineDraft {
            id: Some(line.message_id),
            platform: PLATFORM.to_owned(),
            author,
            text: line.message.text,
            at: moment(at),
        };
        outlet.put_of(draft, Some(&line.chatter_user_id)).await?;
        return Ok(());
    }
    if !KINDS.contains(&kind) {
        return Ok(());
    }
    let Ok(gone) = serde_json::from_value::<Gone>(event) else {
        outlet.malformed();
        return Ok(());
    };
    let ids = match (gone.message_id, gone.target_user_id) {
        (Some(id), _) => vec![MessageId(format!("{PLATFORM}:{id}"))],
        (None, Some(user)) => outlet.said().of(&user),
        // The whole chat was cleared.
        (None, None) => outlet.said().all(),
    };
    Ok(outlet.remove(ids).await?)
}
