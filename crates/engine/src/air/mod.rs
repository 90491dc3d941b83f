//! What is on air: the thread that follows the show and makes media, destinations and recording fit it.
//! Blocking calls are allowed here and nowhere else in the engine's async half.

mod cameras;
mod codecs;
mod encodes;
mod health;
mod lanes;
mod outputs;
mod pace;
pub(crate) mod part_name;
mod preflight;
mod recording;
mod recording_orders;
#[cfg(test)]
mod recording_tests;
mod slate;
mod sound;
mod sources;
mod split;
mod status;
mod uplink;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use stallcast_delivery::TlsRoots;
use stallcast_delivery::presets::Platforms;
use stallcast_media::error::MediaError;
use stallcast_media::program::{MediaEvent, Program};
use stallcast_show::{Actor, Canvas, Command, DestinationId, Phase, Role, Show};
use stallcast_wire::{NoticeLevel, StatusView};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

use crate::canvases::{Canvases, Heard, Stage};
use crate::chat_room::ChatRoom;
use crate::clock;
use crate::desk::{Desk, Published};
use crate::folders::Folders;
use crate::keys::Keys;
use crate::notices::{INTERRUPTED, Notices};
use crate::phones::Phones;
use crate::replacement::ProgramFile;
use crate::replay::Replay;
use crate::unfinished;
pub use cameras::view as camera_view;
pub use codecs::in_show as codec_in_show;
pub use health::error_code;
use lanes::{Lane, Wings};
use outputs::Outputs;
pub use preflight::{Unreached, check as preflight, how_pressing, permit};
pub use recording::{FINISH_WITHIN, OpenPart};
pub(crate) use recording_orders::{chapter_title, scene_title};
use uplink::Uplink;

/// How often health is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// How long the end waits for the journal to take it; a healthy disk needs some 10 ms.
const LAST_WORD: Duration = Duration::from_secs(3);
/// How long after a recording part failed the next is begun.
const RECORD_AGAIN: Duration = Duration::from_secs(30);

/// Told to the air thread from outside the show's state.
pub enum Order {
    /// A key was stored or forgotten.
    KeyChanged(DestinationId),
    /// The keychain was read: destinations that waited for their key may begin.
    KeysRead,
    /// The machine got another way out.
    NetworkCame,
    /// A recording part of this canvas was closed; the cause when it failed.
    PartClosed(Canvas, Result<(), recording::Failure>),
    /// A canvas was started, or could not be.
    CanvasOpened(Canvas, Result<Stage, MediaError>),
    /// Finalise what is open and end.
    End(End),
    /// Panic, to see what becomes of the rest.
    #[cfg(test)]
    Fall,
}

/// How the engine ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Somebody wanted it, so the broadcast ends too: the next start goes on air only when asked.
    Wanted,
    /// The named thread panicked; the next start goes on with the show.
    Fallen(&'static str),
}

/// What the air thread is made of.
pub struct Parts {
    pub desk: Desk,
    pub canvases: Canvases,
    pub keys: Keys,
    pub platforms: Arc<Platforms>,
    pub tls_roots: TlsRoots,
    pub folders: Folders,
    pub chat: ChatRoom,
    pub phones: Phones,
    pub replay: Replay,
    pub events: mpsc::Receiver<Heard>,
    pub orders: mpsc::Receiver<Order>,
    pub own_orders: mpsc::Sender<Order>,
    pub notices: Notices,
    pub status: watch::Sender<StatusView>,
    pub warnings: Vec<String>,
    pub program: ProgramFile,
    pub runtime: Handle,
    /// Held by every part that is not closed yet.
    pub open_part: OpenPart,
}

/// The air thread's own state.
pub struct Air {
    parts: Parts,
    published: watch::Receiver<Published>,
    outputs: Outputs,
    uplink: Uplink<Program>,
    lanes: BTreeMap<Canvas, Lane>,
    wings: Wings,
    details: BTreeMap<String, String>,
    began: std::time::Instant,
    followed: Option<Arc<Show>>,
    isolated: sound::Isolated,
}

impl Air {
    /// Takes the parts; nothing is sent before [`Air::run`].
    pub fn new(parts: Parts) -> Self {
        let outputs = Outputs::new(
            parts.canvases.clone(),
            parts.keys.clone(),
            Arc::clone(&parts.platforms),
            parts.tls_roots.clone(),
            parts.runtime.clone(),
        );
        let nominal = parts.canvases.spec(Canvas::Landscape).encode.video_kbps;
        let mut uplink = Uplink::new(nominal);
        let running = parts.canvases.running().borrow().clone();
        for (canvas, stage) in &running {
            uplink.insert(*canvas, stage.program.clone(), stage.hub.clone());
        }
        let lanes = running.into_iter();
        Self {
            published: parts.desk.published(),
            uplink,
            parts,
            outputs,
            lanes: lanes.map(|(c, stage)| (c, Lane::new(stage))).collect(),
            wings: Wings::default(),
            details: BTreeMap::new(),
            began: std::time::Instant::now(),
            followed: None,
            isolated: sound::Isolated::default(),
        }
    }

    /// Follows the show until told to end.
    pub fn run(mut self) {
        enum Woken {
            Show,
            Media(Heard),
            Order(Option<Order>),
            Look,
            Uplink,
        }
        let runtime = self.parts.runtime.clone();
        let (mut look, mut links) = runtime.block_on(async {
            (
                tokio::time::interval(LOOK),
                tokio::time::interval(uplink::LOOK),
            )
        });
        self.follow();
        let end = loop {
            let woken = runtime.block_on(async {
                tokio::select! {
                    biased;
                    order = self.parts.orders.recv() => Woken::Order(order),
                    Ok(()) = self.published.changed() => Woken::Show,
                    Some(event) = self.parts.events.recv() => Woken::Media(event),
                    _ = links.tick() => Woken::Uplink,
                    _ = look.tick() => Woken::Look,
                }
            });
            match woken {
                Woken::Show => self.follow(),
                Woken::Media((canvas, event)) => self.hear(canvas, event),
                Woken::Order(Some(Order::KeyChanged(id))) => {
                    let show = self.parts.desk.show();
                    self.outputs.key_changed(&id, &show);
                }
                Woken::Order(Some(Order::KeysRead)) => self.outputs.follow(&self.parts.desk.show()),
                Woken::Order(Some(Order::NetworkCame)) => {
                    tracing::info!("the network came or changed: whoever waits tries now");
                    self.outputs.network_changed();
                    self.parts.canvases.inputs().retry_now();
                }
                Woken::Order(Some(Order::PartClosed(canvas, outcome))) => {
                    self.part_closed(canvas, outcome);
                }
                Woken::Order(Some(Order::CanvasOpened(canvas, opened))) => {
                    self.canvas_opened(canvas, opened);
                }
                Woken::Order(Some(Order::End(end))) => break end,
                #[cfg(test)]
                Woken::Order(Some(Order::Fall)) => panic!("injected"),
                // Nobody is left who could order anything.
                Woken::Order(None) => break End::Wanted,
                Woken::Look => self.look(),
                Woken::Uplink => self.outputs.share(self.began.elapsed(), &mut self.uplink),
            }
        };
        if end == End::Wanted {
            // In the journal before anything that takes time: who does not wait for the rest has ended the show too.
            self.end_broadcast();
        }
        // The recording first: it is what cannot be sent again.
        let lanes = self.lanes.values_mut();
        let last: Vec<_> = lanes
            .filter_map(|lane| lane.recording.take().map(|open| open.finish()))
            .collect();
        for closed in runtime.block_on(futures_util::future::join_all(last)) {
            if let Err(failure) = closed {
                tracing::error!(?failure, "the last recording part failed");
            }
        }
        self.outputs.end();
    }

    /// The first canvas is offered to other programs as a camera, when it is to be.
    fn offer_as_camera(&self, show: &Show) {
        let mut wanted = show.virtual_camera;
        for lane in self.lanes.values() {
            lane.stage.program.set_virtual_camera(wanted);
            wanted = false;
        }
    }

    fn end_broadcast(&self) {
        let show = self.parts.desk.show();
        for (begun, command) in [
            (show.is_live(), Command::EndShow),
            (show.recording, Command::SetRecording { on: false }),
        ] {
            let desk = &self.parts.desk;
            let ended =
                async { tokio::time::timeout(LAST_WORD, desk.submit(engine(), command)).await };
            if begun && !matches!(self.parts.runtime.block_on(ended), Ok(Ok(_))) {
                tracing::error!("the end of the broadcast could not be written down");
            }
        }
    }

    fn follow(&mut self) {
        let show = Arc::clone(&self.published.borrow_and_update().show);
        let before = self.followed.replace(Arc::clone(&show));
        let before = before.as_deref();
        let inputs = self.parts.canvases.inputs();
        if before.is_none_or(|b| b.cameras != show.cameras) {
            inputs.set_cameras(cameras::settings(&show));
        }
        if before.is_none_or(|b| b.sources != show.sources) {
            self.parts.phones.follow(&show);
            inputs.set(sources::inputs(&show, &self.parts.phones));
        }
        // What a source is decides how it is laid out where nobody made a layout.
        let is_other_scene = |b: &Show| {
            (&b.scene, &b.scenes, &b.sources) != (&show.scene, &show.scenes, &show.sources)
        };
        if before.is_none_or(is_other_scene) {
            for lane in self.lanes.values() {
                set_scene(&lane.stage, &show);
            }
        }
        if before.is_none_or(|b| b.strips != show.strips) {
            let mixer = inputs.mixer();
            for (source, strip) in &show.strips {
                if mixer
                    .set_gain_db(source.as_str(), strip.gain_cdb as f32 / 100.0)
                    .is_err()
                {
                    tracing::warn!(%source, gain_cdb = strip.gain_cdb, "gain out of the mixer's range");
                }
                mixer.set_mute(source.as_str(), strip.muted);
            }
        }
        self.follow_sound(before, &show);
        if before.is_none_or(|b| b.phase != show.phase || b.destinations != show.destinations) {
            self.outputs.follow(&show);
        }
        if before.is_none_or(|b| b.video_kbps != show.video_kbps) {
            self.uplink.choose(show.video_kbps);
        }
        if before.is_none_or(|b| b.phase != show.phase) {
            self.seat_audience(&show);
            if !show.is_live() {
                self.uplink.forget();
            }
            if show.is_live() {
                for answered in [INTERRUPTED].into_iter().chain(unfinished::TOLD) {
                    self.parts.notices.withdraw(answered);
                }
            }
        }
        let on_air = show.on_air.as_ref();
        let is_new = before.and_then(|b| b.on_air.as_ref()) != on_air;
        if let Some(product) = on_air
            .and_then(|on| show.products.get(&on.product))
            .filter(|_| is_new)
        {
            self.parts.chat.react(&product.title);
            self.mark_product(&show);
        } else if on_air.is_none() && is_new {
            self.mark_scene(&show);
        }
        self.follow_canvases(&show);
        self.offer_as_camera(&show);
        self.record(&show);
    }

    /// A simulated audience sits in rehearsals only, and never beside a real one.
    fn seat_audience(&self, show: &Show) {
        const SEAT: &str = "simulated";
        let chat = self.parts.chat.clone();
        let rehearsing = matches!(show.phase, Phase::Rehearsing { .. });
        self.parts.runtime.block_on(async move {
            if !rehearsing {
                chat.disconnect_simulated().await;
            } else if chat.statuses().is_empty() {
                let nobody = stallcast_wire::ChatConnector::Simulated;
                let keeper = stallcast_chat::LoginKeeper::default();
                chat.connect(SEAT.into(), nobody, keeper).await;
            }
        });
    }

    fn hear(&mut self, canvas: Option<Canvas>, event: MediaEvent) {
        match event {
            MediaEvent::Input(event) => {
                let code = event.code.unwrap_or_default();
                tracing::info!(input = event.input, state = ?event.state, code, "input");
                self.details.insert(event.input, code);
            }
            MediaEvent::Encoder(choice) => {
                if let Some(canvas) = canvas {
                    self.wings.encoders.insert(canvas, choice);
                }
            }
            MediaEvent::EncoderFailed { name, message } => {
                tracing::warn!(name, message, "an encoder failed; another takes over");
                if !self.wings.failed_encoders.contains(&name) {
                    self.wings.failed_encoders.push(name.clone());
                }
                self.tell(
                    NoticeLevel::Warn,
                    "notice.encoder_failed",
                    &[("name", name)],
                );
            }
            MediaEvent::SoundFailed { message } => {
                tracing::warn!(message, "the sound failed; it is started anew");
                self.tell(NoticeLevel::Warn, "notice.sound_failed", &[]);
            }
            MediaEvent::SoundBack => self.tell(NoticeLevel::Info, "notice.sound_back", &[]),
            MediaEvent::OnAir { shows, .. } => {
                let Some(shows) = self.wings.slated.heard(canvas, shows) else {
                    return;
                };
                let (level, key) = match shows {
                    stallcast_media::program::OnAir::Slate => (NoticeLevel::Warn, "notice.slate"),
                    stallcast_media::program::OnAir::Scene => {
                        (NoticeLevel::Info, "notice.scene_back")
                    }
                };
                self.tell(level, key, &[]);
            }
            // The recording keeps its recorders' failures to itself and tells its outcome.
            MediaEvent::RecordingFailed { message, .. } => {
                tracing::error!(message, "a recorder failed");
            }
            MediaEvent::RecordingGap { dropped, .. } => {
                self.tell(
                    NoticeLevel::Error,
                    "notice.recording_gap",
                    &[("dropped", dropped.to_string())],
                );
            }
        }
    }

    fn look(&mut self) {
        self.look_at_recording();
        let show = self.parts.desk.show();
        // A canvas, a door, a recording or a receiver that could not begin is tried again.
        self.follow_canvases(&show);
        self.offer_as_camera(&show);
        self.parts.phones.follow(&show);
        self.record(&show);
        self.outputs.follow(&show);
        self.look_at_pace();
        if !show.is_live() && show.countdown.is_none() {
            clock::settle();
        }
        let status = self.status(&show);
        self.parts.status.send_replace(status);
    }

    fn tell(&self, level: NoticeLevel, key: &str, params: &[(&str, String)]) {
        self.parts.notices.tell(level, key, params);
    }
}

/// Lays the scene on air out for a canvas.
fn set_scene(stage: &Stage, show: &Show) {
    let spec = &stage.program.spec().canvas;
    stage.program.set_scene(
        sources::scene(show, stage.canvas, spec),
        sources::transition(show),
    );
}

/// The engine as an actor.
pub fn engine() -> Actor {
    Actor {
        name: "engine".into(),
        role: Role::Owner,
    }
}
