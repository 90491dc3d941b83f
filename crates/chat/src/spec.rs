//! Owns what a chat source is told to be: its specification, and how that is shown without what is secret in it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::login::Renewal;
use crate::secret::Secret;
use crate::{Audience, Deliveries, Pace, facebook, socket};

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

/// Where chat comes from. Addresses of platforms are part of it, so that tests and people with a proxy can name others.
#[derive(Clone, PartialEq, Eq)]
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
    /// A self-hosted Owncast server, read without a key.
    Owncast {
        /// `http://` or `https://` address of the server.
        server: String,
        /// An access token of its integrations page, for replies and for hiding lines; empty = read only.
        token: Secret,
    },
    /// Bilibili's open platform, with the user's own key pair.
    Bilibili(BilibiliSpec),
    /// Twitch with the user's own token: EventSub to read, Helix to act.
    Twitch(TwitchSpec),
    /// YouTube's live chat with the user's own API key, streamed or else polled.
    YouTube(YouTubeSpec),
    /// The comments of a Facebook live video, with a Page's own token.
    Facebook(FacebookSpec),
    /// A session of Social Stream Ninja.
    SocialStream {
        /// The session's id; who has it can read it all and write into it.
        session: Secret,
        /// [`ConnectorSpec::SOCIAL_STREAM`] or a server of one's own.
        server: String,
    },
    /// A room at a relay, from which webhooks are taken.
    Relay(RelaySpec),
    /// Kick's chat, as it comes over a relay.
    Kick(KickSpec),
    /// Douyin's comments, as they come over a relay.
    Douyin(DouyinSpec),
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

/// How to reach a room of Bilibili (open-live.bilibili.com).
#[derive(Clone, PartialEq, Eq)]
pub struct BilibiliSpec {
    /// Address of the open platform, without a path; [`ConnectorSpec::BILIBILI`].
    pub server: String,
    /// The project's id (`app_id`).
    pub app: u64,
    /// The key pair's id.
    pub key_id: String,
    /// The key pair's secret; signs every request.
    pub key_secret: Secret,
    /// The anchor's identity code (身份码).
    pub code: Secret,
}

/// How to reach a channel of Twitch with a token.
#[derive(Clone, PartialEq, Eq)]
pub struct TwitchSpec {
    /// Address of Helix, without a path; [`ConnectorSpec::TWITCH_API`].
    pub api: String,
    /// Address of EventSub's WebSocket; [`ConnectorSpec::TWITCH_EVENTS`].
    pub events: String,
    /// Channel name, or the channel's page address as pasted.
    pub channel: String,
    /// The application that the token was given to.
    pub client_id: String,
    /// A user access token; `user:read:chat` reads, other scopes act. Empty = it is renewed first of all.
    pub token: Secret,
    /// What renews it; `None` = it is used until it runs out.
    pub renewal: Option<Renewal>,
}

/// How to reach the chat of a YouTube broadcast.
#[derive(Clone, PartialEq, Eq)]
pub struct YouTubeSpec {
    /// Address of the Data API, without a path; [`ConnectorSpec::YOUTUBE`].
    pub api: String,
    /// Address of its gRPC side, without a path; [`ConnectorSpec::YOUTUBE_STREAM`].
    pub stream: String,
    /// The broadcast's video id, or its address as pasted.
    pub video: String,
    /// An API key of the user's own project.
    pub key: Secret,
    /// Units that the project may use in a day; [`ConnectorSpec::YOUTUBE_UNITS`] unless it was given more.
    pub units: u32,
}

/// How to reach a room of a relay.
#[derive(Clone, PartialEq, Eq)]
pub struct RelaySpec {
    /// `https://` address of the relay; `http://` to this machine or one near by.
    pub address: String,
    /// The room's id.
    pub room: String,
    /// The room's key.
    pub key: Secret,
    /// Where webhooks go.
    pub deliveries: Deliveries,
}

/// A channel of Kick.
#[derive(Clone, PartialEq, Eq)]
pub struct KickSpec {
    /// Address of the public interface, without a path; [`ConnectorSpec::KICK`].
    pub api: String,
    /// The channel, as its address names it; webhooks of other channels are not taken.
    pub channel: String,
    /// A user access token; `events:subscribe` sees to the webhooks, other scopes act. Empty = read only, or renewed first of
    /// all.
    pub token: Secret,
    /// What renews it; `None` = it is used until it runs out.
    pub renewal: Option<Renewal>,
}

/// The comments of a room of Douyin.
#[derive(Clone, PartialEq, Eq)]
pub struct DouyinSpec {
    /// The room's id, which is another one each show; empty = any that is signed.
    pub room: String,
    /// The secret of the data configuration.
    pub secret: Secret,
    /// What starts the push for the room; `None` = somebody else does.
    pub task: Option<PushTask>,
}

/// How Douyin's push of comments is started.
#[derive(Clone, PartialEq, Eq)]
pub struct PushTask {
    /// Address that gives tokens, without a path; [`ConnectorSpec::DOUYIN_TOKEN`].
    pub token_server: String,
    /// Address of the task, without a path; [`ConnectorSpec::DOUYIN_TASK`].
    pub server: String,
    /// The application's id (`appid`).
    pub app: String,
    /// The application's secret.
    pub app_secret: Secret,
}

/// How to reach the comments of a Facebook live video.
#[derive(Clone, PartialEq, Eq)]
pub struct FacebookSpec {
    /// Address of the Graph API, without a path; [`ConnectorSpec::FACEBOOK`].
    pub graph: String,
    /// Address of its streams, without a path; [`ConnectorSpec::FACEBOOK_STREAM`].
    pub stream: String,
    /// The live video's id, or its address as pasted.
    pub video: String,
    /// An access token of the Page that is live.
    pub token: Secret,
}

impl ConnectorSpec {
    /// Twitch's IRC host (dev.twitch.tv/docs/chat/irc).
    pub const TWITCH_HOST: &'static str = "irc.chat.twitch.tv";
    /// Twitch's IRC-over-TLS port (dev.twitch.tv/docs/chat/irc).
    pub const TWITCH_PORT: u16 = 6697;
    /// Helix (dev.twitch.tv/docs/api).
    pub const TWITCH_API: &'static str = "https://api.twitch.tv";
    /// Where Twitch renews tokens (dev.twitch.tv/docs/authentication/refresh-tokens).
    pub const TWITCH_TOKEN: &'static str = "https://id.twitch.tv/oauth2/token";
    /// EventSub (dev.twitch.tv/docs/eventsub/handling-websocket-events).
    pub const TWITCH_EVENTS: &'static str = "wss://eventsub.wss.twitch.tv/ws";
    /// Bilibili's open platform (open-live.bilibili.com/document).
    pub const BILIBILI: &'static str = "https://live-open.biliapi.com";
    /// YouTube's Data API (developers.google.com/youtube/v3/live/docs).
    pub const YOUTUBE: &'static str = "https://www.googleapis.com";
    /// Where the Data API is spoken to by gRPC (developers.google.com/youtube/v3/live/streaming-live-chat).
    pub const YOUTUBE_STREAM: &'static str = "https://youtube.googleapis.com";
    /// What a project of the Data API may use in a day unless it was given more.
    pub const YOUTUBE_UNITS: u32 = 10_000;
    /// Kick's public interface (docs.kick.com).
    pub const KICK: &'static str = "https://api.kick.com";
    /// Where Kick renews tokens (docs.kick.com/getting-started/generating-tokens-oauth2-flow).
    pub const KICK_TOKEN: &'static str = "https://id.kick.com/oauth/token";
    /// Where Douyin gives an application its token (developer.open-douyin.com, "getAccessToken").
    pub const DOUYIN_TOKEN: &'static str = "https://developer.toutiao.com";
    /// Where its push is started (developer.open-douyin.com, "启动任务").
    pub const DOUYIN_TASK: &'static str = "https://webcast.bytedance.com";
    /// Facebook's Graph API (developers.facebook.com/docs/graph-api).
    pub const FACEBOOK: &'static str = "https://graph.facebook.com";
    /// Facebook's server-sent events (developers.facebook.com/docs/graph-api/server-sent-events).
    pub const FACEBOOK_STREAM: &'static str = "https://streaming-graph.facebook.com";
    /// Social Stream Ninja's own WebSocket server.
    pub const SOCIAL_STREAM: &'static str = "wss://io.socialstream.ninja";

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
    // By hand: an address or a name may be what opens the room, and an audience is hundreds of lines.
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
            Self::GenericWebSocket { url } => write!(f, "websocket {}", socket::host_of(url)),
            Self::Owncast { server, .. } => write!(f, "owncast {}", web_host_of(server)),
            Self::Bilibili(spec) => write!(f, "bilibili app {}", spec.app),
            Self::Twitch(spec) => write!(f, "twitch {}", spec.channel),
            Self::YouTube(spec) => write!(f, "youtube {}", spec.video),
            Self::Facebook(spec) => write!(f, "facebook {}", video_of(&spec.video)),
            Self::SocialStream { server, .. } => {
                write!(f, "social stream {}", socket::host_of(server))
            }
            Self::Relay(spec) => write!(f, "relay {}", web_host_of(&spec.address)),
            Self::Kick(spec) => write!(f, "kick {}", spec.channel),
            Self::Douyin(_) => write!(f, "douyin"),
            Self::Simulated { seed, pace, .. } => write!(f, "simulated {seed} {pace:?}"),
        }
    }
}

/// A live video's id; the rest of an address may be anything.
fn video_of(typed: &str) -> String {
    facebook::video_id(typed).unwrap_or_else(|| "(no video)".to_owned())
}

/// The host of a web address: the rest may hold a password.
fn web_host_of(address: &str) -> String {
    let url = url::Url::parse(address.trim()).ok();
    let host = url.as_ref().and_then(url::Url::host_str);
    host.unwrap_or("(unreadable address)").to_owned()
}
