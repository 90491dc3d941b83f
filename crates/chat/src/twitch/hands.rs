//! Owns acting in a Twitch channel: replies, deletions, time-outs, bans, pins, slow mode, and what is undone of them.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use hyper::Method;
use serde::Deserialize;
use serde_json::json;
use stallcast_show::MessageId;

use super::helix::{Helix, lacks_scope};
use crate::acts::{Act, ActFault, ActKind, Hands, words};
use crate::http::Heard;
use crate::rate::Turns;
use crate::said::Said;
use crate::spec::TwitchSpec;

/// Longest reply, in characters (Helix, "Send Chat Message").
const REPLY_CHARS: usize = 500;
/// Replies in 30 s of who does not moderate the channel; who breaks it is muted for half an hour
/// (dev.twitch.tv/docs/chat/#rate-limits).
const REPLIES: usize = 20;
const REPLIES_WITHIN: Duration = Duration::from_secs(30);
/// Bounds of a time-out and of slow mode, in seconds.
const TIME_OUT: std::ops::RangeInclusive<u32> = 1..=1_209_600;
const SLOW: std::ops::RangeInclusive<u32> = 3..=120;

/// A channel's moderator, as far as the token lets us be one.
pub(crate) struct TwitchHands {
    helix: Arc<Helix>,
    said: Arc<Said>,
    replies: Turns,
}

#[derive(Deserialize)]
struct Sent {
    data: Vec<SentOne>,
}

#[derive(Deserialize)]
struct SentOne {
    is_sent: bool,
}

impl TwitchHands {
    pub(crate) fn new(spec: &TwitchSpec, said: Arc<Said>) -> Self {
        Self {
            helix: Arc::new(Helix::new(spec.clone())),
            said,
            replies: Turns::new(REPLIES, REPLIES_WITHIN),
        }
    }

    /// The way to Helix that reading shares.
    pub(crate) fn helix(&self) -> Arc<Helix> {
        Arc::clone(&self.helix)
    }

    fn writer(&self, message: &MessageId) -> Result<String, ActFault> {
        self.said.writer(message).ok_or(ActFault::WriterUnknown)
    }

    async fn reply(&self, text: &str, to: Option<&MessageId>) -> Result<(), ActFault> {
        let text = words(text, REPLY_CHARS)?;
        self.replies.take()?;
        let people = self.helix.people().await?;
        let mut body = json!({
            "broadcaster_id": people.broadcaster,
            "sender_id": people.me,
            "message": text,
        });
        if let Some(to) = to {
            body["reply_parent_message_id"] = own_id(to).into();
        }
        let answer = self
            .helix
            .ask(Method::POST, "chat/messages", &[], Some(&body))
            .await?;
        judge(&answer, ActFault::LineGone)?;
        let sent: Sent = answer.json()?;
        match sent.data.first() {
            Some(SentOne { is_sent: true }) => Ok(()),
            // Twitch took it and dropped it, as AutoMod or the channel's settings do.
            _ => Err(ActFault::HeldBack),
        }
    }

    /// A request in the name of the moderator.
    async fn moderate(
        &self,
        method: Method,
        path: &str,
        about: Option<(&str, &str)>,
        body: Option<serde_json::Value>,
    ) -> Result<(), ActFault> {
        let people = self.helix.people().await?;
        let mut query = vec![
            ("broadcaster_id", people.broadcaster.as_str()),
            ("moderator_id", people.me.as_str()),
        ];
        query.extend(about);
        let answer = self.helix.ask(method, path, &query, body.as_ref()).await?;
        judge(&answer, ActFault::Protected)
    }

    async fn bar(&self, message: &MessageId, seconds: Option<u32>) -> Result<(), ActFault> {
        let mut data = json!({ "user_id": self.writer(message)? });
        if let Some(seconds) = seconds {
            data["duration"] = seconds.clamp(*TIME_OUT.start(), *TIME_OUT.end()).into();
        }
        let body = json!({ "data": data });
        self.moderate(Method::POST, "moderation/bans", None, Some(body))
            .await
    }

    async fn pin(&self, method: Method, message: &MessageId) -> Result<(), ActFault> {
        let about = ("message_id", own_id(message));
        self.moderate(method, "chat/pins", Some(about), None).await
    }

    async fn act(&self, act: &Act) -> Result<(), ActFault> {
        match act {
            Act::Reply { text, to } => self.reply(text, to.as_ref()).await,
            Act::Delete { message } => {
                let about = ("message_id", own_id(message));
                self.moderate(Method::DELETE, "moderation/chat", Some(about), None)
                    .await
            }
            // Until the stream ends: nobody named a shorter time.
            Act::Pin { message } => self.pin(Method::PUT, message).await,
            Act::Unpin { message } => self.pin(Method::DELETE, message).await,
            Act::TimeOut { message, seconds } => self.bar(message, Some(*seconds)).await,
            Act::Ban { message } => self.bar(message, None).await,
            Act::Pardon { message } => {
                let writer = self.writer(message)?;
                let about = ("user_id", writer.as_str());
                self.moderate(Method::DELETE, "moderation/bans", Some(about), None)
                    .await
            }
            Act::SlowMode { seconds } => {
                let body = match seconds {
                    Some(seconds) => json!({
                        "slow_mode": true,
                        "slow_mode_wait_time": seconds.clamp(SLOW.start(), SLOW.end()),
                    }),
                    None => json!({ "slow_mode": false }),
                };
                self.moderate(Method::PATCH, "chat/settings", None, Some(body))
                    .await
            }
            // What was deleted on Twitch stays deleted.
            Act::Restore { .. } => Err(ActFault::Refused),
        }
    }
}

/// Twitch's own id of a line.
fn own_id(message: &MessageId) -> &str {
    message.0.split_once(':').map_or("", |(_, id)| id)
}

/// What an answer means; `bad` is what a 400 says here.
fn judge(answer: &Heard, bad: ActFault) -> Result<(), ActFault> {
    Err(match answer.status {
        200..300 => return Ok(()),
        400 => bad,
        401 if lacks_scope(answer) => ActFault::NotAllowed,
        401 => ActFault::TokenRefused,
        403 => ActFault::NotAllowed,
        404 => ActFault::LineGone,
        422 => ActFault::TooLong,
        429 => ActFault::TooFast,
        _ => ActFault::Refused,
    })
}

impl Hands for TwitchHands {
    fn able(&self) -> &'static [ActKind] {
        &[
            ActKind::Reply,
            ActKind::Delete,
            ActKind::TimeOut,
            ActKind::Ban,
            ActKind::Pardon,
            ActKind::Pin,
            ActKind::Unpin,
            ActKind::SlowMode,
        ]
    }

    fn act<'a>(&'a self, act: &'a Act) -> BoxFuture<'a, Result<(), ActFault>> {
        Box::pin(self.act(act))
    }
}
