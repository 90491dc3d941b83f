//! Owns the connection to a relay (crates/relay): dials out, takes the webhooks that wait there, and says which are taken.
//! What a webhook says is not looked at here; whoever gets it checks its signature.

use std::net::IpAddr;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use stallcast_hooks::{
    FRAME_BYTES, Hook, Lane, ON_THE_WAY, STUDIO_PATH, ToRelay, ToStudio, is_room,
};
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite::Message;
use url::{Host, Url};

use std::time::Duration;

use crate::connector::{ChatErrorCode, ConnectorState, End};
use crate::outlet::Outlet;
use crate::socket::{Heard, Silence, Socket};
use crate::spec::{RelaySpec, Tls};

/// Deliveries of a lane that wait: those of this connection, and those that the one before left behind.
const WAITING: usize = 2 * ON_THE_WAY;
/// The relay's code for "another connection has the room", and how long we leave it that one.
pub(crate) const REPLACED: u16 = 4001;
const LEAVE_IT: Duration = Duration::from_secs(30);
/// How long to wait before a wrong key is tried again.
const KEY_AGAIN: Duration = Duration::from_secs(10);
/// How long to wait when nobody here could take a webhook.
const TAKE_AGAIN: Duration = Duration::from_secs(5);

/// A webhook that came, to be taken or dropped: what is dropped comes again.
#[derive(Debug)]
pub struct Delivery {
    /// The webhook; nothing of it is checked yet.
    pub hook: Hook,
    taken: oneshot::Sender<()>,
}

impl Delivery {
    /// A webhook, and what is told once it is taken, or fails when it was dropped.
    pub fn new(hook: Hook) -> (Self, oneshot::Receiver<()>) {
        let (taken, waited) = oneshot::channel();
        (Self { hook, taken }, waited)
    }

    /// It is taken, or nobody will ever want it: the relay may forget it.
    pub fn taken(self) {
        // A connection that is gone hears of it by the next one.
        let _ = self.taken.send(());
    }

    /// Whether the connection is gone that brought it: it will come again.
    pub fn is_left(&self) -> bool {
        self.taken.is_closed()
    }
}

/// Where deliveries go, a way for each lane.
#[derive(Debug, Clone)]
pub struct Deliveries {
    chat: mpsc::Sender<Delivery>,
    orders: mpsc::Sender<Delivery>,
}

impl Deliveries {
    /// The way in, and the ways out for chat and for orders.
    pub fn new() -> (Self, mpsc::Receiver<Delivery>, mpsc::Receiver<Delivery>) {
        let (chat, chat_out) = mpsc::channel(WAITING);
        let (orders, orders_out) = mpsc::channel(WAITING);
        (Self { chat, orders }, chat_out, orders_out)
    }

    fn of(&self, lane: Lane) -> &mpsc::Sender<Delivery> {
        match lane {
            Lane::Chat => &self.chat,
            Lane::Orders => &self.orders,
        }
    }
}

impl PartialEq for Deliveries {
    fn eq(&self, other: &Self) -> bool {
        self.chat.same_channel(&other.chat) && self.orders.same_channel(&other.orders)
    }
}

impl Eq for Deliveries {}

/// A room at a relay.
pub(crate) struct Relay {
    spec: RelaySpec,
}

impl Relay {
    pub(crate) fn new(spec: RelaySpec) -> Self {
        Self { spec }
    }

    pub(crate) async fn attend(
        &mut self,
        outlet: &mut Outlet,
    ) -> Result<std::convert::Infallible, End> {
        let url = studio_url(&self.spec.address, &self.spec.room)
            .ok_or(End::Hopeless(ChatErrorCode::InvalidUrl))?;
        let key = self.spec.key.reveal();
        let opened =
            Socket::open_as(&Tls::System, url.as_str(), key, FRAME_BYTES, Silence::Asked).await;
        let mut socket = match opened {
            Err(End::Lost(ChatErrorCode::TokenRefused)) => {
                return Err(End::Later(ChatErrorCode::TokenRefused, KEY_AGAIN));
            }
            opened => opened?,
        };
        let mut under_way = Lane::ALL.map(|_| FuturesOrdered::new());
        loop {
            let [chat, orders] = &mut under_way;
            let (has_chat, has_orders) = (!chat.is_empty(), !orders.is_empty());
            tokio::select! {
                heard = socket.hear() => {
                    let bytes = match heard {
                        Ok(Heard::Binary(bytes)) => bytes,
                        Ok(Heard::Text(_)) => return Err(End::Lost(ChatErrorCode::Protocol)),
                        Err(_) if socket.closed() == Some(REPLACED) => {
                            return Err(End::Later(ChatErrorCode::Replaced, LEAVE_IT));
                        }
                        Err(end) => return Err(end),
                    };
                    let waited = self.take(&bytes, outlet)?;
                    if let Some((lane, seq, taken)) = waited {
                        let row = match lane {
                            Lane::Chat => chat,
                            Lane::Orders => orders,
                        };
                        row.push_back(async move { (lane, seq, taken.await) });
                    }
                }
                Some(done) = chat.next(), if has_chat => say(&mut socket, done).await?,
                Some(done) = orders.next(), if has_orders => say(&mut socket, done).await?,
            }
        }
    }

    /// Hands a webhook on; what to wait for.
    fn take(
        &self,
        bytes: &Bytes,
        outlet: &mut Outlet,
    ) -> Result<Option<(Lane, u64, oneshot::Receiver<()>)>, End> {
        match ToStudio::from_bytes(bytes) {
            Some(ToStudio::Welcome) => {
                outlet.state(ConnectorState::Live);
                Ok(None)
            }
            Some(ToStudio::Hook { lane, seq, hook }) => {
                let (delivery, waited) = Delivery::new(hook);
                let sent = self.spec.deliveries.of(lane).try_send(delivery);
                sent.map_err(|_| End::Later(ChatErrorCode::Untaken, TAKE_AGAIN))?;
                outlet.passed();
                Ok(Some((lane, seq, waited)))
            }
            None => Err(End::Lost(ChatErrorCode::Protocol)),
        }
    }
}

type Done = (Lane, u64, Result<(), oneshot::error::RecvError>);

async fn say(socket: &mut Socket, (lane, seq, taken): Done) -> Result<(), End> {
    taken.map_err(|_| End::Later(ChatErrorCode::Untaken, TAKE_AGAIN))?;
    let taken = ToRelay::Taken { lane, seq };
    socket.say(Message::Binary(taken.to_bytes())).await
}

/// Where the studio's connection goes. In the clear only to this machine or one near by: the key would be read on the way.
fn studio_url(address: &str, room: &str) -> Option<Url> {
    url_at(address, room, STUDIO_PATH, ["wss", "ws"])
}

/// An address of a room at the relay, by the encrypted scheme or, near by, the other one.
pub(crate) fn url_at(
    address: &str,
    room: &str,
    path: &str,
    [encrypted, plain]: [&str; 2],
) -> Option<Url> {
    let mut url = Url::parse(address.trim()).ok()?;
    let scheme = match url.scheme() {
        "https" | "wss" => encrypted,
        "http" | "ws" if is_near(&url) => plain,
        _ => return None,
    };
    let room = room.trim();
    // The address is shown and kept in the open: a name and a password have no place in it.
    let is_named = !url.username().is_empty() || url.password().is_some();
    if !url.has_host() || is_named || !is_room(room) {
        return None;
    }
    // The proxy before it may have put it under a path.
    let path = format!("{}{path}{room}", url.path().trim_end_matches('/'));
    // Not every change of scheme is allowed in place.
    let host = url.host_str()?.to_owned();
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    url = Url::parse(&format!("{scheme}://{host}{port}/")).ok()?;
    url.set_path(&path);
    Some(url)
}

fn is_near(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        Some(Host::Ipv6(ip)) => {
            IpAddr::V6(ip).to_canonical().is_loopback()
                || ip.is_unique_local()
                || ip.is_unicast_link_local()
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: &str = "abcdefghij234567abcd";

    #[test]
    fn a_key_goes_in_the_clear_to_nobody_far_away() {
        for (address, url) in [
            (
                "https://relay.example",
                "wss://relay.example/studio/v1/ROOM",
            ),
            (
                " https://relay.example/stall/ ",
                "wss://relay.example/stall/studio/v1/ROOM",
            ),
            (
                "https://relay.example:8443/?a#b",
                "wss://relay.example:8443/studio/v1/ROOM",
            ),
            (
                "http://127.0.0.1:8460",
                "ws://127.0.0.1:8460/studio/v1/ROOM",
            ),
            (
                "http://192.168.1.5:8460",
                "ws://192.168.1.5:8460/studio/v1/ROOM",
            ),
            ("http://[::1]:8460", "ws://[::1]:8460/studio/v1/ROOM"),
        ] {
            let made = studio_url(address, ROOM).unwrap();
            assert_eq!(made.as_str(), url.replace("ROOM", ROOM));
        }
        for address in [
            "http://relay.example",
            "http://8.8.8.8",
            "http://localhost.evil.example",
            "ftp://127.0.0.1",
            "relay.example",
            "",
        ] {
            assert!(studio_url(address, ROOM).is_none(), "{address}");
        }
        assert!(studio_url("https://relay.example", "../..").is_none());
    }
}
