//! Owns the life of one chat source: its specification, its task, its status.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stallcast_show::{At, ChatLine, MessageId, Text};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::acts::{self, Act, ActOutcome, Hand};
use crate::outlet::{Outlet, SinkClosed};
use crate::pushed::{self, Inbox};
use crate::retry::Retry;
use crate::said::Said;
use crate::source::Source;
use crate::spec::ConnectorSpec;

/// The studio's clock, handed in so that tests and replays decide the time.
pub type Clock = Arc<dyn Fn() -> At + Send + Sync>;

/// What a connector hands over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    /// A new line, cleaned and classified.
    Line(ChatLine),
    /// The platform's moderators took these lines back; they must leave every screen.
    Removed(Vec<MessageId>),
}

/// How a source is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ConnectorState {
    /// First attempt under way.
    Starting,
    /// Joined: lines will come.
    Live,
    /// Lost or refused; trying again.
    Retrying {
        /// How many attempts failed since it was last live for a while; starts at 1.
        attempt: u32,
        /// How long after this change of state the next attempt starts, in milliseconds: 0 to 10 000, more where the
        /// platform asks for it (its daily allowance is used up).
        next_in_ms: u64,
    },
    /// Ended on request, or because nobody reads the sink any more.
    Stopped,
    /// Cannot work as specified; only a new specification helps. See `last_error`.
    Failed,
}

/// What went wrong, as a code; the sentence is the page's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ChatErrorCode {
    /// The host name does not resolve (or there is no network).
    #[error("host name unknown")]
    NameUnknown,
    /// No connection could be made.
    #[error("unreachable")]
    Unreachable,
    /// The TLS handshake failed: wrong certificate, or no TLS there.
    #[error("tls refused")]
    TlsRefused,
    /// The server did not answer in time, or fell silent.
    #[error("timed out")]
    TimedOut,
    /// The server ended the connection.
    #[error("closed by peer")]
    ClosedByPeer,
    /// The server asked everybody to reconnect (maintenance).
    #[error("reconnect asked")]
    ReconnectAsked,
    /// The server refused the name or address we came with.
    #[error("login refused")]
    LoginRefused,
    /// The channel does not exist or may not be joined.
    #[error("join refused")]
    JoinRefused,
    /// The server answered, but not with a WebSocket (401, 404 and kin).
    #[error("handshake refused")]
    HandshakeRefused,
    /// A message could not be read and was skipped; the connection goes on.
    #[error("malformed message")]
    Malformed,
    /// The peer broke the protocol, so the connection was given up.
    #[error("protocol broken")]
    Protocol,
    /// The channel name cannot be one.
    #[error("channel name invalid")]
    InvalidChannel,
    /// The address is not `ws://` or `wss://`.
    #[error("address invalid")]
    InvalidUrl,
    /// The PEM text holds no usable certificate, or the system has no roots.
    #[error("certificate invalid")]
    InvalidCertificate,
    /// The platform does not take the token or key: it is wrong, ran out or was revoked.
    #[error("token refused")]
    TokenRefused,
    /// The token or key is good and lacks the right to read this chat.
    #[error("not allowed")]
    NotAllowed,
    /// The platform asks to come less often.
    #[error("too many requests")]
    TooMany,
    /// What the platform allows in a day is used up.
    #[error("quota spent")]
    QuotaSpent,
    /// There is no such channel or broadcast.
    #[error("no such channel")]
    NoSuchChannel,
    /// The channel or broadcast has no chat now: it is not live, or its chat is switched off.
    #[error("no chat")]
    NoChat,
    /// The platform failed on its own side.
    #[error("platform failed")]
    PlatformFailed,
    /// Another studio has the relay's room now.
    #[error("replaced")]
    Replaced,
    /// What came over the relay could not be taken here; it comes again.
    #[error("untaken")]
    Untaken,
    /// A webhook came whose signature is missing or wrong; it was not taken.
    #[error("unsigned")]
    Unsigned,
    /// A webhook came that was signed too long ago; it was not taken.
    #[error("stale")]
    Stale,
    /// A webhook came that is signed and of another channel or room; it was not taken.
    #[error("elsewhere")]
    Elsewhere,
    /// Nothing can come, as no relay is connected.
    #[error("no relay")]
    NoRelay,
    /// The token could not be renewed yet; it is tried again.
    #[error("renewal failed")]
    RenewalFailed,
    /// The platform does not renew the token: its refresh token ran out, was used or was revoked. Only a new login helps.
    #[error("renewal refused")]
    RenewalRefused,
    /// The platform does not know the application that is to renew the token, or another secret of it.
    #[error("application refused")]
    AppRefused,
    /// Douyin does not push yet: the room is not live, the application is not mounted there, or it may not have comments.
    #[error("push task refused")]
    TaskRefused,
    /// Douyin could not be asked to push yet; it is tried again.
    #[error("push task failed")]
    TaskFailed,
    /// A renewed token could not be written down: it works until the end of this run.
    #[error("token unkept")]
    TokenUnkept,
}

impl ChatErrorCode {
    /// Whether it is about what a platform lets us do, and over when it lets us do it.
    pub(crate) fn is_of_access(self) -> bool {
        matches!(
            self,
            Self::TokenRefused
                | Self::RenewalFailed
                | Self::RenewalRefused
                | Self::AppRefused
                | Self::TaskRefused
                | Self::TaskFailed
                | Self::TokenUnkept
        )
    }
}

/// What a platform allows in a day, by its own count of units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// Units that this source used since [`Quota::since`]; others with the same key are not in it.
    pub used: u32,
    /// Units a day.
    pub of: u32,
    /// When counting began: the start of the source, or the platform's last midnight.
    pub since: At,
}

/// Status of a connector; a `watch` value, so a slow reader sees the latest and costs nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectorStatus {
    /// How it is doing.
    pub state: ConnectorState,
    /// Lines handed over since the start.
    pub lines: u64,
    /// Lines lost because the sink was full.
    pub dropped: u64,
    /// Messages that could not be read as a line and were skipped.
    pub malformed: u64,
    /// The last thing that went wrong; kept while live again, so that a page can say why there was a gap.
    pub last_error: Option<ChatErrorCode>,
    /// The daily allowance, of platforms that have one.
    pub quota: Option<Quota>,
    /// Whether the platform is asked again and again now, where it could tell by itself.
    pub polls: bool,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Nobody reads the sink.
    SinkClosed,
    /// Worth another attempt.
    Lost(ChatErrorCode),
    /// Worth another attempt, and not before this time.
    Later(ChatErrorCode, Duration),
    /// Another attempt would fail the same way.
    Hopeless(ChatErrorCode),
}

impl From<SinkClosed> for End {
    fn from(_: SinkClosed) -> Self {
        Self::SinkClosed
    }
}

/// A running chat source. Dropping it ends it.
#[derive(Debug)]
pub struct Connector {
    status: watch::Receiver<ConnectorStatus>,
    stop: Option<oneshot::Sender<()>>,
    // Small on purpose: an older product's excitement is not worth replaying, so a full queue drops.
    react: mpsc::Sender<Text>,
    inbox: Inbox,
    said: Arc<Said>,
    hand: Hand,
    task: Option<JoinHandle<()>>,
}

impl Connector {
    /// Starts a source; must be called inside a Tokio runtime. Lines go to `sink` (see the crate's
    /// page for what happens when it is full); the connector stops by itself when `sink` is closed.
    pub fn spawn(spec: ConnectorSpec, sink: mpsc::Sender<Incoming>, clock: Clock) -> Self {
        let (status_tx, status) = watch::channel(ConnectorStatus {
            state: ConnectorState::Starting,
            lines: 0,
            dropped: 0,
            malformed: 0,
            last_error: None,
            quota: None,
            polls: false,
        });
        let (stop, stopped) = oneshot::channel();
        let (react, reactions) = mpsc::channel(4);
        let (inbox, pushes) = pushed::inbox();
        let nonce = match &spec {
            // The simulated evening is the same for the same seed, ids included.
            ConnectorSpec::Simulated { seed, .. } => *seed,
            _ => rand::random(),
        };
        let mut outlet = Outlet::new(sink, status_tx, Arc::clone(&clock), nonce);
        let (mut source, hands) = Source::of(&spec, reactions, pushes, outlet.said(), &clock);
        let said = Arc::clone(outlet.said());
        let (hand, orders) = acts::hand(hands.able(), Arc::clone(&said));
        let task = tokio::spawn(async move {
            tracing::info!(source = ?spec, "chat source starts");
            let state = tokio::select! {
                // Also when the handle was dropped.
                _ = stopped => ConnectorState::Stopped,
                state = drive(&spec, &mut source, &mut outlet) => state,
                never = acts::serve(hands.as_ref(), orders) => match never {},
            };
            source.leave().await;
            tracing::info!(source = ?spec, ?state, "chat source ended");
            outlet.state(state);
        });
        Self {
            status,
            stop: Some(stop),
            react,
            inbox,
            said,
            hand,
            task: Some(task),
        }
    }

    /// A way to act on the platform through this source.
    pub fn hand(&self) -> Hand {
        self.hand.clone()
    }

    /// A way to give this source what its platform pushed.
    pub fn inbox(&self) -> Inbox {
        self.inbox.clone()
    }

    /// Lines that came before this source began: should they come again, they are skipped.
    pub fn remember(&self, lines: impl IntoIterator<Item = MessageId>) {
        for line in lines {
            self.said.remember(&line, None);
        }
    }

    /// Does something on the platform, or says why not.
    pub async fn act(&self, act: Act) -> ActOutcome {
        self.hand.act(act).await
    }

    /// The source's status from now on.
    pub fn status(&self) -> watch::Receiver<ConnectorStatus> {
        self.status.clone()
    }

    /// Tells a simulated audience that this product just went on air: it speaks faster for a while
    /// and asks about it. Real sources ignore it.
    pub fn react(&self, product_title: &Text) {
        // Full or gone: the audience missed it, which is what audiences do.
        let _ = self.react.try_send(product_title.clone());
    }

    /// Ends the source and waits until it is gone; afterwards nothing more reaches the sink.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(task) = self.task.take() {
            // An error here means the task was cancelled with its runtime: gone as well.
            let _ = task.await;
        }
    }
}

async fn drive(spec: &ConnectorSpec, source: &mut Source, outlet: &mut Outlet) -> ConnectorState {
    let mut retry = Retry::default();
    loop {
        let began = Instant::now();
        let (code, least) = match source.attend(outlet).await {
            End::SinkClosed => return ConnectorState::Stopped,
            End::Hopeless(code) => {
                outlet.error(code);
                tracing::warn!(source = ?spec, %code, "chat source cannot work as specified");
                return ConnectorState::Failed;
            }
            End::Lost(code) => (code, Duration::ZERO),
            End::Later(code, least) => (code, least),
        };
        let (attempt, wait) = retry.after(began.elapsed());
        let wait = wait.max(least);
        tracing::info!(source = ?spec, %code, attempt, ?wait, "chat source lost, will retry");
        outlet.lost(code, attempt, wait);
        tokio::time::sleep(wait).await;
    }
}
