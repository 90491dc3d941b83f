//! Owns the program's slower thread: converting changed layers, preparing the slate, and replacing
//! an encoder that failed. Nothing here may make the frame clock or the caller wait.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gstreamer_video as gst_video;

use super::encode::{EncodePipeline, EncodeSetup, discard};
use super::event::MediaEvent;
use super::frame_clock::Beat;
use super::packet::EncodedSink;
use super::rendition::RenditionSlot;
use super::slate::Backdrops;
use crate::blend::Layer;
use crate::encoder;
use crate::error::MediaError;

/// How often the encoder's health is looked at.
const HEALTH_CHECK: Duration = Duration::from_millis(250);
/// An encoder that was given pictures and made no packet for so long has hung.
const ENCODER_SILENCE: Duration = Duration::from_secs(3);
/// Wait before the same encoder is tried again.
const RESTART_PAUSE: Duration = Duration::from_secs(1);

/// Orders for the control thread. Policy: the newest of each kind replaces an older one that was
/// not carried out yet.
#[derive(Default)]
pub(crate) struct Mailbox {
    mail: Mutex<Mail>,
    arrived: Condvar,
}

#[derive(Default)]
struct Mail {
    layers: Option<Vec<Layer>>,
    slate: Option<Option<Layer>>,
    kbps: Option<u32>,
    rendition: Option<Option<Rendition>>,
    stop: bool,
}

/// A second rendition that is wanted.
struct Rendition {
    kbps: u32,
    output: EncodedSink,
}

impl Mailbox {
    fn put(&self, change: impl FnOnce(&mut Mail)) {
        change(&mut self.mail.lock().unwrap_or_else(PoisonError::into_inner));
        self.arrived.notify_one();
    }

    pub fn layers(&self, layers: Vec<Layer>) {
        self.put(|mail| mail.layers = Some(layers));
    }

    pub fn slate(&self, slate: Option<Layer>) {
        self.put(|mail| mail.slate = Some(slate));
    }

    pub fn kbps(&self, kbps: u32) {
        self.put(|mail| mail.kbps = Some(kbps));
    }

    /// A second rendition at this bitrate for `output`.
    pub fn rendition(&self, kbps: u32, output: EncodedSink) {
        self.put(|mail| mail.rendition = Some(Some(Rendition { kbps, output })));
    }

    pub fn no_rendition(&self) {
        self.put(|mail| mail.rendition = Some(None));
    }

    pub fn stop(&self) {
        self.put(|mail| mail.stop = true);
    }

    /// Waits for mail, at most until the next health check.
    fn take(&self) -> Mail {
        let mail = self.mail.lock().unwrap_or_else(PoisonError::into_inner);
        let nothing = |mail: &mut Mail| {
            !mail.stop
                && mail.layers.is_none()
                && mail.slate.is_none()
                && mail.kbps.is_none()
                && mail.rendition.is_none()
        };
        let (mut mail, _) = self
            .arrived
            .wait_timeout_while(mail, HEALTH_CHECK, nothing)
            .unwrap_or_else(PoisonError::into_inner);
        Mail {
            stop: mail.stop,
            ..std::mem::take(&mut *mail)
        }
    }
}

/// The control thread's own state.
pub(crate) struct Control {
    beat: Arc<Beat>,
    mailbox: Arc<Mailbox>,
    setup: EncodeSetup,
    info: gst_video::VideoInfo,
    layers: Vec<Layer>,
    health: Health,
}

/// Progress of the running encoder.
struct Health {
    packets: u64,
    produced: u64,
    since: Instant,
    /// When to start an encoder again, after a failed attempt.
    restart_at: Option<Instant>,
}

impl Control {
    pub fn new(beat: Arc<Beat>, mailbox: Arc<Mailbox>, setup: EncodeSetup) -> Self {
        Self {
            info: setup.info.clone(),
            beat,
            mailbox,
            setup,
            layers: Vec::new(),
            health: Health {
                packets: 0,
                produced: 0,
                since: Instant::now(),
                restart_at: None,
            },
        }
    }

    /// The thread's body.
    pub fn run(mut self) {
        loop {
            let mail = self.mailbox.take();
            if mail.stop {
                return;
            }
            if let Some(layers) = mail.layers {
                self.layers = layers;
                self.show_layers();
            }
            if let Some(slate) = mail.slate {
                match Backdrops::new(&self.info, slate.as_ref()) {
                    Ok(backdrops) => self.beat.set_backdrops(backdrops),
                    Err(error) => tracing::error!(%error, "the slate cannot be prepared"),
                }
            }
            if let Some(kbps) = mail.kbps {
                self.setup.kbps = kbps;
                if let Some(encode) = self.beat.encode() {
                    let effect = encode.set_bitrate_kbps(kbps);
                    tracing::info!(kbps, ?effect, "video bitrate");
                }
            }
            match mail.rendition {
                Some(Some(rendition)) => self.start_rendition(rendition),
                Some(None) => self.slot().stop(),
                None => {}
            }
            self.check_encoder();
        }
    }

    fn slot(&self) -> Arc<RenditionSlot> {
        self.setup.lookers.rendition.clone().unwrap_or_default()
    }

    fn start_rendition(&self, Rendition { kbps, output }: Rendition) {
        let grid = self
            .beat
            .encode()
            .map_or(0, |encode| encode.next_keyframe());
        let inputs = self.beat.inputs.clone();
        self.slot()
            .start(&self.setup, kbps, grid, output, move |gate| {
                tracing::info!(kbps, "second rendition");
                inputs.add_output(gate);
            });
    }

    fn show_layers(&self) {
        if let Some(encode) = self.beat.encode() {
            // Before the element draws, so that it finds pictures it may draw on.
            let draws = !self.layers.is_empty();
            if draws {
                self.beat.overlay_draws.store(true, Ordering::Release);
            }
            encode.overlay().set_layers(&self.layers);
            self.beat.overlay_draws.store(draws, Ordering::Release);
        }
    }

    fn check_encoder(&mut self) {
        let failure = match self.beat.encode() {
            Some(encode) => encode.failure().or_else(|| self.silence(&encode)),
            None => {
                if self
                    .health
                    .restart_at
                    .is_some_and(|at| Instant::now() >= at)
                {
                    self.restart();
                }
                return;
            }
        };
        if let Some(message) = failure {
            tracing::error!(%message, encoder = self.setup.kind.element, "encoder failed");
            self.beat.events.send(MediaEvent::EncoderFailed {
                name: self.setup.kind.element.to_owned(),
                message,
            });
            discard(self.beat.swap_encode(None));
            if self.setup.kind.hardware {
                self.fall_back();
            }
            self.restart();
        }
    }

    /// A message when the encoder takes pictures but gives no packets.
    fn silence(&mut self, encode: &EncodePipeline) -> Option<String> {
        let (packets, produced) = (encode.packets(), self.setup.counters.taken());
        if packets != self.health.packets || produced == self.health.produced {
            self.health.packets = packets;
            self.health.produced = produced;
            self.health.since = Instant::now();
            return None;
        }
        (self.health.since.elapsed() > ENCODER_SILENCE)
            .then(|| format!("no packet for {} s", ENCODER_SILENCE.as_secs()))
    }

    fn fall_back(&mut self) {
        let Some(kind) = encoder::all().iter().find(|kind| !kind.hardware) else {
            return;
        };
        self.setup.kind = kind;
        self.beat
            .events
            .send(MediaEvent::Encoder(encoder::EncoderChoice {
                name: kind.element.to_owned(),
                hardware: false,
                reason: encoder::ChoiceReason::NoHardwareWorks,
            }));
    }

    fn restart(&mut self) {
        match EncodePipeline::start(&self.setup) {
            Ok(encode) => {
                self.health = Health {
                    packets: 0,
                    produced: self.setup.counters.taken(),
                    since: Instant::now(),
                    restart_at: None,
                };
                discard(self.beat.swap_encode(Some(encode)));
                self.show_layers();
            }
            Err(error) => {
                tracing::error!(%error, "no encoder; trying again");
                self.health.restart_at = Some(Instant::now() + RESTART_PAUSE);
            }
        }
    }
}

/// Checks a bitrate before it is handed on.
pub(crate) fn check_kbps(kbps: u32) -> Result<(), MediaError> {
    if (100..=100_000).contains(&kbps) {
        Ok(())
    } else {
        Err(MediaError::OutOfRange("video bitrate"))
    }
}
