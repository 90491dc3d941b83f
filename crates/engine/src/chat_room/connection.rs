//! One chat connection: what it is connected to in the words of the wire, the connector behind it, and its health.

use std::sync::Arc;

use stallcast_chat::{
    Audience, BilibiliSpec, ChatErrorCode, Connector, ConnectorSpec, ConnectorState, Deliveries,
    DouyinSpec, FacebookSpec, Hand, Inbox, Incoming, KickSpec, Language, LoginKeeper, Pace,
    PushTask, RelayRoom, RelaySpec, Renewal, Secret, Tls, TwitchSpec, YouTubeSpec,
};
use stallcast_hooks::Kind;
use stallcast_show::{MessageId, Text};
use stallcast_wire::{ChatConnector, ChatQuota, ChatStatus, RunState};
use tokio::sync::mpsc;

use crate::clock::now;
use crate::wire_name::wire_name;

/// Kind of the invented audience, as the wire names it.
const SIMULATED: &str = "simulated";
/// Kind of the relay, as the wire names it; what it brings are webhooks of kinds that are named there as here.
const RELAY: &str = "relay";

/// A connection that is open.
pub(super) struct Connection {
    kind: &'static str,
    target: String,
    /// Where the relay is, if it is one.
    relay: Option<RelayRoom>,
    connector: Connector,
}

impl Connection {
    /// Opens it; its lines go to `lines`, a relay's webhooks to `deliveries`. `audience` is what most of a simulated one
    /// speaks; `keeper` writes down a login that was renewed.
    pub(super) fn open(
        wanted: ChatConnector,
        audience: Language,
        lines: mpsc::Sender<Incoming>,
        deliveries: Deliveries,
        keeper: LoginKeeper,
    ) -> Self {
        let relay = match &wanted {
            ChatConnector::Relay { address, room, key } => Some(RelayRoom {
                address: address.clone(),
                room: room.clone(),
                key: Secret::new(key),
            }),
            _ => None,
        };
        let (kind, target, spec) = specified(wanted, audience, deliveries, keeper);
        Self {
            kind,
            target,
            relay,
            connector: Connector::spawn(spec, lines, Arc::new(now)),
        }
    }

    /// The way in for what its platform pushes, if it is of this kind.
    pub(super) fn inbox(&self, kind: Kind) -> Option<Inbox> {
        (self.kind == kind.name()).then(|| self.connector.inbox())
    }

    /// Whether it is a way for others, and no chat itself.
    pub(super) fn is_relay(&self) -> bool {
        self.kind == RELAY
    }

    /// The room at the relay that it is.
    pub(super) fn relay_room(&self) -> Option<RelayRoom> {
        self.relay.clone()
    }

    /// Whether webhooks come by it now.
    pub(super) fn is_live_relay(&self) -> bool {
        self.is_relay() && self.connector.status().borrow().state == ConnectorState::Live
    }

    /// These lines came before.
    pub(super) fn remember(&self, lines: impl IntoIterator<Item = MessageId>) {
        self.connector.remember(lines);
    }

    pub(super) fn is_simulated(&self) -> bool {
        self.kind == SIMULATED
    }

    /// Tells a simulated audience what just went on air.
    pub(super) fn react(&self, title: &Text) {
        self.connector.react(title);
    }

    pub(super) async fn close(self) {
        self.connector.stop().await;
    }

    /// The way to act through it, and what outcomes are told under.
    pub(super) fn hand(&self) -> (Hand, &'static str, String) {
        (self.connector.hand(), self.kind, self.target.clone())
    }

    /// Its health, under this id. What only gets webhooks lives by the relay.
    pub(super) fn status(&self, id: &str, has_relay: bool) -> ChatStatus {
        let mut status = self.connector.status().borrow().clone();
        let is_pushed = Kind::of_name(self.kind).is_some();
        if is_pushed && !has_relay && status.state == ConnectorState::Live {
            status.state = ConnectorState::Starting;
            status.last_error = Some(ChatErrorCode::NoRelay);
        }
        ChatStatus {
            id: id.to_owned(),
            kind: self.kind.to_owned(),
            target: self.target.clone(),
            run: match status.state {
                ConnectorState::Starting => RunState::Starting,
                ConnectorState::Live => RunState::Live,
                ConnectorState::Retrying {
                    attempt,
                    next_in_ms,
                } => RunState::Retrying {
                    attempt,
                    next_in_ms,
                },
                ConnectorState::Stopped | ConnectorState::Failed => RunState::Stopped,
            },
            lines: status.lines,
            dropped: status.dropped,
            error: status
                .last_error
                .as_ref()
                .map(wire_name)
                .unwrap_or_default(),
            able: self.connector.hand().able().iter().map(wire_name).collect(),
            quota: status.quota.map(|quota| ChatQuota {
                used: quota.used,
                of: quota.of,
                since: quota.since,
            }),
            polls: status.polls,
        }
    }
}

/// Its kind as the wire names it, its target in words for people, and what the connector is told.
fn specified(
    wanted: ChatConnector,
    audience: Language,
    deliveries: Deliveries,
    keeper: LoginKeeper,
) -> (&'static str, String, ConnectorSpec) {
    match wanted {
        ChatConnector::Twitch {
            channel,
            server,
            port,
            tls,
        } => {
            // Another server is no Twitch, and says so by its name.
            let elsewhere = server.as_ref().map(|name| format!(" · {name}"));
            let kind = if elsewhere.is_some() { "irc" } else { "twitch" };
            let target = hashed(&channel) + &elsewhere.unwrap_or_default();
            let spec = ConnectorSpec::TwitchIrc {
                server: server.unwrap_or_else(|| ConnectorSpec::TWITCH_HOST.into()),
                port: port.unwrap_or(ConnectorSpec::TWITCH_PORT),
                tls: if tls { Tls::System } else { Tls::Off },
                channel,
            };
            (kind, target, spec)
        }
        ChatConnector::TwitchToken {
            channel,
            client_id,
            token,
            client_secret,
            refresh,
        } => {
            let target = hashed(&channel);
            let renewal = Renewal {
                server: ConnectorSpec::TWITCH_TOKEN.into(),
                client_id: client_id.clone(),
                client_secret: Secret::new(&client_secret),
                refresh: Secret::new(&refresh),
                keeper,
            };
            let spec = TwitchSpec {
                api: ConnectorSpec::TWITCH_API.into(),
                events: ConnectorSpec::TWITCH_EVENTS.into(),
                channel,
                client_id,
                token: Secret::new(&token),
                renewal: wanted_renewal(renewal),
            };
            ("twitch_token", target, ConnectorSpec::Twitch(spec))
        }
        ChatConnector::Youtube { video, key, units } => {
            let spec = YouTubeSpec {
                api: ConnectorSpec::YOUTUBE.into(),
                stream: ConnectorSpec::YOUTUBE_STREAM.into(),
                video: video.clone(),
                key: Secret::new(&key),
                units: units.unwrap_or(ConnectorSpec::YOUTUBE_UNITS),
            };
            ("youtube", video, ConnectorSpec::YouTube(spec))
        }
        ChatConnector::Bilibili {
            app,
            key_id,
            key_secret,
            code,
        } => {
            let spec = BilibiliSpec {
                server: ConnectorSpec::BILIBILI.into(),
                app,
                key_id,
                key_secret: Secret::new(&key_secret),
                code: Secret::new(&code),
            };
            ("bilibili", app.to_string(), ConnectorSpec::Bilibili(spec))
        }
        ChatConnector::Owncast { server, token } => {
            let token = Secret::new(&token);
            let target = host_of(&server);
            ("owncast", target, ConnectorSpec::Owncast { server, token })
        }
        ChatConnector::Facebook { video, token } => {
            let spec = FacebookSpec {
                graph: ConnectorSpec::FACEBOOK.into(),
                stream: ConnectorSpec::FACEBOOK_STREAM.into(),
                video: video.clone(),
                token: Secret::new(&token),
            };
            ("facebook", video, ConnectorSpec::Facebook(spec))
        }
        ChatConnector::SocialStream { session, server } => {
            let target = server.as_deref().map(host_of).unwrap_or_default();
            let spec = ConnectorSpec::SocialStream {
                session: Secret::new(&session),
                server: server.unwrap_or_else(|| ConnectorSpec::SOCIAL_STREAM.into()),
            };
            ("social_stream", target, spec)
        }
        ChatConnector::WebSocket { url } => {
            let target = host_of(&url);
            (
                "web_socket",
                target,
                ConnectorSpec::GenericWebSocket { url },
            )
        }
        ChatConnector::Relay { address, room, key } => {
            let target = host_of(&address);
            let spec = RelaySpec {
                address,
                room,
                key: Secret::new(&key),
                deliveries,
            };
            (RELAY, target, ConnectorSpec::Relay(spec))
        }
        ChatConnector::Kick {
            channel,
            token,
            client_id,
            client_secret,
            refresh,
        } => {
            let renewal = Renewal {
                server: ConnectorSpec::KICK_TOKEN.into(),
                client_id,
                client_secret: Secret::new(&client_secret),
                refresh: Secret::new(&refresh),
                keeper,
            };
            let spec = KickSpec {
                api: ConnectorSpec::KICK.into(),
                channel: channel.clone(),
                token: Secret::new(&token),
                renewal: wanted_renewal(renewal),
            };
            ("kick", channel, ConnectorSpec::Kick(spec))
        }
        ChatConnector::Douyin {
            room,
            secret,
            app,
            app_secret,
        } => {
            let task = PushTask {
                token_server: ConnectorSpec::DOUYIN_TOKEN.into(),
                server: ConnectorSpec::DOUYIN_TASK.into(),
                app,
                app_secret: Secret::new(&app_secret),
            };
            let is_ours = !task.app.trim().is_empty() && !room.trim().is_empty();
            let spec = DouyinSpec {
                room: room.clone(),
                secret: Secret::new(&secret),
                task: is_ours.then_some(task),
            };
            ("douyin", room, ConnectorSpec::Douyin(spec))
        }
        ChatConnector::Simulated => (SIMULATED, String::new(), simulated(audience)),
    }
}

/// None without a refresh token.
fn wanted_renewal(renewal: Renewal) -> Option<Renewal> {
    (renewal.refresh != Secret::default()).then_some(renewal)
}

fn hashed(channel: &str) -> String {
    format!("#{}", channel.trim_start_matches('#'))
}

/// The rest of an address may be secret.
fn host_of(address: &str) -> String {
    let url = url::Url::parse(address.trim()).ok();
    let host = url.as_ref().and_then(url::Url::host_str);
    host.unwrap_or_default().to_owned()
}

/// The rehearsal audience that ships with the program.
fn simulated(lang: Language) -> ConnectorSpec {
    ConnectorSpec::Simulated {
        seed: rand::random(),
        pace: Pace::CALM,
        lines: Audience::demo().mostly(lang),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_with_a_refresh_token_is_renewed_and_kept_where_its_connection_is() {
        let keeper = LoginKeeper::default();
        let renewal = |wanted: ChatConnector| {
            let (deliveries, ..) = Deliveries::new();
            let (_, _, spec) = specified(wanted, Language::En, deliveries, keeper.clone());
            match spec {
                ConnectorSpec::Kick(spec) => spec.renewal,
                ConnectorSpec::Twitch(spec) => spec.renewal,
                other => panic!("{other:?}"),
            }
        };
        let kick = |refresh: &str| ChatConnector::Kick {
            channel: "a".into(),
            token: "t".into(),
            client_id: "app".into(),
            client_secret: "s".into(),
            refresh: refresh.into(),
        };
        let twitch = |refresh: &str| ChatConnector::TwitchToken {
            channel: "a".into(),
            client_id: "app".into(),
            token: "t".into(),
            client_secret: String::new(),
            refresh: refresh.into(),
        };
        for (wanted, server) in [
            (kick("r"), "https://id.kick.com/oauth/token"),
            (twitch("r"), "https://id.twitch.tv/oauth2/token"),
        ] {
            let renewal = renewal(wanted).unwrap();
            assert_eq!(renewal.server, server);
            assert_eq!(renewal.client_id, "app");
            assert!(renewal.keeper == keeper);
        }
        assert!(renewal(kick(" ")).is_none() && renewal(twitch("")).is_none());
    }
}
