//! timeline owns the translation of the encoder's clock into RTMP timestamps of one connection.
//!
//! Every connection restarts at 0 on a keyframe. nginx-rtmp and the platforms treat a publish as
//! a new stream and expect it to begin near 0; a first timestamp of hours makes some recorders
//! pad the gap and some players wait for it, and it needs RTMP's extended timestamps (above
//! 16 777 215 ms, 4 h 39 min), which not every server reads alike.

use crate::packet::{Packet, Track};

/// Distance put between the end of one encoder's timeline and the beginning of the next when its
/// clock steps back: about one frame.
const SEAM_MS: i64 = 40;

/// A step back larger than this is a new timeline (the encoder was rebuilt); smaller ones are
/// rounding or reordering and are flattened.
const STEP_BACK_MS: i64 = 1000;

#[derive(Debug, Default)]
pub(crate) struct Timeline {
    /// Encoder time that is 0 on this connection; known from the first keyframe on.
    epoch_ms: Option<i64>,
    last_ms: [i64; 2],
}

/// A packet's time on this connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Decoding time in ms, 32 bits, wrapping after 49.7 days as RTMP does.
    pub dts: u32,
    /// Presentation minus decoding time in ms, 24 bits signed.
    pub composition: i32,
}

impl Timeline {
    /// The encoder's time, in microseconds, that is 0 on this connection.
    pub fn began_us(&self) -> Option<i64> {
        self.epoch_ms.map(|ms| ms.saturating_mul(1000))
    }

    /// The stamp of a packet, or `None` for what comes before the first picture.
    pub fn stamp(&mut self, packet: &Packet) -> Option<Stamp> {
        let dts_ms = to_ms(packet.dts_us);
        let newest = self.last_ms[0].max(self.last_ms[1]);
        let epoch = match self.epoch_ms {
            None if packet.starts_group() => dts_ms,
            None => return None,
            Some(epoch) if packet.starts_group() && dts_ms - epoch < newest - STEP_BACK_MS => {
                dts_ms - newest - SEAM_MS
            }
            Some(epoch) => epoch,
        };
        self.epoch_ms = Some(epoch);
        let ms = dts_ms - epoch;
        if ms < 0 {
            return None;
        }
        let last = &mut self.last_ms[usize::from(packet.track == Track::Audio)];
        // Sound of a rebuilt encoder that arrives before its first picture: the old epoch still
        // holds, and flattening it would pile up frames at one instant.
        if ms < *last - STEP_BACK_MS {
            return None;
        }
        *last = ms.max(*last);
        let composition = to_ms(packet.pts_us.saturating_sub(packet.dts_us));
        Some(Stamp {
            // Truncation is the wrap.
            dts: *last as u32,
            composition: composition.clamp(-(1 << 23), (1 << 23) - 1) as i32,
        })
    }
}

fn to_ms(us: i64) -> i64 {
    us.saturating_add(500).div_euclid(1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use proptest::prelude::*;

    fn video(dts_ms: i64, keyframe: bool) -> Packet {
        Packet {
            track: Track::Video,
            pts_us: (dts_ms + 66) * 1000,
            dts_us: dts_ms * 1000,
            keyframe,
            data: Bytes::new(),
        }
    }

    fn audio(dts_ms: i64) -> Packet {
        Packet {
            track: Track::Audio,
            pts_us: dts_ms * 1000,
            ..video(dts_ms, false)
        }
    }

    fn dts(timeline: &mut Timeline, packet: &Packet) -> Option<u32> {
        timeline.stamp(packet).map(|s| s.dts)
    }

    #[test]
    fn a_connection_starts_at_zero_on_a_keyframe_and_sound_before_it_is_left_out() {
        let mut t = Timeline::default();
        assert_eq!(dts(&mut t, &audio(90_000)), None);
        assert_eq!(dts(&mut t, &video(90_000, false)), None);
        assert_eq!(
            t.stamp(&video(90_010, true)),
            Some(Stamp {
                dts: 0,
                composition: 66
            })
        );
        assert_eq!(dts(&mut t, &audio(90_000)), None);
        assert_eq!(dts(&mut t, &audio(90_021)), Some(11));
        assert_eq!(dts(&mut t, &video(90_043, false)), Some(33));
    }

    #[test]
    fn a_rebuilt_encoder_continues_after_the_old_one() {
        let mut t = Timeline::default();
        t.stamp(&video(500_000, true));
        t.stamp(&video(560_000, false));
        assert_eq!(dts(&mut t, &audio(0)), None);
        assert_eq!(dts(&mut t, &video(0, true)), Some(60_040));
        assert_eq!(dts(&mut t, &audio(10)), Some(60_050));
        assert_eq!(dts(&mut t, &video(33, false)), Some(60_073));
    }

    #[test]
    fn timestamps_wrap_at_32_bits() {
        let mut t = Timeline::default();
        t.stamp(&video(0, true));
        let wrap = 1i64 << 32;
        assert_eq!(dts(&mut t, &video(wrap - 1, false)), Some(u32::MAX));
        assert_eq!(dts(&mut t, &video(wrap + 32, false)), Some(32));
    }

    proptest! {
        #[test]
        fn stamps_of_a_track_never_go_back(steps in prop::collection::vec((-3000i64..3000, any::<bool>(), any::<bool>()), 1..200)) {
            let mut t = Timeline::default();
            let mut clock = 1_000_000i64;
            let mut last = [0u32; 2];
            for (step, key, is_audio) in steps {
                clock += step;
                let packet = if is_audio { audio(clock) } else { video(clock, key) };
                if let Some(stamp) = t.stamp(&packet) {
                    let slot = &mut last[usize::from(is_audio)];
                    prop_assert!(stamp.dts >= *slot);
                    *slot = stamp.dts;
                }
            }
        }
    }
}
