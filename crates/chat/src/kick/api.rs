//! Owns Kick's public interface (docs.kick.com, `/public/v1`): its key, the subscription to webhooks, and who the channel is.

use std::sync::{Arc, Mutex, PoisonError};

use hyper::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

use super::signature::PublicKey;
use crate::acts::ActFault;
use crate::connector::{ChatErrorCode, End};
use crate::http::{Ask, Heard};
use crate::login::Login;
use crate::spec::KickSpec;

/// The event that brings chat, and the one that says who was put out.
const EVENTS: [&str; 2] = ["chat.message.sent", "moderation.banned"];

/// The interface, with what was learned over it.
pub(super) struct Api {
    api: String,
    channel: String,
    login: Arc<Login>,
    /// The broadcaster's number, once a signed webhook or the interface has said it.
    broadcaster: Mutex<Option<u64>>,
}

#[derive(Deserialize)]
struct Answer<T> {
    data: T,
}

#[derive(Deserialize)]
struct Key {
    public_key: String,
}

#[derive(Deserialize)]
struct Channel {
    broadcaster_user_id: u64,
}

#[derive(Deserialize)]
struct Subscription {
    #[serde(default)]
    event: String,
}

impl Api {
    pub(super) fn new(spec: KickSpec) -> Self {
        Self {
            api: spec.api,
            channel: spec.channel,
            login: Login::new(spec.token, spec.renewal),
            broadcaster: Mutex::new(None),
        }
    }

    /// Whether there is a token at all, or a way to one.
    pub(super) fn has_token(&self) -> bool {
        self.login.is_there()
    }

    /// The token, and what renews it.
    pub(super) fn login(&self) -> &Arc<Login> {
        &self.login
    }

    /// The channel, as addresses name it.
    pub(super) fn channel(&self) -> &str {
        &self.channel
    }

    fn address(&self, path: &str) -> Result<Url, End> {
        let base = self.api.trim_end_matches('/');
        let url = Url::parse(&format!("{base}/public/v1/{path}"));
        url.map_err(|_| End::Hopeless(ChatErrorCode::InvalidUrl))
    }

    /// A request with the user's token; its answer is of any status.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Heard, End> {
        let address = self.address(path)?;
        let asked = |token: &str| {
            let mut ask = Ask::new(method.clone(), address.clone());
            if !token.is_empty() {
                ask = ask.bearer(token);
            }
            if let Some(body) = body {
                ask = ask.json(body);
            }
            Ok(ask)
        };
        self.login.ask(asked, |heard| heard.status == 401).await
    }

    async fn data<T: DeserializeOwned>(&self, path: &str) -> Result<T, End> {
        let heard = self.ask(Method::GET, path, None).await?;
        if let Some(end) = refusal(&heard) {
            return Err(end);
        }
        Ok(heard.json::<Answer<T>>()?.data)
    }

    /// The key that Kick signs with now.
    pub(super) async fn key(&self) -> Result<PublicKey, End> {
        // No token: whom it is shown to is nobody's business.
        let ask = Ask::new(Method::GET, self.address("public-key")?);
        let heard = ask.send().await?;
        if let Some(end) = refusal(&heard) {
            return Err(end);
        }
        let key = heard.json::<Answer<Key>>()?.data;
        PublicKey::of_pem(&key.public_key).ok_or(End::Lost(ChatErrorCode::Protocol))
    }

    /// Sees to it that Kick pushes: it ends a subscription whose webhooks failed for a day.
    pub(super) async fn subscribe(&self) -> Result<(), End> {
        let has: Vec<Subscription> = self.data("events/subscriptions").await?;
        let is_missing = |event: &&str| !has.iter().any(|one| one.event == **event);
        let missing: Vec<Value> = EVENTS
            .into_iter()
            .filter(is_missing)
            .map(|event| json!({ "name": event, "version": 1 }))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let body = json!({ "events": missing, "method": "webhook" });
        let heard = self
            .ask(Method::POST, "events/subscriptions", Some(&body))
            .await?;
        refusal(&heard).map_or(Ok(()), Err)
    }

    /// What a signed webhook said.
    pub(super) fn learn_broadcaster(&self, id: u64) {
        *self.known() = Some(id);
    }

    /// The broadcaster's number.
    pub(super) async fn broadcaster(&self) -> Result<u64, ActFault> {
        if let Some(id) = *self.known() {
            return Ok(id);
        }
        let channel = self.channel();
        let found: Vec<Channel> = self.data(&format!("channels?slug={channel}")).await?;
        let id = found.first().ok_or(ActFault::NotConnected)?;
        let id = id.broadcaster_user_id;
        self.learn_broadcaster(id);
        Ok(id)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Option<u64>> {
        self.broadcaster
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn refusal(heard: &Heard) -> Option<End> {
    Some(match heard.status {
        200..300 => return None,
        401 => End::Lost(ChatErrorCode::TokenRefused),
        403 => End::Lost(ChatErrorCode::NotAllowed),
        404 => End::Lost(ChatErrorCode::NoSuchChannel),
        429 => End::Lost(ChatErrorCode::TooMany),
        500.. => End::Lost(ChatErrorCode::PlatformFailed),
        _ => End::Lost(ChatErrorCode::Protocol),
    })
}
