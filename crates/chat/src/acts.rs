//! Owns what people do on a platform through a chat source (reply, delete, time out) and what became of it.
//!
//! Every source answers for itself: done, not supported by it, or failed and why. Nothing is tried twice by itself, as a
//! second reply or a second time-out would be another one.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use stallcast_show::MessageId;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::clean;
use crate::connector::{ChatErrorCode, End};
use crate::said::Said;

/// Acts waiting for their turn at one source; they are a person's presses.
const WAITING: usize = 16;
/// How long an act may take, its wait behind others included: somebody looks at the button.
const ACT_WITHIN: Duration = Duration::from_secs(15);

/// Something to do on the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    /// Says this in the chat.
    Reply {
        /// What.
        text: String,
        /// The line that is answered, if it answers one.
        to: Option<MessageId>,
    },
    /// Takes a line out of the chat.
    Delete {
        /// Which.
        message: MessageId,
    },
    /// Undoes [`Act::Delete`].
    Restore {
        /// Which.
        message: MessageId,
    },
    /// Keeps the writer of a line from writing for a while.
    TimeOut {
        /// A line of theirs.
        message: MessageId,
        /// How long: 1 to 1 209 600 (two weeks, Twitch's bound).
        seconds: u32,
    },
    /// Keeps the writer of a line from writing.
    Ban {
        /// A line of theirs.
        message: MessageId,
    },
    /// Undoes [`Act::TimeOut`] and [`Act::Ban`].
    Pardon {
        /// A line of theirs.
        message: MessageId,
    },
    /// Puts a line at the head of the chat, in place of one that stands there.
    Pin {
        /// Which.
        message: MessageId,
    },
    /// Undoes [`Act::Pin`].
    Unpin {
        /// Which.
        message: MessageId,
    },
    /// How long everybody waits between two lines.
    SlowMode {
        /// 3 to 120 (Twitch's bounds); `None` = no wait.
        seconds: Option<u32>,
    },
}

/// An [`Act`] without its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActKind {
    /// [`Act::Reply`]
    Reply,
    /// [`Act::Delete`]
    Delete,
    /// [`Act::Restore`]
    Restore,
    /// [`Act::TimeOut`]
    TimeOut,
    /// [`Act::Ban`]
    Ban,
    /// [`Act::Pardon`]
    Pardon,
    /// [`Act::Pin`]
    Pin,
    /// [`Act::Unpin`]
    Unpin,
    /// [`Act::SlowMode`]
    SlowMode,
}

impl Act {
    /// What kind it is.
    pub fn kind(&self) -> ActKind {
        match self {
            Self::Reply { .. } => ActKind::Reply,
            Self::Delete { .. } => ActKind::Delete,
            Self::Restore { .. } => ActKind::Restore,
            Self::TimeOut { .. } => ActKind::TimeOut,
            Self::Ban { .. } => ActKind::Ban,
            Self::Pardon { .. } => ActKind::Pardon,
            Self::Pin { .. } => ActKind::Pin,
            Self::Unpin { .. } => ActKind::Unpin,
            Self::SlowMode { .. } => ActKind::SlowMode,
        }
    }

    /// The line it is about.
    pub fn message(&self) -> Option<&MessageId> {
        match self {
            Self::Reply { to, .. } => to.as_ref(),
            Self::Delete { message }
            | Self::Restore { message }
            | Self::TimeOut { message, .. }
            | Self::Ban { message }
            | Self::Pardon { message }
            | Self::Pin { message }
            | Self::Unpin { message } => Some(message),
            Self::SlowMode { .. } => None,
        }
    }
}

/// What became of an act at one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum ActOutcome {
    /// The platform said yes.
    Done,
    /// This source cannot do that.
    NotSupported,
    /// It did not happen, as far as is known.
    Failed {
        /// Why.
        why: ActFault,
    },
}

/// Why an act failed, as a code; the sentence is the page's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActFault {
    /// The source is not connected now.
    NotConnected,
    /// The token lacks the right, or its owner does not moderate this channel.
    NotAllowed,
    /// The token is wrong or ran out.
    TokenRefused,
    /// The platform does not know the line any more, or it is too old to be touched.
    LineGone,
    /// It came too long ago for its writer to be known here.
    WriterUnknown,
    /// The platform protects this person or line (a moderator's, the broadcaster's), or it was done before.
    Protected,
    /// The text is longer than the platform takes.
    TooLong,
    /// More than the platform allows in a while; wait a little.
    TooFast,
    /// The platform cannot be reached.
    Unreachable,
    /// No answer came in time; it may have happened.
    TimedOut,
    /// The platform took it and kept it from the chat (its own filter).
    HeldBack,
    /// The platform said no without a reason that is known here.
    Refused,
}

impl From<ActFault> for ActOutcome {
    fn from(why: ActFault) -> Self {
        Self::Failed { why }
    }
}

impl From<End> for ActFault {
    fn from(end: End) -> Self {
        match end {
            End::Lost(ChatErrorCode::TimedOut) => Self::TimedOut,
            End::Lost(ChatErrorCode::Protocol) => Self::Refused,
            End::Hopeless(
                ChatErrorCode::TokenRefused
                | ChatErrorCode::RenewalRefused
                | ChatErrorCode::AppRefused,
            )
            | End::Lost(ChatErrorCode::TokenRefused) => Self::TokenRefused,
            End::Hopeless(ChatErrorCode::NotAllowed) | End::Lost(ChatErrorCode::NotAllowed) => {
                Self::NotAllowed
            }
            End::Lost(ChatErrorCode::TooMany) | End::Later(ChatErrorCode::TooMany, _) => {
                Self::TooFast
            }
            _ => Self::Unreachable,
        }
    }
}

/// What is said of a reply: cleaned like what is shown, never cut. `most` in characters, at most
/// [`clean::TEXT_CHARS`].
pub(crate) fn words(text: &str, most: usize) -> Result<String, ActFault> {
    if text.trim().chars().count() > most.min(clean::TEXT_CHARS) {
        return Err(ActFault::TooLong);
    }
    let text = clean::display_text(text);
    if text.is_empty() {
        return Err(ActFault::Refused);
    }
    Ok(text)
}

/// How a platform does it.
pub(crate) trait Hands: Send + Sync {
    /// What it can do at all; the rest is not asked of it.
    fn able(&self) -> &'static [ActKind];

    /// Does it once.
    fn act<'a>(&'a self, act: &'a Act) -> BoxFuture<'a, Result<(), ActFault>>;
}

/// An act on its way, and who waits for what becomes of it.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) act: Act,
    pub(crate) answer: oneshot::Sender<ActOutcome>,
}

/// A way to act at one source, as long as it runs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Hand {
    orders: mpsc::Sender<Order>,
    able: &'static [ActKind],
    said: Arc<Said>,
}

/// A hand and what it reaches.
pub(crate) fn hand(able: &'static [ActKind], said: Arc<Said>) -> (Hand, mpsc::Receiver<Order>) {
    let (orders, waiting) = mpsc::channel(WAITING);
    let hand = Hand { orders, able, said };
    (hand, waiting)
}

impl Hand {
    /// What this source can do.
    pub fn able(&self) -> &'static [ActKind] {
        self.able
    }

    /// Whether this source brought the line, as far as it remembers.
    pub fn brought(&self, message: &MessageId) -> bool {
        self.said.knows(message)
    }

    /// Does it, or says why not.
    pub async fn act(&self, act: Act) -> ActOutcome {
        if !self.able.contains(&act.kind()) {
            return ActOutcome::NotSupported;
        }
        let (answer, answered) = oneshot::channel();
        let acting = async {
            match self.orders.try_send(Order { act, answer }) {
                Ok(()) => {}
                Err(TrySendError::Full(_)) => return ActFault::TooFast.into(),
                Err(TrySendError::Closed(_)) => return ActFault::NotConnected.into(),
            }
            answered
                .await
                .unwrap_or_else(|_| ActFault::NotConnected.into())
        };
        timeout(ACT_WITHIN, acting)
            .await
            .unwrap_or_else(|_| ActFault::TimedOut.into())
    }
}

/// Does what is ordered, one after another, for as long as it is polled.
pub(crate) async fn serve(
    hands: &dyn Hands,
    mut orders: mpsc::Receiver<Order>,
) -> std::convert::Infallible {
    while let Some(Order { act, mut answer }) = orders.recv().await {
        // Nobody waits any more: an act that comes late does harm.
        if answer.is_closed() {
            continue;
        }
        let outcome = tokio::select! {
            done = hands.act(&act) => match done {
                Ok(()) => ActOutcome::Done,
                Err(why) => ActOutcome::Failed { why },
            },
            () = answer.closed() => {
                tracing::info!(act = ?act.kind(), "an act was given up, as nobody waits for it");
                continue;
            }
        };
        tracing::info!(act = ?act.kind(), ?outcome, "an act on a platform");
        // Gone meanwhile: the page shows that it timed out.
        let _ = answer.send(outcome);
    }
    std::future::pending().await
}

/// For what can only be read.
#[derive(Debug)]
pub(crate) struct NoHands;

impl Hands for NoHands {
    fn able(&self) -> &'static [ActKind] {
        &[]
    }

    fn act<'a>(&'a self, _: &'a Act) -> BoxFuture<'a, Result<(), ActFault>> {
        Box::pin(async { Err(ActFault::Refused) })
    }
}
