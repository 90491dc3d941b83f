//! Owns the life of one chat source: its specification, its task, its status.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use stallcast_show::{At, ChatLine, MessageId, Text};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::outlet::{Outlet, SinkClosed};
use crate::retry::Retry;
use crate::{Audience, Pace, irc, simulated, websocket};

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

/// How an IRC connection is protected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "tls", rename_all = "snake_case")]
pub enum Tls {
    /// TLS, trusting the operating system's root certificates.
    System,
    /// TLS, trusting only the certificates in this PEM text (a private server).
    ExtraRoot {
        /// One or more `CERTIFICATE` blocks.
        pem: String,
    },
    /// No TLS: a server on the same machine, and tests.
    Off,
}

/// Where chat comes from.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ConnectorSpec {
    /// Twitch, read anonymously, or any IRC server.
    TwitchIrc {
        /// Host name; [`ConnectorSpec::TWITCH_HOST`] for Twitch.
        server: String,
        /// 6697 for Twitch.
        port: u16,
        /// Protection of the connection.
        tls: Tls,
        /// Channel name, with or without `#`, or the channel's page address as pasted.
        channel: String,
    },
    /// Anything that can serve the generic JSON (see the crate's page) over WebSocket.
    GenericWebSocket {
        /// `ws://` or `wss://`; may hold a token, so it is never logged.
        url: String,
    },
    /// An invented audience, for rehearsals.
    Simulated {
        /// Same seed, same evening.
        seed: u64,
        /// How busy the room is.
        pace: Pace,
        /// What is said, and by whom; [`Audience::demo`] ships with the program.
        lines: Audience,
    },
}

impl ConnectorSpec {
    /// Twitch's IRC host (dev.twitch.tv/docs/chat/irc).
    pub const TWITCH_HOST: &'static str = "irc.chat.twitch.tv";
    /// Twitch's IRC-over-TLS port (dev.twitch.tv/docs/chat/irc).
    pub const TWITCH_PORT: u16 = 6697;

    /// The usual case: a Twitch channel over TLS.
    pub fn twitch(channel: &str) -> Self {
        Self::TwitchIrc {
            server: Self::TWITCH_HOST.to_owned(),
            port: Self::TWITCH_PORT,
            tls: Tls::System,
            channel: channel.to_owned(),
        }
    }
}

impl fmt::Debug for ConnectorSpec {
    // By hand: a WebSocket address may carry a token, and an audience is hundreds of lines.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TwitchIrc {
                server,
                port,
                tls,
                channel,
            } => {
                let tls = match tls {
                    Tls::System => "system",
                    Tls::ExtraRoot { .. } => "extra root",
                    Tls::Off => "off",
                };
                write!(f, "irc {server}:{port} {channel} (tls {tls})")
            }
            Self::GenericWebSocket { url } => {
                write!(f, "websocket {}", websocket::host_of(url))
            }
            Self::Simulated { seed, pace, .. } => write!(f, "simulated {seed} {pace:?}"),
        }
    }
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
        /// How long after this change of state the next attempt starts, in milliseconds (0 to 10 000).
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
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Nobody reads the sink.
    SinkClosed,
    /// Worth another attempt.
    Lost(ChatErrorCode),
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
        });
        let (stop, stopped) = oneshot::channel();
        let (react, reactions) = mpsc::channel(4);
        let nonce = match &spec {
            // The simulated evening is the same for the same seed, ids included.
            ConnectorSpec::Simulated { seed, .. } => *seed,
            _ => rand::random(),
        };
        let mut outlet = Outlet::new(sink, status_tx, clock, nonce);
        let task = tokio::spawn(async move {
            tracing::info!(source = ?spec, "chat source starts");
            let state = tokio::select! {
                // Also when the handle was dropped.
                _ = stopped => ConnectorState::Stopped,
                state = drive(&spec, &mut outlet, reactions) => state,
            };
            tracing::info!(source = ?spec, ?state, "chat source ended");
            outlet.state(state);
        });
        Self {
            status,
            stop: Some(stop),
            react,
            task: Some(task),
        }
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

async fn drive(
    spec: &ConnectorSpec,
    outlet: &mut Outlet,
    reactions: mpsc::Receiver<Text>,
) -> ConnectorState {
    if let ConnectorSpec::Simulated { seed, pace, lines } = spec {
        let SinkClosed = simulated::run(*seed, *pace, lines, outlet, reactions).await;
        return ConnectorState::Stopped;
    }
    let mut retry = Retry::default();
    loop {
        let began = Instant::now();
        let end = match spec {
            ConnectorSpec::TwitchIrc {
                server,
                port,
                tls,
                channel,
            } => irc::attend(server, *port, tls, channel, outlet).await,
            ConnectorSpec::GenericWebSocket { url } => websocket::attend(url, outlet).await,
            ConnectorSpec::Simulated { .. } => return ConnectorState::Stopped,
        };
        match end {
            End::SinkClosed => return ConnectorState::Stopped,
            End::Hopeless(code) => {
                outlet.error(code);
                tracing::warn!(source = ?spec, %code, "chat source cannot work as specified");
                return ConnectorState::Failed;
            }
            End::Lost(code) => {
                let (attempt, wait) = retry.after(began.elapsed());
                tracing::info!(source = ?spec, %code, attempt, ?wait, "chat source lost, will retry");
                outlet.lost(code, attempt, wait);
                tokio::time::sleep(wait).await;
            }
        }
    }
}
