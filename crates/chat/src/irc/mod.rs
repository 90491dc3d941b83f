//! Owns reading an IRC channel, Twitch anonymously or any other server, and speaking in the latter.

mod hands;
mod join;
mod join_budget;
mod lines;
mod message;
mod session;

use std::sync::Arc;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use crate::connector::{ChatErrorCode, End};
use crate::dial;
use crate::outlet::Outlet;
use crate::spec::{ConnectorSpec, Tls};
pub(crate) use hands::IrcHands;
use hands::SpeakingDesk;
use join::Joined;
use session::Coming;

/// A channel of a server.
pub(crate) struct Irc {
    server: String,
    port: u16,
    tls: Tls,
    channel: String,
    desk: SpeakingDesk,
}

impl Irc {
    /// The channel, and who speaks in it.
    pub(crate) fn new(server: String, port: u16, tls: Tls, channel: String) -> (Self, IrcHands) {
        // Twitch lets nobody speak who came without a token.
        let speaks = server != ConnectorSpec::TWITCH_HOST;
        let (desk, hands) = hands::desk(speaks);
        let irc = Self {
            server,
            port,
            tls,
            channel,
            desk,
        };
        (irc, hands)
    }

    /// One connection, from look-up to its end.
    pub(crate) async fn attend(&mut self, outlet: &mut Outlet) -> End {
        let Self {
            server,
            port,
            tls,
            channel,
            desk,
        } = self;
        let end = match channel_name(channel) {
            Some(channel) => {
                let again = || -> Coming<Wire> {
                    let (server, tls, channel) = (server.clone(), tls.clone(), channel.clone());
                    Box::pin(joined(server, *port, tls, channel))
                };
                match again().await {
                    Ok(joined) => session::run(joined, again, desk, outlet).await,
                    Err(end) => end,
                }
            }
            None => End::Hopeless(ChatErrorCode::InvalidChannel),
        };
        desk.close();
        end
    }
}

/// A connection's bytes, encrypted or not.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}
type Wire = Box<dyn Stream>;

/// Connects and joins, in its turn.
async fn joined(server: String, port: u16, tls: Tls, channel: String) -> Result<Joined<Wire>, End> {
    let client = dial::tls_client(&tls).await?;
    join_budget::wait_for_turn(&server).await;
    let timed_out = |_| End::Lost(ChatErrorCode::TimedOut);
    let stream = timeout(dial::CONNECT_WITHIN, dial::tcp(&server, port))
        .await
        .map_err(timed_out)??;
    let Some(client) = client else {
        return join::join(Box::new(stream) as Wire, &channel).await;
    };
    let name = ServerName::try_from(server.clone())
        .map_err(|_| End::Hopeless(ChatErrorCode::InvalidCertificate))?;
    let connector = tokio_rustls::TlsConnector::from(Arc::clone(&client));
    let stream = timeout(dial::CONNECT_WITHIN, connector.connect(name, stream))
        .await
        .map_err(timed_out)?
        .map_err(|error| {
            tracing::debug!(%error, server, "tls handshake failed");
            End::Lost(ChatErrorCode::TlsRefused)
        })?;
    join::join(Box::new(stream) as Wire, &channel).await
}

/// The channel without `#`, in lower case, from what a person typed or pasted
/// (`Name`, `#name`, `https://www.twitch.tv/name?x`). At most 50 characters: RFC 2812 section 1.3.
pub(crate) fn channel_name(typed: &str) -> Option<String> {
    let typed = typed.trim();
    let path = typed.split_once("://").map_or(typed, |(_, rest)| {
        rest.split_once('/').map_or("", |(_, path)| path)
    });
    let name = path
        .split(['?', '/'])
        .next()
        .unwrap_or_default()
        .trim_start_matches('#');
    let fits = !name.is_empty()
        && name.chars().count() <= 50
        && !name
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || matches!(c, ',' | ':'));
    fits.then(|| name.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_understood_as_typed_or_pasted() {
        for typed in [
            "OrchardLive",
            "#orchardlive",
            " https://www.twitch.tv/OrchardLive?lang=zh ",
            "https://twitch.tv/orchardlive/videos",
        ] {
            assert_eq!(
                channel_name(typed).as_deref(),
                Some("orchardlive"),
                "{typed}"
            );
        }
        for typed in [
            "",
            "#",
            "two words",
            "a,b",
            "a\r\nQUIT",
            "https://twitch.tv",
        ] {
            assert_eq!(channel_name(typed), None, "{typed}");
        }
    }
}
