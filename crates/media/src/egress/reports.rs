//! Owns what a WebRTC receiver reports, as webrtcbin's session knows it.

use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;

/// What a session knows of all its sources: ours count what was sent, the receiver's holds its last report (RFC 3550,
/// 6.4.1).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reports {
    pub packets: u64,
    /// Changes with every report that says that more has arrived; `None` before the first.
    pub heard: Option<u64>,
    /// What was lost between the last two reports, 0 to 1.
    pub lost: f64,
    pub rtt: Duration,
}

impl Reports {
    /// What the receiver last reported about both streams.
    pub fn read(peer: &gst::Element) -> Self {
        let rtp = peer
            .dynamic_cast_ref::<gst::Bin>()
            .and_then(|bin| bin.by_name("rtpbin"));
        let session = rtp.and_then(|rtp| {
            rtp.emit_by_name::<Option<gst::glib::Object>>("get-internal-session", &[&0_u32])
        });
        let Some(session) = session else {
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
            lost: f64::from(number("rb-fractionlost")) / 256.0,
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
            lost: self.lost.max(other.lost),
            rtt: self.rtt.max(other.rtt),
        }
    }
}
