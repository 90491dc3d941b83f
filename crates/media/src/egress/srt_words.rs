//! Owns what libsrt says through GStreamer: its counters, and why a connection failed.

use std::time::Duration;

use gstreamer as gst;

use super::{EgressError, SrtCaller};
use crate::error::MediaError;

/// libsrt's statistics since the connection began.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counters {
    pub bytes: u64,
    pub packets: u64,
    pub acknowledgements: u64,
    /// Of the packets, those sent again.
    pub repeated: u64,
    pub lost: u64,
    pub rtt: Duration,
}

impl Counters {
    pub fn of(stats: &gst::StructureRef) -> Self {
        let small = |name| {
            stats
                .get::<i32>(name)
                .ok()
                .and_then(|n| u64::try_from(n).ok())
        };
        let rtt_ms = stats.get::<f64>("rtt-ms").unwrap_or(0.0);
        Self {
            bytes: stats.get::<u64>("bytes-sent").unwrap_or(0),
            packets: stats
                .get::<i64>("packets-sent")
                .ok()
                .and_then(|n| u64::try_from(n).ok())
                .unwrap_or(0),
            acknowledgements: small("packet-ack-received").unwrap_or(0),
            repeated: small("packets-retransmitted").unwrap_or(0),
            lost: small("packets-sent-lost").unwrap_or(0),
            rtt: Duration::from_secs_f64((rtt_ms / 1000.0).clamp(0.0, 60.0)),
        }
    }

    pub fn plus(self, other: Self) -> Self {
        Self {
            bytes: self.bytes + other.bytes,
            packets: self.packets + other.packets,
            acknowledgements: self.acknowledgements + other.acknowledgements,
            repeated: self.repeated + other.repeated,
            lost: self.lost + other.lost,
            rtt: self.rtt.max(other.rtt),
        }
    }
}

/// libsrt's reject reasons (`SRT_REJECT_REASON`) that say what a person can do.
pub(super) fn understand(error: &gst::message::Error, caller: SrtCaller) -> EgressError {
    let text = error.error().message().to_owned();
    let words = format!("{text} {}", error.debug().unwrap_or_default());
    if caller == SrtCaller::Them
        && (words.contains("Cannot bind") || words.contains("Cannot listen"))
    {
        return EgressError::PortInUse;
    }
    match reason(&text) {
        // SRT_REJ_BADSECRET, SRT_REJ_UNSECURE.
        Some(10 | 11) => return EgressError::WrongPassphrase,
        // SRT_REJ_TIMEOUT, and nothing said.
        Some(0 | 1 | 16) => return EgressError::Unreachable,
        Some(reason) => return EgressError::Rejected(reason),
        None => {}
    }
    // Up to GStreamer 1.22 in words only.
    let says = |words: &[&str]| words.iter().any(|words| text.contains(words));
    if says(&["Incorrect passphrase", "Password required"]) {
        EgressError::WrongPassphrase
    } else if says(&["Connection timeout"]) {
        EgressError::Unreachable
    } else if says(&["broken", "closed", "does not exist", "Connection was"]) {
        EgressError::PeerLeft
    } else {
        MediaError::from_message(error).into()
    }
}

/// The number in `…: Incorrect passphrase (10)`.
fn reason(text: &str) -> Option<u32> {
    let (_, tail) = text.rsplit_once(['(', ' '])?;
    tail.trim_end_matches([')', '.']).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_the_number_at_the_end() {
        assert_eq!(
            reason("Failed to authenticate: Incorrect passphrase (10)"),
            Some(10)
        );
        assert_eq!(
            reason("Error on SRT socket: reject reason code 16"),
            Some(16)
        );
        assert_eq!(reason("Socket is broken or closed"), None);
    }
}
