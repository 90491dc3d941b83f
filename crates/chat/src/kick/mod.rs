//! Owns reading a Kick channel's chat from the webhooks that Kick pushes (docs.kick.com/events), and acting in it. Kick has
//! no connection that a program could open for it, so what comes here came over a relay.
//!
//! Every webhook's signature is checked over the raw body, then how old it is, then whether it is of this channel: Kick signs
//! for all applications with one key, so anybody who gets its webhooks could hand us those of another channel. The type that
//! a header names is not signed; what a webhook is, its signed body says.

mod api;
mod hands;
mod signature;

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use stallcast_hooks::Hook;
use stallcast_show::At;
use tokio::sync::mpsc;
use tokio::time::Instant;

use self::api::Api;
pub(crate) use self::hands::KickHands;
use self::signature::PublicKey;
use crate::connector::{ConnectorState, End};
use crate::draft::{LineDraft, moment};
use crate::outlet::{Offered, Outlet, SinkClosed};
use crate::pushed::{Given, Push, is_fresh};
use crate::said::Said;
use crate::spec::KickSpec;

/// Its short id.
const PLATFORM: &str = "kick";
/// How often the subscription is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(30 * 60);
/// How long to wait after that failed.
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// How often a wrong signature may make us ask for Kick's key again, in case it was changed.
const KEY_EVERY: Duration = Duration::from_secs(10 * 60);

/// A channel's chat.
pub(crate) struct Kick {
    api: Arc<Api>,
    pushes: mpsc::Receiver<Push>,
    key: Option<PublicKey>,
    /// When Kick was asked for its key.
    key_asked: Option<Instant>,
}

/// A body, whatever it is about.
#[derive(Deserialize)]
struct Event {
    broadcaster: Person,
    #[serde(default)]
    message_id: String,
    sender: Option<Person>,
    #[serde(default)]
    content: String,
    #[serde(default)]
    created_at: String,
    banned_user: Option<Person>,
}

#[derive(Deserialize)]
struct Person {
    user_id: Option<u64>,
    username: Option<String>,
    channel_slug: Option<String>,
}

impl Kick {
    /// The source and its hands.
    pub(crate) fn new(
        spec: KickSpec,
        pushes: mpsc::Receiver<Push>,
        said: &Arc<Said>,
    ) -> (Self, KickHands) {
        let api = Arc::new(Api::new(spec));
        let hands = KickHands::new(Arc::clone(&api), Arc::clone(said));
        let source = Self {
            api,
            pushes,
            key: PublicKey::printed(),
            key_asked: None,
        };
        (source, hands)
    }

    pub(crate) async fn attend(
        &mut self,
        outlet: &mut Outlet,
    ) -> Result<std::convert::Infallible, End> {
        outlet.state(ConnectorState::Live);
        let (login, health) = (Arc::clone(self.api.login()), outlet.health());
        tokio::select! {
            ended = self.read(outlet) => ended,
            never = login.tend(&health) => match never {},
        }
    }

    /// Leaves no answer about the token behind.
    pub(crate) async fn leave(&self) {
        self.api.login().settle().await;
    }

    async fn read(&mut self, outlet: &mut Outlet) -> Result<std::convert::Infallible, End> {
        // Kept from one webhook to the next: in a busy chat it would never be done else.
        let mut look = Box::pin(looked(Arc::clone(&self.api), Instant::now()));
        loop {
            tokio::select! {
                push = self.pushes.recv() => {
                    // Its other end lives as long as this task.
                    let Some(Push { hook, became }) = push else {
                        return std::future::pending().await;
                    };
                    let given = self.take(&hook, outlet).await?;
                    if let Some(code) = given.error() {
                        outlet.error(code);
                    }
                    // Whoever gave it may be gone.
                    let _ = became.send(given);
                }
                outcome = &mut look => {
                    let wait = match outcome {
                        Ok(()) => LOOK_EVERY,
                        Err(End::Lost(code) | End::Later(code, _) | End::Hopeless(code)) => {
                            outlet.error(code);
                            LOOK_AGAIN
                        }
                        Err(End::SinkClosed) => return Err(End::SinkClosed),
                    };
                    look = Box::pin(looked(Arc::clone(&self.api), Instant::now() + wait));
                }
            }
        }
    }

    /// Takes a webhook.
    pub(crate) async fn take(
        &mut self,
        hook: &Hook,
        outlet: &mut Outlet,
    ) -> Result<Given, SinkClosed> {
        if !self.is_signed(hook).await {
            return Ok(Given::Unsigned);
        }
        outlet.try_again();
        let signed_at = moment(hook.header("kick-event-message-timestamp"));
        if !signed_at.is_some_and(|at| is_fresh(at, outlet.now())) {
            return Ok(Given::Stale);
        }
        let (given, broadcaster) =
            take_body(&hook.body, signed_at, self.api.channel(), outlet).await?;
        if let Some(id) = broadcaster {
            self.api.learn_broadcaster(id);
        }
        Ok(given)
    }

    async fn is_signed(&mut self, hook: &Hook) -> bool {
        let signed = |key: &Option<PublicKey>| key.as_ref().is_some_and(|key| key.signed(hook));
        if signed(&self.key) {
            return true;
        }
        let now = Instant::now();
        let asked_lately = |at: Instant| now.saturating_duration_since(at) < KEY_EVERY;
        if self.key_asked.is_some_and(asked_lately) {
            return false;
        }
        self.key_asked = Some(now);
        match self.api.key().await {
            Ok(key) => self.key = Some(key),
            Err(end) => {
                tracing::info!(?end, "Kick's key cannot be asked for");
                return false;
            }
        }
        signed(&self.key)
    }
}

/// Takes what is signed; what became of it, and the number of this channel's broadcaster where it says so.
pub(crate) async fn take_body(
    body: &[u8],
    signed_at: Option<At>,
    channel: &str,
    outlet: &mut Outlet,
) -> Result<(Given, Option<u64>), SinkClosed> {
    let Ok(event) = serde_json::from_slice::<Event>(body) else {
        outlet.malformed();
        return Ok((Given::Unreadable, None));
    };
    let slug = event.broadcaster.channel_slug.as_deref();
    if slug.is_none_or(|slug| named(slug) != named(channel)) {
        return Ok((Given::Elsewhere, None));
    }
    let broadcaster = event.broadcaster.user_id;
    if let Some(banned) = event.banned_user {
        let id = banned.user_id.map(|id| id.to_string());
        let gone = id.map(|id| outlet.said().of(&id)).unwrap_or_default();
        let given = match outlet.offer_removal(gone).await? {
            true => Given::Taken,
            false => Given::Full,
        };
        return Ok((given, broadcaster));
    }
    let Some(sender) = event.sender.filter(|_| !event.message_id.is_empty()) else {
        return Ok((Given::Other, broadcaster));
    };
    let draft = LineDraft {
        id: Some(event.message_id),
        platform: PLATFORM.to_owned(),
        author: sender.username.unwrap_or_default(),
        text: without_emotes(&event.content),
        at: moment(&event.created_at).or(signed_at),
    };
    let writer = sender.user_id.map(|id| id.to_string());
    let given = match outlet.offer(draft, writer.as_deref()).await? {
        Offered::New(_) | Offered::Nothing => Given::Taken,
        Offered::Full => Given::Full,
    };
    Ok((given, broadcaster))
}

/// Looks at the subscription at this time; never without a token.
async fn looked(api: Arc<Api>, at: Instant) -> Result<(), End> {
    if !api.has_token() {
        return std::future::pending().await;
    }
    tokio::time::sleep_until(at).await;
    api.subscribe().await
}

/// A channel's name, however its marks are written: the name `naughty-user` has the address `naughty_user`.
fn named(slug: &str) -> String {
    slug.trim().to_lowercase().replace('_', "-")
}

/// `[emote:37226:KEKW]` as `:KEKW:`.
fn without_emotes(content: &str) -> String {
    let mut text = String::with_capacity(content.len());
    let mut rest = content;
    while let Some((before, after)) = rest.split_once("[emote:") {
        let named = after.split_once(']').and_then(|(emote, behind)| {
            let (id, name) = emote.split_once(':')?;
            let is_id = !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit());
            let is_name = !name.contains('[');
            (is_id && is_name).then_some((name, behind))
        });
        text.push_str(before);
        match named {
            Some((name, behind)) => {
                text.push(':');
                text.push_str(name);
                text.push(':');
                rest = behind;
            }
            None => {
                text.push_str("[emote:");
                rest = after;
            }
        }
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emotes_are_their_names_and_nothing_else_changes() {
        for (content, text) in [
            (
                "Hello [emote:4148074:HYPERCLAP] [emote:1:a]",
                "Hello :HYPERCLAP: :a:",
            ),
            ("[emote:x:y] [emote:1", "[emote:x:y] [emote:1"),
            ("[emote:[emote:1:a]]", "[emote::a:]"),
            ("3号 [多少钱]", "3号 [多少钱]"),
            ("[emote:1:]x", "::x"),
        ] {
            assert_eq!(without_emotes(content), text);
        }
    }
}
