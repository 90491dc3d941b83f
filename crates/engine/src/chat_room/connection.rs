//! One chat connection: what it is connected to in the words of the wire, the connector behind it, and its health.

use std::sync::Arc;

use stallcast_chat::{
    Audience, Connector, ConnectorSpec, ConnectorState, Incoming, Language, Pace,
};
use stallcast_show::Text;
use stallcast_wire::{ChatConnector, ChatStatus, RunState};
use tokio::sync::mpsc;

use crate::clock::now;
use crate::wire_name::wire_name;

/// Kind of the invented audience, as the wire names it.
const SIMULATED: &str = "simulated";

/// A connection that is open.
pub(super) struct Connection {
    kind: &'static str,
    target: String,
    connector: Connector,
}

impl Connection {
    /// Opens it; its lines go to `lines`. `audience` is what most of a simulated one speaks.
    pub(super) fn open(
        wanted: ChatConnector,
        audience: Language,
        lines: mpsc::Sender<Incoming>,
    ) -> Self {
        let (kind, target, spec) = match wanted {
            ChatConnector::Twitch {
                channel,
                server,
                port,
                tls,
            } => {
                // Another server is no Twitch, and says so by its name.
                let elsewhere = server.as_ref().map(|name| format!(" · {name}"));
                let server = server.unwrap_or_else(|| ConnectorSpec::TWITCH_HOST.into());
                let port = port.unwrap_or(ConnectorSpec::TWITCH_PORT);
                let tls = if tls {
                    stallcast_chat::Tls::System
                } else {
                    stallcast_chat::Tls::Off
                };
                let kind = if elsewhere.is_some() { "irc" } else { "twitch" };
                let target = format!(
                    "#{}{}",
                    channel.trim_start_matches('#'),
                    elsewhere.unwrap_or_default()
                );
                (
                    kind,
                    target,
                    ConnectorSpec::TwitchIrc {
                        server,
                        port,
                        tls,
                        channel,
                    },
                )
            }
            ChatConnector::WebSocket { url } => {
                let host = url::Url::parse(&url)
                    .ok()
                    .and_then(|u| u.host_str().map(str::to_owned));
                (
                    "web_socket",
                    host.unwrap_or_default(),
                    ConnectorSpec::GenericWebSocket { url },
                )
            }
            ChatConnector::Simulated => (SIMULATED, String::new(), simulated(audience)),
        };
        Self {
            kind,
            target,
            connector: Connector::spawn(spec, lines, Arc::new(now)),
        }
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

    /// Its health, under this id.
    pub(super) fn status(&self, id: &str) -> ChatStatus {
        let status = self.connector.status().borrow().clone();
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
        }
    }
}

/// The rehearsal audience that ships with the program.
fn simulated(lang: Language) -> ConnectorSpec {
    ConnectorSpec::Simulated {
        seed: rand::random(),
        pace: Pace::CALM,
        lines: Audience::demo().mostly(lang),
    }
}
