//! Getting one file from a public web server, and from nowhere else.
//!
//! A list comes from somebody else, so its addresses may point at what only this computer can reach. The name is
//! resolved here, and the connection goes to the very address that was checked; each redirect is checked again.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, OnceLock};

use axum::body::Bytes;
use axum::http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::web_photos::PhotoFault;

/// Redirects followed: shops and their CDNs send on once or twice.
const REDIRECTS_MAX: usize = 5;

/// Which addresses may be connected to.
type Permit = fn(IpAddr) -> bool;

/// A way to web servers.
#[derive(Clone, Copy)]
pub(super) struct Web {
    permit: Permit,
}

/// What a server answered.
enum Answer {
    File(Vec<u8>),
    Elsewhere(Url),
}

impl Web {
    /// To public addresses only.
    pub(super) fn public() -> Self {
        Self { permit: is_public }
    }

    /// Gets the file at `address`, of at most `max` bytes. The caller limits the time.
    pub(super) async fn get(self, address: Url, max: usize) -> Result<Vec<u8>, PhotoFault> {
        let mut address = address;
        for _ in 0..=REDIRECTS_MAX {
            match self.ask(&address, max).await? {
                Answer::File(bytes) => return Ok(bytes),
                Answer::Elsewhere(next) => address = next,
            }
        }
        Err(PhotoFault::Refused)
    }

    async fn ask(self, address: &Url, max: usize) -> Result<Answer, PhotoFault> {
        let tls = match address.scheme() {
            "http" => false,
            "https" => true,
            _ => return Err(PhotoFault::AddressBad),
        };
        if !address.username().is_empty() || address.password().is_some() {
            return Err(PhotoFault::AddressBad);
        }
        let place = self.locate(address).await?;
        let unreachable = |error: std::io::Error| {
            tracing::debug!(%error, "a photo's server cannot be reached");
            PhotoFault::Unreachable
        };
        let stream = TcpStream::connect(place).await.map_err(unreachable)?;
        if !tls {
            return talk(stream, address, max).await;
        }
        let host = address.host_str().ok_or(PhotoFault::AddressBad)?;
        let bare = host.trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(bare).map_err(|_| PhotoFault::AddressBad)?;
        let client = tokio::task::spawn_blocking(client_config)
            .await
            .ok()
            .flatten()
            .ok_or(PhotoFault::Unreachable)?;
        let stream = TlsConnector::from(client)
            .connect(name, stream)
            .await
            .map_err(unreachable)?;
        talk(stream, address, max).await
    }

    /// The first permitted address of a name.
    async fn locate(self, address: &Url) -> Result<SocketAddr, PhotoFault> {
        let port = address
            .port_or_known_default()
            .ok_or(PhotoFault::AddressBad)?;
        let places: Vec<SocketAddr> = match address.host() {
            Some(Host::Ipv4(ip)) => vec![(ip, port).into()],
            Some(Host::Ipv6(ip)) => vec![(ip, port).into()],
            Some(Host::Domain(name)) => lookup_host((name, port))
                .await
                .map_err(|_| PhotoFault::Unreachable)?
                .collect(),
            None => return Err(PhotoFault::AddressBad),
        };
        if places.is_empty() {
            return Err(PhotoFault::Unreachable);
        }
        places
            .into_iter()
            .find(|place| (self.permit)(place.ip()))
            .ok_or(PhotoFault::AddressPrivate)
    }
}

/// One request, one answer, and the connection goes.
async fn talk<S>(stream: S, address: &Url, max: usize) -> Result<Answer, PhotoFault>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let broken = |error: hyper::Error| {
        tracing::debug!(%error, "a photo's server broke off");
        PhotoFault::Unreachable
    };
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    let request = Request::get(path(address))
        .header(header::HOST, authority(address))
        .header(
            header::USER_AGENT,
            concat!("stallcast/", env!("CARGO_PKG_VERSION")),
        )
        .header(header::ACCEPT, "image/jpeg, image/png, image/webp")
        .header(header::ACCEPT_ENCODING, "identity")
        .header(header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|_| PhotoFault::AddressBad)?;
    let asking = async {
        let answer = sender.send_request(request).await.map_err(broken)?;
        read(answer, address, max).await
    };
    // The connection moves the bytes while the answer is read; it ends with this future and leaves no task.
    tokio::pin!(connection, asking);
    tokio::select! {
        answer = &mut asking => answer,
        ended = &mut connection => {
            ended.map_err(broken)?;
            asking.await
        }
    }
}

async fn read(
    answer: axum::http::Response<hyper::body::Incoming>,
    address: &Url,
    max: usize,
) -> Result<Answer, PhotoFault> {
    let text = |name| answer.headers().get(name)?.to_str().ok();
    let status = answer.status();
    if status.is_redirection() {
        let next = text(header::LOCATION).and_then(|to| address.join(to).ok());
        return next.map(Answer::Elsewhere).ok_or(PhotoFault::Refused);
    }
    if status != StatusCode::OK {
        return Err(PhotoFault::Refused);
    }
    // A page that explains why there is no photo.
    if text(header::CONTENT_TYPE).is_some_and(|kind| kind.starts_with("text/")) {
        return Err(PhotoFault::NotPicture);
    }
    let announced: Option<usize> = text(header::CONTENT_LENGTH).and_then(|n| n.parse().ok());
    if announced.is_some_and(|length| length > max) {
        return Err(PhotoFault::TooLarge);
    }
    let mut body = answer.into_body();
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| PhotoFault::Unreachable)?;
        if let Ok(data) = frame.into_data() {
            if bytes.len() + data.len() > max {
                return Err(PhotoFault::TooLarge);
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(Answer::File(bytes))
}

fn path(address: &Url) -> String {
    match address.query() {
        Some(query) => format!("{}?{query}", address.path()),
        None => address.path().to_owned(),
    }
}

fn authority(address: &Url) -> String {
    let host = address.host_str().unwrap_or_default();
    match address.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// Trusting the system's roots, read once; `None` when the system has none. Blocks on files the first time.
fn client_config() -> Option<Arc<ClientConfig>> {
    static CONFIG: OnceLock<Option<Arc<ClientConfig>>> = OnceLock::new();
    CONFIG
        .get_or_init(|| {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            // The provider is named here so that nobody else's process-wide choice matters.
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let config = ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .ok()?
                .with_root_certificates(roots)
                .with_no_client_auth();
            Some(Arc::new(config))
        })
        .clone()
}

/// Whether an address belongs to the public internet (IANA's special-purpose registries, RFC 6890).
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => is_public_v4(ip),
            None => is_public_v6(ip),
        },
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let special = match ip.octets() {
        // This network; shared space of carriers; protocol assignments and 6to4 relays; benchmarks; reserved.
        [0, ..] | [240..=255, ..] => true,
        [100, second, ..] => second & 0xC0 == 64,
        [192, 0, 0, _] | [192, 88, 99, _] => true,
        [198, second, ..] => second & 0xFE == 18,
        _ => false,
    };
    !(special
        || ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || ip.is_multicast())
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [first, second, ..] = ip.segments();
    // Only 2000::/3 is given out, less Teredo and its neighbours (2001:0::/23), documentation, and 6to4, which
    // holds an IPv4 address of anybody's choice.
    let given_out = first & 0xE000 == 0x2000;
    let special = match first {
        0x2001 => second < 0x200 || second == 0xDB8,
        0x2002 => true,
        0x3FFF => second < 0x1000,
        _ => false,
    };
    given_out && !special
}

#[cfg(test)]
#[path = "web_fetch_tests.rs"]
mod tests;
