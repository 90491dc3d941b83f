//! link owns one socket: connecting, its small buffers, TLS, and the count of bytes it accepted.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::pki_types::ServerName;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::error::{DeliveryErrorCode, TlsProblem};
use crate::tls::{self, TlsRoots};

/// Time for the name look-up, for the TCP connection, and for TLS, each.
const STEP_TIMEOUT: Duration = Duration::from_secs(5);
/// Head start of each address over the next (RFC 8305 recommends 250 ms): a dead IPv6 route
/// must not cost five seconds.
const ADDRESS_HEAD_START: Duration = Duration::from_millis(250);
/// Most addresses of a name tried at once.
const MAX_ADDRESSES: usize = 6;

/// Least send buffer. The backlog belongs in our queue, where it can be measured and dropped,
/// not in the kernel.
const MIN_SEND_BUFFER: u32 = 64 * 1024;
const MAX_SEND_BUFFER: u32 = 512 * 1024;
/// The send buffer also holds what is on its way and not acknowledged, so it limits the rate to
/// its size per round trip: it must cover the longest round trip we want to serve (a cross-border
/// ingest at some 200-300 ms) at the stream's rate.
const SEND_BUFFER_MS: u32 = 300;
/// What the kernel may hold beyond what is on its way before it stops accepting more: so much of the stream, since it
/// cannot be dropped any more ...
const UNSENT_MS: f64 = 200.0;
/// ... within these bounds: some full packets, so that a sender that is woken late finds the link busy, and what a
/// connection begins with.
const LEAST_UNSENT: u32 = 6 * 1024;
const MOST_UNSENT: u32 = 16 * 1024;
/// Plain bytes TLS may hold; with more, the backlog would hide there.
const TLS_BUFFER: usize = 16 * 1024;

/// SO_SNDBUF for a stream of this rate.
fn send_buffer_bytes(kbps: u32) -> u32 {
    // kbit/s * ms = bit; / 8 = bytes.
    (kbps.saturating_mul(SEND_BUFFER_MS) / 8).clamp(MIN_SEND_BUFFER, MAX_SEND_BUFFER)
}

/// TCP that counts what the kernel accepted, below TLS.
#[derive(Debug)]
pub(crate) struct CountedTcp {
    stream: TcpStream,
    accepted_bytes: u64,
}

/// How bytes travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Security {
    Plain,
    Tls,
}

/// Bytes that may wait unsent in the kernel of a stream, or a link, of this rate.
pub(crate) fn unsent_bytes(kbps: f64) -> u32 {
    ((kbps * UNSENT_MS / 8.0) as u32).clamp(LEAST_UNSENT, MOST_UNSENT)
}

/// A connected transport.
#[derive(Debug)]
pub(crate) enum Link {
    Plain(CountedTcp),
    Tls(Box<TlsStream<CountedTcp>>),
}

impl Link {
    /// Connects to a server. `host`: a name or an address, IPv6 without brackets; `kbps`: the stream's nominal rate,
    /// for the buffer sizes.
    pub async fn connect(
        host: &str,
        port: u16,
        security: Security,
        roots: &TlsRoots,
        kbps: u32,
    ) -> Result<Self, DeliveryErrorCode> {
        let stream = connect_tcp(host, port, kbps).await?;
        let tcp = CountedTcp {
            stream,
            accepted_bytes: 0,
        };
        match security {
            Security::Plain => Ok(Self::Plain(tcp)),
            Security::Tls => Ok(Self::Tls(Box::new(connect_tls(host, roots, tcp).await?))),
        }
    }

    /// Bytes the kernel has accepted so far, TLS and protocol included.
    pub fn accepted_bytes(&self) -> u64 {
        self.tcp().accepted_bytes
    }

    /// Bytes of them that the other side has not got yet; `None` where the system does not tell.
    pub fn unacknowledged_bytes(&self) -> Option<u64> {
        let stream = &self.tcp().stream;
        Some(unacknowledged(stream)?.saturating_sub(ahead(stream)))
    }

    /// Bytes that the other side can use: it has everything up to them.
    pub fn usable_bytes(&self) -> u64 {
        let tcp = self.tcp();
        let under_way = unacknowledged(&tcp.stream).unwrap_or(0);
        tcp.accepted_bytes.saturating_sub(under_way)
    }

    /// Bytes that may wait unsent from now on; what waits already stays.
    pub fn limit_unsent(&self, bytes: u32) {
        limit_unsent(&SockRef::from(&self.tcp().stream), bytes);
    }

    /// Makes dropping this link reset the connection instead of leaving its unsent bytes to the
    /// kernel: the ingest frees the stream's name at once, where it would otherwise refuse the
    /// reconnect as a second publisher.
    pub fn reset_on_drop(&self) {
        if let Err(error) = SockRef::from(&self.tcp().stream).set_linger(Some(Duration::ZERO)) {
            tracing::debug!(%error, "linger not set");
        }
    }

    fn tcp(&self) -> &CountedTcp {
        match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => tls.get_ref().0,
        }
    }
}

async fn connect_tcp(host: &str, port: u16, kbps: u32) -> Result<TcpStream, DeliveryErrorCode> {
    let look_up = tokio::net::lookup_host((host, port));
    let addresses: Vec<SocketAddr> = match timeout(STEP_TIMEOUT, look_up).await {
        Ok(Ok(found)) => found.take(MAX_ADDRESSES).collect(),
        Ok(Err(_)) | Err(_) => return Err(DeliveryErrorCode::DnsFailed),
    };
    if addresses.is_empty() {
        return Err(DeliveryErrorCode::DnsFailed);
    }
    let mut tries = JoinSet::new();
    for (n, address) in (0u32..).zip(addresses) {
        tries.spawn(async move {
            sleep(ADDRESS_HEAD_START * n).await;
            connect_address(address, kbps).await
        });
    }
    let race = async {
        let mut last = DeliveryErrorCode::Unreachable;
        while let Some(done) = tries.join_next().await {
            match done {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => last = DeliveryErrorCode::from_connect(&error),
                Err(_) => {}
            }
        }
        Err(last)
    };
    timeout(STEP_TIMEOUT, race)
        .await
        .unwrap_or(Err(DeliveryErrorCode::Unreachable))
}

async fn connect_address(address: SocketAddr, kbps: u32) -> io::Result<TcpStream> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.set_send_buffer_size(send_buffer_bytes(kbps))?;
    limit_unsent(&SockRef::from(&socket), unsent_bytes(f64::from(kbps)));
    socket.set_nodelay(true)?;
    socket.connect(address).await
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn limit_unsent(socket: &SockRef<'_>, bytes: u32) {
    if let Err(error) = socket.set_tcp_notsent_lowat(bytes) {
        tracing::debug!(%error, "TCP_NOTSENT_LOWAT not set; the send buffer still bounds the kernel");
    }
}

/// Elsewhere the send buffer alone bounds what the kernel holds.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn limit_unsent(_socket: &SockRef<'_>, _bytes: u32) {}

/// SIOCOUTQ, tcp(7): "the amount of unsent data in the socket send queue", which on Linux holds what is not
/// acknowledged as well.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn unacknowledged(stream: &TcpStream) -> Option<u64> {
    use std::os::fd::AsRawFd;
    let mut bytes: libc::c_int = 0;
    // SAFETY: the descriptor lives as long as `stream`, and the call writes one c_int (TIOCOUTQ is SIOCOUTQ's value).
    let done = unsafe { libc::ioctl(stream.as_raw_fd(), libc::TIOCOUTQ, &raw mut bytes) };
    match done {
        0 => u64::try_from(bytes).ok(),
        _ => None,
    }
}

/// Bytes that the other side holds already while it waits for a lost packet before them: without these, a loss looks
/// like a link that stands still and then like one that takes a second's worth at once.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn ahead(stream: &TcpStream) -> u64 {
    use std::os::fd::AsRawFd;
    let mut length = size_of::<libc::tcp_info>() as libc::socklen_t;
    let mut info = std::mem::MaybeUninit::<libc::tcp_info>::zeroed();
    // SAFETY: the descriptor lives as long as `stream`, and the kernel writes at most `length` bytes, the size of `info`.
    let done = unsafe {
        libc::getsockopt(
            stream.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            info.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    if done != 0 {
        return 0;
    }
    // SAFETY: whole numbers only, zeroed before the kernel wrote.
    let info = unsafe { info.assume_init() };
    u64::from(info.tcpi_sacked) * u64::from(info.tcpi_snd_mss)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn ahead(_stream: &TcpStream) -> u64 {
    0
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn unacknowledged(_stream: &TcpStream) -> Option<u64> {
    None
}

async fn connect_tls(
    host: &str,
    roots: &TlsRoots,
    tcp: CountedTcp,
) -> Result<TlsStream<CountedTcp>, DeliveryErrorCode> {
    let protocol = || DeliveryErrorCode::TlsFailed(TlsProblem::Protocol);
    let name = ServerName::try_from(host.to_owned()).map_err(|_| DeliveryErrorCode::BadUrl)?;
    let roots = roots.clone();
    let config = tokio::task::spawn_blocking(move || tls::client_config(&roots))
        .await
        .map_err(|_| protocol())??;
    let handshake = TlsConnector::from(config).connect_with(name, tcp, |connection| {
        connection.set_buffer_limit(Some(TLS_BUFFER));
    });
    match timeout(STEP_TIMEOUT, handshake).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(DeliveryErrorCode::from_tls(&error)),
        Err(_) => Err(protocol()),
    }
}

impl AsyncRead for CountedTcp {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for CountedTcp {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if let Poll::Ready(Ok(count)) = &polled {
            self.accepted_bytes += *count as u64;
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl AsyncRead for Link {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Link {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(cx, bytes),
            Self::Tls(tls) => Pin::new(tls).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Self::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_send_buffer_covers_a_long_round_trip_and_stays_small() {
        assert_eq!(send_buffer_bytes(0), 64 * 1024);
        assert_eq!(send_buffer_bytes(1_000), 64 * 1024);
        assert_eq!(send_buffer_bytes(6_000), 225_000);
        assert_eq!(send_buffer_bytes(u32::MAX), 512 * 1024);
    }
}
