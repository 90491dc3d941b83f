//! Owns one HTTP request and its answer, over a connection of its own.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::Url;

use crate::connector::{ChatErrorCode, End};
use crate::dial;
use crate::spec::Tls;

/// Time for an answer, its body included: the studio's bound for any attempt.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// A request. Headers are marked as sensitive: what is in them is nobody's to log.
pub(crate) struct Ask {
    method: Method,
    url: Url,
    headers: Vec<(HeaderName, String)>,
    body: Option<Bytes>,
    most: usize,
    within: Duration,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Heard {
    /// The status of the answer.
    pub(crate) status: u16,
    pub(crate) body: Bytes,
}

impl Ask {
    /// A request whose answer has at most 64 KiB.
    pub(crate) fn new(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            headers: Vec::new(),
            body: None,
            most: 64 * 1024,
            within: ANSWER_WITHIN,
        }
    }

    /// The largest answer taken, in bytes.
    pub(crate) fn most(mut self, bytes: usize) -> Self {
        self.most = bytes;
        self
    }

    /// Another time for the answer.
    pub(crate) fn within(mut self, time: Duration) -> Self {
        self.within = time;
        self
    }

    pub(crate) fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header(header::AUTHORIZATION, format!("Bearer {token}"))
    }

    pub(crate) fn json(self, body: &serde_json::Value) -> Self {
        self.json_text(body.to_string())
    }

    /// JSON whose very bytes matter, as they were signed.
    pub(crate) fn json_text(mut self, body: String) -> Self {
        self.body = Some(Bytes::from(body));
        self.header(header::CONTENT_TYPE, "application/json")
    }

    /// Sends it and waits for the whole answer, of whatever status.
    pub(crate) async fn send(self) -> Result<Heard, End> {
        let invalid = End::Hopeless(ChatErrorCode::InvalidUrl);
        let host = self.url.host_str().ok_or(invalid)?;
        let host = host.trim_matches(['[', ']']).to_owned();
        let port = self.url.port_or_known_default().ok_or(invalid)?;
        let secured = match self.url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(invalid),
        };
        let (most, within) = (self.most, self.within);
        let request = self.request()?;
        let dialling = async {
            let stream = dial::tcp(&host, port).await?;
            if !secured {
                return Ok(Link::Plain(stream));
            }
            let client = dial::tls_client(&Tls::System)
                .await?
                .ok_or(End::Lost(ChatErrorCode::TlsRefused))?;
            let name = ServerName::try_from(host.clone()).map_err(|_| invalid)?;
            TlsConnector::from(client)
                .connect(name, stream)
                .await
                .map(|stream| Link::Tls(Box::new(stream)))
                .map_err(|error| {
                    tracing::debug!(%error, host, "tls handshake failed");
                    End::Lost(ChatErrorCode::TlsRefused)
                })
        };
        let slow = |_| End::Lost(ChatErrorCode::TimedOut);
        let link = timeout(dial::CONNECT_WITHIN, dialling)
            .await
            .map_err(slow)??;
        let talked = match link {
            Link::Plain(stream) => timeout(within, talk(stream, request, most)).await,
            Link::Tls(stream) => timeout(within, talk(stream, request, most)).await,
        };
        talked.map_err(slow)?
    }

    fn request(self) -> Result<Request<Full<Bytes>>, End> {
        let invalid = |_| End::Hopeless(ChatErrorCode::InvalidUrl);
        let target = match self.url.query() {
            Some(query) => format!("{}?{query}", self.url.path()),
            None => self.url.path().to_owned(),
        };
        let host = self.url.host_str().unwrap_or_default();
        let authority = match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let mut request = Request::builder()
            .method(self.method)
            .uri(target)
            .header(header::HOST, authority)
            .header(
                header::USER_AGENT,
                concat!("stallcast/", env!("CARGO_PKG_VERSION")),
            )
            .header(header::ACCEPT, "application/json")
            .header(header::CONNECTION, "close");
        for (name, value) in self.headers {
            // A token with a line break in it was pasted wrongly.
            let mut value = HeaderValue::try_from(value)
                .map_err(|_| End::Hopeless(ChatErrorCode::TokenRefused))?;
            value.set_sensitive(true);
            request = request.header(name, value);
        }
        let body = Full::new(self.body.unwrap_or_default());
        request.body(body).map_err(invalid)
    }
}

enum Link {
    Plain(tokio::net::TcpStream),
    Tls(Box<tokio_rustls::client::TlsStream<tokio::net::TcpStream>>),
}

async fn talk<S>(stream: S, request: Request<Full<Bytes>>, most: usize) -> Result<Heard, End>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let broken = |error: hyper::Error| {
        // Hyper's errors name no address and no header.
        tracing::debug!(%error, "a chat's server broke off");
        End::Lost(ChatErrorCode::ClosedByPeer)
    };
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    let asking = async {
        let answer = sender.send_request(request).await.map_err(broken)?;
        read(answer, most).await
    };
    // The connection moves the bytes while the answer is read; it ends with this future and leaves no task.
    tokio::pin!(connection, asking);
    tokio::select! {
        heard = &mut asking => heard,
        ended = &mut connection => {
            ended.map_err(broken)?;
            asking.await
        }
    }
}

async fn read(answer: Response<hyper::body::Incoming>, most: usize) -> Result<Heard, End> {
    let (head, body) = answer.into_parts();
    let body = Limited::new(body, most).collect().await.map_err(|error| {
        tracing::debug!(%error, "an answer that cannot be read");
        End::Lost(ChatErrorCode::Protocol)
    })?;
    Ok(Heard {
        status: head.status.as_u16(),
        body: body.to_bytes(),
    })
}

impl Heard {
    pub(crate) fn is_fine(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body of a good answer.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, End> {
        serde_json::from_slice(&self.body).map_err(|_| End::Lost(ChatErrorCode::Protocol))
    }
}
