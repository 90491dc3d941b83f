//! Owns reading the generic JSON from a WebSocket.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{Connector as TlsConnector, client_async_tls_with_config};

use crate::connector::{ChatErrorCode, ConnectorState, End, Tls};
use crate::outlet::Outlet;
use crate::webhook::{BODY_BYTES, BODY_LINES};
use crate::{dial, generic};

/// Silence after which we ping. Below the 60 s idle limit that proxies commonly have.
const ASK_AFTER: Duration = Duration::from_secs(30);
/// How long any answer may take before the connection counts as dead.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Bytes read at a time. The library's 128 KiB is for bulk; chat is small.
const READ_BYTES: usize = 16 * 1024;

/// Scheme and host, for logs: the rest of an address may hold a token.
pub(crate) fn host_of(url: &str) -> String {
    parts(url).map_or_else(
        || "(unreadable address)".to_owned(),
        |(_, host, port)| format!("{host}:{port}"),
    )
}

/// TLS or not, host, port.
fn parts(url: &str) -> Option<(Tls, String, u16)> {
    let request = url.trim().into_client_request().ok()?;
    let uri = request.uri();
    let (tls, usual_port) = match uri.scheme_str()? {
        "ws" => (Tls::Off, 80),
        "wss" => (Tls::System, 443),
        _ => return None,
    };
    let host = uri.host()?.trim_matches(['[', ']']).to_owned();
    Some((tls, host, uri.port_u16().unwrap_or(usual_port)))
}

/// One connection, from look-up to its end.
pub(crate) async fn attend(url: &str, outlet: &mut Outlet) -> End {
    match connect_and_read(url, outlet).await {
        Ok(never) => match never {},
        Err(end) => end,
    }
}

async fn connect_and_read(url: &str, outlet: &mut Outlet) -> Result<std::convert::Infallible, End> {
    let invalid = End::Hopeless(ChatErrorCode::InvalidUrl);
    let (tls, host, port) = parts(url).ok_or(invalid)?;
    let request = url.trim().into_client_request().map_err(|_| invalid)?;
    let connector = match dial::tls_client(&tls)? {
        Some(client) => TlsConnector::Rustls(client),
        None => TlsConnector::Plain,
    };
    // A message is bounded like a webhook's body. What is written is pings and pongs only.
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(BODY_BYTES)
        .max_message_size(Some(BODY_BYTES))
        .max_frame_size(Some(BODY_BYTES));
    let opening = async {
        let stream = dial::tcp(&host, port).await?;
        client_async_tls_with_config(request, stream, Some(config), Some(connector))
            .await
            .map_err(|error| End::Lost(code_of(&error)))
    };
    let (mut socket, _) = timeout(dial::CONNECT_WITHIN, opening)
        .await
        .map_err(|_| End::Lost(ChatErrorCode::TimedOut))??;
    outlet.state(ConnectorState::Live);

    let mut heard = Instant::now();
    let mut asked = false;
    loop {
        let patience = if asked {
            ASK_AFTER + ANSWER_WITHIN
        } else {
            ASK_AFTER
        };
        let message = match timeout_at(heard + patience, socket.next()).await {
            Ok(None) => return Err(End::Lost(ChatErrorCode::ClosedByPeer)),
            Ok(Some(Err(error))) => return Err(End::Lost(code_of(&error))),
            Ok(Some(Ok(message))) => message,
            Err(_) if asked => return Err(End::Lost(ChatErrorCode::TimedOut)),
            Err(_) => {
                asked = true;
                timeout(ANSWER_WITHIN, socket.send(Message::Ping(Vec::new().into())))
                    .await
                    .map_err(|_| End::Lost(ChatErrorCode::TimedOut))?
                    .map_err(|error| End::Lost(code_of(&error)))?;
                continue;
            }
        };
        heard = Instant::now();
        asked = false;
        match &message {
            Message::Text(_) | Message::Binary(_) => match message.to_text() {
                Ok(text) => take(text, outlet).await?,
                Err(_) => outlet.malformed(),
            },
            Message::Close(_) => return Err(End::Lost(ChatErrorCode::ClosedByPeer)),
            // Pings are answered by the library while reading.
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
    }
}

/// Takes the good objects of a message; the others are counted.
async fn take(text: &str, outlet: &mut Outlet) -> Result<(), End> {
    let Ok(drafts) = generic::read(text) else {
        outlet.malformed();
        return Ok(());
    };
    if drafts.len() > BODY_LINES {
        outlet.malformed();
        return Ok(());
    }
    for draft in drafts {
        match draft {
            Ok(draft) => {
                outlet.put(draft).await?;
            }
            Err(error) => {
                tracing::debug!(%error, "a message of the generic WebSocket was skipped");
                outlet.malformed();
            }
        }
    }
    Ok(())
}

fn code_of(error: &Error) -> ChatErrorCode {
    match error {
        Error::Http(_) | Error::HttpFormat(_) => ChatErrorCode::HandshakeRefused,
        Error::Tls(_) => ChatErrorCode::TlsRefused,
        Error::Io(io) if io.kind() == std::io::ErrorKind::InvalidData => ChatErrorCode::TlsRefused,
        Error::ConnectionClosed | Error::AlreadyClosed | Error::Io(_) => {
            ChatErrorCode::ClosedByPeer
        }
        Error::Url(_) => ChatErrorCode::InvalidUrl,
        _ => ChatErrorCode::Protocol,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_what_may_be_a_token() {
        assert_eq!(
            host_of("wss://chat.example/feed?token=abc"),
            "chat.example:443"
        );
        assert_eq!(host_of("ws://[::1]:9/x"), "::1:9");
        assert_eq!(host_of("http://x/"), "(unreadable address)");
        assert_eq!(host_of("rubbish"), "(unreadable address)");
        assert_eq!(host_of(""), "(unreadable address)");
    }
}
