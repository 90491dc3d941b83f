//! Owns reading an IRC channel: Twitch anonymously, or any other server.

mod join_budget;
mod lines;
mod message;
mod session;

use std::sync::Arc;

use rustls::pki_types::ServerName;
use tokio::time::timeout;

use crate::connector::{ChatErrorCode, End, Tls};
use crate::dial;
use crate::outlet::Outlet;

/// One connection, from look-up to its end.
pub(crate) async fn attend(
    server: &str,
    port: u16,
    tls: &Tls,
    channel: &str,
    outlet: &mut Outlet,
) -> End {
    match connect_and_read(server, port, tls, channel, outlet).await {
        Ok(never) => match never {},
        Err(end) => end,
    }
}

async fn connect_and_read(
    server: &str,
    port: u16,
    tls: &Tls,
    channel: &str,
    outlet: &mut Outlet,
) -> Result<std::convert::Infallible, End> {
    let channel = channel_name(channel).ok_or(End::Hopeless(ChatErrorCode::InvalidChannel))?;
    let client = dial::tls_client(tls).await?;
    join_budget::wait_for_turn(server).await;
    let timed_out = |_| End::Lost(ChatErrorCode::TimedOut);
    let stream = timeout(dial::CONNECT_WITHIN, dial::tcp(server, port))
        .await
        .map_err(timed_out)??;
    let Some(client) = client else {
        return Err(session::run(stream, &channel, outlet).await);
    };
    let name = ServerName::try_from(server.to_owned())
        .map_err(|_| End::Hopeless(ChatErrorCode::InvalidCertificate))?;
    let connector = tokio_rustls::TlsConnector::from(Arc::clone(&client));
    let stream = timeout(dial::CONNECT_WITHIN, connector.connect(name, stream))
        .await
        .map_err(timed_out)?
        .map_err(|error| {
            tracing::debug!(%error, server, "tls handshake failed");
            End::Lost(ChatErrorCode::TlsRefused)
        })?;
    Err(session::run(stream, &channel, outlet).await)
}

/// The channel without `#`, in lower case, from what a person typed or pasted
/// (`Name`, `#name`, `https://www.twitch.tv/name?x`). At most 50 characters: RFC 2812 section 1.3.
fn channel_name(typed: &str) -> Option<String> {
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
