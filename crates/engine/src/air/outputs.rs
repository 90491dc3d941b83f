//! Where the program goes: destinations while live, the built-in receiver while rehearsing. Follows the
//! show's state; a destination that is not wanted any more is ended in the background.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use stallcast_clips::{Receiver, ReceiverReport, ReceiverSpec, ReceiverState, SourceClock};
use stallcast_delivery::presets::{Platform, Platforms};
use stallcast_delivery::{
    DeliveryErrorCode, Destination, DestinationSpec, DestinationStatus, Hub, Secret, State,
    TlsRoots,
};
use stallcast_media::program::Program;
use stallcast_show::{Canvas, DestinationId, Phase, Priority, Show};
use stallcast_wire::{DestinationHealth, ReceiverView, RunState};
use tokio::runtime::Handle;
use tokio::sync::watch;

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
}

/// A destination that is on.
struct Running {
    value: stallcast_show::Destination,
    destination: Destination,
    /// Whether it began with a key.
    has_key: bool,
    /// Video bitrate it is sent, kbit/s; 0 while it makes room for others.
    target_kbps: u32,
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
                    let target_kbps = hub.format().map_or(0, |f| f.video.kbps);
                    let has_key = self.keys.get(id).is_some();
                    if let Some(destination) = self.open(value, hub) {
                        let on = Running {
                            value: value.clone(),
                            destination,
                            has_key,
                            target_kbps,
                        };
                        self.running.insert(id.clone(), on);
                    }
                }
            }
        }
        self.follow_rehearsal(show);
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
                (None, true) => self.end_rehearsal(canvas),
                _ => {}
            }
        }
    }

    /// Ends everything and waits for it (bounded by each destination's own limit).
    pub fn end(&mut self) {
        for canvas in Canvas::ALL {
            self.end_rehearsal(canvas);
        }
        let ending: Vec<_> = std::mem::take(&mut self.running)
            .into_values()
            .map(|on| on.destination.stop())
            .collect();
        self.runtime
            .block_on(futures_util::future::join_all(ending));
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
        let links: Vec<Link> = self
            .running
            .iter()
            .map(|(id, on)| Link {
                id: id.0.clone(),
                canvas: on.value.canvas,
                is_protected: on.value.priority == Priority::Protected,
                view: on.destination.status().borrow().link,
            })
            .collect();
        let shares = uplink.decide(now, &links);
        for (id, on) in &mut self.running {
            if let Some(share) = shares.get(&id.0) {
                on.target_kbps = share.target_kbps;
                on.destination.feed(share.feeding.clone());
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
    fn open(&self, value: &stallcast_show::Destination, hub: Hub) -> Option<Destination> {
        let key = self.keys.get(&value.id);
        if key.is_none() && Way::of(&value.url).needs_key() {
            return None;
        }
        let preset = self
            .platforms
            .platforms
            .iter()
            .find(|platform| platform.id == value.platform);
        let spec = DestinationSpec {
            id: value.id.0.clone(),
            url: value.url.clone(),
            key: key.unwrap_or_default(),
            closing_deadline: preset.and_then(Platform::closing_deadline),
            tls_roots: self.tls_roots.clone(),
        };
        let _inside = self.runtime.enter();
        Some(carriers::open(spec, hub))
    }

    fn rehearse(&self, hub: Hub) -> Option<Rehearsal> {
        let publisher_status = Arc::new(OnceLock::new());
        let clock = source_clock(Arc::clone(&publisher_status), self.canvases.clone());
        let spec = ReceiverSpec {
            clock: Some(clock),
            ..ReceiverSpec::default()
        };
        let receiver = match Receiver::listen(spec) {
            Ok(receiver) => receiver,
            Err(error) => {
                tracing::error!(%error, "the rehearsal receiver could not listen");
                return None;
            }
        };
        let spec = DestinationSpec {
            id: "rehearsal".into(),
            url: receiver.server_url(),
            key: Secret::new(receiver.key()),
            closing_deadline: None,
            tls_roots: TlsRoots::default(),
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

    fn end_rehearsal(&mut self, canvas: Canvas) {
        if let Some(Rehearsal {
            receiver,
            publisher,
        }) = self.rehearsals.remove(&canvas)
        {
            self.runtime.block_on(publisher.stop());
            receiver.stop();
        }
    }

    /// Health of every destination of the show, running or not.
    pub fn health(&self, show: &Show) -> Vec<DestinationHealth> {
        show.destinations
            .iter()
            .map(|(id, destination)| {
                let on = self.running.get(id);
                let status = on.map(|on| on.destination.status().borrow().clone());
                let wanted = matches!(show.phase, Phase::Live { .. }) && destination.enabled;
                let mut health = health(id, status, self.keys.get(id).is_some());
                health.target_kbps = on.map_or(0, |on| on.target_kbps);
                if wanted && !health.has_key && Way::of(&destination.url).needs_key() {
                    health.error = "no_key".into();
                } else if wanted && on.is_none() && self.canvases.hub(destination.canvas).is_none()
                {
                    // It begins as soon as its canvas could be opened, which is tried again and again.
                    health.run = RunState::Starting;
                    health.error = "canvas_not_ready".into();
                }
                health
            })
            .collect()
    }

    /// What viewers of a canvas would get, while rehearsing.
    pub fn receiver(&self, canvas: Canvas) -> Option<ReceiverView> {
        let rehearsal = self.rehearsals.get(&canvas)?;
        Some(view(&rehearsal.receiver.latest()))
    }
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
    (&a.url, &a.platform, a.canvas) == (&b.url, &b.platform, b.canvas)
}

fn health(
    id: &DestinationId,
    status: Option<DestinationStatus>,
    has_key: bool,
) -> DestinationHealth {
    let mut health = DestinationHealth {
        id: id.clone(),
        run: RunState::Stopped,
        kbps: 0.0,
        frames_sent: 0,
        frames_dropped: 0,
        backlog_ms: 0,
        target_kbps: 0,
        reconnects: 0,
        error: String::new(),
        server_words: None,
        room_closes_in_ms: None,
        has_key,
    };
    if let Some(status) = status {
        health.run = match status.state {
            State::Starting => RunState::Starting,
            State::Live => RunState::Live,
            State::Stalled => RunState::Stalled,
            State::Retrying {
                attempt,
                next_in_ms,
            } => RunState::Retrying {
                attempt,
                next_in_ms,
            },
            State::Stopped => RunState::Stopped,
        };
        health.kbps = status.kbps;
        health.frames_sent = status.frames_sent;
        health.frames_dropped = status.frames_dropped;
        health.backlog_ms = status.backlog_ms;
        health.reconnects = status.reconnects;
        health.error = status
            .last_error
            .as_ref()
            .map(error_code)
            .unwrap_or_default()
            .to_owned();
        health.server_words = status
            .last_error
            .as_ref()
            .and_then(DeliveryErrorCode::server_words)
            .map(str::to_owned);
        health.room_closes_in_ms = status.room_closes_in_ms;
    }
    health
}

/// The page's name for a reason; the sentence is the page's.
pub fn error_code(error: &DeliveryErrorCode) -> &'static str {
    match error {
        DeliveryErrorCode::BadUrl => "bad_url",
        DeliveryErrorCode::DnsFailed => "dns_failed",
        DeliveryErrorCode::Refused => "refused",
        DeliveryErrorCode::Unreachable => "unreachable",
        DeliveryErrorCode::TlsFailed(_) => "tls_failed",
        DeliveryErrorCode::HandshakeFailed => "handshake_failed",
        DeliveryErrorCode::PublishRejected(_) => "publish_rejected",
        DeliveryErrorCode::ProtocolViolated => "protocol_violated",
        DeliveryErrorCode::Stalled => "stalled",
        DeliveryErrorCode::ClosedByServer => "closed_by_server",
        DeliveryErrorCode::EndedByServer(_) => "ended_by_server",
        DeliveryErrorCode::WaitingForCaller => "waiting_for_caller",
        DeliveryErrorCode::PortInUse => "port_in_use",
        DeliveryErrorCode::WrongPassphrase => "wrong_passphrase",
        DeliveryErrorCode::BadPassphrase => "bad_passphrase",
        DeliveryErrorCode::NotAuthorized => "not_authorized",
        DeliveryErrorCode::NotFound => "not_found",
        DeliveryErrorCode::NotSecure => "not_secure",
        DeliveryErrorCode::NoAnswer => "no_answer",
        DeliveryErrorCode::FormatRefused => "format_refused",
        DeliveryErrorCode::NoMediaPath => "no_media_path",
        DeliveryErrorCode::NotInstalled(_) => "not_installed",
        DeliveryErrorCode::SenderFailed(_) => "sender_failed",
    }
}

fn view(report: &ReceiverReport) -> ReceiverView {
    let video = report.video.as_ref();
    let audio = report.audio.as_ref();
    ReceiverView {
        state: match report.state {
            ReceiverState::Waiting => "waiting",
            ReceiverState::Receiving => "receiving",
            ReceiverState::Lost => "lost",
        }
        .into(),
        width: video.map_or(0, |v| v.width),
        height: video.map_or(0, |v| v.height),
        fps: video.map_or(0.0, |v| v.fps),
        video_kbps: video.map_or(0.0, |v| f64::from(v.kbps)),
        audio_kbps: audio.map_or(0.0, |a| f64::from(a.kbps)),
        keyframe_s: video
            .and_then(|v| v.keyframe_interval)
            .map_or(0.0, |interval| interval.as_secs_f64()),
        audio_codec: audio.map(|a| a.codec.clone()).unwrap_or_default(),
        sample_rate: audio.map_or(0, |a| a.sample_rate),
        channels: audio.map_or(0, |a| u32::from(a.channels)),
        peak_db: audio.map_or(-100.0, |a| f64::from(a.peak_dbfs)),
        delay_ms: report.delay_ms.map(|ms| ms as f64),
        freezes: report.freezes.count,
        longest_freeze_ms: u64::try_from(report.freezes.longest.as_millis()).unwrap_or(u64::MAX),
        av_offset_ms: report.a_v_offset_ms.map(|ms| ms as f64),
    }
}
