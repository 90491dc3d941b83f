//! Owns making a connection: name look-up, TCP with a deadline, and the TLS client's trust.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_rustls::TlsConnector;
use url::Url;

use crate::connector::{ChatErrorCode, End};
use crate::spec::Tls;

/// Look-up, TCP and TLS together: the same bound as the longest wait between attempts.
pub(crate) const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// The head start of an address before the next one: the delay that RFC 8305 section 5 recommends.
const ADDRESS_HEAD_START: Duration = Duration::from_millis(250);
/// A name with more addresses than this is tried at the first of them.
const MOST_ADDRESSES: usize = 6;

/// Connects to the first address of `host` that answers.
pub(crate) async fn tcp(host: &str, port: u16) -> Result<TcpStream, End> {
    let addresses = tokio::net::lookup_host((host, port))
        .await
        .map_err(|_| End::Lost(ChatErrorCode::NameUnknown))?;
    let stream = first_of(addresses)
        .await
        .ok_or(End::Lost(ChatErrorCode::Unreachable))?;
    // Chat is small and the keep-alive should not wait; failing to set it changes nothing.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

/// Bytes both ways, with TLS or without.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A connection to a web server.
pub(crate) type Link = Box<dyn Stream>;

/// Connects to the server of an `http://` or `https://` address, trusting the operating system's roots; `alpn` is what must
/// be spoken on it where it is encrypted.
pub(crate) async fn web(url: &Url, alpn: Option<&[u8]>) -> Result<Link, End> {
    let invalid = End::Hopeless(ChatErrorCode::InvalidUrl);
    let host = url.host_str().ok_or(invalid)?.trim_matches(['[', ']']);
    let port = url.port_or_known_default().ok_or(invalid)?;
    let secured = match url.scheme() {
        "https" => true,
        "http" => false,
        _ => return Err(invalid),
    };
    let stream = tcp(host, port).await?;
    if !secured {
        return Ok(Box::new(stream));
    }
    let refused = End::Lost(ChatErrorCode::TlsRefused);
    let mut client = tls_client(&Tls::System).await?.ok_or(refused)?;
    if let Some(alpn) = alpn {
        Arc::make_mut(&mut client).alpn_protocols = vec![alpn.to_vec()];
    }
    let name = ServerName::try_from(host.to_owned()).map_err(|_| invalid)?;
    let stream = TlsConnector::from(client).connect(name, stream).await;
    let stream = stream.map_err(|error| {
        tracing::debug!(%error, host, "tls handshake failed");
        refused
    })?;
    Ok(Box::new(stream))
}

/// Each address has a head start before the next, as an address of a network that swallows everything (IPv6 behind
/// many a router) would use up the whole time for connecting, at every attempt.
async fn first_of(addresses: impl Iterator<Item = SocketAddr>) -> Option<TcpStream> {
    let mut tries = JoinSet::new();
    for (address, n) in addresses.take(MOST_ADDRESSES).zip(0u32..) {
        tries.spawn(async move {
            sleep(ADDRESS_HEAD_START * n).await;
            TcpStream::connect(address).await
        });
    }
    while let Some(tried) = tries.join_next().await {
        if let Ok(Ok(stream)) = tried {
            return Some(stream);
        }
    }
    None
}

/// The TLS client for `tls`; `None` for [`Tls::Off`].
pub(crate) async fn tls_client(tls: &Tls) -> Result<Option<Arc<ClientConfig>>, End> {
    let invalid = || End::Hopeless(ChatErrorCode::InvalidCertificate);
    match tls {
        Tls::Off => Ok(None),
        Tls::System => tokio::task::spawn_blocking(of_the_system)
            .await
            .ok()
            .flatten()
            .map(Some)
            .ok_or_else(invalid),
        Tls::ExtraRoot { pem } => {
            let mut roots = RootCertStore::empty();
            for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                let certificate = certificate.map_err(|_| invalid())?;
                roots.add(certificate).map_err(|_| invalid())?;
            }
            client_of(roots).map(Some).ok_or_else(invalid)
        }
    }
}

/// The system's roots are some hundred files, which are read once.
fn of_the_system() -> Option<Arc<ClientConfig>> {
    static CLIENT: OnceLock<Option<Arc<ClientConfig>>> = OnceLock::new();
    CLIENT
        .get_or_init(|| {
            let mut roots = RootCertStore::empty();
            let found = rustls_native_certs::load_native_certs();
            for error in &found.errors {
                tracing::debug!(%error, "a root certificate of the system was skipped");
            }
            roots.add_parsable_certificates(found.certs);
            client_of(roots)
        })
        .clone()
}

/// `None` when nothing is trusted.
fn client_of(roots: RootCertStore) -> Option<Arc<ClientConfig>> {
    if roots.is_empty() {
        return None;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .ok()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Some(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpSocket;
    use tokio::time::timeout;

    use super::*;

    /// A listener whose queue is full: a further connection to it is neither taken nor refused.
    async fn swallowing() -> (tokio::net::TcpListener, Vec<TcpStream>) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut waiting = Vec::new();
        while let Ok(stream) = timeout(ADDRESS_HEAD_START, TcpStream::connect(address)).await {
            waiting.push(stream.unwrap());
        }
        (listener, waiting)
    }

    #[tokio::test]
    async fn an_address_that_swallows_everything_does_not_use_up_the_time_of_the_next() {
        let (deaf, _waiting) = swallowing().await;
        let open = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addresses = [deaf.local_addr().unwrap(), open.local_addr().unwrap()];
        let reached = timeout(CONNECT_WITHIN, first_of(addresses.into_iter())).await;
        let stream = reached.expect("it waits at the first").unwrap();
        assert_eq!(stream.peer_addr().unwrap(), addresses[1]);
    }

    #[tokio::test]
    async fn an_address_that_refuses_leaves_the_next_its_turn() {
        let open = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addresses = [gone.local_addr().unwrap(), open.local_addr().unwrap()];
        drop(gone);
        let stream = first_of(addresses.into_iter()).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), addresses[1]);
        assert!(first_of(std::iter::empty()).await.is_none());
    }
}
