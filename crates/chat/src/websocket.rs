//! Owns reading the generic JSON from a WebSocket.

use crate::connector::{ConnectorState, End};
use crate::generic;
use crate::outlet::Outlet;
use crate::socket::{Heard, Silence, Socket};
use crate::spec::Tls;
use crate::webhook::{BODY_BYTES, BODY_LINES};

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
    // A message is bounded like a webhook's body.
    let mut socket = Socket::open(trust, url, BODY_BYTES, Silence::Asked).await?;
    outlet.state(ConnectorState::Live);
    loop {
        match socket.hear().await? {
            Heard::Text(text) => take(&text, outlet).await?,
            Heard::Binary(bytes) => match std::str::from_utf8(&bytes) {
                Ok(text) => take(text, outlet).await?,
                Err(_) => outlet.malformed(),
            },
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures_util::SinkExt;
    use rustls::ServerConfig;
    use rustls::pki_types::PrivateKeyDer;
    use tokio::net::TcpListener;
    use tokio_tungstenite::tungstenite::Message;

    use super::*;
    use crate::connector::{ChatErrorCode, Incoming};
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
}
