//! Owns a WebSocket that chat comes over: opening it, its limits, its silences.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::AUTHORIZATION;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tokio_tungstenite::{
    Connector as TlsConnector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config,
};

use crate::connector::{ChatErrorCode, End};
use crate::dial;
use crate::spec::Tls;

/// Silence after which we ping. Below the 60 s idle limit that proxies commonly have.
pub(crate) const ASK_AFTER: Duration = Duration::from_secs(30);
/// How long any answer may take before the connection counts as dead.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Bytes read at a time. The library's 128 KiB is for bulk; chat is small.
const READ_BYTES: usize = 16 * 1024;
/// The most that waits to be written: a server that takes nothing for this long is dead.
const WRITE_BYTES: usize = 64 * 1024;

/// Scheme and host, for logs: the rest of an address may hold a token.
pub(crate) fn host_of(url: &str) -> String {
    parts(url).map_or_else(
        || "(unreadable address)".to_owned(),
        |(_, host, port)| format!("{host}:{port}"),
    )
}

enum Secured {
    Yes,
    No,
}

/// TLS or not, host, port.
fn parts(url: &str) -> Option<(Secured, String, u16)> {
    let request = url.trim().into_client_request().ok()?;
    let uri = request.uri();
    let (secured, usual_port) = match uri.scheme_str()? {
        "ws" => (Secured::No, 80),
        "wss" => (Secured::Yes, 443),
        _ => return None,
    };
    let host = uri.host()?.trim_matches(['[', ']']).to_owned();
    Some((secured, host, uri.port_u16().unwrap_or(usual_port)))
}

/// What silence means.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Silence {
    /// After [`ASK_AFTER`] it is asked about with a ping.
    Asked,
    /// It is borne for this long, as the server forbids to write; then the connection is dead.
    Borne(Duration),
}

/// What was heard.
#[derive(Debug)]
pub(crate) enum Heard {
    Text(Utf8Bytes),
    Binary(Bytes),
}

/// An open connection.
pub(crate) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    silence: Silence,
    heard: Instant,
    asked: bool,
    closed: Option<u16>,
}

impl Socket {
    /// Opens it; messages above `most` bytes end it. `trust` is used where the address asks for TLS.
    pub(crate) async fn open(
        trust: &Tls,
        url: &str,
        most: usize,
        silence: Silence,
    ) -> Result<Self, End> {
        Self::open_as(trust, url, "", most, silence).await
    }

    /// As [`Socket::open`], with a bearer token unless it is empty.
    pub(crate) async fn open_as(
        trust: &Tls,
        url: &str,
        token: &str,
        most: usize,
        silence: Silence,
    ) -> Result<Self, End> {
        Ok(Self {
            stream: dial_as(trust, url, token, most).await?,
            silence,
            heard: Instant::now(),
            asked: false,
            closed: None,
        })
    }

    /// What silence means from now on.
    pub(crate) fn bear(&mut self, silence: Silence) {
        self.silence = silence;
    }

    /// The code that the server closed with, once it did.
    pub(crate) fn closed(&self) -> Option<u16> {
        self.closed
    }

    /// The next message. A call that is given up loses nothing.
    pub(crate) async fn hear(&mut self) -> Result<Heard, End> {
        loop {
            let patience = match self.silence {
                Silence::Asked if self.asked => ASK_AFTER + ANSWER_WITHIN,
                Silence::Asked => ASK_AFTER,
                Silence::Borne(patience) => patience,
            };
            let message = match timeout_at(self.heard + patience, self.stream.next()).await {
                Ok(None) => return Err(End::Lost(ChatErrorCode::ClosedByPeer)),
                Ok(Some(Err(error))) => return Err(End::Lost(code_of(&error))),
                Ok(Some(Ok(message))) => message,
                Err(_) if self.asked || matches!(self.silence, Silence::Borne(_)) => {
                    return Err(End::Lost(ChatErrorCode::TimedOut));
                }
                Err(_) => {
                    self.asked = true;
                    self.say(Message::Ping(Bytes::new())).await?;
                    continue;
                }
            };
            self.heard = Instant::now();
            self.asked = false;
            match message {
                Message::Text(text) => return Ok(Heard::Text(text)),
                Message::Binary(bytes) => return Ok(Heard::Binary(bytes)),
                Message::Close(frame) => {
                    self.closed = frame.map(|frame| frame.code.into());
                    return Err(End::Lost(ChatErrorCode::ClosedByPeer));
                }
                // Pings are answered by the library while reading.
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }

    /// Says something.
    pub(crate) async fn say(&mut self, message: Message) -> Result<(), End> {
        timeout(ANSWER_WITHIN, self.stream.send(message))
            .await
            .map_err(|_| End::Lost(ChatErrorCode::TimedOut))?
            .map_err(|error| End::Lost(code_of(&error)))
    }
}

/// A WebSocket of this address, with a bearer token unless it is empty; messages above `most` bytes end it.
pub(crate) async fn dial_as(
    trust: &Tls,
    url: &str,
    token: &str,
    most: usize,
) -> Result<WebSocketStream<MaybeTlsStream<TcpStream>>, End> {
    let invalid = End::Hopeless(ChatErrorCode::InvalidUrl);
    let (secured, host, port) = parts(url).ok_or(invalid)?;
    let mut request = url.trim().into_client_request().map_err(|_| invalid)?;
    if !token.is_empty() {
        let bearer = HeaderValue::try_from(format!("Bearer {token}"));
        // A token with a line break in it was pasted wrongly.
        let mut bearer = bearer.map_err(|_| End::Hopeless(ChatErrorCode::TokenRefused))?;
        bearer.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, bearer);
    }
    let refused = move |error: &Error| match error {
        Error::Http(answer) if !token.is_empty() && answer.status() == 401 => {
            ChatErrorCode::TokenRefused
        }
        error => code_of(error),
    };
    let client = match secured {
        Secured::Yes => dial::tls_client(trust).await?,
        Secured::No => None,
    };
    let connector = client.map_or(TlsConnector::Plain, TlsConnector::Rustls);
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BYTES)
        .max_message_size(Some(most))
        .max_frame_size(Some(most));
    let opening = async {
        let stream = dial::tcp(&host, port).await?;
        client_async_tls_with_config(request, stream, Some(config), Some(connector))
            .await
            .map_err(|error| End::Lost(refused(&error)))
    };
    let (stream, _) = timeout(dial::CONNECT_WITHIN, opening)
        .await
        .map_err(|_| End::Lost(ChatErrorCode::TimedOut))??;
    Ok(stream)
}

pub(crate) fn code_of(error: &Error) -> ChatErrorCode {
    match error {
        Error::Http(_) | Error::HttpFormat(_) => ChatErrorCode::HandshakeRefused,
        Error::Tls(_) => ChatErrorCode::TlsRefused,
        Error::Io(io) if io.kind() == std::io::ErrorKind::InvalidData => ChatErrorCode::TlsRefused,
        Error::ConnectionClosed | Error::AlreadyClosed | Error::Io(_) => {
            ChatErrorCode::ClosedByPeer
        }
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
