//! Owns what a WebRTC receiver reports: the round trip as webrtcbin's session knows it, and from the reports themselves
//! what was lost. The session keeps one block of a report, the last, which may be the sound's.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;

use crate::peer;

/// What a session knows of all its sources: ours count what was sent, the receiver's holds its last report (RFC 3550,
/// 6.4.1).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reports {
    pub packets: u64,
    /// Changes with every report that says that more has arrived; `None` before the first.
    pub heard: Option<u64>,
    pub rtt: Duration,
}

/// Packet types of reports (RFC 3550, 6.4): a receiver's, and one's who sends as well, with how much precedes the blocks.
const REPORTS: [(u8, usize); 2] = [(201, 8), (200, 28)];
const BLOCK: usize = 24;
/// Streams that are followed; there are two, and whoever reports may name any.
const MOST_STREAMS: usize = 8;

/// What was told of one stream.
#[derive(Debug, Clone, Copy, Default)]
struct Told {
    /// Highest number that came, wraps included.
    highest: u32,
    /// Packets lost in all.
    lost: i32,
    /// Since the report before: packets that should have come, and those that did not.
    latest: (u32, u32),
}

/// What is lost of all streams; shared with the session's thread.
#[derive(Debug, Clone, Default)]
pub(super) struct Losses(Arc<Mutex<BTreeMap<u32, Told>>>);

impl Losses {
    /// Hears every report that comes to `peer` from now on.
    pub fn listen(&self, peer: &gst::Element) {
        let losses = self.clone();
        if let Some(session) = session(peer) {
            session.connect("on-receiving-rtcp", false, move |values| {
                let packet = values.get(1)?.get::<gst::Buffer>().ok()?;
                losses.hear(&packet.map_readable().ok()?);
                None
            });
        }
    }

    /// The part that was lost between the last two reports, 0 to 1.
    pub fn part(&self) -> f64 {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (sent, lost) = all.values().fold((0.0, 0.0), |(sent, lost), told| {
            (
                sent + f64::from(told.latest.0),
                lost + f64::from(told.latest.1),
            )
        });
        lost / f64::max(sent, 1.0)
    }

    /// Takes RTCP packets, one behind the other; what is none ends them.
    fn hear(&self, mut packets: &[u8]) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while let [first, kind, high, low, ..] = *packets {
            let length = (usize::from(u16::from_be_bytes([high, low])) + 1) * 4;
            let Some((packet, rest)) = packets.split_at_checked(length) else {
                return;
            };
            packets = rest;
            let Some((_, head)) = REPORTS.iter().find(|(report, _)| *report == kind) else {
                continue;
            };
            let blocks = packet.get(*head..).unwrap_or_default();
            for block in blocks.chunks_exact(BLOCK).take(usize::from(first & 31)) {
                let word = |at: usize| {
                    let bytes = block.get(at..at + 4).unwrap_or(&[0; 4]);
                    u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
                };
                // 24 bits with a sign: what came twice counts against it.
                let lost = (word(4) << 8).cast_signed() >> 8;
                let highest = word(8);
                let is_full = all.len() >= MOST_STREAMS;
                let told = match all.entry(word(0)) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(_) if is_full => continue,
                    Entry::Vacant(new) => {
                        new.insert(Told {
                            highest,
                            lost,
                            latest: (0, 0),
                        });
                        continue;
                    }
                };
                let sent = highest.wrapping_sub(told.highest);
                // The same report again, or one that was overtaken, or nothing came at all.
                if sent.cast_signed() <= 0 {
                    continue;
                }
                let newly = u32::try_from(lost.saturating_sub(told.lost)).unwrap_or(0);
                *told = Told {
                    highest,
                    lost,
                    latest: (sent, newly.min(sent)),
                };
            }
        }
    }
}

fn session(peer: &gst::Element) -> Option<gst::glib::Object> {
    peer::rtp(peer)?.emit_by_name::<Option<gst::glib::Object>>("get-internal-session", &[&0_u32])
}

impl Reports {
    /// What the receiver last reported about both streams.
    pub fn read(peer: &gst::Element) -> Self {
        let Some(session) = session(peer) else {
            return Self::default();
        };
        let stats = session.property::<gst::Structure>("stats");
        let sources = stats.get::<gst::glib::ValueArray>("source-stats").ok();
        let sources = sources.iter().flat_map(|all| all.iter());
        let sources = sources.filter_map(|source| source.get::<gst::Structure>().ok());
        sources
            .map(|source| Self::of(&source))
            .reduce(Self::plus)
            .unwrap_or_default()
    }

    fn of(source: &gst::StructureRef) -> Self {
        let is = |name| source.get::<bool>(name).unwrap_or(false);
        let number = |name| source.get::<u32>(name).unwrap_or(0);
        if is("internal") {
            return Self {
                packets: source.get::<u64>("packets-sent").unwrap_or(0),
                ..Self::default()
            };
        }
        if !is("have-rb") {
            return Self::default();
        }
        Self {
            packets: 0,
            heard: Some(number("rb-exthighestseq").into()),
            // 16.16 seconds.
            rtt: Duration::from_secs_f64(f64::from(number("rb-round-trip")) / 65_536.0),
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            packets: self.packets + other.packets,
            heard: match (self.heard, other.heard) {
                (Some(a), Some(b)) => Some(a + b),
                (a, b) => a.or(b),
            },
            rtt: self.rtt.max(other.rtt),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A report of a receiver about these streams: their number, highest number and losses.
    fn report(streams: &[(u32, u32, i32)]) -> Vec<u8> {
        let words = 1 + streams.len() * 6;
        let mut packet = vec![0x80 | streams.len() as u8, 201, 0, words as u8];
        packet.extend(7_u32.to_be_bytes());
        for (stream, highest, lost) in streams {
            packet.extend(stream.to_be_bytes());
            // Its own fraction is not asked: it is of the last block of the last report only.
            packet.extend((lost & 0x00FF_FFFF).to_be_bytes());
            packet.extend(highest.to_be_bytes());
            packet.extend([0; 12]);
        }
        packet
    }

    #[test]
    fn what_is_lost_of_picture_and_sound_is_told_together() {
        let losses = Losses::default();
        losses.hear(&report(&[(1, 1_000, 0), (2, 500, -1)]));
        assert_eq!(losses.part(), 0.0, "one report tells no change");
        // A source description before it, as in every packet with reports of ours.
        let mut both = vec![0x81, 202, 0, 2, 0, 0, 0, 7, 0, 0, 0, 0];
        both.extend(report(&[(1, 1_300, 90), (2, 600, -1)]));
        losses.hear(&both);
        assert!((losses.part() - 90.0 / 400.0).abs() < 1e-9, "{losses:?}");
        losses.hear(&report(&[(1, 1_300, 90), (2, 700, 9)]));
        assert!((losses.part() - 100.0 / 400.0).abs() < 1e-9, "{losses:?}");
        // One that was overtaken on its way.
        losses.hear(&report(&[(1, 1_100, 30), (2, 700, 9)]));
        assert!((losses.part() - 100.0 / 400.0).abs() < 1e-9, "{losses:?}");
    }

    #[test]
    fn streams_that_are_made_up_are_not_remembered_for_ever() {
        let losses = Losses::default();
        for stream in 0..1_000 {
            losses.hear(&report(&[(stream, 1_000, 0)]));
        }
        assert_eq!(losses.0.lock().unwrap().len(), MOST_STREAMS);
    }

    #[test]
    fn what_is_no_report_changes_nothing_and_breaks_nothing() {
        let losses = Losses::default();
        let whole = report(&[(1, 1_000, 0)]);
        for length in 0..whole.len() {
            losses.hear(&whole[..length]);
        }
        losses.hear(&[0x9F, 201, 0xFF, 0xFF, 1, 2, 3, 4]);
        losses.hear(&[0x9F, 200, 0, 1, 1, 2, 3, 4]);
        assert_eq!(losses.part(), 0.0);
    }
}
