//! A poor network on the way to a server: a TCP relay whose speed can be changed, that can stop
//! dead, and that can cut its connections.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Unlimited, as a rate.
const OPEN_WIDE: u64 = u64::MAX;
/// The relay reads this much at once. Together with a small receive buffer it bounds what the
/// uplink itself hides from a sender.
const PIECE: usize = 4096;
/// How long a frozen or slow relay may take to notice that its orders changed.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A relay on loopback in front of one server. Only the way to the server is slowed; answers
/// pass freely.
#[derive(Debug)]
pub struct Uplink {
    orders: Arc<Orders>,
    port: u16,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Orders {
    bits_per_second: AtomicU64,
    frozen: AtomicBool,
    ended: AtomicBool,
    refusing: AtomicBool,
    passed: AtomicU64,
    open: Mutex<Vec<TcpStream>>,
    changed: Condvar,
}

impl Orders {
    fn open(&self) -> MutexGuard<'_, Vec<TcpStream>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits a moment, or until the orders change.
    fn wait(&self, at_most: Duration) {
        let guard = self.open();
        let _ = self.changed.wait_timeout(guard, at_most);
    }
}

impl Uplink {
    /// A relay to `127.0.0.1:server_port`, open wide.
    pub fn to(server_port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let orders = Arc::new(Orders {
            bits_per_second: AtomicU64::new(OPEN_WIDE),
            frozen: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            refusing: AtomicBool::new(false),
            passed: AtomicU64::new(0),
            open: Mutex::default(),
            changed: Condvar::new(),
        });
        let target = SocketAddr::from(([127, 0, 0, 1], server_port));
        let shared = Arc::clone(&orders);
        let accepting = std::thread::spawn(move || accept(&listener, target, &shared));
        Self {
            orders,
            port,
            accepting: Some(accepting),
        }
    }

    /// The port to connect to instead of the server's.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Limits the way to the server; `None` opens it wide.
    pub fn limit(&self, bits_per_second: Option<u64>) {
        let rate = bits_per_second.unwrap_or(OPEN_WIDE).max(1);
        self.orders.bits_per_second.store(rate, Ordering::SeqCst);
        self.orders.changed.notify_all();
    }

    /// Nothing passes any more, connections stay open.
    pub fn freeze(&self) {
        self.orders.frozen.store(true, Ordering::SeqCst);
    }

    /// Ends [`Uplink::freeze`].
    pub fn thaw(&self) {
        self.orders.frozen.store(false, Ordering::SeqCst);
        self.orders.changed.notify_all();
    }

    /// Cuts all connections and closes new ones at once, until [`Uplink::mend`].
    pub fn cut(&self) {
        self.orders.refusing.store(true, Ordering::SeqCst);
        self.disconnect();
    }

    /// Ends [`Uplink::cut`].
    pub fn mend(&self) {
        self.orders.refusing.store(false, Ordering::SeqCst);
    }

    /// Bytes passed to the server so far.
    pub fn passed(&self) -> u64 {
        self.orders.passed.load(Ordering::SeqCst)
    }

    fn disconnect(&self) {
        for stream in self.orders.open().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
        self.orders.changed.notify_all();
    }
}

impl Drop for Uplink {
    fn drop(&mut self) {
        self.orders.ended.store(true, Ordering::SeqCst);
        self.disconnect();
        // Wakes the accepting thread.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.accepting.take() {
            let _ = thread.join();
        }
        self.disconnect();
    }
}

fn accept(listener: &TcpListener, target: SocketAddr, orders: &Arc<Orders>) {
    for client in listener.incoming() {
        if orders.ended.load(Ordering::SeqCst) {
            return;
        }
        let Ok(client) = client else { continue };
        if orders.refusing.load(Ordering::SeqCst) {
            continue;
        }
        let Ok(server) = TcpStream::connect(target) else {
            continue;
        };
        shrink_receive_buffer(&client);
        let _ = client.set_nodelay(true);
        let _ = server.set_nodelay(true);
        let pair = (client.try_clone().unwrap(), server.try_clone().unwrap());
        {
            let mut open = orders.open();
            open.push(client.try_clone().unwrap());
            open.push(server.try_clone().unwrap());
        }
        let slowed = Arc::clone(orders);
        std::thread::spawn(move || pass_slowly(client, server, &slowed));
        std::thread::spawn(move || pass_freely(pair.1, pair.0));
    }
}

/// A home router holds a little; loopback's megabytes would hide seconds of trouble.
fn shrink_receive_buffer(stream: &TcpStream) {
    use nix::sys::socket::{setsockopt, sockopt};
    let _ = setsockopt(stream, sockopt::RcvBuf, &(32 << 10));
}

fn pass_slowly(mut from: TcpStream, mut to: TcpStream, orders: &Orders) {
    let mut piece = [0; PIECE];
    let mut due = Instant::now();
    loop {
        while orders.frozen.load(Ordering::SeqCst) && !orders.ended.load(Ordering::SeqCst) {
            orders.wait(LOOK_AGAIN);
        }
        let Ok(count @ 1..) = from.read(&mut piece) else {
            break;
        };
        while orders.frozen.load(Ordering::SeqCst) && !orders.ended.load(Ordering::SeqCst) {
            orders.wait(LOOK_AGAIN);
        }
        if to.write_all(&piece[..count]).is_err() {
            break;
        }
        orders.passed.fetch_add(count as u64, Ordering::SeqCst);
        let rate = orders.bits_per_second.load(Ordering::SeqCst);
        if rate == OPEN_WIDE {
            due = Instant::now();
            continue;
        }
        // Idle time is not saved up beyond a tenth of a second.
        let earliest = Instant::now().checked_sub(Duration::from_millis(100));
        due = earliest.map_or(due, |earliest| due.max(earliest));
        due += Duration::from_secs_f64(count as f64 * 8.0 / rate as f64);
        while due > Instant::now() && !orders.ended.load(Ordering::SeqCst) {
            let slower_than = orders.bits_per_second.load(Ordering::SeqCst);
            if slower_than != rate {
                due = Instant::now();
                break;
            }
            orders.wait(due.saturating_duration_since(Instant::now()));
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

fn pass_freely(mut from: TcpStream, mut to: TcpStream) {
    let _ = std::io::copy(&mut from, &mut to);
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
