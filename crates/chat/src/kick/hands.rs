//! Owns acting in a Kick channel: replies, deletions, time-outs, bans, and what is undone of them. Slow mode and showing a
//! deleted line again are not in its public interface.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use hyper::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use stallcast_show::MessageId;

use super::api::Api;
use crate::acts::{Act, ActFault, ActKind, Hands, words};
use crate::http::Heard;
use crate::rate::Turns;
use crate::said::Said;

/// Longest reply, in characters (`POST /chat`).
const REPLY_CHARS: usize = 500;
/// Kick names no rate for replies; as many as Twitch lets a plain user say.
const REPLIES: usize = 20;
const REPLIES_WITHIN: Duration = Duration::from_secs(30);
/// Longest time-out, in minutes (`POST /moderation/bans`): a week.
const TIME_OUT_MINUTES: u32 = 10_080;

/// A channel's moderator, as far as the token lets us be one.
pub(crate) struct KickHands {
    api: Arc<Api>,
    said: Arc<Said>,
    replies: Turns,
}

#[derive(Deserialize)]
struct Answer {
    data: Sent,
}

#[derive(Deserialize)]
struct Sent {
    is_sent: bool,
}

impl KickHands {
    pub(super) fn new(api: Arc<Api>, said: Arc<Said>) -> Self {
        Self {
            api,
            said,
            replies: Turns::new(REPLIES, REPLIES_WITHIN),
        }
    }

    /// Kick numbers its people.
    fn writer(&self, message: &MessageId) -> Result<u64, ActFault> {
        let writer = self.said.writer(message).ok_or(ActFault::WriterUnknown)?;
        writer.parse().map_err(|_| ActFault::WriterUnknown)
    }

    async fn reply(&self, text: &str, to: Option<&MessageId>) -> Result<(), ActFault> {
        let text = words(text, REPLY_CHARS)?;
        self.replies.take()?;
        let mut body = json!({
            "broadcaster_user_id": self.api.broadcaster().await?,
            "content": text,
            "type": "user",
        });
        if let Some(to) = to {
            body["reply_to_message_id"] = own_id(to)?.into();
        }
        let heard = self.api.ask(Method::POST, "chat", Some(&body)).await?;
        judge(&heard)?;
        let sent: Answer = heard.json()?;
        if sent.data.is_sent {
            Ok(())
        } else {
            // Kick took it and kept it from the chat.
            Err(ActFault::HeldBack)
        }
    }

    async fn bans(
        &self,
        method: Method,
        message: &MessageId,
        minutes: Option<u32>,
    ) -> Result<(), ActFault> {
        let mut body = json!({
            "broadcaster_user_id": self.api.broadcaster().await?,
            "user_id": self.writer(message)?,
        });
        if let Some(minutes) = minutes {
            body["duration"] = minutes.into();
        }
        self.send(method, "moderation/bans", Some(&body)).await
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<(), ActFault> {
        judge(&self.api.ask(method, path, body).await?)
    }

    async fn act(&self, act: &Act) -> Result<(), ActFault> {
        match act {
            Act::Reply { text, to } => self.reply(text, to.as_ref()).await,
            Act::Delete { message } => {
                let path = format!("chat/{}", own_id(message)?);
                self.send(Method::DELETE, &path, None).await
            }
            Act::TimeOut { message, seconds } => {
                // Kick counts in minutes; nobody is let in sooner than was said.
                let minutes = seconds.div_ceil(60).clamp(1, TIME_OUT_MINUTES);
                self.bans(Method::POST, message, Some(minutes)).await
            }
            Act::Ban { message } => self.bans(Method::POST, message, None).await,
            Act::Pardon { message } => self.bans(Method::DELETE, message, None).await,
            _ => Err(ActFault::Refused),
        }
    }
}

/// Kick's own id of a line, which becomes part of an address.
fn own_id(message: &MessageId) -> Result<&str, ActFault> {
    let id = message.0.split_once(':').map_or("", |(_, id)| id);
    let is_id = !id.is_empty()
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    is_id.then_some(id).ok_or(ActFault::LineGone)
}

fn judge(heard: &Heard) -> Result<(), ActFault> {
    Err(match heard.status {
        200..300 => return Ok(()),
        401 => ActFault::TokenRefused,
        403 => ActFault::NotAllowed,
        404 => ActFault::LineGone,
        409 => ActFault::Protected,
        429 => ActFault::TooFast,
        _ => ActFault::Refused,
    })
}

impl Hands for KickHands {
    fn able(&self) -> &'static [ActKind] {
        if self.api.has_token() {
            &[
                ActKind::Reply,
                ActKind::Delete,
                ActKind::TimeOut,
                ActKind::Ban,
                ActKind::Pardon,
            ]
        } else {
            &[]
        }
    }

    fn act<'a>(&'a self, act: &'a Act) -> BoxFuture<'a, Result<(), ActFault>> {
        Box::pin(self.act(act))
    }
}
