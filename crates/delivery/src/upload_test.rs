//! upload_test owns the measurement before a show: it publishes the show's own pictures, made larger with filler, to one
//! address for some seconds, and says what the way there takes. It never says where to: an address at which nothing is
//! shown to viewers is the caller's to choose.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use tokio::time::{Instant, interval, timeout};

use crate::capacity::Capacity;
use crate::destination::{Destination, DestinationSpec};
use crate::error::DeliveryErrorCode as Code;
use crate::hub::{Hub, Subscription};
use crate::packet::{Packet, StreamFormat, Track};
use crate::queue::QueueLimits;
use crate::supervisor::{DestinationStatus, STATUS_TICK, State};

/// How long is measured once the stream is accepted.
const LASTS: Duration = Duration::from_secs(10);
/// Longest wait for the first picture and for the server's consent.
const BEGINS_WITHIN: Duration = Duration::from_secs(15);
/// While nothing waits, the rate grows by so much each second: from 2.5 to 10 Mbit/s in four.
const GROWS: f64 = 1.5;
/// A way that was found is asked for a little more than it takes, so that something waits all the time.
const OVER: f64 = 1.2;
/// The first seconds find the rate, the rest measure it.
const FINDS: Duration = Duration::from_secs(4);
/// Least rate that is asked for, kbit/s.
const LEAST_KBPS: f64 = 600.0;
/// What waits for this test of the hub's pictures.
const ROOM: QueueLimits = QueueLimits {
    max_bytes: 4 * 1024 * 1024,
    max_ms: 1_000,
};
/// A filler NAL unit (ITU-T H.264 7.3.2.7): its head, bytes of ones, the stop bit. Decoders throw it away.
const FILLER: u8 = 12;
const ONES: u8 = 0xFF;
const STOP_BIT: u8 = 0x80;
/// Length prefix and head of a NAL unit, and the stop bit.
const FILLER_HEADS: usize = 6;

/// What a way to a server takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UploadFigures {
    /// kbit/s of stream with the protocol's own bytes.
    pub kbps: f64,
    /// Whether it takes more than that: the test stopped at its most.
    pub is_least: bool,
}

/// Publishes to `spec` for ten seconds and measures, with the estimator that also watches a show. `pictures` is a hub
/// whose encoder runs; more than `most_kbps` is not sent.
///
/// # Errors
/// Why the server does not take the stream; [`Code::HandshakeFailed`] when nothing came of it, or no picture did.
pub async fn test_upload(
    spec: DestinationSpec,
    pictures: &Hub,
    most_kbps: u32,
) -> Result<UploadFigures, Code> {
    let hub = Hub::new();
    let mut source = pictures.subscribe(ROOM);
    let first = timeout(BEGINS_WITHIN, source.next()).await;
    let Ok(Some(first)) = first else {
        return Err(Code::HandshakeFailed);
    };
    // Before the connection is made: its buffers are made for the rate.
    hub.set_format(at_most(&first.format, most_kbps));
    let destination = Destination::spawn(spec, hub.clone());
    let measured = measure(&destination, &mut source, &hub, f64::from(most_kbps)).await;
    destination.stop().await;
    measured
}

fn at_most(format: &StreamFormat, kbps: u32) -> StreamFormat {
    let mut format = format.clone();
    format.video.kbps = kbps;
    format
}

/// The stream's rate, and how much of it is still to be brought.
struct Pace {
    kbps: f64,
    owed_bytes: f64,
    paid: Instant,
}

async fn measure(
    destination: &Destination,
    source: &mut Subscription,
    hub: &Hub,
    most_kbps: f64,
) -> Result<UploadFigures, Code> {
    let mut status = destination.status();
    let mut look = interval(STATUS_TICK);
    let began = Instant::now();
    let mut live_since = None;
    let mut capacity = Capacity::default();
    let mut pace = Pace {
        kbps: LEAST_KBPS,
        owed_bytes: 0.0,
        paid: began,
    };
    let mut most_taken: f64 = 0.0;
    loop {
        tokio::select! {
            delivered = source.next() => {
                let Some(delivered) = delivered else {
                    return Err(Code::HandshakeFailed);
                };
                hub.set_format(at_most(&delivered.format, most_kbps as u32));
                hub.publish(pace.fill(delivered.packet));
            }
            _ = look.tick() => {
                let now = Instant::now();
                let seen = status.borrow_and_update().clone();
                if let Some(error) = failure(&seen) {
                    return Err(error);
                }
                if seen.state != State::Live && live_since.is_none() {
                    if now - began > BEGINS_WITHIN {
                        return Err(Code::HandshakeFailed);
                    }
                    continue;
                }
                let since = *live_since.get_or_insert(now);
                if let Some(link) = seen.link {
                    capacity.look(now - began, &[link], pace.kbps as u32);
                    most_taken = most_taken.max(link.taken_kbps);
                    pace.follow(capacity.takes_now_kbps(now - began), link.busy, most_kbps);
                }
                if now - since >= LASTS {
                    break;
                }
                if now - since < FINDS {
                    capacity.keep_newest();
                }
            }
        }
    }
    match capacity.measured_kbps() {
        Some(kbps) => Ok(UploadFigures {
            kbps,
            is_least: false,
        }),
        None if most_taken > 0.0 => Ok(UploadFigures {
            kbps: most_taken.min(pace.kbps),
            is_least: true,
        }),
        None => Err(Code::HandshakeFailed),
    }
}

/// A server that did not take the stream, or lost it, is not asked twice: a test may not look like a show that comes
/// and goes.
fn failure(status: &DestinationStatus) -> Option<Code> {
    match status.state {
        State::Retrying { .. } | State::Stopped => {
            Some(status.last_error.clone().unwrap_or(Code::HandshakeFailed))
        }
        State::Starting | State::Live | State::Stalled => None,
    }
}

impl Pace {
    /// Grows while the way takes everything; holds a little above what it was found to take.
    fn follow(&mut self, takes_kbps: Option<f64>, busy: Duration, most_kbps: f64) {
        self.kbps = match takes_kbps {
            Some(takes) => takes * OVER,
            // Something waits: whether it goes on waiting shows in a moment.
            None if busy > STATUS_TICK => self.kbps,
            None => self.kbps * GROWS.powf(STATUS_TICK.as_secs_f64()),
        }
        .clamp(LEAST_KBPS, most_kbps);
    }

    /// A picture with what it lacks to the rate.
    fn fill(&mut self, packet: Packet) -> Packet {
        let now = Instant::now();
        let lasted = (now - std::mem::replace(&mut self.paid, now)).as_secs_f64();
        self.owed_bytes += self.kbps * 125.0 * lasted - packet.data.len() as f64;
        // What the encoder brought too much is not held against the next second.
        self.owed_bytes = self.owed_bytes.max(-self.kbps * 125.0);
        if packet.track == Track::Audio || self.owed_bytes < 64.0 {
            return packet;
        }
        let missing = self.owed_bytes as usize;
        self.owed_bytes = 0.0;
        Packet {
            data: with_filler(&packet.data, missing),
            ..packet
        }
    }
}

/// The access unit with so many bytes of filler behind its pictures.
fn with_filler(unit: &Bytes, bytes: usize) -> Bytes {
    let ones = bytes.saturating_sub(FILLER_HEADS);
    let mut whole = BytesMut::with_capacity(unit.len() + ones + FILLER_HEADS);
    whole.extend_from_slice(unit);
    // Head, ones, stop bit; far below four gigabytes.
    whole.put_u32((ones + 2) as u32);
    whole.put_u8(FILLER);
    whole.put_bytes(ONES, ones);
    whole.put_u8(STOP_BIT);
    whole.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filler_is_one_nal_unit_of_its_own() {
        let unit = Bytes::from_static(&[0, 0, 0, 2, 0x65, 0x88]);
        let whole = with_filler(&unit, 100);
        assert_eq!(whole.len(), unit.len() + 100);
        assert_eq!(&whole[..6], &unit[..]);
        let length = u32::from_be_bytes(whole[6..10].try_into().unwrap()) as usize;
        assert_eq!(10 + length, whole.len());
        assert_eq!((whole[10], whole[whole.len() - 1]), (FILLER, STOP_BIT));
    }
}
