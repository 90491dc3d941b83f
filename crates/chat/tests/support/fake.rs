//! A platform's servers, played by a test: HTTP and WebSocket on one port, one visit at a time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, dead_code)]

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use super::PATIENCE;

pub struct Fake {
    listener: TcpListener,
    pub port: u16,
}

/// A request that waits for its answer.
pub struct Visit {
    stream: TcpStream,
    /// Request line and headers, header names in lower case.
    pub head: String,
    pub body: String,
}

pub type Line = WebSocketStream<TcpStream>;

impl Fake {
    pub async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        Self { listener, port }
    }

    pub fn http_address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn socket_address(&self) -> String {
        format!("ws://127.0.0.1:{}", self.port)
    }

    async fn next(&self) -> TcpStream {
        let accepted = timeout(PATIENCE, self.listener.accept()).await;
        accepted.expect("a client comes").unwrap().0
    }

    /// The next visitor, who has to begin with `expected` (`POST /path`).
    pub async fn http(&self, expected: &str) -> Visit {
        let mut stream = self.next().await;
        let mut bytes = Vec::new();
        let end = loop {
            let mut part = [0; 4_096];
            let count = timeout(PATIENCE, stream.read(&mut part))
                .await
                .unwrap()
                .unwrap();
            assert_ne!(count, 0, "the client hung up; wanted {expected}");
            bytes.extend_from_slice(&part[..count]);
            if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
        };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        assert!(head.starts_with(expected), "wanted {expected}, got {head}");
        let length = head.to_ascii_lowercase();
        let length = length.split("content-length: ").nth(1);
        let length: usize = length.map_or(0, |rest| {
            rest.split("\r\n").next().unwrap().trim().parse().unwrap()
        });
        while bytes.len() < end + length {
            let mut part = [0; 4_096];
            let count = stream.read(&mut part).await.unwrap();
            assert_ne!(count, 0);
            bytes.extend_from_slice(&part[..count]);
        }
        let body = String::from_utf8(bytes[end..].to_vec()).unwrap();
        Visit { stream, head, body }
    }

    /// The next visitor, who has to open a WebSocket at `expected`.
    pub async fn socket(&self, expected: &str) -> Line {
        let stream = self.next().await;
        let mut peeked = [0; 1_024];
        let mut count = 0;
        while !peeked[..count].windows(4).any(|four| four == b"\r\n\r\n") {
            count = stream.peek(&mut peeked).await.unwrap();
            tokio::task::yield_now().await;
        }
        let head = String::from_utf8_lossy(&peeked[..count]).into_owned();
        let path = head.split(' ').nth(1).unwrap();
        assert_eq!(path, expected);
        tokio_tungstenite::accept_async(stream).await.unwrap()
    }
}

/// An answer that goes on.
pub struct Streaming(TcpStream);

impl Streaming {
    pub async fn say(&mut self, text: &str) {
        let chunk = format!("{:x}\r\n{text}\r\n", text.len());
        self.0.write_all(chunk.as_bytes()).await.unwrap();
    }

    /// The regular end.
    pub async fn end(mut self) {
        self.0.write_all(b"0\r\n\r\n").await.unwrap();
        self.0.shutdown().await.unwrap();
    }
}

impl Visit {
    /// Begins an answer of server-sent events.
    pub async fn stream(mut self) -> Streaming {
        let head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
        self.stream.write_all(head).await.unwrap();
        Streaming(self.stream)
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        let mut lines = self.head.lines();
        let found = lines.find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        });
        found.unwrap_or_else(|| panic!("no {name} in {}", self.head))
    }

    pub async fn answer(mut self, status: u16, body: &str) {
        let answer = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(answer.as_bytes()).await.unwrap();
        self.stream.shutdown().await.unwrap();
    }
}

pub async fn say(line: &mut Line, text: &str) {
    line.send(Message::text(text)).await.unwrap();
}

/// The next message of the client.
pub async fn hear(line: &mut Line) -> Message {
    timeout(PATIENCE, line.next())
        .await
        .expect("the client says something")
        .unwrap()
        .unwrap()
}

/// Moves the clock of the test, and with it every wait of the client.
pub async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

/// Round trips over a socket of our own: what was sent to the client before is read by then.
pub async fn turn() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    for _ in 0..5 {
        let mut one = TcpStream::connect(address).await.unwrap();
        let (mut other, _) = listener.accept().await.unwrap();
        one.write_all(b"?").await.unwrap();
        other.read_u8().await.unwrap();
    }
}
