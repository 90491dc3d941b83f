//! Chats on the wire: what a connection is told to be, and what people do through it.

use serde::{Deserialize, Serialize};
use stallcast_show::MessageId;
use ts_rs::TS;

/// A chat connection a page can ask for. Secrets go this way only: no answer and no topic holds one.
#[derive(Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ChatConnector {
    /// Twitch (or any IRC server), read without a key.
    Twitch {
        /// Channel name without `#`.
        channel: String,
        /// Server; `None` = Twitch's.
        server: Option<String>,
        /// Port; `None` = 6697.
        port: Option<u16>,
        /// Whether the connection is encrypted and its certificate checked.
        tls: bool,
    },
    /// Twitch with the user's own token.
    TwitchToken {
        /// Channel name.
        channel: String,
        /// Id of the application that the token was given to.
        client_id: String,
        /// User access token, empty = it is renewed first of all; secret.
        token: String,
        /// The application's secret, empty = it has none; secret.
        #[serde(default)]
        client_secret: String,
        /// Refresh token, empty = the token is used until it runs out; secret.
        #[serde(default)]
        refresh: String,
    },
    /// A YouTube broadcast.
    Youtube {
        /// Video id or address.
        video: String,
        /// API key of the user's own project; secret.
        key: String,
        /// Units that the project may use in a day; `None` = 10 000.
        units: Option<u32>,
    },
    /// A room of Bilibili through its open platform.
    Bilibili {
        /// Id of the project.
        app: u64,
        /// Id of the key pair.
        key_id: String,
        /// The key pair's secret.
        key_secret: String,
        /// The anchor's identity code; secret.
        code: String,
    },
    /// An Owncast server.
    Owncast {
        /// `http://` or `https://` address.
        server: String,
        /// Access token for replies and for hiding lines, empty = none; secret.
        token: String,
    },
    /// The comments of a Facebook live video.
    Facebook {
        /// Video id or address.
        video: String,
        /// Access token of the Page that is live; secret.
        token: String,
    },
    /// A session of Social Stream Ninja.
    SocialStream {
        /// Its id; secret.
        session: String,
        /// `wss://` address of another server than the project's own.
        server: Option<String>,
    },
    /// JSON lines over a WebSocket.
    WebSocket {
        /// `ws://` or `wss://` address.
        url: String,
    },
    /// A room at a relay, for platforms that only push webhooks.
    Relay {
        /// `https://` address of the relay; `http://` to this machine or one near by.
        address: String,
        /// Id of the room.
        room: String,
        /// Key of the room; secret.
        key: String,
    },
    /// A channel of Kick, over the relay.
    Kick {
        /// The channel as its address names it.
        channel: String,
        /// User access token for replies and moderation, empty = none, or renewed first of all; secret.
        token: String,
        /// Id of the application that the token was given to, empty = the token is not renewed.
        #[serde(default)]
        client_id: String,
        /// The application's secret; secret.
        #[serde(default)]
        client_secret: String,
        /// Refresh token, empty = the token is used until it runs out; secret.
        #[serde(default)]
        refresh: String,
    },
    /// The comments of a room of Douyin, over the relay.
    Douyin {
        /// Id of the room, empty = any that is signed.
        room: String,
        /// Secret of the data configuration.
        secret: String,
        /// Id of the application that starts the push, empty = the push is started elsewhere.
        #[serde(default)]
        app: String,
        /// The application's secret; secret.
        #[serde(default)]
        app_secret: String,
    },
    /// The simulated audience of rehearsals.
    Simulated,
}

impl std::fmt::Debug for ChatConnector {
    // By hand: most hold a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Twitch { .. } => "twitch",
            Self::TwitchToken { .. } => "twitch with a token",
            Self::Youtube { .. } => "youtube",
            Self::Bilibili { .. } => "bilibili",
            Self::Owncast { .. } => "owncast",
            Self::Facebook { .. } => "facebook",
            Self::SocialStream { .. } => "social stream",
            Self::WebSocket { .. } => "web socket",
            Self::Relay { .. } => "relay",
            Self::Kick { .. } => "kick",
            Self::Douyin { .. } => "douyin",
            Self::Simulated => "simulated",
        })
    }
}

/// Answer to [`crate::Request::Relay`]: the addresses that platforms and shops push to. Empty without a relay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RelayView {
    /// One for each kind of webhook.
    pub hooks: Vec<HookAddress>,
}

/// Where one kind of webhook goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct HookAddress {
    /// `kick`, `douyin`, `shopify`, `woocommerce` or `generic`.
    pub kind: String,
    /// Its address. Whoever knows it can push to it; what is not signed is not taken.
    pub address: String,
}

/// Something to do on a platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum ChatAct {
    /// Says this in the chat that the line came from, or in all that can be written to.
    Reply {
        /// What, at most 500 characters.
        text: String,
        /// The line that is answered.
        to: Option<MessageId>,
    },
    /// Takes a line out of the chat.
    Delete {
        /// Which.
        message: MessageId,
    },
    /// Undoes a deletion.
    Restore {
        /// Which.
        message: MessageId,
    },
    /// Keeps the writer of a line from writing for a while.
    TimeOut {
        /// A line of theirs.
        message: MessageId,
        /// 1 to 1 209 600 seconds.
        seconds: u32,
    },
    /// Keeps the writer of a line from writing.
    Ban {
        /// A line of theirs.
        message: MessageId,
    },
    /// Undoes a time-out or a ban.
    Pardon {
        /// A line of theirs.
        message: MessageId,
    },
    /// Puts a line at the head of the chat it came from.
    Pin {
        /// Which.
        message: MessageId,
    },
    /// Takes it from there.
    Unpin {
        /// Which.
        message: MessageId,
    },
    /// How long everybody waits between two lines, in all chats that have it.
    SlowMode {
        /// 3 to 120; `None` = no wait.
        seconds: Option<u32>,
    },
}

/// What became of an act at one connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum ChatOutcome {
    /// The platform said yes.
    Done,
    /// This kind of connection cannot do that.
    NotSupported,
    /// It did not happen, as far as is known.
    Failed {
        /// Code of the reason.
        why: String,
    },
}

/// One connection's outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ChatOutcomeAt {
    /// Id of the connection.
    pub id: String,
    /// Its kind, as in [`crate::ChatStatus::kind`].
    pub kind: String,
    /// What it is connected to, for people; empty for whoever may not know it.
    pub target: String,
    /// What became of it there.
    pub became: ChatOutcome,
}

/// What became of an act, at each connection that it concerned. Empty: no connection that is open brought this line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ChatActed {
    /// One for each.
    pub outcomes: Vec<ChatOutcomeAt>,
}
