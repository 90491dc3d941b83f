//! A newer program takes this one's place. Whoever puts it there holds the engine meanwhile: no show and no recording
//! begins, no clips and no evidence are made; and it cannot be held while one of them runs. Both sides are decided under one
//! lock, the show's at the desk's turn, so nothing comes in between. A hold that nobody renews is over by itself.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use stallcast_show::{Command, Show};
use stallcast_wire::{ErrorCode, ReplacementHold, WireError};

/// How long a hold lasts that nobody renews: an anchor does not wait for a window that died.
const LASTS: Duration = Duration::from_secs(20);
/// How long it can be renewed: time to answer the system's question for a password, and not for ever.
const AT_MOST: Duration = Duration::from_secs(600);

/// Who holds the engine. Cheap to clone; all clones are one.
#[derive(Debug, Clone, Default)]
pub struct Replacement {
    held: Arc<Mutex<Option<Held>>>,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    id: u32,
    until: Instant,
    at_most: Instant,
    /// Whether the engine's end has begun: nothing makes the hold shorter from then on.
    ends: bool,
}

impl Replacement {
    /// Holds the engine under this name, if nothing runs that must not be interrupted; without a name it is only looked.
    /// `works` says what the show does not know of, and is asked under the lock.
    ///
    /// # Errors
    /// [`ErrorCode::NotReplaceable`] with what runs as its cause.
    pub fn hold(
        &self,
        id: Option<u32>,
        show: &Show,
        works: impl FnOnce() -> Option<&'static str>,
        now: Instant,
    ) -> Result<Option<ReplacementHold>, WireError> {
        let mut held = self.held();
        let running = if show.is_live() {
            Some("replace_live")
        } else if show.recording {
            Some("replace_recording")
        } else if held.is_some_and(|held| now < held.until) {
            Some("replace_held")
        } else {
            works()
        };
        if let Some(cause) = running {
            return Err(WireError::new(ErrorCode::NotReplaceable)
                .with("cause", cause)
                .retryable());
        }
        let Some(id) = id else { return Ok(None) };
        let made = Held {
            id,
            until: now + LASTS,
            at_most: now + AT_MOST,
            ends: false,
        };
        *held = Some(made);
        Ok(Some(made.told(now)))
    }

    /// Holds it for longer.
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`] when that hold is over.
    pub fn renew(&self, id: u32, now: Instant) -> Result<ReplacementHold, WireError> {
        self.lengthen(id, now, false)
    }

    /// Holds it to its end, which has begun: neither renewing nor letting go changes that.
    ///
    /// # Errors
    /// Those of [`Replacement::renew`].
    pub fn end(&self, id: u32, now: Instant) -> Result<(), WireError> {
        self.lengthen(id, now, true).map(drop)
    }

    fn lengthen(&self, id: u32, now: Instant, ends: bool) -> Result<ReplacementHold, WireError> {
        let mut held = self.held();
        let known = held
            .as_mut()
            .filter(|held| held.id == id && now < held.until);
        let known = known.ok_or_else(|| WireError::new(ErrorCode::NotFound))?;
        known.ends |= ends;
        known.until = match known.ends {
            true => known.at_most,
            false => known.at_most.min(now + LASTS),
        };
        Ok(known.told(now))
    }

    /// Lets go of it.
    pub fn release(&self, id: u32) {
        let mut held = self.held();
        if held.is_some_and(|held| held.id == id && !held.ends) {
            *held = None;
        }
    }

    /// Keeps a command back that would begin what must not be interrupted.
    ///
    /// # Errors
    /// [`ErrorCode::BeingReplaced`] while the engine is held.
    pub fn permit(&self, command: &Command, now: Instant) -> Result<(), WireError> {
        match command {
            Command::GoLive | Command::SetRecording { on: true } => self.begin(now).map(drop),
            _ => Ok(()),
        }
    }

    /// For work that must not be interrupted: nobody can hold the engine until this is dropped, by when it counts as
    /// running.
    ///
    /// # Errors
    /// [`ErrorCode::BeingReplaced`] while the engine is held.
    pub fn begin(&self, now: Instant) -> Result<impl Sized + use<'_>, WireError> {
        let held = self.held();
        if held.is_some_and(|held| now < held.until) {
            return Err(WireError::new(ErrorCode::BeingReplaced).retryable());
        }
        Ok(held)
    }

    fn held(&self) -> MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn told(&self, now: Instant) -> ReplacementHold {
        let lasts = self.until.saturating_duration_since(now);
        ReplacementHold {
            id: self.id,
            lasts_ms: u32::try_from(lasts.as_millis()).unwrap_or(u32::MAX),
        }
    }
}

/// The file that this program was started from.
#[derive(Debug, Clone)]
pub struct ProgramFile {
    path: PathBuf,
    was: Option<(u64, SystemTime)>,
}

impl ProgramFile {
    /// As it is now; to be called while nothing can have replaced it yet.
    pub fn own() -> Self {
        // Where the system does not say, nothing is ever seen there.
        Self::at(std::env::current_exe().unwrap_or_default())
    }

    fn at(path: PathBuf) -> Self {
        let was = looks(&path);
        Self { path, was }
    }

    /// Whether another program stands there by now. One that was removed is not replaced.
    pub fn is_replaced(&self) -> bool {
        let now = looks(&self.path);
        now.is_some() && now != self.was
    }
}

/// Length and time of a file.
fn looks(path: &std::path::Path) -> Option<(u64, SystemTime)> {
    let file = std::fs::metadata(path).ok()?;
    Some((file.len(), file.modified().ok()?))
}

#[cfg(test)]
mod tests {
    use stallcast_show::{At, Event, Phase};

    use super::*;

    fn cause(error: &WireError) -> &str {
        assert_eq!(error.code, ErrorCode::NotReplaceable);
        &error.params["cause"]
    }

    #[test]
    fn an_engine_that_is_busy_is_not_held_and_one_that_is_held_begins_nothing() {
        let (engine, now) = (Replacement::default(), Instant::now());
        let idle = Show::default();
        let mut live = idle.clone();
        live.apply(&Event::PhaseChanged {
            phase: Phase::Live { since: At(1) },
        });
        let mut recorded = idle.clone();
        recorded.apply(&Event::RecordingSet { on: true });
        let mut rehearsing = idle.clone();
        rehearsing.apply(&Event::PhaseChanged {
            phase: Phase::Rehearsing { since: At(1) },
        });
        for (show, why) in [(&live, "replace_live"), (&recorded, "replace_recording")] {
            let refused = engine.hold(Some(1), show, || None, now).unwrap_err();
            assert_eq!(cause(&refused), why);
            let looked = engine.hold(None, show, || None, now).unwrap_err();
            assert_eq!(cause(&looked), why);
        }
        let clips = || Some("replace_clips");
        let refused = engine.hold(Some(1), &idle, clips, now).unwrap_err();
        assert_eq!(cause(&refused), "replace_clips");
        assert_eq!(engine.hold(None, &idle, || None, now), Ok(None));
        engine.permit(&Command::GoLive, now).unwrap();

        engine.hold(Some(1), &rehearsing, || None, now).unwrap();
        for begins in [Command::GoLive, Command::SetRecording { on: true }] {
            let kept = engine.permit(&begins, now).unwrap_err();
            assert_eq!(kept.code, ErrorCode::BeingReplaced);
            assert!(kept.retryable);
        }
        assert!(engine.begin(now).is_err());
        for passes in [Command::SetRecording { on: false }, Command::EndShow] {
            engine.permit(&passes, now).unwrap();
        }
        let second = engine.hold(Some(2), &idle, || None, now).unwrap_err();
        assert_eq!(cause(&second), "replace_held");
        engine.release(2);
        assert!(engine.begin(now).is_err(), "it is another one's");
        engine.release(1);
        engine.permit(&Command::GoLive, now).unwrap();
    }

    #[test]
    fn a_hold_is_over_by_itself_and_cannot_be_renewed_for_ever() {
        let (engine, began) = (Replacement::default(), Instant::now());
        let idle = Show::default();
        let held = engine.hold(Some(1), &idle, || None, began).unwrap();
        let held = held.unwrap();
        assert_eq!(u128::from(held.lasts_ms), LASTS.as_millis());
        let mut now = began;
        while now + LASTS < began + AT_MOST {
            now += LASTS / 2;
            engine.renew(1, now).unwrap();
        }
        let last = engine.renew(1, now).unwrap();
        assert!(u128::from(last.lasts_ms) <= LASTS.as_millis());
        assert!(
            engine
                .begin(began + AT_MOST - Duration::from_millis(1))
                .is_err()
        );
        engine.permit(&Command::GoLive, began + AT_MOST).unwrap();
        let over = engine.renew(1, began + AT_MOST).unwrap_err();
        assert_eq!(over.code, ErrorCode::NotFound);

        let now = began + AT_MOST;
        engine.hold(Some(2), &idle, || None, now).unwrap();
        engine.permit(&Command::GoLive, now + LASTS).unwrap();
        assert!(engine.renew(2, now + LASTS).is_err());
    }

    #[test]
    fn an_end_that_has_begun_is_undone_by_nobody() {
        let (engine, now) = (Replacement::default(), Instant::now());
        let idle = Show::default();
        engine.hold(Some(1), &idle, || None, now).unwrap();
        engine.end(1, now).unwrap();
        engine.renew(1, now).unwrap();
        let later = now + LASTS * 2;
        assert!(engine.permit(&Command::GoLive, later).is_err(), "renewed");
        engine.release(1);
        assert!(engine.permit(&Command::GoLive, later).is_err(), "let go of");
        // An engine that never comes to its end is no prison.
        engine.permit(&Command::GoLive, now + AT_MOST).unwrap();
    }

    #[test]
    fn another_file_in_the_program_s_place_is_seen_and_a_missing_one_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stallcast");
        std::fs::write(&path, b"one").unwrap();
        let program = ProgramFile::at(path.clone());
        assert!(!program.is_replaced());
        std::fs::remove_file(&path).unwrap();
        assert!(!program.is_replaced(), "it was taken off this computer");
        std::fs::write(&path, b"another").unwrap();
        assert!(program.is_replaced());
        assert!(!ProgramFile::own().is_replaced());
    }
}
