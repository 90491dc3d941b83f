//! Where the program goes: destinations while live, the built-in receiver while rehearsing. Follows the
//! show's state; a destination that is not wanted any more is ended in the background.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use stallcast_clips::{ClipError, Coming, Receiver, ReceiverSpec, SourceClock};
use stallcast_delivery::presets::{Platform, Platforms};
use stallcast_delivery::reception::Reception;
use stallcast_delivery::{
    Destination, DestinationSpec, DestinationStatus, Hub, Secret, TlsRoots, VideoCodec,
};
use stallcast_media::program::Program;
use stallcast_show::{Canvas, DestinationId, Phase, Priority, Show};
use stallcast_wire::{DestinationHealth, ReceiverView, RunState};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::codecs::{Codecs, Wish, wish};
use super::health::{health, view};
use super::uplink::{Link, Uplink};
use crate::canvases::Canvases;
use crate::carriers::{self, Way};
use crate::keys::Keys;

/// How long the end waits for senders that were still connecting.
const HANG_UP: Duration = Duration::from_secs(3);

/// Everything the program is sent to.
pub struct Outputs {
    canvases: Canvases,
    keys: Keys,
    platforms: Arc<Platforms>,
    tls_roots: TlsRoots,
    runtime: Handle,
    running: BTreeMap<DestinationId, Running>,
    rehearsals: BTreeMap<Canvas, Rehearsal>,
    codecs: Codecs<Program>,
    /// Codecs whose encoders were tried, or are being.
    tried: BTreeSet<VideoCodec>,
}

/// A destination that is on.
struct Running {
    value: stallcast_show::Destination,
    destination: Destination,
    /// Whether it began with a key.
    has_key: bool,
    /// Video bitrate it is sent, kbit/s; 0 while it makes room for others.
    target_kbps: u32,
    /// What it is to be sent where its server takes it.
    codec: VideoCodec,
}

struct Rehearsal {
    receiver: Receiver,
    publisher: Destination,
}

impl Outputs {
    /// Nothing is sent yet.
    pub fn new(
        canvases: Canvases,
        keys: Keys,
        platforms: Arc<Platforms>,
        tls_roots: TlsRoots,
        runtime: Handle,
    ) -> Self {
        Self {
            canvases,
            keys,
            platforms,
            tls_roots,
            runtime,
            running: BTreeMap::new(),
            rehearsals: BTreeMap::new(),
            codecs: Codecs::new(),
            tried: BTreeSet::new(),
        }
    }

    /// Makes what is sent fit the show.
    pub fn follow(&mut self, show: &Show) {
        let live = matches!(show.phase, Phase::Live { .. });
        let canvases = self.canvases.running().borrow().clone();
        let wanted = |id: &DestinationId| {
            let known = show.destinations.get(id);
            known.filter(|d| live && d.enabled && canvases.contains_key(&d.canvas))
        };
        let gone: Vec<_> = self
            .running
            .iter()
            .filter(|(id, on)| {
                let is_kept = wanted(id).is_some_and(|now| same_place(now, &on.value));
                // Begun without a key that the keychain gave later.
                !is_kept || (!on.has_key && self.keys.get(id).is_some())
            })
            .map(|(id, _)| id.clone())
            .collect();
        for id in gone {
            if let Some(on) = self.running.remove(&id) {
                self.runtime.spawn(on.destination.stop());
            }
        }
        for (id, value) in &show.destinations {
            if wanted(id).is_none() {
                continue;
            }
            match self.running.get_mut(id) {
                // A name or a priority may have changed.
                Some(on) => on.value = value.clone(),
                None => {
                    let Some(hub) = self.canvases.hub(value.canvas) else {
                        continue;
                    };
                    let codec = match self.wish(value) {
                        Wish::Asks(codec) => codec,
                        Wish::Refused(_) => VideoCodec::H264,
                        // It is looked for again as long as the show is live.
                        Wish::Untried(_) => continue,
                    };
                    let target_kbps = hub.format().map_or(0, |f| f.video.kbps);
                    let has_key = self.keys.get(id).is_some();
                    if let Some(destination) = self.open(value, hub, codec) {
                        let on = Running {
                            value: value.clone(),
                            destination,
                            has_key,
                            target_kbps,
                            codec,
                        };
                        self.running.insert(id.clone(), on);
                    }
                }
            }
        }
        self.follow_codecs(show);
        self.follow_rehearsal(show);
    }

    /// What destinations are to be sent is tried before it is needed, where it may take its time.
    fn follow_codecs(&mut self, show: &Show) {
        let made = self.canvases.spec(Canvas::Landscape).encode.video_kbps;
        self.codecs.choose(show.video_kbps.unwrap_or(made));
        if !show.is_live() {
            self.codecs.forget();
        }
        for value in show.destinations.values().filter(|value| value.enabled) {
            if let Wish::Untried(codec) = self.wish(value)
                && self.tried.insert(codec)
            {
                let codec = crate::packets::made(codec);
                self.runtime
                    .spawn_blocking(move || stallcast_media::encoder::try_codec(codec));
            }
        }
    }

    fn wish(&self, value: &stallcast_show::Destination) -> Wish {
        wish(value, self.preset(value))
    }

    fn preset(&self, value: &stallcast_show::Destination) -> Option<&Platform> {
        let mut presets = self.platforms.platforms.iter();
        presets.find(|platform| platform.id == value.platform)
    }

    /// Every canvas that runs is rehearsed.
    fn follow_rehearsal(&mut self, show: &Show) {
        let rehearsing = matches!(show.phase, Phase::Rehearsing { .. });
        for canvas in Canvas::ALL {
            let hub = self.canvases.hub(canvas).filter(|_| rehearsing);
            match (hub, self.rehearsals.contains_key(&canvas)) {
                (Some(hub), false) => {
                    if let Some(rehearsal) = self.rehearse(hub) {
                        self.rehearsals.insert(canvas, rehearsal);
                    }
                }
                (None, true) => {
                    // Ends beside: it may take seconds, and the show begins now.
                    self.end_rehearsal(canvas);
                }
                _ => {}
            }
        }
    }

    /// Ends everything and waits for it (bounded by each destination's own limit).
    pub fn end(&mut self) {
        let rehearsals: Vec<_> = Canvas::ALL
            .into_iter()
            .filter_map(|canvas| self.end_rehearsal(canvas))
            .collect();
        let ending: Vec<_> = std::mem::take(&mut self.running)
            .into_values()
            .map(|on| on.destination.stop())
            .collect();
        self.runtime.block_on(async {
            futures_util::future::join_all(ending).await;
            futures_util::future::join_all(rehearsals).await;
        });
        // Calls that were being made are dropped, and hang up beside.
        stallcast_media::egress::wait_until_ended(HANG_UP);
    }

    /// A key was stored or forgotten: its destination starts anew with it, or ends.
    pub fn key_changed(&mut self, id: &DestinationId, show: &Show) {
        if let Some(on) = self.running.remove(id) {
            self.runtime.spawn(on.destination.stop());
        }
        self.follow(show);
    }

    /// Shares the uplink among what is on.
    pub fn share(&mut self, now: Duration, uplink: &mut Uplink<Program>) {
        let (mut plain, mut others) = (Vec::new(), Vec::new());
        for (id, on) in &self.running {
            let status = on.destination.status();
            let status = status.borrow();
            let link = Link {
                id: id.0.clone(),
                canvas: on.value.canvas,
                is_protected: on.value.priority == Priority::Protected,
                view: status.link,
            };
            let is_plain = on.codec == VideoCodec::H264
                || status.takes_codec != Some(true)
                || self.codecs.given_up(on.codec).is_some();
            match is_plain {
                true => plain.push(link),
                false => others.push((on.codec, link)),
            }
        }
        let running = self.canvases.running().borrow().clone();
        let programs = running.into_iter().map(|(c, stage)| (c, stage.program));
        let mut shares = self.codecs.decide(now, &others, &programs.collect());
        // One that was given up this moment is an ordinary one from now on.
        let given_up = others.into_iter().map(|(_, link)| link);
        plain.extend(given_up.filter(|link| !shares.contains_key(&link.id)));
        shares.extend(uplink.decide(now, &plain));
        for (id, on) in &mut self.running {
            if let Some(mut share) = shares.remove(&id.0) {
                let may_change = share.feeding.codec == VideoCodec::H264
                    && on.codec != VideoCodec::H264
                    && self.codecs.given_up(on.codec).is_none();
                share.feeding.soon = may_change.then_some(on.codec);
                on.target_kbps = share.target_kbps;
                on.destination.feed(share.feeding);
            }
        }
    }

    /// The machine got another way out: whoever waits to connect again tries now.
    pub fn network_changed(&self) {
        for on in self.running.values() {
            on.destination.network_changed();
        }
    }

    /// `None` while a key that it needs is not at hand: an RTMP address without its key would be published under a wrong
    /// name.
    fn open(
        &self,
        value: &stallcast_show::Destination,
        hub: Hub,
        codec: VideoCodec,
    ) -> Option<Destination> {
        let key = self.keys.get(&value.id);
        if key.is_none() && Way::of(&value.url).needs_key() {
            return None;
        }
        let preset = self.preset(value);
        let spec = DestinationSpec {
            id: value.id.0.clone(),
            url: value.url.clone(),
            key: key.unwrap_or_default(),
            closing_deadline: preset.and_then(Platform::closing_deadline),
            tls_roots: self.tls_roots.clone(),
            codec,
        };
        let _inside = self.runtime.enter();
        Some(carriers::open(spec, hub))
    }

    fn rehearse(&self, hub: Hub) -> Option<Rehearsal> {
        let publisher_status = Arc::new(OnceLock::new());
        let clock = source_clock(Arc::clone(&publisher_status), self.canvases.clone());
        let (url, receiver) = match receive(clock) {
            Ok(listening) => listening,
            Err(error) => {
                tracing::error!(%error, "the rehearsal receiver could not listen");
                return None;
            }
        };
        let spec = DestinationSpec {
            id: "rehearsal".into(),
            url,
            key: Secret::new("rehearsal"),
            closing_deadline: None,
            tls_roots: TlsRoots::default(),
            codec: VideoCodec::H264,
        };
        let _inside = self.runtime.enter();
        let publisher = Destination::spawn(spec, hub);
        // Set once, right here.
        let _ = publisher_status.set(publisher.status());
        Some(Rehearsal {
            receiver,
            publisher,
        })
    }

    /// Ends a rehearsal in a task of its own.
    fn end_rehearsal(&mut self, canvas: Canvas) -> Option<JoinHandle<()>> {
        let Rehearsal {
            receiver,
            publisher,
        } = self.rehearsals.remove(&canvas)?;
        Some(self.runtime.spawn(async move {
            publisher.stop().await;
            let stopped = tokio::task::spawn_blocking(move || receiver.stop()).await;
            if stopped.is_err() {
                tracing::error!("stopping the rehearsal's receiver panicked");
            }
        }))
    }

    /// Health of every destination of the show, running or not.
    pub fn health(&self, show: &Show) -> Vec<DestinationHealth> {
        show.destinations
            .iter()
            .map(|(id, destination)| {
                let on = self.running.get(id);
                let status = on.map(|on| on.destination.status().borrow().clone());
                let wanted = matches!(show.phase, Phase::Live { .. }) && destination.enabled;
                let note = self.codec_note(destination, status.as_ref());
                let mut health = health(id, status, self.keys.get(id).is_some());
                health.codec_note = note.to_owned();
                health.target_kbps = on.map_or(0, |on| on.target_kbps);
                if wanted && !health.has_key && Way::of(&destination.url).needs_key() {
                    health.error = "no_key".into();
                } else if wanted && on.is_none() && self.canvases.hub(destination.canvas).is_none()
                {
                    // It begins as soon as its canvas could be opened, which is tried again and again.
                    health.run = RunState::Starting;
                    health.error = "canvas_not_ready".into();
                } else if wanted
                    && on.is_none()
                    && matches!(self.wish(destination), Wish::Untried(_))
                {
                    health.run = RunState::Starting;
                }
                health
            })
            .collect()
    }

    /// Why a destination is not sent the codec it is to be sent.
    fn codec_note(
        &self,
        value: &stallcast_show::Destination,
        status: Option<&DestinationStatus>,
    ) -> &'static str {
        let codec = match self.wish(value) {
            Wish::Refused(why) => return why,
            Wish::Asks(codec) | Wish::Untried(codec) => codec,
        };
        let declined = status.is_some_and(|status| status.takes_codec == Some(false));
        let why = self.codecs.given_up(codec);
        why.unwrap_or(if declined { "codec_server" } else { "" })
    }

    /// What viewers of a canvas would get, while rehearsing.
    pub fn receiver(&self, canvas: Canvas) -> Option<ReceiverView> {
        let rehearsal = self.rehearsals.get(&canvas)?;
        Some(view(&rehearsal.receiver.latest()))
    }
}

/// A receiver of what is published to the address, on a port of its own that only this machine reaches.
fn receive(clock: SourceClock) -> Result<(String, Receiver), ClipError> {
    let reception = Reception::open(Ipv4Addr::LOCALHOST.into());
    let reception = reception.map_err(|error| ClipError::Receive {
        cause: error.to_string(),
    })?;
    let url = reception.url();
    let spec = ReceiverSpec {
        clock: Some(clock),
        on_report: None,
    };
    let receiver = Receiver::start(spec, move || {
        let came = reception.next()?;
        Ok(came.map(|publication| Box::new(publication) as Coming))
    })?;
    Ok((url, receiver))
}

/// When the picture with a stream timestamp was composed, told from where the connection's time 0 lies.
fn source_clock(
    publisher: Arc<OnceLock<watch::Receiver<DestinationStatus>>>,
    canvases: Canvases,
) -> SourceClock {
    Arc::new(move |timestamp| {
        let began = publisher.get()?.borrow().stream_began_us?;
        let composed = Duration::from_micros(u64::try_from(began).ok()?) + timestamp;
        SystemTime::now().checked_sub(canvases.running_time().checked_sub(composed)?)
    })
}

/// A new name is no reason to cut a stream.
fn same_place(a: &stallcast_show::Destination, b: &stallcast_show::Destination) -> bool {
    (&a.url, &a.platform, a.canvas, a.codec) == (&b.url, &b.platform, b.canvas, b.codec)
}
