//! What is on air: the thread that follows the show and makes media, destinations and recording fit it.
//! Blocking calls are allowed here and nowhere else in the engine's async half.

mod outputs;
mod part_name;
mod preflight;
mod recorded_packet;
mod recording;
mod recording_orders;
#[cfg(test)]
mod recording_tests;
mod sources;
mod status;
mod uplink;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use stallcast_delivery::presets::Platforms;
use stallcast_delivery::{AudioFormat, Hub, Packet, StreamFormat, TlsRoots, Track, VideoFormat};
use stallcast_media::encoder::EncoderChoice;
use stallcast_media::program::{Encoded, EventSink, MediaEvent, Program};
use stallcast_show::{Actor, Command, DestinationId, Phase, Role, Show};
use stallcast_wire::{NoticeLevel, StatusView};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

use crate::chat_room::ChatRoom;
use crate::desk::{Desk, Published};
use crate::folders::Folders;
use crate::keys::Keys;
use crate::notices::{INTERRUPTED, Notices};
use outputs::Outputs;
pub use preflight::{check as preflight, permit};
use recording::Recording;
pub use recording::{FINISH_WITHIN, OpenPart};
use uplink::Uplink;

/// The one canvas of this version; layouts are kept by canvas, so that a second one is an addition.
pub const CANVAS: &str = "landscape";
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
    /// A recording part was closed; the cause when it failed.
    PartClosed(Result<(), recording::Failure>),
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
    pub program: Arc<Program>,
    pub hub: Hub,
    pub keys: Keys,
    pub platforms: Arc<Platforms>,
    pub tls_roots: TlsRoots,
    pub folders: Folders,
    pub chat: ChatRoom,
    pub events: mpsc::Receiver<MediaEvent>,
    pub recorder_events: EventSink,
    pub orders: mpsc::Receiver<Order>,
    pub own_orders: mpsc::Sender<Order>,
    pub notices: Notices,
    pub status: watch::Sender<StatusView>,
    pub warnings: Vec<String>,
    pub runtime: Handle,
    /// Held by every part that is not closed yet.
    pub open_part: OpenPart,
}

/// Gives the program's packets to the hub.
pub fn to_hub(hub: Hub) -> impl Fn(Encoded) + Send + Sync + 'static {
    move |encoded| match encoded {
        Encoded::Config(config) => hub.set_format(StreamFormat {
            video: VideoFormat {
                codec_config: config.video.codec_data.clone(),
                width: config.video.width,
                height: config.video.height,
                fps: config.video.fps,
                kbps: config.video.kbps,
            },
            audio: AudioFormat {
                codec_config: config.audio.asc.clone(),
                sample_rate: config.audio.sample_rate,
                channels: config.audio.channels,
                kbps: config.audio.kbps,
            },
        }),
        Encoded::Packet(packet) => hub.publish(Packet {
            track: match packet.track {
                stallcast_media::program::Track::Video => Track::Video,
                stallcast_media::program::Track::Audio => Track::Audio,
            },
            pts_us: packet.pts_us,
            dts_us: packet.dts_us,
            keyframe: packet.keyframe,
            data: packet.data,
        }),
    }
}

/// The air thread's own state.
pub struct Air {
    parts: Parts,
    published: watch::Receiver<Published>,
    outputs: Outputs,
    uplink: Uplink<Program>,
    recording: Option<Recording>,
    record_again: Option<std::time::Instant>,
    encoder: Option<EncoderChoice>,
    details: BTreeMap<String, String>,
    began: std::time::Instant,
    followed: Option<Arc<Show>>,
}

impl Air {
    /// Takes the parts; nothing is sent before [`Air::run`].
    pub fn new(parts: Parts) -> Self {
        let outputs = Outputs::new(
            parts.hub.clone(),
            parts.keys.clone(),
            Arc::clone(&parts.platforms),
            parts.tls_roots.clone(),
            {
                let program = Arc::clone(&parts.program);
                Arc::new(move || program.running_time())
            },
            parts.runtime.clone(),
        );
        Self {
            published: parts.desk.published(),
            uplink: Uplink::new(
                Arc::clone(&parts.program),
                parts.hub.clone(),
                parts.program.spec().encode.video_kbps,
            ),
            parts,
            outputs,
            recording: None,
            record_again: None,
            encoder: None,
            details: BTreeMap::new(),
            began: std::time::Instant::now(),
            followed: None,
        }
    }

    /// Follows the show until told to end.
    pub fn run(mut self) {
        enum Woken {
            Show,
            Media(MediaEvent),
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
                Woken::Media(event) => self.hear(event),
                Woken::Order(Some(Order::KeyChanged(id))) => {
                    let show = self.parts.desk.show();
                    self.outputs.key_changed(&id, &show);
                }
                Woken::Order(Some(Order::KeysRead)) => self.outputs.follow(&self.parts.desk.show()),
                Woken::Order(Some(Order::NetworkCame)) => {
                    tracing::info!("the network came or changed: whoever waits tries now");
                    self.outputs.network_changed();
                    self.parts.program.inputs().retry_now();
                }
                Woken::Order(Some(Order::PartClosed(outcome))) => self.part_closed(outcome),
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
        if let Some(recording) = self.recording.take()
            && let Err(failure) = runtime.block_on(recording.finish())
        {
            tracing::error!(?failure, "the last recording part failed");
        }
        self.outputs.end();
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
        let program = &self.parts.program;
        if before.is_none_or(|b| b.sources != show.sources) {
            program.set_inputs(sources::inputs(&show));
        }
        if before.is_none_or(|b| b.scene != show.scene || b.scenes != show.scenes) {
            program.set_scene(
                sources::scene(&show, &program.spec().canvas),
                sources::transition(&show),
            );
        }
        if before.is_none_or(|b| b.strips != show.strips) {
            for (source, strip) in &show.strips {
                if program
                    .set_gain_db(source.as_str(), strip.gain_cdb as f32 / 100.0)
                    .is_err()
                {
                    tracing::warn!(%source, gain_cdb = strip.gain_cdb, "gain out of the mixer's range");
                }
                program.set_mute(source.as_str(), strip.muted);
            }
        }
        if before.is_none_or(|b| b.phase != show.phase || b.destinations != show.destinations) {
            self.outputs.follow(&show);
        }
        if before.is_none_or(|b| b.phase != show.phase) {
            self.seat_audience(&show);
            if !show.is_live() {
                self.uplink.forget();
            }
            if show.is_live() {
                self.parts.notices.withdraw(INTERRUPTED);
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
                chat.connect(SEAT.into(), stallcast_wire::ChatConnector::Simulated)
                    .await;
            }
        });
    }

    fn hear(&mut self, event: MediaEvent) {
        match event {
            MediaEvent::Input(event) => {
                let code = event.code.unwrap_or_default();
                tracing::info!(input = event.input, state = ?event.state, code, "input");
                self.details.insert(event.input, code);
            }
            MediaEvent::Encoder(choice) => self.encoder = Some(choice),
            MediaEvent::EncoderFailed { name, message } => {
                tracing::warn!(name, message, "an encoder failed; another takes over");
                self.tell(
                    NoticeLevel::Warn,
                    "notice.encoder_failed",
                    &[("name", name)],
                );
            }
            MediaEvent::OnAir { shows, .. } => {
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
        if show.recording && self.recording.is_none() {
            self.begin_recording(&show);
        }
        // A receiver that could not listen is tried again.
        self.outputs.follow(&show);
        let status = self.status(&show);
        self.parts.status.send_replace(status);
    }

    fn tell(&self, level: NoticeLevel, key: &str, params: &[(&str, String)]) {
        self.parts.notices.tell(level, key, params);
    }
}

/// The engine as an actor.
pub fn engine() -> Actor {
    Actor {
        name: "engine".into(),
        role: Role::Owner,
    }
}
