//! Owns the second life of the mix: a pipeline that broke is replaced by a new one in its place.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use gstreamer as gst;

use super::mixer::MixerCore;
use crate::error::{MediaError, Result};

/// How often a mix that says nothing is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A mix that runs but lets nothing out for this long has broken without a word. Far above what a
/// busy machine does to it: some 200 ms are normal.
const STALLED_AFTER: gst::ClockTime = gst::ClockTime::from_seconds(3);
/// A pipeline that lived this long has earned a replacement at once when it breaks.
const HEALTHY_AFTER: Duration = Duration::from_secs(5);

/// Wait before a pipeline is built: none for the first, then 250 ms doubling to 2 s.
fn backoff(breaks_in_a_row: u32) -> Duration {
    match breaks_in_a_row {
        0 | 1 => Duration::ZERO,
        more => Duration::from_millis(250 << (more - 2).min(3)),
    }
}

/// Starts the thread that replaces broken pipelines; `broken` brings their numbers. It ends with
/// the mixer.
pub(super) fn start(core: &Arc<MixerCore>, broken: Receiver<u64>) -> Result<()> {
    let core = Arc::downgrade(core);
    std::thread::Builder::new()
        .name("audio-mixer".to_owned())
        .spawn(move || keep(&core, &broken))
        .map_err(|error| MediaError::Build(format!("no thread: {error}")))?;
    Ok(())
}

/// Never holds on to the mixer while it waits: the mixer ends with its last user, not with this.
fn keep(core: &Weak<MixerCore>, broken: &Receiver<u64>) {
    let mut in_a_row = 0;
    let mut built = Instant::now();
    loop {
        let number = match broken.recv_timeout(LOOK_EVERY) {
            Ok(number) => Some(number),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let Some(mixer) = core.upgrade() else { return };
        match number {
            Some(number) if number == mixer.number() => {}
            // Of a pipeline that was replaced already.
            Some(_) => continue,
            None if mixer.idle() > STALLED_AFTER => mixer.fail(MediaError::Pipeline {
                element: "audio-mixer".to_owned(),
                reason: "no sound came out".to_owned(),
            }),
            None => continue,
        }
        in_a_row = if built.elapsed() > HEALTHY_AFTER {
            1
        } else {
            in_a_row + 1
        };
        mixer.close();
        drop(mixer);
        loop {
            if !wait(core, broken, backoff(in_a_row)) {
                return;
            }
            let Some(mixer) = core.upgrade() else { return };
            match mixer.reopen() {
                Ok(()) => break,
                Err(error) => {
                    tracing::error!(%error, "the audio mixer cannot be built anew");
                    mixer.fail(error);
                    in_a_row += 1;
                }
            }
        }
        built = Instant::now();
    }
}

/// Waits, whatever old pipelines still say; false when the mixer has ended.
fn wait(core: &Weak<MixerCore>, broken: &Receiver<u64>, time: Duration) -> bool {
    let deadline = Instant::now() + time;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return core.strong_count() > 0;
        }
        if let Err(RecvTimeoutError::Disconnected) = broken.recv_timeout(left) {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_replacement_is_at_once_and_none_waits_longer_than_two_seconds() {
        assert_eq!(backoff(1), Duration::ZERO);
        assert_eq!(backoff(2), Duration::from_millis(250));
        assert!((0..1_000).all(|n| backoff(n) <= Duration::from_secs(2)));
        assert!((1..10).all(|n| backoff(n) <= backoff(n + 1)));
    }
}
