//! What the connector tests share: a real IRC server, a scripted one, and waiting for a status.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, dead_code)]

pub mod fake;
pub mod signed;
pub mod tokens;

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use stallcast_chat::{Clock, ConnectorStatus, Incoming};
use stallcast_show::{At, ChatLine};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

/// Longer than any wait that is right (10 s between attempts), so that only a hang meets it.
pub const PATIENCE: Duration = Duration::from_secs(40);

pub fn wall_clock() -> Clock {
    Arc::new(|| {
        let since = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap();
        At(i64::try_from(since.as_millis()).unwrap())
    })
}

pub async fn until(
    status: &mut watch::Receiver<ConnectorStatus>,
    what: &str,
    holds: impl Fn(&ConnectorStatus) -> bool,
) -> ConnectorStatus {
    let found = timeout(PATIENCE, status.wait_for(holds))
        .await
        .map(|found| found.map(|status| status.clone()));
    match found {
        Ok(Ok(found)) => found,
        Ok(Err(_)) => panic!("the connector ended before: {what}"),
        Err(_) => panic!("waited too long for: {what}; status {:?}", status.borrow()),
    }
}

pub async fn next_line(lines: &mut mpsc::Receiver<Incoming>) -> ChatLine {
    match timeout(PATIENCE, lines.recv()).await {
        Ok(Some(Incoming::Line(line))) => line,
        other => panic!("expected a line, got {other:?}"),
    }
}

/// A port nobody listens on at this moment.
pub async fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}

/// A real ngircd in the foreground; killed with its handle.
pub struct Ngircd {
    child: Child,
}

impl Ngircd {
    /// Whether the program is installed; a missing one is said aloud, not passed over.
    pub fn installed() -> bool {
        let found = Command::new("ngircd")
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok();
        if !found {
            eprintln!("NOT RUN: ngircd is not installed, the real IRC server is not tested here");
        }
        found
    }

    /// Starts it with the configuration in `folder` and waits until it accepts connections.
    pub async fn start(folder: &Path, port: u16, tls: bool) -> Self {
        let ports = if tls {
            String::new()
        } else {
            format!("Ports = {port}\n")
        };
        let ssl = if tls {
            format!(
                "[SSL]\nCertFile = {0}/cert.pem\nKeyFile = {0}/key.pem\nPorts = {port}\n",
                folder.display()
            )
        } else {
            String::new()
        };
        let config = folder.join("ngircd.conf");
        std::fs::write(
            &config,
            format!(
                "[Global]\nName = irc.test.local\nInfo = test\nListen = 127.0.0.1\n{ports}MotdPhrase = hello\n\
                 [Limits]\nMaxConnectionsIP = 0\n[Options]\nDNS = no\nIdent = no\nPAM = no\n{ssl}"
            ),
        )
        .unwrap();
        let child = Command::new("ngircd")
            .args(["--nodaemon", "--config"])
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut server = Self { child };
        timeout(PATIENCE, async {
            loop {
                if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                    return;
                }
                assert_eq!(server.child.try_wait().unwrap(), None, "ngircd ended");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await
        .expect("ngircd listens");
        server
    }

    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Ngircd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One end of a line conversation, for a scripted server or a second client.
pub struct Peer {
    pub lines: Lines<BufReader<OwnedReadHalf>>,
    pub out: OwnedWriteHalf,
}

impl Peer {
    pub fn new(stream: TcpStream) -> Self {
        let (read, out) = stream.into_split();
        Self {
            lines: BufReader::new(read).lines(),
            out,
        }
    }

    pub async fn say(&mut self, text: &str) {
        self.out.write_all(text.as_bytes()).await.unwrap();
    }

    /// Reads until a line contains `what`; `None` when the peer left first.
    pub async fn hear(&mut self, what: &str) -> Option<String> {
        timeout(PATIENCE, async {
            while let Ok(Some(line)) = self.lines.next_line().await {
                if line.contains(what) {
                    return Some(line);
                }
            }
            None
        })
        .await
        .unwrap_or_else(|_| panic!("never heard {what}"))
    }
}

/// A server that speaks Twitch's dialect and then what the test says.
pub struct Scripted {
    listener: TcpListener,
}

impl Scripted {
    pub async fn listen() -> (Self, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (Self { listener }, address)
    }

    /// Takes the next client through registration and join.
    pub async fn welcome(&self) -> Peer {
        let mut peer = self.accept().await;
        Self::let_in(&mut peer).await;
        peer
    }

    /// The next client, to whom nothing was said yet.
    pub async fn accept(&self) -> Peer {
        let (stream, _) = timeout(PATIENCE, self.listener.accept())
            .await
            .expect("a client comes")
            .unwrap();
        Peer::new(stream)
    }

    /// Takes a client through registration and join, as Twitch does.
    pub async fn let_in(peer: &mut Peer) {
        let asked = peer.hear("CAP REQ").await.unwrap();
        assert_eq!(asked, "CAP REQ :twitch.tv/tags twitch.tv/commands");
        let nick = peer.hear("NICK ").await.unwrap();
        let nick = nick.trim_start_matches("NICK ").to_owned();
        assert!(nick.starts_with("justinfan"), "{nick}");
        peer.say(&format!(
            ":tmi.twitch.tv CAP * ACK :twitch.tv/tags twitch.tv/commands\r\n:tmi.twitch.tv 001 {nick} :Welcome, GLHF!\r\n"
        ))
        .await;
        let join = peer.hear("JOIN ").await.unwrap();
        let room = join.trim_start_matches("JOIN ").to_owned();
        peer.say(&format!(
            ":{nick}!{nick}@{nick}.tmi.twitch.tv JOIN {room}\r\n:{nick}.tmi.twitch.tv 366 {nick} {room} :End of /NAMES list\r\n"
        ))
        .await;
    }
}
