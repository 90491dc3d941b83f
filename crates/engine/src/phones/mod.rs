//! Phones as cameras: their addresses and secrets, the door they come in by, and who is there.
//!
//! A door is open only while the show has a phone that comes by it, over RTMP or WHIP; SRT's ports are opened by
//! the inputs themselves.

mod addresses;
mod calls;
mod kept;
mod qr;
mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use stallcast_delivery::door::{Arrival, Door, Guest, Room};
use stallcast_delivery::{Inbound, InboundCodec, Secret};
use stallcast_media::input::{FedCodec, FedFrame, Feed, InputKind, SrtListen};
use stallcast_show::{PhoneLink, Show, SourceId, SourceKind};
use stallcast_wire::PhoneView;
use tokio::runtime::Handle;

use crate::clock::now;
use crate::private_file;
use calls::{CallDoor, CallRoom};
use kept::Kept;

pub use addresses::{admits, of_this_machine as addresses_of_this_machine};
pub use qr::rows as qr_rows;

#[derive(Debug)]
struct Inner {
    file: PathBuf,
    kept: Kept,
    /// SRT ports that were tried since the start.
    tried: BTreeSet<String>,
    door: Option<Door>,
    rooms: Vec<(String, String)>,
    calls: Option<CallDoor>,
    feeds: BTreeMap<String, Feed>,
}

/// The phones of a show. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Phones {
    inner: Arc<Mutex<Inner>>,
    runtime: Handle,
}

impl Phones {
    /// Reads what was kept; listens nowhere yet.
    pub fn open(file: PathBuf, runtime: Handle) -> Self {
        let (kept, _) = private_file::read_or_set_aside(&file, now());
        let inner = Inner {
            file,
            kept,
            tried: BTreeSet::new(),
            door: None,
            rooms: Vec::new(),
            calls: None,
            feeds: BTreeMap::new(),
        };
        Self {
            inner: Arc::new(Mutex::new(inner)),
            runtime,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes door, secrets and feeds fit the show. Call it before the inputs are set. May block for the
    /// moment that opening a port takes.
    pub fn follow(&self, show: &Show) {
        let mut inner = self.lock();
        let phones: Vec<(String, PhoneLink)> = show
            .sources
            .values()
            .filter_map(|source| match source.kind {
                SourceKind::Phone { over } => Some((source.id.0.clone(), over)),
                _ => None,
            })
            .collect();
        let Inner {
            kept, tried, feeds, ..
        } = &mut *inner;
        feeds.retain(|id, _| phones.iter().any(|(phone, _)| phone == id));
        if kept.fit(&phones, tried) {
            inner.keep();
        }
        inner.follow_rtmp(&phones, &self.runtime);
        inner.follow_whip(&phones, &self.runtime);
    }

    /// The input of a phone; `follow` has seen the show before.
    pub fn input(&self, source: &SourceId, over: PhoneLink) -> InputKind {
        let mut inner = self.lock();
        let kept = inner.kept.phones.get(source.as_str()).cloned();
        match (over, kept) {
            (PhoneLink::Srt, Some(kept)) => InputKind::Srt {
                listen: SrtListen {
                    port: kept.srt_port.unwrap_or(0),
                    stream_id: told::STREAM_ID.to_owned(),
                    passphrase: kept.key,
                },
            },
            _ => InputKind::Fed {
                feed: inner.feeds.entry(source.0.clone()).or_default().clone(),
            },
        }
    }

    /// Who sends to a phone source over RTMP or WHIP, and whether it sends something that is not taken.
    pub fn guest(&self, source: &str) -> Option<Guest> {
        let inner = self.lock();
        let by_rtmp = inner.door.as_ref().and_then(|door| door.guest(source));
        by_rtmp.or_else(|| {
            let from: IpAddr = inner.calls.as_ref()?.guest(source)?;
            // What cannot be taken is refused before the call stands.
            Some(Guest {
                from,
                foreign: false,
            })
        })
    }

    /// Where a phone sends to, for the page of somebody who may change the sources.
    pub fn view(&self, source: &SourceId, name: &str, over: PhoneLink) -> Option<PhoneView> {
        let inner = self.lock();
        let kept = inner.kept.phones.get(source.as_str())?.clone();
        let port = match over {
            PhoneLink::Rtmp => inner.door.as_ref().map(Door::port),
            PhoneLink::Srt => kept.srt_port,
            PhoneLink::Whip => inner.calls.as_ref().map(CallDoor::port),
        };
        drop(inner);
        let addresses = port.map_or_else(Vec::new, |port| {
            addresses::of_this_machine()
                .into_iter()
                .map(|(interface, ip)| told::address(interface, ip, port, name, over, &kept.key))
                .collect()
        });
        Some(PhoneView {
            over,
            port: port.unwrap_or(0),
            key: kept.key,
            addresses,
        })
    }
}

impl Inner {
    fn keep(&self) {
        let kept = serde_json::to_vec(&self.kept).map_err(std::io::Error::other);
        if let Err(error) = kept.and_then(|kept| private_file::replace(&self.file, &kept)) {
            tracing::error!(%error, "the phones' addresses could not be kept");
        }
    }

    /// Source and secret of the phones that come this way.
    fn coming(&self, phones: &[(String, PhoneLink)], way: PhoneLink) -> Vec<(String, String)> {
        phones
            .iter()
            .filter(|(_, over)| *over == way)
            .filter_map(|(id, _)| Some((id.clone(), self.kept.phones.get(id)?.key.clone())))
            .collect()
    }

    fn follow_rtmp(&mut self, phones: &[(String, PhoneLink)], runtime: &Handle) {
        let rooms = self.coming(phones, PhoneLink::Rtmp);
        if rooms.is_empty() {
            self.door = None;
            self.rooms.clear();
            return;
        }
        if self.door.is_none() {
            self.rooms.clear();
            let kept = self.kept.rtmp_port;
            self.door = at_port(kept, |port| {
                runtime.block_on(Door::open(port, Arc::new(admits)))
            });
            let port = self.door.as_ref().map(Door::port).or(kept);
            if port != kept {
                self.kept.rtmp_port = port;
                self.keep();
            }
        }
        if self.rooms != rooms {
            let open: Vec<Room> = rooms
                .iter()
                .map(|(id, key)| room(id, key, self.feeds.entry(id.clone()).or_default().clone()))
                .collect();
            if let Some(door) = &self.door {
                door.set_rooms(open);
                self.rooms = rooms;
            }
        }
    }

    fn follow_whip(&mut self, phones: &[(String, PhoneLink)], runtime: &Handle) {
        let rooms = self.coming(phones, PhoneLink::Whip);
        if rooms.is_empty() {
            self.calls = None;
            return;
        }
        if self.calls.is_none() {
            let kept = self.kept.whip_port;
            self.calls = at_port(kept, |port| runtime.block_on(CallDoor::open(port)));
            let port = self.calls.as_ref().map(CallDoor::port).or(kept);
            if port != kept {
                self.kept.whip_port = port;
                self.keep();
            }
        }
        if let Some(door) = &self.calls {
            let room = |(id, key): (String, String)| CallRoom {
                feed: self.feeds.entry(id.clone()).or_default().clone(),
                key: Secret::new(key),
                id,
            };
            door.set_rooms(rooms.into_iter().map(room).collect());
        }
    }
}

/// Opens a door at the port that phones know, or at a free one.
fn at_port<D>(kept: Option<u16>, open: impl Fn(u16) -> std::io::Result<D>) -> Option<D> {
    let opened = open(kept.unwrap_or(0)).or_else(|error| {
        tracing::warn!(%error, kept, "a door's port is taken");
        open(0)
    });
    opened
        .inspect_err(|error| tracing::error!(%error, "no door for phones"))
        .ok()
}

fn room(id: &str, key: &str, feed: Feed) -> Room {
    Room {
        id: id.to_owned(),
        key: Secret::new(key),
        take: Arc::new(move |arrival| hand_on(&feed, arrival)),
    }
}

fn hand_on(feed: &Feed, arrival: Arrival) {
    let codec = |codec| match codec {
        InboundCodec::H264 => FedCodec::H264,
        InboundCodec::H265 => FedCodec::H265,
        InboundCodec::Aac => FedCodec::Aac,
    };
    match arrival {
        Arrival::Began => feed.begin(),
        Arrival::Media(Inbound::Config { codec: of, record }) => feed.configure(codec(of), &record),
        Arrival::Media(Inbound::Frame {
            codec: of,
            dts_ms,
            composition_ms,
            keyframe,
            data,
        }) => feed.push(FedFrame {
            codec: codec(of),
            dts_ms,
            composition_ms,
            keyframe,
            data,
        }),
        // That nothing comes any more is noticed by the input itself.
        Arrival::Media(Inbound::Foreign) | Arrival::Ended => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stallcast_show::Source;

    fn show(phones: &[(&str, PhoneLink)]) -> Show {
        let mut show = Show::new("orchard");
        for (id, over) in phones {
            let source = Source {
                id: (*id).into(),
                name: "手机".into(),
                kind: SourceKind::Phone { over: *over },
            };
            show.sources.insert(source.id.clone(), source);
        }
        show
    }

    fn phones(folder: &std::path::Path) -> Phones {
        Phones::open(folder.join("phones.json"), Handle::current())
    }

    /// Calls from a thread that may block, as the air thread is.
    async fn follow(phones: &Phones, show: Show) {
        let phones = phones.clone();
        tokio::task::spawn_blocking(move || phones.follow(&show))
            .await
            .unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn address_and_secret_outlive_a_restart_and_end_with_the_source() {
        let folder = tempfile::tempdir().unwrap();
        let wanted = show(&[("a", PhoneLink::Rtmp), ("b", PhoneLink::Srt)]);
        let (a, b) = (SourceId::from("a"), SourceId::from("b"));
        let first = phones(folder.path());
        follow(&first, wanted.clone()).await;
        let before = first.view(&a, "手机", PhoneLink::Rtmp).unwrap();
        let srt = first.view(&b, "手机", PhoneLink::Srt).unwrap();
        assert!(before.port > 0 && srt.port > 0);
        assert_ne!(before.key, srt.key);
        assert_eq!(before.key.len(), kept::SECRET_LENGTH);
        drop(first);

        let again = phones(folder.path());
        follow(&again, wanted).await;
        assert_eq!(
            again.view(&a, "手机", PhoneLink::Rtmp).unwrap().key,
            before.key
        );
        assert_eq!(again.view(&b, "手机", PhoneLink::Srt).unwrap(), srt);
        follow(&again, show(&[])).await;
        assert_eq!(again.view(&a, "手机", PhoneLink::Rtmp), None);
        follow(&again, show(&[("a", PhoneLink::Rtmp)])).await;
        assert_ne!(
            again.view(&a, "手机", PhoneLink::Rtmp).unwrap().key,
            before.key
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn nobody_listens_without_a_phone_in_the_show() {
        let folder = tempfile::tempdir().unwrap();
        let phones = phones(folder.path());
        follow(&phones, show(&[("a", PhoneLink::Rtmp)])).await;
        let port = phones.lock().door.as_ref().unwrap().port();
        assert!(
            tokio::net::TcpStream::connect(("127.0.0.1", port))
                .await
                .is_ok()
        );
        follow(&phones, show(&[("a", PhoneLink::Srt)])).await;
        let closed = async {
            while tokio::net::TcpStream::connect(("127.0.0.1", port))
                .await
                .is_ok()
            {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), closed)
            .await
            .unwrap();
    }

    #[cfg(unix)]
    #[tokio::test(flavor = "multi_thread")]
    async fn the_secrets_stand_in_a_file_that_only_this_user_reads() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let phones = phones(folder.path());
        follow(&phones, show(&[("a", PhoneLink::Srt)])).await;
        let file = std::fs::metadata(folder.path().join("phones.json")).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
        let key = phones.lock().kept.phones["a"].key.clone();
        assert!(!format!("{phones:?}").contains(&key));
        assert!(!format!("{:?}", phones.input(&"a".into(), PhoneLink::Srt)).contains(&key));
        let view = phones.view(&"a".into(), "x", PhoneLink::Srt).unwrap();
        assert!(!format!("{view:?}").contains(&key));
    }
}
