//! A WebSocket to the engine, as a page opens it.

use futures_util::{SinkExt, StreamExt};
use stallcast_wire::{ChatPlace, ClientMessage};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// The socket, after the page has said hello on it.
#[derive(Debug)]
pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Opens it at `path` of the API and says hello with a session's token.
    pub async fn open(port: u16, path: &str, token: &str) -> Self {
        Self::open_at(port, path, token, None).await
    }

    /// As [`Socket::open`], and says how far it has the chat.
    pub async fn open_at(port: u16, path: &str, token: &str, chat: Option<ChatPlace>) -> Self {
        let address = format!("ws://127.0.0.1:{port}{path}");
        let (socket, _) = connect_async(address)
            .await
            .expect("a WebSocket to the engine");
        let mut socket = Self(socket);
        let hello = ClientMessage::Hello {
            token: token.to_owned(),
            lang: "en".into(),
            chat,
        };
        socket.send(&hello).await;
        socket
    }

    /// Sends a message.
    pub async fn send(&mut self, message: &ClientMessage) {
        let text = serde_json::to_string(message).unwrap();
        self.0.send(Message::Text(text.into())).await.unwrap();
    }

    /// The next message as it comes; `None` when the engine is gone.
    pub async fn next(&mut self) -> Option<Message> {
        match self.0.next().await? {
            Ok(Message::Close(_)) | Err(_) => None,
            Ok(message) => Some(message),
        }
    }
}
