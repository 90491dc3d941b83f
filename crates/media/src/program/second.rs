//! Owns a further rendition's life as the control thread sees it: what was ordered, and which encoder makes it
//! when one fails. Its failures say nothing about the program's own encoder: a chip may only refuse a second
//! session.

use std::sync::Arc;
use std::time::Duration;

use super::encode::EncodeSetup;
use super::health::Health;
use super::inputs::Inputs;
use super::packet::EncodedSink;
use super::rendition::{Look, RenditionSlot};
use super::stats::Counters;
use crate::encoder::{EncoderKind, Succession};

/// A further rendition that is wanted, if one is.
pub(crate) struct SecondRendition {
    slot: Arc<RenditionSlot>,
    wanted: Option<Wanted>,
    health: Health,
}

struct Wanted {
    kind: &'static EncoderKind,
    kbps: u32,
    output: EncodedSink,
    /// Go on counting when its encoder is replaced.
    counters: Arc<Counters>,
    succession: Succession,
    /// Every encoder failed: it waits for another order.
    is_given_up: bool,
}

impl SecondRendition {
    pub fn new(slot: Arc<RenditionSlot>) -> Self {
        Self {
            slot,
            wanted: None,
            health: Health::default(),
        }
    }

    /// `kind` is tried first, then the others of its codec.
    pub fn want(&mut self, kind: &'static EncoderKind, kbps: u32, output: EncodedSink) {
        self.wanted = Some(Wanted {
            kind,
            kbps,
            output,
            counters: Arc::default(),
            succession: Succession::of(kind.codec),
            is_given_up: false,
        });
    }

    /// Starts what is wanted, like the program's own, with its keyframes from `grid` on.
    pub fn start(&mut self, main: &EncodeSetup, grid: u64, inputs: &Arc<Inputs>) {
        let Some(wanted) = &self.wanted else { return };
        let setup = EncodeSetup {
            kind: wanted.kind,
            kbps: wanted.kbps,
            counters: wanted.counters.clone(),
            keyframe_from: grid,
            ..main.clone()
        };
        self.health = Health::from(wanted.counters.taken());
        let (inputs, kbps) = (inputs.clone(), setup.kbps);
        let encoder = wanted.kind.element;
        self.slot.start(setup, wanted.output.clone(), move |gate| {
            tracing::info!(kbps, encoder, "a further rendition");
            inputs.add_output(gate);
        });
    }

    /// Name and message of an encoder that failed, when another is to be started.
    pub fn look(&mut self, since: Duration) -> Option<(&'static str, String)> {
        let wanted = self.wanted.as_mut().filter(|wanted| !wanted.is_given_up)?;
        let Look::Failed(message) = self.slot.look(&mut self.health, since) else {
            return None;
        };
        let failed = wanted.kind;
        wanted.succession.failed(failed);
        let next = wanted.succession.next();
        wanted.is_given_up = next.is_none();
        wanted.kbps = self.slot.clear(next.is_none().then(|| message.clone()));
        wanted.kind = next?;
        Some((failed.element, message))
    }

    pub fn stop(&mut self) {
        self.wanted = None;
        self.slot.stop();
    }
}
