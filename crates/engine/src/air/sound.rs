//! What the air thread does about the sound: sets the mixer as the show says, and has one source recorded alone.

use stallcast_media::audio::{NoiseSuppression, SoundRole};
use stallcast_media::program::EncodedPacket;
use stallcast_show::{Phase, Show, SourceId};
use std::time::Duration;
use tokio::sync::{broadcast, watch};

use super::Air;

/// Packets of the isolated sound on their way to a recording: 10 s. Policy when full: a recording that does not take
/// them loses the oldest.
const ISOLATED_PACKETS: usize = 512;

/// The isolated sound and who takes it.
pub struct Isolated {
    packets: broadcast::Sender<EncodedPacket>,
    /// The source's name, while recordings are to have it.
    name: watch::Sender<Option<String>>,
}

/// One recording's way to the isolated sound.
pub struct IsolatedFeed {
    packets: broadcast::Sender<EncodedPacket>,
    pub name: watch::Receiver<Option<String>>,
}

impl Default for Isolated {
    fn default() -> Self {
        Self {
            packets: broadcast::Sender::new(ISOLATED_PACKETS),
            name: watch::Sender::new(None),
        }
    }
}

impl Isolated {
    pub fn feed(&self) -> IsolatedFeed {
        IsolatedFeed {
            packets: self.packets.clone(),
            name: self.name.subscribe(),
        }
    }
}

impl IsolatedFeed {
    /// What comes from now on.
    pub fn packets(&self) -> broadcast::Receiver<EncodedPacket> {
        self.packets.subscribe()
    }
}

impl Air {
    /// Sets the mixer as the show says; `before` is what it follows already.
    pub(super) fn follow_sound(&self, before: Option<&Show>, show: &Show) {
        let mixer = self.parts.canvases.inputs().mixer();
        for source in show.sources.keys() {
            let sound = show.sound(source);
            if before.is_some_and(|b| b.sources.contains_key(source) && b.sound(source) == sound) {
                continue;
            }
            mixer.set_role(
                source.as_str(),
                match sound.role {
                    stallcast_show::SoundRole::Speech => SoundRole::Speech,
                    stallcast_show::SoundRole::Music => SoundRole::Music,
                    stallcast_show::SoundRole::Other => SoundRole::Other,
                },
            );
            mixer.set_noise_suppression(
                source.as_str(),
                match sound.noise {
                    stallcast_show::NoiseSuppression::Off => NoiseSuppression::Off,
                    stallcast_show::NoiseSuppression::On => NoiseSuppression::On,
                },
            );
            let delay = Duration::from_millis(sound.delay_ms.into());
            if mixer.set_delay(source.as_str(), delay).is_err() {
                tracing::warn!(%source, ?delay, "delay out of the mixer's range");
            }
        }
        if before.is_none_or(|b| b.ducking != show.ducking)
            && mixer
                .set_ducking_db(show.ducking.depth_cdb as f32 / 100.0)
                .is_err()
        {
            tracing::warn!(ducking = ?show.ducking, "ducking out of the mixer's range");
        }
        if before.is_some_and(|b| begins(b, show)) {
            mixer.restart_loudness();
        }
        self.follow_isolated(show);
    }

    /// Encodes the isolated source while a recording takes it, and at no other time: it costs an encoder.
    fn follow_isolated(&self, show: &Show) {
        let inputs = self.parts.canvases.inputs();
        inputs
            .mixer()
            .isolate(show.isolated.as_ref().map(SourceId::as_str));
        let wanted = show.isolated.as_ref().filter(|_| show.recording);
        let name = wanted.and_then(|source| Some(show.sources.get(source)?.name.clone()));
        let runs = self.isolated.name.borrow().is_some();
        match (&name, runs) {
            (Some(_), false) => {
                let packets = self.isolated.packets.clone();
                // Nobody listens before the recording has begun.
                let give = move |packet| drop(packets.send(packet));
                if let Err(error) = inputs.start_isolated(give) {
                    tracing::error!(%error, "no isolated sound");
                    return;
                }
            }
            (None, true) => inputs.mixer().stop_isolated(),
            _ => {}
        }
        self.isolated.name.send_if_modified(|now| {
            let other = *now != name;
            *now = name;
            other
        });
    }
}

/// A rehearsal or a broadcast begins: what was before is not part of it.
fn begins(before: &Show, show: &Show) -> bool {
    show.phase != Phase::Idle && (before.phase == Phase::Idle || before.is_live() != show.is_live())
}

#[cfg(test)]
mod tests {
    use stallcast_show::At;

    use super::*;

    #[test]
    fn the_loudness_of_a_broadcast_begins_with_it_and_not_with_a_rehearsal_before() {
        let show = |phase| Show {
            phase,
            ..Show::new("orchard")
        };
        let idle = || show(Phase::Idle);
        let rehearsal = || show(Phase::Rehearsing { since: At(1) });
        let live = || show(Phase::Live { since: At(2) });
        for (before, now) in [
            (idle(), rehearsal()),
            (idle(), live()),
            (rehearsal(), live()),
        ] {
            assert!(begins(&before, &now));
        }
        for (before, now) in [(live(), live()), (live(), idle()), (rehearsal(), idle())] {
            assert!(!begins(&before, &now));
        }
    }
}
