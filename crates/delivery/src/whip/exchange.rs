//! exchange owns one HTTP request and its answer over one connection.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;
use url::Url;

use crate::error::DeliveryErrorCode as Code;
use crate::link::{Link, Security};
use crate::secret::Secret;
use crate::tls::TlsRoots;

/// Time for the answer to a request: some servers reach their media nodes first.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// Largest answer taken; a session description is some kilobytes.
const BODY_MAX: usize = 256 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Options,
    Post,
    Delete,
}

/// A request.
pub(super) struct Ask<'a> {
    pub method: Method,
    pub url: &'a Url,
    pub token: Option<&'a Secret>,
    pub body: String,
    pub roots: &'a TlsRoots,
}

/// An answer.
pub(super) struct Heard {
    pub status: u16,
    pub location: Option<String>,
    /// The values of all `Link` headers.
    pub links: Vec<String>,
    pub body: String,
}

pub(super) async fn ask(ask: Ask<'_>) -> Result<Heard, Code> {
    let host = ask.url.host_str().ok_or(Code::BadUrl)?;
    let bare = host.trim_matches(['[', ']']);
    let port = ask.url.port_or_known_default().ok_or(Code::BadUrl)?;
    let security = match ask.url.scheme() {
        "https" => Security::Tls,
        _ => Security::Plain,
    };
    let link = Link::connect(bare, port, security, ask.roots, 0).await?;
    let request = request(&ask)?;
    timeout(ANSWER_TIMEOUT, talk(link, request))
        .await
        .unwrap_or(Err(Code::NoAnswer))
}

fn request(ask: &Ask<'_>) -> Result<Request<Full<Bytes>>, Code> {
    let target = match ask.url.query() {
        Some(query) => format!("{}?{query}", ask.url.path()),
        None => ask.url.path().to_owned(),
    };
    let host = ask.url.host_str().unwrap_or_default();
    let authority = match ask.url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    let mut request = Request::builder()
        .method(match ask.method {
            Method::Options => hyper::Method::OPTIONS,
            Method::Post => hyper::Method::POST,
            Method::Delete => hyper::Method::DELETE,
        })
        .uri(target)
        .header(header::HOST, authority)
        .header(
            header::USER_AGENT,
            concat!("stallcast/", env!("CARGO_PKG_VERSION")),
        )
        .header(header::CONNECTION, "close");
    if ask.method == Method::Post {
        request = request
            .header(header::CONTENT_TYPE, "application/sdp")
            .header(header::ACCEPT, "application/sdp");
    }
    if let Some(token) = ask.token {
        let mut value = HeaderValue::try_from(format!("Bearer {}", token.reveal().trim()))
            .map_err(|_| Code::NotAuthorized)?;
        value.set_sensitive(true);
        request = request.header(header::AUTHORIZATION, value);
    }
    let body = Full::new(Bytes::from(ask.body.clone()));
    request.body(body).map_err(|_| Code::BadUrl)
}

async fn talk(link: Link, request: Request<Full<Bytes>>) -> Result<Heard, Code> {
    let broken = |error: hyper::Error| {
        tracing::debug!(%error, "the server broke off");
        Code::NoAnswer
    };
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(link))
        .await
        .map_err(broken)?;
    let asking = async {
        let answer = sender.send_request(request).await.map_err(broken)?;
        read(answer).await
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

async fn read(answer: Response<hyper::body::Incoming>) -> Result<Heard, Code> {
    let (head, body) = answer.into_parts();
    let body = Limited::new(body, BODY_MAX).collect().await;
    let body = body.map_err(|error| {
        tracing::debug!(%error, "an answer that cannot be read");
        Code::NoAnswer
    })?;
    Ok(Heard {
        status: head.status.as_u16(),
        location: texts(&head.headers, header::LOCATION).pop(),
        links: texts(&head.headers, header::LINK),
        body: String::from_utf8_lossy(&body.to_bytes()).into_owned(),
    })
}

fn texts(headers: &HeaderMap, name: HeaderName) -> Vec<String> {
    let values = headers.get_all(name).into_iter();
    values
        .filter_map(|value| value.to_str().ok().map(str::to_owned))
        .collect()
}
