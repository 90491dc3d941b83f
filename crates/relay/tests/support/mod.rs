//! A world for the relay: a real nats-server with a store of its own, copies of the built program, platforms that push, and
//! studios that dial in.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, dead_code)]

use std::net::TcpListener as StdListener;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use stallcast_hooks::{Hook, Lane, ToRelay, ToStudio};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Longer than any wait that is right, so that only a hang meets it.
pub const PATIENCE: Duration = Duration::from_secs(40);
const RELAY: &str = env!("CARGO_BIN_EXE_stallcast-relay");

fn free_port() -> u16 {
    let listener = StdListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Asks until it is so.
pub async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(Instant::now() < until, "not in time: {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// A real nats-server with JetStream on a free port; its store outlives its process.
pub struct Nats {
    store: TempDir,
    port: u16,
    child: Option<Child>,
}

impl Nats {
    pub async fn start() -> Self {
        let mut nats = Self {
            store: tempfile::tempdir().unwrap(),
            port: free_port(),
            child: None,
        };
        nats.go().await;
        nats
    }

    pub async fn go(&mut self) {
        let child = Command::new("nats-server")
            .args([
                "-a",
                "127.0.0.1",
                "-p",
                &self.port.to_string(),
                "-js",
                "-sd",
            ])
            .arg(self.store.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nats-server is installed");
        self.child = Some(child);
        let port = self.port;
        eventually("nats-server listens", async || {
            TcpStream::connect(("127.0.0.1", port)).await.is_ok()
        })
        .await;
    }

    /// Kills it (SIGKILL).
    pub fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    pub fn address(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Runs the operator's command; its output.
    pub fn operator(&self, words: &[&str]) -> Result<String, String> {
        let output = Command::new(RELAY)
            .args(["--nats", &self.address(), "room"])
            .args(words)
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        if output.status.success() {
            Ok(text(output.stdout))
        } else {
            Err(text(output.stderr))
        }
    }

    /// A room that the operator made.
    pub fn room(&self, name: &str) -> Room {
        Room::printed(&self.operator(&["add", name]).unwrap())
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        if self.child.is_some() {
            self.kill();
        }
    }
}

/// A room as the operator's command printed it.
#[derive(Debug, Clone)]
pub struct Room {
    pub id: String,
    pub key: String,
}

impl Room {
    pub fn printed(text: &str) -> Self {
        let of = |name: &str| {
            let line = text.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().to_owned()
        };
        Self {
            id: of("room"),
            key: of("key"),
        }
    }
}

/// One copy of the relay.
pub struct Copy {
    pub port: u16,
    child: Child,
}

impl Copy {
    pub async fn start(nats: &Nats) -> Self {
        let port = free_port();
        let child = Command::new(RELAY)
            .args(["--nats", &nats.address(), "serve", "--listen"])
            .arg(format!("127.0.0.1:{port}"))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let copy = Self { port, child };
        copy.is_well().await;
        copy
    }

    /// Waits until it says that it can do its work.
    pub async fn is_well(&self) {
        eventually("the copy is well", async || {
            self.health().await == Some(200)
        })
        .await;
    }

    pub async fn health(&self) -> Option<u16> {
        let head = "GET /health HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n";
        ask(self.port, head.as_bytes()).await.map(|answer| answer.0)
    }

    /// What it has in memory, bytes.
    pub fn resident(&self) -> u64 {
        let file = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(file).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.unwrap().trim().trim_end_matches(" kB");
        kib.parse::<u64>().unwrap() << 10
    }

    /// Kills it (SIGKILL).
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Tells it to end (SIGTERM).
    pub fn end(&self) {
        let id = Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        kill(id, Signal::SIGTERM).unwrap();
    }

    pub async fn ended(&mut self) -> ExitStatus {
        let mut status = None;
        eventually("the copy ended", async || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        })
        .await;
        status.unwrap()
    }

    /// Pushes a webhook as a platform does; status and body of the answer.
    pub async fn push(
        &self,
        room: &str,
        kind: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> (u16, String) {
        let mut request = format!(
            "POST /hook/{room}/{kind} HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\
             Content-Length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        request += "\r\n";
        let request = [request.as_bytes(), body].concat();
        ask(self.port, &request).await.expect("an answer")
    }

    /// Pushes a webhook of chat.
    pub async fn chat(&self, room: &Room, body: &str) -> u16 {
        self.push(&room.id, "kick", &[], body.as_bytes()).await.0
    }

    /// A studio that dials in; the status of the refusal when it is refused, or the code that it is sent away with.
    pub async fn studio(&self, room: &Room) -> Result<Studio, u16> {
        let url = format!("ws://127.0.0.1:{}/studio/v1/{}", self.port, room.id);
        let mut request = url.into_client_request().unwrap();
        let key = format!("Bearer {}", room.key).parse().unwrap();
        request.headers_mut().insert("authorization", key);
        match connect_async(request).await {
            Ok((socket, _)) => {
                let mut studio = Studio { socket };
                match studio.hear().await {
                    Ok(ToStudio::Welcome) => Ok(studio),
                    Err(code) => Err(code.unwrap_or_default()),
                    other => panic!("no welcome: {other:?}"),
                }
            }
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends bytes and reads the whole answer; `None` when there is none.
pub async fn ask(port: u16, request: &[u8]) -> Option<(u16, String)> {
    let asking = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
        // It may answer, and close, before it has read all of it.
        let _ = stream.write_all(request).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some((status, body.to_owned()))
    };
    timeout(PATIENCE, asking).await.expect("an answer in time")
}

/// A studio's connection.
pub struct Studio {
    pub socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Studio {
    /// What the relay says next, or the code that it closed with.
    pub async fn hear(&mut self) -> Result<ToStudio, Option<u16>> {
        loop {
            let message = timeout(PATIENCE, self.socket.next()).await;
            match message.expect("something in time") {
                Some(Ok(Message::Binary(bytes))) => {
                    return Ok(ToStudio::from_bytes(&bytes).expect("a frame"));
                }
                Some(Ok(Message::Close(frame))) => return Err(frame.map(|it| it.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    /// The next webhook.
    pub async fn hook(&mut self) -> (Lane, u64, Hook) {
        match self.hear().await {
            Ok(ToStudio::Hook { lane, seq, hook }) => (lane, seq, hook),
            other => panic!("expected a webhook, got {other:?}"),
        }
    }

    /// The next webhook's body, which is taken.
    pub async fn take(&mut self) -> String {
        let (lane, seq, hook) = self.hook().await;
        self.taken(lane, seq).await;
        String::from_utf8(hook.body.to_vec()).unwrap()
    }

    pub async fn taken(&mut self, lane: Lane, seq: u64) {
        let said = ToRelay::Taken { lane, seq };
        self.say(said.to_bytes()).await;
    }

    pub async fn say(&mut self, bytes: Bytes) {
        let _ = self.socket.send(Message::Binary(bytes)).await;
    }

    /// Waits until the relay has heard everything that was said.
    pub async fn heard(&mut self) {
        let ping = Message::Ping(Bytes::from_static(b"all"));
        self.socket.send(ping).await.unwrap();
        loop {
            let message = timeout(PATIENCE, self.socket.next()).await.unwrap();
            match message.expect("it is open").unwrap() {
                Message::Pong(said) if said == "all" => return,
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("expected nothing more, got {other:?}"),
            }
        }
    }

    /// Hangs up and waits until the relay has heard it.
    pub async fn close(mut self) {
        let _ = self.socket.close(None).await;
        while self.hear().await.is_ok() {}
    }
}
