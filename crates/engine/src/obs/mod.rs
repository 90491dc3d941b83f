//! Decks and programs made for OBS Studio: obs-websocket, off until the owner switches it on, and for this machine alone
//! until the owner lets other computers of the network in, too. The protocol is `crates/obsws`; here are its listener, its clients and what they make the studio do.

mod board;
mod client;
mod deeds;
mod follow;
mod picture;
mod server;
mod usage;

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rand::Rng;
use serde::{Deserialize, Serialize};
use stallcast_obsws::Close;
use stallcast_wire::{NoticeLevel, ObsView, WireError};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::clock::now;
use crate::phones;
use crate::studio::Studio;

/// The port that clients know.
pub const PORT: u16 = 4455;
/// How often a port that another program has is tried again.
const TRY_EVERY: Duration = Duration::from_secs(5);
/// How long switching it may take.
const DONE_WITHIN: Duration = Duration::from_secs(3);
/// Letters of a password: none that look alike when somebody has to type it.
const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
/// Letters in a password: 99 bits.
const PASSWORD_LENGTH: usize = 20;

/// What stands in the file.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    on: bool,
    network: bool,
    password: String,
}

/// The server and its switch. Cheap to clone.
#[derive(Clone)]
pub struct Obs {
    inner: Arc<Inner>,
}

struct Inner {
    file: PathBuf,
    port: u16,
    kept: watch::Sender<Kept>,
    /// Whose turn it is to change what is kept, until that is on the disk.
    turn: tokio::sync::Mutex<()>,
    state: watch::Sender<State>,
    clients: AtomicU32,
}

#[derive(Clone, Default)]
struct State {
    /// Of what this is the state: what was set after that is not done yet.
    of: Kept,
    /// The port that is listened on.
    bound: Option<u16>,
    /// Why none is.
    error: String,
}

impl Obs {
    /// Reads what was set and serves for as long as that is on and the studio runs.
    pub fn start(studio: Studio, port: u16) -> Self {
        let file = studio.folders().obs_file();
        let (mut kept, _): (Kept, _) = crate::private_file::read_or_set_aside(&file, now());
        if kept.password.is_empty() {
            kept = Kept {
                password: password(),
                ..Kept::default()
            };
        }
        let inner = Inner {
            file,
            port,
            kept: watch::Sender::new(kept),
            turn: tokio::sync::Mutex::default(),
            state: watch::Sender::default(),
            clients: AtomicU32::new(0),
        };
        let obs = Self {
            inner: Arc::new(inner),
        };
        tokio::spawn(obs.clone().run(studio));
        obs
    }

    /// What the owner is shown.
    pub fn view(&self) -> ObsView {
        let kept = self.inner.kept.borrow().clone();
        let state = self.inner.state.borrow().clone();
        let port = state.bound.unwrap_or(self.inner.port);
        let named = kept.on && kept.network;
        let own = named.then(phones::addresses_of_this_machine);
        let own = own.into_iter().flatten();
        ObsView {
            on: kept.on,
            port,
            network: kept.network,
            addresses: own.map(|(_, ip)| format!("ws://{ip}:{port}")).collect(),
            password: kept.password,
            clients: self.inner.clients.load(Ordering::Relaxed),
            error: state.error,
        }
    }

    /// Switches it on or off. When this returns it listens, or says why not.
    ///
    /// # Errors
    /// When that cannot be written down.
    pub async fn set(&self, on: bool) -> Result<(), WireError> {
        self.change(|kept| kept.on = on).await
    }

    /// Lets other computers of the network in, or none any more; who is connected comes again. When this returns it
    /// listens, or says why not.
    ///
    /// # Errors
    /// When that cannot be written down.
    pub async fn set_network(&self, network: bool) -> Result<(), WireError> {
        self.change(|kept| kept.network = network).await
    }

    /// Makes another password and sends everybody away.
    ///
    /// # Errors
    /// When it cannot be written down.
    pub async fn new_password(&self) -> Result<(), WireError> {
        self.change(|kept| kept.password = password()).await
    }

    async fn change(&self, change: impl FnOnce(&mut Kept)) -> Result<(), WireError> {
        let _turn = self.inner.turn.lock().await;
        let mut next = self.inner.kept.borrow().clone();
        change(&mut next);
        crate::private_file::write_down(self.inner.file.clone(), &next).await?;
        self.inner.kept.send_replace(next.clone());
        let mut state = self.inner.state.subscribe();
        let done = state.wait_for(|state| state.of == next);
        // Clients that do not read take longer to be sent away; the page sees that it is not there yet.
        let _ = tokio::time::timeout(DONE_WITHIN, done).await;
        Ok(())
    }

    fn tell(&self, of: &Kept, bound: Option<u16>, error: String) {
        self.inner.state.send_replace(State {
            of: of.clone(),
            bound,
            error,
        });
    }

    /// Serves while it is on, until the studio ends.
    async fn run(self, studio: Studio) {
        let mut kept = self.inner.kept.subscribe();
        let mut told = false;
        loop {
            let now = kept.borrow_and_update().clone();
            if !now.on {
                self.tell(&now, None, String::new());
                told = false;
                tokio::select! {
                    changed = kept.changed() => if changed.is_err() { return },
                    _ = studio.ended() => return,
                }
                continue;
            }
            let ip = if now.network {
                Ipv4Addr::UNSPECIFIED
            } else {
                Ipv4Addr::LOCALHOST
            };
            match TcpListener::bind((ip, self.inner.port)).await {
                Ok(listener) => {
                    told = false;
                    let bound = listener.local_addr().map(|address| address.port()).ok();
                    self.tell(&now, bound, String::new());
                    let server =
                        server::Server::new(studio.clone(), self.clone(), now.password.clone());
                    let over = async {
                        tokio::select! {
                            next = kept.wait_for(|next| *next != now) => match next {
                                Ok(next) if next.on && next.network != now.network => Close::MOVED,
                                Ok(next) if next.on => Close::INVALIDATED,
                                _ => Close::OFF,
                            },
                            _ = studio.ended() => Close::ENDING,
                        }
                    };
                    if server.serve(listener, over).await == Close::ENDING {
                        return;
                    }
                }
                Err(error) => {
                    let cause = cause(&error);
                    if !told {
                        tracing::warn!(%error, port = self.inner.port, "obs-websocket cannot listen");
                        let params = [
                            ("port", self.inner.port.to_string()),
                            ("cause", cause.clone()),
                        ];
                        studio.tell(NoticeLevel::Warn, "notice.obs_port", &params);
                        told = true;
                    }
                    self.tell(&now, None, cause);
                    tokio::select! {
                        () = tokio::time::sleep(TRY_EVERY) => {}
                        _ = kept.changed() => {}
                        _ = studio.ended() => return,
                    }
                }
            }
        }
    }
}

/// A code the page has a sentence for, or what the system says.
fn cause(error: &std::io::Error) -> String {
    if error.kind() == std::io::ErrorKind::AddrInUse {
        "port_in_use".to_owned()
    } else {
        error.to_string()
    }
}

fn password() -> String {
    let mut random = rand::rng();
    (0..PASSWORD_LENGTH)
        .map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())]))
        .collect()
}
