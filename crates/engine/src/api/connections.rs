//! How a connection is served, at every door: so many at a time, so long to speak, and cut off when what is sent to it is not
//! taken. Whoever is slow or silent holds a place for a bounded time and costs nobody else anything.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use futures_util::StreamExt;
use futures_util::stream;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep, timeout, timeout_at};

/// Time to say a request's head, and to say another one.
const HEAD: Duration = Duration::from_secs(20);
/// Time in which somebody has to take some of what is sent; a phone that changes its network needs some seconds.
const TAKEN_WITHIN: Duration = Duration::from_secs(20);
/// Time between two pieces of a body, and for the whole of it: the largest list over 1 Mbit/s.
const PIECE: Duration = Duration::from_secs(20);
const BODY: Duration = Duration::from_secs(600);
/// Wait after a connection could not be taken: out of descriptors, mostly.
pub(crate) const PAUSE: Duration = Duration::from_millis(200);

/// Places for connections.
#[derive(Clone)]
pub(crate) struct Places {
    all: Arc<Semaphore>,
    from_one: usize,
    by: Arc<Mutex<BTreeMap<IpAddr, usize>>>,
}

/// A connection's place, given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    _one: OwnedSemaphorePermit,
    from: IpAddr,
    by: Arc<Mutex<BTreeMap<IpAddr, usize>>>,
}

impl Places {
    /// So many in all, and so many of them from one address that is not this machine's own.
    pub(crate) fn new(all: usize, from_one: usize) -> Self {
        Self {
            all: Arc::new(Semaphore::new(all)),
            from_one,
            by: Arc::default(),
        }
    }

    /// A place for somebody from there; `None` when there is none left for them.
    pub(crate) fn take(&self, from: IpAddr) -> Option<Place> {
        let one = Arc::clone(&self.all).try_acquire_owned().ok()?;
        let mut by = self.by.lock().unwrap_or_else(PoisonError::into_inner);
        let count = by.entry(from).or_default();
        if !from.is_loopback() && *count >= self.from_one {
            return None;
        }
        *count += 1;
        Some(Place {
            _one: one,
            from,
            by: Arc::clone(&self.by),
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut by = self.by.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = by.get_mut(&self.from) {
            *count -= 1;
            if *count == 0 {
                by.remove(&self.from);
            }
        }
    }
}

/// Serves one connection; after `ended` its request is still answered, and it takes no more.
pub(crate) async fn serve<S>(app: Router, stream: S, ended: impl Future<Output = ()>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut serving = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            .serve_connection(
                TokioIo::new(Taken::new(stream)),
                TowerToHyperService::new(app),
            )
            .with_upgrades()
    );
    let served = tokio::select! {
        served = serving.as_mut() => served,
        () = ended => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a connection broke");
    }
}

/// A body that has to come in time: not a byte now and then for as long as its sender likes.
pub(super) fn in_time(body: Body) -> Body {
    let until = Instant::now() + BODY;
    let pieces = stream::unfold(Some(body.into_data_stream()), move |pieces| async move {
        let mut pieces = pieces?;
        match timeout_at(until.min(Instant::now() + PIECE), pieces.next()).await {
            Ok(piece) => Some((piece?.map_err(io::Error::other), Some(pieces))),
            Err(_) => Some((Err(io::ErrorKind::TimedOut.into()), None)),
        }
    });
    Body::from_stream(pieces)
}

/// A stream that fails when nothing of what is written is taken for [`TAKEN_WITHIN`].
struct Taken<S> {
    stream: S,
    waits: Option<Pin<Box<Sleep>>>,
}

impl<S> Taken<S> {
    fn new(stream: S) -> Self {
        Self {
            stream,
            waits: None,
        }
    }

    /// What became of a write, unless it waits for too long.
    fn judge<T>(
        &mut self,
        written: Poll<io::Result<T>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.waits = None;
            return written;
        }
        let waits = self
            .waits
            .get_or_insert_with(|| Box::pin(sleep(TAKEN_WITHIN)));
        ready!(waits.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Taken<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Taken<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.judge(written, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, pieces);
        self.judge(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.judge(flushed, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.judge(shut, cx)
    }
}

/// Waits for something that has to come in time; `None` when it does not.
pub(super) async fn soon<T>(comes: impl Future<Output = T>) -> Option<T> {
    timeout(TAKEN_WITHIN, comes).await.ok()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncWriteExt, duplex};

    use super::*;

    #[test]
    fn one_address_takes_no_more_than_its_places_and_gives_them_back() {
        let places = Places::new(400, 64);
        let one = IpAddr::from([192, 168, 1, 9]);
        let held: Vec<Place> = std::iter::from_fn(|| places.take(one)).collect();
        assert_eq!(held.len(), 64);
        assert!(places.take(IpAddr::from([192, 168, 1, 10])).is_some());
        drop(held);
        assert!(places.by.lock().unwrap().is_empty());
        assert!(places.take(one).is_some());
        let few = Places::new(3, 64);
        let own = IpAddr::from([127, 0, 0, 1]);
        let held: Vec<Place> = std::iter::from_fn(|| few.take(own)).collect();
        assert_eq!(held.len(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_is_cut_off_and_who_is_slow_is_not() {
        let (near, mut far) = duplex(16);
        let mut near = Taken::new(near);
        let reading = async {
            // A byte now and then, each within its time.
            for _ in 0..4 {
                sleep(TAKEN_WITHIN - Duration::from_secs(1)).await;
                let mut byte = [0];
                tokio::io::AsyncReadExt::read_exact(&mut far, &mut byte)
                    .await
                    .unwrap();
            }
        };
        let (written, ()) = tokio::join!(near.write_all(&[7; 20]), reading);
        written.unwrap();
        let began = Instant::now();
        let error = near.write_all(&[7; 20]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(began.elapsed().as_secs(), TAKEN_WITHIN.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_drips_ends_in_an_error() {
        let drips = |every: Duration| {
            let pieces = stream::unfold((), move |()| async move {
                sleep(every).await;
                Some((Ok::<_, io::Error>("x"), ()))
            });
            axum::body::to_bytes(in_time(Body::from_stream(pieces)), usize::MAX)
        };
        let began = Instant::now();
        assert!(drips(PIECE + Duration::from_secs(1)).await.is_err());
        assert_eq!(began.elapsed(), PIECE);
        assert!(drips(PIECE - Duration::from_secs(1)).await.is_err());
        assert_eq!(began.elapsed(), PIECE + BODY);
        let whole = axum::body::to_bytes(in_time(Body::from("abc")), 3).await;
        assert_eq!(whole.unwrap(), "abc");
        assert!(
            axum::body::to_bytes(in_time(Body::from("abcd")), 3)
                .await
                .is_err()
        );
    }
}
