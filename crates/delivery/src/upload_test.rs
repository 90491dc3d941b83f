//! upload_test owns the measurement before a show: it publishes the show's own pictures, made larger with filler, to one
//! address for some seconds, and says what the way there takes. It never says where to: an address at which nothing is
//! shown to viewers is the caller's to choose.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use tokio::time::{Instant, interval, timeout};

use crate::capacity::Capacity;
use crate::destination::{Destination, DestinationSpec};
use crate::error::DeliveryErrorCode as Code;
use crate::feed::Feeding;
use crate::hub::{Hub, Subscription};
use crate::packet::{Packet, StreamFormat, Track, VideoCodec};
use crate::queue::QueueLimits;
use crate::supervisor::{DestinationStatus, STATUS_TICK, State};
use crate::uplink::LinkView;

/// How long is measured once the stream is accepted.
const LASTS: Duration = Duration::from_secs(10);
/// Longest wait for the first picture and for the server's consent.
const BEGINS_WITHIN: Duration = Duration::from_secs(15);
/// While nothing waits, the rate grows by so much each second: from 2.5 to 10 Mbit/s in four.
const GROWS: f64 = 1.5;
/// So much of what a way takes waits for it all the time, milliseconds: it is measured while something does. What is more
/// comes too late before the end of the test.
const WAITS_MS: f64 = 700.0;
/// A way that was found is asked for more or less than it takes, by this part at most, until so much waits.
const STEERS: f64 = 0.2;
/// The first seconds find the rate, the rest measure it.
const FINDS: Duration = Duration::from_secs(4);
/// What is asked for first, kbit/s, and least: a sound track takes two thirds of it.
const FIRST_KBPS: f64 = 600.0;
const LEAST_KBPS: f64 = 200.0;
/// A connection that stalled has told what its way takes when something arrived for so long.
const TELLING: Duration = Duration::from_secs(2);
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
    /// The first picture goes as it is: a server that looks sees a stream that begins.
    has_begun: bool,
}

/// What has come of a test so far.
#[derive(Default)]
struct Findings {
    capacity: Capacity,
    most_taken: f64,
    /// The first and the newest look at the link.
    first: Option<LinkView>,
    last: Option<LinkView>,
}

impl Findings {
    fn look(&mut self, at: Duration, link: LinkView, kbps: f64) {
        self.capacity.look(at, &[link], kbps as u32);
        self.most_taken = self.most_taken.max(link.taken_kbps);
        self.first.get_or_insert(link);
        self.last = Some(link);
    }

    /// Of a test that has lasted as long as it should.
    fn whole(&self, kbps: f64) -> Result<UploadFigures, Code> {
        match self.capacity.measured_kbps() {
            Some(kbps) => Ok(UploadFigures {
                kbps,
                is_least: false,
            }),
            None if self.most_taken > 0.0 => Ok(UploadFigures {
                kbps: self.most_taken.min(kbps),
                is_least: true,
            }),
            None => Err(Code::HandshakeFailed),
        }
    }

    /// Of a connection that was given up because what was under way came too late: what arrived until then is all that
    /// the way took.
    fn of_stalled(&self) -> Option<UploadFigures> {
        let (first, last) = self.first.zip(self.last)?;
        let lasted = last.seen.saturating_sub(first.seen);
        let bytes = last.arrived_bytes.saturating_sub(first.arrived_bytes);
        let kbps = bytes as f64 / 125.0 / lasted.as_secs_f64().max(0.001);
        (lasted >= TELLING && bytes > 0).then(|| UploadFigures {
            kbps: self.capacity.measured_kbps().unwrap_or(kbps),
            is_least: false,
        })
    }
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
    let mut found = Findings::default();
    let mut pace = Pace {
        kbps: FIRST_KBPS,
        owed_bytes: 0.0,
        paid: began,
        has_begun: false,
    };
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
                match failure(&seen) {
                    Some(Code::Stalled) => return found.of_stalled().ok_or(Code::Stalled),
                    Some(error) => return Err(error),
                    None => {}
                }
                if seen.state != State::Live && live_since.is_none() {
                    if now - began > BEGINS_WITHIN {
                        return Err(Code::HandshakeFailed);
                    }
                    continue;
                }
                let since = *live_since.get_or_insert(now);
                if let Some(link) = seen.link {
                    found.look(now - began, link, pace.kbps);
                    pace.follow(found.capacity.takes_now_kbps(now - began), &link, most_kbps);
                    // By this rate is judged what is much for this way.
                    destination.feed(feeding(hub, pace.kbps));
                }
                if now - since >= LASTS {
                    break;
                }
                if now - since < FINDS {
                    found.capacity.keep_newest();
                }
            }
        }
    }
    found.whole(pace.kbps)
}

fn feeding(hub: &Hub, kbps: f64) -> Feeding {
    Feeding {
        hub: hub.clone(),
        kbps: kbps as u32,
        paused: false,
        codec: VideoCodec::H264,
        soon: None,
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
    /// Grows while the way takes everything; then keeps a little waiting.
    fn follow(&mut self, takes_kbps: Option<f64>, link: &LinkView, most_kbps: f64) {
        self.kbps = match takes_kbps {
            Some(takes) => {
                // kbit/s is bits a millisecond.
                let waits_ms = link.waiting_bytes * 8.0 / takes.max(1.0);
                takes * (1.0 + STEERS * (1.0 - waits_ms / WAITS_MS).clamp(-1.0, 1.0))
            }
            // Something waits: whether it goes on waiting shows in a moment.
            None if link.busy > STATUS_TICK => self.kbps,
            None => self.kbps * GROWS.powf(STATUS_TICK.as_secs_f64()),
        }
        .clamp(LEAST_KBPS, most_kbps);
    }

    /// A picture with what it lacks to the rate; one that is more than is owed gives way to filler alone, since nobody
    /// looks: the show's own pictures would flood a way that is narrower than they are.
    fn fill(&mut self, packet: Packet) -> Packet {
        let now = Instant::now();
        let lasted = (now - std::mem::replace(&mut self.paid, now)).as_secs_f64();
        self.owed_bytes += self.kbps * 125.0 * lasted;
        let is_video = packet.track == Track::Video;
        let bytes = packet.data.len() as f64;
        if is_video && self.has_begun && bytes > self.owed_bytes {
            let filler = (self.owed_bytes.max(0.0) as usize).max(FILLER_HEADS);
            self.owed_bytes -= filler as f64;
            return Packet {
                data: with_filler(&Bytes::new(), filler),
                ..packet
            };
        }
        self.has_begun |= is_video;
        self.owed_bytes -= bytes;
        // What the first picture and the sound brought too much is not held against the next second.
        self.owed_bytes = self.owed_bytes.max(-self.kbps * 125.0);
        if !is_video || self.owed_bytes < 64.0 {
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

    fn packet(bytes: usize) -> Packet {
        Packet {
            track: Track::Video,
            pts_us: 0,
            dts_us: 0,
            keyframe: false,
            data: Bytes::from(vec![0; bytes]),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn pictures_that_are_more_than_the_way_takes_give_way_to_filler() {
        let mut pace = Pace {
            kbps: 400.0,
            owed_bytes: 0.0,
            paid: Instant::now(),
            has_begun: false,
        };
        assert_eq!(pace.fill(packet(20_000)).data.len(), 20_000, "the first");
        let mut bytes = 0;
        for _ in 0..300 {
            tokio::time::advance(Duration::from_millis(33)).await;
            bytes += pace.fill(packet(10_000)).data.len();
        }
        // 9.9 seconds of 400 kbit/s without what the first picture took.
        assert!((470_000..=500_000).contains(&bytes), "{bytes}");
    }

    #[test]
    fn a_way_that_stalled_after_a_while_has_told_what_it_takes() {
        let mut found = Findings::default();
        let link = |seconds: u64, arrived_bytes| LinkView {
            seen: Duration::from_secs(seconds),
            arrived_bytes,
            ..LinkView::default()
        };
        found.look(Duration::from_secs(1), link(1, 50_000), 600.0);
        assert_eq!(found.of_stalled(), None, "too short");
        found.look(Duration::from_secs(5), link(5, 650_000), 600.0);
        assert!((found.of_stalled().unwrap().kbps - 1_200.0).abs() < 1.0);
    }
}
