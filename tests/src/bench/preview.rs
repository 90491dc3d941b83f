//! A page that looks at the preview: takes every picture and says that it was drawn.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use stallcast_show::Canvas;
use stallcast_wire::ClientMessage;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;

use crate::world::Socket;

/// First bytes of a preview message; a number (4 bytes) and a time (8) follow, then the JPEG.
const MAGIC: &[u8] = b"SCP1";
const HEAD: usize = 16;

/// A session on `/api/preview`.
#[derive(Debug)]
pub struct PreviewClient {
    socket: Socket,
}

impl PreviewClient {
    /// Opens a session on the first canvas and says hello.
    pub async fn open(port: u16, token: &str) -> Self {
        Self::open_of(port, token, Canvas::Landscape).await
    }

    /// The same on this canvas.
    pub async fn open_of(port: u16, token: &str, canvas: Canvas) -> Self {
        let path = format!("/api/preview?canvas={}", canvas.name());
        let socket = Socket::open(port, &path, token).await;
        Self { socket }
    }

    /// The next picture, a JPEG file, and acknowledges it; `None` when the engine is gone.
    pub async fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            let Message::Binary(bytes) = self.socket.next().await? else {
                continue;
            };
            assert_eq!(&bytes[..4], MAGIC, "a preview message");
            let jpeg = bytes[HEAD..].to_vec();
            assert_eq!(&jpeg[..2], &[0xff, 0xd8], "a JPEG");
            let seq = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]);
            self.socket.send(&ClientMessage::Ack { seq }).await;
            return Some(jpeg);
        }
    }

    /// Looks on in a task of its own until that is aborted or the engine is gone, and counts the pictures.
    pub fn look_on(mut self, counter: Arc<AtomicU64>) -> JoinHandle<()> {
        tokio::spawn(async move {
            while self.next().await.is_some() {
                counter.fetch_add(1, Ordering::Relaxed);
            }
        })
    }
}
