//! Owns the connection over which a relay brings the team's phones: a WebSocket as a plain stream of bytes. What is spoken in
//! it (HTTP/2, see `stallcast_hooks`) is its owner's.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use stallcast_hooks::{DOOR_PATH, DOOR_PIECE, TEAM_PATH};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex, split};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use url::Url;

use crate::connector::{ChatErrorCode, End};
use crate::relay::{REPLACED, url_at};
use crate::secret::Secret;
use crate::socket::{ANSWER_WITHIN, code_of, dial_as};
use crate::spec::Tls;

/// Bytes between the WebSocket and what is spoken in it.
const BETWEEN: usize = 64 * 1024;
/// The relay's code for a key that opens nothing any more.
const LOCKED: u16 = 4002;
/// Its codes for "come again": it ends, or its store is away.
const AGAIN: [u16; 2] = [1012, 1013];

/// A room of a relay, and what opens it.
#[derive(Clone, PartialEq, Eq)]
pub struct RelayRoom {
    /// `https://` address of the relay; `http://` to this machine or one near by.
    pub address: String,
    /// The room's id.
    pub room: String,
    /// The room's key.
    pub key: Secret,
}

impl RelayRoom {
    /// Where the team's page is, without the slash behind it; `None` when the address or the room cannot be one.
    pub fn page(&self) -> Option<Url> {
        url_at(&self.address, &self.room, TEAM_PATH, ["https", "http"])
    }

    /// Dials out to the relay.
    ///
    /// # Errors
    /// Why it does not let this studio in.
    pub async fn open_door(&self) -> Result<RelayDoor, ChatErrorCode> {
        let url = url_at(&self.address, &self.room, DOOR_PATH, ["wss", "ws"]);
        let url = url.ok_or(ChatErrorCode::InvalidUrl)?;
        let dialled = dial_as(&Tls::System, url.as_str(), self.key.reveal(), DOOR_PIECE).await;
        match dialled {
            Ok(socket) => Ok(RelayDoor { socket }),
            Err(End::Lost(code) | End::Later(code, _) | End::Hopeless(code)) => Err(code),
            Err(End::SinkClosed) => Err(ChatErrorCode::ClosedByPeer),
        }
    }
}

/// The connection.
pub struct RelayDoor {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl RelayDoor {
    /// The stream, and what moves its bytes for as long as it is waited for: why it ended.
    pub fn run(self) -> (DuplexStream, impl Future<Output = ChatErrorCode> + Send) {
        let (near, far) = duplex(BETWEEN);
        (near, carry(self.socket, far))
    }
}

async fn carry(
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    far: DuplexStream,
) -> ChatErrorCode {
    let (mut out, mut coming) = socket.split();
    let (mut read, mut write) = split(far);
    let hearing = async {
        loop {
            match coming.next().await {
                Some(Ok(Message::Binary(bytes))) => {
                    if write.write_all(&bytes).await.is_err() {
                        return ChatErrorCode::ClosedByPeer;
                    }
                }
                Some(Ok(Message::Close(frame))) => {
                    let code = frame.map_or(0, |frame| frame.code.into());
                    return match code {
                        REPLACED => ChatErrorCode::Replaced,
                        LOCKED => ChatErrorCode::TokenRefused,
                        code if AGAIN.contains(&code) => ChatErrorCode::ReconnectAsked,
                        _ => ChatErrorCode::ClosedByPeer,
                    };
                }
                Some(Ok(Message::Text(_))) => return ChatErrorCode::Protocol,
                Some(Ok(_)) => {}
                Some(Err(error)) => return code_of(&error),
                None => return ChatErrorCode::ClosedByPeer,
            }
        }
    };
    let saying = async {
        let mut piece = vec![0; DOOR_PIECE];
        loop {
            let Ok(length @ 1..) = read.read(&mut piece).await else {
                return ChatErrorCode::ClosedByPeer;
            };
            let bytes = Bytes::copy_from_slice(piece.get(..length).unwrap_or_default());
            match timeout(ANSWER_WITHIN, out.send(Message::Binary(bytes))).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return code_of(&error),
                Err(_) => return ChatErrorCode::TimedOut,
            }
        }
    };
    tokio::select! {
        // The relay's own reason before that of a stream that ended with it.
        biased;
        code = hearing => code,
        code = saying => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_where_the_relay_is() {
        let page = |address: &str| {
            let room = RelayRoom {
                address: address.into(),
                room: "abcdefghij234567abcd".into(),
                key: Secret::new("k"),
            };
            room.page().map(|url| url.to_string())
        };
        for (address, url) in [
            ("https://relay.example", "https://relay.example/team/"),
            (
                "https://relay.example:8443/a/",
                "https://relay.example:8443/a/team/",
            ),
            ("wss://relay.example", "https://relay.example/team/"),
            ("http://127.0.0.1:8460", "http://127.0.0.1:8460/team/"),
        ] {
            assert_eq!(page(address), Some(format!("{url}abcdefghij234567abcd")));
        }
        assert_eq!(page("http://relay.example"), None);
    }
}
