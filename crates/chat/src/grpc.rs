//! Owns one server-streaming gRPC call over HTTP/2 (grpc's `PROTOCOL-HTTP2.md`): opening it, cutting its messages, keeping it
//! alive, and its status. Only what a client of one method needs, so that no framework comes with it.

use std::pin::{Pin, pin};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use futures_util::FutureExt;
use h2::client::ResponseFuture;
use h2::{Ping, PingPong, RecvStream};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Request, Version};
use prost::Message;
use tokio::time::timeout;
use url::Url;

use crate::connector::{ChatErrorCode, End};
use crate::dial;

/// Silence after which the server is asked whether it lives.
const ASK_AFTER: Duration = Duration::from_secs(60);
/// How long the answer may take, and a server to take a request.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// What a message begins with: whether it is compressed, and its length.
const PREFIX: usize = 5;

/// How a call ended: gRPC's number, of which 0 is fine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Status(pub(crate) u32);

impl Status {
    const UNKNOWN: Self = Self(2);
    const UNIMPLEMENTED: Self = Self(12);

    /// Whether the server ended it as its own.
    pub(crate) fn is_fine(self) -> bool {
        self.0 == 0
    }

    /// Whether the same call may go well in a moment: the server was busy, broke off, or is done with this connection.
    pub(crate) fn passes(self) -> bool {
        // Fine, cancelled, too late, aborted, internal, unavailable.
        matches!(self.0, 0 | 1 | 4 | 10 | 13 | 14)
    }

    fn of(fields: &HeaderMap) -> Option<Self> {
        let number = fields.get("grpc-status")?.to_str().ok()?.parse();
        Some(number.map_or(Self::UNKNOWN, Self))
    }
}

/// What comes of a call.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// The bytes of a message.
    Message(Bytes),
    /// Nothing more.
    Ended(Status),
}

type Moving = Pin<Box<dyn Future<Output = Result<(), h2::Error>> + Send>>;

/// A call under way.
pub(crate) struct Call {
    // It moves all bytes, and is moved by whoever waits for something of the call; so it leaves no task.
    connection: Moving,
    pings: PingPong,
    answer: Answer,
    came: BytesMut,
    most: usize,
}

/// How far the answer is. A server may say nothing at all before its first message.
enum Answer {
    Awaited(ResponseFuture),
    Streams(RecvStream),
    Ended(Status),
}

fn broken(error: h2::Error) -> End {
    tracing::debug!(%error, "a chat's server broke off");
    End::Lost(ChatErrorCode::ClosedByPeer)
}

fn slow(_: tokio::time::error::Elapsed) -> End {
    End::Lost(ChatErrorCode::TimedOut)
}

impl Call {
    /// Calls the method at `path` (`/package.Service/Method`) of the server at this `http://` or `https://` address; messages
    /// longer than `most` bytes end it. Without TLS it is HTTP/2 from the first byte.
    pub(crate) async fn open(
        server: &Url,
        path: &str,
        key: (HeaderName, &str),
        message: &impl Message,
        most: usize,
    ) -> Result<Self, End> {
        let link = timeout(dial::CONNECT_WITHIN, dial::web(server, Some(b"h2")));
        let link = link.await.map_err(slow)??;
        let request = request(server, path, key)?;
        let opening = async {
            let (sender, mut connection) = h2::client::Builder::new()
                .enable_push(false)
                .handshake::<_, Bytes>(link)
                .await
                .map_err(broken)?;
            let pings = connection.ping_pong();
            let pings = pings.ok_or(End::Lost(ChatErrorCode::Protocol))?;
            let mut connection: Moving = Box::pin(connection);
            let mut sender = moved(&mut connection, sender.ready())
                .await?
                .map_err(broken)?;
            let (answer, mut out) = sender.send_request(request, false).map_err(broken)?;
            out.send_data(framed(message), true).map_err(broken)?;
            Ok(Self {
                connection,
                pings,
                answer: Answer::Awaited(answer),
                came: BytesMut::new(),
                most,
            })
        };
        timeout(ANSWER_WITHIN, opening).await.map_err(slow)?
    }

    /// What comes next. A call that is given up loses nothing.
    pub(crate) async fn next(&mut self) -> Result<Told, End> {
        loop {
            if let Some(message) = self.cut()? {
                return Ok(Told::Message(message));
            }
            if let Answer::Ended(status) = self.answer {
                return Ok(Told::Ended(status));
            }
            match timeout(ASK_AFTER, self.hear()).await {
                Ok(heard) => heard?,
                Err(_) => self.ask().await?,
            }
        }
    }

    /// The next message out of what came.
    fn cut(&mut self) -> Result<Option<Bytes>, End> {
        let protocol = End::Lost(ChatErrorCode::Protocol);
        let Some((prefix, _)) = self.came.split_first_chunk::<PREFIX>() else {
            return Ok(None);
        };
        let [compressed, length @ ..] = *prefix;
        let length = usize::try_from(u32::from_be_bytes(length)).map_err(|_| protocol)?;
        // Compression was not offered.
        if compressed != 0 || length > self.most {
            return Err(protocol);
        }
        if self.came.len() < PREFIX + length {
            return Ok(None);
        }
        self.came.advance(PREFIX);
        Ok(Some(self.came.split_to(length).freeze()))
    }

    async fn hear(&mut self) -> Result<(), End> {
        match &mut self.answer {
            Answer::Awaited(answer) => {
                let (head, body) = moved(&mut self.connection, answer)
                    .await?
                    .map_err(broken)?
                    .into_parts();
                self.answer = match (Status::of(&head.headers), head.status.as_u16()) {
                    (Some(status), _) => Answer::Ended(status),
                    (None, 200) => Answer::Streams(body),
                    // No gRPC there.
                    (None, http) => Answer::Ended(of_http(http)),
                };
            }
            Answer::Streams(body) => {
                let data = moved(&mut self.connection, body.data()).await?;
                match data {
                    Some(data) => {
                        let data = data.map_err(broken)?;
                        // More may come for what was taken.
                        let _ = body.flow_control().release_capacity(data.len());
                        self.came.extend_from_slice(&data);
                    }
                    None => {
                        let last = moved(&mut self.connection, body.trailers()).await?;
                        let last = last.map_err(broken)?.unwrap_or_default();
                        let status = Status::of(&last).unwrap_or(Status::UNKNOWN);
                        self.answer = Answer::Ended(status);
                    }
                }
            }
            Answer::Ended(_) => {}
        }
        Ok(())
    }

    /// Asks whether the server lives.
    async fn ask(&mut self) -> Result<(), End> {
        let asking = moved(&mut self.connection, self.pings.ping(Ping::opaque()));
        let answered = timeout(ANSWER_WITHIN, asking).await.map_err(slow)??;
        answered.map(drop).map_err(broken)
    }
}

/// Waits for something of a connection while moving its bytes.
async fn moved<T>(connection: &mut Moving, wanted: impl Future<Output = T>) -> Result<T, End> {
    let mut wanted = pin!(wanted);
    let ended = tokio::select! {
        biased;
        had = &mut wanted => return Ok(had),
        ended = &mut *connection => ended,
    };
    // It is over and must not be asked again. What came with its last bytes counts all the same.
    *connection = Box::pin(std::future::pending());
    wanted.now_or_never().ok_or_else(|| match ended {
        Ok(()) => End::Lost(ChatErrorCode::ClosedByPeer),
        Err(error) => broken(error),
    })
}

fn request(server: &Url, path: &str, key: (HeaderName, &str)) -> Result<Request<()>, End> {
    let invalid = |_| End::Hopeless(ChatErrorCode::InvalidUrl);
    let mut url = server.clone();
    url.set_path(path);
    let mut request = Request::post(url.as_str())
        .version(Version::HTTP_2)
        .header(header::CONTENT_TYPE, "application/grpc")
        .header(header::TE, "trailers")
        .header(
            header::USER_AGENT,
            concat!("stallcast/", env!("CARGO_PKG_VERSION")),
        )
        .body(())
        .map_err(invalid)?;
    let (name, value) = key;
    // A key with a line break in it was pasted wrongly.
    let mut value =
        HeaderValue::from_str(value).map_err(|_| End::Hopeless(ChatErrorCode::TokenRefused))?;
    value.set_sensitive(true);
    request.headers_mut().insert(name, value);
    Ok(request)
}

fn framed(message: &impl Message) -> Bytes {
    let message = message.encode_to_vec();
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    let mut framed = vec![0];
    framed.extend_from_slice(&length.to_be_bytes());
    framed.extend(message);
    framed.into()
}

/// What an answer of plain HTTP means ("HTTP to gRPC Status Code Mapping").
fn of_http(status: u16) -> Status {
    match status {
        400 => Status(13),
        401 => Status(16),
        403 => Status(7),
        404 => Status::UNIMPLEMENTED,
        429 | 502..=504 => Status(14),
        _ => Status::UNKNOWN,
    }
}
