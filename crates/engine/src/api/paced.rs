//! What leaves for phones elsewhere leaves by the line that the broadcast needs: what is told to a page, and a request's few words,
//! go at once, and files (of the page, pictures) at a pace that all of them share.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// Of all streams together, bytes a second and at once. The page alone, which anybody who knows its address may fetch, is a
/// megabyte.
const ALL: (f64, f64) = (160e3, 256e3);
/// Of one WebSocket, which waits for no file. At once: the state of a show, and the chat of a while.
const SOCKET: (f64, f64) = (32e3, 512e3);
/// Of one request beside that, in writes smaller than [`FEW`].
const REQUEST: (f64, f64) = (16e3, 32e3);
/// Writes of so many bytes are parts of files.
const FEW: usize = 4 * 1024;
/// How the answer begins that makes a WebSocket of a request.
const SWITCHING: &[u8] = b"HTTP/1.1 101";
/// Largest piece that is written before others have their turn, in bytes.
const PIECE: usize = 16 * 1024;

/// So much a second, and at once.
#[derive(Debug)]
struct Flow {
    per_second: f64,
    at_once: f64,
    left: f64,
    at: Instant,
}

impl Flow {
    fn new((per_second, at_once): (f64, f64)) -> Self {
        Self {
            per_second,
            at_once,
            left: at_once,
            at: Instant::now(),
        }
    }

    fn refill(&mut self) {
        let now = Instant::now();
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = now;
        self.left = (self.left + passed * self.per_second).min(self.at_once);
    }

    /// Takes so much if it is there.
    fn take(&mut self, bytes: usize) -> bool {
        self.refill();
        let is_there = self.left >= bytes as f64;
        if is_there {
            self.left -= bytes as f64;
        }
        is_there
    }

    /// Takes so much, also what is not there yet; how long until it is.
    fn owe(&mut self, bytes: usize) -> Duration {
        self.refill();
        self.left -= bytes as f64;
        Duration::from_secs_f64((-self.left / self.per_second).max(0.0))
    }
}

/// The pace of all streams, also of those of the next connection.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    all: Arc<Mutex<Flow>>,
}

impl Pace {
    /// Nothing has left yet.
    pub(super) fn new() -> Self {
        Self {
            all: Arc::new(Mutex::new(Flow::new(ALL))),
        }
    }

    /// A stream at this pace.
    pub(super) fn of<S>(&self, stream: S) -> Paced<S> {
        Paced {
            stream,
            own: None,
            pace: self.clone(),
            wait: None,
        }
    }

    fn owe(&self, bytes: usize) -> Duration {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.owe(bytes)
    }
}

/// A stream that is written at a pace.
pub(super) struct Paced<S> {
    stream: S,
    /// Whether it is a WebSocket's, and what is its own; known with its first bytes.
    own: Option<(bool, Flow)>,
    pace: Pace,
    wait: Option<Pin<Box<Sleep>>>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        if let Some(wait) = &mut self.wait {
            ready!(wait.as_mut().poll(cx));
            self.wait = None;
        }
        let piece = bytes.get(..PIECE).unwrap_or(bytes);
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, piece))?;
        let (is_socket, own) = self.own.get_or_insert_with(|| {
            let is_socket = piece.starts_with(SWITCHING);
            (
                is_socket,
                Flow::new(if is_socket { SOCKET } else { REQUEST }),
            )
        });
        let wait = if *is_socket {
            own.owe(written)
        } else if written < FEW && own.take(written) {
            Duration::ZERO
        } else {
            self.pace.owe(written)
        };
        self.wait = (!wait.is_zero()).then(|| Box::pin(sleep(wait)));
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex, sink};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn pages_and_pictures_share_a_pace_and_few_words_go_at_once() {
        let pace = Pace::new();
        let began = Instant::now();
        let large = vec![0; 1_000_000];
        let (mut one, mut other) = (pace.of(sink()), pace.of(sink()));
        let (first, second) = tokio::join!(one.write_all(&large), other.write_all(&large));
        first.unwrap();
        second.unwrap();
        let took = began.elapsed().as_secs_f64();
        assert!(
            (10.0..12.5).contains(&took),
            "2 MB at 160 kB/s took {took} s"
        );

        // What is told to a page waits for no file, however many there are.
        let mut many: Vec<_> = (0..40).map(|_| pace.of(sink())).collect();
        for one in &mut many {
            one.write_all(&large[..PIECE]).await.unwrap_or_default();
        }
        let mut talk = pace.of(sink());
        let began = Instant::now();
        talk.write_all(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
            .await
            .unwrap();
        talk.write_all(&large[..100_000]).await.unwrap();
        for _ in 0..100 {
            talk.write_all(&[0; 300]).await.unwrap();
        }
        assert_eq!(began.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_written_comes_whole_and_in_order() {
        let (near, mut far) = duplex(1_024);
        let sent: Vec<u8> = (0..400_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        let mut near = Pace::new().of(near);
        let saying = async {
            near.write_all(&sent).await.unwrap();
            near.shutdown().await.unwrap();
        };
        let mut came = Vec::new();
        let (_, heard) = tokio::join!(saying, far.read_to_end(&mut came));
        heard.unwrap();
        assert!(came == sent, "{} bytes came", came.len());
    }
}
