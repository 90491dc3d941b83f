//! door owns the way in: an RTMP listener for phones on the local network, one publisher a room.
//!
//! A room is a secret stream name and somebody who takes what is published under it. Whoever does
//! not know a name is turned away; everything a caller can cost is bounded: connections, time
//! until it has said the name, message sizes, silence.

mod connection;
mod rooms;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use self::rooms::Rooms;
pub use self::rooms::{Arrival, Guest, Room};

/// Connections at one time, asking ones included. A show has a handful of phones.
const MAX_CONNECTIONS: usize = 16;

/// The application of the address that publishers use: `rtmp://host:port/live`.
pub const APPLICATION: &str = "live";

/// Says whether somebody at this address may speak at all.
pub type Admit = Arc<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// An open listener. Dropping it closes it and every connection.
#[derive(Debug)]
pub struct Door {
    port: u16,
    rooms: Arc<Rooms>,
    listening: JoinHandle<()>,
}

impl Door {
    /// Listens on `port` of every interface (0 = any free one), on the current tokio runtime.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub async fn open(port: u16, admit: Admit) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await?;
        let port = listener.local_addr()?.port();
        let rooms = Arc::new(Rooms::default());
        let listening = tokio::spawn(listen(listener, Arc::clone(&rooms), admit));
        Ok(Self {
            port,
            rooms,
            listening,
        })
    }

    /// The port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Replaces the rooms whole. Whoever publishes in a room that is gone, or whose name changed, is
    /// turned out; the others do not notice.
    pub fn set_rooms(&self, rooms: Vec<Room>) {
        self.rooms.set(rooms);
    }

    /// Who publishes in a room now.
    #[must_use]
    pub fn guest(&self, room: &str) -> Option<Guest> {
        self.rooms.guest(room)
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.listening.abort();
        self.rooms.set(Vec::new());
        self.rooms.close();
    }
}

/// Counts a connection until dropped.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn listen(listener: TcpListener, rooms: Arc<Rooms>, admit: Admit) {
    let connections = Arc::new(AtomicUsize::new(0));
    loop {
        let (stream, from) = match listener.accept().await {
            Ok((stream, from)) => (stream, from),
            Err(error) => {
                // Out of descriptors, mostly: the next caller may find some.
                tracing::warn!(%error, "the door could not take a connection");
                tokio::time::sleep(connection::PAUSE).await;
                continue;
            }
        };
        let from = plain(from);
        let counted = Counted(Arc::clone(&connections));
        let others = connections.fetch_add(1, Ordering::SeqCst);
        if others >= MAX_CONNECTIONS || !admit(from.ip()) {
            tracing::info!(%from, others, "turned away at the door");
            continue;
        }
        let rooms = Arc::clone(&rooms);
        tokio::spawn(async move {
            connection::serve(stream, from, &rooms).await;
            drop(counted);
        });
    }
}

/// IPv4 callers of a socket that takes both kinds look like `::ffff:1.2.3.4`.
fn plain(from: SocketAddr) -> SocketAddr {
    SocketAddr::new(from.ip().to_canonical(), from.port())
}
