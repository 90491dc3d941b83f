//! Owns reading an Owncast server's chat and acting in it (owncast.online/api: `/api/chat/register`, `/ws`,
//! `/api/integrations/chat`). Read from v0.2's source and its own API tests.

use futures_util::future::BoxFuture;
use hyper::Method;
use serde::Deserialize;
use serde_json::json;
use stallcast_show::{At, MessageId};
use url::Url;

use crate::acts::{Act, ActFault, ActKind, Hands, words};
use crate::connector::{ChatErrorCode, ConnectorState, End};
use crate::draft::{LineDraft, moment};
use crate::http::{Ask, Heard as Answer};
use crate::markup;
use crate::outlet::Outlet;
use crate::secret::Secret;
use crate::socket::{Heard, Silence, Socket};
use crate::spec::Tls;

/// Its short id.
const PLATFORM: &str = "owncast";
/// A frame may hold what waits for a client, up to 256 events; an event has at most some 4 KiB.
const FRAME_BYTES: usize = 1024 * 1024;
/// The history since some time: 50 lines in v0.1, the last five minutes since.
const HISTORY_BYTES: usize = 2 * 1024 * 1024;
/// Longest message taken by the server, in bytes (`config.MaxSocketPayloadSize` is 2048, the JSON around it included).
const REPLY_BYTES: usize = 1_900;

/// A server's chat.
pub(crate) struct Owncast {
    server: String,
    /// The name that the server gave us to read under; asked for once, as each one stays in its list of users.
    registered: Option<String>,
    /// When the last line was written: what came after it and before the next connection is asked for.
    last: Option<At>,
}

/// What the server says on its socket, and in its history.
#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    timestamp: String,
    #[serde(default)]
    body: String,
    user: Option<User>,
    visible: Option<bool>,
    #[serde(default)]
    ids: Vec<String>,
}

#[derive(Deserialize)]
struct User {
    #[serde(default)]
    id: String,
    #[serde(rename = "displayName", default)]
    name: String,
}

#[derive(Deserialize)]
struct Registered {
    #[serde(rename = "accessToken")]
    token: String,
}

impl Owncast {
    pub(crate) fn new(server: String) -> Self {
        Self {
            server,
            registered: None,
            last: None,
        }
    }

    pub(crate) async fn attend(
        &mut self,
        outlet: &mut Outlet,
    ) -> Result<std::convert::Infallible, End> {
        let base = base(&self.server).ok_or(End::Hopeless(ChatErrorCode::InvalidUrl))?;
        let token = match &self.registered {
            Some(token) => token.clone(),
            None => {
                let token = register(&base).await?;
                self.registered.insert(token).clone()
            }
        };
        let mut url = base.clone();
        let scheme = if base.scheme() == "https" {
            "wss"
        } else {
            "ws"
        };
        url.set_scheme(scheme)
            .map_err(|()| End::Hopeless(ChatErrorCode::InvalidUrl))?;
        url.set_path("/ws");
        url.query_pairs_mut().append_pair("accessToken", &token);
        let mut socket =
            Socket::open(&Tls::System, url.as_str(), FRAME_BYTES, Silence::Asked).await?;
        outlet.state(ConnectorState::Live);
        // After the socket is open, so that nothing falls in between; what comes twice is skipped by its id.
        if let Some(since) = self.last {
            self.catch_up(&base, &token, since, outlet).await?;
        }
        loop {
            match socket.hear().await? {
                Heard::Text(text) => self.take(&text, outlet).await?,
                Heard::Binary(_) => outlet.malformed(),
            }
        }
    }

    /// Takes what was written while there was no connection, as far as the server keeps it.
    async fn catch_up(
        &mut self,
        base: &Url,
        token: &str,
        since: At,
        outlet: &mut Outlet,
    ) -> Result<(), End> {
        let mut url = at(base, "/api/chat");
        url.query_pairs_mut().append_pair("accessToken", token);
        let missed = Ask::new(Method::GET, url).most(HISTORY_BYTES).send().await;
        let events = missed.and_then(|answer| answer.json::<Vec<serde_json::Value>>());
        let Ok(events) = events else {
            // The socket works: a server that tells no history costs those lines and not the connection.
            tracing::info!("the history of an Owncast server could not be read");
            return Ok(());
        };
        for event in events {
            match serde_json::from_value::<Event>(event) {
                Ok(event) if event.at().is_none_or(|at| at < since) => {}
                Ok(event) => self.take_event(event, outlet).await?,
                Err(_) => outlet.malformed(),
            }
        }
        Ok(())
    }

    pub(crate) async fn take(&mut self, text: &str, outlet: &mut Outlet) -> Result<(), End> {
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            match serde_json::from_str::<Event>(line) {
                Ok(event) => self.take_event(event, outlet).await?,
                Err(_) => outlet.malformed(),
            }
        }
        Ok(())
    }

    async fn take_event(&mut self, event: Event, outlet: &mut Outlet) -> Result<(), End> {
        match event.kind.as_str() {
            "CHAT" if event.visible != Some(false) && event.user.is_some() => {
                let at = event.at();
                self.last = self.last.max(at);
                let Some(user) = event.user else {
                    return Ok(());
                };
                let draft = LineDraft {
                    id: Some(event.id).filter(|id| !id.is_empty()),
                    platform: PLATFORM.to_owned(),
                    author: user.name,
                    text: markup::to_text(&event.body),
                    at,
                };
                outlet.put_of(draft, Some(&user.id)).await?;
                Ok(())
            }
            // Shown again is not brought back: what left the screens was told to have left.
            "VISIBILITY-UPDATE" if event.visible == Some(false) => {
                let gone = event.ids.into_iter();
                let gone = gone.map(|id| MessageId(format!("{PLATFORM}:{id}")));
                Ok(outlet.remove(gone.collect()).await?)
            }
            "ERROR_NEEDS_REGISTRATION" => {
                self.registered = None;
                Err(End::Lost(ChatErrorCode::LoginRefused))
            }
            // Somebody there put us out; coming back under another name is not ours to do.
            "ERROR_USER_DISABLED" => Err(End::Hopeless(ChatErrorCode::JoinRefused)),
            "ERROR_MAX_CONNECTIONS_EXCEEDED" => Err(End::Lost(ChatErrorCode::TooMany)),
            "CHAT_DISABLED" => Err(End::Lost(ChatErrorCode::NoChat)),
            // Joins, name changes, actions and system words are no lines of viewers.
            _ => Ok(()),
        }
    }
}

impl Event {
    fn at(&self) -> Option<At> {
        moment(&self.timestamp)
    }
}

/// The server's address without a path.
fn base(server: &str) -> Option<Url> {
    let url = Url::parse(server.trim()).ok()?;
    let fits = matches!(url.scheme(), "http" | "https") && url.has_host();
    fits.then(|| at(&url, "/"))
}

fn at(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(path);
    url.set_query(None);
    url.set_fragment(None);
    url
}

async fn register(base: &Url) -> Result<String, End> {
    let ask = Ask::new(Method::POST, at(base, "/api/chat/register"));
    let answer = ask
        .json(&json!({ "displayName": "Stallcast" }))
        .send()
        .await?;
    match answer.status {
        200 => Ok(answer.json::<Registered>()?.token),
        // Its chat is switched off, or it is no Owncast.
        403 => Err(End::Lost(ChatErrorCode::NoChat)),
        404 => Err(End::Lost(ChatErrorCode::NoSuchChannel)),
        429 => Err(End::Lost(ChatErrorCode::TooMany)),
        500.. => Err(End::Lost(ChatErrorCode::PlatformFailed)),
        _ => Err(End::Lost(ChatErrorCode::JoinRefused)),
    }
}

/// Acts through the server's integrations API. It has no time-out, no ban and no slow mode for tokens.
pub(crate) struct OwncastHands {
    server: String,
    token: Secret,
}

impl OwncastHands {
    pub(crate) fn new(server: String, token: Secret) -> Self {
        Self { server, token }
    }

    async fn post(&self, path: &str, body: &serde_json::Value) -> Result<(), ActFault> {
        let base = base(&self.server).ok_or(ActFault::Unreachable)?;
        let ask = Ask::new(Method::POST, at(&base, path));
        let answer = ask.bearer(self.token.reveal()).json(body).send().await?;
        fault(&answer).map_or(Ok(()), Err)
    }

    async fn act(&self, act: &Act) -> Result<(), ActFault> {
        match act {
            Act::Reply { text, .. } => {
                let text = words(text, usize::MAX)?;
                if text.len() > REPLY_BYTES {
                    return Err(ActFault::TooLong);
                }
                self.post("/api/integrations/chat/send", &json!({ "body": text }))
                    .await
            }
            Act::Delete { message } => self.show(message, false).await,
            Act::Restore { message } => self.show(message, true).await,
            _ => Err(ActFault::Refused),
        }
    }

    async fn show(&self, message: &MessageId, visible: bool) -> Result<(), ActFault> {
        let id = message.0.split_once(':').map_or("", |(_, id)| id);
        self.post(
            "/api/integrations/chat/messagevisibility",
            &json!({ "idArray": [id], "visible": visible }),
        )
        .await
    }
}

fn fault(answer: &Answer) -> Option<ActFault> {
    match answer.status {
        200..300 => None,
        // Owncast answers 401 for a wrong token and for one without the scope alike.
        401 | 403 => Some(ActFault::NotAllowed),
        404 => Some(ActFault::LineGone),
        429 => Some(ActFault::TooFast),
        _ => Some(ActFault::Refused),
    }
}

impl Hands for OwncastHands {
    fn able(&self) -> &'static [ActKind] {
        if self.token.is_empty() {
            &[]
        } else {
            &[ActKind::Reply, ActKind::Delete, ActKind::Restore]
        }
    }

    fn act<'a>(&'a self, act: &'a Act) -> BoxFuture<'a, Result<(), ActFault>> {
        Box::pin(self.act(act))
    }
}
