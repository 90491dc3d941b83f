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

/// One connection, from look-up to its end.
pub(crate) async fn attend(url: &str, outlet: &mut Outlet) -> End {
    attend_trusting(&Tls::System, url, outlet).await
}

/// `trust` is used where the address asks for TLS.
async fn attend_trusting(trust: &Tls, url: &str, outlet: &mut Outlet) -> End {
    match connect_and_read(trust, url, outlet).await {
        Ok(never) => match never {},
        Err(end) => end,
    }
}

async fn connect_and_read(
    trust: &Tls,
    url: &str,
    outlet: &mut Outlet,
) -> Result<std::convert::Infallible, End> {
    let invalid = End::Hopeless(ChatErrorCode::InvalidUrl);
    let (secured, host, port) = parts(url).ok_or(invalid)?;
    let request = url.trim().into_client_request().map_err(|_| invalid)?;
    let client = match secured {
        Secured::Yes => dial::tls_client(trust).await?,
        Secured::No => None,
    };
    let connector = client.map_or(TlsConnector::Plain, TlsConnector::Rustls);
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
    use std::sync::Arc;

    use rustls::ServerConfig;
    use rustls::pki_types::PrivateKeyDer;
    use tokio::net::TcpListener;

    use super::*;
    use crate::connector::Incoming;
    use crate::outlet::tests::outlet;

    #[tokio::test]
    async fn a_secured_address_is_read_with_the_right_root_and_refused_with_another() {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("wss://localhost:{}/", listener.local_addr().unwrap().port());
        let server = async {
            let (stream, _) = listener.accept().await.unwrap();
            let stream = acceptor.accept(stream).await.unwrap();
            let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
            let said = Message::text(r#"{"author":"a","text":"secured"}"#);
            socket.send(said).await.unwrap();
            socket.close(None).await.unwrap();
            let (stream, _) = listener.accept().await.unwrap();
            assert!(acceptor.accept(stream).await.is_err());
        };
        let (mut outlet, mut lines, _status) = outlet(4);
        let client = async {
            let pem = made.cert.pem();
            let trusted = attend_trusting(&Tls::ExtraRoot { pem }, &url, &mut outlet).await;
            assert_eq!(trusted, End::Lost(ChatErrorCode::ClosedByPeer));
            let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
            let pem = other.cert.pem();
            let refused = attend_trusting(&Tls::ExtraRoot { pem }, &url, &mut outlet).await;
            assert_eq!(refused, End::Lost(ChatErrorCode::TlsRefused));
        };
        tokio::join!(server, client);
        let line = lines.recv().await.unwrap();
        assert!(matches!(line, Incoming::Line(line) if line.text == "secured"));
    }

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
