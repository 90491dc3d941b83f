//! A page that looks at the preview: takes every picture and says that it was drawn.

use futures_util::{SinkExt, StreamExt};
use stallcast_show::Canvas;
use stallcast_wire::ClientMessage;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// First bytes of a preview message; a number (4 bytes) and a time (8) follow, then the JPEG.
const MAGIC: &[u8] = b"SCP1";
const HEAD: usize = 16;

/// A session on `/api/preview`.
#[derive(Debug)]
pub struct PreviewClient {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl PreviewClient {
    /// Opens a session on the first canvas and says hello.
    pub async fn open(port: u16, token: &str) -> Self {
        Self::open_of(port, token, Canvas::Landscape).await
    }

    /// The same on this canvas.
    pub async fn open_of(port: u16, token: &str, canvas: Canvas) -> Self {
        let name = canvas.name();
        let address = format!("ws://127.0.0.1:{port}/api/preview?canvas={name}");
        let (socket, _) = connect_async(address)
            .await
            .expect("a WebSocket to the preview");
        let mut client = Self { socket };
        client
            .send(&ClientMessage::Hello {
                token: token.to_owned(),
                lang: "en".into(),
            })
            .await;
        client
    }

    async fn send(&mut self, message: &ClientMessage) {
        let text = serde_json::to_string(message).unwrap();
        self.socket.send(Message::Text(text.into())).await.unwrap();
    }

    /// The next picture, a JPEG file, and acknowledges it; `None` when the engine is gone.
    pub async fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            match self.socket.next().await? {
                Ok(Message::Binary(bytes)) => {
                    assert_eq!(&bytes[..4], MAGIC, "a preview message");
                    let jpeg = bytes[HEAD..].to_vec();
                    assert_eq!(&jpeg[..2], &[0xff, 0xd8], "a JPEG");
                    let seq = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]);
                    self.send(&ClientMessage::Ack { seq }).await;
                    return Some(jpeg);
                }
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// Looks on in a task of its own until that is aborted or the engine is gone; gives the
    /// number of pictures then.
    pub fn look_on(
        mut self,
        counter: std::sync::Arc<std::sync::atomic::AtomicU64>,
    ) -> JoinHandle<()> {
        tokio::spawn(async move {
            while self.next().await.is_some() {
                counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
        })
    }
}
