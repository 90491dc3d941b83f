//! Owns the program's slower thread: converting changed layers, preparing the slate, and replacing
//! an encoder that failed. Nothing here may make the frame clock or the caller wait.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gstreamer_video as gst_video;

use super::apart::{START_WITHIN, start_within};
use super::encode::{EncodePipeline, EncodeSetup};
use super::event::MediaEvent;
use super::frame_clock::Beat;
use super::health::{Health, LOOK};
use super::packet::EncodedSink;
use super::renditions::{Renditions, Which};
use super::second::SecondRendition;
use super::slate::Backdrops;
use crate::blend::Layer;
use crate::encoder::{ChoiceReason, EncoderChoice, EncoderKind, Succession, VideoCodec};
use crate::error::MediaError;

/// Wait before the encoders are tried again when none started.
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
    renditions: BTreeMap<Which, Option<Rendition>>,
    encoder: Option<(&'static EncoderKind, EncoderChoice)>,
    stop: bool,
}

/// A further rendition that is wanted.
struct Rendition {
    /// What makes it; the program's own encoder where nothing else is said.
    kind: Option<&'static EncoderKind>,
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

    /// A further rendition at this bitrate for `output`, by `kind` or else by the program's own encoder.
    pub fn rendition(
        &self,
        which: Which,
        kind: Option<&'static EncoderKind>,
        kbps: u32,
        output: EncodedSink,
    ) {
        let wanted = Rendition { kind, kbps, output };
        self.put(|mail| drop(mail.renditions.insert(which, Some(wanted))));
    }

    pub fn no_rendition(&self, which: Which) {
        self.put(|mail| drop(mail.renditions.insert(which, None)));
    }

    /// Another encoder, on air.
    pub fn encoder(&self, kind: &'static EncoderKind, choice: EncoderChoice) {
        self.put(|mail| mail.encoder = Some((kind, choice)));
    }

    pub fn stop(&self) {
        self.put(|mail| mail.stop = true);
    }

    /// Waits for mail, at most until the next look at the encoder.
    fn take(&self) -> Mail {
        let mail = self.mail.lock().unwrap_or_else(PoisonError::into_inner);
        let nothing = |mail: &mut Mail| {
            !mail.stop
                && mail.layers.is_none()
                && mail.slate.is_none()
                && mail.kbps.is_none()
                && mail.renditions.is_empty()
                && mail.encoder.is_none()
        };
        let (mut mail, _) = self
            .arrived
            .wait_timeout_while(mail, LOOK, nothing)
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
    succession: Succession,
    looked: Instant,
    /// When the encoders are tried again, while there is none.
    restart_at: Option<Instant>,
    further: BTreeMap<Which, SecondRendition>,
}

impl Control {
    pub fn new(
        beat: Arc<Beat>,
        mailbox: Arc<Mailbox>,
        setup: EncodeSetup,
        renditions: &Renditions,
    ) -> Self {
        let further = renditions
            .iter()
            .map(|(which, slot)| (which, SecondRendition::new(slot)));
        Self {
            further: further.collect(),
            info: setup.info.clone(),
            beat,
            mailbox,
            setup,
            layers: Vec::new(),
            health: Health::default(),
            succession: Succession::of(VideoCodec::H264),
            looked: Instant::now(),
            restart_at: None,
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
            if let Some((kind, choice)) = mail.encoder {
                self.change_encoder(kind, choice);
            }
            for (which, wanted) in mail.renditions {
                self.change_rendition(which, wanted);
            }
            let since = self.looked.elapsed();
            self.looked = Instant::now();
            self.look_at_encoder(since);
            self.look_at_renditions(since);
        }
    }

    fn change_rendition(&mut self, which: Which, wanted: Option<Rendition>) {
        let grid = self.grid();
        let Some(further) = self.further.get_mut(&which) else {
            return;
        };
        match wanted {
            Some(Rendition { kind, kbps, output }) => {
                further.want(kind.unwrap_or(self.setup.kind), kbps, output);
                further.start(&self.setup, grid, &self.beat.inputs);
            }
            None => further.stop(),
        }
    }

    fn look_at_renditions(&mut self, since: Duration) {
        let grid = self.grid();
        let mut failed = Vec::new();
        for further in self.further.values_mut() {
            if let Some(failure) = further.look(since) {
                failed.push(failure);
                further.start(&self.setup, grid, &self.beat.inputs);
            }
        }
        for (name, message) in failed {
            self.tell_of_failure(name, message);
        }
    }

    /// Where the keyframes of the program's own encode go on.
    fn grid(&self) -> u64 {
        let encode = self.beat.encode();
        encode.map_or(0, |encode| encode.next_keyframe())
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

    fn look_at_encoder(&mut self, since: Duration) {
        let Some(encode) = self.beat.encode() else {
            if self.restart_at.is_some_and(|at| Instant::now() >= at) {
                self.start_next();
            }
            return;
        };
        let taken = self.setup.counters.taken();
        let hardware = self.setup.kind.hardware;
        let hung = |health: &mut Health| health.look(hardware, encode.packets(), taken, since);
        let failure = encode.failure().or_else(|| hung(&mut self.health));
        if let Some(message) = failure {
            self.setup.keyframe_from = encode.next_keyframe();
            self.succession.failed(self.setup.kind);
            self.tell_of_failure(self.setup.kind.element, message);
            // Whatever still comes from it is too late.
            self.setup.maker += 1;
            self.setup.gate.pass_only(self.setup.maker);
            drop(self.beat.swap_encode(None));
            self.start_next();
        }
    }

    fn tell_of_failure(&self, element: &str, message: String) {
        tracing::error!(%message, encoder = element, "an encoder failed");
        self.beat.events.send(MediaEvent::EncoderFailed {
            name: element.to_owned(),
            message,
        });
    }

    /// Puts the next in rank on air.
    fn start_next(&mut self) {
        while let Some(kind) = self.succession.next() {
            self.setup.kind = kind;
            match start_within(&self.setup, START_WITHIN) {
                Ok(encode) => {
                    self.put_on_air(encode);
                    self.tell_of_choice(EncoderChoice {
                        name: kind.element.to_owned(),
                        hardware: kind.hardware,
                        reason: ChoiceReason::AfterFailure,
                    });
                    self.restart_at = None;
                    return;
                }
                Err(error) => {
                    tracing::error!(%error, encoder = kind.element, "it does not start");
                    self.succession.failed(kind);
                }
            }
        }
        self.restart_at = Some(Instant::now() + RESTART_PAUSE);
    }

    /// Somebody asked for this one: the one on air stays until it has started.
    fn change_encoder(&mut self, kind: &'static EncoderKind, choice: EncoderChoice) {
        let mut setup = self.setup.clone();
        setup.kind = kind;
        setup.maker += 1;
        if let Some(encode) = self.beat.encode() {
            setup.keyframe_from = encode.next_keyframe();
        }
        match start_within(&setup, START_WITHIN) {
            Ok(encode) => {
                self.succession.forgive(kind);
                self.setup = setup;
                self.put_on_air(encode);
                self.tell_of_choice(choice);
            }
            Err(error) => {
                self.succession.failed(kind);
                self.tell_of_failure(kind.element, error.to_string());
            }
        }
    }

    fn put_on_air(&mut self, encode: EncodePipeline) {
        self.health = Health::from(self.setup.counters.taken());
        self.setup.gate.pass_only(self.setup.maker);
        drop(self.beat.swap_encode(Some(encode)));
        self.show_layers();
    }

    fn tell_of_choice(&self, choice: EncoderChoice) {
        tracing::info!(?choice, "another encoder is on air");
        self.beat.events.send(MediaEvent::Encoder(choice));
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
