//! Owns asking Helix, Twitch's web API, with the user's own token (dev.twitch.tv/docs/api/reference).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::Method;
use hyper::header::HeaderName;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use tokio::time::Instant;
use url::Url;

use crate::connector::{ChatErrorCode, End};
use crate::http::{Ask, Heard};
use crate::login::Login;
use crate::rate::Rate;
use crate::spec::TwitchSpec;

/// Requests in a minute: Twitch gives 800 points, of which most cost one; half is left to other programs with the token.
const REQUESTS: usize = 400;
const MINUTE: Duration = Duration::from_secs(60);
/// The wait after Twitch said that it was too much: its bucket refills within a minute.
const COOL_DOWN: Duration = Duration::from_secs(30);

/// Helix under one token.
pub(crate) struct Helix {
    spec: TwitchSpec,
    login: Arc<Login>,
    people: OnceCell<People>,
    rate: Mutex<Rate>,
}

/// Who is who, by Twitch's numbers.
#[derive(Debug, Clone)]
pub(super) struct People {
    /// Whose token it is.
    pub(super) me: String,
    /// Whose channel it is.
    pub(super) broadcaster: String,
}

#[derive(Deserialize)]
struct Users {
    data: Vec<User>,
}

#[derive(Deserialize)]
struct User {
    id: String,
}

/// What a request that failed says.
#[derive(Deserialize, Default)]
struct Said {
    #[serde(default)]
    message: String,
}

impl Helix {
    pub(super) fn new(spec: TwitchSpec) -> Self {
        Self {
            login: Login::new(spec.token.clone(), spec.renewal.clone()),
            spec,
            people: OnceCell::new(),
            rate: Mutex::new(Rate::new(REQUESTS, MINUTE)),
        }
    }

    /// The token, and what renews it.
    pub(super) fn login(&self) -> &Arc<Login> {
        &self.login
    }

    /// Who is who; asked for once.
    pub(super) async fn people(&self) -> Result<&People, End> {
        self.people.get_or_try_init(|| self.find_people()).await
    }

    async fn find_people(&self) -> Result<People, End> {
        let channel = crate::irc::channel_name(&self.spec.channel)
            .ok_or(End::Hopeless(ChatErrorCode::InvalidChannel))?;
        let id_of = async |query: &[(&str, &str)], missing| {
            let answer = self.ask(Method::GET, "users", query, None).await?;
            refused(&answer)?;
            let users: Users = answer.json()?;
            let user = users.data.into_iter().next();
            user.map(|user| user.id).ok_or(End::Hopeless(missing))
        };
        Ok(People {
            me: id_of(&[], ChatErrorCode::TokenRefused).await?,
            broadcaster: id_of(&[("login", &channel)], ChatErrorCode::NoSuchChannel).await?,
        })
    }

    /// Wants to be told of `kind` on the socket with this session.
    pub(super) async fn subscribe(&self, kind: &str, session: &str) -> Result<(), End> {
        let people = self.people().await?;
        let body = json!({
            "type": kind,
            "version": "1",
            "condition": { "broadcaster_user_id": people.broadcaster, "user_id": people.me },
            "transport": { "method": "websocket", "session_id": session },
        });
        let answer = self
            .ask(Method::POST, "eventsub/subscriptions", &[], Some(&body))
            .await?;
        // 409: it is subscribed already.
        if answer.status == 409 {
            return Ok(());
        }
        refused(&answer)
    }

    /// One request; the answer has whatever status.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Heard, End> {
        let turn = {
            let mut rate = self.rate.lock().unwrap_or_else(PoisonError::into_inner);
            rate.take(Instant::now())
        };
        if let Err(wait) = turn {
            return Err(End::Later(ChatErrorCode::TooMany, wait));
        }
        let mut url = Url::parse(&self.spec.api)
            .and_then(|base| base.join("/helix/")?.join(path))
            .map_err(|_| End::Hopeless(ChatErrorCode::InvalidUrl))?;
        for (name, value) in query {
            url.query_pairs_mut().append_pair(name, value);
        }
        let asked = |token: &str| {
            // What the token page of other programs calls it, and how it is pasted now and then.
            let token = token.strip_prefix("oauth:").unwrap_or(token);
            let mut ask = Ask::new(method.clone(), url.clone()).bearer(token).header(
                HeaderName::from_static("client-id"),
                self.spec.client_id.trim(),
            );
            if let Some(body) = body {
                ask = ask.json(body);
            }
            Ok(ask)
        };
        let refused = |answer: &Heard| answer.status == 401 && !lacks_scope(answer);
        self.login.ask(asked, refused).await
    }
}

/// Whether a failed answer says that the token lacks a right, rather than that it is none.
pub(super) fn lacks_scope(answer: &Heard) -> bool {
    let said: Said = answer.json().unwrap_or_default();
    said.message.to_ascii_lowercase().contains("scope")
}

fn refused(answer: &Heard) -> Result<(), End> {
    use ChatErrorCode as Code;
    Err(match answer.status {
        200..300 => return Ok(()),
        401 if lacks_scope(answer) => End::Hopeless(Code::NotAllowed),
        401 => End::Hopeless(Code::TokenRefused),
        403 => End::Hopeless(Code::NotAllowed),
        429 => End::Later(Code::TooMany, COOL_DOWN),
        500.. => End::Lost(Code::PlatformFailed),
        _ => End::Lost(Code::Protocol),
    })
}
