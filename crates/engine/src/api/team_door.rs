//! The team's own listener: off until the owner switches it on, on addresses that phones reach. What strangers can do
//! here is bounded: connections, times to speak, and nothing of the API without a member's token.

use std::future::pending;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use stallcast_wire::TeamSettings;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::Api;
use super::connections::{PAUSE, Places, serve};
use crate::phones::admits;
use crate::team::{DoorState, Team, authority};

/// Connections at one time: a hundred devices with a page, a preview and two pictures on their way each.
const MAX_CONNECTIONS: usize = 400;
/// Of them from one address; a tunnel brings everybody from this machine's own, which is not bounded by this.
pub(super) const MAX_FROM_ONE: usize = 64;
/// Time to agree on encryption.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Between tries for a taken port.
const TRY_EVERY: Duration = Duration::from_secs(5);
/// How often addresses, invites and who was there are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How a member came.
#[derive(Clone, Debug)]
pub(super) struct Doorway {
    /// Who calls.
    pub(super) from: IpAddr,
    /// By which door.
    pub(super) by: By,
}

/// A door of the team's.
#[derive(Clone, Debug)]
pub(super) enum By {
    /// The listener on this machine.
    Listener {
        /// Address of this machine that was called.
        local: SocketAddr,
        /// Whether the connection is encrypted by us.
        secure: bool,
        /// `https://` address that leads here besides, without the scheme.
        named: Option<Arc<str>>,
    },
    /// The relay, whose pages have this origin (`https://relay.example`).
    Relay(Arc<str>),
}

impl Doorway {
    /// Whether `host` is a name of ours, and `origin`, where there is one, a page of ours.
    pub(super) fn permits(&self, host: &str, origin: Option<&str>) -> bool {
        match &self.by {
            By::Listener {
                local,
                secure,
                named,
            } => permits_near(*local, *secure, named.as_deref(), host, origin),
            By::Relay(own) => {
                own.split_once("://").is_some_and(|(_, at)| at == host)
                    && origin.is_none_or(|origin| origin == &**own)
            }
        }
    }

    /// Whether the door is open by these settings.
    pub(super) fn is_open(&self, settings: &TeamSettings) -> bool {
        settings.on && (settings.outside || !self.is_outside())
    }

    /// Whether it is the relay's.
    pub(super) fn is_outside(&self) -> bool {
        matches!(self.by, By::Relay(_))
    }
}

fn permits_near(
    local: SocketAddr,
    secure: bool,
    named: Option<&str>,
    host: &str,
    origin: Option<&str>,
) -> bool {
    let scheme = if secure { "https" } else { "http" };
    let usual = if secure { 443 } else { 80 };
    let (ip, port) = (local.ip().to_canonical(), local.port());
    let ip = match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    let is_named = named == Some(host);
    let is_own = host == format!("{ip}:{port}") || (port == usual && host == ip);
    let comes_from_there = |origin: &str| {
        let (of, at) = origin.split_once("://").unwrap_or_default();
        at == host && of == if is_named { "https" } else { scheme }
    };
    (is_own || is_named) && origin.is_none_or(comes_from_there)
}

/// Listens while the team may come in, until the studio ends.
pub(super) async fn keep(api: Api) {
    let team = api.team.clone();
    let mut settings = team.settings();
    loop {
        let wanted = settings.borrow_and_update().clone();
        let mut door = DoorState {
            of: Some(wanted.clone()),
            ..DoorState::default()
        };
        let opened = if wanted.on {
            open(&wanted).await.map(Some)
        } else {
            Ok(None)
        };
        match opened {
            Ok(Some((listener, tls))) => {
                door.port = listener.local_addr().map(|it| it.port()).ok();
                if let Some(port) = door.port.filter(|port| *port != wanted.port) {
                    team.keep_port(port).await;
                    // For this door, that is no change.
                    let now = settings.borrow().clone();
                    let is_same = TeamSettings {
                        port: wanted.port,
                        ..now.clone()
                    } == wanted;
                    if is_same {
                        settings.borrow_and_update();
                        door.of = Some(now);
                    }
                }
                let here = door.of.clone();
                team.learn_door(door);
                let (stay, gone) = watch::channel(());
                tokio::select! {
                    () = listen(api.clone(), listener, tls, &wanted, gone) => {}
                    () = look(&team) => {}
                    // The other door is none of this one's business: who is here stays.
                    _ = settings.wait_for(|now| here.as_ref().is_none_or(|of| !is_alike_here(of, now))) => {}
                    _ = api.studio.ended() => return,
                }
                // Connections and sockets go, also those that stay silent; the port is free by then.
                drop(stay);
                team.send_away();
            }
            Ok(None) => {
                team.learn_door(door);
                tokio::select! {
                    _ = settings.changed() => {}
                    _ = api.studio.ended() => return,
                }
            }
            Err(error) => {
                if team.view().borrow().error != error {
                    tracing::warn!(error, "the team cannot come in");
                }
                door.error = error;
                team.learn_door(door);
                tokio::select! {
                    () = tokio::time::sleep(TRY_EVERY) => {}
                    _ = settings.changed() => {}
                    _ = api.studio.ended() => return,
                }
            }
        }
    }
}

/// Whether these mean the same to the listener.
fn is_alike_here(one: &TeamSettings, other: &TeamSettings) -> bool {
    let outside = other.outside;
    TeamSettings {
        outside,
        ..one.clone()
    } == *other
}

async fn look(team: &Team) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        team.look_at_clock().await;
    }
}

/// The listener, and how it encrypts; or a code the page has words for, or what the system says.
async fn open(settings: &TeamSettings) -> Result<(TcpListener, Option<TlsAcceptor>), String> {
    let tls = if settings.certificate.is_empty() {
        None
    } else {
        let (certificate, key) = (settings.certificate.clone(), settings.private_key.clone());
        let read = tokio::task::spawn_blocking(move || acceptor(&certificate, &key));
        Some(
            read.await
                .ok()
                .flatten()
                .ok_or_else(|| "team_certificate".to_owned())?,
        )
    };
    let ip: IpAddr = settings.bind.parse().map_err(|_| "team_bind".to_owned())?;
    let listener = TcpListener::bind((ip, settings.port)).await;
    let listener = listener.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => "port_in_use".to_owned(),
        std::io::ErrorKind::AddrNotAvailable => "team_bind".to_owned(),
        _ => error.to_string(),
    })?;
    Ok((listener, tls))
}

fn acceptor(certificate: &str, key: &str) -> Option<TlsAcceptor> {
    let said = |error: &dyn std::fmt::Display| {
        // Never what stands in the files.
        tracing::warn!(%error, "the team's certificate cannot be used");
    };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(certificate)
        .inspect_err(|error| said(error))
        .ok()?
        .collect();
    let chain = chain.inspect_err(|error| said(error)).ok()?;
    let key = PrivateKeyDer::from_pem_file(key)
        .inspect_err(|error| said(error))
        .ok()?;
    // Named here so that nobody else's process-wide choice matters.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .inspect_err(|error| said(error))
        .ok()?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .inspect_err(|error| said(error))
        .ok()?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Some(TlsAcceptor::from(Arc::new(config)))
}

async fn listen(
    api: Api,
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    settings: &TeamSettings,
    gone: watch::Receiver<()>,
) {
    let places = Places::new(MAX_CONNECTIONS, MAX_FROM_ONE);
    let named: Option<Arc<str>> = authority(&settings.address).map(Into::into);
    loop {
        let (stream, from) = match listener.accept().await {
            Ok((stream, from)) => (stream, from.ip().to_canonical()),
            Err(error) => {
                tracing::warn!(%error, "the team's door could not take a connection");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        // In the clear only those who are near come in; from afar the way has to be encrypted.
        let is_near = tls.is_some() || admits(from);
        let (Some(place), true, Ok(local)) = (places.take(from), is_near, stream.local_addr())
        else {
            tracing::info!(%from, "turned away at the team's door");
            continue;
        };
        let mut api = api.clone();
        api.doorway = Some(Doorway {
            from,
            by: By::Listener {
                local,
                secure: tls.is_some(),
                named: named.clone(),
            },
        });
        api._place = Some(Arc::new(place));
        let (tls, mut gone) = (tls.clone(), gone.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = greet(api, stream, tls) => {}
                // Nothing is ever sent: the door is closed when the sender goes.
                _ = gone.changed() => {}
            }
        });
    }
}

async fn greet(api: Api, stream: TcpStream, tls: Option<TlsAcceptor>) {
    // What is said is short and wanted now.
    let _ = stream.set_nodelay(true);
    match tls {
        None => serve(api.team_app(), stream, pending()).await,
        Some(tls) => match tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await {
            Ok(Ok(stream)) => serve(api.team_app(), stream, pending()).await,
            Ok(Err(error)) => tracing::debug!(%error, "a member's browser did not agree on TLS"),
            Err(_) => tracing::debug!("a member's browser took too long to agree on TLS"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doorway(secure: bool, port: u16, named: Option<&str>) -> Doorway {
        Doorway {
            from: IpAddr::from([192, 168, 1, 9]),
            by: By::Listener {
                local: SocketAddr::from(([192, 168, 1, 7], port)),
                secure,
                named: named.map(Into::into),
            },
        }
    }

    #[test]
    fn over_the_relay_only_its_own_name_and_pages_come_in() {
        let relayed = Doorway {
            from: IpAddr::from([203, 0, 113, 9]),
            by: By::Relay("https://relay.example:8443".into()),
        };
        let own = "relay.example:8443";
        assert!(relayed.permits(own, None));
        assert!(relayed.permits(own, Some("https://relay.example:8443")));
        for (host, origin) in [
            ("relay.example", None),
            ("192.168.1.7:4480", None),
            ("evil.example", Some("https://relay.example:8443")),
            (own, Some("http://relay.example:8443")),
            (own, Some("https://evil.example")),
            (own, Some("null")),
        ] {
            assert!(!relayed.permits(host, origin), "{host} {origin:?}");
        }
        let settings = |on, outside| TeamSettings {
            on,
            outside,
            ..TeamSettings::default()
        };
        assert!(relayed.is_open(&settings(true, true)));
        assert!(
            !relayed.is_open(&settings(true, false)) && !relayed.is_open(&settings(false, true))
        );
        assert!(doorway(false, 4480, None).is_open(&settings(true, false)));
    }

    #[test]
    fn only_our_own_names_and_pages_come_in() {
        let plain = doorway(false, 4480, None);
        assert!(plain.permits("192.168.1.7:4480", None));
        assert!(plain.permits("192.168.1.7:4480", Some("http://192.168.1.7:4480")));
        for (host, origin) in [
            ("evil.example:4480", None),
            ("192.168.1.8:4480", None),
            ("192.168.1.7", None),
            ("localhost:4480", None),
            ("192.168.1.7:4480", Some("http://evil.example")),
            ("192.168.1.7:4480", Some("https://192.168.1.7:4480")),
            ("192.168.1.7:4480", Some("tauri://localhost")),
            ("192.168.1.7:4480", Some("null")),
        ] {
            assert!(!plain.permits(host, origin), "{host} {origin:?}");
        }
        assert!(doorway(false, 80, None).permits("192.168.1.7", Some("http://192.168.1.7")));
        let tunnel = doorway(false, 4480, Some("team.example"));
        assert!(tunnel.permits("team.example", Some("https://team.example")));
        assert!(!tunnel.permits("team.example", Some("http://team.example")));
        let own = doorway(true, 443, None);
        assert!(own.permits("192.168.1.7", Some("https://192.168.1.7")));
    }
}
