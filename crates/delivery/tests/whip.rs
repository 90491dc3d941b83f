//! WHIP's HTTP exchange, against servers that the tests play word by word.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::{Arc, Mutex};

use stallcast_delivery::{DeliveryErrorCode as Code, Secret, TlsRoots, WhipEndpoint};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n";
const ANSWER: &str = "v=0\r\no=- 2 2 IN IP4 0.0.0.0\r\n";

/// A server that answers each request with what `answer` makes of it.
struct Server {
    base: String,
    asked: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Server {
    async fn start(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let heard = Arc::clone(&asked);
        let answer = Arc::new(answer);
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let (heard, answer) = (Arc::clone(&heard), Arc::clone(&answer));
                connections.spawn(async move {
                    let mut request = Vec::new();
                    let mut part = [0; 4096];
                    let whole = loop {
                        let count = stream.read(&mut part).await.unwrap();
                        if count == 0 {
                            return;
                        }
                        request.extend_from_slice(&part[..count]);
                        let text = String::from_utf8_lossy(&request).into_owned();
                        let Some((head, body)) = text.split_once("\r\n\r\n") else {
                            continue;
                        };
                        let length = head
                            .lines()
                            .find_map(|line| {
                                line.to_lowercase()
                                    .strip_prefix("content-length: ")
                                    .map(str::to_owned)
                            })
                            .map_or(0, |length| length.parse().unwrap());
                        if body.len() >= length {
                            break text;
                        }
                    };
                    heard.lock().unwrap().push(whole.clone());
                    let _ = stream.write_all(answer(&whole).as_bytes()).await;
                });
            }
        });
        Self { base, asked, task }
    }

    fn endpoint(&self, path: &str, token: &str) -> WhipEndpoint {
        let url = format!("{}{path}", self.base);
        WhipEndpoint::parse(&url, &Secret::new(token), TlsRoots::System).unwrap()
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn reply(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    request.lines().find_map(|line| {
        let (n, value) = line.split_once(": ")?;
        n.eq_ignore_ascii_case(name).then_some(value)
    })
}

#[tokio::test]
async fn an_offer_is_answered_and_the_session_ended_where_the_server_said() {
    let server = Server::start(|request| match request.split(' ').next() {
        Some("POST") => reply(
            "201 Created",
            "content-type: application/sdp\r\nlocation: /session/7\r\n\
             link: <stun:stun.example>; rel=\"ice-server\"\r\n\
             link: <turn:turn.example>; rel=\"ice-server\"; username=\"u\"; credential=\"c\"\r\n",
            ANSWER,
        ),
        _ => reply("200 OK", "", ""),
    })
    .await;
    let answer = server
        .endpoint("/whip", "token-1")
        .publish(OFFER.into())
        .await
        .unwrap();
    assert_eq!(answer.sdp, ANSWER);
    let helpers: Vec<&str> = answer.ice_servers.iter().map(|s| s.url.as_str()).collect();
    assert_eq!(helpers, ["stun:stun.example", "turn:turn.example"]);
    answer.session.end().await;
    let asked = server.asked();
    assert!(asked[0].starts_with("POST /whip HTTP/1.1"), "{}", asked[0]);
    assert_eq!(header(&asked[0], "content-type"), Some("application/sdp"));
    assert!(asked[0].ends_with(OFFER));
    assert!(
        asked[1].starts_with("DELETE /session/7 HTTP/1.1"),
        "{}",
        asked[1]
    );
    for request in &asked {
        assert_eq!(header(request, "authorization"), Some("Bearer token-1"));
    }
}

#[tokio::test]
async fn refusals_say_what_a_person_can_do() {
    for (status, code) in [
        ("401 Unauthorized", Code::NotAuthorized),
        ("403 Forbidden", Code::NotAuthorized),
        ("404 Not Found", Code::NotFound),
        ("406 Not Acceptable", Code::FormatRefused),
        ("409 Conflict", Code::PublishRejected("HTTP 409".into())),
        ("503 Busy", Code::PublishRejected("HTTP 503".into())),
        ("200 OK", Code::NoAnswer),
    ] {
        let server = Server::start(move |_| reply(status, "", "no")).await;
        let outcome = server.endpoint("/whip", "t").publish(OFFER.into()).await;
        assert_eq!(outcome.err(), Some(code), "{status}");
    }
    let page = Server::start(|_| reply("201 Created", "", "<html>welcome</html>")).await;
    let outcome = page.endpoint("/whip", "").publish(OFFER.into()).await;
    assert_eq!(outcome.err(), Some(Code::NoAnswer));
    assert_eq!(header(&page.asked()[0], "authorization"), None);
}

#[tokio::test]
async fn a_redirect_is_followed_and_the_token_stays_behind_where_it_could_be_read() {
    let other = Server::start(|_| reply("201 Created", "location: /s\r\n", ANSWER)).await;
    let place = format!("{}/whip2", other.base);
    let first = Server::start(move |_| {
        reply(
            "307 Temporary Redirect",
            &format!("location: {place}\r\n"),
            "",
        )
    })
    .await;
    let answer = first
        .endpoint("/whip", "token")
        .publish(OFFER.into())
        .await
        .unwrap();
    assert_eq!(answer.sdp, ANSWER);
    assert_eq!(
        header(&first.asked()[0], "authorization"),
        Some("Bearer token")
    );
    let asked = other.asked();
    assert!(asked[0].starts_with("POST /whip2") && asked[0].ends_with(OFFER));
    assert_eq!(header(&asked[0], "authorization"), None);

    let far = Server::start(|_| reply("308 Moved", "location: http://whip.example/\r\n", "")).await;
    let outcome = far.endpoint("/whip", "token").publish(OFFER.into()).await;
    assert_eq!(outcome.err(), Some(Code::NotSecure));
    let circle =
        Server::start(|_| reply("307 Temporary Redirect", "location: /whip\r\n", "")).await;
    let outcome = circle
        .endpoint("/whip", "token")
        .publish(OFFER.into())
        .await;
    assert_eq!(outcome.err(), Some(Code::NoAnswer));
}

#[tokio::test]
async fn a_probe_asks_without_publishing() {
    let server = Server::start(|_| reply("204 No Content", "", "")).await;
    assert_eq!(server.endpoint("/whip", "t").probe().await, Ok(()));
    assert!(server.asked()[0].starts_with("OPTIONS /whip"));
    let old = Server::start(|_| reply("405 Method Not Allowed", "", "")).await;
    assert_eq!(old.endpoint("/whip", "t").probe().await, Ok(()));
    let gone = Server::start(|_| reply("404 Not Found", "", "")).await;
    assert_eq!(
        gone.endpoint("/whip", "t").probe().await,
        Err(Code::NotFound)
    );
    let base = gone.base.clone();
    drop(gone);
    tokio::task::yield_now().await;
    let nobody = WhipEndpoint::parse(&base, &Secret::default(), TlsRoots::System).unwrap();
    assert_eq!(nobody.probe().await, Err(Code::Refused));
}

#[tokio::test]
async fn what_is_no_web_server_gives_no_answer() {
    let server = Server::start(|_| "RTMP?\r\n".to_owned()).await;
    let outcome = server.endpoint("/whip", "").publish(OFFER.into()).await;
    assert_eq!(outcome.err(), Some(Code::NoAnswer));
}
