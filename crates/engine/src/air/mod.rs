//! What is on air: the thread that follows the show and makes media, destinations and recording fit it.
//! Blocking calls are allowed here and nowhere else in the engine's async half.

mod outputs;
mod preflight;
mod recording;
mod sources;
mod status;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use stallcast_delivery::presets::Platforms;
use stallcast_delivery::{AudioFormat, Hub, Packet, StreamFormat, TlsRoots, Track, VideoFormat};
use stallcast_media::encoder::EncoderChoice;
use stallcast_media::program::{Encoded, EventSink, MediaEvent, Program};
use stallcast_show::{Actor, Command, DestinationId, Phase, Role, Show};
use stallcast_wire::{Notice, NoticeLevel, StatusView};
use tokio::runtime::Handle;
use tokio::sync::{broadcast, mpsc, watch};

use crate::chat_room::ChatRoom;
use crate::clock::now;
use crate::desk::{Desk, Published};
use crate::folders::Folders;
use crate::keys::Keys;
use outputs::Outputs;
pub use preflight::check as preflight;
use recording::Recording;

/// The one canvas of this version; layouts are kept by canvas, so that a second one is an addition.
pub const CANVAS: &str = "landscape";
/// How often health is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// How long after a recording part failed the next is begun.
const RECORD_AGAIN: Duration = Duration::from_secs(30);

/// Told to the air thread from outside the show's state.
pub enum Order {
    /// A key was stored or forgotten.
    KeyChanged(DestinationId),
    /// The keychain was read: destinations that waited for their key may begin.
    KeysRead,
    /// A recording part was closed; the cause when it failed.
    PartClosed(Result<(), String>),
    /// Finalise what is open and end.
    End,
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
    pub notices: broadcast::Sender<Notice>,
    pub status: watch::Sender<StatusView>,
    pub warnings: Vec<String>,
    pub runtime: Handle,
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
        }
        let runtime = self.parts.runtime.clone();
        let mut look = runtime.block_on(async { tokio::time::interval(LOOK) });
        self.follow();
        loop {
            let woken = runtime.block_on(async {
                tokio::select! {
                    biased;
                    order = self.parts.orders.recv() => Woken::Order(order),
                    Ok(()) = self.published.changed() => Woken::Show,
                    Some(event) = self.parts.events.recv() => Woken::Media(event),
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
                Woken::Order(Some(Order::PartClosed(outcome))) => self.part_closed(outcome),
                Woken::Order(Some(Order::End) | None) => break,
                Woken::Look => self.look(),
            }
        }
        // The recording first: it is what cannot be sent again.
        if let Some(recording) = self.recording.take()
            && let Err(cause) = runtime.block_on(recording.finish())
        {
            tracing::error!(cause, "the last recording part failed");
        }
        self.outputs.end();
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
        }
        let on_air = show.on_air.as_ref();
        let is_new = before.and_then(|b| b.on_air.as_ref()) != on_air;
        if let Some(product) = on_air
            .and_then(|on| show.products.get(&on.product))
            .filter(|_| is_new)
        {
            self.parts.chat.react(&product.title);
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

    fn record(&mut self, show: &Show) {
        match (show.recording, self.recording.take()) {
            (true, None) => self.begin_part(show),
            (false, Some(recording)) => self.finish(recording),
            (_, recording) => self.recording = recording,
        }
    }

    fn begin_part(&mut self, show: &Show) {
        if self
            .record_again
            .is_some_and(|at| std::time::Instant::now() < at)
        {
            return;
        }
        let file = part_name(now().0, show.recording_parts.len() + 1);
        let folder = self.parts.folders.recordings();
        let (hub, events) = (&self.parts.hub, self.parts.recorder_events.clone());
        self.recording = Some(Recording::start(
            hub,
            &folder,
            file.clone(),
            events,
            &self.parts.runtime,
        ));
        let desk = self.parts.desk.clone();
        self.parts.runtime.spawn(async move {
            let noted = desk.submit(engine(), Command::NoteRecordingPart { file }).await;
            if let Err(error) = noted {
                tracing::warn!(code = ?error.code, "the recording goes on, its name could not be written down");
            }
        });
    }

    /// Closes a part in the background: a slow disk must not hold up the show.
    fn finish(&mut self, recording: Recording) {
        let orders = self.parts.own_orders.clone();
        self.parts.runtime.spawn(async move {
            let outcome = recording.finish().await;
            // At the end of the engine nobody listens any more; the part is closed all the same.
            let _ = orders.send(Order::PartClosed(outcome)).await;
        });
    }

    fn part_closed(&mut self, outcome: Result<(), String>) {
        if let Err(cause) = outcome {
            tracing::error!(cause, "a recording part failed");
            self.record_again = Some(std::time::Instant::now() + RECORD_AGAIN);
            self.tell(NoticeLevel::Error, "notice.recording_failed", &[]);
        }
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
            MediaEvent::RecordingFailed {
                message, disk_full, ..
            } => {
                tracing::error!(message, "the recording failed");
                let key = if disk_full {
                    "notice.disk_full"
                } else {
                    "notice.recording_failed"
                };
                self.tell(NoticeLevel::Error, key, &[]);
                // What is in the file stays playable; the next part is begun when the disk may take it.
                if let Some(failed) = self.recording.take() {
                    self.record_again = Some(std::time::Instant::now() + RECORD_AGAIN);
                    self.finish(failed);
                }
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
        if let Some(ended) = self.recording.take_if(|recording| recording.has_ended()) {
            self.finish(ended);
        }
        let show = self.parts.desk.show();
        if show.recording && self.recording.is_none() {
            self.begin_part(&show);
        }
        // A receiver that could not listen is tried again.
        self.outputs.follow(&show);
        let status = self.status(&show);
        self.parts.status.send_replace(status);
    }

    /// Nobody listening is fine: a notice is for whoever looks now.
    fn tell(&self, level: NoticeLevel, key: &str, params: &[(&str, String)]) {
        let params = params
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        let _ = self.parts.notices.send(Notice {
            level,
            key: key.to_owned(),
            params,
            at: now().0,
        });
    }
}

/// The engine as an actor.
pub fn engine() -> Actor {
    Actor {
        name: "engine".into(),
        role: Role::Owner,
    }
}

/// `20261122-101500-01.mp4` in UTC, so that parts sort by time whatever the machine's zone.
fn part_name(unix_ms: i64, part: usize) -> String {
    let seconds = unix_ms.div_euclid(1000);
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Civil date from days since 1970 (the proleptic Gregorian calendar counted from 1 March).
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}{month:02}{day:02}-{hour:02}{minute:02}{second:02}-{part:02}.mp4")
}

#[cfg(test)]
mod tests {
    use super::part_name;

    #[test]
    fn parts_are_named_by_their_moment_in_utc() {
        assert_eq!(part_name(0, 1), "19700101-000000-01.mp4");
        assert_eq!(part_name(951_782_399_000, 2), "20000228-235959-02.mp4");
        assert_eq!(part_name(1_709_164_800_000, 3), "20240229-000000-03.mp4");
        assert_eq!(part_name(1_795_305_600_000, 12), "20261122-000000-12.mp4");
    }
}
