//! Owns the states of an input and the back-off between its attempts.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::watchdog::Fault;

/// What an input is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum InputState {
    /// First attempt; nothing has come yet.
    Starting,
    /// Frames (or sound) are coming.
    Live,
    /// It runs, but nothing came for [`STALL_AFTER`].
    Stalled,
    /// Something comes, but it is of no use. A frozen or black picture is kept off the air; the
    /// device is reset when it goes on ([`super::resets_after`]).
    Faulty {
        /// What is wrong.
        fault: Fault,
    },
    /// It failed and is tried again.
    Retrying {
        /// Attempts since it was last live, from 1.
        attempt: u32,
        /// Milliseconds until the attempt, counted from the event.
        next_ms: u64,
    },
    /// It listens, and nobody has come yet.
    Waiting,
    /// It listens again: who sent is gone.
    Left,
    /// It ended: by request, or the file is over.
    Stopped,
}

/// A change of an input's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputEvent {
    /// The input's name.
    pub input: String,
    /// Its state from now on.
    pub state: InputState,
    /// [`crate::error::MediaError::code`] of what happened, where something did.
    pub code: Option<String>,
    /// Technical detail for the log and the doctor page, never a secret.
    pub detail: Option<String>,
}

/// Silence after which an input counts as stalled. With the 200 ms watch the slate is up within
/// the second that the design promises.
pub const STALL_AFTER: Duration = Duration::from_millis(700);

/// A pipeline that stays stalled this long is torn down and built anew: some sources (AVFoundation,
/// a suspended PipeWire node) never report that their device has gone.
pub const REBUILD_AFTER: Duration = Duration::from_millis(2_500);

/// A camera that delivers nothing at all for this long after it was opened is opened anew. Longer
/// than [`REBUILD_AFTER`]: some take seconds to their first frame.
pub const GIVE_UP_START_AFTER: Duration = Duration::from_secs(6);

/// Packets that come and cannot be decoded for this long are given up; two long groups of pictures.
pub const GIVE_UP_DECODING_AFTER: Duration = Duration::from_secs(20);

/// How long a sound source may take to its first sample: 1.5 s, and that much more after each
/// time that nothing came. A sound server that was asked in the moment in which the device appeared may never
/// start it; a Bluetooth headset takes some seconds to change to its microphone.
#[must_use]
pub fn sound_start_within(silent_starts: u32) -> Duration {
    (Duration::from_millis(1_500) * silent_starts.saturating_add(1)).min(GIVE_UP_START_AFTER)
}

/// Wait before an attempt: none before the first, then 500 ms doubling to 2 s. Two seconds keep a
/// replugged device within the promised three even when nobody reports it.
#[must_use]
pub fn backoff(attempt: u32) -> Duration {
    match attempt {
        0 | 1 => Duration::ZERO,
        2 => Duration::from_millis(500),
        3 => Duration::from_millis(1_000),
        _ => Duration::from_millis(2_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_retry_is_at_once_and_none_waits_longer_than_two_seconds() {
        assert_eq!(backoff(1), Duration::ZERO);
        assert_eq!(backoff(2), Duration::from_millis(500));
        assert!((2..1_000).all(|n| backoff(n) <= Duration::from_secs(2)));
        assert!((2..10).all(|n| backoff(n) <= backoff(n + 1)));
    }
}
