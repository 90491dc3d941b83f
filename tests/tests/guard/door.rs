//! A quiet studio with goods, the team's door open on this machine alone, and ways in.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use futures_util::SinkExt;
use serde_json::{Value, json};
use stallcast_show::Role;
use stallcast_tests::stage::{import_orchard, studio};
use stallcast_tests::world::{Engine, PATIENCE, Session, http};
use stallcast_wire::{ClientMessage, InviteMade, Request, TeamSettings};
use tokio::net::TcpStream as AsyncStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// A WebSocket that says what no page says.
pub type Raw = WebSocketStream<MaybeTlsStream<AsyncStream>>;

/// The engine with both doors open.
pub struct Doors {
    pub engine: Engine,
    pub owner: Session,
    /// Of the team's door.
    pub port: u16,
}

impl Doors {
    pub async fn open() -> Self {
        let engine = studio(BTreeMap::new());
        let mut owner = engine.session().await;
        import_orchard(&engine, &mut owner).await;
        let settings = TeamSettings {
            on: true,
            bind: "127.0.0.1".into(),
            ..TeamSettings::default()
        };
        owner.request(Request::SetTeam { settings }).await.unwrap();
        let listens = |it: &Session| it.team.as_ref()?.port;
        let port = owner.until(PATIENCE, "the door", listens).await;
        Self {
            engine,
            owner,
            port,
        }
    }

    /// The token of a new member's device.
    pub async fn member(&mut self, role: Role) -> String {
        let request = Request::Invite {
            name: format!("{role:?}"),
            role,
            needs_yes: false,
            minutes: 10,
        };
        let made = self.owner.request(request).await.unwrap();
        let made: InviteMade = serde_json::from_value(made).unwrap();
        let secret = made.links[0].url.split_once("/#join=").unwrap().1;
        let body = json!({ "secret": secret }).to_string();
        let kind = [("Content-Type", "application/json")];
        let joined = http(self.port, "POST", "/api/team/join", &kind, body.as_bytes()).unwrap();
        assert_eq!(joined.status, 200, "{}", joined.text());
        let joined: Value = serde_json::from_slice(&joined.body).unwrap();
        joined["token"].as_str().unwrap().to_owned()
    }

    /// Nothing of the engine fell over, and it still does what it is told.
    pub async fn is_well(&mut self) {
        // The one of before may not have read for long.
        self.owner = self.engine.session().await;
        let name = "is well".to_owned();
        let rename = stallcast_show::Command::Rename { name };
        self.owner.command(rename).await.unwrap();
        let log = self.engine.log();
        let fallen = log.lines().find(|line| line.contains("panicked"));
        assert!(fallen.is_none(), "{fallen:?}");
    }

    /// What the engine has in memory, bytes.
    pub fn resident(&self) -> u64 {
        let file = format!("/proc/{}/status", self.engine.pid());
        let status = std::fs::read_to_string(file).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.unwrap().trim().trim_end_matches(" kB");
        kib.parse::<u64>().unwrap() << 10
    }
}

/// A socket on which the hello was said; what comes of it is left to be read.
pub async fn greeted(port: u16, path: &str, token: &str) -> Raw {
    let (mut socket, _) = connect_async(format!("ws://127.0.0.1:{port}{path}"))
        .await
        .expect("a WebSocket to the engine");
    let hello = ClientMessage::Hello {
        token: token.to_owned(),
        lang: "en".into(),
        chat: None,
    };
    let hello = serde_json::to_string(&hello).unwrap();
    socket.send(Message::text(hello)).await.unwrap();
    socket
}

/// Everything that comes back for these very bytes, until the engine hangs up or has been silent for so long.
pub fn says(port: u16, bytes: &[u8], silence: Duration) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(silence)).unwrap();
    // It may hang up in the middle.
    let _ = stream.write_all(bytes);
    let mut heard = Vec::new();
    let mut piece = [0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut piece) {
        heard.extend_from_slice(&piece[..length]);
    }
    String::from_utf8_lossy(&heard).into_owned()
}

/// The codes that an error may have, as the page knows them.
pub fn codes() -> Vec<String> {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../ui/src/generated/ErrorCode.ts"
    );
    let text = std::fs::read_to_string(file).unwrap();
    let declared = text.split_once("export type ErrorCode =").unwrap().1;
    let quoted = declared.split('"').skip(1).step_by(2);
    quoted.map(str::to_owned).collect()
}
