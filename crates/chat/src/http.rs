//! Owns one HTTP request and its answer, over a connection of its own: read whole, or as it comes.

use std::pin::Pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use url::Url;

use crate::connector::{ChatErrorCode, End};
use crate::dial::{self, Link};

/// Time for an answer, its body included: the studio's bound for any attempt.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// A request. Headers are marked as sensitive: what is in them is nobody's to log.
pub(crate) struct Ask {
    method: Method,
    url: Url,
    headers: Vec<(HeaderName, String)>,
    body: Option<Bytes>,
    accept: &'static str,
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
            accept: "application/json",
            most: 64 * 1024,
            within: ANSWER_WITHIN,
        }
    }

    /// The largest answer taken, in bytes.
    pub(crate) fn most(mut self, bytes: usize) -> Self {
        self.most = bytes;
        self
    }

    /// Wants server-sent events rather than JSON.
    pub(crate) fn events(mut self) -> Self {
        self.accept = "text/event-stream";
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

    /// Fields as a form sends them.
    pub(crate) fn form(mut self, fields: &[(&str, &str)]) -> Self {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        self.body = Some(Bytes::from(form.finish()));
        self.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
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
        let (most, within) = (self.most, self.within);
        let link = self.link().await?;
        let talking = async {
            let mut flow = self.over(link).await?;
            let body = flow.whole(most).await?;
            Ok(Heard {
                status: flow.status,
                body,
            })
        };
        timeout(within, talking).await.map_err(slow)?
    }

    /// Sends it and waits for the head of the answer, whose body then comes for as long as the server likes.
    pub(crate) async fn open(self) -> Result<Flow, End> {
        let link = self.link().await?;
        timeout(ANSWER_WITHIN, self.over(link))
            .await
            .map_err(slow)?
    }

    async fn link(&self) -> Result<Link, End> {
        let dialling = dial::web(&self.url, None);
        timeout(dial::CONNECT_WITHIN, dialling)
            .await
            .map_err(slow)?
    }

    async fn over(self, link: Link) -> Result<Flow, End> {
        let request = self.request()?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(link))
            .await
            .map_err(broken)?;
        let mut connection: Moving = Box::pin(connection);
        let mut asking = Box::pin(sender.send_request(request));
        // The connection moves the bytes while the answer is read; it ends with the flow and leaves no task.
        let (answer, ended) = tokio::select! {
            answer = &mut asking => (answer, false),
            ended = &mut connection => {
                ended.map_err(broken)?;
                (asking.as_mut().await, true)
            }
        };
        drop(asking);
        let (head, body) = answer.map_err(broken)?.into_parts();
        Ok(Flow {
            status: head.status.as_u16(),
            body,
            connection,
            ended,
            _sender: sender,
        })
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
            .header(header::ACCEPT, self.accept)
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

fn slow(_: tokio::time::error::Elapsed) -> End {
    End::Lost(ChatErrorCode::TimedOut)
}

fn broken(error: hyper::Error) -> End {
    // Hyper's errors name no address and no header.
    tracing::debug!(%error, "a chat's server broke off");
    End::Lost(ChatErrorCode::ClosedByPeer)
}

type Moving = Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>;

/// An answer whose body comes piece by piece.
pub(crate) struct Flow {
    /// The status of the answer.
    pub(crate) status: u16,
    body: Incoming,
    connection: Moving,
    ended: bool,
    _sender: SendRequest<Full<Bytes>>,
}

impl Flow {
    /// The next piece; `None` at the end. A call that is given up loses nothing.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, End> {
        loop {
            let frame = tokio::select! {
                frame = self.body.frame() => frame,
                ended = &mut self.connection, if !self.ended => {
                    self.ended = true;
                    ended.map_err(broken)?;
                    continue;
                }
            };
            match frame {
                None => return Ok(None),
                Some(frame) => {
                    if let Ok(bytes) = frame.map_err(broken)?.into_data() {
                        return Ok(Some(bytes));
                    }
                }
            }
        }
    }

    /// All that still comes, at most `most` bytes.
    pub(crate) async fn whole(&mut self, most: usize) -> Result<Bytes, End> {
        let mut whole = BytesMut::new();
        while let Some(piece) = self.next().await? {
            if whole.len() + piece.len() > most {
                tracing::debug!("an answer that is too long");
                return Err(End::Lost(ChatErrorCode::Protocol));
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }
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
